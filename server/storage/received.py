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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many actors, activities of each, activities and bytes in all are locked at once."""

    actors: int
    each: int
    together: int
    size: int


_EVENT = "id, actor_uri, activity_uri, type, host, raw, received_at, attempts"
_OLDEST = 500  # activities among which is looked for those whose turn it is


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an activity; `host` is the agency that sent it."""

    host: str
    state: str
    reason: str


async def outcome(tx: Transaction, actor_uri: str, activity_uri: str) -> Outcome | None:
    row = await tx.fetchrow(
        "SELECT host, state, reason FROM inbox_events WHERE actor_uri = $1 AND "
        "activity_uri = $2",
        actor_uri,
        activity_uri,
    )
    return Outcome(**dict(row)) if row else None


async def is_known(tx: Transaction, actor_uri: str, activity_uri: str) -> bool:
    """Say whether an activity of an actor came to us by that id."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM inbox_events WHERE actor_uri = $1 AND activity_uri = $2",
            actor_uri,
            activity_uri,
        )
    )


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


async def lock_lines(
    tx: Transaction, limits: Limits, *, but: Sequence[str], now: datetime
) -> list[Event]:
    """Lock the next activities of actors whose turn it is, in order per actor.

    A first attempt waits for the ones of its actor that came before; `but` names actors whose
    line is in hand already. Nobody else gets them while this transaction is open; to keep them
    for longer, `lease` them.
    """
    firsts = await _firsts_of_oldest(tx, limits.actors, but=but, now=now)
    if len(firsts) < limits.actors:
        # Few have so much waiting that others are not seen behind it.
        firsts = await _firsts_of_all(tx, limits.actors, but=but, now=now)
    rows = await tx.fetch(
        "WITH free AS (SELECT id, actor_uri FROM inbox_events WHERE id = ANY($1) "
        "AND state = 'waiting' AND attempts = 0 AND next_at <= $2 ORDER BY id "
        "FOR UPDATE SKIP LOCKED), "
        "line AS (SELECT n.id, n.bytes FROM free f CROSS JOIN LATERAL (SELECT e.id, "
        "octet_length(e.raw) AS bytes FROM inbox_events e WHERE e.state = 'waiting' "
        "AND e.attempts = 0 AND e.actor_uri = f.actor_uri AND e.id >= f.id "
        "ORDER BY e.id LIMIT $3) n), "
        "room AS (SELECT id, sum(bytes) OVER (ORDER BY id) - bytes AS before FROM line) "
        f"SELECT {_EVENT} FROM inbox_events WHERE id IN (SELECT id FROM room "
        "WHERE before < $5 ORDER BY id LIMIT $4) AND state = 'waiting' ORDER BY id FOR UPDATE",
        firsts,
        now,
        limits.each,
        limits.together,
        limits.size,
    )
    return [Event(**dict(row)) for row in rows]


async def _firsts_of_oldest(
    tx: Transaction, limit: int, *, but: Sequence[str], now: datetime
) -> list[int]:
    """Find whose turn it is among the activities that have waited longest."""
    rows = await tx.fetch(
        # Without a word on attempts in the first part: it goes by the index of what waits.
        "WITH oldest AS MATERIALIZED (SELECT id, actor_uri, attempts FROM inbox_events "
        "WHERE state = 'waiting' AND next_at <= $1 AND actor_uri <> ALL($2) "
        "ORDER BY id LIMIT $4), "
        "heads AS (SELECT min(id) AS id, actor_uri FROM oldest WHERE attempts = 0 "
        "GROUP BY actor_uri) "
        "SELECT h.id FROM heads h WHERE NOT EXISTS (SELECT FROM inbox_events b "
        "WHERE b.state = 'waiting' AND b.attempts = 0 AND b.actor_uri = h.actor_uri "
        "AND b.id < h.id) ORDER BY h.id LIMIT $3",
        now,
        list(but),
        limit,
        _OLDEST,
    )
    return [row["id"] for row in rows]


async def _firsts_of_all(
    tx: Transaction, limit: int, *, but: Sequence[str], now: datetime
) -> list[int]:
    """Find whose turn it is by one look per actor: it costs nothing how much each has sent."""
    rows = await tx.fetch(
        "WITH RECURSIVE heads AS ((SELECT actor_uri, id, next_at FROM inbox_events "
        "WHERE state = 'waiting' AND attempts = 0 ORDER BY actor_uri, id LIMIT 1) "
        "UNION ALL SELECT n.actor_uri, n.id, n.next_at FROM heads h CROSS JOIN LATERAL ("
        "SELECT actor_uri, id, next_at FROM inbox_events WHERE state = 'waiting' "
        "AND attempts = 0 AND actor_uri > h.actor_uri ORDER BY actor_uri, id LIMIT 1) n) "
        "SELECT id FROM heads WHERE next_at <= $1 AND actor_uri <> ALL($2) "
        "ORDER BY id LIMIT $3",
        now,
        list(but),
        limit,
    )
    return [row["id"] for row in rows]


async def lock_retries(tx: Transaction, *, limit: int, now: datetime) -> list[Event]:
    """Lock activities that are due to be tried again, whoever sent them.

    They have left the order: effects converge in any order (DEL-05), and a missing parent must
    not stop a whole community.
    """
    rows = await tx.fetch(
        f"SELECT {_EVENT} FROM inbox_events WHERE state = 'waiting' AND attempts > 0 "
        "AND next_at <= $2 ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED",
        limit,
        now,
    )
    return [Event(**dict(row)) for row in rows]


async def lease(tx: Transaction, event_ids: Sequence[int], *, until: datetime) -> None:
    """Keep locked activities beyond this transaction; they are free again after the lease."""
    await tx.execute(
        "UPDATE inbox_events SET next_at = $2 WHERE id = ANY($1)", list(event_ids), until
    )


async def settle_many(tx: Transaction, event_ids: Sequence[int], *, now: datetime) -> None:
    """Note that activities which are locked had their effect."""
    await tx.execute(
        "UPDATE inbox_events SET state = 'done', settled_at = $2 WHERE id = ANY($1)",
        list(event_ids),
        now,
    )


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
