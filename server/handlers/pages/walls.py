"""Writing outside communities, and the private threads that a member is in."""

from types import SimpleNamespace
from typing import Final

from aiohttp import web

from schemas.records import Actor, Kind, Surface
from server.context import Context
from server.handlers.pages import people, scheduled, views
from server.handlers.pages.composing import Composed, composed
from server.handlers.pages.pages import (
    asked,
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.posts import preview_of, renamed
from server.handlers.pages.views import Names
from server.handlers.pages.words import say
from server.services import posts, sharing
from server.services.errors import Invalid, NotAllowed
from server.services.posts import principal_of
from server.services.scheduling import Thread
from server.services.walls import CIRCLES
from server.storage import conversations, desk
from server.storage.conversations import Conversation
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.sessions import SignedIn
from server.storage.timelines import Window

_PAGE: Final = 20
_LONGEST_TEXT: Final = 200
_BODY: Final = {"source": "body", "media": "files"}


async def write_form(request: web.Request) -> web.StreamResponse:
    to = await _to(request)
    chosen = asked(request, "visibility")
    form = {"body": f"{to.handle} " if to else ""}
    if chosen in CIRCLES:
        form["visibility"] = chosen
    return await _form(request, to, form=form)


async def write(request: web.Request) -> web.StreamResponse:
    to, form = await _to(request), await typed(request)
    written = await composed(request, form)
    if written.stays:
        errors = {"files": written.wrong} if written.wrong else {}
        return await _again(request, to, written, errors)
    circle = form.get("visibility", "")
    thread = Thread(
        circle=circle if circle in CIRCLES else "direct",
        kind=Kind.DISCUSSION,
        body=form.get("body", ""),
        files=scheduled.files_of(written.chosen),
    )
    try:
        if form.get("at"):
            return await scheduled.take(request, thread, form["at"])
        facts = await posts.publish_alone(
            context_of(request), signed_in(request), thread.kind, thread.draft()
        )
    except Invalid as wrong:
        return await _again(request, to, written, renamed(wrong, _BODY))
    except NotAllowed as refusal:
        if refusal.reason != "agency-not-reached":
            raise
        return await _again(request, to, written, {"body": refusal.sentence})
    return see_other(request, f"/p/{facts.id}", say(request, "It is posted."))


async def _to(request: web.Request) -> Actor | None:
    """Find whom a message is for, where somebody is named."""
    named = asked(request, "to")
    if not named:
        return None
    async with context_of(request).database.reading() as tx:
        return await people.find_by_handle(tx, request, named)


async def _again(
    request: web.Request, to: Actor | None, written: Composed, errors: dict[str, str]
) -> web.Response:
    shown = await preview_of(written.form) if written.form.get("act") == "preview" else None
    return await _form(
        request, to, form=written.form, written=written, errors=errors, html=shown
    )


async def _form(
    request: web.Request,
    to: Actor | None,
    *,
    form: dict[str, str],
    written: Composed | None = None,
    errors: dict[str, str] | None = None,
    html: str | None = None,
) -> web.Response:
    async with context_of(request).database.reading() as tx:
        names = await views.agency_names(tx, context_of(request))
    return page(
        request,
        "write.html",
        to=views.actor(to, names) if to else None,
        form=form,
        errors=errors,
        files=written.files if written else (),
        preview_html=html,
    )


async def messages(request: web.Request) -> web.StreamResponse:
    """List private threads; the one that was written in last comes first."""
    context, member = context_of(request), signed_in(request)
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        window = Window(below=before, limit=_PAGE + 1)
        found = await conversations.of_member(tx, member.member.id, window)
        rows = await _rows(tx, context, member, found[:_PAGE], names)
    further = f"/messages?before={found[_PAGE - 1].last_id}" if len(found) > _PAGE else None
    return page(
        request, "messages.html", conversations=rows, pages=views.pages(following=further)
    )


async def _rows(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    found: list[Conversation],
    names: Names,
) -> list[SimpleNamespace]:
    last = await desk.entries(tx, [each.last_id for each in found])
    others = await desk.actors_by_id(tx, sorted({one for each in found for one in each.people}))
    return [
        SimpleNamespace(
            url=f"/p/{each.root_id}",
            people=[views.actor(others[one], names) for one in each.people if one in others],
            text=_text(context, member, last[each.last_id]),
            last=last[each.last_id].post.facts.published_at,
            unread=each.unread,
        )
        for each in found
        if each.last_id in last
    ]


def _text(context: Context, member: SignedIn, entry: Entry) -> str:
    released = sharing.release(context, entry.post, principal_of(member), Surface.PAGE)
    if released is None or released.content.facts.deleted_at is not None:
        return ""
    of = released.content
    shown = of.warning if views.is_folded(of) else of.text
    return " ".join(shown[: _LONGEST_TEXT * 2].split())[:_LONGEST_TEXT]
