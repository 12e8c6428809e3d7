"""What one actor is to others: who follows whom, and who asked to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor
from server.storage import actors, endorsements, unwanted
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What a member is to an actor, and the actor to them."""

    actor_id: int
    follows: bool
    asked: bool
    followed_by: bool
    asked_by: bool
    blocks: bool
    blocks_domain: bool
    mutes: bool
    mutes_notifications: bool
    muted_until: datetime | None
    note: str
    endorsed: bool


async def between(
    tx: Transaction, member_id: int, actor_ids: Sequence[int], *, now: datetime
) -> dict[int, Relation]:
    """Say it for each of these who is there, in one statement.

    Whom others block is told to nobody.
    """
    rows = await tx.fetch(
        "SELECT a.id AS actor_id, coalesce(t.state = 'accepted', false) AS follows, "
        "coalesce(t.state = 'asked', false) AS asked, "
        "coalesce(b.state = 'accepted', false) AS followed_by, "
        "coalesce(b.state = 'asked', false) AS asked_by, "
        "EXISTS (SELECT FROM personal_blocks x WHERE x.member_id = $1 AND x.actor_id = a.id) "
        "AS blocks, EXISTS (SELECT FROM personal_domain_blocks d WHERE d.member_id = $1 "
        f"AND NOT a.local AND {unwanted.at_domain('a.host', 'd.domain')}) AS blocks_domain, "
        "m.member_id IS NOT NULL AS mutes, coalesce(m.notifications, false) "
        "AS mutes_notifications, m.until AS muted_until, coalesce(n.note, '') AS note, "
        f"{endorsements.of('$1', 'a.id')} AS endorsed "
        "FROM actors a LEFT JOIN mutes m ON m.member_id = $1 AND m.actor_id = a.id "
        "AND coalesce(m.until > $3, true) "
        "LEFT JOIN private_notes n ON n.member_id = $1 AND n.actor_id = a.id "
        "LEFT JOIN follows t ON t.follower_id = $1 AND t.target_id = a.id "
        "LEFT JOIN follows b ON b.follower_id = a.id AND b.target_id = $1 "
        "WHERE a.id = ANY($2) AND a.deleted_at IS NULL",
        member_id,
        list(actor_ids),
        now,
    )
    return {row["actor_id"]: Relation(**dict(row)) for row in rows}


async def followed_by(tx: Transaction, actor_id: int, *, limit: int) -> list[Actor]:
    """List whom an actor follows, communities among them and Feeds not, the latest first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM follows f JOIN actors a ON a.id = f.target_id "
        "WHERE f.follower_id = $1 AND f.state = 'accepted' AND a.deleted_at IS NULL "
        "AND a.kind <> 'feed' ORDER BY f.settled_at DESC, a.id LIMIT $2",
        actor_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]
