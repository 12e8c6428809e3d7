"""An account's pages: sign up, in and out; profile, password and sessions."""

from contextlib import suppress
from functools import lru_cache
from types import SimpleNamespace
from typing import Final
from zoneinfo import available_timezones

from aiohttp import web
from babel import Locale

from schemas.profiles import MOST_FIELDS, Details
from schemas.records import Actor
from server.handlers.pages.pages import (
    asked,
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.pictured import pictures
from server.handlers.pages.words import codes, say
from server.middleware import ADDRESS, SESSION
from server.middleware.cookies import clear_session, set_session
from server.middleware.redirects import local_path
from server.services import accounts, profiles
from server.services.accounts import SignUp
from server.services.errors import Invalid, NotFound
from server.services.profiles import Changes
from server.storage import details, sessions
from server.storage.sessions import SessionRow

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_LONGEST_DEVICE: Final = 60
#: Members choose theirs in the settings.
_FIRST_TIME_ZONE: Final = "UTC"
#: What a form keeps when it is shown again: never a password.
_SECRETS: Final = frozenset({"password", "new_password"})


async def sign_in_form(request: web.Request) -> web.StreamResponse:
    onward = local_path(asked(request, "next"), "")
    # An app may ask that somebody signs in although somebody is signed in.
    if request[SESSION] is not None and not asked(request, "again"):
        return see_other(request, onward or "/")
    return page(request, "sign_in.html", next=onward)


async def sign_in(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    onward = local_path(form.get("next", ""), "")
    try:
        return await _signed_in(request, form, onward or "/", "")
    except Invalid as wrong:
        return page(request, "sign_in.html", errors=wrong.fields, form=_kept(form), next=onward)


async def _signed_in(
    request: web.Request, form: dict[str, str], path: str, flash: str
) -> web.Response:
    """Open a session in place of the one that this browser may have."""
    context, before = context_of(request), request[SESSION]
    token, _csrf = await accounts.sign_in(
        context,
        form.get("name", ""),
        form.get("password", ""),
        address=request[ADDRESS],
        user_agent=request.headers.get("User-Agent", ""),
    )
    if before is not None:
        with suppress(NotFound):
            await accounts.sign_out(context, before.session_id, before.member.id)
    response = see_other(request, path, flash)
    set_session(response, context.settings, token)
    return response


async def sign_out(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), signed_in(request)
    with suppress(NotFound):
        await accounts.sign_out(context, session.session_id, session.member.id)
    response = see_other(request, "/", say(request, "You are signed out."))
    clear_session(response, context.settings)
    return response


async def sign_up_form(request: web.Request) -> web.StreamResponse:
    onward = local_path(asked(request, "next"), "")
    if request[SESSION] is not None:
        return see_other(request, onward or "/")
    # An invitation is sent as a link that carries its code.
    form = {"invitation": asked(request, "invitation")}
    return page(request, "sign_up.html", form=form, next=onward)


async def sign_up(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    onward = local_path(form.get("next", ""), "")
    draft = SignUp(
        name=form.get("name", ""),
        display_name=form.get("display_name", ""),
        password=form.get("password", ""),
        invitation=form.get("invitation", "").strip() or None,
        time_zone=_FIRST_TIME_ZONE,
    )
    try:
        await accounts.sign_up(context_of(request), draft, address=request[ADDRESS])
    except Invalid as wrong:
        return page(request, "sign_up.html", errors=wrong.fields, form=_kept(form), next=onward)
    welcome = say(request, "Welcome. Join a community, then ask or answer something.")
    return await _signed_in(request, form, onward or "/communities", welcome)


def _kept(form: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in _SECRETS}


async def settings_form(request: web.Request) -> web.StreamResponse:
    return await settings_page(request)


async def change_settings(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    changes = Changes(
        display_name=form.get("display_name", ""),
        about=form.get("about", ""),
        time_zone=form.get("time_zone", ""),
        language=form.get("language", ""),
        fields=[
            (form.get(f"field-{place}", ""), form.get(f"field-{place}-value", ""))
            for place in range(MOST_FIELDS)
        ],
        locked="locked" in form,
        bot="bot" in form,
        discoverable="discoverable" in form,
        indexable="indexable" in form,
        hides_collections="shows_collections" not in form,
    )
    try:
        await profiles.change(
            context_of(request), signed_in(request), changes, languages=frozenset(_languages())
        )
    except Invalid as wrong:
        return await settings_page(request, errors=wrong.fields, form=form)
    return see_other(request, "/settings", say(request, "Your profile is saved."))


async def change_password(request: web.Request) -> web.StreamResponse:
    session, form = signed_in(request), await typed(request)
    try:
        await accounts.change_password(
            context_of(request),
            session.member,
            form.get("password", ""),
            form.get("new_password", ""),
            keep_session=session.session_id,
        )
    except Invalid as wrong:
        fields = {"old": "password", "new": "new_password"}
        errors = {fields.get(name, name): told for name, told in wrong.fields.items()}
        return await settings_page(request, errors=errors)
    return see_other(
        request,
        "/settings",
        say(
            request,
            "Your password is changed. Your other sessions are signed out, and no app is "
            "connected any more.",
        ),
    )


async def revoke_session(request: web.Request) -> web.StreamResponse:
    await accounts.sign_out(
        context_of(request), id_in(request.match_info["id"]), signed_in(request).member.id
    )
    return see_other(request, "/settings#sessions", say(request, "That session is signed out."))


async def settings_page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        rows = await sessions.of_member(tx, session.member.id)
        said = await details.find(tx, session.member.id)
    member = session.member
    return page(
        request,
        "settings.html",
        errors=errors,
        form=form,
        profile=_profile(member.actor, member.time_zone, member.language),
        said=said,
        lines=_lines(said),
        shown=pictures(context, member.actor, said),
        time_zones=_time_zones(),
        languages=[{"code": code, "name": name} for code, name in _languages().items()],
        sessions=[
            SimpleNamespace(
                id=row.id,
                device=device_of(row.user_agent) or say(request, "An unknown device"),
                started=row.created_at,
                seen=row.seen_at,
                current=row.id == session.session_id,
            )
            for row in rows
            if _is_open(request, row)
        ],
    )


def _profile(actor: Actor, time_zone: str, language: str) -> dict[str, str]:
    return {
        "display_name": actor.display_name,
        "about": actor.summary_source,
        "time_zone": time_zone,
        "language": language,
    }


def _lines(said: Details) -> list[tuple[str, str]]:
    """Give the lines of a profile as they were typed, and room for as many as there may be."""
    typed_in = [(each.name, each.source) for each in said.fields]
    return typed_in + [("", "")] * (MOST_FIELDS - len(typed_in))


def _is_open(request: web.Request, row: SessionRow) -> bool:
    context = context_of(request)
    idle = (context.now() - row.seen_at).total_seconds() / 60
    return row.expires_at > context.now() and idle < context.settings.session_idle_minutes


def device_of(user_agent: str) -> str:
    """Say in two words what a session is open on: browsers tell it in a hundred, or nothing."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or user_agent[:_LONGEST_DEVICE]


@lru_cache(maxsize=1)
def _time_zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


@lru_cache(maxsize=1)
def _languages() -> dict[str, str]:
    """List the languages that there are pages in, by code."""
    return {code: Locale.parse(code).get_display_name() or code for code in sorted(codes())}
