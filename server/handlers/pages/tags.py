"""The page of a hashtag: public posts that have it, the latest first."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from federation.translate.incoming_parts import hashtag_named
from schemas.records import Surface
from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, cursor_in, cursor_to, page
from server.handlers.pages.rows import rows_of, titled
from server.middleware import PRINCIPAL
from server.services import sharing
from server.services.errors import NotFound
from server.storage import desk, hashtags
from server.storage.feeds import Entry

_PAGE: Final = 20


async def show(request: web.Request) -> web.StreamResponse:
    hashtag = hashtag_named(request.match_info["name"])
    if hashtag is None:
        raise NotFound("hashtag-not-found", "There is no such hashtag.")
    context = context_of(request)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await hashtags.tagged(
            tx, scope, hashtag.slug, before=cursor_in(asked(request, "before")), limit=_PAGE + 1
        )
        replies = (each.post.facts for each in found if each.post.facts.parent_id is not None)
        roots = await desk.entries(tx, sorted({facts.root_id for facts in replies}))

    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    shown = found[:_PAGE]
    further = _behind(hashtag.slug, shown[-1]) if len(found) > _PAGE else None
    return page(
        request,
        "tag.html",
        hashtag=hashtag.name,
        posts=titled(request, shown, names, titles),
        pages=views.pages(following=further),
    )


def _behind(slug: str, last: Entry) -> str:
    facts = last.post.facts
    return f"/tags/{quote(slug)}?before={cursor_to(facts.published_at, facts.id)}"
