"""GET under /api/commonlore/v1: the directory, threads, one thread, where a post is."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from moderation.visibility import Scope
from schemas.commonlore.answers import (
    Communities,
    Stay,
    Thread,
    Threads,
    Whereabouts,
)
from schemas.commonlore.asked import CommunitiesWanted, ThreadsWanted
from schemas.records import Community, Kind, Post, Surface, Visibility
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import entity, id_in
from server.handlers.mastodon.commonlore import entities
from server.handlers.mastodon.commonlore.cursors import cursor_in, cursor_to
from server.handlers.mastodon.commonlore.entities import Shown
from server.handlers.mastodon.parameters import read
from server.handlers.mastodon.statuses import missing, reader_of
from server.middleware import CONTEXT, PRINCIPAL
from server.services import backfill, sharing, whereabouts
from server.services.posts import principal_of
from server.storage import communities, directory, feeds, marks, personal, statuses
from server.storage.directory import Wanted
from server.storage.feeds import Entry, Tab

_LOCAL: Final = {"here": True, "elsewhere": False}
_TABS: Final[dict[bool | None, Tab]] = {None: "all", True: "answered", False: "unanswered"}


async def list_communities(request: web.Request) -> web.Response:
    """List the directory: communities here and elsewhere, most active first."""
    context, given = request.app[CONTEXT], await read(request, CommunitiesWanted)
    reader = reader_of(request).member_id
    wanted = Wanted(
        reader=reader,
        local=_LOCAL.get(given.scope),
        mine=given.scope == "mine",
        words=given.words,
    )
    async with context.database.reading() as tx:
        places = await directory.before(
            tx, wanted, cursor_in(given.cursor), limit=given.limit + 1
        )
        ids = [number for _, number in places[: given.limit]]
        listed = await communities.listed(tx, reader=reader, among=ids, limit=given.limit)
    listed.sort(key=lambda each: ids.index(each.community.id))
    scope = sharing.scope(context, request[PRINCIPAL], Surface.API)
    more = len(places) > given.limit
    return entity(
        Communities(
            communities=tuple(
                entities.community(each, inside=_reads(scope, each.community))
                for each in listed
            ),
            next=cursor_to(*places[given.limit - 1]) if more else None,
        )
    )


async def list_threads(request: web.Request) -> web.Response:
    """List a community's threads, latest activity first."""
    context, wanted = request.app[CONTEXT], id_in(request)
    given = await read(request, ThreadsWanted)
    before = cursor_in(given.cursor)
    scope = sharing.scope(context, request[PRINCIPAL], Surface.API)
    async with context.database.reading() as tx:
        found = await communities.find(tx, wanted)
        if found is None or found.actor.deleted_at or found.actor.suspended_at:
            raise missing()
        if not _reads(scope, found):
            raise missing()
        entries = await feeds.threads(
            tx,
            scope,
            community_id=wanted,
            tab=_TABS[given.answered],
            topic=given.topic,
            kind=Kind(given.kind) if given.kind else None,
            before=before,
            limit=given.limit + 1,
        )
    page = entries[: given.limit]
    more = len(entries) > given.limit
    return entity(
        Threads(
            threads=tuple(
                entities.thread_line(context, each) for each in _shown(request, page)
            ),
            next=cursor_to(page[-1].active_at, page[-1].post.facts.id) if more else None,
        )
    )


def _reads(scope: Scope, community: Community) -> bool:
    """Say whether a reader may know what goes on in a community (VIS-07)."""
    if community.visibility is Visibility.PUBLIC:
        return scope.public
    return scope.everything or community.id in scope.joined


def _shown(request: web.Request, entries: Sequence[Entry]) -> list[Shown]:
    context, principal = request.app[CONTEXT], request[PRINCIPAL]
    return [
        (entry, released)
        for entry in entries
        if (released := sharing.release(context, entry.post, principal, Surface.API))
    ]


async def show_thread(request: web.Request) -> web.Response:
    """Show a thread in reading order, with accepted answers and thanks."""
    context, wanted, member = request.app[CONTEXT], id_in(request), reader_of(request).member_id
    scope = sharing.scope(context, request[PRINCIPAL], Surface.API)
    async with context.database.reading() as tx:
        shown = _shown(request, await feeds.thread(tx, scope, wanted))
        root = next((each for each in shown if each[0].post.facts.id == wanted), None)
        if root is None:
            raise missing()
        given = entities.by_post(await marks.on_thread(tx, wanted))
        unwanted: frozenset[int] = frozenset()
        if member is not None:
            unwanted = frozenset((await personal.of_thread(tx, member, wanted)).unwanted)
    if member is not None:
        await backfill.want_thread(context, root[0].post.facts)
    ordered = entities.in_reading_order(_wanted(shown, unwanted - {wanted}), wanted)
    return entity(
        Thread(
            id=str(wanted),
            accepted=tuple(
                str(released.content.facts.id)
                for _, released in ordered
                if _worked(released.content)
            ),
            posts=tuple(
                entities.post(context, each, given.get(each[0].post.facts.id, ()), member)
                for each in ordered
            ),
        )
    )


def _wanted(shown: Sequence[Shown], unwanted: frozenset[int]) -> list[Shown]:
    """Leave out whom the reader muted or blocked; replies to them stay."""
    return [each for each in shown if each[0].post.facts.id not in unwanted]


def _worked(of: Post) -> bool:
    return of.facts.kind is Kind.ANSWER and of.is_accepted


async def show_whereabouts(request: web.Request) -> web.Response:
    """Say which agencies have a post, to its author and to moderators."""
    context, wanted = request.app[CONTEXT], id_in(request)
    reader = principal_of(signed_in(request))
    async with context.database.reading() as tx:
        _, stays = await whereabouts.of_post(tx, context, wanted, reader, Surface.API)
    return entity(Whereabouts(id=str(wanted), agencies=tuple(_stay(each) for each in stays)))


def _stay(of: whereabouts.Stay) -> Stay:
    return Stay(
        host=of.host,
        standing=of.standing,
        why=of.why,
        since=of.since,
        again_at=of.again_at,
        attempts=of.attempts,
        status=of.status,
    )


async def show_post(request: web.Request, post_id: int) -> web.Response:
    """Answer with a post as it is now.

    Raises:
        NotFound: "record-not-found": it is gone, or not theirs to read.
    """
    context, member = request.app[CONTEXT], reader_of(request).member_id
    scope = sharing.scope(context, request[PRINCIPAL], Surface.API)
    async with context.database.reading() as tx:
        found = await statuses.entries(tx, scope, [post_id])
        given = await marks.on_post(tx, post_id)
    for shown in _shown(request, list(found.values())):
        return entity(entities.post(context, shown, given, member))
    raise missing()
