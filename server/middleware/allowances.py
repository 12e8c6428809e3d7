"""How often a client may ask: counted in each process, for it need not survive one."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_WINDOW: Final = timedelta(minutes=5)
_MOST_COUNTED: Final = 20_000
READS: Final = 600
WRITES: Final = 60
STRANGERS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left in this window; `resets_at` is when it ends."""

    limit: int
    remaining: int
    resets_at: datetime

    @property
    def headers(self) -> dict[str, str]:
        moment = self.resets_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, self.remaining)),
            "X-RateLimit-Reset": moment,
        }


class Allowances:
    """Counts requests in fixed windows; the windows longest unused are forgotten first."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def take(self, who: str, *, limit: int, now: datetime) -> Left:
        """Count one request of somebody; less than nothing is left to who asks too often."""
        ends, count = self._windows.pop(who, (now, 0))
        if ends <= now:
            ends, count = now + _WINDOW, 0
        self._windows[who] = (ends, count + 1)
        if len(self._windows) > _MOST_COUNTED:
            self._windows.popitem(last=False)
        return Left(limit=limit, remaining=limit - count - 1, resets_at=ends)
