"""The delivery queue: claim in lanes, settle; health of origins; who has what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from federation.delivery import HORIZON, Health
from federation.uris import origin_of
from server.storage import lanes
from server.storage.database import Transaction
from server.storage.lanes import BATCH

State = Literal["waiting", "delivered", "refused", "expired"]

# A last attempt is made at the horizon; what is still there afterwards met a closed door.
_GRACE = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A leased delivery. `attempts` and `not_found` count the ones before this."""

    id: int
    inbox: str
    origin: str
    host: str
    lane: str
    attempts: int
    not_found: int
    enqueued_at: datetime
    lease_until: datetime
    failing: bool
    document: bytes
    actor_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How one attempt ended: delivered, refused, expired, or waiting until `next_at`."""

    due: Due
    state: State
    next_at: datetime
    status: int | None = None
    reason: str = ""
    not_found: int = 0
    inbox_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginHealth:
    """What waits for an origin, and how it fares. `expired` were given up: resync needed."""

    origin: str
    hosts: tuple[str, ...]
    waiting: int
    expired: int
    oldest_at: datetime | None
    failing_since: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    reason: str
    breaker: Literal["closed", "open"]
    open_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger: whether a host has an activity about a post."""

    activity_uri: str
    type: str
    host: str
    state: State
    attempts: int
    last_reason: str
    settled_at: datetime | None


async def claim(
    tx: Transaction, *, limit: int, failing: int, now: datetime, lease_until: datetime
) -> list[Due]:
    """Lease what is due, oldest first: firsts of lanes, per origin no more than its width.

    At most `limit` from origins in good health and `failing` from the others. Driven by the due
    times of origins, so what waits behind an open breaker costs nothing.
    """
    rows = await tx.fetch(
        "WITH new AS MATERIALIZED (SELECT DISTINCT origin FROM (SELECT origin FROM deliveries "
        "WHERE place = 'new' ORDER BY id LIMIT $4) n), "
        "made AS (INSERT INTO origins (origin) SELECT origin FROM new ORDER BY origin "
        "ON CONFLICT (origin) DO NOTHING RETURNING origin), "
        "known AS (SELECT o.origin FROM origins o JOIN new n ON n.origin = o.origin "
        "FOR UPDATE OF o SKIP LOCKED), "
        "well AS (SELECT origin FROM origins WHERE failing_since IS NULL AND due_at <= $1 "
        "ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED), "
        "ill AS (SELECT origin FROM origins WHERE failing_since IS NOT NULL AND due_at <= $1 "
        "ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
        "SELECT origin, true AS new FROM made UNION ALL SELECT origin, true FROM known "
        "UNION ALL SELECT origin, false FROM well UNION ALL SELECT origin, false FROM ill",
        now,
        limit,
        failing,
        BATCH,
    )
    if not rows:
        return []
    # Each step below is a statement of its own, so that it sees what others had committed
    # before the locks were ours.
    origins = sorted({row["origin"] for row in rows})
    if new := sorted({row["origin"] for row in rows if row["new"]}):
        await lanes.place(tx, new)
    due = await _lease(
        tx, origins, limit=limit, failing=failing, now=now, lease_until=lease_until
    )
    await lanes.set_due(tx, origins, now=now)
    return due


async def settle(
    tx: Transaction,
    settlements: Sequence[Settlement],
    healths: Mapping[str, Health],
    *,
    now: datetime,
) -> None:
    """Write how attempts ended, let the next of each lane come first, note the health.

    The origins must be locked. A lease that ran out meanwhile counts for a success only.
    """
    await _write(tx, settlements, now=now)
    if gone := [settled.due.inbox for settled in settlements if settled.inbox_gone]:
        await _bury(tx, gone, now=now)
    await lanes.promote(tx, [(settled.due.origin, settled.due.lane) for settled in settlements])
    await lanes.note(tx, healths)
    await lanes.set_due(tx, list(healths), now=now)


async def hasten(tx: Transaction, origins: Collection[str]) -> None:
    """Make what waits for another try due at once, in its old order; before `settle`."""
    await tx.execute(
        "UPDATE deliveries SET next_at = enqueued_at WHERE origin = ANY($1) "
        "AND place = 'first' AND next_at > enqueued_at",
        list(origins),
    )


async def release(tx: Transaction, dues: Sequence[Due], *, now: datetime) -> None:
    """Give leases back: these were not tried."""
    origins = {due.origin for due in dues}
    await lanes.lock(tx, origins)
    await tx.execute(
        "UPDATE deliveries d SET place = 'first', next_at = $3 "
        "FROM unnest($1::bigint[], $2::timestamptz[]) AS r (id, lease_until) "
        "WHERE d.id = r.id AND d.place = 'leased' AND d.next_at = r.lease_until",
        [due.id for due in dues],
        [due.lease_until for due in dues],
        now,
    )
    await lanes.set_due(tx, sorted(origins), now=now)


