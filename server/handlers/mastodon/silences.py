"""Whom a member mutes and blocks, and what they note of people (client-api.md 5)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from aiohttp import web

from schemas.mastodon.personal import MutedAccount
from schemas.records import Actor
from server.context import Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.accounts import related, signed_in
from server.handlers.mastodon.answers import Page, entities, id_in, links, plain
from server.handlers.mastodon.parameters import Maybe, Parameters, Seconds, read
from server.middleware import CONTEXT
from server.services import silencing
from server.storage import silences
from server.storage.sessions import SignedIn
from server.storage.silences import Silenced


class _Mute(Parameters):
    """`duration` in seconds; none, or 0, is until it is taken back."""

    notifications: bool = True
    duration: Seconds = None


async def mute(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/mute."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Mute)
    lasts = timedelta(seconds=given.duration) if given.duration else None
    actor = await silencing.mute(
        context, member, id_in(request), notifications=given.notifications, lasts=lasts
    )
    async with context.database.reading() as tx:
        return await related(tx, context, member, actor.id)


async def unmute(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/unmute."""
    return await _do(request, silencing.unmute)


async def block(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/block."""
    return await _do(request, silencing.block)


async def unblock(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/unblock."""
    return await _do(request, silencing.unblock)


async def _do(
    request: web.Request, act: Callable[[Context, SignedIn, int], Awaitable[Actor]]
) -> web.Response:
    context, member = request.app[CONTEXT], signed_in(request)
    actor = await act(context, member, id_in(request))
    async with context.database.reading() as tx:
        return await related(tx, context, member, actor.id)


class _Note(Parameters):
    comment: Maybe[str] = None


async def note(request: web.Request) -> web.Response:
    """POST /api/v1/accounts/{id}/note."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Note)
    actor = await silencing.note(context, member, id_in(request), given.comment or "")
    async with context.database.reading() as tx:
        return await related(tx, context, member, actor.id)


async def mutes(request: web.Request) -> web.Response:
    """GET /api/v1/mutes; pages go on by the link alone (client-api.md 1.4)."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await silences.mutes(
            tx, member.member.id, given.window_of_ids(given.at_most(80, 40)), now=context.now()
        )
        made = await accounts(tx, context, [each.actor for each in found])
    shown = [
        MutedAccount(**made[each.actor.id].model_dump(), mute_expires_at=each.until)
        for each in found
    ]
    return entities(shown, links=_links(request, found))


async def blocks(request: web.Request) -> web.Response:
    """GET /api/v1/blocks."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await silences.blocks(
            tx, member.member.id, given.window_of_ids(given.at_most(80, 40))
        )
        made = await accounts(tx, context, [each.actor for each in found])
    return entities([made[each.actor.id] for each in found], links=_links(request, found))


def _links(request: web.Request, found: Sequence[Silenced | silences.Domain]) -> str | None:
    return links(request, found[0].id, found[-1].id) if found else None


class _Domain(Parameters):
    domain: Maybe[str] = None


async def domains(request: web.Request) -> web.Response:
    """GET /api/v1/domain_blocks."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, Page)
    async with context.database.reading() as tx:
        found = await silences.domains(
            tx, member.member.id, given.window_of_ids(given.at_most(200, 100))
        )
    answer = plain([each.domain for each in found])
    if (pages := _links(request, found)) is not None:
        answer.headers["Link"] = pages
    return answer


async def block_domain(request: web.Request) -> web.Response:
    """POST /api/v1/domain_blocks."""
    given = await read(request, _Domain)
    await silencing.block_domain(request.app[CONTEXT], signed_in(request), given.domain or "")
    return plain({})


async def unblock_domain(request: web.Request) -> web.Response:
    """DELETE /api/v1/domain_blocks, the domain in the body or in the query."""
    given = await read(request, _Domain)
    await silencing.unblock_domain(request.app[CONTEXT], signed_in(request), given.domain or "")
    return plain({})
