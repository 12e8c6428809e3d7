"""Threads of which members want to be told nothing more."""

from server.storage.database import Transaction


async def add(tx: Transaction, member_id: int, root_id: int) -> None:
    await tx.execute(
        "INSERT INTO quiet_threads (member_id, root_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        member_id,
        root_id,
    )


async def remove(tx: Transaction, member_id: int, root_id: int) -> None:
    await tx.execute(
        "DELETE FROM quiet_threads WHERE member_id = $1 AND root_id = $2", member_id, root_id
    )


def is_loud(member: str, *, post: str) -> str:
    """Give a condition in SQL: a member wants to be told of the thread that a post is in."""
    return (
        "NOT EXISTS (SELECT FROM posts qp JOIN quiet_threads qt ON qt.root_id = qp.root_id "
        f"WHERE qp.id = {post} AND qt.member_id = {member})"
    )


async def addresses(tx: Transaction, member_id: int) -> list[str]:
    """List the uris of the threads, for the member's archive."""
    rows = await tx.fetch(
        "SELECT p.uri FROM quiet_threads q JOIN posts p ON p.id = q.root_id "
        "WHERE q.member_id = $1 AND p.deleted_at IS NULL ORDER BY p.id LIMIT 10000",
        member_id,
    )
    return [row["uri"] for row in rows]