async def expire(tx: Transaction, *, now: datetime) -> int:
    """Give up what has waited for seven days at origins that fail; it stays, as expired."""
    over = await tx.fetch(
        "SELECT d.id, d.origin, d.lane FROM deliveries d JOIN origins o ON o.origin = d.origin "
        "WHERE d.state = 'waiting' AND d.enqueued_at <= $1 AND d.place <> 'leased' "
        "AND (o.failing_since IS NOT NULL OR d.attempts > 0) AND o.paused_at IS NULL "
        "AND (o.resumed_at IS NULL OR o.resumed_at <= $1) ORDER BY d.enqueued_at LIMIT $2",
        now - HORIZON - _GRACE,
        BATCH,
    )
    if over:
        origins = {row["origin"] for row in over}
        await lanes.lock(tx, origins)
        await tx.execute(
            "UPDATE deliveries SET state = 'expired', place = 'settled', settled_at = $2 "
            "WHERE id = ANY($1) AND state = 'waiting' AND place <> 'leased'",
            [row["id"] for row in over],
            now,
        )
        await lanes.promote(tx, [(row["origin"], row["lane"]) for row in over])
        await lanes.set_due(tx, sorted(origins), now=now)
    return len(over)


async def withdraw(tx: Transaction, host: str, *, reason: str, now: datetime) -> int:
    """Send nothing more of what waits for a host, such as one that was blocked."""
    found = await tx.fetch(
        "SELECT DISTINCT origin FROM deliveries WHERE host = $1 AND state = 'waiting'", host
    )
    origins = sorted(row["origin"] for row in found)
    await lanes.know(tx, origins)
    await lanes.lock(tx, origins)
    rows = await tx.fetch(
        "UPDATE deliveries SET state = 'refused', place = 'settled', last_reason = $2, "
        "settled_at = $3 WHERE host = $1 AND state = 'waiting' RETURNING origin, lane",
        host,
        reason,
        now,
    )
    await lanes.promote(tx, [(row["origin"], row["lane"]) for row in rows])
    await lanes.set_due(tx, origins, now=now)
    return len(rows)


async def resync(tx: Transaction, host: str, *, now: datetime) -> int:
    """Owe a host again what was given up, in order, and wake the workers.

    Not where something later about the same object has reached it: a Create must not follow its
    own Delete. Whoever calls this has seen that the host may have it still.
    """
    status = await tx.execute(
        "WITH reached AS (SELECT inbox, lane, max(id) AS id FROM deliveries "
        "WHERE host = $1 AND state = 'delivered' GROUP BY inbox, lane) "
        "UPDATE deliveries d SET state = 'waiting', place = 'new', attempts = 0, "
        "not_found = 0, enqueued_at = $2, next_at = $2, settled_at = NULL WHERE d.host = $1 "
        "AND d.state = 'expired' AND NOT EXISTS (SELECT FROM reached r "
        "WHERE r.inbox = d.inbox AND r.lane = d.lane AND r.id > d.id)",
        host,
        now,
    )
    await tx.execute("NOTIFY deliveries")
    return int(status.split()[-1])


async def next_due(tx: Transaction) -> datetime | None:
    """Say when there is something to do; in the past when there is now, None when never."""
    moment: datetime | None = await tx.fetchval(
        "SELECT least("
        "(SELECT next_at FROM deliveries WHERE place = 'new' ORDER BY id LIMIT 1), "
        "(SELECT min(due_at) FROM origins WHERE failing_since IS NULL), "
        "(SELECT min(due_at) FROM origins WHERE failing_since IS NOT NULL))"
    )
    return moment


async def summary(tx: Transaction) -> list[OriginHealth]:
    """List the thousand origins where most waits or was given up, with their health."""
    rows = await tx.fetch(
        "WITH waits AS (SELECT origin, count(*) AS n, min(enqueued_at) AS oldest_at, "
        "array_agg(DISTINCT host) AS hosts FROM deliveries WHERE state = 'waiting' "
        "GROUP BY origin), "
        "missed AS (SELECT origin, count(*) AS n, array_agg(DISTINCT host) AS hosts "
        "FROM deliveries WHERE state = 'expired' GROUP BY origin) "
        "SELECT origin, coalesce(w.hosts, m.hosts, '{}') AS hosts, "
        "coalesce(w.n, 0) AS waiting, coalesce(m.n, 0) AS expired, w.oldest_at, "
        "o.failing_since, o.last_success_at, "
        "o.last_failure_at, coalesce(o.last_reason, '') AS reason, "
        "CASE WHEN o.open_until IS NULL THEN 'closed' ELSE 'open' END AS breaker, o.open_until "
        "FROM origins o FULL JOIN waits w USING (origin) FULL JOIN missed m USING (origin) "
        "ORDER BY waiting DESC, expired DESC, origin LIMIT 1000"
    )
    return [OriginHealth(**(dict(row) | {"hosts": tuple(row["hosts"])})) for row in rows]


