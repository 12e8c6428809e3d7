"""Lists of members: some of whom they follow, and what those wrote, read apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from moderation.visibility import Scope
from schemas.records import Actor
from server.storage import actors, feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Cursor, Entry
from server.storage.timelines import Line, Window, lines_from
from server.storage.visibility import listed


class Replies(StrEnum):
    """Which replies stand in a list: to whom its owner follows, to each other, or none."""

    FOLLOWED = "followed"
    LIST = "list"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberList:
    """`exclusive`: what stands in it is left out of its owner's home."""

    id: int
    title: str
    replies: Replies
    exclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    id: int
    actor: Actor


_COLUMNS: Final = "l.id, l.title, l.replies_policy, l.exclusive"


async def of_member(
    tx: Transaction, member_id: int, *, holding: int | None = None, limit: int = 200
) -> list[MemberList]:
    """List a member's lists, by title; only those that hold an actor, where one is named."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM lists l WHERE l.member_id = $1 AND ($2::bigint IS NULL "
        "OR EXISTS (SELECT FROM list_entries e WHERE e.list_id = l.id AND e.actor_id = $2)) "
        "ORDER BY lower(l.title), l.id LIMIT $3",
        member_id,
        holding,
        limit,
    )
    return [
        MemberList(
            id=row["id"],
            title=row["title"],
            replies=Replies(row["replies_policy"]),
            exclusive=row["exclusive"],
        )
        for row in rows
    ]


async def find(tx: Transaction, member_id: int, list_id: int) -> MemberList | None:
    """Find one of a member's own lists."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM lists l WHERE l.id = $1 AND l.member_id = $2",
        list_id,
        member_id,
    )
    if row is None:
        return None
    return MemberList(
        id=row["id"],
        title=row["title"],
        replies=Replies(row["replies_policy"]),
        exclusive=row["exclusive"],
    )


async def put(tx: Transaction, member_id: int, of: MemberList) -> None:
    """Write down a list, new or changed; it must be this member's."""
    await tx.execute(
        "INSERT INTO lists (id, member_id, title, replies_policy, exclusive) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE "
        "SET title = $3, replies_policy = $4, exclusive = $5 WHERE lists.member_id = $2",
        of.id,
        member_id,
        of.title,
        of.replies,
        of.exclusive,
    )


async def remove(tx: Transaction, list_id: int) -> None:
    await tx.execute("DELETE FROM lists WHERE id = $1", list_id)


async def add_entries(
    tx: Transaction, member_id: int, list_id: int, entries: Sequence[tuple[int, int]]
) -> list[int]:
    """Put actors that a member follows into a list, as (actor, id of the row).

    Give which of the actors are followed, and are in the list now.
    """
    rows = await tx.fetch(
        "WITH followed AS (SELECT e.actor_id, e.id FROM unnest($3::bigint[], $4::bigint[]) "
        "AS e (actor_id, id) JOIN follows f ON f.target_id = e.actor_id "
        "AND f.follower_id = $1 AND f.state IN ('accepted', 'asked')), "
        "put AS (INSERT INTO list_entries (list_id, actor_id, id) "
        "SELECT $2, actor_id, id FROM followed ON CONFLICT DO NOTHING) "
        "SELECT actor_id FROM followed",
        member_id,
        list_id,
        [actor_id for actor_id, _ in entries],
        [row_id for _, row_id in entries],
    )
    return [row["actor_id"] for row in rows]


async def remove_entries(tx: Transaction, list_id: int, actor_ids: Sequence[int]) -> None:
    await tx.execute(
        "DELETE FROM list_entries WHERE list_id = $1 AND actor_id = ANY($2)",
        list_id,
        list(actor_ids),
    )


async def forget(tx: Transaction, member_id: int, actor_id: int) -> None:
    """Take an actor out of all of a member's lists."""
    await tx.execute(
        "DELETE FROM list_entries e USING lists l WHERE l.id = e.list_id "
        "AND l.member_id = $1 AND e.actor_id = $2",
        member_id,
        actor_id,
    )


async def forget_hosts(tx: Transaction, hosts: Sequence[str]) -> None:
    """Take whoever is at home at these hosts out of all lists."""
    await tx.execute(
        "DELETE FROM list_entries e USING actors a WHERE a.id = e.actor_id AND NOT a.local "
        "AND a.host = ANY($1)",
        list(hosts),
    )


