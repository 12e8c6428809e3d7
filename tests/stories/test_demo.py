"""The main job, as somebody sees it who types `make demo`."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from server.demo import content
from tests.instance import Loopback, free_port

_ROOT = Path(__file__).parents[2]
_PATIENCE = 400.0


class Demo:
    """`commonlore demo` as a process, and what it printed."""

    def __init__(self, state: Path, port: int) -> None:
        self.state = state
        self.port = port
        self.printed = ""
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *arguments: str) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            "demo",
            f"--state={self.state}",
            f"--first-port={self.port}",
            *arguments,
            cwd=_ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def until(self, words: str) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(_PATIENCE):
            while words not in self.printed:
                line = await self._process.stdout.readline()
                assert line, f"the demo ended:\n{self.printed}"
                self.printed += line.decode()

    async def ended(self, how: signal.Signals | None = None) -> int:
        assert self._process is not None
        if how is not None:
            self._process.send_signal(how)
        async with asyncio.timeout(_PATIENCE):
            rest, _ = await self._process.communicate()
        self.printed += rest.decode()
        return self._process.returncode or 0


def processes_with(words: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if int(entry.name) != os.getpid() and words in command + environment:
            found.append(command)
    return found


async def threads_at(client: aiohttp.ClientSession, origin: str) -> set[str]:
    """Collect the ids of the public threads that an agency lists."""
    found: set[str] = set()
    async with client.get(f"{origin}/communities") as answer:
        communities = set(re.findall(r'href="(/c/[^"/?]+)"', await answer.text()))
    for community in communities:
        async with client.get(f"{origin}{community}") as answer:
            found |= set(re.findall(r'href="(/p/\d+)"', await answer.text()))
    return found


async def same_everywhere(client: aiohttp.ClientSession, origins: list[str]) -> int:
    """Compare every public thread that one agency hosts with what the others show of it."""
    compared = 0
    for home in origins:
        for path in sorted(await threads_at(client, home)):
            seen = set()
            for origin in origins:
                url = f"{origin}/api/commonlore/v1/thread"
                async with client.get(url, params={"id": home + path}) as answer:
                    if answer.status == 200:
                        seen.add(await answer.read())
            if seen:
                assert len(seen) == 1, f"{home}{path} differs"
                compared += 1
    return compared


@pytest.mark.timeout(600)
async def test_the_demo_fills_three_agencies_that_show_the_same_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    demo = Demo(tmp_path, free_port() // 10 * 10)
    told = content.load()

    await demo.start()
    await demo.until("Stop with Ctrl-C")
    origins = [f"http://{a.key}.localhost:{demo.port + n}" for n, a in enumerate(told.agencies)]
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=Loopback())
    ) as client:
        compared = await same_everywhere(client, origins)
    status = await demo.ended(signal.SIGINT)

    assert status == 0
    assert compared >= 40
    assert all(origin in demo.printed for origin in origins)
    assert processes_with(str(tmp_path)) == []

    again = Demo(tmp_path, demo.port)
    await again.start("--exit-when-ready")
    assert await again.ended() == 0
    assert "joined" not in again.printed
    assert processes_with(str(tmp_path)) == []
