"""An app asks to use a member's account: what for, where it leads; allow or deny (OAuth 2)."""

from typing import Final
from urllib.parse import quote

from aiohttp import hdrs, web

from server.handlers.pages.pages import (
    asked,
    context_of,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.scope_words import powers
from server.handlers.pages.words import noted, say
from server.middleware import SESSION
from server.middleware.redirects import local_path
from server.services import authorizing, redirect_uris
from server.services.oauth import Wish, Wrong
from server.services.redirect_uris import OUT_OF_BAND

_TRUE: Final = frozenset({"1", "true", "t", "on", "yes"})
_UNKNOWN_APP: Final = noted("We do not know this app")
_WRONG_PLACE: Final = noted("This app may not send you there")
_WRONG_WISH: Final = noted("This app asks for what we cannot give")


async def ask(request: web.Request) -> web.StreamResponse:
    """GET /oauth/authorize: whatever is wrong with it is told here, and leads nowhere."""
    try:
        wish = await authorizing.examine(context_of(request), list(request.query.items()))
    except Wrong as wrong:
        return _refused(request, wrong)
    here = local_path(request.raw_path)
    if here == "/":
        return _refused(request, Wrong("invalid_request", app=wish.app))
    if request[SESSION] is None or asked(request, "force_login").lower() in _TRUE:
        place = _to_sign_in(request, _without_force(here))
        return web.Response(status=303, headers={hdrs.LOCATION: place})
    given = authorizing.may_give(signed_in(request), wish)
    if not given:
        return _refused(request, _for_staff(wish))
    return _for_nobody_else(
        page(
            request,
            "consent.html",
            app=wish.app,
            powers=powers(request, given),
            leads_to=_leads_to(wish),
            here=here,
            other=_to_sign_in(request, here),
        )
    )


async def answer(request: web.Request) -> web.StreamResponse:
    """POST /oauth/authorize: the address says all again, and all of it is judged again."""
    try:
        wish = await authorizing.examine(context_of(request), list(request.query.items()))
    except Wrong as wrong:
        return _refused(request, wrong)
    if (await typed(request)).get("answer") != "allow":
        return _denied(request, wish)
    if not authorizing.may_give(signed_in(request), wish):
        return _refused(request, _for_staff(wish))
    code = await authorizing.allow(context_of(request), signed_in(request), wish)
    if wish.redirect_uri == OUT_OF_BAND:
        return _for_nobody_else(page(request, "app_code.html", app=wish.app, code=code))
    return _to_app(wish.redirect_uri, [("code", code)], wish.state)


def _for_staff(wish: Wish) -> Wrong:
    return Wrong(
        "invalid_scope",
        "Only a moderator can let an app do that.",
        app=wish.app,
        redirect_uri=wish.redirect_uri,
    )


def _denied(request: web.Request, wish: Wish) -> web.StreamResponse:
    if wish.redirect_uri == OUT_OF_BAND:
        done = say(request, "%(app)s cannot use your account.", app=wish.app.name)
        return see_other(request, "/", done)
    return _to_app(wish.redirect_uri, _told(Wrong("access_denied")), wish.state)


def _told(wrong: Wrong) -> list[tuple[str, str]]:
    return [("error", wrong.error), ("error_description", wrong.description)]


def _to_app(uri: str, told: list[tuple[str, str]], state: str | None) -> web.Response:
    location = redirect_uris.answered(uri, told + ([("state", state)] if state else []))
    # 303, so that no form with a token of ours is sent on (RFC 9700 4.12).
    return _for_nobody_else(web.Response(status=303, headers={hdrs.LOCATION: location}))


def _for_nobody_else(response: web.Response) -> web.Response:
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


def _refused(request: web.Request, wrong: Wrong) -> web.Response:
    """Say what is wrong. To the app leads a link at most: anybody may register one (AUT-01)."""
    back = None
    if wrong.redirect_uri is not None and wrong.redirect_uri != OUT_OF_BAND:
        state = [(name, value) for name, value in request.query.items() if name == "state"]
        back = redirect_uris.answered(wrong.redirect_uri, [*_told(wrong), *state[:1]])
    what = _WRONG_WISH if wrong.redirect_uri else _WRONG_PLACE
    return page(
        request,
        "app_refused.html",
        status=400,
        what=say(request, _UNKNOWN_APP if wrong.app is None else what),
        error=wrong.error,
        description=wrong.description,
        app=wrong.app.name if wrong.app else "",
        back=back,
    )


def _without_force(path: str) -> str:
    """Drop what would ask for another sign-in after this one; the rest stays as it is spelt."""
    before, mark, query = path.partition("?")
    kept = [each for each in query.split("&") if each.partition("=")[0] != "force_login"]
    return before + mark + "&".join(kept)


def _to_sign_in(request: web.Request, onward: str) -> str:
    parts = [f"next={quote(onward, safe='/')}"]
    if request[SESSION] is not None:
        parts.append("again=1")
    if lang := asked(request, "lang"):
        parts.append(f"lang={quote(lang, safe='')}")
    return f"/sign-in?{'&'.join(parts)}"


def _leads_to(wish: Wish) -> dict[str, str]:
    """Say where the answer goes: as a code, to a program here, an app or a site."""
    scheme = redirect_uris.scheme_of(wish.redirect_uri) or ""
    if wish.redirect_uri == OUT_OF_BAND:
        return {"kind": "code", "name": ""}
    if scheme not in {"http", "https"}:
        return {"kind": "app", "name": scheme}
    host = redirect_uris.host_of(wish.redirect_uri)
    is_here = redirect_uris.is_loopback(host)
    return {"kind": "here" if is_here else "site", "name": host}
