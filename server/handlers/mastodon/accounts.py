"""Accounts: who asks, and everybody else (client-api.md 5)."""

from dataclasses import replace
from typing import Final

from aiohttp import web
from pydantic import Field

from federation.translate.incoming_parts import hashtag_named
from moderation.visibility import Scope
from schemas.mastodon.accounts import Account, Relationship
from schemas.records import Actor, ActorKind
from server.context import Context
from server.handlers.mastodon.account_entities import accounts, credentials
from server.handlers.mastodon.answers import Page, entities, entity, id_in, number
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.statuses import missing, reader_of
from server.handlers.mastodon.timelines import answer
from server.middleware import CONTEXT, SESSION
from server.services.errors import NotSignedIn
from server.storage import actors, desk, details, follows, relations, timelines
from server.storage.database import Transaction
from server.storage.givers import Finder
from server.storage.relations import Relation
from server.storage.sessions import SignedIn
from server.storage.timelines import Line, Of, Window

_MOST_AT_ONCE: Final = 40
_MOST_FOLLOWERS: Final = 80


def signed_in(request: web.Request) -> SignedIn:
    """Give the member whose client asks; the route table lets nobody else in."""
    session = request[SESSION]
    if session is None:
        raise NotSignedIn("token-missing", "The access token is invalid")
    return session


async def verify_credentials(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/verify_credentials."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        return entity(await credentials(tx, context, member))


async def account_of(tx: Transaction, account_id: int) -> Actor:
    """Find a person or a community that is not gone.

    Raises:
        NotFound: "record-not-found".
    """
    actor = (await desk.actors_by_id(tx, [account_id])).get(account_id)
    if actor is None or actor.deleted_at is not None or actor.suspended_at is not None:
        raise missing()
    if actor.kind is ActorKind.FEED:
        raise missing()  # nobody's account: a collection of communities, which clients lack
    return actor


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}."""
    context, wanted = request.app[CONTEXT], id_in(request)
    async with context.database.reading() as tx:
        return entity(await _shown(tx, context, await account_of(tx, wanted)))


async def _shown(tx: Transaction, context: Context, actor: Actor) -> Account:
    return (await accounts(tx, context, [actor]))[actor.id]


class _Named(Parameters):
    acct: Maybe[str] = None


async def lookup(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/lookup?acct=…: who is known here by a handle; nobody is asked."""
    context, given = request.app[CONTEXT], await read(request, _Named)
    name, _, host = (given.acct or "").strip().lower().removeprefix("@").partition("@")
    async with context.database.reading() as tx:
        local = host in {"", context.home.authority}
        actor = (
            await actors.find_local(tx, name)
            if local
            else await actors.find_by_handle(tx, name, host)
        )
        if actor is None or actor.kind in {ActorKind.AGENCY, ActorKind.FEED}:
            raise missing()
        return entity(await _shown(tx, context, await account_of(tx, actor.id)))


class _Several(Parameters):
    id: Many[str] = Field(default_factory=list)


async def relationships(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/relationships?id[]=…, in the order that was asked for."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Several)
    wanted = [found for each in given.id[:_MOST_AT_ONCE] if (found := number(each)) is not None]
    async with context.database.reading() as tx:
        known = await relations.between(tx, member.member.id, wanted, now=context.now())
    return entities([relationship(known[each]) for each in wanted if each in known])


def relationship(of: Relation) -> Relationship:
    return Relationship(
        id=str(of.actor_id),
        following=of.follows,
        requested=of.asked,
        followed_by=of.followed_by,
        requested_by=of.asked_by,
        blocking=of.blocks,
        domain_blocking=of.blocks_domain,
        muting=of.mutes,
        muting_notifications=of.mutes_notifications,
        muting_expires_at=of.muted_until,
        endorsed=of.endorsed,
        note=of.note,
    )


async def related(
    tx: Transaction, context: Context, member: SignedIn, account_id: int
) -> web.Response:
    """Answer with what a member and an account are to each other now."""
    known = await relations.between(tx, member.member.id, [account_id], now=context.now())
    return entity(relationship(known[account_id]))


class _Posts(Page):
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    pinned: bool = False
    tagged: Maybe[str] = None


async def statuses(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/statuses: what a person wrote, or a community passed on."""
    context, given, wanted = request.app[CONTEXT], await read(request, _Posts), id_in(request)
    async with context.database.reading() as tx:
        actor = await account_of(tx, wanted)
    tag = hashtag_named(given.tagged) if given.tagged else None
    of = Of(
        replies=not given.exclude_replies,
        media=given.only_media,
        pinned=given.pinned,
        tag=tag.slug if tag else None,
    )
    is_group = actor.kind is ActorKind.COMMUNITY

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        if not is_group:
            boosts = not given.exclude_reblogs and not given.pinned
            return await timelines.of_person(
                tx, scope, wanted, replace(of, boosts=boosts), window
            )
        lines = await timelines.of_community(tx, scope, wanted, of, window)
        if not given.exclude_reblogs:
            return lines
        # Clients that leave boosts out would show an empty community (client-api.md 10.1).
        return [Line(post_id=line.post_id, boosted=False) for line in lines]

    return await answer(request, given.window(), find)


async def followers(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/followers: of oneself, and of who shows theirs."""
    return await _own(request, follows.followers)


async def following(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/following: of oneself, and of who shows theirs."""
    return await _own(request, relations.followed_by)


async def _own(request: web.Request, find: Finder) -> web.Response:
    context, wanted, reader = request.app[CONTEXT], id_in(request), reader_of(request)
    async with context.database.reading() as tx:
        actor = await account_of(tx, wanted)
        found: list[Actor] = []
        if actor.id == reader.member_id:
            found = await find(tx, actor.id, limit=_MOST_FOLLOWERS)
        elif actor.local and not (await details.find(tx, actor.id)).hides_collections:
            # Which communities somebody belongs to is not theirs alone to show.
            found = [
                each
                for each in await find(tx, actor.id, limit=_MOST_FOLLOWERS)
                if each.kind is ActorKind.PERSON
            ]
        made = await accounts(tx, context, found)
    return entities([made[each.id] for each in found])
