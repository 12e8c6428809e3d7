"""Hold who follows whom against what another agency knows; repair what differs (FEP-8fcf)."""

import asyncio
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, Final

import structlog

from federation.errors import FederationError, Malformed, TooLarge, Unreachable
from federation.synchronization import (
    MOST_FOLLOWERS,
    Synchronization,
    digest_of,
    read_header,
    write_header,
)
from federation.translate.outgoing_activities import follow_activity, undo_activity
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.records import Actor, ActorKind, AgencyPrincipal, AgencyState, FollowState
from schemas.wire.collections import ordered_collection, parse_collection
from server.context import Context
from server.services import backfill, communities, confirming, fanout
from server.services.reading import Asker, is_admitted, is_serving, nothing
from server.services.sharing import may_knock
from server.storage import actors, agencies, deliveries, follows, notifications, synchronization
from server.storage import communities as stored
from server.storage.database import Transaction
from server.storage.synchronization import Claim, Edge, Part, Turn

log = structlog.get_logger()

PATH: Final = "synchronization"
COMMONLORE: Final = "commonlore"
#: What was on its way when a digest was made is processed first.
SETTLES: Final = timedelta(seconds=30)
#: An agency is asked for its lists once in so long.
EVERY: Final = timedelta(hours=1)
#: Asked for once; whoever then still does not know of a follow means it.
_ONCE_IN: Final = timedelta(days=7)
_COMPARED_AT_ONCE: Final = 50
_LISTS_AT_ONCE: Final = 20
_MOST_PAGES: Final = 10
_LIST_DEADLINE: Final = 60.0  # seconds, for all pages of one list
_FOLLOWED: Final = 500
# A list of all our people must not make us send a letter for each of them at once.
_CHANGED_AT_ONCE: Final = 200


