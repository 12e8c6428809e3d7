"""Follow edges and their state; to follow a community is to belong to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor, Follow, FollowState
from server.storage import actors
from server.storage.database import Row, Transaction

_COLUMNS = "uri, follower_id, target_id, state, asked_at, settled_at"
#: With a Follow goes the question to the member who decides it.
_NOT_ASKED = (
    "silent AS (DELETE FROM notifications n USING {of} o WHERE n.member_id = o.target_id "
    "AND n.actor_id = o.follower_id AND n.kind = 'asks-to-follow')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Where a follower's copy goes: one row for each inbox that the fold keeps."""

    inbox: str
    shared_inbox: str | None
    host: str
    software: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    follow: Follow
    follower: Actor
    target: Actor


async def ask(
    tx: Transaction, follower_id: int, target_id: int, uri: str, *, now: datetime
) -> Follow:
    """Record a Follow, or find the edge that is there; only a refused one is asked anew."""
    rows = await tx.fetch(
        f"INSERT INTO follows ({_COLUMNS}) VALUES ($3, $1, $2, 'asked', $4, NULL) "
        "ON CONFLICT (follower_id, target_id) DO UPDATE SET uri = $3, "
        "state = CASE WHEN follows.state IN ('accepted', 'banned') THEN follows.state "
        "ELSE 'asked' END, "
        "asked_at = CASE follows.state WHEN 'refused' THEN $4 ELSE follows.asked_at END "
        f"RETURNING {_COLUMNS}",
        follower_id,
        target_id,
        uri,
        now,
    )
    return _follow(rows[0])


def _follow(row: Row) -> Follow:
    return Follow(**(dict(row) | {"state": FollowState(row["state"])}))


async def settle(
    tx: Transaction, follower_id: int, target_id: int, state: FollowState, *, now: datetime
) -> bool:
    """Accept or refuse; False when there is no such Follow. Nobody is asked any more."""
    found = await tx.fetchval(
        "WITH settled AS (UPDATE follows SET state = $3, settled_at = $4 "
        "WHERE follower_id = $1 AND target_id = $2 AND state <> $3 "
        f"RETURNING follower_id, target_id), {_NOT_ASKED.format(of='settled')} "
        "SELECT true FROM settled",
        follower_id,
        target_id,
        state,
        now,
    )
    return found is True


async def ban(
    tx: Transaction,
    actor_id: int,
    community_id: int,
    uri: str,
    *,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Put somebody out of a community, member or not; `uri` is the Block's from now on."""
    await tx.execute(
        f"INSERT INTO follows ({_COLUMNS}, until) VALUES ($3, $1, $2, 'banned', $4, $4, $5) "
        "ON CONFLICT (follower_id, target_id) DO UPDATE SET uri = $3, state = 'banned', "
        "settled_at = $4, until = $5",
        actor_id,
        community_id,
        uri,
        now,
        until,
    )


async def lift_ban(tx: Transaction, actor_id: int, community_id: int) -> bool:
    status = await tx.execute(
        "DELETE FROM follows WHERE follower_id = $1 AND target_id = $2 AND state = 'banned'",
        actor_id,
        community_id,
    )
    return status == "DELETE 1"


async def remove(tx: Transaction, follower_id: int, target_id: int) -> Follow | None:
    """End a Follow; who leaves does not shake off a ban."""
    row = await tx.fetchrow(
        "WITH ended AS (DELETE FROM follows WHERE follower_id = $1 AND target_id = $2 "
        f"AND state <> 'banned' RETURNING {_COLUMNS}), {_NOT_ASKED.format(of='ended')} "
        f"SELECT {_COLUMNS} FROM ended",
        follower_id,
        target_id,
    )
    return _follow(row) if row else None


async def find(tx: Transaction, follower_id: int, target_id: int) -> Follow | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM follows WHERE follower_id = $1 AND target_id = $2",
        follower_id,
        target_id,
    )
    return _follow(row) if row else None


async def find_by_uri(tx: Transaction, uri: str) -> Follow | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM follows WHERE uri = $1", uri)
    return _follow(row) if row else None


async def asking(tx: Transaction, target_id: int, *, limit: int = 200) -> list[Asked]:
    """List who waits to be let in, longest waiting first."""
    return await _asked(tx, "f.target_id = $1 AND f.state = 'asked'", target_id, limit)


async def asked_by(
    tx: Transaction, target_id: int, follower_ids: Collection[int]
) -> list[Asked]:
    """Read the Follows of these that wait, longest waiting first."""
    return await _asked(
        tx,
        "f.target_id = $1 AND f.state = 'asked' AND f.follower_id = ANY($3)",
        target_id,
        len(follower_ids),
        list(follower_ids),
    )


async def waiting_for(
    tx: Transaction, host: str, *, after: Follow | None = None, limit: int = 500
) -> list[Asked]:
    """List the Follows, ours and theirs, that wait because of an agency; on behind `after`.

    By who follows whom and never by id: an id may change between one page and the next.
    """
    return await _asked(
        tx,
        "$1 IN (p.host, t.host) AND f.state = 'asked' AND ($3::timestamptz IS NULL "
        "OR (f.asked_at, f.follower_id, f.target_id) > ($3, $4, $5))",
        host,
        limit,
        after.asked_at if after else None,
        after.follower_id if after else None,
        after.target_id if after else None,
    )


