"""Who follows a member, and who asks to: let in, refused, removed."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import web

from server.context import Context
from server.handlers.pages import views
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
from server.services import follow_requests
from server.services.errors import NotFound
from server.storage import details, follows
from server.storage.sessions import SignedIn
from server.storage.timelines import Window

_ACTS: Final[Mapping[str, Callable[[Context, SignedIn, int], Awaitable[None]]]] = {
    "accept": follow_requests.authorize,
    "refuse": follow_requests.reject,
    "remove": follow_requests.remove_follower,
}
_TOLD: Final = {
    "accept": noted("They follow you now."),
    "refuse": noted("You refused the request."),
    "remove": noted("They follow you no longer."),
}
_SHOWN: Final = 50
_FOLLOWERS: Final = 200


async def show(request: web.Request) -> web.StreamResponse:
    context, me = context_of(request), signed_in(request).member.id
    before = id_in(asked(request, "before")) if asked(request, "before") else None
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        window = Window(below=before, limit=_SHOWN + 1)
        waiting = await follow_requests.waiting(tx, context, me, window)
        found = await follows.followers(tx, me, limit=_FOLLOWERS)
        locked = (await details.find(tx, me)).locked
    further = None
    if len(waiting) > _SHOWN:
        further = f"/settings/followers?before={waiting[_SHOWN - 1].id}"
    return page(
        request,
        "followers.html",
        waiting=[(each.id, views.actor(each, names)) for each in waiting[:_SHOWN]],
        followers=[(each.id, views.actor(each, names)) for each in found],
        locked=locked,
        pages=views.pages(following=further),
    )


async def settle(request: web.Request) -> web.StreamResponse:
    form = await typed(request)
    act = form.get("act", "")
    if act not in _ACTS:
        raise NotFound("not-found", "There is nothing at this address.")
    await _ACTS[act](context_of(request), signed_in(request), id_in(form.get("person", "")))
    return see_other(request, "/settings/followers", say(request, _TOLD[act]))
