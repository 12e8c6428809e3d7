"""Posts from anywhere, stored many at a time with all that follows from them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from schemas.records import Kind
from server.context import Context
from server.storage import communities, notifications, originals, stream, threads
from server.storage.carried import Carried
from server.storage.database import Transaction
from server.storage.notifications import News
from server.storage.posts import NewPost
from server.storage.stream import Told

#: What was published longer ago is no news to whoever listens.
_FRESH: Final = timedelta(hours=1)


async def store_all(tx: Transaction, context: Context, new: Sequence[NewPost]) -> set[int]:
    """Add posts, count them, and tell whose posts they reply to; give the ids of those added.

    Nothing happens for one that is known already, or deleted. None replies to another of them.
    """
    gone = await threads.tombstones(tx, [post.uri for post in new])
    here = [post for post in new if post.uri not in gone]
    ids = await threads.add_many(tx, here) if here else set()
    added = [post for post in here if post.id in ids]
    await originals.keep(tx, {post.id: post.original for post in added if post.original})
    # Communities before threads, and each in order, so that nobody waits for each other. And a
    # thread is counted when those who wrote in it before are done with its community.
    active = latest((post.community_id, post.published_at) for post in added)
    for community_id, moment in sorted(active.items()):
        await communities.touch(tx, community_id, now=moment)
    fresh = [post.id for post in added if post.published_at > context.now() - _FRESH]
    if fresh:
        await stream.tell(tx, Told.POSTED, fresh, now=context.now())
    replies = [post for post in added if post.parent_id is not None]
    await tell_called(tx, [(post.id, post.carried) for post in added], now=context.now())
    if replies:
        await threads.recount(tx, latest((post.root_id, post.published_at) for post in replies))
        await _tell_authors(tx, context, replies)
    return ids


async def tell_called(
    tx: Transaction, carried: Iterable[tuple[int, Carried]], *, now: datetime
) -> None:
    """Tell members of ours that a post calls them, those of them that may read it."""
    called = [(post_id, one.uri) for post_id, each in carried for one in each.mentions]
    if called:
        await notifications.add_calls(tx, called, now=now)


def latest(moments: Iterable[tuple[int, datetime]]) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for key, moment in moments:
        found[key] = max(moment, found.get(key, moment))
    return found


async def _tell_authors(tx: Transaction, context: Context, replies: Sequence[NewPost]) -> None:
    parents = {post.parent_id for post in replies if post.parent_id is not None}
    authors = await threads.authors(tx, sorted(parents))
    news = [
        News(
            member_id=authors[post.parent_id],
            kind="answer" if post.kind is Kind.ANSWER else "comment",
            actor_id=post.author_id,
            subject=post.uri,
            post_id=post.id,
        )
        for post in replies
        if post.parent_id in authors
    ]
    await notifications.add_many(tx, news, now=context.now())
