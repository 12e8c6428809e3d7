"""Which communities a Feed elsewhere lists: fetched from its own server, kept by address."""

import structlog

from federation.errors import FederationError
from federation.fetch import fetch_document
from federation.translate.incoming_feeds import MOST, IncomingFeedList, feed_list_from
from schemas.records import Actor
from server.context import Context
from server.services.signing import sign_as_agency
from server.storage import community_feeds

log = structlog.get_logger()


async def learn(context: Context, feed: Actor) -> None:
    """Take over the list of a Feed elsewhere; leave it as it was where that fails.

    None of the communities in it is asked for: that waits until somebody follows the feed.
    """
    if feed.local or feed.following is None:
        return
    try:
        document = await fetch_document(
            context.session, feed.following, sign=sign_as_agency(context)
        )
        told = feed_list_from(document, feed=feed.uri)
    except FederationError as error:
        log.info("feed-list-failed", agency=feed.host, reason=error.reason)
        async with context.database.transaction("feeds.silence") as tx:
            await community_feeds.note_listed(tx, feed.id, now=context.now())
        return
    await _take_over(context, feed, told)


async def _take_over(context: Context, feed: Actor, told: IncomingFeedList) -> None:
    now = context.now()
    async with context.database.transaction("feeds.learn") as tx:
        known = [entry.uri for entry in await community_feeds.entries(tx, feed.id)]
        gone = sorted(set(known) - set(told.communities))
        dropped = await community_feeds.drop(tx, feed.id, gone)
        came = await community_feeds.put(tx, feed.id, told.communities, most=MOST, now=now)
        if dropped or came:
            await community_feeds.change(tx, feed.id, total=told.total, listed_at=now, now=now)
        else:
            await community_feeds.note_listed(tx, feed.id, now=now)
