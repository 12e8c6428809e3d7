"""Posts and activities of ours, and the collections below a post."""

from aiohttp import web

from server.context import Context
from server.handlers.activitypub.answers import for_asker, for_one, number_in
from server.services import reading
from server.services.reading import Asker


@for_asker
async def post(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID."""
    return for_one(await reading.post(context, asker, number_in(request)))


@for_asker
async def replies(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID/replies."""
    return for_one(await reading.replies(context, asker, number_in(request)))


@for_asker
async def likes(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID/likes."""
    return for_one(await reading.likes(context, asker, number_in(request)))


@for_asker
async def reactions(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID/reactions."""
    return for_one(await reading.emoji_reactions(context, asker, number_in(request)))


@for_asker
async def stamp(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID/quotes/STAMP."""
    post_id, stamp_id = number_in(request), number_in(request, "stamp")
    return for_one(await reading.stamp(context, asker, post_id, stamp_id))


@for_asker
async def shares(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /p/ID/shares."""
    return for_one(await reading.shares(context, asker, number_in(request)))


@for_asker
async def activity(request: web.Request, context: Context, asker: Asker) -> web.Response:
    """Answer /activities/ID."""
    return for_one(await reading.activity(context, asker, number_in(request)))
