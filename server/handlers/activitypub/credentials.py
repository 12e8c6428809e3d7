"""Recognitions: their Notes for agencies, their credentials for whoever checks one."""

from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import hdrs, web

from schemas.wire.credentials import CREDENTIAL_TYPES
from server.context import Context
from server.handlers.activitypub.answers import (
    ANY_ORIGIN,
    for_all,
    for_asker,
    for_one,
    number_in,
    written,
    written_bytes,
)
from server.middleware import CONTEXT
from server.services import credentials
from server.services.reading import Asker

_LINKED_DATA: Final = "application/ld+json"
_JSON: Final = ("application/json", "application/activity+json")


@for_asker
async def note(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /recognition/ID."""
    return for_one(await credentials.note(context, asker, number_in(request)))


async def status_list(request: web.Request) -> web.Response:
    """Answer /c/NAME/credential-status."""
    document = await credentials.status_list(
        request.app[CONTEXT], request.match_info["name"].lower()
    )
    told = written(document, content_type=CREDENTIAL_TYPES[0], headers=ANY_ORIGIN)
    return for_all(request, told)


def wanted(request: web.Request) -> str | None:
    """Say under which type a program asks for a credential; None for people's browsers."""
    accept = request.headers.get(hdrs.ACCEPT, "").lower()
    for name in CREDENTIAL_TYPES:
        if name in accept:
            return name
    if "text/html" in accept:
        return None
    if any(name in accept for name in _JSON):
        return _JSON[0]
    return _LINKED_DATA if _LINKED_DATA in accept else None


async def credential(request: web.Request, content_type: str) -> web.StreamResponse:
    """Answer /credentials/ID to programs; 410 where it was withdrawn."""
    if content_type == _LINKED_DATA:
        return await _assertion(request)
    document = await credentials.credential(request.app[CONTEXT], number_in(request))
    if document is None:
        gone = {"error": "credential-withdrawn"}
        return _told(request, gone, HTTPStatus.GONE, _JSON[0])
    return _told(request, document, HTTPStatus.OK, content_type)


async def _assertion(request: web.Request) -> web.Response:
    """Answer with the same in the form of Open Badges 2.0."""
    document, holds = await credentials.assertion(request.app[CONTEXT], number_in(request))
    status = HTTPStatus.OK if holds else HTTPStatus.GONE
    return _told(request, document, status, _LINKED_DATA)


def _told(
    request: web.Request, document: object, status: HTTPStatus, content_type: str
) -> web.Response:
    told = written_bytes(
        orjson.dumps(document), content_type=content_type, status=status, headers=ANY_ORIGIN
    )
    return for_all(request, told)
