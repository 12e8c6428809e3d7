"""Pictures of those who have none: initials on a colour, and a plain header."""

import asyncio
from typing import Final

from aiohttp import hdrs, web

from server.services import faces
from server.services.errors import NotFound

_FOR_EVER: Final = {hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable"}


async def avatar(request: web.Request) -> web.Response:
    """Draw the face that the address names: a hue in degrees, and one letter or two."""
    angle, letters = int(request.match_info["hue"]), request.match_info["letters"]
    if not faces.is_face(letters, angle):
        raise NotFound("picture-not-found")
    return _picture(await asyncio.to_thread(faces.face, letters, angle))


async def header(_request: web.Request) -> web.Response:
    return _picture(faces.banner())


def _picture(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="image/png", headers=_FOR_EVER)
