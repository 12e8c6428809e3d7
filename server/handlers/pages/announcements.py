"""Announcements: moderators write, publish and withdraw them; members dismiss them."""

from types import SimpleNamespace
from typing import Final

from aiohttp import web

from server.handlers.pages import views
from server.handlers.pages.moments import read_moment, written_moment
from server.handlers.pages.pages import (
    asked,
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.words import noted, say
from server.services import announcing
from server.services.announcing import AnnouncementDraft
from server.services.errors import Invalid
from server.storage import announcements
from server.storage.announcements import Announcement

_DESK: Final = "/moderation/announcements"
_PAGE: Final = 30
_ACTS: Final = {
    "publish": (announcing.publish, noted("It is published.")),
    "withdraw": (announcing.withdraw, noted("It is withdrawn; nobody sees it any more.")),
    "remove": (announcing.remove, noted("It is deleted.")),
}


async def show(request: web.Request) -> web.StreamResponse:
    return await _desk(request)


async def _desk(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context = context_of(request)
    before = asked(request, "before")
    async with context.database.reading() as tx:
        found = await announcements.latest(
            tx, before=id_in(before) if before else None, limit=_PAGE + 1
        )
    shown = found[:_PAGE]
    further = f"{_DESK}?before={shown[-1].id}" if len(found) > _PAGE else None
    return page(
        request,
        "announcements.html",
        errors=errors,
        form=form,
        announcements_written=[_shown(request, each) for each in shown],
        pages=views.pages(following=further),
    )


def _shown(request: web.Request, of: Announcement) -> SimpleNamespace:
    now = context_of(request).now()
    return SimpleNamespace(
        id=of.id,
        html=of.html,
        source=of.source,
        published=of.published_at,
        starts=of.starts_at,
        ends=of.ends_at,
        over=of.ends_at is not None and of.ends_at <= now,
        ahead=of.starts_at is not None and of.starts_at > now,
        starts_field=written_moment(request, of.starts_at),
        ends_field=written_moment(request, of.ends_at),
    )


async def write(request: web.Request) -> web.StreamResponse:
    """Keep a draft, or publish what was written at once: `act` says which."""
    context, form = context_of(request), await typed(request)
    try:
        announcement_id = await announcing.write(context, _draft(request, form))
    except Invalid as wrong:
        return await _desk(request, wrong.fields, form)
    if form.get("act") != "publish":
        return see_other(request, _DESK, say(request, "The draft is kept."))
    await announcing.publish(context, signed_in(request), announcement_id)
    return see_other(request, _DESK, say(request, "It is published."))


def _draft(request: web.Request, form: dict[str, str]) -> AnnouncementDraft:
    return AnnouncementDraft(
        source=form.get("body", ""),
        starts_at=read_moment(request, form.get("starts", ""), "starts"),
        ends_at=read_moment(request, form.get("ends", ""), "ends"),
    )


async def edit_form(request: web.Request) -> web.StreamResponse:
    return await _one(request)


async def _one(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    async with context_of(request).database.reading() as tx:
        found = await announcing.get(tx, id_in(request.match_info["id"]))
    return page(
        request, "announcement.html", errors=errors, form=form, of=_shown(request, found)
    )


async def edit(request: web.Request) -> web.StreamResponse:
    """Change it, or do with it what `act` says: publish, withdraw, remove."""
    context, moderator, form = context_of(request), signed_in(request), await typed(request)
    number, act = id_in(request.match_info["id"]), form.get("act", "")
    try:
        if act in _ACTS:
            do, told = _ACTS[act]
            await do(context, moderator, number)
        else:
            told = noted("It is changed.")
            await announcing.change(context, moderator, number, _draft(request, form))
    except Invalid as wrong:
        return await _one(request, wrong.fields, form)
    return see_other(request, _DESK, say(request, told))


async def dismiss(request: web.Request) -> web.StreamResponse:
    """Take it from the member's pages, and show the page that they were on."""
    form = await typed(request)
    number = id_in(request.match_info["id"])
    await announcing.dismiss(context_of(request), signed_in(request), number)
    return see_other(request, form.get("back", "/"))
