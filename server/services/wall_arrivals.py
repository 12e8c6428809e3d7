"""What people elsewhere write outside communities comes to those who follow or are named."""

from dataclasses import dataclass
from typing import Final

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming_posts import IncomingPost, personal_visibility, post_from
from schemas.records import Actor, ActorKind, AgencyState, PostFacts, Visibility
from server.context import Context
from server.services import confirming, discovery, posts, quoting, standing
from server.services.arrived import Arrived, Ignored
from server.services.fanout import followers_of
from server.services.newcomer import meant_for
from server.services.sharing import may_knock
from server.storage import actors, communities, follows
from server.storage import posts as stored
from server.storage.database import Transaction

log = structlog.get_logger()

#: How many unknown ancestors of a reply are fetched before giving up (DOS-01).
_DEPTH: Final = 8
#: Whom a post names that are looked up, at most (DOS-06).
_MOST_NAMED: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """Those whom a post names, as far as we know them, and what it replies to."""

    named: tuple[Actor, ...]
    parent: PostFacts | None


async def is_for_a_wall(context: Context, incoming: IncomingPost) -> bool:
    """Say whether a post names no community, nor replies to what stands in one."""
    async with context.database.reading() as tx:
        if incoming.parent_uri is not None:
            sealed = await stored.find_by_uri(tx, incoming.parent_uri)
            if sealed is not None:
                return sealed.facts.wall
        if incoming.community_uri is not None:
            return False
        found = await actors.find_many(tx, meant_for(incoming)[:_MOST_NAMED])
    return all(each.kind is not ActorKind.COMMUNITY for each in found.values())


async def receive(
    context: Context, arrived: Arrived, author: Actor, incoming: IncomingPost
) -> None:
    """Store what somebody wrote whom one of ours follows, or who names one of ours.

    Raises:
        Ignored: "not-for-anybody-here", "not-admitted", "actor-suspended", "post-deleted".
    """
    around = await _look_around(context, author, incoming)
    if around.parent is None and incoming.parent_uri is not None:
        await _fetch_above(context, incoming)
    if incoming.quote is not None:
        incoming = await quoting.proven(context, incoming)

    async with arrived.effect() as tx:
        if await stored.is_tombstone(tx, incoming.uri):
            raise Ignored("post-deleted")
        parent = await _parent(tx, incoming)
        if parent is not None and parent.deleted_at is not None:
            raise Ignored("post-deleted")
        wall = await communities.wall_of(tx, author, now=context.now())
        standing.check_member(author, wall, belongs=True)
        await posts.receive(
            tx,
            context,
            incoming,
            author=author,
            community=wall,
            parent=parent,
            named=around.named,
        )


async def _look_around(context: Context, author: Actor, incoming: IncomingPost) -> _Around:
    visibility, _ = personal_visibility(incoming, followers=followers_of(author))
    uris = dict.fromkeys([*incoming.to, *incoming.cc, *incoming.mentions])
    async with context.database.reading() as tx:
        if visibility is not Visibility.PUBLIC:
            state = await may_knock(tx, author.host)
            if state is not AgencyState.ADMITTED:
                raise Ignored("not-admitted")
        found = await actors.find_many(tx, list(uris)[:_MOST_NAMED])
        named = tuple(each for each in found.values() if each.kind is ActorKind.PERSON)
        if not any(each.local for each in named) and not await follows.has_local_follower(
            tx, author.id
        ):
            raise Ignored("not-for-anybody-here")
        return _Around(named=named, parent=await _parent(tx, incoming))


async def _parent(tx: Transaction, incoming: IncomingPost) -> PostFacts | None:
    sealed = None
    if incoming.parent_uri is not None:
        sealed = await stored.find_by_uri(tx, incoming.parent_uri)
    return sealed.facts if sealed is not None else None


async def _fetch_above(context: Context, incoming: IncomingPost) -> None:
    """Fetch what a reply replies to, as far as it is public; the rest of it stays missing."""
    missing: list[IncomingPost] = []
    uri = incoming.parent_uri
    while uri is not None and len(missing) < _DEPTH and not context.home.is_ours(uri):
        async with context.database.reading() as tx:
            if await stored.find_by_uri(tx, uri) or await stored.is_tombstone(tx, uri):
                break
        try:
            above = post_from(await confirming.fetch(context, uri), now=context.now())
        except Unreachable:
            raise
        except FederationError as error:
            log.info("thread-not-fetched", reason=error.reason)
            break
        if above.visibility is not Visibility.PUBLIC or not await is_for_a_wall(context, above):
            break
        missing.append(above)
        uri = above.parent_uri
    for each in reversed(missing):
        await _store_above(context, each)


async def fetch(context: Context, uri: str) -> None:
    """Fetch a post that somebody passes on, where it is public and in no community."""
    incoming = post_from(await confirming.fetch(context, uri), now=context.now())
    if incoming.visibility is Visibility.PUBLIC and await is_for_a_wall(context, incoming):
        await _fetch_above(context, incoming)
        await _store_above(context, incoming)


async def _store_above(context: Context, incoming: IncomingPost) -> None:
    author = await discovery.find_or_fetch_actor(context, incoming.author_uri)
    if author.suspended_at is not None or author.deleted_at is not None:
        return
    async with context.database.transaction("inbox.ancestor") as tx:
        wall = await communities.wall_of(tx, author, now=context.now())
        await posts.receive(
            tx,
            context,
            incoming,
            author=author,
            community=wall,
            parent=await _parent(tx, incoming),
        )
