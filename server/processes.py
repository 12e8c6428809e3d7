"""Run an instance until told to stop: in one process, or as a parent of several."""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
import uvloop

from server import app
from server.config import Settings

T = TypeVar("T")
Running = Coroutine[Any, Any, T]

_log: Final = structlog.get_logger()

_PATIENCE: Final = 30.0  # seconds for a child to end by itself
_SHORTEST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 15.0
#: A long page makes ten thousand objects, all of which are gone when it is sent.
_GARBAGE: Final = (10_000, 10, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process of ours: `number` 0 works, the others are the web.

    Its metrics are on the port in the settings plus its number.
    """

    number: int

    @property
    def arguments(self) -> tuple[str, ...]:
        plan = ("serve", "--no-work") if self.number else ("work",)
        return (*plan, "--child", str(self.number))

    def settings(self, settings: Settings) -> Settings:
        if not settings.metrics:
            return settings
        address, _, port = settings.metrics.rpartition(":")
        return settings.model_copy(update={"metrics": f"{address}:{int(port) + self.number}"})


def run(coroutine: Running[T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


async def serve(settings: Settings, parts: app.Parts, *, child: Child | None = None) -> None:
    """Run the parts of one process until a signal, or until its parent is gone."""
    told = _listen_for_signals()
    if child is not None:
        settings = child.settings(settings)
    async with app.running(settings, parts=parts):
        _spare_the_collector()
        if child is None:
            await told.wait()
            return
        await _first(told.wait(), _parent_gone())


def _spare_the_collector() -> None:
    """Leave what is there at the start out of every later search for garbage.

    Such a search stops the loop for as long as it takes: 60 ms over everything, in the middle
    of somebody's page, and most of what it looked at were modules.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


async def supervise(settings: Settings, *, web: int) -> None:
    """Run one working process and so many for the web; start again what dies."""
    told = _listen_for_signals()
    # The parent migrates, and holds the embedded database for as long as a child may need it.
    async with app.context_of(settings), asyncio.TaskGroup() as group:
        for number in range(web + 1):
            group.create_task(_keep(Child(number=number), told))


async def _keep(child: Child, told: asyncio.Event) -> None:
    pause = _SHORTEST_PAUSE
    loop = asyncio.get_running_loop()
    while not told.is_set():
        began = loop.time()
        process = await _start(child)
        await _first(told.wait(), process.wait())
        if told.is_set():
            await _end(process)
            return
        _log.error("child-died", child=child.number, status=process.returncode)
        # One that dies as soon as it starts is given more and more time.
        lived = loop.time() - began
        pause = min(2 * pause, _LONGEST_PAUSE) if lived < _LONGEST_PAUSE else _SHORTEST_PAUSE
        await _first(told.wait(), asyncio.sleep(pause))


async def _start(child: Child) -> asyncio.subprocess.Process:
    # The pipe is never written to: its end tells a child that its parent is gone.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", *child.arguments, stdin=asyncio.subprocess.PIPE
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
    except TimeoutError:
        _log.error("child-killed")
        process.kill()
        await process.wait()


def _listen_for_signals() -> asyncio.Event:
    """Set an event at the first SIGTERM or SIGINT; the next one ends the process at once."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        told.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell)
    return told


async def _parent_gone() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


async def _first(*these: Coroutine[Any, Any, object]) -> None:
    """Wait for one of these, and cancel the others."""
    tasks = [asyncio.ensure_future(each) for each in these]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
