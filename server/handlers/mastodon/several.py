"""Accounts by their ids, several at once (client-api.md 5)."""

from typing import Final

from aiohttp import web
from pydantic import Field

from schemas.records import ActorKind
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.answers import entities, number
from server.handlers.mastodon.parameters import Many, Parameters, read
from server.middleware import CONTEXT
from server.storage import desk

_MOST_AT_ONCE: Final = 40


class _Several(Parameters):
    id: Many[str] = Field(default_factory=list)


async def listed(request: web.Request) -> web.Response:
    """GET /api/v1/accounts?id[]=…, as they were asked for; who is not there is left out."""
    context, given = request.app[CONTEXT], await read(request, _Several)
    wanted = [found for each in given.id[:_MOST_AT_ONCE] if (found := number(each)) is not None]
    async with context.database.reading() as tx:
        known = await desk.actors_by_id(tx, wanted)
        there = [
            actor
            for each in dict.fromkeys(wanted)
            if (actor := known.get(each)) is not None
            and actor.deleted_at is None
            and actor.suspended_at is None
            and actor.kind is not ActorKind.AGENCY
        ]
        made = await accounts(tx, context, there)
    return entities([made[each.id] for each in there])
