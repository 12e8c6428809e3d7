"""How other agencies are asked who they are, and how they are answered."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from federation.errors import Forbidden, Unauthentic
from federation.media_types import ACTIVITY_JSON
from federation.signatures import SignedRequest
from schemas.records import AgencyState, Anonymous
from schemas.wire.vocabulary import TOMBSTONE
from server.context import Context
from server.middleware import CONTEXT, Handler
from server.services.asking import who_asks
from server.services.reading import Asker, nothing

JRD: Final = "application/jrd+json"

_VARY: Final[dict[str, str]] = {hdrs.VARY: "Accept, Signature"}
#: A cache between us and others must never give one agency what another was told (SIG-20).
_FOR_ONE: Final[dict[str, str]] = {**_VARY, hdrs.CACHE_CONTROL: "private, no-store"}
#: Whoever was told may keep it, and asks whether it is still so.
_FOR_ONE_AGAIN: Final[dict[str, str]] = {**_VARY, hdrs.CACHE_CONTROL: "private, no-cache"}
_FOR_ALL: Final[dict[str, str]] = {**_VARY, hdrs.CACHE_CONTROL: "public, max-age=180"}
#: Browsers' scripts may read discovery documents (RFC 7033 5).
ANY_ORIGIN: Final[dict[str, str]] = {hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*"}

_ID: Final = re.compile(r"[1-9][0-9]{0,18}")
_LARGEST_ID: Final = 2**63 - 1

Reader = Callable[[web.Request, Context, Asker], Awaitable[web.Response]]


def for_asker(reader: Reader) -> Handler:
    """Make a handler of one that is told who asks.

    Whoever may read nothing at all hears so before anything is looked up, and all that is
    refused later is refused in the same words: neither tells what exists (VIS-05).
    """

    @wraps(reader)
    async def handler(request: web.Request) -> web.Response:
        context = request.app[CONTEXT]
        asker = await asker_of(request)
        _check_acquainted(context, asker)
        return await reader(request, context, asker)

    return handler


async def asker_of(request: web.Request) -> Asker:
    """Say who sent a request, by its signature."""
    signed = SignedRequest(
        method=request.method,
        target=request.raw_path,
        headers=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.raw_headers
        ),
        body=b"",
    )
    return await who_asks(request.app[CONTEXT], signed)


def _check_acquainted(context: Context, asker: Asker) -> None:
    if context.settings.open_federation:
        return
    if isinstance(asker, Anonymous):
        raise signature_required()
    if asker.state is AgencyState.WAITING:
        raise Forbidden(
            "agency-not-admitted", "A moderator has not admitted your agency here yet."
        )


def signature_required() -> Unauthentic:
    return Unauthentic("signature-required", "Sign your request to read this.")


def for_one(document: dict[str, Any]) -> web.Response:
    """Answer one agency with a document; with a tombstone where that is all there is."""
    return web.Response(
        body=orjson.dumps(document),
        status=_status_of(document),
        content_type=ACTIVITY_JSON,
        headers=_FOR_ONE,
    )


def for_one_again(request: web.Request, document: dict[str, Any]) -> web.Response:
    """Do as `for_one` for what is asked for often; 304 where they have just this.

    The tag is of what was told to this very asker: it is no other's.
    """
    body = orjson.dumps(document)
    tag = _tag(body)
    told = {**_FOR_ONE_AGAIN, hdrs.ETAG: f'"{tag}"'}
    if _has_it(request, tag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=told)
    return web.Response(body=body, content_type=ACTIVITY_JSON, headers=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document as bytes, with what is said of it in the head of every answer."""

    body: bytes
    status: int
    headers: dict[str, str]
    tag: str


def written(
    document: dict[str, Any],
    *,
    content_type: str = ACTIVITY_JSON,
    headers: Mapping[str, str] | None = None,
) -> Written:
    """Write a document that everybody is told alike, for three minutes."""
    return written_bytes(
        orjson.dumps(document),
        status=_status_of(document),
        content_type=content_type,
        headers=headers,
    )


def written_bytes(
    body: bytes,
    *,
    content_type: str,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Written:
    """Do as `written` with a body that is there already; `content_type` may have parameters."""
    tag = _tag(body)
    told = {**_FOR_ALL, **(headers or {}), hdrs.ETAG: f'"{tag}"'}
    told[hdrs.CONTENT_TYPE] = content_type
    return Written(body=body, status=status, headers=told, tag=tag)


def for_all(request: web.Request, document: Written) -> web.Response:
    """Answer everybody alike; 304 where they have it already."""
    if document.status == HTTPStatus.OK and _has_it(request, document.tag):
        told = {**document.headers}
        del told[hdrs.CONTENT_TYPE]
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=told)
    return web.Response(body=document.body, status=document.status, headers=document.headers)


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _has_it(request: web.Request, tag: str) -> bool:
    if hdrs.IF_NONE_MATCH not in request.headers:
        return False
    return any(known.value in {tag, "*"} for known in request.if_none_match or ())


def _status_of(document: dict[str, Any]) -> int:
    return HTTPStatus.GONE if document.get("type") == TOMBSTONE else HTTPStatus.OK


def number_in(request: web.Request, name: str = "id") -> int:
    """Give the id in the path; one that can be nobody's is like one that is nobody's."""
    text = request.match_info[name]
    if not _ID.fullmatch(text) or int(text) > _LARGEST_ID:
        raise nothing()
    return int(text)
