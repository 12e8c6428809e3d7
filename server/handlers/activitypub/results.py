"""What became of an activity: one signed GET, answered to whoever sent the activity."""

from dataclasses import asdict

from aiohttp import hdrs, web

from federation.errors import Malformed
from server.context import Context
from server.handlers.activitypub.answers import for_asker
from server.services import results
from server.services.reading import Asker

_LONGEST = 2048


@for_asker
async def activity_result(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /activity_result?actor=URI&id=URI: received, processed or refused, and why."""
    found = await results.result(
        context, asker, actor=_asked(request, "actor"), activity=_asked(request, "id")
    )
    return web.json_response(asdict(found), headers={hdrs.CACHE_CONTROL: "private, no-store"})


def _asked(request: web.Request, name: str) -> str:
    given = request.query.getall(name, [])
    if len(given) != 1 or not given[0].isprintable() or len(given[0]) > _LONGEST:
        raise Malformed(f"{name}-missing")
    return given[0]
