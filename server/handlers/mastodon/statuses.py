"""Statuses: one, several, what is around one, how it was written (client-api.md 5)."""

from aiohttp import web
from pydantic import Field

from schemas.mastodon.statuses import Context as Thread
from schemas.mastodon.statuses import Status, StatusEdit, StatusSource
from schemas.records import Kind, PostFacts, Surface
from server.context import BOOST, Context
from server.handlers.mastodon.account_entities import accounts
from server.handlers.mastodon.answers import entities, entity, id_in, number
from server.handlers.mastodon.parameters import Many, Parameters, read
from server.handlers.mastodon.status_entities import (
    Made,
    Reader,
    boost,
    boosted,
    of_entries,
    titled,
)
from server.middleware import CONTEXT, PRINCIPAL, SESSION
from server.services import backfill, composing, sharing
from server.services.errors import NotFound
from server.storage import boosts, feeds, givers, personal, posts, statuses
from server.storage.database import Transaction
from server.storage.feeds import Entry

_MOST_AT_ONCE = 40
_MOST_GIVERS = 80


def reader_of(request: web.Request) -> Reader:
    session = request[SESSION]
    return Reader(
        principal=request[PRINCIPAL],
        member_id=session.member.id if session else None,
        filters=session.filters if session else (),
    )


def missing() -> NotFound:
    """Say the same of what is not there and of what is not theirs (VIS-05)."""
    return NotFound("record-not-found", "Record not found")


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}."""
    context, wanted = request.app[CONTEXT], id_in(request)
    async with context.database.reading() as tx:
        return entity(await one(tx, context, reader_of(request), wanted))


async def one(tx: Transaction, context: Context, reader: Reader, status_id: int) -> Status:
    """Make one status; a boost where the id is a boost's.

    Raises:
        NotFound: "record-not-found": there is none, or it is not theirs to read.
    """
    made = (await _made(tx, context, reader, [status_id & ~BOOST])).get(status_id & ~BOOST)
    if made is None and not status_id & BOOST:
        return await _boost_of_person(tx, context, reader, status_id)
    if made is None or (status_id & BOOST and not made.is_boosted):
        raise missing()
    return boost(made, context) if status_id & BOOST else made.status


async def _boost_of_person(
    tx: Transaction, context: Context, reader: Reader, boost_id: int
) -> Status:
    found = (await boosts.by_ids(tx, [boost_id])).get(boost_id)
    if found is None:
        raise missing()
    made = await _made(tx, context, reader, [found.post_id])
    shown = await boosted(tx, context, made, [boost_id])
    if boost_id not in shown:
        raise missing()
    return shown[boost_id]


async def _made(
    tx: Transaction, context: Context, reader: Reader, post_ids: list[int]
) -> dict[int, Made]:
    scope = sharing.scope(context, reader.principal, Surface.API)
    found = await statuses.entries(tx, scope, post_ids)
    return await of_entries(tx, context, reader, list(found.values()))


class _Several(Parameters):
    id: Many[str] = Field(default_factory=list)


async def several(request: web.Request) -> web.Response:
    """GET /api/v1/statuses?id[]=…; what is not there is left out."""
    context, given = request.app[CONTEXT], await read(request, _Several)
    wanted = [found for each in given.id[:_MOST_AT_ONCE] if (found := number(each)) is not None]
    async with context.database.reading() as tx:
        made = await _made(tx, context, reader_of(request), [each & ~BOOST for each in wanted])
    shown = [made[each].status for each in wanted if each in made]
    return entities(shown)


async def thread(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/context: what it replies to, and what replies to it."""
    context, reader, wanted = request.app[CONTEXT], reader_of(request), id_in(request) & ~BOOST
    scope = sharing.scope(context, reader.principal, Surface.API)
    async with context.database.reading() as tx:
        facts = await _facts(tx, context, reader, wanted)
        entries = await feeds.thread(tx, scope, facts.root_id)
        alive = [entry for entry in entries if entry.post.facts.deleted_at is None]
        made = await of_entries(
            tx, context, reader, await _wanted(tx, reader, facts.root_id, alive)
        )
    if reader.member_id is not None:
        await backfill.want_thread(context, facts)
    above = _above(wanted, alive)
    return entity(
        Thread(
            ancestors=tuple(made[each].status for each in above if each in made),
            descendants=tuple(
                made[each].status for each in _below(wanted, alive, made) if each in made
            ),
        )
    )


