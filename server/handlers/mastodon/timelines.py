"""Timelines: home, public, by tag, what one found helpful (client-api.md 5 and 10.1)."""

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from pydantic import Field

from federation.translate.incoming_parts import hashtag_named
from moderation.visibility import Scope
from schemas.records import Surface
from server.context import BOOST
from server.handlers.mastodon.answers import Page, id_in, page_of
from server.handlers.mastodon.parameters import Many, read
from server.handlers.mastodon.status_entities import timeline
from server.handlers.mastodon.statuses import missing, one, reader_of
from server.middleware import CONTEXT
from server.services import sharing
from server.storage import timelines
from server.storage.database import Transaction
from server.storage.timelines import Line, Tags, Window

_MOST_TAGS: Final = 4

Find = Callable[[Transaction, Scope, Window], Awaitable[list[Line]]]
FindFor = Callable[[Transaction, Scope, int, Window], Awaitable[list[Line]]]


async def answer(request: web.Request, window: Window, find: Find) -> web.Response:
    """Answer with the part of a timeline that was asked for."""
    context, reader = request.app[CONTEXT], reader_of(request)
    scope = sharing.scope(context, reader.principal, Surface.API)
    async with context.database.reading() as tx:
        lines = await find(tx, scope, window)
        return page_of(request, await timeline(tx, context, reader, lines))


async def home(request: web.Request) -> web.Response:
    """GET /api/v1/timelines/home."""
    return await _of_member(request, timelines.home)


async def favourites(request: web.Request) -> web.Response:
    """GET /api/v1/favourites: what the member found helpful."""
    return await _of_member(request, timelines.helped_by)


async def _of_member(request: web.Request, find_for: FindFor) -> web.Response:
    given, member_id = await read(request, Page), reader_of(request).member_id
    if member_id is None:
        raise missing()

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        return await find_for(tx, scope, member_id, window)

    return await answer(request, given.window(), find)


class _Public(Page):
    local: bool = False
    remote: bool = False


async def public(request: web.Request) -> web.Response:
    """GET /api/v1/timelines/public."""
    given = await read(request, _Public)

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        return await timelines.public(tx, scope, window, local=given.local, remote=given.remote)

    return await answer(request, given.window(), find)


class _Tagged(Page):
    any: Many[str] = Field(default_factory=list)
    all: Many[str] = Field(default_factory=list)
    none: Many[str] = Field(default_factory=list)
    local: bool = False


async def tag(request: web.Request) -> web.Response:
    """GET /api/v1/timelines/tag/{tag}; "question" and "unanswered" are tags (10.2)."""
    given = await read(request, _Tagged)
    wanted = Tags(
        any_of=_slugs([request.match_info["tag"], *given.any]),
        all_of=_slugs(given.all),
        none_of=_slugs(given.none),
    )

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        return await timelines.tagged(tx, scope, wanted, window, local=given.local)

    return await answer(request, given.window(), find)


def _slugs(names: list[str]) -> tuple[str, ...]:
    found = (hashtag_named(name.removeprefix("#")) for name in names[: _MOST_TAGS + 1])
    return tuple(each.slug for each in found if each is not None)


async def quotes(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/quotes: what quotes a post, for whoever may read both."""
    context, reader, wanted = request.app[CONTEXT], reader_of(request), id_in(request) & ~BOOST
    given = await read(request, Page)

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        await one(tx, context, reader, wanted)
        return await timelines.quoting(tx, scope, wanted, window)

    return await answer(request, given.window(), find)
