"""The lists of our collections of communities, as other agencies read them."""

from aiohttp import web

from schemas.records import ActorKind
from server.context import Context
from server.handlers.activitypub.answers import for_asker, for_one
from server.handlers.activitypub.collections import followers_there
from server.services import feed_documents
from server.services.reading import Asker


@for_asker
async def following(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /f/NAME/following: which communities are in it."""
    return for_one(await feed_documents.following(context, asker, request.match_info["name"]))


@for_asker
async def followers(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /f/NAME/followers."""
    return for_one(await feed_documents.followers(context, asker, request.match_info["name"]))


@for_asker
async def synchronization(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /f/NAME/followers/synchronization: who of the asking agency (FEP-8fcf)."""
    return await followers_there(request, context, asker, ActorKind.FEED)


@for_asker
async def moderators(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /f/NAME/moderators."""
    return for_one(await feed_documents.moderators(context, asker, request.match_info["name"]))


@for_asker
async def outbox(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /f/NAME/outbox."""
    return for_one(await feed_documents.outbox(context, asker, request.match_info["name"]))
