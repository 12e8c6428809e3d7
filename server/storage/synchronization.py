"""Who follows whom as two agencies know it: claims of others, and our side of an edge."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.synchronization import MOST_FOLLOWERS
from schemas.records import Actor, FollowState
from server.storage import actors
from server.storage.database import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What an actor elsewhere said of its followers here; `header` as it came."""

    actor_uri: str
    host: str
    header: str
    told_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The followers of one of our actors at one agency; `collection` is all of them."""

    actor_id: int
    host: str
    collection: str
    followers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """Somebody here who follows somebody elsewhere, or asked to."""

    follower: Actor
    uri: str
    state: FollowState
    settled_at: datetime | None
    asked_again_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An agency that may be asked now; `back_at` is set when it was away."""

    host: str
    back_at: datetime | None


async def parts(tx: Transaction, pairs: Collection[tuple[int, str]]) -> list[Part]:
    """List the followers of our people and communities at admitted agencies.

    Pairs of an actor of ours and a host; those without a follower there are left out, and those
    with more than a list may have.
    """
    rows = await tx.fetch(
        "SELECT w.actor_id, w.host, a.followers AS collection, p.uris FROM "
        "unnest($1::bigint[], $2::text[]) AS w (actor_id, host) "
        "JOIN actors a ON a.id = w.actor_id AND a.followers IS NOT NULL "
        "JOIN agencies g ON g.host = w.host AND g.state = 'admitted' "
        "CROSS JOIN LATERAL (SELECT array_agg(l.uri) AS uris FROM (SELECT p.uri FROM follows f "
        "JOIN actors p ON p.id = f.follower_id WHERE f.target_id = w.actor_id "
        "AND f.state = 'accepted' AND p.host = w.host AND NOT p.local "
        "AND p.deleted_at IS NULL LIMIT $3) l) p WHERE cardinality(p.uris) BETWEEN 1 AND $4",
        [actor_id for actor_id, _ in pairs],
        [host for _, host in pairs],
        MOST_FOLLOWERS + 1,
        MOST_FOLLOWERS,
    )
    return [
        Part(
            actor_id=row["actor_id"],
            host=row["host"],
            collection=row["collection"],
            followers=tuple(row["uris"]),
        )
        for row in rows
    ]


async def remember(tx: Transaction, claims: Mapping[str, Claim]) -> None:
    """Keep the latest claim of each actor, to be compared."""
    ordered = [claims[uri] for uri in sorted(claims)]
    await tx.execute(
        "INSERT INTO follower_claims (actor_uri, host, header, told_at, state) "
        "SELECT c.*, 'waiting' FROM unnest($1::text[], $2::text[], $3::text[], "
        "$4::timestamptz[]) AS c ON CONFLICT (actor_uri) DO UPDATE SET "
        "header = excluded.header, told_at = excluded.told_at, state = 'waiting', reason = '', "
        "settled_at = NULL",
        [claim.actor_uri for claim in ordered],
        [claim.host for claim in ordered],
        [claim.header for claim in ordered],
        [claim.told_at for claim in ordered],
    )


async def uncompared(tx: Transaction, *, before: datetime, limit: int) -> list[Claim]:
    """Take claims that were not compared with what we know, oldest first."""
    rows = await tx.fetch(
        "SELECT actor_uri, host, header, told_at FROM follower_claims "
        "WHERE state = 'waiting' AND told_at <= $1 ORDER BY told_at LIMIT $2 "
        "FOR UPDATE SKIP LOCKED",
        before,
        limit,
    )
    return [Claim(**dict(row)) for row in rows]


async def differing(tx: Transaction, host: str, *, limit: int) -> list[Claim]:
    rows = await tx.fetch(
        "SELECT actor_uri, host, header, told_at FROM follower_claims "
        "WHERE state = 'differs' AND host = $1 ORDER BY told_at LIMIT $2",
        host,
        limit,
    )
    return [Claim(**dict(row)) for row in rows]


async def claim_of(tx: Transaction, actor_uri: str) -> Claim | None:
    row = await tx.fetchrow(
        "SELECT actor_uri, host, header, told_at FROM follower_claims WHERE actor_uri = $1",
        actor_uri,
    )
    return Claim(**dict(row)) if row else None


