"""Ask others, now and then, what they run, which communities they have, and what Feeds list."""

import asyncio
from typing import Final

from server.context import Context
from server.services import directories, discovery, feed_following
from server.storage import agencies

_PAUSE: Final = 10.0  # seconds; an agency that was just admitted has its name soon
_AT_ONCE: Final = 20


async def ask_forever(context: Context) -> None:
    while True:
        await ask_due(context)
        await directories.ask_due(context)
        await feed_following.tend(context)
        await asyncio.sleep(_PAUSE)


async def ask_due(context: Context) -> None:
    """Ask those whose answer is a day old, or is missing."""
    before = context.now() - discovery.SOFTWARE_AGE
    async with context.database.reading() as tx:
        hosts = await agencies.unasked(tx, before=before, limit=_AT_ONCE)
    for host in hosts:
        await discovery.remember_agency(context, host)
