"""Actors elsewhere: found in storage or fetched, and what they say of themselves."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from federation.discovery import find_actor, nodeinfo, parse_handle
from federation.errors import FederationError, Forbidden, Gone, Malformed
from federation.fetch import fetch_document
from federation.handles import Handle
from federation.translate.incoming_actors import (
    IncomingActor,
    actor_from,
)
from federation.translate.reading import read
from federation.translate.sanitize import plain
from federation.uris import authority_of, same_origin
from schemas.gate import SealedPost
from schemas.records import Actor, ActorKind, AgencyState, Community
from schemas.wire.collections import parse_collection
from server.context import Context
from server.services import feed_lists, strangers
from server.services.sharing import may_knock
from server.services.signing import sign_as_agency
from server.storage import actors, agencies, communities, community_feeds, details, posts
from server.storage.database import Transaction

_LONGEST_NAME: Final = 80

log = structlog.get_logger()

MOST_STEWARDS: Final = 20
_STEWARDS_DEADLINE: Final = 15.0  # seconds, for all of them
STEWARDS_AGE: Final = timedelta(days=1)
SOFTWARE_AGE: Final = timedelta(days=1)
_AGAIN: Final = timedelta(hours=1)  # after silence


async def find_or_fetch_actor(context: Context, uri: str) -> Actor:
    """Find an actor, or fetch, store and give it; an agency we meet here goes on the list.

    Raises:
        Gone: it is deleted, there or here, or would be ours and is not.
        Forbidden: "agency-blocked"; nothing was asked of it.
        Unreachable: "too-many-new-actors", where its domain has had its share for this hour.
        FederationError: as `federation.fetch.fetch_document` and `actor_from`.
    """
    async with context.database.reading() as tx:
        known = await actors.find(tx, uri)
    if known is None:
        return await _introduce(context, await _fetch(context, uri))
    if known.deleted_at is not None:
        raise Gone("actor-deleted")
    return known


async def refresh_actor(context: Context, uri: str) -> Actor:
    """Fetch an actor anew; it must still be the same one (ORI-12). Ours come from storage.

    Raises:
        FederationError: as `find_or_fetch_actor`.
    """
    if context.home.is_ours(uri):
        return await find_or_fetch_actor(context, uri)
    incoming = await _fetch(context, uri)
    if incoming.uri != uri:
        raise Malformed("actor-id-changed")
    return await _introduce(context, incoming)


async def refresh_stewards(context: Context, community: Actor) -> None:
    """Ask who looks after a community elsewhere, where we asked a day ago or longer.

    One of us asks, and after silence nobody does for an hour.
    """
    if community.local or community.moderators is None:
        return
    old = context.now() - STEWARDS_AGE
    async with context.database.transaction("discovery.stewards-due") as tx:
        claimed = await communities.claim_stewards(
            tx, community.id, older_than=old, claimed_as=old + _AGAIN
        )
    if claimed:
        await _learn_stewards(context, community, community.moderators)


async def look_up(context: Context, text: str, *, may_fetch: bool) -> Actor | SealedPost | None:
    """Find what somebody typed: a handle of a person or !community, or a URL.

    None for everything that is not there, not to be had, or blocked. Without `may_fetch`
    nothing goes out (FET-10). Posts are found in storage only.
    """
    wanted = parse_handle(text)
    if wanted is None:
        return None
    async with context.database.reading() as tx:
        found = await _find_typed(tx, context, wanted)
    if found is not None:
        return found
    host = wanted.host if isinstance(wanted, Handle) else authority_of(wanted)
    if not may_fetch or host == context.home.authority:
        return None
    try:
        return await _introduce(context, await _search(context, wanted, host))
    except FederationError as error:
        log.info("lookup-failed", agency=host, reason=error.reason)
        return None


async def remember_agency(context: Context, host: str) -> None:
    """Ask an agency which program it runs, once a day at most; its silence is no failure."""
    now = context.now()
    async with context.database.reading() as tx:
        state = await may_knock(tx, host)
        known = await agencies.find(tx, host)
    if state is AgencyState.BLOCKED or host == context.home.authority:
        return
    if known and known.nodeinfo_at and now - known.nodeinfo_at < SOFTWARE_AGE:
        return
    try:
        said = await nodeinfo(context.session, context.session.origin_for(host))
    except FederationError as error:
        log.info("nodeinfo-failed", agency=host, reason=error.reason)
        async with context.database.transaction("discovery.silence") as tx:
            await agencies.note_silence(tx, host, asked_at=now - SOFTWARE_AGE + _AGAIN)
        return

    async with context.database.transaction("discovery.agency") as tx:
        await agencies.knock(tx, host, now=now)
        await agencies.remember_software(
            tx,
            host,
            software=said.software,
            version=said.version,
            name=plain(said.name, limit=_LONGEST_NAME),
            now=now,
        )


async def check_fetchable(context: Context, uri: str) -> None:
    """Refuse to ask ourselves, or an agency that is blocked.

    Raises:
        Gone: "no-such-actor": it would be ours, and we know ours.
        Forbidden: "agency-blocked".
    """
    if context.home.is_ours(uri):
        raise Gone("no-such-actor", status=404)
    await _check_host(context, authority_of(uri))


async def save_actor(tx: Transaction, context: Context, incoming: IncomingActor) -> Actor:
    """Store what an actor says of itself, its keys and what only communities have.

    A key that it lists no longer is believed no longer.
    """
    now = context.now()
    known = await actors.find(tx, incoming.uri)
    if known is None:
        await actors.add(tx, _record(incoming, context.ids.mint(now)), now=now)
        # Not ours alone: two fetches of one actor may end in the same moment.
        known = await actors.find(tx, incoming.uri)
    if known is None or known.local:
        raise Forbidden("actor-is-ours")

    actor = _record(incoming, known.id)
    await actors.refresh(tx, actor, now=now)
    await details.put(tx, known.id, incoming.details)
    await actors.replace_keys(tx, known.id, incoming.keys, now=now)
    if known.kind is ActorKind.COMMUNITY:
        community = _community(actor, incoming)
        await communities.add(tx, community, now=now)
        await communities.change(tx, community)
    if known.kind is ActorKind.FEED:
        await community_feeds.add(tx, known.id, now=now)
    return await actors.get(tx, known.id)


async def _introduce(context: Context, incoming: IncomingActor) -> Actor:
    async with context.database.transaction("discovery.actor") as tx:
        await agencies.knock(tx, incoming.host, now=context.now())
        actor = await save_actor(tx, context, incoming)
    if actor.kind is ActorKind.COMMUNITY and actor.moderators is not None:
        await _learn_stewards(context, actor, actor.moderators)
    if actor.kind is ActorKind.FEED:
        await feed_lists.learn(context, actor)
    return actor


async def _fetch(context: Context, uri: str) -> IncomingActor:
    await check_fetchable(context, uri)
    await strangers.meet(context, uri)
    document = await fetch_document(context.session, uri, sign=sign_as_agency(context))
    return await _read(context, document, asked=uri)


async def _read(context: Context, document: dict[str, Any], *, asked: str) -> IncomingActor:
    """Read an actor whose document is where it says, which may be elsewhere than we asked."""
    incoming = actor_from(document, now=context.now())
    await check_fetchable(context, incoming.uri)
    if incoming.uri != asked:
        await strangers.meet(context, incoming.uri)
    if incoming.deleted:
        raise Gone("actor-deleted")
    return incoming


async def _find_typed(
    tx: Transaction, context: Context, wanted: Handle | str
) -> Actor | SealedPost | None:
    if not isinstance(wanted, Handle):
        return await actors.find(tx, wanted) or await posts.find_by_uri(tx, wanted)
    if wanted.host == context.home.authority:
        return await actors.find_local(tx, wanted.name.lower())
    if wanted.is_feed:
        feed = await community_feeds.find_by_handle(tx, wanted.name.lower(), wanted.host)
        return feed.actor if feed else None
    return await actors.find_by_handle(
        tx, wanted.name, wanted.host
    ) or await actors.find_by_handle(tx, wanted.name.lower(), wanted.host)


async def _search(context: Context, wanted: Handle | str, host: str) -> IncomingActor:
    await _check_host(context, host)
    document, _ = await find_actor(context.session, wanted, sign=sign_as_agency(context))
    return await _read(context, document, asked="")


async def _check_host(context: Context, host: str) -> None:
    async with context.database.reading() as tx:
        if await may_knock(tx, host) is AgencyState.BLOCKED:
            raise Forbidden("agency-blocked")


async def _learn_stewards(context: Context, community: Actor, collection: str) -> None:
    """Take over who looks after a community elsewhere; leave it as it was where that fails."""
    try:
        async with asyncio.timeout(_STEWARDS_DEADLINE):
            document = await fetch_document(
                context.session, collection, sign=sign_as_agency(context)
            )
            found = await _stewards(context, _listed(community, document))
    except (FederationError, TimeoutError) as error:
        log.info("stewards-failed", agency=community.host, kind=type(error).__name__)
        return

    now = context.now()
    async with context.database.transaction("discovery.stewards") as tx:
        for former in await communities.stewards(tx, community.id):
            if former.uri not in found:
                await communities.remove_steward(tx, community.id, former.id)
        for steward in found.values():
            await communities.add_steward(tx, community.id, steward.id, now=now)
        await communities.note_stewards(tx, community.id, now=now)


def _listed(community: Actor, document: dict[str, Any]) -> list[str]:
    collection = read(parse_collection, document)
    if not same_origin(collection.id, community.uri):
        raise Malformed("stewards-elsewhere")
    listed = [entry for entry in collection.entries if isinstance(entry, str)]
    return list(dict.fromkeys(listed))[:MOST_STEWARDS]


async def _stewards(context: Context, uris: Sequence[str]) -> dict[str, Actor]:
    async with context.database.reading() as tx:
        known = await actors.find_many(tx, uris)
    missing = [uri for uri in uris if uri not in known]
    fetched = await asyncio.gather(*(_fetch_steward(context, uri) for uri in missing))
    everyone = [*known.values(), *(actor for actor in fetched if actor is not None)]
    return {
        actor.uri: actor
        for actor in everyone
        if actor.kind is ActorKind.PERSON and actor.deleted_at is None
    }


async def _fetch_steward(context: Context, uri: str) -> Actor | None:
    # Stored without a look at who is behind it in turn: one level, or a chain has no end.
    try:
        incoming = await _fetch(context, uri)
    except FederationError as error:
        log.info("steward-failed", reason=error.reason)
        return None
    async with context.database.transaction("discovery.steward") as tx:
        return await save_actor(tx, context, incoming)


def _record(incoming: IncomingActor, actor_id: int) -> Actor:
    return Actor(
        id=actor_id,
        uri=incoming.uri,
        kind=incoming.kind,
        name=incoming.name,
        host=incoming.host,
        local=False,
        display_name=incoming.display_name,
        summary=incoming.summary,
        summary_source=incoming.summary_source,
        inbox=incoming.inbox,
        shared_inbox=incoming.shared_inbox,
        outbox=incoming.outbox,
        followers=incoming.followers,
        following=incoming.following,
        featured=incoming.featured,
        moderators=incoming.moderators,
        url=incoming.url,
        published_at=incoming.published_at,
        also_known_as=incoming.also_known_as,
        moved_to=incoming.moved_to,
        avatar=incoming.avatar,
        header=incoming.header,
    )


def _community(actor: Actor, incoming: IncomingActor) -> Community:
    return Community(
        actor=actor,
        charter=incoming.charter,
        charter_source=incoming.charter_source,
        join=incoming.join,
        visibility=incoming.visibility,
        topics=incoming.topics,
        several_answers=incoming.several_answers,
        # Ours say the kind of every post; the others leave it to their community.
        asks_questions=incoming.asks_questions and not incoming.several_answers,
    )
