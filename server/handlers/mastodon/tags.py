"""Hashtags that a member follows and shows (client-api.md 5), and their preferences."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from schemas.mastodon.personal import FeaturedTag
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
from server.handlers.mastodon.tag_entities import tag_url, tags_of
from server.middleware import CONTEXT
from server.services import tagging
from server.storage import member_hashtags
from server.storage.member_hashtags import Featured
from server.storage.sessions import SignedIn


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/tags/{name}."""
    context, of = request.app[CONTEXT], tagging.named(request.match_info["name"])
    async with context.database.reading() as tx:
        member_id = reader_of(request).member_id
        [tag] = await tags_of(tx, context, member_id, [(of.slug, of.name)])
        return entity(tag)


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


async def feature_named(request: web.Request) -> web.Response:
    """POST /api/v1/tags/{name}/feature: show it on one's profile."""
    return await _act(request, tagging.feature)


async def unfeature_named(request: web.Request) -> web.Response:
    """POST /api/v1/tags/{name}/unfeature."""
    return await _act(request, tagging.unfeature_named)


async def suggested(request: web.Request) -> web.Response:
    """GET /api/v1/featured_tags/suggestions: what the member writes about most."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        found = await member_hashtags.used(tx, member.member.id, limit=tagging.MOST_FEATURED)
        named = [(each.slug, each.name) for each in found]
        return entities(await tags_of(tx, context, member.member.id, named))


async def followed(request: web.Request) -> web.Response:
    """GET /api/v1/followed_tags; pages go on by the link alone (client-api.md 1.4)."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await member_hashtags.followed(
            tx, member.member.id, given.window_of_ids(given.at_most(200, 100))
        )
        named = [(each.slug, each.name) for each in found]
        shown = await tags_of(tx, context, member.member.id, named)
    return entities(shown, links=links(request, found[0].id, found[-1].id) if found else None)


def _featured(context: Context, of: Featured) -> FeaturedTag:
    return FeaturedTag(
        id=str(of.tag.id),
        name=of.tag.name,
        url=tag_url(context, of.tag.slug),
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
