"""Whom a member might follow, the directory, and who knows whom (client-api.md 5)."""

from typing import Final, Literal

from aiohttp import web
from pydantic import Field

from schemas.mastodon.accounts import FamiliarFollowers
from schemas.mastodon.finding import Source, Suggestion
from schemas.records import Surface
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entities, id_in, number, plain
from server.handlers.mastodon.offsets import Part, part_of
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.handlers.mastodon.statuses import reader_of
from server.middleware import CONTEXT
from server.services import sharing, suggesting
from server.storage import discoverable

_MOST: Final = 80
_USUAL: Final = 40
_FAMILIAR: Final = 10
#: What older clients read in the place of a reason.
_LEGACY: Final[dict[Source, Literal["past_interactions", "global"]]] = {
    "similar_to_recently_followed": "past_interactions",
    "friends_of_friends": "past_interactions",
    "most_interactions": "global",
}


async def listed(request: web.Request) -> web.Response:
    """GET /api/v2/suggestions: communities about the member's topics, then people."""
    return await _answer(request, is_old=False)


async def listed_v1(request: web.Request) -> web.Response:
    """GET /api/v1/suggestions: the same, without reasons."""
    return await _answer(request, is_old=True)


async def _answer(request: web.Request, *, is_old: bool) -> web.Response:
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Part)
    limit, offset = given.at_most(_MOST, _USUAL), given.behind
    async with context.database.reading() as tx:
        found = await suggesting.listed(tx, member.member.id, offset=offset, limit=limit)
        made = await accounts(tx, context, [each.actor for each in found])
    if is_old:
        old = [made[each.actor.id] for each in found]
        return part_of(request, old, offset=offset, limit=limit)
    shown = [
        Suggestion(
            source=_LEGACY[each.sources[0]], sources=each.sources, account=made[each.actor.id]
        )
        for each in found
    ]
    return part_of(request, shown, offset=offset, limit=limit)


async def dismiss(request: web.Request) -> web.Response:
    """DELETE /api/v1/suggestions/{id}."""
    await suggesting.dismiss(request.app[CONTEXT], signed_in(request), id_in(request))
    return plain({})


class _Directory(Part):
    order: Maybe[Literal["active", "new"]] = None
    local: bool = False


async def directory(request: web.Request) -> web.Response:
    """GET /api/v1/directory: who wants to be found, and nobody else."""
    context, given = request.app[CONTEXT], await read(request, _Directory)
    limit, offset = given.at_most(_MOST, _USUAL), given.behind
    async with context.database.reading() as tx:
        found = await discoverable.listed(
            tx,
            reader_of(request).member_id,
            local=given.local,
            newest=given.order == "new",
            offset=offset,
            limit=limit,
        )
        made = await accounts(tx, context, found)
    return part_of(request, [made[each.id] for each in found], offset=offset, limit=limit)


class _Several(Parameters):
    id: Many[str] = Field(default_factory=list)


async def familiar_followers(request: web.Request) -> web.Response:
    """GET /api/v1/accounts/familiar_followers: who of those one follows is in a community.

    Of people it is nobody: whom somebody follows is told to nobody else here.
    """
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Several)
    wanted = [found for each in given.id[:_USUAL] if (found := number(each)) is not None]
    scope = sharing.scope(context, reader_of(request).principal, Surface.API)
    async with context.database.reading() as tx:
        known = await discoverable.familiar(tx, scope, member.member.id, wanted, each=_FAMILIAR)
        made = await accounts(tx, context, [each for found in known.values() for each in found])
    return entities(
        [
            FamiliarFollowers(
                id=str(each), accounts=tuple(made[one.id] for one in known.get(each, ()))
            )
            for each in wanted
        ]
    )
