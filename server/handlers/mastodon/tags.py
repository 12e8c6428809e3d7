"""Hashtags that a member follows and shows (client-api.md 5), and their preferences."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web

from schemas.mastodon.personal import FeaturedTag, Tag
from server.context import Context
from server.handlers.mastodon.accounts import account_of, signed_in
from server.handlers.mastodon.answers import (
    Page,
    entities,
    entity,
    id_in,
    links,
    plain,
)
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT
from server.services import tagging
from server.storage import member_hashtags
from server.storage.database import Transaction
from server.storage.member_hashtags import Featured
from server.storage.sessions import SignedIn


async def _tag(
    tx: Transaction, context: Context, member_id: int | None, slug: str, name: str
) -> Tag:
    follows, shows = False, False
    if member_id is not None:
        follows = await member_hashtags.follows(tx, member_id, slug)
        shows = bool(await member_hashtags.featured(tx, member_id, only=[slug]))
    return Tag(id=slug, name=name, url=_url(context, slug), following=follows, featuring=shows)


def _url(context: Context, slug: str) -> str:
    return f"{context.home.origin}/tags/{quote(slug)}"


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/tags/{name}."""
    context, of = request.app[CONTEXT], tagging.named(request.match_info["name"])
    async with context.database.reading() as tx:
        return entity(await _tag(tx, context, reader_of(request).member_id, of.slug, of.name))


Act = Callable[[Context, SignedIn, str], Awaitable[object]]


async def _act(request: web.Request, act: Act) -> web.Response:
    await act(request.app[CONTEXT], signed_in(request), request.match_info["name"])
    return await show(request)


async def follow(request: web.Request) -> web.Response:
    """POST /api/v1/tags/{name}/follow."""
    return await _act(request, tagging.follow)


async def unfollow(request: web.Request) -> web.Response:
    """POST /api/v1/tags/{name}/unfollow."""
    return await _act(request, tagging.unfollow)


async def followed(request: web.Request) -> web.Response:
    """GET /api/v1/followed_tags; pages go on by the link alone (client-api.md 1.4)."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await member_hashtags.followed(
            tx, member.member.id, given.window_of_ids(given.at_most(200, 100))
        )
    shown = [
        Tag(
            id=each.slug,
            name=each.name,
            url=_url(context, each.slug),
            following=True,
            featuring=False,
        )
        for each in found
    ]
    return entities(shown, links=links(request, found[0].id, found[-1].id) if found else None)


def _featured(context: Context, of: Featured) -> FeaturedTag:
    return FeaturedTag(
        id=str(of.tag.id),
        name=of.tag.name,
        url=_url(context, of.tag.slug),
        statuses_count=str(of.posts),
        last_status_at=of.last_post_on.isoformat() if of.last_post_on else None,
    )


async def featured(request: web.Request) -> web.Response:
    """GET /api/v1/featured_tags."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        found = await member_hashtags.featured(tx, member.member.id)
    return entities([_featured(context, each) for each in found])


async def featured_of(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/featured_tags."""
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        actor = await account_of(tx, id_in(request))
        found = await member_hashtags.featured(tx, actor.id)
    return entities([_featured(context, each) for each in found])


class _Named(Parameters):
    name: Maybe[str] = None


async def feature(request: web.Request) -> web.Response:
    """POST /api/v1/featured_tags."""
    context, given = request.app[CONTEXT], await read(request, _Named)
    made = await tagging.feature(context, signed_in(request), given.name or "")
    return entity(_featured(context, made))


async def unfeature(request: web.Request) -> web.Response:
    """DELETE /api/v1/featured_tags/{id}."""
    await tagging.unfeature(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})
