"""Fetch what waits at other origins: several origins at once, one request at each."""

import asyncio
from typing import Final

import structlog

from server.context import Context
from server.services import backfill
from server.storage import backfills
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_AT_ONCE: Final = 4
_IDLE: Final = 5.0  # seconds


async def fill_forever(context: Context) -> None:
    while True:
        if not await fill_due(context):
            await context.bell.wait("backfill", _IDLE)


async def fill_due(context: Context) -> int:
    """Do what is due once; return at how many origins that was."""
    now = context.now()
    async with context.database.transaction("backfill.claim") as tx:
        origins = await backfills.claim(
            tx, now=now, lease_until=now + backfill.LEASE, limit=_AT_ONCE
        )
    async with asyncio.TaskGroup() as group:
        for origin in origins:
            group.create_task(_work_on(context, origin))
    return len(origins)


async def _work_on(context: Context, origin: str) -> None:
    try:
        await backfill.work_on(context, origin)
    except DatabaseAway:
        # Its lease runs out, and the work goes on from where it was written down.
        log.warning("backfill-database-away", origin=origin)
    except Exception:
        log.exception("backfill-failed", origin=origin)
