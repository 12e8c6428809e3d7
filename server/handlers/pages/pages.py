"""How every page is made: the frame's variables, typed forms, flash messages, error pages."""

from datetime import UTC, datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Final, Literal
from urllib.parse import parse_qs, quote, urlencode

import jinja2
from aiohttp import web

from schemas.records import Role
from server.config import Settings
from server.context import Context
from server.handlers.pages import rendering
from server.handlers.pages.words import language_of, say, translations
from server.middleware import CONTEXT, CSRF, NONCE, SESSION, Problem, forms
from server.middleware.assets import static_path
from server.middleware.redirects import local_path
from server.services import portraits
from server.services.errors import NotFound, NotSignedIn
from server.storage.feeds import Cursor
from server.storage.portraits import PortraitKind
from server.storage.sessions import SignedIn

FlashKind = Literal["done", "notice"]

#: How many posts the page at hand leaves out for the reader's filters.
HIDDEN: Final = web.RequestKey("hidden", int)

_LARGEST_ID: Final = 2**63 - 1
_FLASH_SECONDS: Final = 60
_LONGEST_FLASH: Final = 300
_UNPROCESSABLE: Final = 422


def context_of(request: web.Request) -> Context:
    return request.app[CONTEXT]


def signed_in(request: web.Request) -> SignedIn:
    """Give whoever makes the request; the route's audience says so too, before."""
    session = request[SESSION]
    if session is None:
        raise NotSignedIn("not-signed-in", "Sign in first.")
    return session


async def typed(request: web.Request) -> dict[str, str]:
    """Read a form: its text fields, with line breaks as one character and without NUL."""
    form = await forms.read(request)
    return {
        name: _plain_text(value)
        for name, value in form.items()
        if isinstance(value, str) and name != "csrf"
    }


def asked(request: web.Request, name: str) -> str:
    """Read one parameter of the query; empty when it is not there."""
    return _plain_text(request.query.get(name, ""))


def _plain_text(text: str) -> str:
    # PostgreSQL stores no NUL, and a lone surrogate is no character at all.
    clean = text.replace("\r\n", "\n").replace("\0", "")
    return clean.encode("utf-8", "replace").decode()


def id_in(text: str) -> int:
    """Read an id that a path or a form names; what can be none is what is not there."""
    if text.isascii() and text.isdigit() and 0 < int(text[:20]) <= _LARGEST_ID:
        return int(text[:20])
    raise NotFound("not-found", "There is nothing at this address.")


def cursor_in(text: str) -> Cursor | None:
    """Read where a page begins, as `cursor_to` wrote it; anything else is the beginning."""
    when, _, number = text.partition("~")
    try:
        moment = datetime.fromisoformat(when)
        # In UTC, which PostgreSQL is told, the first and the last hours of all may be none.
        return (moment.astimezone(UTC), id_in(number)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def cursor_to(moment: datetime, number: int) -> str:
    return quote(f"{moment.isoformat()}~{number}")


def page(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    **variables: object,
) -> web.Response:
    """Render a template in the frame of every page (see layout.html).

    `errors` and `form` are keyed by the id of the form's field; with errors the status is 422.
    """
    flash = _flash(request)
    if errors and status == web.HTTPOk.status_code:
        status = _UNPROCESSABLE
    frame = _frame(request) | {
        "status": status,
        "flash": flash,
        "errors": {field: say(request, told) for field, told in (errors or {}).items()},
        "form": form or {},
    }
    text = rendering.render(
        _environment(str(frame["language"])), template, **frame, **variables
    )
    response = web.Response(text=text, content_type="text/html", status=status)
    if flash:
        response.del_cookie(_flash_name(context_of(request).settings), path="/")
    return response


def fragment(request: web.Request, template: str, **variables: object) -> web.Response:
    """Render a piece of a page, for htmx."""
    frame = _frame(request) | {"errors": {}, "form": {}}
    text = rendering.render(
        _environment(str(frame["language"])), template, **frame, **variables
    )
    return web.Response(text=text, content_type="text/html")


def see_other(
    request: web.Request, path: str, flash: str = "", *, kind: FlashKind = "done"
) -> web.Response:
    """Send the browser on to a page of ours after a POST; the page then shows `flash` once."""
    settings = context_of(request).settings
    fragment_at = path.partition("#")
    safe = local_path(fragment_at[0]) + fragment_at[1] + fragment_at[2]
    response = web.Response(status=303, headers={"Location": safe})
    if flash:
        response.set_cookie(
            _flash_name(settings),
            urlencode({"kind": kind, "text": flash[:_LONGEST_FLASH]}),
            max_age=_FLASH_SECONDS,
            path="/",
            secure=settings.secure,
            httponly=True,
            samesite="Lax",
        )
    return response


async def render_error(request: web.Request, problem: Problem) -> web.StreamResponse:
    """Make the page of a problem: the `RENDER_ERROR` of the middleware."""
    response = page(
        request,
        "error.html",
        status=problem.status,
        what=say(request, problem.sentence),
        todo=say(request, problem.todo),
        request_id=problem.request_id,
    )
    response.headers.update(problem.headers)
    return response


def _frame(request: web.Request) -> dict[str, object]:
    context, session = context_of(request), request[SESSION]
    settings = context.settings
    return {
        "instance": SimpleNamespace(
            name=settings.name,
            authority=settings.authority,
            description=settings.description,
            registration=settings.registration,
        ),
        "member": _member(context, session) if session else None,
        "announcements": session.announcements if session else (),
        "csrf": request[CSRF],
        "nonce": request[NONCE],
        "static": static_path,
        "now": context.now(),
        "hidden_posts": request.get(HIDDEN, 0),
        "path": request.path,
        "language": language_of(request),
        "time_zone": session.member.time_zone if session else "UTC",
    }


def _member(context: Context, session: SignedIn) -> SimpleNamespace:
    actor, role = session.member.actor, session.member.role
    return SimpleNamespace(
        name=actor.name,
        display_name=actor.display_name or actor.name,
        handle=actor.handle,
        picture=portraits.path_of(context, actor, PortraitKind.AVATAR),
        role=role.value,
        unread=session.unread,
        can_moderate=role.reaches(Role.MODERATOR),
        can_operate=role.reaches(Role.OPERATOR),
    )


def _flash_name(settings: Settings) -> str:
    return "__Host-flash" if settings.secure else "flash"


def _flash(request: web.Request) -> dict[str, str] | None:
    found = parse_qs(request.cookies.get(_flash_name(context_of(request).settings), ""))
    text = found.get("text", [""])[0]
    if not text:
        return None
    kind = "notice" if found.get("kind") == ["notice"] else "done"
    return {"kind": kind, "text": text[:_LONGEST_FLASH]}


@lru_cache(maxsize=32)
def _environment(language: str) -> jinja2.Environment:
    return rendering.environment(translations(language))
