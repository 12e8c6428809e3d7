"""What is a member's own, as tables of their archive; in Mastodon's columns where there are."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from federation.translate.outgoing_actors import timestamp
from schemas.records import Actor
from server.context import Context
from server.services import archives, scheduling
from server.storage import (
    bookmarks,
    endorsements,
    filters,
    lists,
    member_hashtags,
    pins,
    quiet_threads,
    recognitions,
    scheduled,
    silences,
    suggestions,
)
from server.storage.database import Transaction
from server.storage.timelines import Window

_AT_ONCE: Final = 500
_LARGEST_LIST: Final = 10_000
_ALL_SCHEDULED: Final = Window(limit=scheduling.MOST)

Row = TypeVar("Row", silences.Silenced, silences.Domain)


async def of_member(context: Context, member_id: int) -> dict[str, bytes]:
    """Write the tables, by the names of their files."""
    async with context.database.reading() as tx:
        muted = await _all(
            lambda window: silences.mutes(tx, member_id, window, now=context.now())
        )
        blocked = await _all(lambda window: silences.blocks(tx, member_id, window))
        domains = await _all(lambda window: silences.domains(tx, member_id, window))
        tags = await member_hashtags.followed(tx, member_id, Window(limit=_LARGEST_LIST))
        mine = await filters.of_member(tx, member_id)
        return {
            "bookmarks.csv": archives.table(("Address",), await _bookmarks(tx, member_id)),
            "mutes.csv": archives.table(
                ("Account address", "Hide notifications", "Address"),
                [
                    (_handle(each.actor), str(each.notifications).lower(), each.actor.uri)
                    for each in muted
                ],
            ),
            "blocks.csv": archives.table(
                ("Account address", "Address"),
                [(_handle(each.actor), each.actor.uri) for each in blocked],
            ),
            "domain_blocks.csv": archives.table(
                ("Domain",), [(each.domain,) for each in domains]
            ),
            "lists.csv": archives.table(
                ("List", "Account address", "Address"), await _lists(tx, member_id)
            ),
            "filters.csv": archives.table(
                ("Filter", "Word", "Whole word", "Action", "Places"),
                [
                    (
                        each.title,
                        word.keyword,
                        str(word.whole_word).lower(),
                        each.action.value,
                        " ".join(sorted(each.contexts)),
                    )
                    for each in mine
                    for word in each.keywords
                ],
            ),
            "recognitions.csv": archives.table(
                ("Recognition", "For", "Given by", "Given", "Credential", "Shown"),
                await _recognitions(tx, member_id),
            ),
            "hashtags.csv": archives.table(("Hashtag",), [(each.name,) for each in tags]),
            **await _shown(tx, member_id),
            "not_suggested.csv": archives.table(
                ("Account address", "Address"),
                [
                    (_handle(each), each.uri)
                    for each in await suggestions.dismissed(tx, member_id)
                ],
            ),
            "quiet_threads.csv": archives.table(
                ("Address",),
                [(uri,) for uri in await quiet_threads.addresses(tx, member_id)],
            ),
            "scheduled.csv": archives.table(
                ("Time", "Text"),
                [
                    (each.due_at.isoformat(), scheduling.text_of(each))
                    for each in await scheduled.of_member(tx, member_id, _ALL_SCHEDULED)
                ],
            ),
        }


async def _shown(tx: Transaction, member_id: int) -> dict[str, bytes]:
    """Write what their profile shows."""
    pinned = await pins.addresses(tx, member_id, public=False)
    recommended = await endorsements.addresses(tx, member_id)
    shown = await member_hashtags.featured(tx, member_id)
    return {
        "pinned.csv": archives.table(("Address",), [(uri,) for uri in pinned]),
        "recommended.csv": archives.table(
            ("Account address", "Address"), [(_handle(each), each.uri) for each in recommended]
        ),
        "shown_hashtags.csv": archives.table(
            ("Hashtag",), [(each.tag.name,) for each in shown]
        ),
    }


def _handle(of: Actor) -> str:
    return of.handle.removeprefix("@")


async def _all(find: Callable[[Window], Awaitable[list[Row]]]) -> list[Row]:
    found: list[Row] = []
    while True:
        below = found[-1].id if found else None
        more = await find(Window(below=below, limit=_AT_ONCE))
        found += more
        if len(more) < _AT_ONCE:
            return found


async def _bookmarks(tx: Transaction, member_id: int) -> Sequence[tuple[str]]:
    rows: list[tuple[str]] = []
    after = 0
    while found := await bookmarks.addresses(tx, member_id, after=after, limit=_AT_ONCE):
        rows += [(uri,) for _, uri in found]
        after = found[-1][0]
    return rows


async def _lists(tx: Transaction, member_id: int) -> Sequence[tuple[str, str, str]]:
    rows = []
    for each in await lists.of_member(tx, member_id):
        inside = await lists.entries(tx, each.id, Window(limit=_LARGEST_LIST))
        rows += [(each.title, _handle(one.actor), one.actor.uri) for one in inside]
    return rows


async def _recognitions(tx: Transaction, member_id: int) -> Sequence[tuple[str, ...]]:
    return [
        (
            each.name,
            each.criteria,
            each.issuer.uri,
            timestamp(each.given_at),
            each.credential_uri,
            str(each.hidden_at is None).lower(),
        )
        for each in await recognitions.all_of_person(tx, member_id, limit=_LARGEST_LIST)
    ]
