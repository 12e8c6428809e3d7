"""Whom an account of ours has reached: followers, followed, whoever was sent anything of it."""

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Transaction
from server.storage.follows import Recipient


async def followers(tx: Transaction, actor_id: int) -> list[Recipient]:
    """List the inboxes elsewhere of those who follow an account, or asked to."""
    rows = await tx.fetch(
        "SELECT DISTINCT a.inbox, a.shared_inbox, a.host, g.software FROM follows f "
        "JOIN actors a ON a.id = f.follower_id LEFT JOIN agencies g ON g.host = a.host "
        "WHERE f.target_id = $1 AND f.state IN ('accepted', 'asked') AND NOT a.local "
        "AND a.inbox IS NOT NULL AND a.deleted_at IS NULL LIMIT 100000",
        actor_id,
    )
    return [Recipient(**dict(row)) for row in rows]


async def followed(tx: Transaction, actor_id: int) -> list[Recipient]:
    """List the inboxes elsewhere of whom an account follows, people and communities."""
    rows = await tx.fetch(
        "SELECT DISTINCT a.inbox, a.shared_inbox, a.host, g.software FROM follows f "
        "JOIN actors a ON a.id = f.target_id LEFT JOIN agencies g ON g.host = a.host "
        "WHERE f.follower_id = $1 AND f.state IN ('accepted', 'asked') AND NOT a.local "
        "AND a.inbox IS NOT NULL AND a.deleted_at IS NULL LIMIT 100000",
        actor_id,
    )
    return [Recipient(**dict(row)) for row in rows]


async def holders(tx: Transaction, actor_id: int) -> list[Recipient]:
    """List every inbox that was ever sent anything of an account, by it or about its posts."""
    rows = await tx.fetch(
        "SELECT DISTINCT d.inbox, d.host, g.software FROM ("
        "SELECT id FROM activities WHERE actor_id = $1 UNION "
        "SELECT s.id FROM activities s JOIN posts p ON p.id = s.post_id "
        "WHERE p.author_id = $1) s JOIN deliveries d ON d.activity_id = s.id "
        "LEFT JOIN agencies g ON g.host = d.host WHERE d.state <> 'refused' LIMIT 100000",
        actor_id,
    )
    return [Recipient(**dict(row), shared_inbox=None) for row in rows]


async def targets(tx: Transaction, actor_id: int, *, limit: int) -> list[Actor]:
    """List whom an account follows or asked to follow, people and communities, by id."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM follows f JOIN actors a ON a.id = f.target_id "
        "WHERE f.follower_id = $1 AND f.state IN ('accepted', 'asked') ORDER BY a.id LIMIT $2",
        actor_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def is_told(tx: Transaction, actor_id: int) -> bool:
    """Say whether nothing that an account said waits for anybody any more."""
    return not await tx.fetchval(
        "SELECT EXISTS (SELECT FROM activities s JOIN deliveries d ON d.activity_id = s.id "
        "WHERE s.actor_id = $1 AND d.state = 'waiting')",
        actor_id,
    )
