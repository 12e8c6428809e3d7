"""Origins that we deliver to, as their operator sees and steers them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.storage import deliveries, lanes
from server.storage.database import Row, Transaction

#: What an operator dropped says so in the ledger.
DROPPED = "dropped-here"
#: How many rows are dropped at once: far below what a statement may take.
DROPPED_AT_ONCE = 10_000

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page of the list ends: what comes after it weighs less, or is named later."""

    weight: int
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What is owed to an origin and how it fares.

    `waiting` is `fresh` (an hour at most), `day_old` (a day at most) and `older` together;
    `given_up` waited in vain for a week. `hosts` are those of whom it is for, two at most.
    """

    origin: str
    hosts: tuple[str, ...]
    waiting: int
    fresh: int
    day_old: int
    older: int
    given_up: int
    retried: int
    most_attempts: int
    oldest_at: datetime | None
    failing_since: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    reason: str
    open_until: datetime | None
    asked_until: datetime | None
    paused_at: datetime | None
    due_at: datetime | None

    @property
    def weight(self) -> int:
        return self.waiting + self.given_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All origins together."""

    origins: int
    waiting: int
    given_up: int
    failing: int
    paused: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One delivery that waits; `about` is the uri of what it is about."""

    id: int
    type: str
    about: str
    attempts: int
    enqueued_at: datetime
    next_at: datetime
    reason: str


_BACKLOGS = (
    "WITH waits AS (SELECT origin, count(*) AS waiting, "
    "count(*) FILTER (WHERE enqueued_at > $1) AS fresh, "
    "count(*) FILTER (WHERE enqueued_at <= $1 AND enqueued_at > $2) AS day_old, "
    "count(*) FILTER (WHERE enqueued_at <= $2) AS older, "
    "count(*) FILTER (WHERE attempts > 0) AS retried, max(attempts) AS most_attempts, "
    "min(enqueued_at) AS oldest_at, min(host) AS host, max(host) AS other "
    "FROM deliveries WHERE state = 'waiting' AND ($3::text IS NULL OR origin = $3) "
    "GROUP BY origin), "
    "missed AS (SELECT origin, count(*) AS given_up, min(host) AS host, max(host) AS other "
    "FROM deliveries WHERE state = 'expired' AND ($3::text IS NULL OR origin = $3) "
    "GROUP BY origin), "
    "backlogs AS (SELECT origin, coalesce(w.host, m.host) AS host, "
    "coalesce(w.other, m.other) AS other, coalesce(w.waiting, 0) AS waiting, "
    "coalesce(w.fresh, 0) AS fresh, coalesce(w.day_old, 0) AS day_old, "
    "coalesce(w.older, 0) AS older, coalesce(m.given_up, 0) AS given_up, "
    "coalesce(w.retried, 0) AS retried, coalesce(w.most_attempts, 0) AS most_attempts, "
    "w.oldest_at, o.failing_since, o.last_success_at, o.last_failure_at, "
    "coalesce(o.last_reason, '') AS reason, o.open_until, o.pause_until AS asked_until, "
    "o.paused_at, o.due_at, coalesce(w.waiting, 0) + coalesce(m.given_up, 0) AS weight "
    "FROM origins o FULL JOIN waits w USING (origin) FULL JOIN missed m USING (origin) "
    "WHERE $3::text IS NULL OR origin = $3) "
)
_COLUMNS = (
    "origin, host, other, waiting, fresh, day_old, older, given_up, retried, most_attempts, "
    "oldest_at, failing_since, last_success_at, last_failure_at, reason, open_until, "
    "asked_until, paused_at, due_at"
)


async def heaviest(
    tx: Transaction, *, after: Place | None, limit: int, now: datetime
) -> list[Backlog]:
    """List origins where most waits or was given up, from a place on."""
    rows = await tx.fetch(
        f"{_BACKLOGS} SELECT {_COLUMNS} FROM backlogs WHERE $4::bigint IS NULL "
        "OR weight < $4 OR (weight = $4 AND origin > $5) "
        "ORDER BY weight DESC, origin LIMIT $6",
        now - _HOUR,
        now - _DAY,
        None,
        after.weight if after else None,
        after.origin if after else None,
        limit,
    )
    return [_backlog(row) for row in rows]


async def find(tx: Transaction, origin: str, *, now: datetime) -> Backlog | None:
    row = await tx.fetchrow(
        f"{_BACKLOGS} SELECT {_COLUMNS} FROM backlogs", now - _HOUR, now - _DAY, origin
    )
    return _backlog(row) if row else None


async def of_host(tx: Transaction, host: str) -> list[str]:
    """Name the origins where inboxes of an agency are (DEL-12: not always its own)."""
    rows = await tx.fetch(
        "SELECT origin FROM origins WHERE split_part(origin, '://', 2) = $1 "
        "UNION SELECT origin FROM deliveries WHERE host = $1 AND state = 'waiting' "
        "UNION SELECT origin FROM deliveries WHERE host = $1 AND state = 'expired' "
        "ORDER BY origin LIMIT 100",
        host,
    )
    return [row["origin"] for row in rows]


async def totals(tx: Transaction) -> Totals:
    row = await tx.fetchrow(
        "SELECT count(*) AS origins, "
        "(SELECT count(*) FROM deliveries WHERE state = 'waiting') AS waiting, "
        "(SELECT count(*) FROM deliveries WHERE state = 'expired') AS given_up, "
        "count(*) FILTER (WHERE failing_since IS NOT NULL) AS failing, "
        "count(*) FILTER (WHERE paused_at IS NOT NULL) AS paused, "
        "(SELECT min(enqueued_at) FROM deliveries WHERE state = 'waiting') AS oldest_at "
        "FROM origins"
    )
    if row is None:
        raise LookupError("an aggregate without a row")
    return Totals(**dict(row))


async def waiting(tx: Transaction, origin: str, *, limit: int) -> list[Waiting]:
    """List what goes next to an origin, in the order in which it will be tried."""
    rows = await tx.fetch(
        "SELECT d.id, a.type, a.object_uri AS about, d.attempts, d.enqueued_at, d.next_at, "
        "d.last_reason AS reason FROM (SELECT id, activity_id, attempts, enqueued_at, next_at, "
        "last_reason FROM deliveries WHERE origin = $1 AND place IN ('first', 'leased') "
        "ORDER BY next_at, id LIMIT $2) d JOIN activities a ON a.id = d.activity_id "
        "ORDER BY d.next_at, d.id",
        origin,
        limit,
    )
    return [Waiting(**dict(row)) for row in rows]


async def pause(tx: Transaction, origin: str, *, now: datetime) -> bool:
    """Send nothing there from now on, and give nothing up; False when that is so already."""
    await _lock(tx, origin)
    status = await tx.execute(
        "UPDATE origins SET paused_at = $2 WHERE origin = $1 AND paused_at IS NULL", origin, now
    )
    await lanes.set_due(tx, [origin], now=now)
    return status == "UPDATE 1"


async def resume(tx: Transaction, origin: str, *, now: datetime) -> bool:
    """Go on after a pause, at once; what waited has its seven days anew."""
    await _lock(tx, origin)
    status = await tx.execute(
        "UPDATE origins SET paused_at = NULL, resumed_at = $2 "
        "WHERE origin = $1 AND paused_at IS NOT NULL",
        origin,
        now,
    )
    await deliveries.hasten(tx, [origin])
    await _wake(tx, origin, now=now)
    return status == "UPDATE 1"


async def try_now(tx: Transaction, origin: str, *, now: datetime) -> None:
    """Forget until when it was to be left alone: a probe goes out at once."""
    await _lock(tx, origin)
    await tx.execute(
        "UPDATE origins SET open_until = least(open_until, $2), pause_until = NULL "
        "WHERE origin = $1",
        origin,
        now,
    )
    await deliveries.hasten(tx, [origin])
    await _wake(tx, origin, now=now)


async def droppable(tx: Transaction, origin: str) -> tuple[int, int]:
    """Count what waits for an origin, and name the last of it."""
    row = await tx.fetchrow(
        "SELECT count(*) AS waiting, coalesce(max(id), 0) AS last FROM deliveries "
        "WHERE origin = $1 AND state = 'waiting'",
        origin,
    )
    return (row["waiting"], row["last"]) if row else (0, 0)


async def drop(tx: Transaction, origin: str, *, through: int, now: datetime) -> int:
    """Never send what waits, up to a row, some thousands at once; 0 when all of it is dropped.

    What is on its way this moment is not stopped.
    """
    await _lock(tx, origin)
    rows = await tx.fetch(
        "WITH dropped AS (UPDATE deliveries SET state = 'refused', place = 'settled', "
        "last_reason = $3, settled_at = $4 WHERE id IN (SELECT id FROM deliveries "
        "WHERE origin = $1 AND state = 'waiting' AND place <> 'leased' AND id <= $2 LIMIT $5) "
        "RETURNING lane) SELECT lane, count(*) AS dropped FROM dropped GROUP BY lane",
        origin,
        through,
        DROPPED,
        now,
        DROPPED_AT_ONCE,
    )
    await lanes.promote(tx, [(origin, row["lane"]) for row in rows])
    await lanes.set_due(tx, [origin], now=now)
    return sum(row["dropped"] for row in rows)


async def _lock(tx: Transaction, origin: str) -> None:
    await lanes.know(tx, [origin])
    await lanes.lock(tx, [origin])


async def _wake(tx: Transaction, origin: str, *, now: datetime) -> None:
    await lanes.set_due(tx, [origin], now=now)
    await tx.execute("NOTIFY deliveries")


def _backlog(row: Row) -> Backlog:
    values = dict(row)
    named = (values.pop("host"), values.pop("other"))
    return Backlog(hosts=tuple(sorted({host for host in named if host})), **values)
