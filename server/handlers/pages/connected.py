"""The programs that a member lets use their account: what each may, since when; end them."""

from aiohttp import web

from server.handlers.pages.pages import context_of, id_in, page, see_other, signed_in
from server.handlers.pages.scope_words import powers
from server.handlers.pages.words import say
from server.services import clients


async def show(request: web.Request) -> web.StreamResponse:
    held = await clients.connected(context_of(request), signed_in(request).member.id)
    return page(
        request,
        "connected.html",
        apps=[
            {
                "id": each.id,
                "name": each.app,
                "website": each.website,
                "powers": powers(request, each.scopes),
                "since": each.created_at,
                "seen": each.seen_at,
            }
            for each in held
        ],
    )


async def end_one(request: web.Request) -> web.StreamResponse:
    token_id = id_in(request.match_info["id"])
    await clients.disconnect(context_of(request), signed_in(request).member, token_id)
    return see_other(request, "/settings/apps", say(request, "That app is disconnected."))


async def end_all(request: web.Request) -> web.StreamResponse:
    await clients.disconnect_all(context_of(request), signed_in(request).member)
    return see_other(request, "/settings/apps", say(request, "No app is connected any more."))
