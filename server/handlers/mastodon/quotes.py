"""Who may quote a post, and who no longer, as its author says from clients (Mastodon 4.5)."""

from typing import Final, Literal

from aiohttp import web

from schemas.attached import Permission
from server.context import BOOST
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, id_in
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.statuses import one, reader_of
from server.middleware import CONTEXT
from server.services import quotes
from server.services.errors import Invalid

Policy = Literal["public", "followers", "nobody"]
LETS: Final[dict[str, Permission]] = {
    "public": Permission.EVERYBODY,
    "followers": Permission.FOLLOWERS,
    "nobody": Permission.NOBODY,
}


class _Wanted(Parameters):
    quote_approval_policy: Maybe[Policy] = None


async def change_policy(request: web.Request) -> web.Response:
    """PUT /api/v1/statuses/{id}/interaction_policy."""
    context, member, wanted = request.app[CONTEXT], signed_in(request), id_in(request) & ~BOOST
    given = await read(request, _Wanted)
    if given.quote_approval_policy is None:
        raise Invalid({"quote_approval_policy": "Say public, followers or nobody."})
    await quotes.change_policy(context, member, wanted, LETS[given.quote_approval_policy])
    return await _shown(request, wanted)


async def revoke(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/quotes/{quoting}/revoke: give the post that quoted it."""
    context, member = request.app[CONTEXT], signed_in(request)
    quoting = id_in(request, "quoting") & ~BOOST
    await quotes.revoke_in(context, member, id_in(request) & ~BOOST, quoting)
    return await _shown(request, quoting)


async def _shown(request: web.Request, post_id: int) -> web.Response:
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        return entity(await one(tx, context, reader_of(request), post_id))
