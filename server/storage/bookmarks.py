"""Bookmarks: posts that members keep for themselves, the latest kept first."""

from dataclasses import dataclass

from moderation.visibility import Scope
from server.storage import feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.timelines import Window
from server.storage.visibility import readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    id: int
    entry: Entry


async def add(tx: Transaction, member_id: int, post_id: int, *, bookmark_id: int) -> None:
    """Keep a post; what is kept already keeps its place."""
    await tx.execute(
        "INSERT INTO bookmarks (member_id, post_id, id) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        member_id,
        post_id,
        bookmark_id,
    )


async def remove(tx: Transaction, member_id: int, post_id: int) -> None:
    await tx.execute(
        "DELETE FROM bookmarks WHERE member_id = $1 AND post_id = $2", member_id, post_id
    )


async def of_member(
    tx: Transaction, scope: Scope, member_id: int, window: Window
) -> list[Bookmark]:
    """List what is there and may still be read: what was deleted is no longer in the list."""
    condition, arguments = readable(scope, post="p", first=5)
    rows = await tx.fetch(
        f"SELECT b.id AS b_id, {feeds.FIELDS} {posts.FROM} "
        "JOIN bookmarks b ON b.post_id = p.id WHERE b.member_id = $4 AND p.deleted_at IS NULL "
        f"AND {condition} AND {window.numbered(1, row='b')}",
        *window.arguments,
        member_id,
        *arguments,
    )
    found = [
        Bookmark(id=row["b_id"], entry=entry)
        for row, entry in zip(rows, feeds.entries_from(rows), strict=True)
    ]
    return found[::-1] if window.rising else found


async def addresses(
    tx: Transaction, member_id: int, *, after: int, limit: int
) -> list[tuple[int, str]]:
    """List the uris of what a member keeps, by bookmark id, oldest first."""
    rows = await tx.fetch(
        "SELECT b.id, p.uri FROM bookmarks b JOIN posts p ON p.id = b.post_id "
        "WHERE b.member_id = $1 AND b.id > $2 AND p.deleted_at IS NULL ORDER BY b.id LIMIT $3",
        member_id,
        after,
        limit,
    )
    return [(row["id"], row["uri"]) for row in rows]
