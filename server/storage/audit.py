"""The log of acts: only ever added to, through a function that can do nothing else."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who did what to what, when and why. `actor` is a uri or "operator"."""

    id: int
    happened_at: datetime
    actor: str
    act: str
    object: str
    reason: str


async def append(
    tx: Transaction, *, actor: str, act: str, about: str, reason: str = "", now: datetime
) -> None:
    await tx.execute("SELECT append_audit($1, $2, $3, $4, $5)", now, actor, act, about, reason)


async def latest(tx: Transaction, *, before: int | None = None, limit: int = 50) -> list[Act]:
    rows = await tx.fetch(
        "SELECT id, happened_at, actor, act, object, reason FROM audit_events "
        "WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",
        before,
        limit,
    )
    return [Act(**dict(row)) for row in rows]
