"""From one change to its activities and deliveries, in the transaction of the change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from federation.audience import (
    Event,
    Form,
    Recipient,
    announce_addressing,
    announced_form,
    fold_inboxes,
    receiver_class,
)
from federation.translate.outgoing_activities import announce_activity, undo_activity
from schemas.records import Actor, Community, PostFacts, Visibility
from server.context import Context
from server.services.sharing import may_knock, may_send
from server.storage import activities, deliveries, follows
from server.storage.activities import Sent
from server.storage.database import Transaction

_HIDDEN = frozenset({"bto", "bcc", "signature"})
_TAKEN_AWAY: Final = frozenset({Event.DELETE, Event.REMOVAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened in a community, for those who should hear of it.

    `about` is the uri of what it is about; `facts` are the post's, where it is about one.
    `person` is somebody whom it concerns: their agency hears of it, member or not.
    """

    event: Event
    community: Community
    about: str
    visibility: Visibility
    facts: PostFacts | None = None
    person: Actor | None = None

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


def followers_of(community: Actor) -> str:
    return community.followers or f"{community.uri}/followers"


async def publish(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    happening: Happening,
) -> None:
    """Keep what one of our actors did, and tell the community, which passes it on."""
    sent = await _keep(tx, context, actor, document, happening)
    community = happening.community
    if community.actor.local:
        await announce(tx, context, document, happening)
        return
    await _send(tx, context, sent, [community.actor], lane=happening.lane)


async def announce(
    tx: Transaction, context: Context, inner: dict[str, Any], happening: Happening
) -> None:
    """Pass an activity on to every agency that follows one of our communities (FEP-1b12)."""
    community = happening.community
    inner = _without_hidden(inner)
    by_form: dict[Form, list[follows.Recipient]] = {}
    for recipient in await _recipients(tx, context, happening):
        form = announced_form(
            happening.event,
            receiver_class(recipient.software),
            boosts_answers=community.boosts_answers,
        )
        by_form.setdefault(form, []).append(recipient)
    for form, group in by_form.items():
        document = await _announcement(tx, context, form, inner, happening)
        if document is not None:
            sent = await _keep(tx, context, community.actor, document, happening)
            await _enqueue(tx, context, sent, group, lane=happening.lane)


def _without_hidden(value: Any) -> Any:
    """Leave out blind copies (ACT-20), and a signature that would outlive the post (ACT-18)."""
    if isinstance(value, list):
        return [_without_hidden(each) for each in value]
    if isinstance(value, dict):
        return {
            name: _without_hidden(each) for name, each in value.items() if name not in _HIDDEN
        }
    return value


async def _recipients(
    tx: Transaction, context: Context, happening: Happening
) -> list[follows.Recipient]:
    """List who follows; of what is taken away also everyone whom it ever reached (DEL-24)."""
    public = happening.visibility is Visibility.PUBLIC
    found = await follows.recipients(
        tx, happening.community.id, unadmitted=public and context.settings.open_federation
    )
    covered = {each.shared_inbox for each in found} | {each.inbox for each in found}
    for former in await _others(tx, happening):
        state = await may_knock(tx, former.host)
        if former.inbox not in covered and may_send(context, state, public=public):
            found.append(former)
    return found


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
    if happening.event in _TAKEN_AWAY and happening.facts is not None:
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
    uri = mint_activity(context)
    if form is Form.NOTHING:
        return None
    if form is Form.TAKE_BACK:
        boost = await activities.find_announce(tx, community.id, happening.about)
        if boost is None:
            return None
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
    sent = _sent(context, actor, document, about=about, visibility=Visibility.MEMBERS)
    await activities.add(tx, sent)
    await _send(tx, context, sent, receivers, lane=about, unadmitted=True)


def mint_activity(context: Context) -> str:
    return context.home.activity(context.ids.mint(context.now()))


async def _keep(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    happening: Happening,
) -> Sent:
    inner = document.get("object")
    wrapped = document["type"] == "Announce" and isinstance(inner, dict)
    about = str(inner["id"]) if wrapped and isinstance(inner, dict) else happening.about
    sent = _sent(
        context,
        actor,
        document,
        about=about,
        visibility=happening.visibility,
        post_id=happening.facts.id if happening.facts else None,
        community_id=happening.community.id,
    )
    await activities.add(tx, sent)
    return sent


def _sent(
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    *,
    about: str,
    visibility: Visibility,
    post_id: int | None = None,
    community_id: int | None = None,
) -> Sent:
    uri = str(document["id"])
    return Sent(
        id=int(uri.rpartition("/")[2]),
        uri=uri,
        actor_id=actor.id,
        type=str(document["type"]),
        object_uri=about,
        post_id=post_id,
        community_id=community_id,
        visibility=visibility,
        document=orjson.dumps(document),
        published_at=context.now(),
    )


async def _send(
    tx: Transaction,
    context: Context,
    sent: Sent,
    receivers: Sequence[Actor],
    *,
    lane: str,
    unadmitted: bool = False,
) -> None:
    """Enqueue for single actors elsewhere, as far as their agencies may get it.

    `unadmitted` lets the answers to a knock (Accept, Reject) out to whoever knocked.
    """
    public = sent.visibility is Visibility.PUBLIC
    group = []
    for receiver in receivers:
        if receiver.local or receiver.inbox is None:
            continue
        state = await may_knock(tx, receiver.host)
        if may_send(context, state, public=public) or (unadmitted and state is not None):
            group.append(
                follows.Recipient(
                    inbox=receiver.inbox,
                    shared_inbox=receiver.shared_inbox,
                    host=receiver.host,
                    software=None,
                )
            )
    await _enqueue(tx, context, sent, group, lane=lane)


async def _enqueue(
    tx: Transaction,
    context: Context,
    sent: Sent,
    recipients: Sequence[follows.Recipient],
    *,
    lane: str,
) -> None:
    targets: dict[str, str] = {}
    for recipient in recipients:
        folded = fold_inboxes(
            [
                Recipient(
                    inbox=recipient.inbox,
                    shared_inbox=recipient.shared_inbox,
                    host=recipient.host,
                )
            ]
        )
        targets |= dict.fromkeys(folded, recipient.host)
    if targets:
        await deliveries.enqueue(
            tx,
            sent.id,
            [deliveries.Target(inbox=inbox, host=host) for inbox, host in targets.items()],
            lane=lane,
            now=context.now(),
        )