async def _wanted(
    tx: Transaction, reader: Reader, root_id: int, entries: list[Entry]
) -> list[Entry]:
    """Leave out of a thread whom the reader muted or blocked; replies to them stay."""
    if reader.member_id is None:
        return entries
    mine = await personal.of_thread(tx, reader.member_id, root_id)
    return [each for each in entries if each.post.facts.id not in mine.unwanted]


async def _facts(tx: Transaction, context: Context, reader: Reader, post_id: int) -> PostFacts:
    sealed = await posts.find(tx, post_id)
    if (
        sealed is None
        or sharing.release(context, sealed, reader.principal, Surface.API) is None
    ):
        raise missing()
    if sealed.facts.deleted_at is not None:
        raise missing()
    return sealed.facts


def _above(post_id: int, entries: list[Entry]) -> list[int]:
    parents = {entry.post.facts.id: entry.post.facts.parent_id for entry in entries}
    found: list[int] = []
    parent = parents.get(post_id)
    while parent is not None and parent not in found:
        found.append(parent)
        parent = parents.get(parent)
    return found[::-1]


def _below(post_id: int, entries: list[Entry], made: dict[int, Made]) -> list[int]:
    """List replies depth first: answers that worked, then what helped most (10.2)."""
    children: dict[int, list[PostFacts]] = {}
    for entry in entries:
        facts = entry.post.facts
        if facts.parent_id is not None:
            children.setdefault(facts.parent_id, []).append(facts)
    found: list[int] = []
    ahead = [post_id]
    while ahead:
        place = ahead.pop()
        found.append(place)
        replies = sorted(children.get(place, ()), key=lambda facts: _place(facts, made))
        ahead += [facts.id for facts in reversed(replies)]
    return found[1:]


def _place(facts: PostFacts, made: dict[int, Made]) -> tuple[bool, int]:
    status = made[facts.id].status if facts.id in made else None
    if facts.kind is not Kind.ANSWER or status is None:
        return (True, 0)
    accepted = any(each.name == "✅" for each in status.emoji_reactions)
    return (not accepted, -status.favourites_count)


async def source(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/source: what its author wrote, to be edited."""
    context, wanted, session = request.app[CONTEXT], id_in(request), request[SESSION]
    if session is None:
        raise missing()
    async with context.database.reading() as tx:
        text = await composing.source_of(tx, context, session, wanted)
        status = await one(tx, context, reader_of(request), wanted)
    return entity(StatusSource(id=status.id, text=text, spoiler_text=status.spoiler_text))


async def history(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/history: every version, the oldest first."""
    context, reader, wanted = request.app[CONTEXT], reader_of(request), id_in(request)
    async with context.database.reading() as tx:
        status = await one(tx, context, reader, wanted)
        sealed = await posts.find(tx, wanted)
        before = await posts.revisions(tx, wanted)
    if sealed is None:
        raise missing()
    edits = [
        StatusEdit(
            content=titled(each.title, each.html),
            spoiler_text="",
            sensitive=False,
            created_at=each.written_at,
            account=status.account,
        )
        for each in before
    ]
    now = StatusEdit(
        content=status.content,
        spoiler_text=status.spoiler_text,
        sensitive=status.sensitive,
        created_at=status.edited_at or status.created_at,
        account=status.account,
        media_attachments=status.media_attachments,
        emojis=status.emojis,
    )
    return entities([*edits, now])


async def favourited_by(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/favourited_by: who found it helpful, the latest first."""
    return await _givers(request, givers.who_helped)


async def reblogged_by(request: web.Request) -> web.Response:
    """GET /api/v1/statuses/{id}/reblogged_by."""
    return await _givers(request, givers.who_boosted)


async def _givers(request: web.Request, find: givers.Finder) -> web.Response:
    context, reader, wanted = request.app[CONTEXT], reader_of(request), id_in(request) & ~BOOST
    async with context.database.reading() as tx:
        await _facts(tx, context, reader, wanted)
        people = await find(tx, wanted, limit=_MOST_GIVERS)
        made = await accounts(tx, context, people)
    return entities([made[each.id] for each in people])
