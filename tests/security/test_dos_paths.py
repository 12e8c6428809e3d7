"""DOS-17: whatever stands in a request line, the answer is a refusal and never a fault."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.instance import Instance, TurnedClock, running

PATHS = [
    b"//",
    b"///evil.example/..",
    b"/..;/",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/static/%2e%2e%2fbuild.py",
    b"/static/..%5cbuild.py",
    b"/static/%00",
    b"/static/" + b"a" * 5000,
    b"/" + b"a" * 8000,
    b"/" + b"a" * 70000,
    b"/%",
    b"/%zz",
    b"/%ff%fe",
    b"/p/%ff",
    b"/@%ff",
    b"/@%00",
    b"/@" + b"a" * 3000,
    b"/c/%F0%9F%98%80",
    b"/p/99999999999999999999999999",
    b"/p/-1",
    b"/p/%D9%A1",
    b"/activities/0",
    b"/\xff\xfe",
    b"/\xc3\xa4",
    b"/a?%ff=%fe&x",
    b"/search?q=%00",
    b"/search?q=%ff",
    b"/search?" + b"q=a&" * 1500,
    b"/p/1?before=%00",
    b"/healthz?" + b"a" * 8000,
    b"http://evil.example/",
    b"http://[::1",
    b"*",
    b"evil.example:443",
]


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock()) as instance:
        yield instance


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{len(path)} {path[:30]!a}")
@pytest.mark.parametrize("accept", [b"text/html", b"application/activity+json"])
@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS"])
async def test_dos_17_an_odd_path_is_refused_and_never_a_fault(
    house: Instance, path: bytes, accept: bytes, method: bytes
) -> None:
    status = await _status(house, b"%s %s HTTP/1.1" % (method, path), accept=accept)

    assert 200 <= status < 500


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"GET",
        b"GET / HTTP/9.9",
        b"\x16\x03\x01\x00",
        b"gEt / HTTP/1.1",
        b"G\x00T / HTTP/1.1",
    ],
)
async def test_dos_17_what_is_no_request_is_refused(house: Instance, line: bytes) -> None:
    assert await _status(house, line, accept=b"*/*") in {0, 400, 405}


@pytest.mark.parametrize(
    "headers",
    [
        b"Host: evil.example\r\n",
        b"Host: \xff\r\n",
        b"Host: {host}\r\nHost: evil.example\r\n",
        b"Host: {host}\r\nCookie: session=%ff; a=\xff; ;;=\r\n",
        b"Host: {host}\r\nAccept: \xff\r\n",
        b"Host: {host}\r\nX-Forwarded-For: \xff, \r\n",
        b"Host: {host}\r\nX: " + b"a" * 9000 + b"\r\n",
        b"Host: {host}\r\nContent-Length: -1\r\n",
        b"Host: {host}\r\nContent-Length: x\r\n",
        b"Host: {host}\r\nRange: bytes=x-y\r\n",
        b"Host: {host}\r\nIf-Modified-Since: never\r\n",
        b"",
    ],
)
@pytest.mark.parametrize("path", [b"/", b"/static/x", b"/about", b"/p/1"])
async def test_dos_17_odd_headers_are_never_a_fault(
    house: Instance, headers: bytes, path: bytes
) -> None:
    ours = headers.replace(b"{host}", house.host.encode())

    status = await _exchange(house, b"GET %s HTTP/1.1\r\n%s\r\n" % (path, ours))

    assert 200 <= status < 500


async def _status(house: Instance, line: bytes, *, accept: bytes) -> int:
    head = b"%s\r\nHost: %s\r\nAccept: %s\r\nContent-Length: 0\r\n\r\n"
    return await _exchange(house, head % (line, house.host.encode(), accept))


async def _exchange(house: Instance, request: bytes) -> int:
    """Send bytes as they are; 0 is a connection that was closed without a word."""
    port = int(house.host.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            line = await reader.readline()
    except ConnectionError:
        line = b""
    finally:
        writer.close()
    return int(line.split()[1]) if line else 0
