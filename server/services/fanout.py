"""From one change to its activities and deliveries, in the transaction of the change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from federation.audience import (
    Event,
    Form,
    announce_addressing,
    announced_form,
    receiver_class,
)
from federation.programs import takes
from federation.signatures.keys import KeyPair
from federation.translate.outgoing_activities import announce_activity, undo_activity
from federation.translate.passing import passed_on
from schemas.records import Actor, Community, PostFacts, Visibility
from server.context import Context
from server.services import proving, sending
from server.services.keeping import row_of
from server.services.targets import is_taken, targets_of
from server.storage import activities, actors, follows, owed
from server.storage.activities import Sent
from server.storage.database import Transaction

#: What everybody hears of who has a copy, whoever follows now.
_FOR_HOLDERS: Final = frozenset({Event.DELETE, Event.REMOVAL, Event.RESTORATION})
_CHANGES: Final = frozenset({Event.EDIT, Event.DELETE})
_BY_AUTHORS: Final = frozenset({Event.POST, Event.REPLY}) | _CHANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened in a community, for those who should hear of it.

    `about` is the uri of what it is about; `facts` are the post's, where it is about one.
    `person` is somebody whom it concerns: their agency hears of it, member or not; so do
    those of whom a public post calls.
    """

    event: Event
    community: Community
    about: str
    visibility: Visibility
    facts: PostFacts | None = None
    person: Actor | None = None
    called: tuple[Actor, ...] = ()

    @property
    def lane(self) -> str:
        """Deliveries about one thread keep their order; other threads do not wait for it."""
        return self.facts.root_uri if self.facts else self.about


def about_post(event: Event, community: Community, facts: PostFacts) -> Happening:
    return Happening(
        event=event,
        community=community,
        about=facts.uri,
        visibility=facts.visibility,
        facts=facts,
    )


def about_community(
    event: Event, community: Community, *, person: Actor | None = None
) -> Happening:
    return Happening(
        event=event,
        community=community,
        about=community.uri,
        visibility=community.visibility,
        person=person,
    )


def followers_of(actor: Actor) -> str:
    return actor.followers or f"{actor.uri}/followers"


async def publish(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    happening: Happening,
) -> None:
    """Keep what one of our actors did, and tell the community, which passes it on.

    What authors do with a public post also goes to their own followers (wire.md 0.4).
    """
    document = await proving.prove_first(tx, context, actor, document)
    sent = _kept(context, actor, document, happening)
    await activities.add(tx, sent)
    community = happening.community
    if community.wall:
        await _tell_from_wall(tx, context, actor, sent, happening)
        return
    told: frozenset[str] = frozenset()
    if community.actor.local:
        told = await announce(tx, context, document, happening)
        await _tell_author(tx, context, sent, happening, but=told)
    elif await is_taken(tx, community.actor, document):
        await sending.send(tx, context, sent, [community.actor], lane=happening.lane)
    if _is_the_authors(happening, actor):
        await _tell_followers(tx, context, sent, happening, but=told)


async def _tell_from_wall(
    tx: Transaction, context: Context, actor: Actor, sent: Sent, happening: Happening
) -> None:
    """Send what somebody wrote, or boosts, to those who follow them and those whom it names.

    Marks go to the author. What is private goes to those it names, and to nobody else.
    """
    facts = happening.facts
    if facts is None:
        return
    if facts.author_id != actor.id and happening.event is not Event.BOOST:
        author = await actors.get(tx, facts.author_id)
        await sending.send(tx, context, sent, [author], lane=happening.lane)
        return
    public = happening.visibility is Visibility.PUBLIC
    found = sending.at_home(happening.called)
    if happening.event in _CHANGES | _FOR_HOLDERS:
        found += await follows.reached(tx, facts.id)
    found = await sending.allowed(tx, context, found, public=public)
    if happening.visibility is not Visibility.DIRECT:
        found += await follows.recipients(
            tx, actor.id, unadmitted=public and context.settings.open_federation
        )
    await sending.enqueue(tx, context, sent, found, lane=happening.lane)


