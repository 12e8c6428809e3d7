"""What an operator asks of the database: is it there, is it ours, how much is waiting."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """How many rows of a queue are in a state, and since when the oldest of them is due."""

    queue: str
    state: str
    count: int
    due_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the server and our role there are; `version` is the major one."""

    now: datetime
    version: int
    role: str
    superuser: bool
    bypasses_row_security: bool
    may_change_audit: bool


async def next_process_number(tx: Transaction) -> int:
    number: int = await tx.fetchval("SELECT nextval('process_numbers')")
    return number


async def give_sign_of_life(tx: Transaction, *, now: datetime) -> datetime | None:
    """Note that the instance is at work, and when it was before; None at its first start."""
    before: datetime | None = await tx.fetchval("SELECT seen_at FROM signs_of_life FOR UPDATE")
    await tx.execute(
        "INSERT INTO signs_of_life (seen_at) VALUES ($1) "
        "ON CONFLICT (one) DO UPDATE SET seen_at = excluded.seen_at",
        now,
    )
    return before


async def migrated_to(tx: Transaction) -> int:
    """Give the number of the last migration that was applied."""
    number: int = await tx.fetchval("SELECT coalesce(max(number), 0) FROM migrations")
    return number


async def queued(tx: Transaction) -> list[Queued]:
    """Count what is not settled, and what was given up and is kept for the operator."""
    rows = await tx.fetch(
        "SELECT 'inbox' AS queue, state, count(*) AS count, "
        "min(next_at) FILTER (WHERE state = 'waiting') AS due_since FROM inbox_events "
        "WHERE state IN ('waiting', 'parked') GROUP BY state "
        "UNION ALL SELECT 'deliveries', state, count(*), "
        "min(next_at) FILTER (WHERE place IN ('new', 'first')) FROM deliveries "
        "WHERE state IN ('waiting', 'expired') GROUP BY state"
    )
    return [Queued(**dict(row)) for row in rows]


async def refusers_of_our_clock(tx: Transaction) -> list[str]:
    """Name the agencies, a hundred at most, that last refused us for the time we signed at."""
    rows = await tx.fetch(
        "SELECT DISTINCT host FROM deliveries WHERE state = 'waiting' "
        "AND last_reason = 'clock-refused' ORDER BY host LIMIT 100"
    )
    return [row["host"] for row in rows]


async def facts(tx: Transaction) -> Facts:
    row = await tx.fetchrow(
        "SELECT clock_timestamp() AS now, "
        "current_setting('server_version_num')::integer / 10000 AS version, "
        "current_user::text AS role, r.rolsuper AS superuser, "
        "r.rolbypassrls AS bypasses_row_security, "
        "has_table_privilege('audit_events', 'UPDATE') "
        "OR has_table_privilege('audit_events', 'DELETE') AS may_change_audit "
        "FROM pg_roles r WHERE r.rolname = current_user"
    )
    if row is None:
        raise LookupError("a role that is not in pg_roles")
    return Facts(**dict(row))
