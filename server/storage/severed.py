"""Follows that a block ended: kept for the members whose they were (DOM-07)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Transaction

Direction = Literal["follows", "followed-by"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Severed:
    """Whom a member followed, or who followed them, until `blocked` was blocked."""

    id: int
    actor: Actor
    direction: Direction
    blocked: str
    severed_at: datetime


async def record(
    tx: Transaction, hosts: Sequence[str], *, blocked: str, now: datetime
) -> list[int]:
    """Note what members lose when all Follows with some hosts end; give whom it concerns."""
    rows = await tx.fetch(
        "WITH ended AS (INSERT INTO severed_follows "
        "(member_id, actor_id, direction, blocked, severed_at) "
        "SELECT m.actor_id, a.id, CASE f.follower_id WHEN m.actor_id THEN 'follows' "
        "ELSE 'followed-by' END, $2, $3 FROM follows f "
        "JOIN actors a ON a.id IN (f.follower_id, f.target_id) "
        "JOIN members m ON m.actor_id IN (f.follower_id, f.target_id) AND m.actor_id <> a.id "
        "WHERE a.host = ANY($1) AND NOT a.local AND f.state = 'accepted' "
        "ORDER BY m.actor_id, f.asked_at, a.id RETURNING member_id) "
        "SELECT DISTINCT member_id FROM ended ORDER BY member_id",
        list(hosts),
        blocked,
        now,
    )
    return [row["member_id"] for row in rows]


async def of_member(
    tx: Transaction, member_id: int, *, before: int | None = None, limit: int
) -> list[Severed]:
    """List what a member lost, latest first."""
    rows = await tx.fetch(
        f"SELECT s.id, s.direction, s.blocked, s.severed_at, {actors.columns('a', 'a_')} "
        "FROM severed_follows s JOIN actors a ON a.id = s.actor_id WHERE s.member_id = $1 "
        "AND ($2::bigint IS NULL OR s.id < $2) ORDER BY s.id DESC LIMIT $3",
        member_id,
        before,
        limit,
    )
    return [
        Severed(
            id=row["id"],
            actor=actors.actor_from(row, "a_"),
            direction=row["direction"],
            blocked=row["blocked"],
            severed_at=row["severed_at"],
        )
        for row in rows
    ]
