"""How much was written here in each of the last weeks, and by how many."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week from its first moment on: posts of ours, who wrote them, who joined."""

    begins_at: datetime
    posts: int
    writers: int
    joined: int


async def counted(tx: Transaction, begins: list[datetime], ends: datetime) -> list[Week]:
    """Count for weeks of which each ends where the next begins; what is deleted is not told."""
    rows = await tx.fetch(
        "WITH weeks AS (SELECT begins, lead(begins, 1, $2) OVER (ORDER BY begins) AS ends "
        "FROM unnest($1::timestamptz[]) begins) "
        "SELECT w.begins, count(p.id) AS posts, count(DISTINCT p.author_id) AS writers, "
        "(SELECT count(*) FROM members m WHERE m.created_at >= w.begins "
        "AND m.created_at < w.ends) AS joined FROM weeks w "
        "LEFT JOIN (posts p JOIN actors a ON a.id = p.author_id AND a.local) "
        "ON p.published_at >= w.begins AND p.published_at < w.ends AND p.deleted_at IS NULL "
        "GROUP BY w.begins, w.ends ORDER BY w.begins DESC",
        begins,
        ends,
    )
    return [
        Week(
            begins_at=row["begins"],
            posts=row["posts"],
            writers=row["writers"],
            joined=row["joined"],
        )
        for row in rows
    ]
