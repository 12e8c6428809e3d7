"""What was said elsewhere before we came: listed, then fetched, thread by thread."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.outgoing import timestamp
from federation.translate.reading import read
from federation.uris import origin_of, same_origin
from schemas.records import Actor, Community, PostFacts
from schemas.wire.archive import listed_thread
from schemas.wire.collections import parse_collection
from server.context import Context
from server.services import confirming, discovery, gathering, importing, thanks
from server.services.errors import Conflict, NotFound
from server.storage import backfills, communities, posts, threads
from server.storage.backfills import Fill, Listing, SeenPage
from server.storage.database import Transaction

log = structlog.get_logger()

LEASE: Final = timedelta(minutes=3)
#: A thread that somebody opens is asked for again after so long.
FRESH: Final = timedelta(minutes=15)
_TRIES: Final = 8
_WAITS: Final = (30, 120, 600, 3600, 4 * 3600)  # seconds
_MOST_PAGES: Final = 2000
_END: Final = ""


async def want(tx: Transaction, context: Context, community: Community, *, whole: bool) -> None:
    """Ask for the threads of a community elsewhere: its recent ones, or all there ever were."""
    if community.actor.local or community.actor.outbox is None:
        return
    await backfills.want(
        tx, community.id, origin_of(community.uri), whole=whole, now=context.now()
    )


async def ask_again(context: Context, text: str, *, whole: bool) -> str:
    """Ask for a community's threads once more, as an operator; give its handle.

    Raises:
        NotFound: "community-not-found".
        Conflict: "community-is-ours", "community-lists-nothing".
    """
    found = await discovery.look_up(context, text, may_fetch=True)

    async with context.database.transaction("backfill.again") as tx:
        community = None
        if isinstance(found, Actor):
            community = await communities.find(tx, found.id)
        if community is None:
            raise NotFound("community-not-found", f"There is no community {text} to be had.")
        if community.actor.local:
            raise Conflict("community-is-ours", "It is here: nothing is missing of it.")
        if community.actor.outbox is None:
            raise Conflict("community-lists-nothing", "Its server does not list its threads.")
        if whole:
            await backfills.forget(tx, community.id)
        await want(tx, context, community, whole=whole)
    return f"{community.actor.name}@{community.actor.host}"


async def want_thread(context: Context, facts: PostFacts) -> None:
    """Ask for what may be missing of a thread elsewhere that somebody has opened.

    It costs its reader one statement, and nothing is fetched for them: that comes later.
    """
    if facts.community_local or facts.wall:
        return
    now = context.now()
    async with context.database.transaction("backfill.want") as tx:
        await backfills.want_thread(
            tx,
            facts.root_uri,
            facts.community_id,
            origin_of(facts.community_uri),
            facts.context,
            unless_since=now - FRESH,
            now=now,
        )


async def work_on(context: Context, origin: str) -> None:
    """Do what waits at an origin, one request after another, until nothing does.

    Every step is written down before the next; who takes over goes on from there.
    """
    while await _step(context, origin):
        async with context.database.transaction("backfill.lease") as tx:
            await backfills.extend(tx, origin, lease_until=context.now() + LEASE)


async def _step(context: Context, origin: str) -> bool:
    async with context.database.reading() as tx:
        fill = await backfills.next_fill(tx, origin)
        listing = await backfills.next_listing(tx, origin) if fill is None else None
    try:
        if fill is not None:
            return await _fill(context, fill)
        if listing is not None:
            return await _list(context, origin, listing)
    except Unreachable as away:
        await _pause(context, origin, fill, away)
        return False
    async with context.database.transaction("backfill.settle") as tx:
        await backfills.settle_origin(tx, origin, now=context.now())
    return False


async def _pause(context: Context, origin: str, fill: Fill | None, away: Unreachable) -> None:
    now = context.now()
    async with context.database.transaction("backfill.pause") as tx:
        failed = await backfills.failures(tx, origin)
        wait = away.retry_after or _WAITS[min(failed, len(_WAITS) - 1)]
        log.info("backfill-paused", origin=origin, reason=away.reason, seconds=wait)
        await backfills.pause(tx, origin, until=now + timedelta(seconds=wait), now=now)
        if fill is not None:
            await _try_later(tx, fill, away.reason, context)


async def _try_later(tx: Transaction, fill: Fill, reason: str, context: Context) -> None:
    if fill.attempts + 1 >= _TRIES:
        await backfills.settle_fill(
            tx, fill.root_uri, reason=reason, posts=0, now=context.now()
        )
        return
    await backfills.retry_fill(tx, fill.root_uri, reason=reason, now=context.now())


async def _fill(context: Context, fill: Fill) -> bool:
    """Fetch a thread and store it. Unreachable is for the origin, all else for the thread."""
    async with context.database.reading() as tx:
        community = await communities.get(tx, fill.community_id)
    try:
        allowed = gathering.budget()
        gathered = await gathering.gather(
            context, community.uri, fill.root_uri, fill.context, allowed
        )
        # A budget of their own: or a thread whose posts take all of one would never be here.
        authors, everyone = await importing.authors_of(
            context, gathered.posts.values(), gathering.budget()
        )
        gathered.posts = await importing.with_proven_quotes(context, gathered.posts)
        given = await thanks.gather(context, community, gathered, allowed)
    except Unreachable:
        raise
    except FederationError as refusal:
        async with context.database.transaction("backfill.refuse") as tx:
            await backfills.settle_fill(
                tx, fill.root_uri, reason=refusal.reason, posts=0, now=context.now()
            )
        return True

    async with context.database.transaction("backfill.thread") as tx:
        new = await importing.import_thread(
            tx, context, community, fill.root_uri, gathered, authors
        )
        await thanks.take_over(tx, community, given)
        if gathered.whole and everyone:
            await backfills.settle_fill(
                tx, fill.root_uri, reason="", posts=new, now=context.now()
            )
        elif gathered.spent and not new:
            # Another pass would cost as much, and find the same (DEL-17).
            await backfills.settle_fill(
                tx, fill.root_uri, reason="too-large", posts=0, now=context.now()
            )
        else:
            await _try_later(tx, fill, "not-whole", context)
    return True


async def _list(context: Context, origin: str, listing: Listing) -> bool:
    """Read the next page of what a community has; the first is its outbox."""
    async with context.database.reading() as tx:
        community = await communities.get(tx, listing.community_id)
    try:
        if listing.next_page is None:
            await _list_recent(context, origin, community, listing)
        elif listing.next_page == _END:
            await _end(context, community)
        else:
            await _list_page(context, origin, community, listing, listing.next_page)
    except Unreachable:
        raise
    except FederationError as refusal:
        async with context.database.transaction("backfill.refuse") as tx:
            await backfills.end_listing(
                tx, community.id, reason=refusal.reason, now=context.now()
            )
    return True


async def _list_recent(
    context: Context, origin: str, community: Community, listing: Listing
) -> None:
    document = await confirming.fetch(context, community.actor.outbox or "")
    page = read(parse_collection, document)
    following = document.get("archive")
    if isinstance(following, str) and listing.known_until is not None:
        since = urlencode({"since": timestamp(listing.known_until)})
        following = f"{following}?{since}"
    if not isinstance(following, str):
        following = page.first or page.next
    await _note(context, origin, community, page.entries, backfills.RECENT)
    await _turn(context, community, listing, following)


async def _list_page(
    context: Context, origin: str, community: Community, listing: Listing, uri: str
) -> None:
    async with context.database.reading() as tx:
        seen = await backfills.seen_page(tx, uri)
    document, tag = await confirming.fetch_again(context, uri, seen.tag if seen else "")
    if document is None:
        # What it listed is here, or was refused, by now.
        await _turn(context, community, listing, seen.next_page if seen else None)
        return
    page = read(parse_collection, document)
    await _note(context, origin, community, page.entries, backfills.OLD)
    following = page.first if not page.entries and page.first else page.next
    await _turn(context, community, listing, following)
    if tag and page.entries and listing.known_until is None:
        async with context.database.transaction("backfill.seen") as tx:
            await backfills.note_seen(
                tx, community.id, uri, SeenPage(tag=tag, next_page=following)
            )


async def _note(
    context: Context,
    origin: str,
    community: Community,
    entries: tuple[object, ...],
    place: int,
) -> None:
    threads = {
        thread.root: thread
        for entry in entries
        if isinstance(entry, str | dict) and (thread := listed_thread(entry))
        if not context.home.is_ours(thread.root)
    }
    if not threads:
        return
    async with context.database.transaction("backfill.page") as tx:
        await backfills.add_fills(
            tx, community.id, origin, list(threads.values()), place=place, now=context.now()
        )


async def _turn(
    context: Context, community: Community, listing: Listing, following: str | None
) -> None:
    """Go on to the next page, if there is one that may be asked for."""
    goes_on = (
        listing.whole
        and following is not None
        and same_origin(following, community.uri)
        and listing.pages < _MOST_PAGES
    )
    next_page = following if goes_on and following else _END
    async with context.database.transaction("backfill.turn") as tx:
        if not await backfills.turn_page(tx, community.id, next_page=next_page):
            await backfills.turn_page(tx, community.id, next_page=_END)


async def _end(context: Context, community: Community) -> None:
    """Pin what is pinned there: every thread that is listed has been fetched by now."""
    pinned = await _pinned(context, community)
    now = context.now()
    async with context.database.transaction("backfill.end") as tx:
        for post in (await threads.known(tx, pinned)).values():
            if post.community_id == community.id:
                await posts.pin(tx, post.id, at=now)
        await backfills.end_listing(tx, community.id, reason="", now=now)


async def _pinned(context: Context, community: Community) -> list[str]:
    if community.actor.featured is None:
        return []
    try:
        page = read(parse_collection, await confirming.fetch(context, community.actor.featured))
    except Unreachable:
        raise
    except FederationError as error:
        log.info("pinned-not-read", reason=error.reason)
        return []
    listed = (listed_thread(entry) for entry in page.entries)
    return [thread.root for thread in listed if thread is not None]
