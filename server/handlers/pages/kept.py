"""The page of what a member keeps: posts that may still be read, the last kept first."""

from typing import Final

from aiohttp import web

from schemas.records import Surface
from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, id_in, page, signed_in
from server.handlers.pages.rows import rows_of, titled
from server.middleware import PRINCIPAL
from server.services import sharing
from server.storage import bookmarks, desk
from server.storage.timelines import Window

_PAGE: Final = 20


async def show(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), signed_in(request)
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        window = Window(below=before, limit=_PAGE + 1)
        found = await bookmarks.of_member(tx, scope, session.member.id, window)
        replies = (each.entry.post.facts for each in found)
        roots = await desk.entries(
            tx, sorted({facts.root_id for facts in replies if facts.parent_id is not None})
        )

    shown = found[:_PAGE]
    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    further = f"/bookmarks?before={shown[-1].id}" if len(found) > _PAGE else None
    return page(
        request,
        "bookmarks.html",
        posts=titled(request, [each.entry for each in shown], names, titles),
        pages=views.pages(following=further),
    )
