"""What a member wrote for later: taken from the forms that write, listed, moved, cancelled."""

from datetime import datetime
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
from server.services import scheduling
from server.services.errors import Invalid
from server.services.scheduling import Thread, Wish
from server.storage import media, scheduled
from server.storage.scheduled import Scheduled
from server.storage.timelines import Window

_PAGE: Final = 50
#: What clients are told in Mastodon's words, in ours.
_WORDS: Final = {
    "too-soon": noted("Choose a time that is more than five minutes ahead."),
    "too-late": noted("Choose a time within the next ten years."),
    "too-many-scheduled": noted(
        "You have 300 posts that wait, or 50 on that day. Cancel one, or choose another day."
    ),
}


async def take(request: web.Request, thread: Thread, at: str) -> web.Response:
    """Keep what opens a thread until then, and show what waits.

    Raises:
        Invalid: field at, or as publishing it now would.
    """
    context, member = context_of(request), signed_in(request)
    due_at = _moment(request, at, "at")
    wish = Wish(written=thread, params=thread.model_dump(mode="json"), due_at=due_at)
    try:
        await scheduling.take(context, member, wish)
    except Invalid as wrong:
        raise _reworded(wrong, "at") from wrong
    told = say(request, "It waits here, and is published when its time comes.")
    return see_other(request, "/settings/scheduled", told)


def _moment(request: web.Request, text: str, field: str) -> datetime:
    found = read_moment(request, text, field)
    if found is None:
        raise Invalid({field: _WORDS["too-soon"]})
    return found


def _reworded(wrong: Invalid, field: str) -> Invalid:
    words = _WORDS.get(wrong.reason)
    return Invalid({field: words}, reason=wrong.reason) if words else wrong


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def _page(
    request: web.Request,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, member = context_of(request), signed_in(request)
    before = asked(request, "before")
    window = Window(below=id_in(before) if before else None, limit=_PAGE + 1)
    async with context.database.reading() as tx:
        found = await scheduled.of_member(tx, member.member.id, window)
        files = await media.of_scheduled(tx, [each.id for each in found])
    shown = found[:_PAGE]
    further = f"/settings/scheduled?before={shown[-1].id}" if len(found) > _PAGE else None
    return page(
        request,
        "scheduled.html",
        errors=errors,
        form=form,
        scheduled=[_shown(request, each, len(files.get(each.id, ()))) for each in shown],
        pages=views.pages(following=further),
    )


def _shown(request: web.Request, of: Scheduled, files: int) -> SimpleNamespace:
    first, _, rest = scheduling.text_of(of).partition("\n")
    return SimpleNamespace(
        id=of.id,
        title=first,
        text=rest.strip(),
        due=of.due_at,
        at=written_moment(request, of.due_at),
        refused=say(request, of.refused),
        files=files,
    )


async def change(request: web.Request) -> web.StreamResponse:
    """Give it another time, or cancel it: `act` says which."""
    context, member, form = context_of(request), signed_in(request), await typed(request)
    scheduled_id = id_in(request.match_info["id"])
    async with context.database.reading() as tx:
        await scheduling.get(tx, member, scheduled_id)
    if form.get("act") == "cancel":
        await scheduling.cancel(context, member, scheduled_id)
        return see_other(
            request, "/settings/scheduled", say(request, "It will not be published.")
        )
    field = f"at-{scheduled_id}"
    try:
        due_at = _moment(request, form.get("at", ""), field)
        await scheduling.move(context, member, scheduled_id, due_at)
    except Invalid as wrong:
        told = _reworded(wrong, field)
        return await _page(request, told.fields, {field: form.get("at", "")})
    return see_other(request, "/settings/scheduled", say(request, "It has another time now."))
