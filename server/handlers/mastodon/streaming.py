"""Listening: a WebSocket for many streams, or server-sent events for one (client-api.md 8)."""

import asyncio
from contextlib import suppress
from typing import Any, Final

import orjson
from aiohttp import WSMsgType, hdrs, web

from federation.translate.incoming_parts import hashtag_named
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.parameters import Parameters, json_object, read
from server.handlers.mastodon.statuses import missing
from server.middleware import CLIENT, HUB
from server.streaming import Listener, Message, Stream

_HEARTBEAT: Final = 15.0  # seconds
_LARGEST: Final = 4096  # bytes of what a client asks for
_MOST_STREAMS: Final = 100
_MEDIA: Final = ":media"
_PUBLIC: Final = frozenset({"public", "public:local", "public:remote"})
_PLAIN: Final = (
    {"user", "user:notification", "direct"} | _PUBLIC | {f"{name}{_MEDIA}" for name in _PUBLIC}
)
#: What some clients call them.
_ALIASES: Final = {"local": "public:local", "remote": "public:remote"}
_TAGGED: Final = frozenset({"hashtag", "hashtag:local"})
_UNKNOWN: Final = orjson.dumps({"error": "Unknown stream type", "status": 400}).decode()


def stream_of(name: str, tag: str) -> Stream | None:
    """Name a stream as clients do; None where there is none such."""
    name = _ALIASES.get(name, name)
    if name in _PLAIN:
        return (name,)
    found = hashtag_named(tag) if name in _TAGGED else None
    return (name, found.slug) if found is not None else None


def _listener(request: web.Request) -> Listener:
    client, session = request[CLIENT], signed_in(request)
    if client is None:
        raise missing()
    return Listener(
        token_id=client.token_id, member_id=session.member.id, role=session.member.role
    )


async def web_socket(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/streaming; the token may come as the subprotocol, which is given back."""
    listener, hub = _listener(request), request.app[HUB]
    asked = request.headers.get(hdrs.SEC_WEBSOCKET_PROTOCOL, "")
    socket = web.WebSocketResponse(
        protocols=(asked,) if asked else (), heartbeat=_HEARTBEAT, max_msg_size=_LARGEST
    )
    if not socket.can_prepare(request):
        return await _events(request, request.query.get("stream", ""))
    await socket.prepare(request)
    if name := request.query.get("stream"):
        await _change(socket, listener, dict(request.query) | {"stream": name})
    hub.add(listener)
    sending = asyncio.create_task(_send(socket, listener))
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await _change(socket, listener, _asked(message.data))
    finally:
        hub.remove(listener)
        listener.end()
        await sending
    return socket


def _asked(text: str) -> dict[str, Any]:
    try:
        return json_object(text.encode())
    except web.HTTPBadRequest:
        return {}


async def _change(
    socket: web.WebSocketResponse, listener: Listener, asked: dict[str, Any]
) -> None:
    name, tag = asked.get("stream"), asked.get("tag")
    stream = stream_of(str(name), str(tag or ""))
    if stream is None or len(listener.streams) >= _MOST_STREAMS:
        await socket.send_str(_UNKNOWN)
        return
    if asked.get("type", "subscribe") == "unsubscribe":
        listener.streams.discard(stream)
    else:
        listener.streams.add(stream)


async def _send(socket: web.WebSocketResponse, listener: Listener) -> None:
    with suppress(ConnectionError):
        while (message := await listener.queue.get()) is not None:
            await socket.send_str(written(message))
        await socket.close()


def written(message: Message) -> str:
    """Write an event for a WebSocket: the payload is JSON inside JSON."""
    told: dict[str, Any] = {"stream": list(message.stream), "event": message.event}
    if message.payload is not None:
        told["payload"] = message.payload
    return orjson.dumps(told).decode()


class _Listening(Parameters):
    only_media: bool = False


async def events(request: web.Request) -> web.StreamResponse:
    """GET /api/v1/streaming/…: server-sent events of the stream in the path."""
    name = request.match_info["name"].replace("/", ":")
    with_media = (await read(request, _Listening)).only_media and name in _PUBLIC
    return await _events(request, f"{name}{_MEDIA}" if with_media else name)


async def _events(request: web.Request, name: str) -> web.StreamResponse:
    listener, hub = _listener(request), request.app[HUB]
    stream = stream_of(name, request.query.get("tag", ""))
    if stream is None:
        return web.Response(text=_UNKNOWN, status=400, content_type="application/json")
    listener.streams.add(stream)
    response = web.StreamResponse(
        headers={hdrs.CONTENT_TYPE: "text/event-stream", hdrs.CACHE_CONTROL: "no-store"}
    )
    await response.prepare(request)
    await response.write(b":)\n\n")
    hub.add(listener)
    try:
        with suppress(ConnectionError):
            await _write_events(response, listener)
    finally:
        hub.remove(listener)
    return response


async def _write_events(response: web.StreamResponse, listener: Listener) -> None:
    while True:
        try:
            async with asyncio.timeout(_HEARTBEAT):
                message = await listener.queue.get()
        except TimeoutError:
            await response.write(b":thump\n\n")
            continue
        if message is None:
            return
        told = f"event: {message.event}\ndata: {message.payload or ''}\n\n"
        await response.write(told.encode())


async def health(_request: web.Request) -> web.Response:
    """GET /api/v1/streaming/health."""
    return web.Response(text="OK")
