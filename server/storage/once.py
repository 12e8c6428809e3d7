"""Keys by which a client says that two requests are one (client-api.md 6)."""

from datetime import datetime

from server.storage.database import Transaction


async def note(
    tx: Transaction, member_id: int, key: str, post_id: int, *, now: datetime
) -> bool:
    """Note what a key led to; False, after waiting for it, where another was first."""
    status = await tx.execute(
        "INSERT INTO once (member_id, key, post_id, done_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        member_id,
        key,
        post_id,
        now,
    )
    return status == "INSERT 0 1"


async def find(tx: Transaction, member_id: int, key: str) -> int | None:
    """Find the post that a key led to."""
    found: int | None = await tx.fetchval(
        "SELECT post_id FROM once WHERE member_id = $1 AND key = $2", member_id, key
    )
    return found


async def forget(tx: Transaction, *, before: datetime) -> None:
    await tx.execute("DELETE FROM once WHERE done_at < $1", before)