async def ledger(tx: Transaction, post_id: int) -> list[Entry]:
    """Say which hosts have what was sent about a post, and which not yet (DEL-24)."""
    rows = await tx.fetch(
        "SELECT a.uri AS activity_uri, a.type, d.host, d.state, d.attempts, d.last_reason, "
        "d.settled_at FROM activities a JOIN deliveries d ON d.activity_id = a.id "
        "WHERE a.post_id = $1 ORDER BY a.id, d.host, d.id LIMIT 10000",
        post_id,
    )
    return [Entry(**dict(row)) for row in rows]


async def _lease(
    tx: Transaction,
    origins: list[str],
    *,
    limit: int,
    failing: int,
    now: datetime,
    lease_until: datetime,
) -> list[Due]:
    rows = await tx.fetch(
        "WITH room AS (SELECT o.origin, o.resumed_at, o.failing_since IS NOT NULL AS failing, "
        "CASE WHEN o.open_until IS NULL THEN o.width ELSE 1 END - (SELECT count(*) "
        "FROM deliveries b WHERE b.origin = o.origin AND b.place = 'leased' "
        "AND b.next_at > $4) AS free FROM origins o WHERE o.origin = ANY($1) "
        "AND (o.open_until IS NULL OR o.open_until <= $4) "
        "AND (o.pause_until IS NULL OR o.pause_until <= $4) AND o.paused_at IS NULL), "
        "ready AS (SELECT d.id, r.failing, r.resumed_at, row_number() OVER ("
        "PARTITION BY r.failing ORDER BY d.next_at, d.id) AS rank "
        "FROM room r CROSS JOIN LATERAL ("
        "SELECT id, next_at FROM deliveries WHERE origin = r.origin "
        "AND place IN ('first', 'leased') AND next_at <= $4 ORDER BY next_at, id "
        "LIMIT greatest(r.free, 0)) d) "
        "UPDATE deliveries d SET place = 'leased', next_at = $5 FROM ready r, activities a "
        "WHERE d.id = r.id AND a.id = d.activity_id "
        "AND r.rank <= CASE WHEN r.failing THEN $3::integer ELSE $2::integer END "
        "RETURNING d.id, d.inbox, d.origin, d.host, d.lane, d.attempts, d.not_found, "
        "greatest(d.enqueued_at, r.resumed_at) AS enqueued_at, d.next_at AS lease_until, "
        "r.failing, a.document, a.actor_id",
        origins,
        limit,
        failing,
        now,
        lease_until,
    )
    return sorted((Due(**dict(row)) for row in rows), key=lambda due: due.id)


async def _write(tx: Transaction, settlements: Sequence[Settlement], *, now: datetime) -> None:
    await tx.execute(
        "UPDATE deliveries d SET state = s.state, attempts = d.attempts + 1, "
        "not_found = s.not_found, next_at = s.next_at, last_status = s.status, "
        "last_reason = s.reason, "
        "place = CASE s.state WHEN 'waiting' THEN 'first' ELSE 'settled' END, "
        "settled_at = CASE s.state WHEN 'waiting' THEN NULL ELSE $8::timestamptz END "
        "FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::timestamptz[], "
        "$5::int[], $6::text[], $7::int[]) "
        "AS s (id, lease_until, state, next_at, status, reason, not_found) "
        "WHERE d.id = s.id AND d.state = 'waiting' "
        "AND (s.state = 'delivered' OR (d.place = 'leased' AND d.next_at = s.lease_until))",
        [settled.due.id for settled in settlements],
        [settled.due.lease_until for settled in settlements],
        [settled.state for settled in settlements],
        [settled.next_at for settled in settlements],
        [settled.status for settled in settlements],
        [settled.reason for settled in settlements],
        [settled.not_found for settled in settlements],
        now,
    )


async def _bury(tx: Transaction, inboxes: list[str], *, now: datetime) -> None:
    """Refuse what else waits for inboxes that are gone, and what will come."""
    await tx.execute(
        "INSERT INTO gone_inboxes (inbox, gone_at) SELECT DISTINCT inbox, $2::timestamptz "
        "FROM unnest($1::text[]) AS g (inbox) ORDER BY inbox "
        "ON CONFLICT (inbox) DO UPDATE SET gone_at = excluded.gone_at",
        inboxes,
        now,
    )
    rows = await tx.fetch(
        "UPDATE deliveries SET state = 'refused', place = 'settled', last_reason = 'gone', "
        "settled_at = $3 WHERE origin = ANY($2) AND inbox = ANY($1) AND state = 'waiting' "
        "RETURNING origin, lane",
        inboxes,
        sorted({origin_of(inbox) for inbox in inboxes}),
        now,
    )
    await lanes.promote(tx, [(row["origin"], row["lane"]) for row in rows])
