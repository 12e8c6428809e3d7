"""Polls: start one, vote in ours and in others, take over how others stand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from federation.translate.incoming_posts import IncomingPost
from federation.translate.outgoing_polls import vote_activities
from federation.translate.sanitize import plain
from schemas.attached import Choice, Poll
from schemas.records import (
    Actor,
    FollowState,
    Kind,
    PostFacts,
    Surface,
    Visibility,
)
from server.context import Context
from server.services import fanout, posts, revising, sharing, telling
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.posts import Draft, principal_of
from server.storage import actors, agencies, communities, follows
from server.storage import polls as stored
from server.storage.database import Transaction
from server.storage.follows import Recipient
from server.storage.polls import Voted
from server.storage.sessions import SignedIn

FEWEST_CHOICES: Final = 2
MOST_CHOICES: Final = 10
LONGEST_CHOICE: Final = 100
#: For how many hours a poll may be open: from one to thirty days.
HOURS: Final = (1, 6, 24, 72, 168, 336, 720)
#: Software that throws a `Question` away (wire.md 2.5).
_WITHOUT_POLLS: Final = frozenset({"lemmy"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PollDraft:
    """What a member asks for: its words, what can be chosen, and for how many hours."""

    words: Draft
    choices: Sequence[str]
    several: bool
    hours: int


def is_open(poll: Poll, now: datetime) -> bool:
    """Say whether votes still count; one without an end is open until its author closes it."""
    ends = [at for at in (poll.closes_at, poll.closed_at) if at is not None]
    return not ends or now < min(ends)


async def takes_polls(tx: Transaction, community: Actor) -> bool:
    """Say whether a poll in a community would reach its members."""
    agency = await agencies.find(tx, community.host)
    software = agency.software if agency is not None else None
    return (software or "").lower() not in _WITHOUT_POLLS


async def start(
    context: Context, member: SignedIn, community_id: int, draft: PollDraft
) -> PostFacts:
    """Start a poll in a community that the member belongs to.

    Raises:
        Invalid: fields choices, hours, or as `posts.publish_thread`.
        NotAllowed: "no-polls-there", or as `posts.publish_thread`.
    """
    names = _checked(draft)
    async with context.database.reading() as tx:
        community = await communities.find(tx, community_id)
        if community is not None and not await takes_polls(tx, community.actor):
            raise NotAllowed("no-polls-there", "The server of this community knows no polls.")
    words = replace(draft.words, poll=_poll(context, draft, names))
    return await posts.publish_thread(context, member, community_id, Kind.POLL, words)


async def start_alone(context: Context, member: SignedIn, draft: PollDraft) -> PostFacts:
    """Start a poll outside communities, for those in the circle of its words.

    Raises:
        Invalid: fields choices, hours, or as `posts.publish_alone`.
    """
    words = replace(draft.words, poll=_poll(context, draft, _checked(draft)))
    return await posts.publish_alone(context, member, Kind.POLL, words)


def _poll(context: Context, draft: PollDraft, names: Sequence[str]) -> Poll:
    return Poll(
        choices=tuple(Choice(name=name) for name in names),
        several=draft.several,
        closes_at=context.now() + timedelta(hours=draft.hours),
        voters=0,
    )


def _checked(draft: PollDraft) -> list[str]:
    wrong = {}
    names = [name for each in draft.choices if (name := plain(each, limit=LONGEST_CHOICE + 1))]
    if not FEWEST_CHOICES <= len(names) <= MOST_CHOICES:
        wrong["choices"] = "Give between 2 and 10 choices, each on a line of its own."
    elif len(set(names)) < len(names):
        wrong["choices"] = "One choice is there twice."
    elif any(len(name) > LONGEST_CHOICE for name in names):
        wrong["choices"] = f"A choice may have {LONGEST_CHOICE} characters; one has more."
    if draft.hours not in HOURS:
        wrong["hours"] = "Choose how long the poll is open."
    if wrong:
        raise Invalid(wrong)
    return names


async def vote(
    context: Context, member: SignedIn, post_id: int, places: Collection[int]
) -> PostFacts:
    """Vote as a member; it counts here at once, and only the asker's server is told.

    Raises:
        Invalid: field choice.
        Conflict: "poll-closed", "voted-already".
        NotAllowed: "own-poll", "moved", "banned-there", "agency-not-reached".
        NotFound: there is no such poll for them.
    """
    voter = member.member.actor
    async with context.database.transaction("polls.vote") as tx:
        released = await sharing.released(
            tx, context, post_id, principal_of(member), Surface.DECISION
        )
        facts = released.content.facts
        found = await stored.hold(tx, facts.id, actor_id=voter.id)
        if found is None:
            raise NotFound("poll-not-found", "There is no poll here, or no more.")
        await _insist_on_voter(tx, voter, facts)
        _insist_on_choice(found, places, now=context.now())

        await stored.vote(tx, facts.id, voter.id, places, now=context.now())
        if facts.author_local:
            await stored.count(tx, facts.id)
        else:
            await stored.count_one(tx, facts.id, places)
            await _send(tx, context, voter, facts, [_name(found, at) for at in sorted(places)])
        return facts


async def _insist_on_voter(tx: Transaction, voter: Actor, facts: PostFacts) -> None:
    if facts.author_id == voter.id:
        raise NotAllowed("own-poll", "It is your own poll: the others decide.")
    if voter.moved_to is not None:
        raise NotAllowed("moved", "This account has moved. Vote from the new one.")
    if await is_banned(tx, voter, facts):
        raise NotAllowed("banned-there", "You were put out of this community.")


def _insist_on_choice(found: Voted, places: Collection[int], *, now: datetime) -> None:
    if not is_open(found.poll, now):
        raise Conflict("poll-closed", "The poll is closed; votes count no more.")
    if found.mine:
        raise Conflict("voted-already", "You voted already. A vote cannot be changed.")
    if not places:
        raise Invalid({"choice": "Choose what you vote for."})
    if not set(places) <= set(range(len(found.poll.choices))):
        raise Invalid({"choice": "The poll has no such choice."})
    if len(places) > 1 and not found.poll.several:
        raise Invalid({"choice": "In this poll you choose one thing only."})


def _name(found: Voted, place: int) -> str:
    return found.poll.choices[place].name


async def is_banned(tx: Transaction, voter: Actor, facts: PostFacts) -> bool:
    edge = await follows.find(tx, voter.id, facts.community_id)
    return edge is not None and edge.state is FollowState.BANNED


async def _send(
    tx: Transaction, context: Context, voter: Actor, facts: PostFacts, names: Sequence[str]
) -> None:
    """Send votes to whoever asked, one activity for each choice, and let nobody else read."""
    asker = await actors.get(tx, facts.author_id)
    state = await sharing.may_knock(tx, asker.host)
    is_public = facts.visibility is Visibility.PUBLIC
    if asker.inbox is None or not sharing.may_send(context, state, public=is_public):
        raise NotAllowed("agency-not-reached", "We do not exchange with the asker's agency.")
    documents = vote_activities(
        [fanout.mint_activity(context) for _ in names],
        voter=voter.uri,
        poll=facts.uri,
        asker=asker.uri,
        choices=names,
        published=context.now(),
    )
    receiver = Recipient(
        inbox=asker.inbox, shared_inbox=asker.shared_inbox, host=asker.host, software=None
    )
    for document in documents:
        await telling.tell(tx, context, voter, document, [receiver])


async def take_over(
    tx: Transaction, facts: PostFacts, incoming: IncomingPost, *, told_at: datetime
) -> bool:
    """Take over how a poll elsewhere stands, as its author tells; False for nothing new."""
    if facts.kind is not Kind.POLL or incoming.poll is None or facts.author_local:
        return False
    if not await stored.take_over(tx, facts.id, incoming.poll, told_at=told_at):
        return False
    await revising.keep_original(tx, facts, incoming)
    return True
