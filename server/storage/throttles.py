"""How often something was tried in the current window, per account or address."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    count: int
    window_ends: datetime


async def add_hit(tx: Transaction, key: str, *, now: datetime, window: timedelta) -> Hits:
    """Count one more; the first hit after a window's end opens the next window."""
    row = await tx.fetchrow(
        "INSERT INTO throttles AS t (key, hits, window_ends) VALUES ($1, 1, $3) "
        "ON CONFLICT (key) DO UPDATE SET "
        "hits = CASE WHEN t.window_ends <= $2 THEN 1 ELSE t.hits + 1 END, "
        "window_ends = CASE WHEN t.window_ends <= $2 THEN $3 ELSE t.window_ends END "
        "RETURNING t.hits, t.window_ends",
        key,
        now,
        now + window,
    )
    if row is None:
        raise LookupError("an upsert returned no row")
    return Hits(count=row["hits"], window_ends=row["window_ends"])


async def remove_hit(tx: Transaction, key: str) -> None:
    """Take one hit back: what was counted beforehand turned out to be no failure."""
    await tx.execute("UPDATE throttles SET hits = hits - 1 WHERE key = $1 AND hits > 0", key)


async def clear(tx: Transaction, key: str) -> None:
    await tx.execute("DELETE FROM throttles WHERE key = $1", key)


async def remove_ended(tx: Transaction, now: datetime) -> None:
    await tx.execute("DELETE FROM throttles WHERE window_ends <= $1", now)
