"""Threads of ours as other agencies read them: posts, places of deleted ones, Likes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from federation.translate.outgoing import post_document, tombstone_in_thread
from schemas.records import PostFacts, Surface
from schemas.wire.collections import ordered_collection
from server.context import Context
from server.services import proving, sharing, thanks
from server.services.reading import Asker, is_serving, nothing
from server.storage import feeds, originals, served
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.served import Kept

#: A thread of at most so many posts is listed with their words (wire.md 4.2).
MOST_EMBEDDED: Final = 100


async def thread(context: Context, asker: Asker, uri: str) -> dict[str, Any]:
    """List the posts of a thread in a community of ours, in reading order (FEP-7888, FEP-f228).

    Raises:
        NotFound: there is no such thread, or it is not for them.
    """
    async with context.database.reading() as tx:
        kept = await _opening(tx, context, asker, uri)
        scope = sharing.scope(context, asker, Surface.COLLECTION)
        entries = await feeds.thread(tx, scope, kept.post.facts.root_id)
        listed = _with_gaps(entries)
        theirs: dict[int, bytes] = {}
        if len(listed) <= MOST_EMBEDDED:
            foreign = [entry.post.facts.id for entry in listed if not entry.author.local]
            theirs = await originals.of_posts(tx, foreign)

    embedded = await _embedded(context, asker, listed, theirs)
    likes = f"{uri}/likes" if thanks.may_ask(asker, kept.community.id) else None
    return ordered_collection(uri, embedded, owner=kept.community.uri, likes=likes)


async def likes(context: Context, asker: Asker, uri: str) -> dict[str, Any]:
    """List the live Likes in a thread of ours, for agencies with people in its community.

    They are told of each as it happens; nobody else hears who thanked whom.

    Raises:
        NotFound: there is no such thread, or it is not for them.
    """
    async with context.database.reading() as tx:
        kept = await _opening(tx, context, asker, uri)
        if not thanks.may_ask(asker, kept.community.id):
            raise nothing()
        given = await thanks.on_thread(tx, kept.post.facts.root_id)
    return ordered_collection(f"{uri}/likes", given, owner=kept.community.uri)


async def _opening(tx: Transaction, context: Context, asker: Asker, uri: str) -> Kept:
    kept = await served.find_opening(tx, uri)
    if kept is None or not is_serving(kept.community):
        raise nothing()
    if sharing.release(context, kept.post, asker, Surface.COLLECTION) is None:
        raise nothing()
    return kept


async def _embedded(
    context: Context, asker: Asker, listed: Sequence[Entry], theirs: Mapping[int, bytes]
) -> list[str | dict[str, Any]]:
    """Embed what our members wrote, and what others proved, where a thread is small (4.2).

    What is deleted is embedded always: where it stood could be asked of nobody else.
    """
    is_small = len(listed) <= MOST_EMBEDDED
    authors = {entry.post.facts.id: entry.author for entry in listed}
    uris: list[str] = []
    ours: list[tuple[PostFacts, dict[str, Any]]] = []
    proven: dict[str, dict[str, Any]] = {}
    for entry in listed:
        facts = entry.post.facts
        released = sharing.release(context, entry.post, asker, Surface.COLLECTION)
        if released is None:
            continue
        uris.append(facts.uri)
        if facts.deleted_at is not None:
            proven[facts.uri] = tombstone_in_thread(released, facts.deleted_at)
        elif entry.author.local and is_small:
            document = post_document(
                released,
                community=entry.community,
                parent_author=authors.get(facts.parent_id or 0),
                likes=released.content.helpful,
            )
            ours.append((facts, document))
        elif facts.id in theirs:
            proven[facts.uri] = orjson.loads(theirs[facts.id])
    for each in await proving.prove_embedded(context, ours):
        proven[each["id"]] = each
    return [proven.get(uri, uri) for uri in uris]


def _with_gaps(entries: Sequence[Entry]) -> list[Entry]:
    """Leave out what is deleted, but for what something living replies to, at any depth."""
    facts = {entry.post.facts.id: entry.post.facts for entry in entries}
    kept: set[int] = set()
    for each in facts.values():
        post = each if each.deleted_at is None else None
        while post is not None and post.id not in kept:
            kept.add(post.id)
            post = facts.get(post.parent_id or 0)
    return [entry for entry in entries if entry.post.facts.id in kept]
