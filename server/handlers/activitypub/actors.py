"""Actor documents: members, communities, the agency; public, and never signed for."""

from aiohttp import web

from schemas.records import ActorKind, Anonymous
from server.handlers.activitypub.answers import asker_of, for_all, for_one
from server.middleware import CONTEXT
from server.services import reading

_NOBODY = Anonymous()


async def person(request: web.Request) -> web.Response:
    """Answer /@NAME."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, request.match_info["name"], ActorKind.PERSON)
    return for_all(request, reading.actor_document(context, known, _NOBODY))


async def community(request: web.Request) -> web.Response:
    """Answer /c/NAME; a members-only one tells admitted agencies more than others."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, request.match_info["name"], ActorKind.COMMUNITY)
    if known.is_private:
        return for_one(reading.actor_document(context, known, await asker_of(request)))
    return for_all(request, reading.actor_document(context, known, _NOBODY))


async def agency(request: web.Request) -> web.Response:
    """Answer /actor, always without a signature: it has the key that others need (SIG-21)."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, "actor", ActorKind.AGENCY)
    return for_all(request, reading.actor_document(context, known, _NOBODY))
