"""The page of a hashtag: public posts that have it, the latest first."""

from typing import Final
from urllib.parse import quote

from aiohttp import web

from federation.translate.incoming_parts import hashtag_named
from schemas.records import Surface
from server.handlers.pages import views
from server.handlers.pages.pages import (
    asked,
    context_of,
    cursor_in,
    cursor_to,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.rows import rows_of, titled
from server.handlers.pages.words import say
from server.middleware import PRINCIPAL, SESSION
from server.services import sharing, tagging
from server.services.errors import NotFound
from server.storage import desk, hashtags, member_hashtags
from server.storage.feeds import Entry
from server.storage.filters import Place

_PAGE: Final = 20


async def show(request: web.Request) -> web.StreamResponse:
    hashtag = hashtag_named(request.match_info["name"])
    if hashtag is None:
        raise NotFound("hashtag-not-found", "There is no such hashtag.")
    context, session = context_of(request), request[SESSION]
    scope = sharing.scope(context, request[PRINCIPAL], Surface.PAGE)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        found = await hashtags.tagged(
            tx, scope, hashtag.slug, before=cursor_in(asked(request, "before")), limit=_PAGE + 1
        )
        replies = (each.post.facts for each in found if each.post.facts.parent_id is not None)
        roots = await desk.entries(tx, sorted({facts.root_id for facts in replies}))
        mine = await member_hashtags.of_reader(
            tx, session.member.id if session else None, [hashtag.slug]
        )

    titles = {row.id: row.title for row in rows_of(request, roots.values(), names)}
    shown = found[:_PAGE]
    further = _behind(hashtag.slug, shown[-1]) if len(found) > _PAGE else None
    return page(
        request,
        "tag.html",
        hashtag=hashtag.name,
        url=f"/tags/{quote(hashtag.slug)}",
        follows=hashtag.slug in mine.followed,
        shows=hashtag.slug in mine.featured,
        posts=titled(request, shown, names, titles, Place.PUBLIC),
        pages=views.pages(following=further),
    )


def _behind(slug: str, last: Entry) -> str:
    facts = last.post.facts
    return f"/tags/{quote(slug)}?before={cursor_to(facts.published_at, facts.id)}"


async def follow(request: web.Request) -> web.StreamResponse:
    """Follow a hashtag, or no longer."""
    context, session, form = context_of(request), signed_in(request), await typed(request)
    name = request.match_info["name"]
    if form.get("on") == "yes":
        tag = await tagging.follow(context, session, name)
        told = say(request, "You follow #%(name)s. It is on your home page.", name=tag.name)
    else:
        tag = await tagging.unfollow(context, session, name)
        told = say(request, "You do not follow #%(name)s any more.", name=tag.name)
    return see_other(request, f"/tags/{quote(tag.slug)}", told)
