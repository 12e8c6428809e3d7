"""One page of the directory of communities: which they are, most active first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Row, Transaction

#: When a community was last active, and its id; pages are before or after one.
Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which communities: `local` at this agency or not, both with None; `mine` are joined."""

    reader: int | None
    local: bool | None
    mine: bool
    words: str


async def before(
    tx: Transaction, wanted: Wanted, place: Place | None, *, limit: int
) -> list[Place]:
    """List what comes behind a place, or what comes first."""
    rows = await tx.fetch(
        f"{_WANTED} AND ($5::timestamptz IS NULL OR (c.active_at, c.actor_id) < ($5, $6)) "
        "ORDER BY c.active_at DESC, c.actor_id DESC LIMIT $7",
        *_arguments(wanted, place),
        limit,
    )
    return _places(rows)


async def after(tx: Transaction, wanted: Wanted, place: Place, *, limit: int) -> list[Place]:
    """List what comes just in front of a place, in the order of the page."""
    rows = await tx.fetch(
        f"{_WANTED} AND (c.active_at, c.actor_id) > ($5::timestamptz, $6) "
        "ORDER BY c.active_at, c.actor_id LIMIT $7",
        *_arguments(wanted, place),
        limit,
    )
    return _places(rows)[::-1]


_WANTED = (
    "SELECT c.active_at, c.actor_id FROM communities c JOIN actors a ON a.id = c.actor_id "
    "WHERE a.deleted_at IS NULL AND a.suspended_at IS NULL AND NOT c.wall "
    "AND ($2::boolean IS NULL OR a.local = $2) "
    "AND (NOT $3 OR EXISTS (SELECT FROM follows f WHERE f.follower_id = $1::bigint "
    "AND f.target_id = c.actor_id AND f.state = 'accepted')) "
    "AND ($4 = '' OR position(lower($4) IN lower(a.name || ' ' || a.display_name || ' ' "
    "|| a.host)) > 0)"
)


def _arguments(wanted: Wanted, place: Place | None) -> tuple[object, ...]:
    moment, number = place or (None, None)
    return (wanted.reader, wanted.local, wanted.mine, wanted.words, moment, number)


def _places(rows: Sequence[Row]) -> list[Place]:
    return [(row["active_at"], row["actor_id"]) for row in rows]
