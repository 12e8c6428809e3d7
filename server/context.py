"""What a use case is given: settings, database, clock, ids, faults, outgoing client."""

import asyncio
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from federation import web_push
from federation.session import Session
from federation.uris import Home
from server.config import Settings
from server.observability import Metrics
from server.storage.database import Bell, Database


class Clock(Protocol):
    def now(self) -> datetime:
        """Say what time it is: aware, UTC, whole milliseconds."""


class SystemClock:
    def now(self) -> datetime:
        moment = datetime.now(UTC)  # noqa: TID251 the one place that asks the system
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_FLOWING = "flowing"


class FileClock:
    """A clock that instances share: the file holds RFC 3339; without it, the system's time.

    With the word "flowing" behind it, the time flows from when the file was written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def network(self) -> datetime:
        """Give the time that signatures are judged by: a clock that flows may be turned on."""
        flows = self._path.exists() and self._path.read_text().endswith(_FLOWING)
        return SystemClock().now() if flows else self.now()

    def now(self) -> datetime:
        try:
            moment, _, flowing = self._path.read_text().partition(" ")
            told = datetime.fromisoformat(moment)
            if not flowing:
                return told
            written = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        except (FileNotFoundError, ValueError):
            return SystemClock().now()
        since = max(SystemClock().now() - written, timedelta())
        moved = told + since
        return moved.replace(microsecond=moved.microsecond // 1000 * 1000)


_LAST_COUNT = 0xFF
_TURNS = 8
#: The bit by which the id of a community's boost of a post differs from the post's own.
BOOST = 1 << 15


class Ids:
    """Mints 63-bit ids that sort by time: `(unix_ms << 16) | process << 8 | counter`.

    `process` is a number of this process from the database, so two never mint the same id.
    """

    def __init__(self, process: int) -> None:
        self._low = (process & 0x7F) << 8
        self._millisecond = 0
        self._counter = 0

    def mint(self, moment: datetime) -> int:
        """Mint an id for something that happens now; never smaller than the last one."""
        millisecond = int(moment.timestamp() * 1000)
        if millisecond > self._millisecond:
            self._millisecond, self._counter = millisecond, 0
        elif self._counter < _LAST_COUNT:
            self._counter += 1
        else:
            # Over 256 in one millisecond: borrow the next one rather than repeat.
            self._millisecond, self._counter = self._millisecond + 1, 0
        return (self._millisecond << 16) | self._low | self._counter

    def mint_past(self, moment: datetime) -> int:
        """Mint an id for something that was published elsewhere, at that moment."""
        return (int(moment.timestamp() * 1000) << 16) | secrets.randbelow(BOOST)


class Faults:
    """Named points at which a test kills the process; nothing unless a setting names one."""

    def __init__(self, chosen: str) -> None:
        self._chosen = chosen

    def at(self, point: str) -> None:
        if point == self._chosen:
            os.kill(os.getpid(), signal.SIGKILL)


class Courtesy:
    """Work in a process gives way to whoever waits for an answer from the same process."""

    def __init__(self) -> None:
        self._guests = 0

    @contextmanager
    def guest(self) -> Iterator[None]:
        self._guests += 1
        try:
            yield
        finally:
            self._guests -= 1

    async def give_way(self) -> None:
        """Let others go on; between two pieces of work that take about a millisecond each.

        An answer is made in several turns of the loop; where there is none to be made, a turn
        costs nothing.
        """
        for _turn in range(_TURNS if self._guests else 1):
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Built once by `server.app`; the first parameter of every use case."""

    settings: Settings
    home: Home
    clock: Clock
    ids: Ids
    database: Database
    bell: Bell
    session: Session
    faults: Faults
    agency_id: int
    moderation_id: int
    metrics: Metrics = field(default_factory=Metrics)
    courtesy: Courtesy = field(default_factory=Courtesy)
    #: What addresses of media are signed with; no other instance has the same.
    secret: bytes = field(default_factory=partial(secrets.token_bytes, 32), repr=False)
    #: What messages to push services are signed with: a private key on P-256.
    push_key: bytes = field(default_factory=web_push.new_key, repr=False)
    #: How many pictures are decoded at once.
    decoding: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, 2))

    def now(self) -> datetime:
        return self.clock.now()

    def network_now(self) -> datetime:
        """Say what time requests are signed and judged by.

        The same as `now`, but for the demo's clock, which jumps while requests are under way.
        """
        return self.clock.network() if isinstance(self.clock, FileClock) else self.clock.now()
