"""A member deletes their account: a page that says what happens, and then the deed."""

from aiohttp import web

from server.handlers.pages.pages import context_of, page, see_other, signed_in, typed
from server.handlers.pages.words import noted, say
from server.middleware.cookies import clear_session
from server.services import ending
from server.services.errors import Invalid


async def show(request: web.Request) -> web.StreamResponse:
    return await _page(request)


async def delete(request: web.Request) -> web.StreamResponse:
    """End the account on the member's password; they are signed out everywhere."""
    form = await typed(request)
    if form.get("sure") != "yes":
        return await _page(request, errors={"sure": noted("Tick the box if you are sure.")})
    try:
        await ending.end_own(context_of(request), signed_in(request), form.get("password", ""))
    except Invalid as wrong:
        return await _page(request, errors=wrong.fields)
    told = say(request, "Your account is being deleted. Everybody with a copy is told.")
    response = see_other(request, "/", told)
    clear_session(response, context_of(request).settings)
    return response


async def _page(request: web.Request, *, errors: dict[str, str] | None = None) -> web.Response:
    session = signed_in(request)
    in_the_way = await ending.communities_in_the_way(context_of(request), session.member.id)
    return page(request, "leaving.html", errors=errors, in_the_way=in_the_way)