def _is_the_authors(happening: Happening, actor: Actor) -> bool:
    return (
        happening.event in _BY_AUTHORS
        and happening.visibility is Visibility.PUBLIC
        and happening.facts is not None
        and happening.facts.author_id == actor.id
    )


async def _tell_author(
    tx: Transaction, context: Context, sent: Sent, happening: Happening, *, but: frozenset[str]
) -> None:
    """Let an author elsewhere know of thanks that no community passes on to them (0.7)."""
    facts = happening.facts
    if happening.event is not Event.MARK or facts is None or facts.author_local:
        return
    author = await actors.get(tx, facts.author_id)
    if happening.visibility is Visibility.PUBLIC and author.host not in but:
        await sending.send(tx, context, sent, [author], lane=happening.lane)


async def _tell_followers(
    tx: Transaction, context: Context, sent: Sent, happening: Happening, *, but: frozenset[str]
) -> None:
    """Send what an author did to their followers' hosts, and a change to all that have a copy.

    Not to hosts that heard of it from the community: never two forms to one (wire.md 0.8).
    Of a Delete they may hear twice, for one that is lost does harm and one too many does none.
    """
    facts = happening.facts
    if facts is None:
        return
    found = await follows.recipients(
        tx, facts.author_id, unadmitted=context.settings.open_federation
    )
    named = sending.at_home(happening.called)
    found += await sending.allowed(tx, context, named, public=True)
    if happening.event in _CHANGES:
        found += await sending.allowed(
            tx, context, await follows.reached(tx, facts.id), public=True
        )
    passed_by = frozenset() if happening.event is Event.DELETE else but
    group = [each for each in found if each.host not in passed_by]
    await sending.enqueue(tx, context, sent, group, lane=happening.lane)


async def announce(
    tx: Transaction, context: Context, inner: dict[str, Any], happening: Happening
) -> frozenset[str]:
    """Pass an activity on to every agency that follows one of our communities (FEP-1b12).

    Gives the hosts that hear of it: not those whose form of it is nothing.
    """
    return await announce_all(tx, context, [(inner, happening)])


async def announce_all(
    tx: Transaction, context: Context, passed: Sequence[tuple[dict[str, Any], Happening]]
) -> frozenset[str]:
    """Pass on what was written in communities of ours, as `announce` does, in few statements.

    Of several, new posts only: they go to whoever follows, which is read once for each
    community. Nobody passes on what happens on a person's wall.
    """
    passed = [each for each in passed if not each[1].community.wall]
    groups: dict[tuple[int, Visibility], list[follows.Recipient]] = {}
    copies: list[_Copy] = []
    ours = {happening.community.id for _, happening in passed}
    voices = await proving.signing_keys(tx, context, ours)
    for inner, happening in passed:
        key = (happening.community.id, happening.visibility)
        if key not in groups:
            groups[key] = await _recipients(tx, context, happening)
        copies += await _copies(tx, context, inner, happening, groups[key], voices)
        await context.courtesy.give_way()
    await _write(tx, context, copies)
    return frozenset(each.host for copy in copies for each in copy.group)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    """One form of what is passed on, and those who get it in this form."""

    sent: Sent
    group: Sequence[follows.Recipient]
    lane: str


async def _copies(
    tx: Transaction,
    context: Context,
    inner: dict[str, Any],
    happening: Happening,
    recipients: Sequence[follows.Recipient],
    voices: Mapping[int, KeyPair],
) -> list[_Copy]:
    community = happening.community
    inner = passed_on(inner)
    by_form: dict[Form, list[follows.Recipient]] = {}
    for recipient in recipients:
        form = announced_form(
            happening.event,
            receiver_class(recipient.software),
            boosts_answers=community.boosts_answers,
        )
        if form is Form.WRAPPED and not takes(recipient.software, inner, inbox=recipient.inbox):
            form = Form.NOTHING
        by_form.setdefault(form, []).append(recipient)
    copies = []
    for form, group in by_form.items():
        document = await _announcement(tx, context, form, inner, happening)
        if document is not None:
            document = proving.prove(context, document, voices.get(community.id))
            sent = _kept(context, community.actor, document, happening)
            copies.append(_Copy(sent=sent, group=group, lane=happening.lane))
    return copies