async def headers(
    tx: Transaction, context: Context, pairs: Collection[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    """Write the header for deliveries of our actors to agencies, where there are followers.

    Args:
        tx: open.
        context: of this instance.
        pairs: the id of the sender, and the host of the agency.
    """
    return {
        (part.actor_id, part.host): write_header(_told(context, part))
        for part in await synchronization.parts(tx, pairs)
    }


def _told(context: Context, part: Part) -> Synchronization:
    return Synchronization(
        collection=part.collection,
        url=context.home.collection(part.collection, PATH),
        digest=digest_of(part.followers),
    )


async def partial_followers(
    context: Context, asker: Asker, name: str, kind: ActorKind
) -> dict[str, Any]:
    """List who of an admitted agency follows one of ours: its own people, which it knows.

    Raises:
        NotFound: there is no such actor, or it is not for them to know.
    """
    if not (is_admitted(asker) and isinstance(asker, AgencyPrincipal)):
        raise nothing()
    async with context.database.reading() as tx:
        actor = await actors.find_local(tx, name)
        if actor is None or actor.kind is not kind or not is_serving(actor):
            raise nothing()
        found = await synchronization.parts(tx, [(actor.id, asker.host)])
    followers = found[0].followers if found else ()
    collection = fanout.followers_of(actor)
    return ordered_collection(context.home.collection(collection, PATH), sorted(followers))


async def compare(context: Context) -> int:
    """Hold what was claimed against what we know; say how many claims that were."""
    now = context.now()
    async with context.database.transaction("synchronization.compare") as tx:
        claims = await synchronization.uncompared(
            tx, before=now - SETTLES, limit=_COMPARED_AT_ONCE
        )
        for claim in claims:
            state, reason = await _compared(tx, claim)
            await synchronization.settle(tx, claim, state, reason=reason, now=now)
            if state == "differs":
                await synchronization.want(tx, claim.host, now=now)
    return len(claims)


async def _compared(tx: Transaction, claim: Claim) -> tuple[str, str]:
    actor = await actors.find(tx, claim.actor_uri)
    if actor is None or actor.deleted_at is not None:
        return "ignored", "actor-unknown"
    try:
        told = read_header(claim.header, followers=actor.followers)
    except Malformed as error:
        return "ignored", error.reason
    ours = _accepted(await synchronization.edges_to(tx, actor.id))
    return ("agreed" if digest_of(ours) == told.digest else "differs"), ""


def _accepted(edges: Iterable[Edge]) -> set[str]:
    return {edge.follower.uri for edge in edges if edge.state is FollowState.ACCEPTED}


async def reconcile(context: Context) -> Turn | None:
    """Ask one agency for the lists that differ, or for all of them when it was away."""
    async with context.database.transaction("synchronization.turn") as tx:
        turn = await synchronization.take_turn(tx, now=context.now(), every=EVERY)
    if turn is None:
        return None
    async with context.database.reading() as tx:
        state = await may_knock(tx, turn.host)
        claims = await synchronization.differing(tx, turn.host, limit=_LISTS_AT_ONCE)
    if state is not AgencyState.ADMITTED:
        await _settle_all(context, claims, "agency-not-admitted")
    else:
        for claim in claims:
            await _repair(context, claim)
    if turn.back_at is not None:
        await _welcome_back(context, turn, admitted=state is AgencyState.ADMITTED)
    return turn


async def _settle_all(context: Context, claims: Iterable[Claim], reason: str) -> None:
    async with context.database.transaction("synchronization.settle") as tx:
        for claim in claims:
            await synchronization.settle(tx, claim, "ignored", reason=reason, now=context.now())


async def _repair(context: Context, claim: Claim) -> None:
    """Fetch a list, and where it is the one that was claimed, make ours the same."""
    async with context.database.reading() as tx:
        state, reason = await _compared(tx, claim)
        actor = await actors.find(tx, claim.actor_uri)
    listed: set[str] = set()
    if state == "differs" and actor is not None:
        told = read_header(claim.header, followers=actor.followers)
        try:
            listed = await _list(context, told.url)
        except Unreachable as error:
            log.info("followers-not-listed", agency=claim.host, reason=error.reason)
            return  # it stays, and is asked for again
        except FederationError as error:
            state, reason = "ignored", error.reason
        else:
            if digest_of(listed) != told.digest:
                # It has changed since; the next delivery brings a new digest.
                state, reason = "settled", "list-changed"
    async with context.database.transaction("synchronization.repair") as tx:
        if state == "differs" and actor is not None:
            await _make_same(tx, context, actor, listed, claim)
            state = "settled"
        await synchronization.settle(tx, claim, state, reason=reason, now=context.now())


async def _make_same(
    tx: Transaction, context: Context, actor: Actor, listed: Collection[str], claim: Claim
) -> None:
    """Take over a whole list of who follows an actor: FEP-8fcf, on the receiving end.

    Whom the list lacks is no follower any more. A follow that was meant is asked for once, by a
    new Follow; what is not known there after that is given up. So many at once; what then still
    differs shows in the next digest.
    """
    edges = {edge.follower.uri: edge for edge in await synchronization.edges_to(tx, actor.id)}
    lacking = [
        edge for uri, edge in edges.items() if uri not in listed and _was_so(edge, claim)
    ]
    for edge in lacking[:_CHANGED_AT_ONCE]:
        await _ask_or_give_up(tx, context, edge, actor)
    await _take_listed(tx, context, edges, actor, listed)


def _was_so(edge: Edge, claim: Claim) -> bool:
    """Say whether a follow counted here before its target told of all of them."""
    is_older = edge.settled_at is not None and edge.settled_at < claim.told_at
    return edge.state is FollowState.ACCEPTED and is_older


async def _ask_or_give_up(tx: Transaction, context: Context, edge: Edge, actor: Actor) -> None:
    now = context.now()
    asked_before = edge.asked_again_at is not None and now - edge.asked_again_at < _ONCE_IN
    if asked_before or not is_serving(edge.follower):
        await follows.remove(tx, edge.follower.id, actor.id)
        await _tell(tx, context, edge, actor, "refused")
        return
    await _ask_again(tx, context, edge, actor, state=FollowState.ASKED)


async def _ask_again(
    tx: Transaction, context: Context, edge: Edge, actor: Actor, *, state: FollowState
) -> None:
    uri = fanout.mint_activity(context)
    await synchronization.ask_again(
        tx, edge.follower.id, actor.id, uri, state=state.value, now=context.now()
    )
    await communities.send_follow(tx, context, edge.follower, actor, uri)


async def _take_listed(
    tx: Transaction,
    context: Context,
    edges: dict[str, Edge],
    actor: Actor,
    listed: Collection[str],
) -> None:
    settled = frozenset({FollowState.ACCEPTED, FollowState.BANNED})
    surprising = [
        uri for uri in sorted(listed) if uri not in edges or edges[uri].state not in settled
    ]
    for uri in surprising[:_CHANGED_AT_ONCE]:
        edge = edges.get(uri)
        if edge is not None and edge.state is FollowState.ASKED:
            await _accept(tx, context, edge, actor)
        else:
            await _disown(tx, context, uri, actor)


async def _accept(tx: Transaction, context: Context, edge: Edge, actor: Actor) -> None:
    """Take a follow that they count as accepted for that."""
    await follows.settle(
        tx, edge.follower.id, actor.id, FollowState.ACCEPTED, now=context.now()
    )
    community = await stored.find(tx, actor.id)
    if community is not None:
        await backfill.want(tx, context, community, whole=True)
    await _tell(tx, context, edge, actor, "let-in")


async def _tell(tx: Transaction, context: Context, edge: Edge, actor: Actor, kind: str) -> None:
    await notifications.add(
        tx,
        member_id=edge.follower.id,
        kind=kind,
        actor_id=actor.id,
        subject=edge.uri,
        post_id=None,
        now=context.now(),
    )


async def _disown(tx: Transaction, context: Context, uri: str, actor: Actor) -> None:
    """Take back a follow that we do not know, in the name of whom it is said to be."""
    follower = await actors.find(tx, uri)
    if follower is None or not is_serving(follower):
        log.info("follower-unknown", follower=uri, of=actor.uri)
        return
    now = context.now()
    follow = follow_activity(
        fanout.mint_activity(context), actor=uri, target=actor.uri, published=now
    )
    document = undo_activity(
        fanout.mint_activity(context), actor=uri, inner=follow, public=True, published=now
    )
    await fanout.send_to(tx, context, follower, document, [actor], about=actor.uri)


async def _welcome_back(context: Context, turn: Turn, *, admitted: bool) -> None:
    """Ask anew for what our people follow there, and owe again what was given up.

    Threads too: what they could not send us for over a week, they do not send any more.
    """
    if admitted:
        async with context.database.reading() as tx:
            followed = await synchronization.followed_at(tx, turn.host, limit=_FOLLOWED)
        for actor in followed:
            await _remind(context, actor)
            await _catch_up(context, actor)
    async with context.database.transaction("synchronization.back") as tx:
        if admitted:
            again = await deliveries.resync(tx, turn.host, now=context.now())
            log.info("agency-back", agency=turn.host, deliveries=again)
        await synchronization.welcomed(tx, turn)


async def _remind(context: Context, actor: Actor) -> None:
    """Ask for what is not listed there, without doubting it here: it may be the older state."""
    try:
        url = await _url_of(context, actor)
        listed = None if url is None else await _list(context, url)
    except FederationError as error:
        log.info("followers-not-listed", agency=actor.host, reason=error.reason)
        listed = None
    async with context.database.transaction("synchronization.remind") as tx:
        edges = {
            each.follower.uri: each for each in await synchronization.edges_to(tx, actor.id)
        }
        for edge in edges.values():
            if _is_missed(edge, listed) and is_serving(edge.follower):
                await _ask_again(tx, context, edge, actor, state=edge.state)
        if listed is not None:
            await _take_listed(tx, context, edges, actor, listed)


async def _catch_up(context: Context, actor: Actor) -> None:
    """Ask for the threads of a community there that somebody here belongs to."""
    async with context.database.transaction("synchronization.catch-up") as tx:
        community = await stored.find(tx, actor.id)
        if community is not None and _accepted(await synchronization.edges_to(tx, actor.id)):
            await backfill.want(tx, context, community, whole=True)


def _is_missed(edge: Edge, listed: Collection[str] | None) -> bool:
    if edge.state is FollowState.ASKED:
        return listed is None or edge.follower.uri not in listed
    return (
        edge.state is FollowState.ACCEPTED
        and listed is not None
        and edge.follower.uri not in listed
    )


async def _url_of(context: Context, actor: Actor) -> str | None:
    """Say where the list of our people is: where we were told, or where our program has it."""
    async with context.database.reading() as tx:
        claim = await synchronization.claim_of(tx, actor.uri)
        agency = await agencies.find(tx, actor.host)
    if claim is not None:
        return read_header(claim.header, followers=actor.followers).url
    if agency is not None and agency.software == COMMONLORE and actor.followers is not None:
        return f"{actor.followers}/{PATH}"
    return None


async def _list(context: Context, url: str) -> set[str]:
    """Read a whole list, ten pages at most, all of one origin; keep who is from here.

    Raises:
        FederationError: it cannot be had, or not whole.
    """
    found: set[str] = set()
    seen: set[str] = set()
    total = 0
    following: str | None = url
    try:
        async with asyncio.timeout(_LIST_DEADLINE):
            while following is not None:
                _check_page(following, url, seen)
                seen.add(following)
                document = await confirming.fetch(context, following)
                page = read(parse_collection, document)
                found |= _ids_in(document)
                total = max(total, page.total_items)
                following = page.next or (page.first if following == url else None)
    except TimeoutError:
        raise Unreachable("list-too-slow") from None
    if len(found) > MOST_FOLLOWERS:
        raise TooLarge("list-too-long")
    if len(found) < total:
        raise Malformed("list-not-whole")
    return {uri for uri in found if context.home.is_ours(uri)}


def _check_page(page: str, url: str, seen: Collection[str]) -> None:
    if page in seen or not same_origin(page, url):
        raise Malformed("list-page-elsewhere")
    if len(seen) >= _MOST_PAGES:
        raise TooLarge("list-too-long")


def _ids_in(document: dict[str, Any]) -> set[str]:
    """Read all the ids on a page: one that were cut short would cost somebody a follow."""
    listed = document.get("orderedItems", document.get("items", []))
    entries = listed if isinstance(listed, list) else [listed]
    return {entry for entry in entries if isinstance(entry, str)}
