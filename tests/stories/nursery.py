"""Servers that may be killed a hundred times: forked off a process that has imported all."""

import asyncio
import contextlib
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
from typing_extensions import override
from yarl import URL

from server import app, processes
from server.config import read_settings
from server.observability import configure_logging
from server.storage.database import Database, connect
from server.storage.embedded import Cluster
from tests.instance import FileHand, TurnedClock, cloned, free_port, is_ready

_ROOT = Path(__file__).parents[2]
_GLANCE = 0.02
_STARTING = 60.0


class SharedClock(TurnedClock):
    """A clock that moves by hand, for the event loop of the test and for processes."""

    def __init__(self, hand: FileHand) -> None:
        super().__init__(hand.now())
        self.path = hand.path
        self._hand = hand

    @override
    def turn(self, by: Any) -> None:
        super().turn(by)
        self._hand.turn(by)


@dataclass(slots=True, kw_only=True)
class Mortal:
    """An instance as a process of its own, with one life after the other."""

    name: str
    origin: str
    database: Database
    clock: SharedClock
    environment: Mapping[str, str]
    log: Path
    armed: str = ""
    _nurse: asyncio.subprocess.Process
    _pid: int = 0
    _end: asyncio.Task[int] | None = field(default=None)

    @property
    def host(self) -> str:
        return URL(self.origin).authority

    @property
    def alive(self) -> bool:
        return self._end is not None and not self._end.done()

    def now(self) -> datetime:
        return self.clock.now()

    def wake(self) -> None:
        """Nothing to ring from here: see `nudge`."""

    async def nudge(self) -> None:
        """Have the loops look at the clock now."""
        async with self.database.transaction("test") as tx:
            await tx.execute("NOTIFY inbox")
            await tx.execute("NOTIFY deliveries")

    async def live(self, *, fault: str = "") -> bool:
        """Begin a life that ends at a fault point; False when it ended before it was ready."""
        assert self._nurse.stdin is not None
        self.armed = fault
        environment = {**self.environment, "COMMONLORE_FAULT": fault}
        order = {"environment": environment, "log": str(self.log)}
        self._nurse.stdin.write(json.dumps(order).encode() + b"\n")
        self._pid = await self._told("born")
        self._end = asyncio.create_task(self._told("ended"))
        url = URL(self.origin).with_host("127.0.0.1") / "readyz"
        deadline = monotonic() + _STARTING
        async with aiohttp.ClientSession() as client:
            while self.alive and not await is_ready(client, url):
                assert monotonic() < deadline, self.log.read_text()
                await asyncio.sleep(_GLANCE)
        return self.alive

    async def ended(self) -> int:
        """Wait until the process is gone; give the signal that ended it, negative."""
        assert self._end is not None
        return await asyncio.shield(self._end)

    async def end(self) -> None:
        if self.alive:
            # It may have died by itself, and nobody have read of it yet.
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            await self.ended()

    async def _told(self, what: str) -> int:
        assert self._nurse.stdout is not None
        word, _, number = (await self._nurse.stdout.readline()).decode().partition(" ")
        assert word == what, self.log.read_text()
        return int(number)


@asynccontextmanager
async def mortal(
    cluster: Cluster, name: str, *, clock: SharedClock, **settings: str
) -> AsyncIterator[Mortal]:
    """Give an instance that does not live yet, with an empty database of its own."""
    async with cloned(cluster) as url, connect(url, size=2) as database:
        origin = f"http://{name}.localhost:{free_port()}"
        values = {
            "origin": origin,
            "name": name.title(),
            "database": url,
            "development_networks": "127.0.0.0/8",
            "pool": "5",
            "clock_file": str(clock.path),
        } | settings
        nurse = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.stories.nursery",
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        instance = Mortal(
            name=name,
            origin=origin,
            database=database,
            clock=clock,
            environment={f"COMMONLORE_{key.upper()}": value for key, value in values.items()},
            log=clock.path.with_name(f"{name}.log"),
            _nurse=nurse,
        )
        try:
            yield instance
        finally:
            await instance.end()
            assert nurse.stdin is not None
            nurse.stdin.close()
            await nurse.wait()


def nurse() -> None:
    """Fork a server for each order on standard input, one at a time; end with the input."""
    for line in iter(sys.stdin.buffer.readline, b""):
        child = os.fork()
        if child == 0:
            _serve(json.loads(line))
        _say("born", child)
        _say("ended", os.waitstatus_to_exitcode(_wait(child)))


def _wait(child: int) -> int:
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return status
        readable, _, _ = select.select([sys.stdin.buffer], [], [], _GLANCE)
        if readable:  # nobody orders while one lives: the test is gone
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]


def _say(word: str, number: int) -> None:
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


def _serve(order: Mapping[str, Any]) -> None:
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(theirs, ours)
    status = 1
    try:
        settings = read_settings(order["environment"])
        configure_logging(settings.log)
        processes.run(processes.serve(settings, app.Parts()))
        status = 0
    except BaseException:  # noqa: BLE001 the log says it, and the nurse that it ended
        traceback.print_exc()
    os._exit(status)


if __name__ == "__main__":
    nurse()