async def settle(
    tx: Transaction, claim: Claim, state: str, *, reason: str = "", now: datetime
) -> None:
    """Note what became of a claim, unless a newer one has come."""
    await tx.execute(
        "UPDATE follower_claims SET state = $3, reason = $4, settled_at = $5 "
        "WHERE actor_uri = $1 AND told_at = $2",
        claim.actor_uri,
        claim.told_at,
        state,
        reason,
        now,
    )


async def want(tx: Transaction, host: str, *, now: datetime) -> None:
    """Ask an agency for its lists as soon as it may be asked."""
    await tx.execute(
        "INSERT INTO reconciliations (host, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        host,
        now,
    )


async def welcome(tx: Transaction, hosts: Sequence[str], *, now: datetime) -> None:
    """Note that agencies answer again after more than a day."""
    await tx.execute(
        "INSERT INTO reconciliations (host, due_at, back_at) SELECT h, $2, $2 "
        "FROM unnest($1::text[]) AS h ORDER BY h "
        "ON CONFLICT (host) DO UPDATE SET back_at = excluded.back_at",
        sorted(set(hosts)),
        now,
    )


async def take_turn(tx: Transaction, *, now: datetime, every: timedelta) -> Turn | None:
    """Take the next agency that there is something to ask of, for once in a while."""
    row = await tx.fetchrow(
        "UPDATE reconciliations r SET due_at = $2 WHERE host = (SELECT host "
        "FROM reconciliations c WHERE due_at <= $1 AND (back_at IS NOT NULL OR EXISTS ("
        "SELECT FROM follower_claims f WHERE f.host = c.host AND f.state = 'differs')) "
        "ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING host, back_at",
        now,
        now + every,
    )
    return Turn(**dict(row)) if row else None


async def welcomed(tx: Transaction, turn: Turn) -> None:
    """Forget that an agency was away, unless it was again meanwhile."""
    await tx.execute(
        "UPDATE reconciliations SET back_at = NULL WHERE host = $1 AND back_at = $2",
        turn.host,
        turn.back_at,
    )


async def forget(tx: Transaction, *, before: datetime, limit: int = 5000) -> None:
    """Drop claims that are old, and agencies that nothing is to be asked of."""
    await tx.execute(
        "DELETE FROM follower_claims WHERE actor_uri IN (SELECT actor_uri "
        "FROM follower_claims WHERE told_at < $1 ORDER BY told_at LIMIT $2)",
        before,
        limit,
    )
    await tx.execute(
        "DELETE FROM reconciliations WHERE due_at < $1 AND back_at IS NULL", before
    )


_EDGE = f"f.uri AS f_uri, f.state, f.settled_at, f.asked_again_at, {actors.columns('p', 'p_')}"


async def edges_to(tx: Transaction, target_id: int) -> list[Edge]:
    """List everybody here who follows somebody elsewhere, or ever asked to."""
    rows = await tx.fetch(
        f"SELECT {_EDGE} FROM follows f JOIN actors p ON p.id = f.follower_id "
        "WHERE f.target_id = $1 AND p.local ORDER BY p.id LIMIT $2",
        target_id,
        MOST_FOLLOWERS + 1,
    )
    return [_edge(row) for row in rows]


async def followed_at(tx: Transaction, host: str, *, limit: int) -> list[Actor]:
    """List whom our people follow at an agency, or asked to."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('t', '')} FROM actors t WHERE t.host = $1 AND NOT t.local "
        "AND t.deleted_at IS NULL AND EXISTS (SELECT FROM follows f "
        "JOIN actors p ON p.id = f.follower_id WHERE f.target_id = t.id AND p.local "
        "AND f.state IN ('asked', 'accepted')) ORDER BY t.id LIMIT $2",
        host,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


async def ask_again(
    tx: Transaction, follower_id: int, target_id: int, uri: str, *, state: str, now: datetime
) -> None:
    """Give an edge the id of a new Follow, and the state that it has until it is answered."""
    await tx.execute(
        "UPDATE follows SET uri = $3, state = $4, asked_again_at = $5 "
        "WHERE follower_id = $1 AND target_id = $2",
        follower_id,
        target_id,
        uri,
        state,
        now,
    )


def _edge(row: Row) -> Edge:
    return Edge(
        follower=actors.actor_from(row, "p_"),
        uri=row["f_uri"],
        state=FollowState(row["state"]),
        settled_at=row["settled_at"],
        asked_again_at=row["asked_again_at"],
    )
