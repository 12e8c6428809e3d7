"""Processes of the bench that take orders: a line of JSON in, a line of JSON out."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import uvloop

Orders = Mapping[str, Callable[..., Awaitable[dict[str, Any]]]]

_ROOT = Path(__file__).parents[2]
_LEAVING = 5.0  # seconds


class OrderFailed(Exception):
    """A child could not do what it was told; the words are its own."""


@dataclass(slots=True)
class Child:
    """The near end of a child."""

    process: asyncio.subprocess.Process
    _tickets: Iterator[int]

    @property
    def pid(self) -> int:
        return self.process.pid

    async def ask(self, order: str, **values: object) -> dict[str, Any]:
        """Give an order and wait for the answer; one at a time.

        Raises:
            OrderFailed: with what went wrong over there.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        ticket = next(self._tickets)
        line = json.dumps({"ticket": ticket, "order": order, "values": values})
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()
        while True:
            told = await self.process.stdout.readline()
            if not told:
                raise OrderFailed(f"{order}: the process is gone")
            answer: dict[str, Any] = json.loads(told)
            if answer["ticket"] != ticket:
                continue  # to an order that nobody waited for any longer
            if answer["failed"]:
                raise OrderFailed(f"{order}: {answer['failed']}")
            found: dict[str, Any] = answer["found"]
            return found


@asynccontextmanager
async def child(module: str) -> AsyncIterator[Child]:
    """Run `python -m MODULE` for as long as the block; it ends with its standard input."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        cwd=_ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is ours to answer
    )
    try:
        yield Child(process, count())
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(_LEAVING):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def obey(orders: Orders) -> None:
    """Do what standard input says until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    doing: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = asyncio.create_task(_do(orders, json.loads(line)))
        doing.add(task)
        task.add_done_callback(doing.discard)


async def _do(orders: Orders, told: dict[str, Any]) -> None:
    answer: dict[str, Any] = {"ticket": told["ticket"], "failed": "", "found": {}}
    try:
        answer["found"] = await orders[told["order"]](**told["values"])
    except Exception as error:  # noqa: BLE001 the other end says it
        answer["failed"] = f"{type(error).__name__}: {error}"
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Run a child's main on the loop that the server runs on."""

    async def whole() -> None:
        await main()

    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(whole())
