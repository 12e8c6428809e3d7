"""Who asks to follow a member: listed, let in, refused; followers removed (client-api.md 5)."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import related, signed_in
from server.handlers.mastodon.answers import Page, id_in, page_of
from server.handlers.mastodon.parameters import read
from server.middleware import CONTEXT
from server.services import follow_requests
from server.storage.sessions import SignedIn


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/follow_requests."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    window = given.window_of_ids(given.at_most(80, 40))
    async with context.database.reading() as tx:
        found = await follow_requests.waiting(tx, context, member.member.id, window)
        made = await accounts(tx, context, found)
    return page_of(request, [made[each.id] for each in found])


async def authorize(request: web.Request) -> web.Response:
    """POST /api/v1/follow_requests/{id}/authorize."""
    return await _settle(request, follow_requests.authorize)


async def reject(request: web.Request) -> web.Response:
    """POST /api/v1/follow_requests/{id}/reject."""
    return await _settle(request, follow_requests.reject)


async def remove_follower(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/remove_from_followers."""
    return await _settle(request, follow_requests.remove_follower)


async def _settle(
    request: web.Request, act: Callable[[Context, SignedIn, int], Awaitable[None]]
) -> web.Response:
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    await act(context, member, wanted)
    async with context.database.reading() as tx:
        return await related(tx, context, member, wanted)
