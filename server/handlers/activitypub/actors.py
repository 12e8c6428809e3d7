"""Actor documents: members, communities, the agency; public, and never signed for."""

from functools import lru_cache

from aiohttp import web

from federation.uris import Home
from schemas.records import ActorKind
from schemas.wire.collections import ordered_collection
from server.handlers.activitypub.answers import Written, for_all, for_one, written
from server.middleware import CONTEXT
from server.middleware.askers import asker_of
from server.services import reading
from server.storage.served import Known


async def person(request: web.Request) -> web.Response:
    """Answer /@NAME."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, request.match_info["name"], ActorKind.PERSON)
    return for_all(request, _written(context.home, known))


async def feed(request: web.Request) -> web.Response:
    """Answer /f/NAME."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, request.match_info["name"], ActorKind.FEED)
    return for_all(request, _written(context.home, known))


async def community(request: web.Request) -> web.Response:
    """Answer /c/NAME; a members-only one tells admitted agencies more than others."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, request.match_info["name"], ActorKind.COMMUNITY)
    if known.is_private:
        return for_one(reading.actor_document(context, known, await asker_of(request)))
    return for_all(request, _written(context.home, known))


async def agency(request: web.Request) -> web.Response:
    """Answer /actor, always without a signature: it has the key that others need (SIG-21)."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, "actor", ActorKind.AGENCY)
    return for_all(request, _written(context.home, known))


async def moderation(request: web.Request) -> web.Response:
    """Answer /actor/moderation, which others fetch before they take a report (SIG-21)."""
    context = request.app[CONTEXT]
    known = await reading.known_actor(context, "moderation", ActorKind.MODERATION)
    return for_all(request, _written(context.home, known))


async def moderation_outbox(request: web.Request) -> web.Response:
    """Answer /actor/moderation/outbox: it says nothing to everybody; Lemmy wants it there."""
    outbox = request.app[CONTEXT].home.collection(
        request.app[CONTEXT].home.moderation, "outbox"
    )
    return for_all(request, written(ordered_collection(outbox, [])))


# What is known is another object as soon as anything about it changes; see `served.Known`.
@lru_cache(maxsize=512)
def _written(home: Home, known: Known) -> Written:
    return written(reading.document_of_actor(home, known))
