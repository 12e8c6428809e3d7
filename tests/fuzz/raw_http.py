"""Requests to the byte, over one connection that is opened anew where it must be."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, 0 where the connection was closed without a word; the reason of a refusal."""

    status: int
    reason: str = ""


@dataclass(slots=True)
class Line:
    """A connection to a port of this machine."""

    port: int
    _open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    async def send(self, method: str, target: str, headers: Headers, body: bytes) -> Answer:
        head = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
        head.append(f"Content-Length: {len(body)}")
        sent = "\r\n".join(head).encode("latin-1", "replace") + b"\r\n\r\n" + body
        fresh = self._open is None
        answer = await self._exchange(sent)
        if answer.status == 0 and not fresh:
            # The last answer may have been the end of the connection.
            answer = await self._exchange(sent)
        return answer

    async def _exchange(self, sent: bytes) -> Answer:
        if self._open is None:
            self._open = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._open
        try:
            async with asyncio.timeout(20):
                writer.write(sent)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                answer, stays = await _read_answer(head, reader)
        except (ConnectionError, asyncio.IncompleteReadError):
            answer, stays = Answer(0), False
        if not stays:
            await self.close()
        return answer

    async def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


async def _read_answer(head: bytes, reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    first, *lines = head.decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    reason = ""
    if body.startswith(b"{"):
        reason = str(json.loads(body).get("error", ""))
    return Answer(int(first.split()[1]), reason), fields.get("connection") != "close"
