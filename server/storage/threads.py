"""Posts in their threads, many at a time: what may be known of them, and counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.records import PostFacts
from server.storage import posts
from server.storage.database import Transaction


async def recount(tx: Transaction, moments: Mapping[int, datetime]) -> None:
    """Count answers, and move threads up; `moments` says when something happened in each.

    Whoever writes in a thread touches its community first, and so sees what others wrote.
    """
    # Locked in one order by everybody, so that nobody waits for each other.
    await tx.execute(
        "WITH roots AS (SELECT p.id, m.at FROM unnest($1::bigint[], $2::timestamptz[]) "
        "AS m (id, at) JOIN posts p ON p.id = m.id ORDER BY p.id FOR NO KEY UPDATE OF p), "
        "counted AS (SELECT r.root_id AS id, count(*) AS answers FROM posts r "
        "WHERE r.root_id = ANY($1) AND r.kind = 'answer' AND r.deleted_at IS NULL GROUP BY 1) "
        "UPDATE posts SET active_at = greatest(active_at, roots.at), "
        "answers = coalesce(counted.answers, 0) "
        "FROM roots LEFT JOIN counted ON counted.id = roots.id WHERE posts.id = roots.id",
        list(moments),
        list(moments.values()),
    )


async def facts_by_uri(tx: Transaction, uris: Sequence[str]) -> dict[str, PostFacts]:
    """Find what may be known of posts without reading them; deleted ones, too."""
    rows = await tx.fetch(
        f"SELECT {posts.FACTS} {posts.FROM} WHERE p.uri = ANY($1)", list(uris)
    )
    return {row["uri"]: posts.facts_from(row) for row in rows}


async def authors(tx: Transaction, post_ids: Sequence[int]) -> dict[int, int]:
    """Say who wrote posts, by the ids of both."""
    rows = await tx.fetch("SELECT id, author_id FROM posts WHERE id = ANY($1)", list(post_ids))
    return {row["id"]: row["author_id"] for row in rows}


async def relocate(tx: Transaction, root_id: int, community_id: int) -> None:
    """Put a thread under another community; its topic was the old one's, and so was its pin."""
    await tx.execute(
        "UPDATE posts SET community_id = $2, topic = NULL, pinned_at = NULL WHERE root_id = $1",
        root_id,
        community_id,
    )
