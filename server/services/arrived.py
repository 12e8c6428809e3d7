"""An activity on its way to its effect, and the words a verb has for leaving it without one."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.records import Community
from schemas.wire.activities import Activity
from server.context import Context
from server.storage.database import Transaction


class Ignored(Exception):
    """It has no effect here; `reason` is a stable code for the log and the event."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A verified activity. `via` is the community that passed it on, confirmed at its origin.

    `effect` opens the transaction in which the effect happens; when it ends, the event is
    settled in the same commit, so an activity has its effect exactly once. `received_at` is
    when it, or what passed it on, came to the door.
    """

    activity: Activity
    document: dict[str, Any]
    via: Community | None
    effect: Callable[[], AbstractAsyncContextManager[Transaction]]
    received_at: datetime


Dispatch = Callable[[Context, Arrived], Awaitable[None]]
Verb = Callable[[Context, Arrived, Dispatch], Awaitable[None]]
