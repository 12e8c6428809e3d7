"""Start, supervise and stop the loops that run beside the web."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

Loop = Callable[[], Awaitable[None]]

_log: Final = structlog.get_logger()
_PAUSE: Final = 1.0  # seconds before a loop that failed runs again


def start(loops: Mapping[str, Loop]) -> Callable[[], Awaitable[None]]:
    """Run loops from now on; call what this gives to cancel them and to wait for their end."""
    running = asyncio.create_task(run(loops), name="loops")

    async def stop() -> None:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    return stop


async def run(loops: Mapping[str, Loop], *, pause: float = _PAUSE) -> None:
    """Keep every loop running until cancelled."""
    async with asyncio.TaskGroup() as group:
        for name, loop in loops.items():
            group.create_task(_keep(name, loop, pause), name=name)


async def _keep(name: str, loop: Loop, pause: float) -> None:
    while True:
        try:
            await loop()
            _log.warning("loop-ended", loop=name)
        except Exception:  # noqa: BLE001 whatever a loop raised, it runs again
            _log.exception("loop-failed", loop=name)
        await asyncio.sleep(pause)
