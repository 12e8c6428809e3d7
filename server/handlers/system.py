"""What no person and no agency asks: health, metrics, styles and scripts."""

from datetime import datetime
from typing import Final

from aiohttp import hdrs, web

from server.middleware import CONTEXT, METRICS, assets
from server.storage import health, migrate
from server.storage.health import Queued

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


async def healthz(_request: web.Request) -> web.StreamResponse:
    """Say that the process answers; nothing else is looked at, or a pause would restart it."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.StreamResponse:
    """Say whether requests can be served: the database answers, and is migrated."""
    async with request.app[CONTEXT].database.reading() as tx:
        reached = await health.migrated_to(tx)
    if reached < migrate.known()[-1].number:
        return web.Response(text="not migrated\n", status=503)
    return web.Response(text="ready\n")


async def static(request: web.Request) -> web.StreamResponse:
    """Serve a built file; its name changes with its content, so it may be kept for ever."""
    path = assets.find(request.match_info["name"])
    if path is None:
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={hdrs.CACHE_CONTROL: _FOR_EVER})


async def metrics(request: web.Request) -> web.StreamResponse:
    """Give the metrics of this process; on a listener of its own, never on the public one."""
    context, shown = request.app[CONTEXT], request.app[METRICS]
    async with context.database.reading() as tx:
        found = await health.queued(tx)
    shown.queued.clear()
    shown.oldest.clear()
    for each in found:
        shown.queued.labels(each.queue, each.state).set(each.count)
        if each.due_since is not None:
            shown.oldest.labels(each.queue).set(_seconds_due(each, context.now()))
    return web.Response(body=shown.text(), headers={hdrs.CONTENT_TYPE: _PROMETHEUS})


def _seconds_due(queued: Queued, now: datetime) -> float:
    return max(0.0, (now - queued.due_since).total_seconds()) if queued.due_since else 0.0