async def _write(tx: Transaction, context: Context, copies: Sequence[_Copy]) -> None:
    if not copies:
        return
    await activities.add_many(tx, [copy.sent for copy in copies])
    debts = [
        owed.Owed(activity_id=copy.sent.id, lane=copy.lane, targets=targets_of(copy.group))
        for copy in copies
    ]
    await owed.enqueue_many(tx, debts, now=context.now())


async def _recipients(
    tx: Transaction, context: Context, happening: Happening
) -> list[follows.Recipient]:
    """List who follows; of what goes or comes back also everyone it ever reached (DEL-24)."""
    public = happening.visibility is Visibility.PUBLIC
    found = await follows.recipients(
        tx, happening.community.id, unadmitted=public and context.settings.open_federation
    )
    covered = {each.shared_inbox for each in found} | {each.inbox for each in found}
    others = await sending.allowed(tx, context, await _others(tx, happening), public=public)
    return found + [each for each in others if each.inbox not in covered]


async def _others(tx: Transaction, happening: Happening) -> list[follows.Recipient]:
    person = happening.person
    if person is not None and not person.local and person.inbox is not None:
        return [
            follows.Recipient(
                inbox=person.shared_inbox or person.inbox,
                shared_inbox=None,
                host=person.host,
                software=None,
            )
        ]
    if happening.event in _FOR_HOLDERS and happening.facts is not None:
        return await follows.reached(tx, happening.facts.id)
    return []


async def _announcement(
    tx: Transaction,
    context: Context,
    form: Form,
    inner: dict[str, Any],
    happening: Happening,
) -> dict[str, Any] | None:
    community = happening.community
    now = context.now()
    addressed = announce_addressing(
        happening.visibility,
        community=community.uri,
        followers=followers_of(community.actor),
    )
    if form is Form.NOTHING:
        return None
    uri = mint_activity(context)
    if form in {Form.TAKE_BACK, Form.GIVE_BACK}:
        boost = await activities.find_announce(tx, community.id, happening.about)
        if boost is None:
            return None
        if form is Form.TAKE_BACK:
            return undo_activity(
                uri,
                actor=community.uri,
                inner=orjson.loads(boost.document),
                public=happening.visibility is Visibility.PUBLIC,
                published=now,
            )
    return announce_activity(
        uri,
        community=community.uri,
        inner=inner if form is Form.WRAPPED else happening.about,
        addressed=addressed,
        published=now,
    )


async def send_to(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    receivers: Sequence[Actor],
    *,
    about: str,
) -> None:
    """Keep an activity between actors, such as Follow and Accept, and send it to some."""
    document = await proving.prove_first(tx, context, actor, document)
    sent = row_of(context, actor, document, about=about, visibility=Visibility.MEMBERS)
    await activities.add(tx, sent)
    await sending.send(tx, context, sent, receivers, lane=about, unadmitted=True)


def _kept(
    context: Context, actor: Actor, document: dict[str, Any], happening: Happening
) -> Sent:
    inner = document.get("object")
    wrapped = document["type"] == "Announce" and isinstance(inner, dict)
    about = str(inner["id"]) if wrapped and isinstance(inner, dict) else happening.about
    return row_of(
        context,
        actor,
        document,
        about=about,
        visibility=happening.visibility,
        post_id=happening.facts.id if happening.facts else None,
        community_id=happening.community.id,
    )


def mint_activity(context: Context) -> str:
    return context.home.activity(context.ids.mint(context.now()))
