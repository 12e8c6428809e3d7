"""The directory: all communities that we know, here and elsewhere, page by page."""

from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from schemas.records import Role
from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, cursor_in, cursor_to, page
from server.middleware import SESSION
from server.storage import communities
from server.storage import directory as stored
from server.storage.database import Transaction
from server.storage.directory import Place, Wanted

_PAGE: Final = 30
_LOCAL: Final = {"here": True, "elsewhere": False}
_SCOPES: Final = frozenset({"all", "mine", *_LOCAL})


async def directory(request: web.Request) -> web.StreamResponse:
    context, session = context_of(request), request[SESSION]
    query, scope = asked(request, "q").strip(), asked(request, "scope")
    if scope not in _SCOPES or (scope == "mine" and session is None):
        scope = "all"
    reader = session.member.id if session else None
    wanted = Wanted(reader=reader, local=_LOCAL.get(scope), mine=scope == "mine", words=query)
    async with context.database.reading() as tx:
        names = await views.agency_names(tx, context)
        places, pages = await _places(tx, request, wanted)
        ids = [number for _, number in places]
        listed = await communities.listed(tx, reader=reader, among=ids, limit=_PAGE)
    listed.sort(key=lambda each: ids.index(each.community.id))
    return page(
        request,
        "directory.html",
        communities=[views.community(each, names) for each in listed],
        scope=scope,
        query=query,
        pages=pages,
        may_start=session is not None and session.member.role.reaches(Role.STEWARD),
    )


async def _places(
    tx: Transaction, request: web.Request, wanted: Wanted
) -> tuple[list[Place], SimpleNamespace | None]:
    """Give what is on this page, with the links to the pages beside it."""
    behind, front = cursor_in(asked(request, "before")), cursor_in(asked(request, "after"))
    if front is not None:
        found = await stored.after(tx, wanted, front, limit=_PAGE + 1)
        shown = found[-_PAGE:]
        earlier, later = len(found) > _PAGE, True
    else:
        found = await stored.before(tx, wanted, behind, limit=_PAGE + 1)
        shown = found[:_PAGE]
        earlier, later = behind is not None, len(found) > _PAGE
    if not shown:
        return [], None
    return shown, views.pages(
        _link(request, "after", shown[0]) if earlier else None,
        _link(request, "before", shown[-1]) if later else None,
    )


def _link(request: web.Request, side: str, place: Place) -> str:
    kept = "".join(
        f"{name}={quote(asked(request, name))}&"
        for name in ("scope", "q")
        if asked(request, name)
    )
    return f"/communities?{kept}{side}={cursor_to(*place)}"
