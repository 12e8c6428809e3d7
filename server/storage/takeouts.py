"""What a member takes along: what they wrote, marked, and follow, in pages by id."""

from server.storage.database import Transaction


async def written(
    tx: Transaction, author_id: int, *, after: int, limit: int = 100
) -> list[int]:
    """List the posts of somebody that are still there, oldest first."""
    rows = await tx.fetch(
        "SELECT id FROM posts WHERE author_id = $1 AND id > $2 AND deleted_at IS NULL "
        "ORDER BY id LIMIT $3",
        author_id,
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def count_written(tx: Transaction, author_id: int) -> int:
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM posts WHERE author_id = $1 AND deleted_at IS NULL", author_id
        )
    )


async def marked(tx: Transaction, actor_id: int, *, after: int, limit: int = 100) -> list[int]:
    """List the posts that somebody marked, by id."""
    rows = await tx.fetch(
        "SELECT post_id FROM marks WHERE actor_id = $1 AND post_id > $2 ORDER BY post_id "
        "LIMIT $3",
        actor_id,
        after,
        limit,
    )
    return [row["post_id"] for row in rows]


async def joined(tx: Transaction, member_id: int) -> frozenset[int]:
    """List the communities that let a member in."""
    rows = await tx.fetch(
        "SELECT f.target_id FROM follows f JOIN communities c ON c.actor_id = f.target_id "
        "WHERE f.follower_id = $1 AND f.state = 'accepted' LIMIT 10000",
        member_id,
    )
    return frozenset(row["target_id"] for row in rows)
