"""Who asks to follow a member that decides it, once their agency need not be waited for."""

from schemas.records import Actor
from server.storage import actors, follows
from server.storage.database import Transaction
from server.storage.follows import Asked
from server.storage.timelines import Window

_FROM = (
    "FROM follows f JOIN actors p ON p.id = f.follower_id "
    "LEFT JOIN agencies g ON g.host = p.host WHERE f.target_id = $1 AND f.state = 'asked' "
    "AND p.deleted_at IS NULL AND p.suspended_at IS NULL AND (p.local OR g.state = 'admitted' "
    "OR ($2 AND g.state IS DISTINCT FROM 'blocked'))"
)


async def listed(
    tx: Transaction, member_id: int, window: Window, *, unadmitted: bool
) -> list[Actor]:
    """List who asks, by their ids, the greatest first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('p', '')} {_FROM} AND {window.numbered(3, row='p')}",
        member_id,
        unadmitted,
        *window.arguments,
    )
    found = [actors.actor_from(row) for row in rows]
    return found[::-1] if window.rising else found


async def count(tx: Transaction, member_id: int, *, unadmitted: bool) -> int:
    return int(await tx.fetchval(f"SELECT count(*) {_FROM}", member_id, unadmitted))


async def asked(
    tx: Transaction,
    member_id: int,
    *,
    unadmitted: bool,
    limit: int,
    only: int | None = None,
) -> list[Asked]:
    """Read what was asked, longest waiting first, and let nobody else settle it meanwhile."""
    rows = await tx.fetch(
        f"SELECT f.follower_id {_FROM} AND ($3::bigint IS NULL OR f.follower_id = $3) "
        "ORDER BY f.asked_at, f.follower_id LIMIT $4 FOR UPDATE OF f",
        member_id,
        unadmitted,
        only,
        limit,
    )
    return await follows.asked_by(tx, member_id, [row["follower_id"] for row in rows])
