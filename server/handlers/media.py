"""Files of members, and pictures from elsewhere: bytes that no browser may run (XSS-07)."""

from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from schemas.records import Principal
from server.middleware import CONTEXT, PRINCIPAL, SESSION
from server.middleware.askers import asker_of
from server.services import elsewhere, serving
from server.services.serving import Served

_POLICY: Final = "sandbox; default-src 'none'"
#: The address changes with the content, so it may be kept for ever, where it is for everybody.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
#: Whoever shows it may change it without changing its address.
_FOR_A_DAY: Final = "public, max-age=86400"
#: Kept, and asked about each time: who may read a post may change.
_FOR_ONE: Final = "private, no-cache"


async def show(request: web.Request) -> web.StreamResponse:
    """Serve a file to whoever may read its post."""
    part = request.match_info
    found = await serving.find(
        request.app[CONTEXT],
        part["key"],
        part["name"],
        await _principal(request),
        ticket=request.query.get("ticket", ""),
    )
    return _file(found)


async def proxy(request: web.Request) -> web.StreamResponse:
    """Serve a picture of a post from elsewhere, fetched once for everybody (MED-06)."""
    found = await elsewhere.find(
        request.app[CONTEXT],
        request.match_info["post"],
        request.match_info["signature"],
        request.match_info["name"],
        await _principal(request),
        ticket=request.query.get("ticket", ""),
    )
    return _file(found)


async def portrait(request: web.Request) -> web.StreamResponse:
    """Serve a picture of a profile elsewhere, fetched once for everybody (MED-06)."""
    part = request.match_info
    found = await elsewhere.find_portrait(
        request.app[CONTEXT], part["actor"], part["signature"], part["name"]
    )
    response = _file(found)
    response.headers[hdrs.CACHE_CONTROL] = _FOR_A_DAY
    return response


async def _principal(request: web.Request) -> Principal:
    """Say who asks: a member by their session, an agency by its signature, or a guest."""
    if request[SESSION] is None:
        return await asker_of(request)
    return request[PRINCIPAL]


def _file(found: Served) -> web.FileResponse:
    headers = {
        hdrs.CONTENT_TYPE: found.media_type,
        hdrs.CACHE_CONTROL: _FOR_EVER if found.public else _FOR_ONE,
        "Content-Security-Policy": _POLICY,
        # Others' programs may show it; a cookie never comes along (client-api.md 1.3).
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if found.save_as is not None:
        name = quote(found.save_as, safe="")
        headers[hdrs.CONTENT_DISPOSITION] = f"attachment; filename*=UTF-8''{name}"
    if not found.path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(found.path, headers=headers)
