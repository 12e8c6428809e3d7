"""Which communities we tell other agencies of, and which agencies we ask for theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A public community of ours; `active_at` is when something last happened in it."""

    community: Actor
    followers: int
    topics: tuple[str, ...]
    active_at: datetime


async def offered(tx: Transaction, *, since: datetime | None, limit: int) -> list[Offered]:
    """List our public communities, most active first; with `since` those active after it."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')}, c.active_at, (SELECT count(*) FROM follows f "
        "WHERE f.target_id = a.id AND f.state = 'accepted') AS followers, "
        "(SELECT coalesce(array_agg(t.name ORDER BY t.position), '{}') FROM topics t "
        "WHERE t.community_id = a.id) AS topics "
        "FROM communities c JOIN actors a ON a.id = c.actor_id WHERE a.local "
        "AND NOT c.wall AND c.visibility = 'public' "
        "AND a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "AND ($1::timestamptz IS NULL OR c.active_at > $1) "
        "ORDER BY c.active_at DESC, a.id LIMIT $2",
        since,
        limit,
    )
    return [
        Offered(
            community=actors.actor_from(row),
            followers=row["followers"],
            topics=tuple(row["topics"]),
            active_at=row["active_at"],
        )
        for row in rows
    ]


async def due(tx: Transaction, *, software: str, before: datetime, limit: int) -> list[str]:
    """List admitted agencies of a program that were not asked since a moment."""
    rows = await tx.fetch(
        "SELECT host FROM agencies WHERE state = 'admitted' AND software = $1 "
        "AND (directory_at IS NULL OR directory_at <= $2) "
        "ORDER BY directory_at NULLS FIRST, host LIMIT $3",
        software,
        before,
        limit,
    )
    return [row["host"] for row in rows]


async def note_asked(tx: Transaction, host: str, *, now: datetime) -> None:
    await tx.execute("UPDATE agencies SET directory_at = $2 WHERE host = $1", host, now)


async def unknown(tx: Transaction, uris: Sequence[str]) -> list[str]:
    """Keep the uris of actors that we do not know, in their order."""
    rows = await tx.fetch("SELECT uri FROM actors WHERE uri = ANY($1)", list(uris))
    known = {row["uri"] for row in rows}
    return [uri for uri in uris if uri not in known]
