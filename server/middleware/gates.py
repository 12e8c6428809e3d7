"""The two middlewares: answer whatever happens, let in whom a route is for."""

import math
import secrets
from time import perf_counter
from typing import Final

import structlog
from aiohttp import hdrs, web

from server.middleware import errors, forms, headers, uploads, visitors
from server.middleware.allowances import READS, STRANGERS, WRITES, Allowances
from server.middleware.declarations import Door, Handler, Route, wants_activitypub, wants_json
from server.middleware.keys import (
    ADDRESS,
    ALLOWANCES,
    CLIENT,
    CONTEXT,
    DECLARED,
    DOOR,
    LEFT,
    METRICS,
    NONCE,
    REQUEST_ID,
    SESSION,
)
from server.services import throttling
from server.services.errors import TooMany

_log: Final = structlog.get_logger()
_UNKNOWN: Final = "unknown"
#: Bytes of what some clients send with a GET instead of a query.
_PARAMETERS: Final = 16_000
#: Whatever is asked for below these, a program asks for it.
_FOR_CLIENTS: Final = ("/api/", "/oauth/")


def install(application: web.Application) -> None:
    application[ALLOWANCES] = Allowances()
    application.middlewares.extend((answer_always, let_in))
    application.on_response_prepare.append(headers.add_headers)


@web.middleware
async def answer_always(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give each request an id, each failure an answer, and each answer a line in the log."""
    started = perf_counter()
    request[REQUEST_ID] = secrets.token_hex(8)
    request[NONCE] = secrets.token_urlsafe(16)
    route = _declared(request)
    request[DOOR] = _door(request, route)
    visitors.introduce(request, request.app[CONTEXT].settings)
    # It stays until the next request of this connection, which has a task of its own.
    structlog.contextvars.bind_contextvars(request=request[REQUEST_ID])

    try:
        response = await handler(request)
    except Exception as error:  # noqa: BLE001 the one place where every failure ends
        response = await errors.answer(request, error)
    finally:
        uploads.close(request)
    _note(request, route, response.status, perf_counter() - started)
    return response


@web.middleware
async def let_in(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check what the route declares, from the cheapest to the dearest."""
    route = _declared(request)
    door = request[DOOR]
    if door != "system":
        _check_host(request)
    if route is not None:
        _check_path(request)
        _check_size(request, route)
    if door == "client" and request.method == hdrs.METH_OPTIONS:
        return web.Response(status=204)
    await _recognise(request)
    if route is None:
        return await handler(request)
    visitors.check_scope(route, request[CLIENT])
    visitors.check_audience(route.audience, request[SESSION])
    await _check_limit(request, route)
    if route.csrf:
        await forms.check(request)
    response = await handler(request)
    if door == "page":
        visitors.remember_guest(request, response)
    return response


async def _recognise(request: web.Request) -> None:
    match request[DOOR]:
        case "page":
            await visitors.recognise(request)
        case "client":
            await visitors.recognise_client(request)
            _count(request)
        case _:
            return


def _declared(request: web.Request) -> Route | None:
    return request.app[DECLARED].get(request.match_info.route)


def _door(request: web.Request, route: Route | None) -> Door:
    if route is not None:
        return route.door_for(request)
    if request.path.startswith(_FOR_CLIENTS):
        return "client"
    return "api" if wants_activitypub(request) or wants_json(request) else "page"


def _check_host(request: web.Request) -> None:
    """Answer to our own names only: links, cookies and signatures are about them."""
    settings = request.app[CONTEXT].settings
    host = request.headers.get(hdrs.HOST, "").lower()
    if host == settings.authority:
        return
    port = settings.authority.rpartition(":")[2]
    if settings.on_loopback and host in {f"localhost:{port}", f"127.0.0.1:{port}"}:
        return
    raise web.HTTPMisdirectedRequest


def _check_path(request: web.Request) -> None:
    """Find nothing at a path that PostgreSQL could not even be asked about."""
    for value in request.match_info.values():
        if not value.isprintable():
            raise web.HTTPNotFound


def _check_size(request: web.Request, route: Route) -> None:
    if route.door == "activitypub":
        return  # it counts while it reads, because agencies need not say how long a body is
    length = request.content_length
    most = route.body or (_PARAMETERS if route.door == "client" else 0)
    if length is not None and length > most:
        raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=length)
    if length is None and request.body_exists:
        raise web.HTTPLengthRequired


def _count(request: web.Request) -> None:
    """Count a client's request per token, or per network where there is none (1.6)."""
    client = request[CLIENT]
    writes = request.method not in {hdrs.METH_GET, hdrs.METH_HEAD}
    if client is None:
        who, limit = f"network {_network(request)}", STRANGERS
    else:
        who, limit = f"token {client.token_id} {writes}", WRITES if writes else READS
    now = request.app[CONTEXT].now()
    left = request[LEFT] = request.app[ALLOWANCES].take(who, limit=limit, now=now)
    if left.remaining < 0:
        wait = math.ceil((left.resets_at - now).total_seconds())
        raise TooMany("client-too-fast", "Too many requests", retry_after=wait)


async def _check_limit(request: web.Request, route: Route) -> None:
    limit = route.limit
    if limit is None:
        return
    member = request[SESSION]
    by_member = limit.by == "member" and member is not None
    who = str(member.member.id) if by_member and member else _network(request)
    # Clients may write a slash at the end; that counts nothing anew.
    key = throttling.key(route.name.rstrip("/"), who)
    await throttling.check(request.app[CONTEXT], key, limit=limit.times, window=limit.per)


def _network(request: web.Request) -> str:
    return throttling.network_of(request[ADDRESS])


def _note(request: web.Request, route: Route | None, status: int, seconds: float) -> None:
    name = route.path if route else _UNKNOWN
    method = request.method if route else _UNKNOWN
    request.app[METRICS].answered(request[DOOR], method, name, status, seconds=seconds)
    # The pattern of the route, not the path: a path can hold a name, a query a secret (VIS-20).
    _log.info(
        "answered",
        method=method,
        route=name,
        status=status,
        ms=round(seconds * 1000, 1),
    )
