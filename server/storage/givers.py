"""Who did something with a post: found it helpful, or boosted it."""

from typing import Protocol

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Transaction


class Finder(Protocol):
    """Lists people by the id of what they have to do with: a post, or an actor."""

    async def __call__(self, tx: Transaction, of: int, /, *, limit: int) -> list[Actor]: ...


async def who_helped(tx: Transaction, post_id: int, *, limit: int) -> list[Actor]:
    """List who found it helpful, the latest first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM marks m JOIN actors a ON a.id = m.actor_id "
        "WHERE m.post_id = $1 AND m.helpful AND a.deleted_at IS NULL "
        "ORDER BY m.given_at DESC, a.id LIMIT $2",
        post_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def who_boosted(tx: Transaction, post_id: int, *, limit: int) -> list[Actor]:
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM boosts b JOIN actors a ON a.id = b.actor_id "
        "WHERE b.post_id = $1 AND a.deleted_at IS NULL "
        "ORDER BY b.boosted_at DESC, a.id LIMIT $2",
        post_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]
