"""Lists of a member: made, changed, filled and read (client-api.md 7)."""

from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from moderation.visibility import Scope
from schemas.mastodon.personal import List
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import account_of, signed_in
from server.handlers.mastodon.answers import Page, entities, entity, id_in, links, number, plain
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.timelines import answer
from server.middleware import CONTEXT
from server.services import listing
from server.services.errors import NotFound
from server.storage import lists
from server.storage.database import Transaction
from server.storage.lists import MemberList, Replies
from server.storage.timelines import Line, Window

_ALL: Final = 500


class _List(Parameters):
    title: Maybe[str] = None
    replies_policy: Maybe[Literal["followed", "list", "none"]] = None
    exclusive: Maybe[bool] = None


def entity_of(of: MemberList) -> List:
    return List(
        id=str(of.id),
        title=of.title,
        replies_policy=of.replies.value,
        exclusive=of.exclusive,
    )


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/lists."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        found = await lists.of_member(tx, member.member.id)
    return entities([entity_of(each) for each in found])


async def holding(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/{id}/lists: the member's own lists that have somebody in them."""
    context, member = request.app[CONTEXT], signed_in(request)
    async with context.database.reading() as tx:
        actor = await account_of(tx, id_in(request))
        found = await lists.of_member(tx, member.member.id, holding=actor.id)
    return entities([entity_of(each) for each in found])


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/lists/{id}."""
    context = request.app[CONTEXT]
    async with context.database.reading() as tx:
        return entity(entity_of(await listing.get(tx, signed_in(request), id_in(request))))


async def create(request: web.Request) -> web.Response:
    """POST /api/v1/lists."""
    given = await read(request, _List)
    made = await listing.add(
        request.app[CONTEXT],
        signed_in(request),
        given.title or "",
        Replies(given.replies_policy or Replies.LIST),
        exclusive=bool(given.exclusive),
    )
    return entity(entity_of(made))


async def change(request: web.Request) -> web.Response:
    """PUT /api/v1/lists/{id}; what was not sent stays as it was."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _List)
    async with context.database.reading() as tx:
        before = await listing.get(tx, member, id_in(request))
    wanted = MemberList(
        id=before.id,
        title=given.title or before.title,
        replies=Replies(given.replies_policy or before.replies),
        exclusive=before.exclusive if given.exclusive is None else given.exclusive,
    )
    return entity(entity_of(await listing.change(context, member, wanted)))


async def remove(request: web.Request) -> web.Response:
    """DELETE /api/v1/lists/{id}."""
    await listing.remove(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})


async def people(request: web.Request) -> web.Response:
    """GET /api/v1/lists/{id}/accounts; with limit=0 all of them."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    most = _ALL if given.limit == 0 else given.at_most(80, 40)
    async with context.database.reading() as tx:
        of = await listing.get(tx, member, id_in(request))
        found = await lists.entries(tx, of.id, given.window_of_ids(most))
        made = await accounts(tx, context, [each.actor for each in found])
    return entities(
        [made[each.actor.id] for each in found],
        links=links(request, found[0].id, found[-1].id) if found and given.limit else None,
    )


class _Accounts(Parameters):
    account_ids: Many[str] = Field(default_factory=list)

    def numbers(self) -> list[int]:
        """Read the ids.

        Raises:
            NotFound: one of them is none that anybody has.
        """
        found = [number(each) for each in self.account_ids]
        known = [each for each in found if each is not None]
        if len(known) != len(found):
            raise NotFound("record-not-found", "Record not found")
        return known


async def fill(request: web.Request) -> web.Response:
    """POST /api/v1/lists/{id}/accounts."""
    given = await read(request, _Accounts)
    await listing.fill(
        request.app[CONTEXT], signed_in(request), id_in(request), given.numbers()
    )
    return plain({})


async def take_out(request: web.Request) -> web.Response:
    """DELETE /api/v1/lists/{id}/accounts, the ids in the body or in the query."""
    given = await read(request, _Accounts)
    await listing.take_out(
        request.app[CONTEXT], signed_in(request), id_in(request), given.numbers()
    )
    return plain({})


async def timeline(request: web.Request) -> web.Response:
    """GET /api/v1/timelines/list/{id}."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        of = await listing.get(tx, member, id_in(request))

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        return await lists.timeline(tx, scope, member.member.id, of, window)

    return await answer(request, given.window(), find)
