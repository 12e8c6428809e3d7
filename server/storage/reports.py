"""Reports that are kept until a moderator closes them."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What someone told us about a post or a person; `host` is where the reporter is."""

    id: int
    uri: str | None
    reporter_id: int | None
    host: str
    target_id: int | None
    post_id: int | None
    community_id: int | None
    comment: str
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str = ""


_COLUMNS = (
    "id, uri, reporter_id, host, target_id, post_id, community_id, comment, opened_at, "
    "closed_at, "
    "outcome"
)


async def add(tx: Transaction, report: Report) -> bool:
    """Keep a report; False when the same one is open already."""
    status = await tx.execute(
        f"INSERT INTO reports ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
        "$11) "
        "ON CONFLICT DO NOTHING",
        report.id,
        report.uri,
        report.reporter_id,
        report.host,
        report.target_id,
        report.post_id,
        report.community_id,
        report.comment,
        report.opened_at,
        report.closed_at,
        report.outcome,
    )
    return status == "INSERT 0 1"


async def open_from(tx: Transaction, host: str, *, since: datetime) -> int:
    """Count an agency's reports since a moment, for the limit on flooding (ACT-14)."""
    return int(
        await tx.fetchval(
            "SELECT count(*) FROM reports WHERE host = $1 AND opened_at > $2", host, since
        )
    )


async def latest(tx: Transaction, *, closed: bool = False, limit: int = 50) -> list[Report]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM reports WHERE (closed_at IS NOT NULL) = $1 "
        "ORDER BY opened_at DESC LIMIT $2",
        closed,
        limit,
    )
    return [Report(**dict(row)) for row in rows]


async def close(
    tx: Transaction, report_id: int, *, by: int, outcome: str, now: datetime
) -> bool:
    status = await tx.execute(
        "UPDATE reports SET closed_at = $4, closed_by = $2, outcome = $3 "
        "WHERE id = $1 AND closed_at IS NULL",
        report_id,
        by,
        outcome,
        now,
    )
    return status == "UPDATE 1"


async def note_resolved(tx: Transaction, post_id: int, *, outcome: str) -> bool:
    """Note on the open reports of a post what others made of it; False when there is none."""
    status = await tx.execute(
        "UPDATE reports SET outcome = $2 WHERE post_id = $1 AND closed_at IS NULL "
        "AND outcome <> $2",
        post_id,
        outcome,
    )
    return status != "UPDATE 0"
