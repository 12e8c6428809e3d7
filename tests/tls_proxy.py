"""TLS in front of an instance: Host passes as it came, and who asked is said truly."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_OURS = (b"connection:", b"x-forwarded-for:", b"forwarded:", b"x-real-ip:")
_PIECE = 65_536
_AWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(slots=True, kw_only=True)
class TlsProxy:
    """Ends TLS for the instance that listens on `behind`; use as `async with`.

    One request per connection, so that only its head has to be understood.
    """

    tls: ssl.SSLContext
    behind: int
    port: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            address = writer.get_extra_info("peername")[0]
            await self._pass_on(_with_address(head, address), reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the visitor had enough
        finally:
            writer.close()

    async def _pass_on(
        self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            answering, asking = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.write(_AWAY)
            await writer.drain()
            return
        asking.write(head)
        body = asyncio.create_task(_pump(reader, asking))
        try:
            await _pump(answering, writer)
        finally:
            body.cancel()
            asking.close()
            await asyncio.wait([body])


def _with_address(head: bytes, address: str) -> bytes:
    """Set what a proxy says of the connection; what the visitor said of it is dropped."""
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(_OURS)]
    said = (f"X-Forwarded-For: {address}".encode(), b"Connection: close")
    return b"\r\n".join((*kept, *said, b"", b""))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
