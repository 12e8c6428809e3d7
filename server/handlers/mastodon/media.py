"""Files that clients bring, describe and give back (client-api.md 6)."""

import math
from typing import Final

from aiohttp import web

from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, id_in, plain
from server.handlers.mastodon.media_entities import brought
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.middleware import CONTEXT, forms
from server.middleware.uploads import Upload
from server.services import media
from server.services.errors import Invalid

_NO_FILE: Final = "Validation failed: File can't be blank"
_SIDES: Final = 2
_SECOND: Final = "/api/v2/"
_LATER: Final = frozenset({"video", "audio"})
_ACCEPTED: Final = 202


class _Described(Parameters):
    description: Maybe[str] = None
    focus: Maybe[str] = None


async def bring(request: web.Request) -> web.Response:
    """POST /api/v1/media and /api/v2/media; a file is ready when we answer, in both.

    In the second version programs expect to ask for films and sound until they are there.
    """
    upload = (await forms.read(request)).get("file") if request.body_exists else None
    if not isinstance(upload, Upload):
        raise Invalid({"file": _NO_FILE}, reason="media-empty")
    given = await read(request, _Described)
    medium = await media.take(
        request.app[CONTEXT],
        signed_in(request),
        upload.file,
        name=upload.name,
        description=given.description or "",
        focus=_focus(given.focus),
    )
    shown = brought(request.app[CONTEXT], medium)
    if request.path.startswith(_SECOND) and shown.type in _LATER:
        return entity(shown.model_copy(update={"url": None}), status=_ACCEPTED)
    return entity(shown)


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/media/{id}."""
    context = request.app[CONTEXT]
    return entity(
        brought(context, await media.find_own(context, signed_in(request), id_in(request)))
    )


async def describe(request: web.Request) -> web.Response:
    """PUT /api/v1/media/{id}."""
    context, given = request.app[CONTEXT], await read(request, _Described)
    medium = await media.describe(
        context,
        signed_in(request),
        id_in(request),
        description=given.description,
        focus=_focus(given.focus),
    )
    return entity(brought(context, medium))


async def discard(request: web.Request) -> web.Response:
    """DELETE /api/v1/media/{id}."""
    await media.discard(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})


def _focus(text: str | None) -> tuple[float, float] | None:
    """Read "x,y", each from -1 to 1; what is no place is no wish."""
    parts = (text or "").split(",")
    try:
        x, y = (float(part) for part in parts[:_SIDES])
    except ValueError:
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    return max(-1.0, min(x, 1.0)), max(-1.0, min(y, 1.0))
