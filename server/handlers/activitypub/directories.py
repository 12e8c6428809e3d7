"""The list of our public communities, for other agencies' directories."""

from datetime import UTC, datetime

from aiohttp import web

from federation.errors import Malformed
from server.handlers.activitypub.answers import for_all, written
from server.middleware import CONTEXT
from server.services import directories


async def communities(request: web.Request) -> web.Response:
    """Answer /actor/communities, whole or ?since=TIME; 304 where nothing changed."""
    document = await directories.document(request.app[CONTEXT], _since(request))
    return for_all(request, written(document))


def _since(request: web.Request) -> datetime | None:
    given = request.query.getall("since", [])
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given[0])
        told = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("since-malformed") from None
    if len(given) > 1 or moment.tzinfo is None:
        raise Malformed("since-malformed")
    return told
