"""Boosts of posts in communities of ours: who passed one on to their own followers."""

from datetime import datetime

from server.storage.database import Transaction


async def add(tx: Transaction, uri: str, *, actor_id: int, post_id: int, now: datetime) -> bool:
    """Keep a boost; False when its id is known, or its actor boosted the post before."""
    status = await tx.execute(
        "INSERT INTO boosts (uri, actor_id, post_id, boosted_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        uri,
        actor_id,
        post_id,
        now,
    )
    return status == "INSERT 0 1"


async def take(tx: Transaction, actor_id: int, post_id: int) -> bool:
    """Take an actor's boost of a post back; False when there is none."""
    status = await tx.execute(
        "DELETE FROM boosts WHERE actor_id = $1 AND post_id = $2", actor_id, post_id
    )
    return status == "DELETE 1"
