"""Addresses at which clients look for our pages, as they know them from Mastodon."""

from typing import Final

from aiohttp import hdrs, web

from server.handlers.pages.pages import id_in

#: Where each is here (client-api.md 1.7).
WAYS: Final = {
    "/auth/edit": "/settings",
    "/auth/sign_up": "/sign-up",
    "/privacy-policy": "/about",
    "/settings/preferences/other": "/settings",
    "/settings/profile": "/settings",
    "/terms-of-service": "/about",
}


async def known(request: web.Request) -> web.StreamResponse:
    """Lead from an address of `WAYS` to ours."""
    return _to(WAYS[request.path])


async def post(request: web.Request) -> web.StreamResponse:
    """Lead from /@NAME/ID to the post, whoever is named."""
    return _to(f"/p/{id_in(request.match_info['id'])}")


def _to(path: str) -> web.Response:
    return web.Response(status=302, headers={hdrs.LOCATION: path})
