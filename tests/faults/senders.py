"""What a faulty peer does while it sends to our inbox, each over a socket of its own."""

import asyncio
import json
import socket
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from federation.signatures import sign
from server.app import Patience
from tests.door import Sender
from tests.faults.kinds import PATIENCE
from tests.hostile_peer import ACTIVITY_JSON
from tests.instance import Instance

#: Short enough for a test, long enough for an honest body on a machine that is busy.
IMPATIENT: Final = Patience(head=1.5, body=1.5, rest=0.5)
_PACE: Final = 0.05  # seconds for a byte
_PIECE: Final = b" " * 16_384
_RESET: Final = struct.pack("ii", 1, 0)

Head = Callable[[int | None], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An activity that is signed and true, and a faulty way to send it."""

    head: Head
    body: bytes

    @property
    def half(self) -> bytes:
        return self.body[: len(self.body) // 2]


def letter(here: Instance, sender: Sender, activity: Any) -> Letter:
    body = json.dumps(activity).encode()
    plain = {"Content-Type": ACTIVITY_JSON}
    signed = sign(
        method="POST",
        url=f"{here.origin}/inbox",
        headers=plain,
        body=body,
        key=sender.key,
        now=here.now(),
    )

    def head(length: int | None) -> bytes:
        framing = (
            {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": length}
        )
        lines = {"Host": here.host} | plain | signed | framing
        told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"POST /inbox HTTP/1.1\r\n{told}\r\n".encode()

    return Letter(head=head, body=body)


async def _hangs(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body)) + letter.half)


async def _drips(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body)))
    await _byte_by_byte(letter.body, writer)


async def _drips_its_head(letter: Letter, writer: StreamWriter) -> None:
    await _byte_by_byte(letter.head(len(letter.body)), writer)


async def _never_ends_its_head(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body))[:-2])


async def _says_nothing(_: Letter, __: StreamWriter) -> None:
    """Be connected, and no more."""


async def _resets(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body)) + letter.half)
    await writer.drain()
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


async def _goes(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body)) + letter.half)
    writer.write_eof()


async def _endless(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(None))
    while not writer.is_closing():
        writer.write(b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE))
        await writer.drain()


async def _never_ends_its_chunks(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(None) + b"%x\r\n%s\r\n" % (len(letter.body), letter.body))


async def _claims_more(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.body) + 100) + letter.body)


async def _claims_less(letter: Letter, writer: StreamWriter) -> None:
    writer.write(letter.head(len(letter.half)) + letter.body)


async def _byte_by_byte(sent: bytes, writer: StreamWriter) -> None:
    for each in sent:
        writer.write(bytes([each]))
        await writer.drain()
        await asyncio.sleep(_PACE)


#: How each of them sends.
WAYS: Final[dict[str, Callable[[Letter, StreamWriter], Awaitable[None]]]] = {
    "hangs": _hangs,
    "drips": _drips,
    "drips-its-head": _drips_its_head,
    "never-ends-its-head": _never_ends_its_head,
    "says-nothing": _says_nothing,
    "resets": _resets,
    "goes": _goes,
    "endless": _endless,
    "never-ends-its-chunks": _never_ends_its_chunks,
    "claims-more": _claims_more,
    "claims-less": _claims_less,
}


async def heard(here: Instance, way: str, letter: Letter) -> bytes:
    """Send in this way, until we end the connection; give all that we answered."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", int(here.origin.rpartition(":")[2])
    )
    sending = asyncio.ensure_future(_send(way, letter, writer))
    try:
        async with asyncio.timeout(PATIENCE):
            return await _everything(reader)
    finally:
        sending.cancel()
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await sending


async def _send(way: str, letter: Letter, writer: StreamWriter) -> None:
    with suppress(ConnectionError):
        await WAYS[way](letter, writer)
        await writer.drain()


async def _everything(reader: StreamReader) -> bytes:
    answered = b""
    with suppress(ConnectionError):
        while more := await reader.read(4096):
            answered += more
    return answered
