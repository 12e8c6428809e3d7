"""Move a thread to another community of this agency: choose which, and confirm."""

from aiohttp import web

from server.handlers.pages.pages import context_of, id_in, page, see_other, signed_in, typed
from server.handlers.pages.posts import require, single
from server.handlers.pages.words import say
from server.services import relocating


async def form(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def move(request: web.Request) -> web.StreamResponse:
    chosen = (await typed(request)).get("community", "")
    if not chosen.isdecimal():
        wrong = {"community": say(request, "Choose where it goes.")}
        return await _page(request, errors=wrong)
    facts = await relocating.relocate(
        context_of(request),
        signed_in(request),
        id_in(request.match_info["id"]),
        id_in(chosen),
    )
    told = say(request, "The thread is in its new community; every agency is told.")
    return see_other(request, f"/p/{facts.id}", told)


async def _page(
    request: web.Request, *, errors: dict[str, str] | None = None
) -> web.StreamResponse:
    post, community = await single(request)
    require(allowed=post.can.move)
    found = await relocating.places(context_of(request), signed_in(request), post.id)
    return page(
        request,
        "relocate.html",
        errors=errors,
        form=None,
        post=post,
        community=community,
        places=[
            {"value": str(each.id), "text": each.display_name or each.name} for each in found
        ],
    )
