"""Boosts: who passed a post on to their own followers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    id: int
    uri: str
    actor_id: int
    post_id: int
    boosted_at: datetime


async def add(tx: Transaction, boost: Boost) -> bool:
    """Keep a boost; False when its id is known, or its actor boosted the post before."""
    status = await tx.execute(
        "INSERT INTO boosts (id, uri, actor_id, post_id, boosted_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        boost.id,
        boost.uri,
        boost.actor_id,
        boost.post_id,
        boost.boosted_at,
    )
    return status == "INSERT 0 1"


async def take(tx: Transaction, actor_id: int, post_id: int) -> Boost | None:
    """Take an actor's boost of a post back; None when there is none."""
    row = await tx.fetchrow(
        "DELETE FROM boosts WHERE actor_id = $1 AND post_id = $2 RETURNING *", actor_id, post_id
    )
    return _boost(row) if row else None


async def find(tx: Transaction, actor_id: int, post_id: int) -> Boost | None:
    row = await tx.fetchrow(
        "SELECT * FROM boosts WHERE actor_id = $1 AND post_id = $2", actor_id, post_id
    )
    return _boost(row) if row else None


async def by_ids(tx: Transaction, ids: Collection[int]) -> dict[int, Boost]:
    rows = await tx.fetch("SELECT * FROM boosts WHERE id = ANY($1)", list(ids))
    return {row["id"]: _boost(row) for row in rows}


def _boost(row: Row) -> Boost:
    return Boost(**dict(row))
