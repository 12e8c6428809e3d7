"""Count what is much discussed, every ten minutes of the clock."""

import asyncio
from datetime import timedelta
from typing import Final

from server.context import Context
from server.services import trending

_EVERY: Final = timedelta(minutes=10)
_GLANCE: Final = 1.0  # seconds between two looks at the clock, which a test may turn


async def count_forever(context: Context) -> None:
    while True:
        await trending.count(context)
        due = context.now() + _EVERY
        while context.now() < due:  # noqa: ASYNC110 the clock may be turned by hand
            await asyncio.sleep(_GLANCE)
