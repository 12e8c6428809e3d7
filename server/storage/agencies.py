"""Agencies: who may exchange with us, and what software they run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import AgencyState
from server.storage.database import Row, Transaction
from server.storage.timelines import Window

_COLUMNS = "host, state, name, software, version, nodeinfo_at, knocked_at, decided_at, reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    host: str
    state: AgencyState
    name: str
    software: str | None
    version: str | None
    nodeinfo_at: datetime | None
    knocked_at: datetime
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An agency with the number by which clients name it."""

    id: int
    agency: Agency


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Follows that wait for an agency to be admitted, in each direction."""

    host: str
    theirs: int
    ours: int


async def find(tx: Transaction, host: str) -> Agency | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM agencies WHERE host = $1", host)
    return Agency(**(dict(row) | {"state": AgencyState(row["state"])})) if row else None


async def numbered(tx: Transaction, number: int) -> Numbered | None:
    row = await tx.fetchrow(f"SELECT id, {_COLUMNS} FROM agencies WHERE id = $1", number)
    return _numbered(row) if row else None


async def numbered_of(tx: Transaction, host: str) -> Numbered | None:
    row = await tx.fetchrow(f"SELECT id, {_COLUMNS} FROM agencies WHERE host = $1", host)
    return _numbered(row) if row else None


async def listed(tx: Transaction, state: AgencyState, window: Window) -> list[Numbered]:
    """List agencies in a state by their numbers, the latest first."""
    rows = await tx.fetch(
        f"SELECT id, {_COLUMNS} FROM agencies g WHERE g.state = $4 "
        f"AND {window.numbered(1, row='g')}",
        *window.arguments,
        state,
    )
    found = [_numbered(row) for row in rows]
    return found[::-1] if window.rising else found


def _numbered(row: Row) -> Numbered:
    told = dict(row) | {"state": AgencyState(row["state"])}
    return Numbered(id=told.pop("id"), agency=Agency(**told))


async def states(tx: Transaction, hosts: Sequence[str]) -> dict[str, AgencyState]:
    """Say how we stand to hosts and to the domains above them; unknown ones are left out."""
    rows = await tx.fetch("SELECT host, state FROM agencies WHERE host = ANY($1)", list(hosts))
    return {row["host"]: AgencyState(row["state"]) for row in rows}


async def knock(tx: Transaction, host: str, *, now: datetime) -> None:
    """Remember that an agency wants something of us, or one of us of it."""
    await tx.execute(
        "INSERT INTO agencies (host, state, knocked_at) VALUES ($1, 'waiting', $2) "
        "ON CONFLICT (host) DO NOTHING",
        host,
        now,
    )


async def decide(
    tx: Transaction,
    host: str,
    state: AgencyState,
    *,
    by: int | None,
    reason: str,
    now: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO agencies (host, state, knocked_at, decided_at, decided_by, reason) "
        "VALUES ($1, $2, $3, $3, $4, $5) ON CONFLICT (host) DO UPDATE SET state = $2, "
        "decided_at = $3, decided_by = $4, reason = $5",
        host,
        state,
        now,
        by,
        reason,
    )


async def remember_software(
    tx: Transaction, host: str, *, software: str, version: str, name: str, now: datetime
) -> None:
    await tx.execute(
        "UPDATE agencies SET software = $2, version = $3, name = $4, nodeinfo_at = $5 "
        "WHERE host = $1",
        host,
        software,
        version,
        name,
        now,
    )


async def admitted(tx: Transaction) -> list[str]:
    rows = await tx.fetch("SELECT host FROM agencies WHERE state = 'admitted' ORDER BY host")
    return [row["host"] for row in rows]


async def unasked(tx: Transaction, *, before: datetime, limit: int) -> list[str]:
    """List admitted agencies that were not asked for their NodeInfo since a moment."""
    rows = await tx.fetch(
        "SELECT host FROM agencies WHERE state = 'admitted' "
        "AND (nodeinfo_at IS NULL OR nodeinfo_at <= $1) ORDER BY nodeinfo_at NULLS FIRST, host "
        "LIMIT $2",
        before,
        limit,
    )
    return [row["host"] for row in rows]


async def note_silence(tx: Transaction, host: str, *, asked_at: datetime) -> None:
    await tx.execute("UPDATE agencies SET nodeinfo_at = $2 WHERE host = $1", host, asked_at)


async def all_of(tx: Transaction, *, limit: int = 500) -> list[Agency]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM agencies ORDER BY state, host LIMIT $1", limit
    )
    return [Agency(**(dict(row) | {"state": AgencyState(row["state"])})) for row in rows]


async def waiting(tx: Transaction) -> list[Waiting]:
    rows = await tx.fetch(
        "SELECT g.host, count(*) FILTER (WHERE NOT a.local) AS theirs, "
        "count(*) FILTER (WHERE a.local) AS ours FROM agencies g "
        "JOIN actors o ON o.host = g.host JOIN follows f ON o.id IN (f.follower_id, "
        "f.target_id) "
        "AND f.state = 'asked' JOIN actors a ON a.id = f.follower_id "
        "WHERE g.state = 'waiting' GROUP BY g.host ORDER BY g.host LIMIT 500"
    )
    return [Waiting(**dict(row)) for row in rows]
