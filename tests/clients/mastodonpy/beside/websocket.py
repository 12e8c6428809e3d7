"""A WebSocket for scripts that wait, as the suite asks for it of websocket-client."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import aiohttp

T = TypeVar("T")


class WebSocketTimeoutException(Exception):
    """Nothing came in time."""


class _Connection:
    def __init__(self, url: str, headers: dict[str, str], seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._session, self._socket = self._wait(self._open(url, headers))

    @property
    def connected(self) -> bool:
        return not self._socket.closed

    def send(self, text: str) -> None:
        self._wait(self._socket.send_str(text))

    def recv(self) -> str:
        """Wait for text; empty when the other end closed."""
        try:
            message = self._wait(self._socket.receive())
        except TimeoutError:
            raise WebSocketTimeoutException from None
        except CancelledError:
            return ""
        return str(message.data) if message.type is aiohttp.WSMsgType.TEXT else ""

    def close(self) -> None:
        self._wait(self._socket.close())
        self._wait(self._session.close())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        return running.result(self._seconds)

    @staticmethod
    async def _open(url: str, headers: dict[str, str]) -> tuple[Any, Any]:
        session = aiohttp.ClientSession()
        return session, await session.ws_connect(url, headers=headers)


def create_connection(
    url: str, *, header: Sequence[str], timeout: float, **_how: object
) -> _Connection:
    """Open a connection; `header` are lines."""
    pairs = (line.partition(": ") for line in header)
    return _Connection(url, {name: value for name, _, value in pairs}, timeout)
