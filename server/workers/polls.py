"""Tell how polls stand, at most every three minutes each, and that they are over."""

import asyncio
from typing import Final

import structlog

from server.context import Context
from server.services import poll_results
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_PAUSE: Final = 5.0  # seconds


async def tell_forever(context: Context) -> None:
    while True:
        try:
            await tell_due(context)
        except DatabaseAway as error:
            log.warning("polls-wait", reason=str(error))
        await asyncio.sleep(_PAUSE)


async def tell_due(context: Context) -> None:
    """Tell of all that are over, and then how the others stand."""
    while await poll_results.close_one(context):
        pass
    while await poll_results.tell_one(context):
        pass
