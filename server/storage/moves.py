"""Proven moves of accounts: who went where, when, and what each was in communities of ours."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor, FollowState
from server.storage import actors
from server.storage.database import Transaction

#: Somebody who moved on again is the same person still; a chain is followed so far.
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an account is in a community of ours: a member, or somebody who was put out."""

    community_id: int
    state: FollowState
    until: datetime | None


async def add(tx: Transaction, old_id: int, new_id: int, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO moves (old_id, new_id, moved_at) VALUES ($1, $2, $3)", old_id, new_id, now
    )


async def lock(tx: Transaction, old_id: int) -> datetime | None:
    """Say when an account moved last, and let nobody move it until the transaction ends."""
    await tx.execute("SELECT FROM actors WHERE id = $1 FOR NO KEY UPDATE", old_id)
    return await last(tx, old_id)


async def last(tx: Transaction, old_id: int) -> datetime | None:
    moment: datetime | None = await tx.fetchval(
        "SELECT max(moved_at) FROM moves WHERE old_id = $1", old_id
    )
    return moment


async def where_to(tx: Transaction, old_id: int) -> Actor | None:
    """Find where an account moved, by proof and by its own word still."""
    row = await tx.fetchrow(
        f"SELECT {actors.columns('n', '')} FROM actors o JOIN moves m ON m.old_id = o.id "
        "JOIN actors n ON n.id = m.new_id AND n.uri = o.moved_to WHERE o.id = $1 "
        "AND n.deleted_at IS NULL ORDER BY m.moved_at DESC LIMIT 1",
        old_id,
    )
    return actors.actor_from(row) if row else None


async def former(tx: Transaction, new_id: int, community_id: int) -> list[Actor]:
    """List the accounts that moved to this one and still belong to a community of ours."""
    rows = await tx.fetch(
        "WITH RECURSIVE before AS (SELECT old_id, 1 AS step FROM moves WHERE new_id = $1 "
        "UNION SELECT m.old_id, b.step + 1 FROM moves m JOIN before b ON m.new_id = b.old_id "
        f"WHERE b.step < $3) SELECT {actors.columns('a', '')} FROM actors a "
        "JOIN follows f ON f.follower_id = a.id AND f.target_id = $2 "
        "WHERE a.id IN (SELECT old_id FROM before) AND a.id <> $1 AND f.state = 'accepted' "
        "AND a.moved_to IS NOT NULL AND a.suspended_at IS NULL AND a.deleted_at IS NULL "
        "ORDER BY a.id LIMIT 10",
        new_id,
        community_id,
        _MOST_STEPS,
    )
    return [actors.actor_from(row) for row in rows]


async def places(tx: Transaction, actor_id: int) -> list[Place]:
    """List the communities of ours that somebody belongs to, or was put out of."""
    rows = await tx.fetch(
        "SELECT f.target_id AS community_id, f.state, f.until FROM follows f "
        "JOIN communities c ON c.actor_id = f.target_id AND NOT c.wall "
        "JOIN actors a ON a.id = c.actor_id "
        "WHERE f.follower_id = $1 AND a.local AND a.deleted_at IS NULL "
        "AND f.state IN ('accepted', 'banned') ORDER BY f.target_id LIMIT 10000",
        actor_id,
    )
    return [
        Place(
            community_id=row["community_id"],
            state=FollowState(row["state"]),
            until=row["until"],
        )
        for row in rows
    ]


async def followers_here(tx: Transaction, target_id: int, *, limit: int) -> list[Actor]:
    """List our members who follow somebody, or asked to, longest first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM follows f "
        "JOIN actors a ON a.id = f.follower_id JOIN members m ON m.actor_id = a.id "
        "WHERE f.target_id = $1 AND f.state IN ('accepted', 'asked') AND a.deleted_at IS NULL "
        "ORDER BY f.asked_at, a.id LIMIT $2",
        target_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def declare(tx: Transaction, actor_id: int, moved_to: str | None) -> None:
    """Let an account of ours say where it moved, or that it is back."""
    await tx.execute("UPDATE actors SET moved_to = $2 WHERE id = $1", actor_id, moved_to)


async def name_others(tx: Transaction, actor_id: int, uris: tuple[str, ...]) -> None:
    """Let an account of ours say which others are the same person's."""
    await tx.execute(
        "UPDATE actors SET also_known_as = $2 WHERE id = $1", actor_id, " ".join(uris)
    )
