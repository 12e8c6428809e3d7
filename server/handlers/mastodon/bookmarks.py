"""Posts that a member keeps (client-api.md 5)."""

from aiohttp import web

from schemas.records import Surface
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.acting import do
from server.handlers.mastodon.answers import Page, entities, links
from server.handlers.mastodon.parameters import read
from server.handlers.mastodon.status_entities import of_entries
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT
from server.services import bookmarking, sharing
from server.storage import bookmarks


async def keep(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/bookmark."""
    return await do(request, bookmarking.keep)


async def drop(request: web.Request) -> web.Response:
    """POST /api/v1/statuses/{id}/unbookmark."""
    return await do(request, bookmarking.drop)


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/bookmarks; pages go on by the link alone (client-api.md 1.4)."""
    context, reader = request.app[CONTEXT], reader_of(request)
    member, given = signed_in(request), await read(request, Page)
    scope = sharing.scope(context, reader.principal, Surface.API)
    async with context.database.reading() as tx:
        found = await bookmarks.of_member(
            tx, scope, member.member.id, given.window_of_ids(given.at_most(40, 20))
        )
        made = await of_entries(tx, context, reader, [each.entry for each in found])
    shown = [made[each.entry.post.facts.id].status for each in found]
    return entities(shown, links=links(request, found[0].id, found[-1].id) if found else None)
