"""Posts that wait for their time: taken in, listed, moved, cancelled (client-api.md 6)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import Page, entity, id_in, page_of, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, read
from server.handlers.mastodon.scheduled_entities import entities_of
from server.middleware import CONTEXT
from server.services import scheduling
from server.services.composing import Composed
from server.services.errors import Conflict, Invalid
from server.services.scheduling import Wish
from server.storage import scheduled
from server.storage.scheduled import Scheduled


async def take(
    request: web.Request,
    written: Composed,
    params: Mapping[str, Any],
    *,
    at: str,
    key: str | None,
) -> web.Response:
    """Answer POST /api/v1/statuses where it names a time; a key that is known is the same."""
    context, member = request.app[CONTEXT], signed_in(request)
    known = await scheduling.find_by_key(context, member, key)
    if known is None:
        wish = Wish(written=written, params=params, due_at=moment(at), key=key)
        try:
            known = await scheduling.take(context, member, wish)
        except Conflict as before:
            known = await scheduling.find_by_key(context, member, key)
            if before.reason != "done-already" or known is None:
                raise
    return await _shown(request, known)


async def _shown(request: web.Request, of: Scheduled) -> web.Response:
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        [made] = await entities_of(tx, context, [of])
    return entity(made)


def moment(text: str) -> datetime:
    """Read a moment that a client sent; without a zone it is of UTC.

    Raises:
        Invalid: field scheduled_at.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid({"scheduled_at": "Scheduled at is not a date and time"}) from error


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/scheduled_statuses."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    window = given.window_of_ids(given.at_most(40, 20))
    async with context.database.reading() as tx:
        found = await scheduled.of_member(tx, member.member.id, window)
        return page_of(request, await entities_of(tx, context, found))


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/scheduled_statuses/{id}."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        found = await scheduling.get(tx, member, id_in(request))
    return await _shown(request, found)


class _Moved(Parameters):
    scheduled_at: Maybe[str] = None


async def move(request: web.Request) -> web.Response:
    """PUT /api/v1/scheduled_statuses/{id}; without a time it stays as it is."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Moved)
    if given.scheduled_at is None:
        return await show(request)
    due_at = moment(given.scheduled_at)
    return await _shown(request, await scheduling.move(context, member, id_in(request), due_at))


async def cancel(request: web.Request) -> web.Response:
    """DELETE /api/v1/scheduled_statuses/{id}."""
    await scheduling.cancel(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})
