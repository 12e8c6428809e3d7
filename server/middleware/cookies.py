"""The two cookies: a member's session, and the token of a guest's forms (AUT-10)."""

import re
import secrets
from datetime import timedelta
from typing import Final

from aiohttp import web

from server.config import Settings

_TOKEN: Final = re.compile(r"[\w-]{43}", re.ASCII)


def session_token(request: web.Request, settings: Settings) -> str | None:
    return _token(request, _name("session", settings))


def set_session(response: web.StreamResponse, settings: Settings, token: str) -> None:
    """Give the browser a session's token, for as long as any session lasts."""
    seconds = int(timedelta(days=settings.session_days).total_seconds())
    _set(response, _name("session", settings), token, settings, seconds=seconds)


def clear_session(response: web.StreamResponse, settings: Settings) -> None:
    _set(response, _name("session", settings), "", settings, seconds=0)


def guest_token(request: web.Request, settings: Settings) -> str | None:
    return _token(request, _name("guest", settings))


def set_guest(response: web.StreamResponse, settings: Settings, token: str) -> None:
    _set(response, _name("guest", settings), token, settings, seconds=None)


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _name(plain: str, settings: Settings) -> str:
    # The prefix keeps other hosts of the domain from planting one; it demands https.
    return f"__Host-{plain}" if settings.secure else plain


def _token(request: web.Request, name: str) -> str | None:
    value = request.cookies.get(name, "")
    return value if _TOKEN.fullmatch(value) else None


def _set(
    response: web.StreamResponse,
    name: str,
    value: str,
    settings: Settings,
    *,
    seconds: int | None,
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
    )
