"""Who quotes a member's post, and no longer; a question that was asked before."""

from types import SimpleNamespace

from aiohttp import web

from server.handlers.pages import views
from server.handlers.pages.pages import (
    context_of,
    id_in,
    page,
    see_other,
    signed_in,
    typed,
)
from server.handlers.pages.posts import require, single
from server.handlers.pages.words import say
from server.services import duplicates, quotes
from server.services.errors import Invalid


async def show(request: web.Request) -> web.StreamResponse:
    """List who quotes a post of the member's own, each with a button to take that back."""
    context, post_id = context_of(request), id_in(request.match_info["id"])
    released, given = await quotes.given(context, signed_in(request), post_id)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
    facts = released.content.facts
    return page(
        request,
        "quotes.html",
        post=SimpleNamespace(
            id=facts.id, url=f"/p/{facts.root_id}#p{facts.id}", title=released.content.title
        ),
        quotes=[
            SimpleNamespace(
                id=each.stamp.id,
                by=views.actor(each.to, names),
                url=each.stamp.quoting_uri,
                given=each.stamp.given_at,
            )
            for each in given
        ],
    )


async def revoke(request: web.Request) -> web.StreamResponse:
    context, post_id = context_of(request), id_in(request.match_info["id"])
    stamp_id = id_in((await typed(request)).get("quote", ""))
    await quotes.revoke(context, signed_in(request), post_id, stamp_id)
    told = say(request, "They may no longer show your post in theirs.")
    return see_other(request, f"/p/{post_id}/quotes", told)


async def duplicate_form(request: web.Request) -> web.StreamResponse:
    post, community = await single(request)
    require(allowed=post.can.lock)
    return page(request, "duplicate.html", post=post, community=community)


async def duplicate(request: web.Request) -> web.StreamResponse:
    """Close a thread because its question was asked before."""
    context, post_id = context_of(request), id_in(request.match_info["id"])
    form = await typed(request)
    try:
        facts = await duplicates.mark(
            context, signed_in(request), post_id, form.get("original", "")
        )
    except Invalid as wrong:
        post, community = await single(request)
        return page(
            request,
            "duplicate.html",
            errors=wrong.fields,
            form=form,
            post=post,
            community=community,
        )
    told = say(request, "It is closed, and points to where it was asked before.")
    return see_other(request, f"/p/{facts.id}", told)
