"""Members report posts and people: kept for our moderators, told to those elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from federation.audience import receiver_class
from federation.translate.outgoing_activities import flag_activity
from federation.translate.sanitize import plain
from schemas.records import Actor, ActorKind, PostFacts, Surface, Visibility
from server.context import Context
from server.services import fanout, sharing
from server.services.errors import Conflict, Invalid, NotFound
from server.services.posts import principal_of
from server.services.targets import is_taken
from server.storage import actors, agencies, reports, rules
from server.storage.database import Transaction
from server.storage.reports import Category, Report
from server.storage.sessions import SignedIn

LONGEST_COMMENT = 5000
MOST_POSTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a member says is wrong: with posts of one person, or with somebody as a whole.

    With `forward`, those in charge elsewhere are told, never by whom (ACT-14).
    """

    comment: str = ""
    person_id: int | None = None
    post_ids: tuple[int, ...] = ()
    category: Category = "other"
    rule_ids: tuple[int, ...] = ()
    forward: bool = False


async def complain(
    context: Context, member: SignedIn, complaint: Complaint
) -> tuple[Report, bool]:
    """Tell the moderators; give the report, and whether it is new.

    Raises:
        Invalid: fields comment, status_ids, rule_ids.
        NotFound: somebody, or a post, that is not there or not theirs to read.
        Conflict: "reported-already", by another request at the same moment.
    """
    comment = short(complaint.comment)
    if complaint.person_id is None and not complaint.post_ids:
        raise Invalid({"status_ids": "Say whom or which posts the report is about."})
    if len(complaint.post_ids) > MOST_POSTS:
        raise Invalid({"status_ids": f"A report may have {MOST_POSTS} posts."})

    async with context.database.transaction("reporting.report") as tx:
        facts = [
            (await sharing.released(tx, context, each, principal_of(member), Surface.DECISION))
            .content.facts
            for each in dict.fromkeys(complaint.post_ids)
        ]  # fmt: skip
        target = await _target(tx, complaint.person_id, facts)
        rule_ids = await _known(tx, complaint.rule_ids)
        me = member.member.actor
        # An open report begins with one post, once: what was not said yet begins this one.
        begun = await reports.reported_by(tx, me.id, [each.id for each in facts])
        facts.sort(key=lambda each: each.id in begun)
        unsaid = [each.id for each in facts if each.id not in begun]
        said = await reports.open_about(
            tx, me.id, target.id, unsaid or [each.id for each in facts[:1]]
        )
        if said is not None:
            return said, False

        forwarded = complaint.forward and await _forward(tx, context, target, facts, comment)
        report = Report(
            id=context.ids.mint(context.now()),
            uri=None,
            reporter_id=me.id,
            host=me.host,
            target_id=target.id,
            post_id=facts[0].id if facts else None,
            community_id=facts[0].community_id if facts else None,
            comment=comment,
            opened_at=context.now(),
            post_ids=tuple(each.id for each in facts),
            rule_ids=rule_ids,
            category=complaint.category,
            forwarded=forwarded,
        )
        if not await reports.add(tx, report):
            raise Conflict(
                "reported-already", "You reported this; a moderator will look at it."
            )
        return report, True


def short(text: str) -> str:
    """Make what somebody wrote plain words.

    Raises:
        Invalid: field comment.
    """
    comment = plain(text, limit=LONGEST_COMMENT + 1)
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": f"It may have {LONGEST_COMMENT} characters."})
    return comment


async def _target(tx: Transaction, person_id: int | None, facts: Sequence[PostFacts]) -> Actor:
    """Find whom it is about; what a community passed on is about whoever wrote it."""
    missing = NotFound("record-not-found", "Record not found")
    authors = {each.author_id for each in facts}
    if len(authors) > 1:
        raise Invalid({"status_ids": "The posts of a report are all by one person."})
    if person_id is not None and any(
        person_id not in {each.author_id, each.community_id} for each in facts
    ):
        raise missing
    try:
        target = await actors.get(tx, authors.pop() if authors else person_id or 0)
    except LookupError:
        raise missing from None
    if target.kind is ActorKind.AGENCY or (target.deleted_at is not None and not facts):
        raise missing
    return target


async def _known(tx: Transaction, rule_ids: Sequence[int]) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(rule_ids))
    found = await rules.by_id(tx, wanted)
    if len(found) != len(wanted):
        raise Invalid({"rule_ids": "There is no such rule."})
    return wanted


async def _forward(
    tx: Transaction, context: Context, target: Actor, facts: Sequence[PostFacts], comment: str
) -> bool:
    """Tell those who keep the communities, and those who keep the author, each once."""
    told: dict[str, tuple[Actor, list[PostFacts]]] = {}
    if not target.local and not facts:
        told[target.host] = (target, [])
    for each in facts:
        community = await actors.get(tx, each.community_id)
        for receiver in (community, target):
            if receiver.local:
                continue
            _, about = told.setdefault(receiver.host, (receiver, []))
            if each not in about:
                about.append(each)
    sent = False
    for receiver, about in told.values():
        sent |= await _tell(tx, context, receiver, target, about, comment)
    return sent


async def _tell(
    tx: Transaction,
    context: Context,
    receiver: Actor,
    target: Actor,
    about: Sequence[PostFacts],
    comment: str,
) -> bool:
    state = await sharing.may_knock(tx, receiver.host)
    may_know = [
        each
        for each in about
        if sharing.may_send(context, state, public=each.visibility is Visibility.PUBLIC)
    ]
    if not may_know and (about or not sharing.may_send(context, state, public=True)):
        return False
    if not about or await _is_microblog(tx, receiver):
        return await _flag(tx, context, receiver, target, may_know, comment)
    sent = False
    for each in may_know:
        sent |= await _flag_one(tx, context, receiver, each, comment)
    return sent


async def _flag(
    tx: Transaction,
    context: Context,
    receiver: Actor,
    target: Actor,
    about: Sequence[PostFacts],
    comment: str,
) -> bool:
    """Flag a person with posts of theirs: programs of people name whose they are (6.1)."""
    document = flag_activity(
        fanout.mint_activity(context),
        moderation=context.home.moderation,
        about=[target.uri, *(each.uri for each in about)],
        to=receiver.uri,
        published=context.now(),
        reason=comment,
        community=about[0].community_uri if about else None,
    )
    return await _send(tx, context, receiver, document, about[0].uri if about else target.uri)


async def _flag_one(
    tx: Transaction, context: Context, receiver: Actor, facts: PostFacts, comment: str
) -> bool:
    document = flag_activity(
        fanout.mint_activity(context),
        moderation=context.home.moderation,
        about=[facts.uri],
        # Lemmy reads the community there, also where its author lives (wire.md 1.2).
        to=facts.community_uri,
        published=context.now(),
        reason=comment,
        community=facts.community_uri,
    )
    return await _send(tx, context, receiver, document, facts.uri)


async def _send(
    tx: Transaction, context: Context, receiver: Actor, document: dict[str, object], about: str
) -> bool:
    if not await is_taken(tx, receiver, document):
        return False
    sender = await actors.get(tx, context.moderation_id)
    await fanout.send_to(tx, context, sender, document, [receiver], about=about)
    return True


async def _is_microblog(tx: Transaction, receiver: Actor) -> bool:
    agency = await agencies.find(tx, receiver.host)
    return receiver_class(agency.software if agency else None) == "microblog"
