"""Read the body of an answer within a limit, whatever its headers promise."""

import zlib
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import hdrs

from federation.errors import Malformed, TooLarge, Unsupported

_CHUNK = 65_536
_GZIP_ONLY = 16 + zlib.MAX_WBITS


async def read_whole(answer: aiohttp.ClientResponse, *, limit: int) -> bytes:
    """Read a body and take one layer of gzip off it (security.md FET-12).

    Args:
        answer: an answer whose body aiohttp does not decompress.
        limit: bytes, of the body as sent and as decoded.

    Raises:
        Unsupported: "content-encoding" for anything but one gzip or none.
        TooLarge: "body-too-large".
        Malformed: "body-encoding" for what is no gzip, or one cut short.
    """
    encodings = [
        value.strip().lower() for value in answer.headers.getall("Content-Encoding", [])
    ]
    if (answer.content_length or 0) > limit:
        raise TooLarge("body-too-large")
    match encodings:
        case [] | ["identity"]:
            return await _read_plain(answer, limit)
        case ["gzip"] | ["x-gzip"]:
            return await _read_gzip(answer, limit)
        case _:
            raise Unsupported("content-encoding")


async def read_start(answer: aiohttp.ClientResponse, *, limit: int) -> bytes:
    """Read at most so many bytes of a body and leave the rest; empty where it is encoded."""
    if hdrs.CONTENT_ENCODING in answer.headers:
        return b""
    body = b""
    async for chunk in _chunks(answer):
        body += chunk
        if len(body) >= limit:
            return body[:limit]
    return body


async def _read_plain(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in _chunks(answer):
        body += chunk
        if len(body) > limit:
            raise TooLarge("body-too-large")
    return bytes(body)


async def _read_gzip(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    decoder = zlib.decompressobj(_GZIP_ONLY)
    body = bytearray()
    sent = 0
    async for chunk in _chunks(answer):
        sent += len(chunk)
        body += _inflate(decoder, chunk, limit + 1 - len(body))
        # Blocks that decode to nothing can go on for ever, so what was sent counts too.
        if max(len(body), sent) > limit:
            raise TooLarge("body-too-large")
    if not decoder.eof or decoder.unused_data:
        raise Malformed("body-encoding")
    return bytes(body)


def _inflate(decoder: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return decoder.decompress(chunk, most)
    except zlib.error:
        raise Malformed("body-encoding") from None


def _chunks(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    return answer.content.iter_chunked(_CHUNK)
