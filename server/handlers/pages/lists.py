"""A member's lists: made, read, filled; nobody else sees them."""

from typing import Final

from aiohttp import web

from schemas.records import Surface
from server.handlers.pages import views
from server.handlers.pages.pages import (
    asked,
    context_of,
    cursor_in,
    cursor_to,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.rows import rows_of, titled
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL
from server.services import listing, sharing
from server.services.errors import Invalid
from server.storage import desk, lists
from server.storage.filters import Place
from server.storage.lists import MemberList, Replies
from server.storage.timelines import Window

_PAGE: Final = 20
_MOST: Final = 500


async def show(request: web.Request) -> web.StreamResponse:
    return await _lists_page(request)


async def _lists_page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        found = await lists.of_member(tx, session.member.id)
    return page(request, "lists.html", lists=found, errors=errors, form=form)


async def make(request: web.Request) -> web.StreamResponse:
    context, form = context_of(request), await typed(request)
    try:
        made = await listing.add(
            context, signed_in(request), form.get("title", ""), Replies.NONE, exclusive=False
        )
    except Invalid as wrong:
        return await _lists_page(request, errors=wrong.fields, form=form)
    told = say(request, "The list is there. Now choose who is in it.")
    return see_other(request, f"/lists/{made.id}/edit", told)


async def read(request: web.Request) -> web.StreamResponse:
    """Show what stands in a list, by when it was written, the latest first."""
    context, session = context_of(request), signed_in(request)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        of = await listing.get(tx, session, id_in(request.match_info["id"]))
        names = await views.agency_names(tx, context)
        found = await lists.newest(
            tx,
            scope,
            session.member.id,
            of,
            before=cursor_in(asked(request, "before")),
            limit=_PAGE + 1,
        )
        replies = (each.post.facts for each in found if each.post.facts.parent_id is not None)
        roots = await desk.entries(tx, sorted({facts.root_id for facts in replies}))

    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    shown = found[:_PAGE]
    further = None
    if len(found) > _PAGE:
        last = shown[-1].post.facts
        further = f"/lists/{of.id}?before={cursor_to(last.published_at, last.id)}"
    return page(
        request,
        "list.html",
        of=of,
        posts=titled(request, shown, names, titles, Place.HOME),
        pages=views.pages(following=further),
    )


async def edit_form(request: web.Request) -> web.StreamResponse:
    return await _edit_page(request)


async def _edit_page(
    request: web.Request,
    *,
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> web.Response:
    context, session = context_of(request), signed_in(request)
    async with context.database.reading() as tx:
        of = await listing.get(tx, session, id_in(request.match_info["id"]))
        names = await views.agency_names(tx, context)
        inside = await lists.entries(tx, of.id, Window(limit=_MOST))
        others = await lists.addable(tx, session.member.id, of.id, limit=_MOST)
    return page(
        request,
        "list_edit.html",
        of=of,
        inside=[
            {"id": each.actor.id, "actor": views.actor(each.actor, names)} for each in inside
        ],
        others=[{"id": each.id, "actor": views.actor(each, names)} for each in others],
        errors=errors,
        form=form,
    )


async def edit(request: web.Request) -> web.StreamResponse:
    """Rename a list, put somebody in, take somebody out, or remove the whole."""
    context, session, form = context_of(request), signed_in(request), await typed(request)
    list_id = id_in(request.match_info["id"])
    back = f"/lists/{list_id}/edit"
    match form.get("act"):
        case "add":
            await listing.fill(context, session, list_id, [id_in(form.get("id", ""))])
            return see_other(request, back, say(request, "They are in the list."))
        case "take-out":
            await listing.take_out(context, session, list_id, [id_in(form.get("id", ""))])
            return see_other(request, back, say(request, "They are no longer in the list."))
        case "remove":
            await listing.remove(context, session, list_id)
            return see_other(request, "/lists", say(request, "The list is gone."))
        case _:
            return await _change(request, list_id, form)


async def _change(
    request: web.Request, list_id: int, form: dict[str, str]
) -> web.StreamResponse:
    policy = form.get("replies", "")
    wanted = MemberList(
        id=list_id,
        title=form.get("title", ""),
        replies=Replies(policy) if policy in set(Replies) else Replies.NONE,
        exclusive=form.get("exclusive") == "yes",
    )
    try:
        await listing.change(context_of(request), signed_in(request), wanted)
    except Invalid as wrong:
        return await _edit_page(request, errors=wrong.fields, form=form)
    return see_other(request, f"/lists/{list_id}", say(request, "The list is changed."))
