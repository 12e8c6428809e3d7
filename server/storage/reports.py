"""Reports that are kept until a moderator closes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from server.storage.database import Row, Transaction
from server.storage.timelines import Window

Category = Literal["spam", "legal", "violation", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What someone told us about a post or a person; `host` is where the reporter is.

    `post_id` is the first of `post_ids`; a report from elsewhere has no other. `assigned_to` is
    the moderator who looks at it.
    """

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
    closed_by: int | None = None
    outcome: str = ""
    post_ids: tuple[int, ...] = ()
    rule_ids: tuple[int, ...] = ()
    category: Category = "other"
    forwarded: bool = False
    assigned_to: int | None = None
    changed_at: datetime | None = None

    @property
    def posts(self) -> tuple[int, ...]:
        """All posts that it is about."""
        return self.post_ids or ((self.post_id,) if self.post_id is not None else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which reports: None is whichever. `target_host` is empty for people of ours."""

    closed: bool | None = None
    reporter_id: int | None = None
    target_id: int | None = None
    target_host: str | None = None


_COLUMNS = (
    "id, uri, reporter_id, host, target_id, post_id, community_id, comment, opened_at, "
    "closed_at, closed_by, outcome, post_ids, rule_ids, category, forwarded, assigned_to, "
    "changed_at"
)


def _report(row: Row) -> Report:
    lists = {"post_ids": tuple(row["post_ids"]), "rule_ids": tuple(row["rule_ids"])}
    return Report(**(dict(row) | lists))


async def add(tx: Transaction, report: Report) -> bool:
    """Keep a report; False when the same one is open already."""
    status = await tx.execute(
        "INSERT INTO reports (id, uri, reporter_id, host, target_id, post_id, community_id, "
        "comment, opened_at, post_ids, rule_ids, category, forwarded) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
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
        list(report.post_ids),
        list(report.rule_ids),
        report.category,
        report.forwarded,
    )
    return status == "INSERT 0 1"


async def find(tx: Transaction, report_id: int) -> Report | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM reports WHERE id = $1", report_id)
    return _report(row) if row else None


async def open_about(
    tx: Transaction, reporter_id: int, target_id: int, post_ids: Sequence[int]
) -> Report | None:
    """Find an open report by somebody that says all this, or, without posts, of a person."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM reports WHERE reporter_id = $1 AND target_id = $2 "
        "AND closed_at IS NULL AND (post_ids || post_id) @> $3::bigint[] "
        "AND (post_id IS NULL) = (cardinality($3::bigint[]) = 0) ORDER BY id DESC LIMIT 1",
        reporter_id,
        target_id,
        list(post_ids),
    )
    return _report(row) if row else None


async def reported_by(
    tx: Transaction, reporter_id: int, post_ids: Sequence[int]
) -> frozenset[int]:
    """Find which of these posts begin an open report of somebody."""
    rows = await tx.fetch(
        "SELECT post_id FROM reports WHERE reporter_id = $1 AND post_id = ANY($2) "
        "AND closed_at IS NULL",
        reporter_id,
        list(post_ids),
    )
    return frozenset(row["post_id"] for row in rows)


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
    return [_report(row) for row in rows]


async def listed(tx: Transaction, wanted: Wanted, window: Window) -> list[Report]:
    """List reports by their ids, the latest first; `rising` starts at the old end."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM reports r WHERE "
        "($4::boolean IS NULL OR (r.closed_at IS NOT NULL) = $4) "
        "AND ($5::bigint IS NULL OR r.reporter_id = $5) "
        "AND ($6::bigint IS NULL OR r.target_id = $6) "
        "AND ($7::text IS NULL OR EXISTS (SELECT FROM actors a WHERE a.id = r.target_id "
        "AND CASE WHEN $7 = '' THEN a.local ELSE NOT a.local AND a.host = $7 END)) "
        f"AND {window.numbered(1, row='r')}",
        *window.arguments,
        wanted.closed,
        wanted.reporter_id,
        wanted.target_id,
        wanted.target_host,
    )
    found = [_report(row) for row in rows]
    return found[::-1] if window.rising else found


async def close(
    tx: Transaction, report_id: int, *, by: int, outcome: str, now: datetime
) -> bool:
    status = await tx.execute(
        "UPDATE reports SET closed_at = $4, closed_by = $2, outcome = $3, changed_at = $4 "
        "WHERE id = $1 AND closed_at IS NULL",
        report_id,
        by,
        outcome,
        now,
    )
    return status == "UPDATE 1"


async def reopen(tx: Transaction, report_id: int, *, now: datetime) -> bool:
    """Open a report again, unless its reporter made the same one anew meanwhile."""
    status = await tx.execute(
        "UPDATE reports r SET closed_at = NULL, closed_by = NULL, outcome = '', "
        "changed_at = $2 WHERE r.id = $1 AND r.closed_at IS NOT NULL AND NOT EXISTS "
        "(SELECT FROM reports o WHERE o.reporter_id = r.reporter_id "
        "AND o.post_id = r.post_id AND o.closed_at IS NULL)",
        report_id,
        now,
    )
    return status == "UPDATE 1"


async def assign(tx: Transaction, report_id: int, *, to: int | None, now: datetime) -> bool:
    """Note who looks at a report; False where it is so already."""
    status = await tx.execute(
        "UPDATE reports SET assigned_to = $2, changed_at = $3 "
        "WHERE id = $1 AND assigned_to IS DISTINCT FROM $2",
        report_id,
        to,
        now,
    )
    return status == "UPDATE 1"


async def sort(
    tx: Transaction,
    report_id: int,
    *,
    category: Category,
    rule_ids: Sequence[int],
    now: datetime,
) -> bool:
    """Say of what sort a report is; False where it is so already."""
    status = await tx.execute(
        "UPDATE reports SET category = $2, rule_ids = $3, changed_at = $4 "
        "WHERE id = $1 AND (category, rule_ids) IS DISTINCT FROM ($2, $3::bigint[])",
        report_id,
        category,
        list(rule_ids),
        now,
    )
    return status == "UPDATE 1"


async def note_resolved(tx: Transaction, post_id: int, *, outcome: str) -> bool:
    """Note on the open reports of a post what others made of it; False when there is none."""
    status = await tx.execute(
        "UPDATE reports SET outcome = $2 "
        "WHERE (post_id = $1 OR post_ids @> ARRAY[$1::bigint]) "
        "AND closed_at IS NULL AND outcome <> $2",
        post_id,
        outcome,
    )
    return status != "UPDATE 0"
