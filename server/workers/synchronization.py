"""Compare who follows whom with what other agencies say, and ask them where it differs."""

import asyncio
from typing import Final

import structlog

from server.context import Context
from server.services import synchronizing
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_PAUSE: Final = 5.0  # seconds


async def synchronize_forever(context: Context) -> None:
    while True:
        try:
            await synchronize_due(context)
        except DatabaseAway as error:
            log.warning("synchronization-waits", reason=str(error))
        await asyncio.sleep(_PAUSE)


async def synchronize_due(context: Context) -> None:
    """Compare all that was told, then ask each agency whose turn it is, once."""
    while await synchronizing.compare(context):
        pass
    while await synchronizing.reconcile(context) is not None:
        pass
