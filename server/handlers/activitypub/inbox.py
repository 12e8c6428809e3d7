"""The door of every inbox: take what can be proven, write it down, and answer 202."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from aiohttp import hdrs, web

from federation.errors import Gone, TooLarge, Unreachable, Unsupported
from federation.inbox import Acquaintance, FindKey, admit
from federation.media_types import is_activity, parse_media_type
from federation.signatures import SignedRequest
from schemas.records import AgencyState
from server.context import Context
from server.middleware import CONTEXT
from server.services.arrivals import Batcher
from server.services.keys import find_key
from server.services.lookups import Lookups
from server.services.sharing import may_all_knock
from server.storage import actors

BodyT = TypeVar("BodyT", bytes, bytearray)

LARGEST: Final = 1_000_000  # bytes (DOS-03)
MOST_AT_ONCE: Final = 256
SLOWEST_BODY: Final = 15.0  # seconds
_COME_AGAIN: Final = 30.0


class InboxDoor:
    """One inbox door per process: whoever is in it, and what is being written down."""

    def __init__(
        self, context: Context, *, most: int = MOST_AT_ONCE, slowest: float = SLOWEST_BODY
    ) -> None:
        self.batcher = Batcher(context)
        self.acquaintance = _acquaintance(context)
        self.find_key: FindKey = partial(find_key, context)
        self.free = most
        self.slowest = slowest

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Take one place for as long as the block runs.

        Raises:
            Unreachable: "inbox-busy", when all are taken (DOS-13).
        """
        if self.free <= 0:
            raise Unreachable("inbox-busy", retry_after=_COME_AGAIN)
        self.free -= 1
        try:
            yield
        finally:
            self.free += 1


DOOR: Final = web.AppKey("inbox-door", InboxDoor)


def add_door(app: web.Application, context: Context, *, slowest: float = SLOWEST_BODY) -> None:
    """Hang the door in; `receive` needs it. A body may take `slowest` seconds."""
    app[DOOR] = InboxDoor(context, slowest=slowest)


async def receive(request: web.Request) -> web.Response:
    """POST /inbox, /c/NAME/inbox, /@NAME/inbox.

    Raises:
        FederationError: refused; nothing was written.
    """
    context, door = request.app[CONTEXT], request.app[DOOR]
    with door.entered(), context.courtesy.guest():
        _check_head(request)
        await _check_inbox(context, request.match_info.get("name"))
        signed = SignedRequest(
            method=request.method,
            target=request.raw_path,
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in request.raw_headers
            ),
            body=await _read_body(request, door.slowest),
        )
        verified = await admit(
            signed,
            authority=context.home.authority,
            home=context.home,
            now=context.network_now(),
            acquaintance=door.acquaintance,
            find_key=door.find_key,
        )
        if verified is not None:
            await door.batcher.remember(verified)
    return web.Response(status=202)


def _check_head(request: web.Request) -> None:
    """Refuse by the head alone, before any of the body is read."""
    if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        raise Unsupported("content-encoding")
    types = request.headers.getall(hdrs.CONTENT_TYPE, [])
    if len(types) != 1 or not is_activity(parse_media_type(types[0])):
        raise Unsupported("media-type")
    if (request.content_length or 0) > LARGEST:
        raise TooLarge("body-too-large")


async def _check_inbox(context: Context, name: str | None) -> None:
    if name is None:
        return
    async with context.database.reading() as tx:
        actor = await actors.find_local(tx, name)
    if actor is None:
        raise Gone("no-such-inbox", status=404)
    if actor.deleted_at is not None:
        raise Gone("no-such-inbox")


async def _read_body(request: web.Request, slowest: float) -> bytes:
    if request.content.is_eof() and request.content.exception() is None:
        # It came whole with the head, as most do.
        return _fitting(request.content.read_nowait())
    body = bytearray()
    try:
        async with asyncio.timeout(slowest):
            async for chunk in request.content.iter_any():
                body += chunk
                _fitting(body)
    except TimeoutError:
        raise Unreachable("body-too-slow", retry_after=_COME_AGAIN) from None
    return bytes(body)


def _fitting(body: BodyT) -> BodyT:
    if len(body) > LARGEST:
        raise TooLarge("body-too-large")
    return body


def _acquaintance(context: Context) -> Acquaintance:
    async def how_we_stand(hosts: Collection[str]) -> Mapping[str, AgencyState | None]:
        async with context.database.reading() as tx:
            return await may_all_knock(tx, hosts)

    async def knows_actor(uri: str) -> bool:
        async with context.database.reading() as tx:
            return await actors.find(tx, uri) is not None

    return Acquaintance(
        may_knock=Lookups(how_we_stand).find,
        knows_actor=knows_actor,
        open_federation=context.settings.open_federation,
    )
