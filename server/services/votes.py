"""Votes from elsewhere in polls of ours: who may give them, and which of them count."""

from collections.abc import Sequence

from federation.translate.incoming_polls import IncomingVote
from schemas.records import Actor, Community, Kind, PostFacts, Visibility
from server.context import Context
from server.services import entitlement, standing
from server.services.arrived import Arrived, Ignored
from server.services.polls import is_banned, is_open
from server.storage import communities, follows, polls, posts
from server.storage.database import Transaction


async def take(context: Context, arrived: Arrived, votes: Sequence[IncomingVote]) -> None:
    """Count them; nobody else hears of it, and nobody is notified (ACT-24).

    A vote is between its voter and its asker: what a community passes on is none.
    """
    if arrived.via is not None:
        raise Ignored("vote-passed-on")
    voter = await standing.actor_of(context, arrived)
    facts = await _find_poll(context, voter, votes)

    async with arrived.effect() as tx:
        await _count(tx, context, voter, facts, votes)


async def _find_poll(
    context: Context, voter: Actor, votes: Sequence[IncomingVote]
) -> PostFacts:
    """Find the poll of ours that somebody elsewhere votes in, if they may read it (ACT-24).

    Raises:
        Ignored: "votes-in-several-polls", "not-a-poll-here", "poll-not-ours", "post-deleted",
            "banned-there", "poll-not-for-them".
        Unreachable: the host of its community could not say whether it is for them.
    """
    uris = {each.poll_uri for each in votes}
    if len(uris) != 1:
        raise Ignored("votes-in-several-polls")
    async with context.database.reading() as tx:
        sealed = await posts.find_by_uri(tx, uris.pop())
        if sealed is None:
            raise Ignored("not-a-poll-here")
        facts = sealed.facts
        is_poll = facts.kind is Kind.POLL or await polls.exists(tx, facts.id)
        if not is_poll:
            raise Ignored("not-a-poll-here")
        if not facts.author_local:
            raise Ignored("poll-not-ours")
        if facts.deleted_at is not None:
            raise Ignored("post-deleted")
        if await is_banned(tx, voter, facts):
            raise Ignored("banned-there")
        community = await communities.get(tx, facts.community_id)
        is_member = await follows.is_member(tx, community.id, voter.id)
    if not is_member and not await _may_read(context, voter, facts, community):
        raise Ignored("poll-not-for-them")
    return facts


async def _may_read(
    context: Context, voter: Actor, facts: PostFacts, community: Community
) -> bool:
    if facts.visibility is Visibility.PUBLIC:
        return True
    if community.actor.local:
        return False
    if voter.host == community.actor.host:
        return True
    return await entitlement.belongs(context, community.actor, voter.host)


async def _count(
    tx: Transaction,
    context: Context,
    voter: Actor,
    facts: PostFacts,
    votes: Sequence[IncomingVote],
) -> None:
    """Count votes from elsewhere; of several for one choice in a poll, the first counts.

    Raises:
        Ignored: why none of them counts: "poll-closed", "choice-unknown", "voted-already".
    """
    found = await polls.hold(tx, facts.id, actor_id=voter.id)
    if found is None:
        raise Ignored("post-deleted")
    if not is_open(found.poll, context.now()):
        raise Ignored("poll-closed")
    taken: set[int] = set()
    for each in votes:
        place = found.place_of(each.choice)
        before = found.mine | taken
        if place is not None and place not in before and (found.poll.several or not before):
            taken.add(place)
    if not taken:
        is_known = any(found.place_of(each.choice) is not None for each in votes)
        raise Ignored("voted-already" if is_known else "choice-unknown")
    await polls.vote(tx, facts.id, voter.id, taken, now=context.now())
    await polls.count(tx, facts.id)
