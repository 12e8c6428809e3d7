"""What a member lost when an agency was blocked: a page, and a file to take along (DOM-07)."""

from typing import Final

from aiohttp import web

from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, id_in, page, signed_in
from server.services import archives
from server.storage import severed
from server.storage.severed import Severed

_PAGE: Final = 50
_AT_ONCE: Final = 1000
_COLUMNS: Final = ("account", "address", "direction", "blocked", "ended")


async def show(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), signed_in(request)
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await severed.of_member(tx, session.member.id, before=before, limit=_PAGE + 1)
    shown = found[:_PAGE]
    further = f"/settings/severed?before={shown[-1].id}" if len(found) > _PAGE else None
    return page(
        request,
        "severed.html",
        severed=[
            {
                "actor": views.actor(each.actor, names),
                "direction": each.direction,
                "blocked": each.blocked,
                "ended": each.severed_at,
            }
            for each in shown
        ],
        pages=views.pages(following=further),
    )


async def download(request: web.Request) -> web.StreamResponse:
    """Give all of it as CSV (RFC 4180), accounts as other programs import them."""
    context, session = context_of(request), signed_in(request)
    rows: list[tuple[str, ...]] = []
    before: int | None = None
    async with context.database.reading() as tx:
        while found := await severed.of_member(
            tx, session.member.id, before=before, limit=_AT_ONCE
        ):
            rows += [_row(each) for each in found]
            before = found[-1].id
    return web.Response(
        body=archives.table(_COLUMNS, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="ended-follows.csv"'},
    )


def _row(each: Severed) -> tuple[str, ...]:
    return (
        f"{each.actor.name}@{each.actor.host}",
        each.actor.uri,
        each.direction,
        each.blocked,
        each.severed_at.isoformat(),
    )
