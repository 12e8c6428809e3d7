"""What the Mastodon API has no words for: threads as every agency shows them."""

from aiohttp import web

from server.middleware import CONTEXT, PRINCIPAL
from server.services import canonical
from server.services.errors import NotFound

_LONGEST = 2048


async def thread(request: web.Request) -> web.Response:
    """Give a thread by its id (`?id=URL`) as canonical JSON: equal bytes everywhere."""
    context = request.app[CONTEXT]
    uri = request.query.get("id", "")
    if not uri or len(uri) > _LONGEST or "\0" in uri:
        raise NotFound("thread-not-found", "There is no such thread here.")
    async with context.database.reading() as tx:
        body = await canonical.thread(tx, context, uri, request[PRINCIPAL])
    return web.Response(body=body, content_type="application/json")
