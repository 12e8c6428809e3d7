"""Find threads and people by words; a thread is found by any of its posts that may be read."""

from collections.abc import Sequence

from moderation.visibility import Scope
from schemas.records import Actor
from server.storage import actors, feeds, posts
from server.storage.database import Transaction
from server.storage.visibility import listed


async def threads(
    tx: Transaction, scope: Scope, words: Sequence[str], *, limit: int = 20
) -> list[feeds.Entry]:
    """List threads in which one post has all the words, latest activity first."""
    of_thread, arguments = listed(scope, post="p", first=3)
    of_match, _ = listed(scope, post="m", first=3)
    rows = await tx.fetch(
        f"SELECT {posts.FACTS}, {posts.WORDS}, p.active_at, {actors.columns('au', 'au_')}, "
        f"{actors.columns('co', 'co_')} {posts.FROM} WHERE p.parent_id IS NULL "
        "AND p.deleted_at IS NULL "
        "AND EXISTS (SELECT FROM posts m WHERE m.root_id = p.id AND m.deleted_at IS NULL "
        f"AND {of_match} AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS w (word) "
        "WHERE position(w.word IN lower(m.title || ' ' || m.text)) = 0)) "
        f"AND {of_thread} ORDER BY p.active_at DESC, p.id DESC LIMIT $2",
        [word.lower() for word in words],
        limit,
        *arguments,
    )
    return [
        feeds.Entry(
            post=posts.post_from(row),
            author=actors.actor_from(row, "au_"),
            community=actors.actor_from(row, "co_"),
            active_at=row["active_at"],
        )
        for row in rows
    ]


async def people(tx: Transaction, words: Sequence[str], *, limit: int = 20) -> list[Actor]:
    """List people whose handle or name has all the words."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM actors a WHERE a.kind = 'person' "
        "AND a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "AND NOT EXISTS (SELECT FROM unnest($1::text[]) AS w (word) WHERE position(w.word IN "
        "lower(a.name || '@' || a.host || ' ' || a.display_name)) = 0) "
        "ORDER BY a.local DESC, a.display_name, a.id LIMIT $2",
        [word.lower() for word in words],
        limit,
    )
    return [actors.actor_from(row) for row in rows]
