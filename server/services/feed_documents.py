"""What another agency may read of a collection of ours: its list, its curators, its outbox."""

from typing import Any

import orjson

from schemas.records import Surface
from schemas.wire.collections import (
    LONGEST_OUTBOX,
    count_only,
    item_collection,
    ordered_collection,
)
from server.context import Context
from server.services import sharing
from server.services.reading import Asker, is_serving, nothing
from server.storage import community_feeds, follows
from server.storage.community_feeds import Feed
from server.storage.database import Transaction


async def following(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List the communities that are in a collection, as Lemmy and PieFed read it."""
    async with context.database.reading() as tx:
        feed = await _feed(tx, context, asker, name)
        entries = await community_feeds.entries(tx, feed.id)
    uri = context.home.collection(feed.actor.uri, "following")
    return item_collection(uri, [entry.uri for entry in entries])


async def followers(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """Say how many follow a collection; never who."""
    async with context.database.reading() as tx:
        feed = await _feed(tx, context, asker, name)
        total = await follows.count_followers(tx, feed.id)
    return count_only(context.home.collection(feed.actor.uri, "followers"), total)


async def moderators(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List who looks after a collection; PieFed takes the first one for its owner."""
    async with context.database.reading() as tx:
        feed = await _feed(tx, context, asker, name)
        curators = await community_feeds.curators(tx, feed.id)
    uri = context.home.collection(feed.actor.uri, "moderators")
    return ordered_collection(uri, [each.uri for each in curators])


async def outbox(context: Context, asker: Asker, name: str) -> dict[str, Any]:
    """List what a collection announced last, as it went out."""
    async with context.database.reading() as tx:
        feed = await _feed(tx, context, asker, name)
        told = await community_feeds.announced(tx, feed.id, limit=LONGEST_OUTBOX)
    uri = context.home.collection(feed.actor.uri, "outbox")
    return ordered_collection(uri, [orjson.loads(each) for each in told])


async def _feed(tx: Transaction, context: Context, asker: Asker, name: str) -> Feed:
    feed = await community_feeds.find_by_handle(tx, name, context.home.authority)
    if feed is None or not is_serving(feed.actor):
        raise nothing()
    if not sharing.scope(context, asker, Surface.COLLECTION).public:
        raise nothing()
    return feed
