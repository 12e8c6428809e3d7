"""Which agencies have a post, which not yet, and which are not sent it."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records import AgencyState
from server.storage.database import Transaction
from server.storage.deliveries import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One delivery of a post itself, with the health of where it goes.

    `change` is Create, Update or Delete, wrapped in an Announce or not.
    """

    host: str
    change: str
    state: State
    attempts: int
    status: int | None
    reason: str
    enqueued_at: datetime
    next_at: datetime
    settled_at: datetime | None
    paused_at: datetime | None
    open_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """An agency whose people follow the community, and that gets nothing of it."""

    host: str
    state: AgencyState | None


async def legs(tx: Transaction, post_id: int) -> list[Leg]:
    """List where a post was sent, oldest first; likes of it and the like are left out.

    A boost names the post and nothing else: it stands for the Create.
    """
    rows = await tx.fetch(
        "WITH told AS MATERIALIZED (SELECT id, CASE WHEN type <> 'Announce' THEN type "
        "ELSE coalesce(convert_from(document, 'UTF8')::json #>> '{object,type}', 'Create') "
        "END AS change FROM activities WHERE post_id = $1) "
        "SELECT d.host, t.change, d.state, d.attempts, d.last_status AS status, "
        "d.last_reason AS reason, d.enqueued_at, d.next_at, d.settled_at, o.paused_at, "
        "o.open_until FROM told t JOIN deliveries d ON d.activity_id = t.id "
        "LEFT JOIN origins o ON o.origin = d.origin "
        "WHERE t.change IN ('Create', 'Update', 'Delete') "
        "ORDER BY t.id, d.host, d.id LIMIT 10000",
        post_id,
    )
    return [Leg(**dict(row)) for row in rows]


async def unsent(tx: Transaction, community_id: int, *, strangers: bool) -> list[Unsent]:
    """List agencies with people in a community that nothing of it is sent to.

    `strangers` are sent what is public: those whom no moderator has admitted or blocked.
    """
    rows = await tx.fetch(
        "SELECT DISTINCT a.host, g.state FROM follows f JOIN actors a ON a.id = f.follower_id "
        "LEFT JOIN agencies g ON g.host = a.host WHERE f.target_id = $1 "
        "AND f.state IN ('accepted', 'asked') AND NOT a.local AND a.deleted_at IS NULL "
        "AND g.state IS DISTINCT FROM 'admitted' "
        "AND NOT ($2 AND g.state IS DISTINCT FROM 'blocked') ORDER BY a.host LIMIT 1000",
        community_id,
        strangers,
    )
    return [
        Unsent(host=row["host"], state=AgencyState(row["state"]) if row["state"] else None)
        for row in rows
    ]