async def _asked(
    tx: Transaction, where: str, value: object, limit: int, *more: object
) -> list[Asked]:
    rows = await tx.fetch(
        "SELECT f.uri AS f_uri, f.follower_id, f.target_id, f.state, f.asked_at, f.settled_at, "
        f"{actors.columns('p', 'p_')}, {actors.columns('t', 't_')} FROM follows f "
        "JOIN actors p ON p.id = f.follower_id JOIN actors t ON t.id = f.target_id "
        f"WHERE {where} ORDER BY f.asked_at, f.follower_id, f.target_id LIMIT $2",
        value,
        limit,
        *more,
    )
    return [
        Asked(
            follow=Follow(
                uri=row["f_uri"],
                follower_id=row["follower_id"],
                target_id=row["target_id"],
                state=FollowState(row["state"]),
                asked_at=row["asked_at"],
                settled_at=row["settled_at"],
            ),
            follower=actors.actor_from(row, "p_"),
            target=actors.actor_from(row, "t_"),
        )
        for row in rows
    ]


async def recipients(tx: Transaction, target_id: int, *, unadmitted: bool) -> list[Recipient]:
    """List where followers elsewhere get their copies; blocked agencies never do.

    `unadmitted` includes agencies that no moderator has admitted: open federation, public only.
    """
    rows = await tx.fetch(
        "SELECT DISTINCT a.inbox, a.shared_inbox, a.host, g.software FROM follows f "
        "JOIN actors a ON a.id = f.follower_id LEFT JOIN agencies g ON g.host = a.host "
        "WHERE f.target_id = $1 AND f.state = 'accepted' AND NOT a.local AND a.inbox IS NOT "
        "NULL "
        "AND a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "AND (g.state = 'admitted' OR ($2 AND g.state IS DISTINCT FROM 'blocked'))",
        target_id,
        unadmitted,
    )
    return [Recipient(**dict(row)) for row in rows]


async def reached(tx: Transaction, post_id: int) -> list[Recipient]:
    """List the inboxes that anything about a post went to, whoever follows now (DEL-24)."""
    rows = await tx.fetch(
        "SELECT DISTINCT d.inbox, d.host, g.software FROM activities s "
        "JOIN deliveries d ON d.activity_id = s.id LEFT JOIN agencies g ON g.host = d.host "
        "WHERE s.post_id = $1 AND d.state <> 'refused' ORDER BY d.host, d.inbox LIMIT 10000",
        post_id,
    )
    return [Recipient(**dict(row), shared_inbox=None) for row in rows]


async def followers(tx: Transaction, target_id: int, *, limit: int = 100) -> list[Actor]:
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM follows f JOIN actors a ON a.id = "
        "f.follower_id "
        "WHERE f.target_id = $1 AND f.state = 'accepted' ORDER BY f.asked_at, a.id LIMIT $2",
        target_id,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def count_followers(tx: Transaction, target_id: int) -> int:
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM follows WHERE target_id = $1 AND state = 'accepted'",
            target_id,
        )
    )


async def count_following(tx: Transaction, follower_id: int) -> int:
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM follows WHERE follower_id = $1 AND state = 'accepted'",
            follower_id,
        )
    )


async def joined_by_agency(tx: Transaction, host: str) -> frozenset[int]:
    """List the communities in which an agency has an accepted member."""
    rows = await tx.fetch(
        "SELECT DISTINCT f.target_id FROM follows f JOIN actors a ON a.id = f.follower_id "
        "JOIN communities c ON c.actor_id = f.target_id "
        "WHERE a.host = $1 AND f.state = 'accepted' AND a.suspended_at IS NULL "
        "AND a.deleted_at IS NULL LIMIT 10000",
        host,
    )
    return frozenset(row["target_id"] for row in rows)


async def sever(tx: Transaction, host: str) -> int:
    """Remove every edge to and from an agency (DOM-07); return how many there were."""
    status = await tx.execute(
        "DELETE FROM follows f USING actors a WHERE a.host = $1 AND NOT a.local "
        "AND a.id IN (f.follower_id, f.target_id)",
        host,
    )
    return int(status.split()[-1])


async def is_member(tx: Transaction, community_id: int, actor_id: int) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT true FROM follows WHERE follower_id = $1 AND target_id = $2 "
            "AND state = 'accepted'",
            actor_id,
            community_id,
        )
    )


async def members_among(
    tx: Transaction, pairs: Collection[tuple[int, int]]
) -> set[tuple[int, int]]:
    """Keep the pairs of a community and an actor where the actor belongs to the community."""
    rows = await tx.fetch(
        "SELECT f.target_id, f.follower_id FROM unnest($1::bigint[], $2::bigint[]) "
        "AS w (target_id, follower_id) JOIN follows f ON f.target_id = w.target_id "
        "AND f.follower_id = w.follower_id WHERE f.state = 'accepted'",
        [community_id for community_id, _ in pairs],
        [actor_id for _, actor_id in pairs],
    )
    return {(row["target_id"], row["follower_id"]) for row in rows}


async def is_fellow(tx: Transaction, actor_id: int) -> bool:
    """Say whether somebody follows, is followed, or wrote anything, as far as we know."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM follows WHERE follower_id = $1 AND state = 'accepted') "
            "OR EXISTS (SELECT FROM follows WHERE target_id = $1 AND state = 'accepted') "
            "OR EXISTS (SELECT FROM posts WHERE author_id = $1)",
            actor_id,
        )
    )


async def has_local_follower(tx: Transaction, target_id: int) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM follows f JOIN actors a ON a.id = f.follower_id "
            "WHERE f.target_id = $1 AND f.state = 'accepted' AND a.local)",
            target_id,
        )
    )
