"""Runs the peer that is written with Fedify, and tells it what to do."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final

from tests.npm import FEDIFY, NODE

_PATIENCE: Final = 30.0
_LONGEST_LINE: Final = 4_000_000


class PeerFailed(AssertionError):
    """The peer could not do what it was told; the text is what Fedify said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FedifyPeer:
    """A server at `origin`, where Ada lives; use `do`, and look into `log` when it fails."""

    origin: str
    ada: str
    log: Path
    _process: Process
    _numbers: Any

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2]

    async def do(self, deed: str, **said: object) -> Any:
        """Have the peer do one of the deeds in peer.mjs; give what it answers.

        Raises:
            PeerFailed: Fedify threw something.
        """
        number = next(self._numbers)
        line = json.dumps({"number": number, "deed": deed, **said})
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        answer = await _line(self._process, self.log)
        assert answer["number"] == number
        if "error" in answer:
            raise PeerFailed(f"{deed}: {answer['error']}\n{self.log.read_text()}")
        return answer["answer"]


async def _line(process: Process, log: Path) -> Any:
    assert process.stdout is not None
    async with asyncio.timeout(_PATIENCE):
        line = await process.stdout.readline()
    assert line, _ended(log)
    return json.loads(line)


def _ended(log: Path) -> str:
    return f"the peer ended:\n{log.read_text()}"


@asynccontextmanager
async def running_peer(*, pem: Path, trust: Path, log: Path) -> AsyncIterator[FedifyPeer]:
    """Run the peer.

    Args:
        pem: key and certificate of peer.localhost.
        trust: the authority that it trusts beside those of Node.js.
        log: where it writes what went wrong.
    """
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            NODE,
            FEDIFY / "peer.mjs",
            pem,
            env={"PATH": os.defpath, "NODE_EXTRA_CA_CERTS": str(trust)},
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
            limit=_LONGEST_LINE,
        )
    assert process.stdin is not None
    try:
        said = await _line(process, log)
        yield FedifyPeer(
            origin=said["origin"], ada=said["ada"], log=log, _process=process, _numbers=count(1)
        )
    finally:
        process.stdin.close()
        async with asyncio.timeout(_PATIENCE):
            await process.wait()
