"""Private threads as clients have them: listed, read, taken off the list (client-api.md 5)."""

from collections.abc import Sequence

from aiohttp import web

from schemas.mastodon.conversations import Conversation
from schemas.records import Surface
from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import Page, entities, entity, id_in, links, plain
from server.handlers.mastodon.parameters import read
from server.handlers.mastodon.status_entities import Reader, of_entries
from server.handlers.mastodon.statuses import missing, reader_of
from server.middleware import CONTEXT
from server.services import sharing
from server.storage import conversations, desk, statuses
from server.storage.conversations import Conversation as Stored
from server.storage.database import Transaction


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/conversations, by the ids of their last posts."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await conversations.of_member(tx, member.member.id, given.window())
        made = await rendered(tx, context, reader_of(request), found)
    beside = links(request, found[0].last_id, found[-1].last_id) if found else None
    return entities(made, links=beside)


async def rendered(
    tx: Transaction, context: Context, reader: Reader, found: Sequence[Stored]
) -> list[Conversation]:
    """Make conversations; the same number of statements for any of them."""
    scope = sharing.scope(context, reader.principal, Surface.API)
    last = await statuses.entries(tx, scope, [each.last_id for each in found])
    made = await of_entries(tx, context, reader, list(last.values()))
    people = await desk.actors_by_id(tx, sorted({one for each in found for one in each.people}))
    shown = await accounts(tx, context, list(people.values()))
    return [
        Conversation(
            id=str(each.root_id),
            unread=each.unread,
            accounts=tuple(shown[one] for one in each.people if one in shown),
            last_status=made[each.last_id].status if each.last_id in made else None,
        )
        for each in found
    ]


async def mark_read(request: web.Request) -> web.Response:
    """POST /api/v1/conversations/{id}/read."""
    context, member, root_id = request.app[CONTEXT], signed_in(request), id_in(request)
    async with context.database.transaction("conversations.read") as tx:
        if not await conversations.read(tx, member.member.id, root_id):
            raise missing()
    async with context.database.reading() as tx:
        found = await conversations.find(tx, [member.member.id], root_id)
        [made] = await rendered(tx, context, reader_of(request), list(found.values()))
    return entity(made)


async def forget(request: web.Request) -> web.Response:
    """DELETE /api/v1/conversations/{id}: off the list, until somebody writes in it again."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.transaction("conversations.forget") as tx:
        if not await conversations.forget(tx, member.member.id, id_in(request)):
            raise missing()
    return plain({})