async def entries(tx: Transaction, list_id: int, window: Window) -> list[Listed]:
    """List who is in a list, the latest put in first."""
    rows = await tx.fetch(
        f"SELECT e.id AS e_id, {actors.columns('a', 'a_')} FROM list_entries e "
        "JOIN actors a ON a.id = e.actor_id WHERE e.list_id = $4 AND a.deleted_at IS NULL AND "
        + window.numbered(1, row="e"),
        *window.arguments,
        list_id,
    )
    found = [Listed(id=row["e_id"], actor=actors.actor_from(row, "a_")) for row in rows]
    return found[::-1] if window.rising else found


async def addable(tx: Transaction, member_id: int, list_id: int, *, limit: int) -> list[Actor]:
    """List whom a member follows and has not put into a list, by name."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM follows f JOIN actors a ON a.id = f.target_id "
        "WHERE f.follower_id = $1 AND f.state = 'accepted' AND a.deleted_at IS NULL "
        "AND a.kind <> 'feed' AND NOT EXISTS (SELECT FROM list_entries e WHERE e.list_id = $2 "
        "AND e.actor_id = a.id) ORDER BY lower(a.display_name), a.id LIMIT $3",
        member_id,
        list_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def apart(tx: Transaction, member_id: int) -> frozenset[int]:
    """Say who is in an exclusive list of a member, and hence not in their home."""
    rows = await tx.fetch(
        "SELECT DISTINCT e.actor_id FROM lists l JOIN list_entries e ON e.list_id = l.id "
        "WHERE l.member_id = $1 AND l.exclusive LIMIT 10000",
        member_id,
    )
    return frozenset(row["actor_id"] for row in rows)


# What stands in list $1 of member $2 whose policy for replies is $3, from posts `p`.
_STANDS: Final = (
    "p.deleted_at IS NULL AND p.visibility <> 'direct' "
    "AND ((p.parent_id IS NULL AND EXISTS (SELECT FROM list_entries e "
    "WHERE e.list_id = $1 AND e.actor_id IN (p.author_id, p.community_id))) "
    "OR (p.parent_id IS NOT NULL AND $3 <> 'none' AND EXISTS (SELECT FROM list_entries e "
    "WHERE e.list_id = $1 AND e.actor_id = p.author_id) AND EXISTS (SELECT FROM posts u "
    "WHERE u.id = p.parent_id AND (u.author_id = p.author_id OR EXISTS (SELECT "
    "FROM list_entries e WHERE e.list_id = $1 AND e.actor_id = u.author_id) "
    "OR ($3 = 'followed' AND (u.author_id = $2 OR EXISTS (SELECT FROM follows f "
    "WHERE f.follower_id = $2 AND f.target_id = u.author_id AND f.state = 'accepted')))))))"
)


async def newest(
    tx: Transaction,
    scope: Scope,
    member_id: int,
    of: MemberList,
    *,
    before: Cursor | None,
    limit: int,
) -> list[Entry]:
    """List what stands in a list by (published, uri), the latest first."""
    condition, arguments = listed(scope, post="p", first=7)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} WHERE {_STANDS} AND ($4::timestamptz IS NULL "
        'OR (p.published_at, p.uri COLLATE "C") < ($4, (SELECT uri FROM posts WHERE id = $5))) '
        f'AND {condition} ORDER BY p.published_at DESC, p.uri COLLATE "C" DESC LIMIT $6',
        of.id,
        member_id,
        of.replies,
        before[0] if before else None,
        before[1] if before else None,
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)


async def timeline(
    tx: Transaction, scope: Scope, member_id: int, of: MemberList, window: Window
) -> list[Line]:
    """List what stands in a list for clients; a community's threads are its boosts."""
    condition, arguments = listed(scope, post="p", first=7)
    rows = await tx.fetch(
        "SELECT p.id, NOT EXISTS (SELECT FROM list_entries e WHERE e.list_id = $1 "
        f"AND e.actor_id = p.author_id) AS boosted FROM posts p WHERE {_STANDS} "
        f"AND {condition} AND {window.numbered(4)}",
        of.id,
        member_id,
        of.replies,
        *window.arguments,
        *arguments,
    )
    return lines_from(rows, window)
