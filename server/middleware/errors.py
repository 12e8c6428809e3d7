"""The one table from failures to answers."""

import math
from html import escape
from typing import Final

import orjson
import structlog
from aiohttp import hdrs, web

from federation.errors import FederationError, Unreachable
from server.middleware.keys import DOOR, METRICS, RENDER_ERROR, REQUEST_ID, Problem
from server.middleware.redirects import sign_in_path
from server.services.errors import Conflict, Invalid, NotSignedIn, Refusal, TooMany
from server.storage.database import DatabaseAway

_log: Final = structlog.get_logger()

_DATABASE_BACK_IN: Final = 5  # seconds
_SERVER_FAULT: Final = 500
_SENTENCES: Final = {
    400: ("malformed-request", "We cannot read that request."),
    403: ("not-allowed", "That is not allowed."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "That cannot be done at this address."),
    411: ("length-required", "The request does not say how long it is."),
    413: ("too-large", "That is too large."),
    415: ("media-type", "We do not read that kind of document."),
    421: ("wrong-host", "This server has another name."),
}
#: What clients compare, whatever the reason was: it tells nobody what there is.
_CLIENT_WORDS: Final = {
    404: "Record not found",
    429: "Too many requests",
    500: "An unexpected error occurred",
}
_TODO: Final = {
    403: "If you think you should be able to do this, ask the people who run this place.",
    404: "Check the address. What was here may be gone, or not for you to see.",
    409: "Load the page again and look at what has changed.",
    429: "Wait a few minutes, then try again.",
    500: "It has been written down. Try again; if it stays, tell the operator.",
    503: "Try again in a moment.",
}
_TODO_OTHERWISE: Final = "Go back and try again."


async def answer(request: web.Request, error: Exception) -> web.StreamResponse:
    """Turn a failure into an answer at the door that the request came through."""
    if isinstance(error, web.HTTPRedirection):
        # aiohttp wants such an exception raised again, and that would pass the log by.
        kept = {name: error.headers[name] for name in ("Location",) if name in error.headers}
        return web.Response(status=error.status, headers=kept)
    problem = problem_of(error, request[REQUEST_ID])
    request.app[METRICS].refusals.labels(problem.reason).inc()
    if problem.status == _SERVER_FAULT:
        _log.error("request-failed", exc_info=error)
    if request[DOOR] == "client":
        return _to_client(problem, error)
    if request[DOOR] != "page":
        return _json(problem)
    if isinstance(error, NotSignedIn):
        return _to_sign_in(request)
    return await _page(request, problem)


def problem_of(error: Exception, request_id: str) -> Problem:
    match error:
        case FederationError():
            return _problem(error.status, error.reason, error.sentence, _wait_of(error))
        case Refusal():
            return _problem(error.status, error.reason, error.sentence, _wait_of(error))
        case DatabaseAway():
            sentence = "We cannot reach our database right now."
            return _problem(503, "database-away", sentence, _DATABASE_BACK_IN)
        case web.HTTPException():
            return _of_aiohttp(error)
        case _:
            return Problem(
                status=_SERVER_FAULT,
                reason="internal",
                sentence="Something went wrong on our side.",
                todo=_TODO[_SERVER_FAULT],
                request_id=request_id,
            )


def _wait_of(error: Exception) -> float | None:
    match error:
        case Unreachable() | TooMany():
            return error.retry_after
        case _:
            return None


def _problem(status: int, reason: str, sentence: str, wait: float | None) -> Problem:
    headers = {} if wait is None else {"Retry-After": str(max(1, math.ceil(wait)))}
    todo = _TODO.get(status, _TODO_OTHERWISE)
    return Problem(status=status, reason=reason, sentence=sentence, todo=todo, headers=headers)


def _of_aiohttp(error: web.HTTPException) -> Problem:
    reason, sentence = _SENTENCES.get(error.status, ("refused", "That cannot be done."))
    problem = _problem(error.status, reason, sentence, None)
    if allowed := error.headers.get(hdrs.ALLOW):
        return Problem(
            status=problem.status,
            reason=reason,
            sentence=sentence,
            todo=problem.todo,
            headers={"Allow": allowed},
        )
    return problem


def _to_client(problem: Problem, error: Exception) -> web.Response:
    """Answer in the words that clients look for (client-api.md 1.5)."""
    told: dict[str, object] = {"error": _CLIENT_WORDS.get(problem.status, problem.sentence)}
    if isinstance(error, Invalid):
        told["error"] = f"Validation failed: {problem.sentence}"
        told["details"] = {
            name: [{"error": "ERR_INVALID", "description": sentence}]
            for name, sentence in error.fields.items()
        }
    return web.Response(
        body=orjson.dumps(told),
        # Clients know no 409: what has changed meanwhile is told as what cannot be taken.
        status=422 if isinstance(error, Conflict) else problem.status,
        content_type="application/json",
        charset="utf-8",
        headers={**problem.headers, hdrs.CACHE_CONTROL: "private, no-store"},
    )


def _json(problem: Problem) -> web.Response:
    told = {"error": problem.reason, "message": problem.sentence}
    if problem.request_id is not None:
        told["request"] = problem.request_id
    return web.Response(
        body=orjson.dumps(told),
        status=problem.status,
        content_type="application/json",
        # What one asker was refused is no answer for another (SIG-20).
        headers={
            **problem.headers,
            hdrs.CACHE_CONTROL: "private, no-store",
            hdrs.VARY: "Accept, Signature",
        },
    )


def _to_sign_in(request: web.Request) -> web.Response:
    path = sign_in_path(request)
    if "HX-Request" in request.headers:
        # A redirect would put the whole sign-in page into a corner of this one.
        return web.Response(status=401, headers={"HX-Redirect": "/sign-in"})
    return web.Response(status=303, headers={hdrs.LOCATION: path})


async def _page(request: web.Request, problem: Problem) -> web.StreamResponse:
    render = request.app.get(RENDER_ERROR)
    try:
        page = await render(request, problem) if render else _plain_page(problem)
    except Exception:  # noqa: BLE001 what broke the page must not break the page about it
        _log.exception("error-page-failed")
        page = _plain_page(problem)
    page.headers.update(problem.headers)
    return page


def _plain_page(problem: Problem) -> web.StreamResponse:
    """Make a page that needs no template."""
    number = f"<p><code>{escape(problem.request_id)}</code></p>" if problem.request_id else ""
    html = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(problem.sentence)}</title></head><body><main>"
        f"<h1>{escape(problem.sentence)}</h1><p>{escape(problem.todo)}</p>{number}"
        f'<p><a href="/">Go to the start</a></p></main></body></html>'
    )
    return web.Response(text=html, status=problem.status, content_type="text/html")
