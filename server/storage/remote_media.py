"""Pictures from elsewhere, kept for a while or known to be none; and our secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """What became of one address: a file of a media type, or a reason until when."""

    url_hash: str
    media_type: str
    size: int
    reason: str
    refused_until: datetime | None
    used_at: datetime


async def find(tx: Transaction, url_hash: str) -> Remote | None:
    row: Any = await tx.fetchrow(
        "SELECT url_hash, media_type, size, reason, refused_until, used_at "
        "FROM remote_media WHERE url_hash = $1",
        url_hash,
    )
    return Remote(**dict(row)) if row else None


async def keep(
    tx: Transaction, url_hash: str, *, media_type: str, size: int, now: datetime
) -> None:
    await tx.execute(
        "INSERT INTO remote_media (url_hash, media_type, size, fetched_at, used_at) "
        "VALUES ($1, $2, $3, $4, $4) ON CONFLICT (url_hash) DO UPDATE SET media_type = $2, "
        "size = $3, reason = '', refused_until = NULL, fetched_at = $4, used_at = $4",
        url_hash,
        media_type,
        size,
        now,
    )


async def refuse(
    tx: Transaction, url_hash: str, *, reason: str, until: datetime, now: datetime
) -> None:
    """Note that there is nothing to show, so that nobody asks again before then."""
    await tx.execute(
        "INSERT INTO remote_media (url_hash, reason, refused_until, fetched_at, used_at) "
        "VALUES ($1, $2, $3, $4, $4) ON CONFLICT (url_hash) DO UPDATE SET media_type = '', "
        "size = 0, reason = $2, refused_until = $3, fetched_at = $4, used_at = $4",
        url_hash,
        reason,
        until,
        now,
    )


async def use(tx: Transaction, url_hash: str, *, now: datetime) -> None:
    await tx.execute("UPDATE remote_media SET used_at = $2 WHERE url_hash = $1", url_hash, now)


async def total(tx: Transaction) -> int:
    """Say how many bytes all that is kept has."""
    found: int = await tx.fetchval("SELECT coalesce(sum(size), 0)::bigint FROM remote_media")
    return found


async def least_used(tx: Transaction, *, limit: int) -> list[Remote]:
    rows = await tx.fetch(
        "SELECT url_hash, media_type, size, reason, refused_until, used_at FROM remote_media "
        "WHERE reason = '' ORDER BY used_at, url_hash LIMIT $1",
        limit,
    )
    return [Remote(**dict(row)) for row in rows]


async def remove(tx: Transaction, url_hash: str) -> None:
    await tx.execute("DELETE FROM remote_media WHERE url_hash = $1", url_hash)


async def forget_refused(tx: Transaction, *, now: datetime) -> None:
    await tx.execute("DELETE FROM remote_media WHERE refused_until <= $1", now)


async def known(tx: Transaction, names: Sequence[str]) -> frozenset[str]:
    rows = await tx.fetch(
        "SELECT url_hash FROM remote_media WHERE reason = '' AND url_hash = ANY($1)", names
    )
    return frozenset(row["url_hash"] for row in rows)


async def secret(tx: Transaction, name: str, fresh: bytes) -> bytes:
    """Give a secret of this instance; the fresh one where it has none yet."""
    await tx.execute(
        "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        name,
        fresh,
    )
    found: bytes = await tx.fetchval("SELECT value FROM secrets WHERE name = $1", name)
    return found
