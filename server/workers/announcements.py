"""Tell listening clients of announcements whose time comes, and of those whose time is over."""

import asyncio
from typing import Final

import structlog

from server.context import Context
from server.storage import announcements
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_PAUSE: Final = 5.0  # seconds


async def tell_forever(context: Context) -> None:
    while True:
        try:
            await tell_due(context)
        except DatabaseAway as error:
            log.warning("announcements-wait", reason=str(error))
        await asyncio.sleep(_PAUSE)


async def tell_due(context: Context) -> None:
    """Tell of what began and ended since the last time."""
    async with context.database.transaction("announcements.settle") as tx:
        await announcements.settle(tx, now=context.now())
