"""Addresses at which clients look for our pages, as they know them from Mastodon."""

from typing import Final

from aiohttp import hdrs, web

from schemas.records import ActorKind
from server.handlers.pages import views
from server.handlers.pages.pages import context_of, id_in
from server.services.errors import NotFound
from server.storage import desk

#: Where each is here (client-api.md 1.7).
WAYS: Final = {
    "/admin/reports": "/moderation",
    "/auth/edit": "/settings",
    "/auth/sign_in": "/sign-in",
    "/auth/sign_up": "/sign-up",
    "/settings/preferences/other": "/settings",
    "/settings/profile": "/settings",
}


async def known(request: web.Request) -> web.StreamResponse:
    """Lead from an address of `WAYS` to ours."""
    return _to(WAYS[request.path])


async def report(request: web.Request) -> web.StreamResponse:
    """Lead from /admin/reports/ID to the report on the moderators' desk."""
    return _to(f"/moderation#report-{id_in(request.match_info['id'])}")


async def person(request: web.Request) -> web.StreamResponse:
    """Lead from /admin/accounts/ID to the person's page."""
    wanted = id_in(request.match_info["id"])
    async with context_of(request).database.reading() as tx:
        found = (await desk.actors_by_id(tx, [wanted])).get(wanted)
    if found is None or found.kind is not ActorKind.PERSON:
        raise NotFound("not-found", "There is nothing at this address.")
    return _to(views.path_of(found))


async def post(request: web.Request) -> web.StreamResponse:
    """Lead from /@NAME/ID to the post, whoever is named."""
    return _to(f"/p/{id_in(request.match_info['id'])}")


def _to(path: str) -> web.Response:
    return web.Response(status=302, headers={hdrs.LOCATION: path})
