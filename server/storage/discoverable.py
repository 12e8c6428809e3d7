"""Who wants to be found: the directory for clients, and whom of one's own people know whom."""

from collections import defaultdict
from collections.abc import Sequence

from moderation.visibility import Scope
from schemas.records import Actor
from server.storage import actors, unwanted
from server.storage.database import Transaction
from server.storage.visibility import heard


async def listed(
    tx: Transaction,
    member_id: int | None,
    *,
    local: bool,
    newest: bool,
    offset: int,
    limit: int,
) -> list[Actor]:
    """List who is discoverable, the most active or the newest first.

    Those are public communities. Nobody's staff is put into a directory unasked.
    """
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM actors a "
        "JOIN communities c ON c.actor_id = a.id WHERE c.visibility = 'public' "
        f"AND a.deleted_at IS NULL AND a.moved_to IS NULL AND {heard('a')} "
        f"AND (NOT $2 OR a.local) AND {unwanted.wanted('$1', people='a.id')} "
        "ORDER BY CASE WHEN $3 THEN a.published_at ELSE c.active_at END DESC, a.id DESC "
        "OFFSET $4 LIMIT $5",
        member_id,
        local,
        newest,
        offset,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def familiar(
    tx: Transaction, scope: Scope, member_id: int, community_ids: Sequence[int], *, each: int
) -> dict[int, list[Actor]]:
    """Say who of those whom a member follows belongs to each of these communities.

    As their pages say it: who is in a closed community, only its members see.
    """
    rows = await tx.fetch(
        "SELECT * FROM (SELECT f.target_id AS of_id, "
        "row_number() OVER (PARTITION BY f.target_id ORDER BY f.settled_at, a.id) AS place, "
        f"{actors.columns('a', '')} FROM follows m JOIN actors a ON a.id = m.target_id "
        "JOIN follows f ON f.follower_id = a.id AND f.state = 'accepted' "
        "JOIN communities c ON c.actor_id = f.target_id WHERE m.follower_id = $1 "
        f"AND m.state = 'accepted' AND a.kind = 'person' AND {heard('a')} "
        "AND f.target_id = ANY($2) AND (c.visibility = 'public' OR $4 "
        "OR c.actor_id = ANY($5::bigint[]))) w WHERE place <= $3 ORDER BY of_id, place",
        member_id,
        list(community_ids),
        each,
        scope.everything,
        sorted(scope.joined),
    )
    found: dict[int, list[Actor]] = defaultdict(list)
    for row in rows:
        found[row["of_id"]].append(actors.actor_from(row))
    return found
