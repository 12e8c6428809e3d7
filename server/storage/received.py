"""Activities we received: remembered once, claimed in order per actor, settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A verified activity as it came in; `raw` is the body's bytes."""

    actor_uri: str
    activity_uri: str
    type: str
    host: str
    raw: bytes
    signature_hash: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: int
    actor_uri: str
    activity_uri: str
    type: str
    host: str
    raw: bytes
    received_at: datetime
    attempts: int


async def remember(tx: Transaction, arrivals: Sequence[Arrival]) -> int:
    """Store arrivals once each and wake the workers; return how many were new.

    Unique by actor and activity id, and by signature (SIG-11, DEL-02).
    """
    added = await tx.fetch(
        "INSERT INTO inbox_events (actor_uri, activity_uri, type, host, raw, signature_hash, "
        "received_at, state, next_at) "
        "SELECT *, 'waiting', received_at FROM unnest($1::text[], $2::text[], $3::text[], "
        "$4::text[], $5::bytea[], $6::bytea[], $7::timestamptz[]) "
        "AS t (actor_uri, activity_uri, type, host, raw, signature_hash, received_at) "
        "ON CONFLICT DO NOTHING RETURNING id",
        [arrival.actor_uri for arrival in arrivals],
        [arrival.activity_uri for arrival in arrivals],
        [arrival.type for arrival in arrivals],
        [arrival.host for arrival in arrivals],
        [arrival.raw for arrival in arrivals],
        [arrival.signature_hash for arrival in arrivals],
        [arrival.received_at for arrival in arrivals],
    )
    if added:
        await tx.execute("NOTIFY inbox")
    return len(added)


async def told_otherwise(tx: Transaction, arrivals: Sequence[Arrival]) -> list[str]:
    """Name the activities that came before with another body; the first one counts (DEL-03)."""
    rows = await tx.fetch(
        "SELECT e.activity_uri FROM unnest($1::text[], $2::text[], $3::bytea[]) "
        "AS t (actor_uri, activity_uri, raw) JOIN inbox_events e "
        "ON e.actor_uri = t.actor_uri AND e.activity_uri = t.activity_uri "
        "WHERE e.raw <> t.raw ORDER BY e.id",
        [arrival.actor_uri for arrival in arrivals],
        [arrival.activity_uri for arrival in arrivals],
        [arrival.raw for arrival in arrivals],
    )
    return [row["activity_uri"] for row in rows]


async def without_effect(
    tx: Transaction, actor_uri: str, *, type_: str, reason: str, limit: int = 100
) -> list[bytes]:
    """List the bodies of what an actor sent and we ignored for this reason, newest first."""
    rows = await tx.fetch(
        "SELECT raw FROM inbox_events WHERE actor_uri = $1 AND type = $2 "
        "AND state = 'ignored' AND reason = $3 ORDER BY id DESC LIMIT $4",
        actor_uri,
        type_,
        reason,
        limit,
    )
    return [row["raw"] for row in rows]


async def claim(
    tx: Transaction, *, actors: int, each: int, now: datetime, lease_until: datetime
) -> list[Event]:
    """Lease the next activities of up to so many actors, in order per actor.

    A first attempt waits for the ones of its actor that came before. One that is tried again
    has left the order: effects converge in any order (DEL-05), and a missing parent must not
    stop a whole community.
    """
    rows = await tx.fetch(
        "WITH heads AS (SELECT DISTINCT ON (w.actor_uri) w.id, w.actor_uri FROM ("
        "SELECT id, actor_uri FROM inbox_events WHERE state = 'waiting' AND attempts = 0 "
        "ORDER BY id LIMIT 1000) w ORDER BY w.actor_uri, w.id), "
        "free AS (SELECT e.id, e.actor_uri FROM inbox_events e JOIN heads h ON h.id = e.id "
        "WHERE e.next_at <= $3 ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED), "
        "line AS (SELECT n.id FROM free f CROSS JOIN LATERAL (SELECT e.id FROM inbox_events e "
        "WHERE e.state = 'waiting' AND e.attempts = 0 AND e.actor_uri = f.actor_uri "
        "AND e.id >= f.id ORDER BY e.id LIMIT $2) n), "
        "again AS (SELECT e.id FROM inbox_events e WHERE e.state = 'waiting' AND e.attempts "
        "> 0 "
        "AND e.next_at <= $3 ORDER BY e.next_at LIMIT $1 FOR UPDATE SKIP LOCKED) "
        "UPDATE inbox_events e SET next_at = $4 FROM "
        "(SELECT id FROM line UNION SELECT id FROM again) c WHERE e.id = c.id "
        "RETURNING e.id, e.actor_uri, e.activity_uri, e.type, e.host, e.raw, e.received_at, "
        "e.attempts",
        actors,
        each,
        now,
        lease_until,
    )
    return sorted((Event(**dict(row)) for row in rows), key=lambda event: event.id)


async def hold(tx: Transaction, event_id: int) -> bool:
    """Keep an activity that has had no effect yet for this transaction; False when it has.

    Its lease may have run out, and another worker may have been quicker.
    """
    return bool(
        await tx.fetchval(
            "SELECT true FROM inbox_events WHERE id = $1 AND state = 'waiting' FOR UPDATE",
            event_id,
        )
    )


async def settle(tx: Transaction, event_id: int, *, reason: str, now: datetime) -> None:
    """Note that an activity had its effect, or, with a reason, that it was ignored."""
    await tx.execute(
        "UPDATE inbox_events SET state = CASE $2 WHEN '' THEN 'done' ELSE 'ignored' END, "
        "reason = $2, settled_at = $3 WHERE id = $1 AND state = 'waiting'",
        event_id,
        reason,
        now,
    )


async def retry(tx: Transaction, event_id: int, *, reason: str, next_at: datetime) -> None:
    await tx.execute(
        "UPDATE inbox_events SET attempts = attempts + 1, reason = $2, next_at = $3 WHERE "
        "id = $1",
        event_id,
        reason,
        next_at,
    )


async def park(tx: Transaction, event_id: int, *, reason: str, now: datetime) -> None:
    """Set an activity aside that always fails; an operator may drive it again."""
    await tx.execute(
        "UPDATE inbox_events SET state = 'parked', attempts = attempts + 1, reason = $2, "
        "settled_at = $3 WHERE id = $1",
        event_id,
        reason,
        now,
    )


async def redrive(tx: Transaction, *, now: datetime) -> int:
    status = await tx.execute(
        "UPDATE inbox_events SET state = 'waiting', attempts = 0, next_at = $1, settled_at "
        "= NULL "
        "WHERE state = 'parked'",
        now,
    )
    return int(status.split()[-1])


async def next_due(tx: Transaction) -> datetime | None:
    due: datetime | None = await tx.fetchval(
        "SELECT min(next_at) FROM inbox_events WHERE state = 'waiting'"
    )
    return due


async def forget(tx: Transaction, *, before: datetime, limit: int = 5000) -> int:
    """Drop settled activities older than the replay window needs."""
    status = await tx.execute(
        "DELETE FROM inbox_events WHERE id IN (SELECT id FROM inbox_events "
        "WHERE received_at < $1 AND state IN ('done', 'ignored') LIMIT $2)",
        before,
        limit,
    )
    return int(status.split()[-1])


async def depth(tx: Transaction) -> dict[str, int]:
    rows = await tx.fetch(
        "SELECT state, count(*) AS n FROM inbox_events WHERE state IN ('waiting', 'parked') "
        "GROUP BY state"
    )
    return {row["state"]: row["n"] for row in rows}
