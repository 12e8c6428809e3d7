"""What a faulty peer does instead of answering, by name; and what is looked at afterwards."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Final

import server
from federation.session import OutgoingLimits
from tests.hostile_peer import ACTIVITY_JSON, Reply, redirect
from tests.instance import Instance

PATIENCE: Final = 15.0
#: Short enough for a test, long enough for an honest answer on a machine that is busy.
HASTY: Final = OutgoingLimits(connect=1.5, first_byte=1.5, total=2.5)
_GLANCE: Final = 0.01
_OURS: Final = Path(server.__file__).parent
_TYPE: Final = (("Content-Type", ACTIVITY_JSON),)
_SOON: Final = ("Retry-After", "120")

#: Each is given the URL that it answers for.
FAULTS: Final[dict[str, Callable[[str], Reply]]] = {
    "hangs": lambda _: Reply(silent=True),
    "resets": lambda _: Reply(resets=True),
    "drips": lambda _: Reply(status=200, headers=_TYPE, body=b"{}", seconds_per_byte=0.2),
    "circles": redirect,
    "endless": lambda _: Reply(
        status=200, headers=_TYPE, body=b" " * 8192, chunked=True, endless=True
    ),
    "claims-more": lambda _: Reply(status=200, headers=_TYPE, body=b"{}", length=1000),
    "claims-less": lambda _: Reply(status=200, headers=_TYPE, body=b'{"id": "x"}', length=1),
    "asks-for-time": lambda _: Reply(status=429, headers=(_SOON,)),
    "says-slower": lambda _: Reply(status=429),
    "shut-for-now": lambda _: Reply(status=503, headers=(_SOON,)),
    "shut": lambda _: Reply(status=503),
}


async def until(holds: Callable[[], Awaitable[object]], what: str) -> None:
    """Wait until something holds; what it waits for is done by loops that are running."""
    deadline = monotonic() + PATIENCE
    while not await holds():
        assert monotonic() < deadline, what
        await asyncio.sleep(_GLANCE)


def under_way() -> Counter[str]:
    """Count what our code has under way in this loop, by the name of the coroutine."""
    found: Counter[str] = Counter()
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None)
        if code is not None and Path(code.co_filename).is_relative_to(_OURS):
            found[code.co_qualname] += 1
    del found["Bell.wait"]  # a loop that waits has one, and one that works has none
    return found


async def nothing_left(before: Counter[str], *instances: Instance) -> None:
    """See that no task is left over, and that every connection is back in its pool."""

    async def is_calm() -> bool:
        pools = [each.database.pool for each in instances]
        return under_way() <= before and all(
            pool.get_idle_size() == pool.get_size() for pool in pools
        )

    await until(is_calm, f"left: {under_way() - before}")
