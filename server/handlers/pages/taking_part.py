"""Taking part from one's own server: guests are shown the way there, members come from it."""

from types import SimpleNamespace
from typing import Final
from urllib.parse import quote

from aiohttp import web

from federation.interaction import Wish
from federation.uris import host_of
from schemas.gate import SealedPost
from schemas.records import Actor, ActorKind, Surface
from server.handlers.pages import views
from server.handlers.pages.pages import asked, context_of, page, see_other, typed
from server.middleware import PRINCIPAL, SESSION
from server.services import discovery, sharing
from server.services import taking_part as service
from server.services.errors import Invalid, NotFound

_WISHES: Final[dict[str, Wish]] = {
    "community": "follow",
    "person": "follow",
    "thread": "answer",
}


async def form(request: web.Request) -> web.StreamResponse:
    """Ask a guest where their account is; whoever has one here sees the thing itself."""
    thing = await _thing(request, asked(request, "uri"))
    if request[SESSION] is not None:
        return see_other(request, thing.url)
    return page(request, "take_part.html", thing=thing, onward=None)


async def find(request: web.Request) -> web.StreamResponse:
    """Ask their server, and show the way there: nobody is sent away unseen (AUT-01)."""
    given = await typed(request)
    thing = await _thing(request, given.get("uri", ""))
    try:
        address = await service.way_home(
            context_of(request), given.get("handle", ""), thing.uri, _WISHES[thing.kind]
        )
    except Invalid as wrong:
        return page(
            request,
            "take_part.html",
            errors=wrong.fields,
            form=given,
            thing=thing,
            onward=None,
        )
    onward = SimpleNamespace(address=address, host=host_of(address))
    return page(request, "take_part.html", thing=thing, onward=onward)


async def arrive(request: web.Request) -> web.StreamResponse:
    """Open what a member found at another server: the address that our WebFinger names."""
    return see_other(request, f"/find?q={quote(asked(request, 'uri').strip(), safe='')}")


async def _thing(request: web.Request, uri: str) -> SimpleNamespace:
    """Find what is public here and can be taken part in; nothing is fetched for it."""
    found = await discovery.look_up(context_of(request), uri, may_fetch=False)
    thing = _post(request, found) if isinstance(found, SealedPost) else _actor(found)
    if thing is None:
        raise NotFound("not-found", "There is nothing at this address.")
    return thing


def _post(request: web.Request, sealed: SealedPost) -> SimpleNamespace | None:
    context, facts = context_of(request), sealed.facts
    released = sharing.release(context, sealed, request[PRINCIPAL], Surface.PAGE)
    if released is None or facts.deleted_at is not None or facts.locked_at is not None:
        return None
    return SimpleNamespace(
        kind="thread", uri=facts.uri, url=f"/p/{facts.root_id}", name=released.content.title
    )


def _actor(found: Actor | None) -> SimpleNamespace | None:
    if found is None or found.kind in {ActorKind.AGENCY, ActorKind.FEED}:
        return None
    if found.deleted_at is not None or found.suspended_at is not None:
        return None
    return SimpleNamespace(
        kind="community" if found.kind is ActorKind.COMMUNITY else "person",
        uri=found.uri,
        url=views.path_of(found),
        name=found.display_name or found.name,
    )
