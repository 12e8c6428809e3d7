"""Read models: lists of threads for a page, with authors; they yield sealed posts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from moderation.visibility import Scope
from schemas.gate import SealedPost
from schemas.records import Actor, Kind
from server.storage import actors, posts
from server.storage.database import Row, Transaction
from server.storage.visibility import listed, of_their_own, readable

Tab = Literal["all", "unanswered", "answered", "pinned"]
#: The next page begins behind this: when the last thread was active, and its id.
Cursor = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A post in a list, with the people a page needs to name."""

    post: SealedPost
    author: Actor
    community: Actor
    active_at: datetime


FIELDS = (
    f"{posts.FACTS}, {posts.WORDS}, p.active_at, {actors.columns('au', 'au_')}, "
    f"{actors.columns('co', 'co_')}"
)


def entries_from(rows: Iterable[Row]) -> list[Entry]:
    """Make entries; whoever is in several rows is made once."""
    known: dict[int, Actor] = {}
    return [
        Entry(
            post=posts.post_from(row),
            author=_actor(row, "au_", known),
            community=_actor(row, "co_", known),
            active_at=row["active_at"],
        )
        for row in rows
    ]


def _actor(row: Row, prefix: str, known: dict[int, Actor]) -> Actor:
    number: int = row[f"{prefix}id"]
    actor = known.get(number)
    if actor is None:
        actor = known[number] = actors.actor_from(row, prefix)
    return actor


async def threads(
    tx: Transaction,
    scope: Scope,
    *,
    community_id: int,
    tab: Tab = "all",
    topic: str | None = None,
    kind: Kind | None = None,
    before: Cursor | None = None,
    limit: int = 20,
) -> list[Entry]:
    """List a community's threads, latest activity first; a keyset, never an offset."""
    condition, arguments = listed(scope, post="p", first=8)
    rows = await tx.fetch(
        f"SELECT {FIELDS} {posts.FROM} WHERE p.community_id = $1 AND p.parent_id IS NULL "
        "AND ($2 <> 'unanswered' OR (p.kind = 'question' AND p.answers = 0 "
        "AND p.deleted_at IS NULL)) "
        "AND ($2 <> 'answered' OR (p.kind = 'question' AND p.answers > 0 "
        "AND p.deleted_at IS NULL)) "
        "AND ($2 <> 'pinned' OR p.pinned_at IS NOT NULL) "
        "AND ($2 <> 'all' OR p.deleted_at IS NULL OR p.answers > 0) "
        "AND ($3::text IS NULL OR p.topic = $3) "
        "AND ($7::text IS NULL OR p.kind = $7) "
        "AND ($4::timestamptz IS NULL OR (p.active_at, p.id) < ($4, $5)) "
        f"AND {condition} ORDER BY p.active_at DESC, p.id DESC LIMIT $6",
        community_id,
        tab,
        topic,
        before[0] if before else None,
        before[1] if before else None,
        limit,
        kind,
        *arguments,
    )
    return entries_from(rows)


async def recent(
    tx: Transaction,
    scope: Scope,
    *,
    communities: frozenset[int] | None,
    unanswered: bool = False,
    answered: bool = False,
    author_id: int | None = None,
    limit: int = 10,
) -> list[Entry]:
    """List threads over communities (None: all), latest activity first."""
    condition, arguments = listed(scope, post="p", first=6)
    rows = await tx.fetch(
        f"SELECT {FIELDS} {posts.FROM} WHERE p.parent_id IS NULL AND p.deleted_at IS NULL "
        "AND p.visibility <> 'direct' "
        "AND ($1::bigint[] IS NULL OR p.community_id = ANY($1)) "
        "AND (NOT $2 OR (p.kind = 'question' AND p.answers = 0)) "
        "AND (NOT $3 OR EXISTS (SELECT FROM accepted_answers x WHERE x.question_id = p.id)) "
        "AND ($4::bigint IS NULL OR p.author_id = $4) "
        f"AND {condition} ORDER BY p.active_at DESC, p.id DESC LIMIT $5",
        None if communities is None else sorted(communities),
        unanswered,
        answered,
        author_id,
        limit,
        *arguments,
    )
    return entries_from(rows)


async def of_person(
    tx: Transaction, scope: Scope, *, author_id: int, limit: int = 20
) -> list[Entry]:
    """List what a person wrote, newest first, without what is gone."""
    condition, arguments = of_their_own(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {FIELDS} {posts.FROM} WHERE p.author_id = $1 AND p.deleted_at IS NULL "
        "AND p.visibility <> 'direct' "
        f"AND {condition} ORDER BY p.published_at DESC, p.id DESC LIMIT $2",
        author_id,
        limit,
        *arguments,
    )
    return entries_from(rows)


async def thread(
    tx: Transaction, scope: Scope, root_id: int, *, limit: int = 2000
) -> list[Entry]:
    """Read a thread with its authors, in reading order."""
    condition, arguments = readable(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {FIELDS} {posts.FROM} WHERE p.root_id = $1 AND {condition} "
        'ORDER BY p.published_at, p.uri COLLATE "C" LIMIT $2',
        root_id,
        limit,
        *arguments,
    )
    return entries_from(rows)


async def newest(
    tx: Transaction, scope: Scope, *, community_id: int, pinned: bool, limit: int = 50
) -> list[SealedPost]:
    """List a community's newest threads for its outbox, or its pinned ones for `featured`."""
    condition, arguments = readable(scope, post="p", first=4)
    rows = await tx.fetch(
        f"SELECT {posts.FACTS}, {posts.WORDS} {posts.FROM} WHERE p.community_id = $1 "
        "AND p.parent_id IS NULL AND p.deleted_at IS NULL AND (NOT $2 OR p.pinned_at IS NOT "
        "NULL) "
        f"AND {condition} ORDER BY p.published_at DESC, p.id DESC LIMIT $3",
        community_id,
        pinned,
        limit,
        *arguments,
    )
    return [posts.post_from(row) for row in rows]


async def replies(
    tx: Transaction, scope: Scope, parent_id: int, *, limit: int = 200
) -> list[SealedPost]:
    condition, arguments = readable(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {posts.FACTS}, {posts.WORDS} {posts.FROM} WHERE p.parent_id = $1 "
        f'AND {condition} ORDER BY p.published_at, p.uri COLLATE "C" LIMIT $2',
        parent_id,
        limit,
        *arguments,
    )
    return [posts.post_from(row) for row in rows]
