"""What profiles show, and threads of which a member wants to hear no more (client-api.md 5)."""

from typing import Final

from aiohttp import web

from schemas.records import Surface
from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import account_of, related, signed_in
from server.handlers.mastodon.acting import Act, do
from server.handlers.mastodon.answers import Page, entities, id_in, links
from server.handlers.mastodon.parameters import read
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT
from server.services import quieting, sharing, showing
from server.storage import endorsements
from server.storage.database import Transaction

_MOST: Final = 80
_USUAL: Final = 40


async def pin(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/pin: a post of one's own, at most five."""
    return await do(request, showing.pin)


async def unpin(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/unpin."""
    return await do(request, showing.unpin)


async def mute(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/mute: nothing more is told of its thread."""
    return await do(request, quieting.mute)


async def unmute(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/unmute."""
    return await do(request, quieting.unmute)


async def endorse(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/endorse, and /pin as it was called before."""
    return await _relate(request, showing.endorse)


async def unendorse(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/unendorse, and /unpin."""
    return await _relate(request, showing.unendorse)


async def _relate(request: web.Request, act: Act) -> web.Response:
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request)
    await act(context, member, wanted)
    async with context.database.reading() as tx:
        return await related(tx, context, member, wanted)


async def endorsed(request: web.Request) -> web.Response:
    """GET /api/v1/endorsements: whom the member recommends."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        return await _endorsed(tx, request, context, member.member.id)


async def endorsed_by(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/endorsements."""
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        actor = await account_of(tx, id_in(request))
        return await _endorsed(tx, request, context, actor.id)


async def _endorsed(
    tx: Transaction, request: web.Request, context: Context, member_id: int
) -> web.Response:
    """Answer with a page; pages go on by the link alone (client-api.md 1.4)."""
    given = await read(request, Page)
    scope = sharing.scope(context, reader_of(request).principal, Surface.API)
    window = given.window_of_ids(given.at_most(_MOST, _USUAL))
    found = await endorsements.of_member(tx, scope, member_id, window)
    made = await accounts(tx, context, [each.actor for each in found])
    return entities(
        [made[each.actor.id] for each in found],
        links=links(request, found[0].id, found[-1].id) if found else None,
    )
