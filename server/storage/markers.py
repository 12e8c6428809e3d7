"""How far members have read their timelines: for every client of theirs alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """`version` grows with each change."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime


async def of_member(
    tx: Transaction, member_id: int, timelines: Sequence[str]
) -> dict[str, Marker]:
    rows = await tx.fetch(
        "SELECT timeline, last_read_id, version, updated_at FROM markers "
        "WHERE member_id = $1 AND timeline = ANY($2) ORDER BY timeline",
        member_id,
        list(timelines),
    )
    return {row["timeline"]: Marker(**dict(row)) for row in rows}


async def put(tx: Transaction, member_id: int, marker: Marker) -> bool:
    """Put a marker in place of the version before it; False where another one stands there."""
    status = await tx.execute(
        "INSERT INTO markers (member_id, timeline, last_read_id, version, updated_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (member_id, timeline) "
        "DO UPDATE SET last_read_id = $3, version = $4, updated_at = $5 "
        "WHERE markers.version = $4 - 1",
        member_id,
        marker.timeline,
        marker.last_read_id,
        marker.version,
        marker.updated_at,
    )
    return status == "INSERT 0 1"
