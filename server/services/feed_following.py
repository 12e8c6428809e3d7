"""Follow a collection of communities: its member is asked into each, now and as it changes."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from federation.errors import FederationError
from schemas.records import Actor, AgencyState, FollowState
from server.context import Context
from server.services import communities, discovery, fanout, people, sharing
from server.services.errors import NotAllowed, NotFound
from server.storage import actors, community_feeds, follows
from server.storage import communities as stored
from server.storage.community_feeds import Feed, Joining
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

log = structlog.get_logger()

#: A list is read anew after so long, for a change of it may have been lost.
LIST_AGE: Final = timedelta(days=1)
_LISTS_AT_ONCE: Final = 5
_MET_AT_ONCE: Final = 10
_FEEDS_AT_ONCE: Final = 20
#: So many memberships begin or end in one transaction, and so often in one turn.
_JOINED_AT_ONCE: Final = 50
_ROUNDS: Final = 10


async def follow(context: Context, member: SignedIn, feed_id: int) -> FollowState:
    """Follow a feed, and with it its communities: each is asked as if one by one.

    Raises:
        NotFound: "feed-not-found".
        NotAllowed: "agency-blocked".
    """
    me, now = member.member.actor, context.now()
    async with context.database.transaction("feeds.follow") as tx:
        feed = await get(tx, feed_id)
        if await sharing.may_knock(tx, feed.actor.host) is AgencyState.BLOCKED:
            raise NotAllowed("agency-blocked", "Our moderators blocked that agency.")
        state = await _ask(tx, context, me, feed)
        await community_feeds.want(tx, feed.id, now=now)
    await tend_one(context, feed.id, due_at=now)
    return state


async def _ask(tx: Transaction, context: Context, me: Actor, feed: Feed) -> FollowState:
    before = await follows.find(tx, me.id, feed.id)
    if before is not None and before.state is not FollowState.REFUSED:
        return before.state
    uri, now = fanout.mint_activity(context), context.now()
    await follows.ask(tx, me.id, feed.id, uri, now=now)
    if not feed.actor.local:
        await communities.send_follow(tx, context, me, feed.actor, uri)
        return FollowState.ASKED
    await follows.settle(tx, me.id, feed.id, FollowState.ACCEPTED, now=now)
    return FollowState.ACCEPTED


async def unfollow(context: Context, member: SignedIn, feed_id: int) -> None:
    """Follow a feed no longer; its communities are left one by one, by whoever wishes to.

    Raises:
        NotFound: "feed-not-found".
    """
    async with context.database.transaction("feeds.unfollow") as tx:
        feed = await get(tx, feed_id)
        await people.unfollow_within(tx, context, member.member.actor, feed.actor)
        await community_feeds.forget_unfollowed(tx, feed.id)


async def get(tx: Transaction, feed_id: int) -> Feed:
    """Get a feed that is there.

    Raises:
        NotFound: "feed-not-found".
    """
    feed = await community_feeds.find(tx, feed_id)
    if feed is None or feed.actor.deleted_at is not None or feed.actor.suspended_at is not None:
        raise NotFound("feed-not-found", "There is no such collection.")
    return feed


async def tend(context: Context) -> None:
    """Look after the feeds that members follow: what they list, and who is to be in what."""
    await _read_anew(context)
    await _meet(context)
    async with context.database.reading() as tx:
        is_known = await community_feeds.is_recognisable(tx)
    if is_known:
        async with context.database.transaction("feeds.recognise") as tx:
            await community_feeds.recognise(tx, now=context.now())
    async with context.database.reading() as tx:
        due = await community_feeds.due(tx, limit=_FEEDS_AT_ONCE)
    for feed_id, due_at in due:
        await tend_one(context, feed_id, due_at=due_at)


async def _read_anew(context: Context) -> None:
    async with context.database.reading() as tx:
        old = await community_feeds.stale(
            tx, before=context.now() - LIST_AGE, limit=_LISTS_AT_ONCE
        )
    for feed in old:
        # Noted first: a server that fails us is asked a day later, like any other.
        async with context.database.transaction("feeds.listed") as tx:
            await community_feeds.note_listed(tx, feed.id, now=context.now())
        try:
            await discovery.refresh_actor(context, feed.uri)
        except FederationError as error:
            log.info("feed-not-refreshed", agency=feed.host, reason=error.reason)


async def _meet(context: Context) -> None:
    """Fetch some of the communities that nobody here knows yet."""
    async with context.database.reading() as tx:
        unmet = await community_feeds.unmet(tx, now=context.now(), limit=_MET_AT_ONCE)
    for uri in unmet:
        async with context.database.transaction("feeds.asked") as tx:
            await community_feeds.note_asked(tx, uri, now=context.now())
        try:
            await discovery.find_or_fetch_actor(context, uri)
        except FederationError as error:
            log.info("feed-community-not-met", reason=error.reason)


async def tend_one(context: Context, feed_id: int, *, due_at: datetime) -> None:
    """Ask members into what a feed has, and out of what it dropped, some at a time."""
    for _ in range(_ROUNDS):
        async with context.database.transaction("feeds.tend") as tx:
            await community_feeds.forget_unfollowed(tx, feed_id)
            wanted = await community_feeds.to_join(tx, feed_id, limit=_JOINED_AT_ONCE)
            for each in wanted:
                await _join(tx, context, feed_id, each)
            left = await community_feeds.take_left(tx, feed_id, limit=_JOINED_AT_ONCE)
            for each in left:
                await _leave(tx, context, each)
            if not wanted and not left:
                await community_feeds.settle(tx, feed_id, due_at=due_at)
                return


async def _join(tx: Transaction, context: Context, feed_id: int, wanted: Joining) -> None:
    """Ask for one membership; who has it, or was refused it, keeps what they have."""
    me = await actors.get(tx, wanted.member_id)
    community = await stored.get(tx, wanted.community_id)
    before = await follows.find(tx, me.id, community.id)
    uri = ""
    if before is None:
        await communities.ask(tx, context, community, me)
        asked = await follows.find(tx, me.id, community.id)
        uri = asked.uri if asked else ""
    elif await community_feeds.came_by_a_feed(tx, me.id, before.uri):
        uri = before.uri
    joined = Joining(member_id=me.id, community_id=community.id, follow_uri=uri)
    await community_feeds.note_joined(tx, feed_id, joined)


async def _leave(tx: Transaction, context: Context, dropped: Joining) -> None:
    """End a membership that came by a feed, and by no other; a steward stays."""
    me = await actors.get(tx, dropped.member_id)
    community = await stored.get(tx, dropped.community_id)
    edge = await follows.find(tx, me.id, community.id)
    if edge is None or not dropped.follow_uri or edge.uri != dropped.follow_uri:
        return
    if await community_feeds.came_by_a_feed(tx, me.id, edge.uri):
        return
    if not await stored.is_steward(tx, community.id, me.id):
        await people.unfollow_within(tx, context, me, community.actor)
