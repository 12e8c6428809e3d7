"""Order within a lane, and health of an origin; changed only while its row is locked."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from federation.delivery import Health
from server.storage.database import Transaction

#: How many new rows are put into their lanes at once.
BATCH = 1000


async def lock(tx: Transaction, origins: Collection[str]) -> dict[str, Health]:
    """Lock origins, always in the same order, and say how they are."""
    rows = await tx.fetch(
        "SELECT origin, width, failed_at, failing_since, open_until, open_for, pause_until, "
        "last_success_at, last_failure_at, last_reason FROM origins WHERE origin = ANY($1) "
        "ORDER BY origin FOR UPDATE",
        list(origins),
    )
    return {row["origin"]: _health(dict(row)) for row in rows}


async def know(tx: Transaction, origins: list[str]) -> None:
    """Make sure that origins have a row to lock, also where no worker has been yet."""
    await tx.execute(
        "INSERT INTO origins (origin) SELECT * FROM unnest($1::text[]) "
        "ON CONFLICT (origin) DO NOTHING",
        origins,
    )


async def note(tx: Transaction, healths: Mapping[str, Health]) -> None:
    """Write how origins are; they are locked."""
    await tx.executemany(
        "UPDATE origins SET width = $2, failed_at = $3, failing_since = $4, open_until = $5, "
        "open_for = $6, pause_until = $7, last_success_at = $8, last_failure_at = $9, "
        "last_reason = $10 WHERE origin = $1",
        [(origin, *_columns(health)) for origin, health in healths.items()],
    )


async def place(tx: Transaction, origins: list[str]) -> None:
    """Put new rows into their lanes: first where nothing waits before them."""
    await tx.execute(
        "UPDATE deliveries d SET place = CASE WHEN EXISTS (SELECT FROM deliveries e "
        "WHERE e.origin = d.origin AND e.lane = d.lane AND e.state = 'waiting' "
        "AND e.id <> d.id AND (e.place <> 'new' OR e.id < d.id)) "
        "THEN 'behind' ELSE 'first' END "
        "WHERE d.place = 'new' AND d.id IN (SELECT id FROM deliveries WHERE place = 'new' "
        "AND origin = ANY($1) ORDER BY id LIMIT $2)",
        origins,
        BATCH,
    )


async def promote(tx: Transaction, lanes: Collection[tuple[str, str]]) -> None:
    """Let the next one come first in lanes where nobody is."""
    unique = sorted(set(lanes))
    await tx.execute(
        "UPDATE deliveries d SET place = 'first' FROM unnest($1::text[], $2::text[]) "
        "AS l (origin, lane) CROSS JOIN LATERAL (SELECT id FROM deliveries w "
        "WHERE w.origin = l.origin AND w.lane = l.lane AND w.state = 'waiting' "
        "AND w.place <> 'new' ORDER BY w.id LIMIT 1) n "
        "WHERE d.id = n.id AND d.place = 'behind' AND NOT EXISTS (SELECT FROM deliveries f "
        "WHERE f.origin = l.origin AND f.lane = l.lane AND f.place IN ('first', 'leased'))",
        [origin for origin, _ in unique],
        [lane for _, lane in unique],
    )


async def set_due(tx: Transaction, origins: list[str], *, now: datetime) -> None:
    """Say when each origin is to be looked at next; the origins are locked."""
    await tx.execute(
        "UPDATE origins o SET due_at = CASE WHEN r.at IS NULL OR o.paused_at IS NOT NULL "
        "THEN NULL ELSE greatest("
        "CASE WHEN b.busy >= CASE WHEN o.open_until IS NULL THEN o.width ELSE 1 END "
        "THEN b.until ELSE r.at END, o.open_until, o.pause_until) END "
        "FROM unnest($1::text[]) AS u (origin) "
        "LEFT JOIN LATERAL (SELECT min(next_at) AS at FROM deliveries WHERE origin = u.origin "
        "AND place IN ('first', 'leased')) r ON true "
        "LEFT JOIN LATERAL (SELECT count(*) AS busy, min(next_at) AS until FROM deliveries "
        "WHERE origin = u.origin AND place = 'leased' AND next_at > $2) b ON true "
        "WHERE o.origin = u.origin",
        origins,
        now,
    )


def _health(row: Mapping[str, Any]) -> Health:
    values = {name: value for name, value in row.items() if name != "origin"}
    return Health(**(values | {"failed_at": tuple(row["failed_at"])}))


def _columns(health: Health) -> tuple[object, ...]:
    return (
        health.width,
        list(health.failed_at),
        health.failing_since,
        health.open_until,
        health.open_for,
        health.pause_until,
        health.last_success_at,
        health.last_failure_at,
        health.last_reason,
    )
