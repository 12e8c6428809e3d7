"""What a Feed elsewhere tells of its list: taken from the Feed itself, and from nobody else."""

from federation.translate.incoming_feeds import MOST, feed_changes_from
from federation.uris import same_origin
from schemas.records import Actor, ActorKind
from server.context import Context
from server.services import discovery
from server.services.arrived import Arrived, Ignored
from server.storage import actors, community_feeds, follows
from server.storage.database import Transaction


async def feed_of(context: Context, arrived: Arrived) -> Actor | None:
    """Find the Feed that this comes from, where it is one; nothing is passed on for a Feed."""
    if arrived.via is not None:
        return None
    async with context.database.reading() as tx:
        actor = await actors.find(tx, arrived.activity.actor)
    return actor if actor is not None and actor.kind is ActorKind.FEED else None


async def take(context: Context, arrived: Arrived, feed: Actor) -> None:
    """Add to a list, or drop from it; whoever follows the feed is joined by a worker."""
    changes = feed_changes_from(arrived.activity, feed=feed.uri, following=feed.following)

    async with arrived.effect() as tx:
        await _insist_on_follower(tx, feed)
        now, changed = context.now(), 0
        for change in changes:
            if change.adding:
                changed += await community_feeds.put(
                    tx, feed.id, [change.community], most=MOST, now=now
                )
            else:
                changed += await community_feeds.drop(tx, feed.id, [change.community])
        if not changed:
            raise Ignored("feed-list-known")
        await community_feeds.change(tx, feed.id, now=now)


async def refresh(context: Context, arrived: Arrived) -> None:
    """Read a Feed anew of which somebody at its own server says that it changed.

    In Lemmy a person says so. It is no more than a reason to look: what the Feed lists is
    what its own server answers.
    """
    uri = arrived.activity.object_id or ""
    if not same_origin(uri, arrived.activity.actor):
        raise Ignored("update-of-another")
    async with context.database.reading() as tx:
        feed = await actors.find(tx, uri)
        if feed is None or feed.kind is not ActorKind.FEED:
            raise Ignored("feed-unknown")
        await _insist_on_follower(tx, feed)
    await discovery.refresh_actor(context, uri)

    async with arrived.effect():
        pass


async def _insist_on_follower(tx: Transaction, feed: Actor) -> None:
    if feed.local or feed.deleted_at is not None or feed.suspended_at is not None:
        raise Ignored("feed-unknown")
    if not await follows.has_local_follower(tx, feed.id):
        raise Ignored("feed-without-followers-here")
