"""Whom a member does not want to hear: from a person's page, and all of them on one page."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from server.handlers.pages import people, views
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
from server.services import silencing
from server.services.errors import Invalid
from server.storage import silences
from server.storage.database import Transaction
from server.storage.silences import Domain, Silenced
from server.storage.timelines import Window

_PAGE: Final = 50
_TABS: Final = ("muted", "blocked", "domains")
#: How long a mute lasts, by the value of the form's field.
LASTS: Final = {
    "": None,
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
    "30d": timedelta(days=30),
}
_DONE: Final = {
    "mute": noted("You muted %(name)s. Their posts are no longer in your lists."),
    "unmute": noted("You hear %(name)s again."),
    "block": noted("You blocked %(name)s. They are told nothing of it."),
    "unblock": noted("You no longer block %(name)s."),
    "note": noted("Your note about %(name)s is kept. Only you read it."),
}


async def act(request: web.Request) -> web.StreamResponse:
    """Mute, block or note somebody, or take it back; the last part of the path says which."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    async with context.database.reading() as tx:
        person = await people.find(tx, request)
    verb = request.path.rpartition("/")[2]
    try:
        match verb:
            case "mute":
                await silencing.mute(
                    context,
                    member,
                    person.id,
                    notifications=form.get("notifications") == "yes",
                    lasts=LASTS.get(form.get("lasts", "")),
                )
            case "unmute":
                await silencing.unmute(context, member, person.id)
            case "block":
                await silencing.block(context, member, person.id)
            case "unblock":
                await silencing.unblock(context, member, person.id)
            case _:
                await silencing.note(context, member, person.id, form.get("note", ""))
    except Invalid as wrong:
        return await people.person_page(request, errors=wrong.fields, form=form)
    name = person.display_name or person.name
    return see_other(request, views.path_of(person), say(request, _DONE[verb], name=name))


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request, asked(request, "tab"))


async def change(request: web.Request) -> web.StreamResponse:
    """Take a mute or a block back; block a domain, or no longer."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    match form.get("act"):
        case "unmute":
            await silencing.unmute(context, member, id_in(form.get("id", "")))
            tab, told = "muted", say(request, "The mute is taken back.")
        case "unblock":
            await silencing.unblock(context, member, id_in(form.get("id", "")))
            tab, told = "blocked", say(request, "The block is taken back.")
        case "unblock-domain":
            await silencing.unblock_domain(context, member, form.get("domain", ""))
            tab, told = "domains", say(request, "The block is taken back.")
        case _:
            try:
                domain = await silencing.block_domain(context, member, form.get("domain", ""))
            except Invalid as wrong:
                return await _page(request, "domains", errors=wrong.fields, form=form)
            tab = "domains"
            told = say(request, "You read nothing from %(domain)s any more.", domain=domain)
    return see_other(request, f"/settings/silences?tab={tab}", told)


async def _page(
    request: web.Request,
    tab: str,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    shown_tab = tab if tab in _TABS else _TABS[0]
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        window = Window(below=before, limit=_PAGE + 1)
        found = await _listed(tx, request, session.member.id, shown_tab, window)
    shown = found[:_PAGE]
    further = None
    if len(found) > _PAGE:
        further = f"/settings/silences?tab={shown_tab}&before={shown[-1].id}"
    return page(
        request,
        "silences.html",
        tab=shown_tab,
        silenced=[
            {
                "id": each.actor.id,
                "actor": views.actor(each.actor, names),
                "until": each.until,
                "notifications": each.notifications,
            }
            for each in shown
            if isinstance(each, Silenced)
        ],
        domains=[each.domain for each in shown if isinstance(each, Domain)],
        pages=views.pages(following=further),
        errors=errors,
        form=form,
    )


async def _listed(
    tx: Transaction, request: web.Request, member_id: int, tab: str, window: Window
) -> list[Silenced] | list[Domain]:
    match tab:
        case "muted":
            now = context_of(request).now()
            return await silences.mutes(tx, member_id, window, now=now)
        case "blocked":
            return await silences.blocks(tx, member_id, window)
        case _:
            return await silences.domains(tx, member_id, window)
