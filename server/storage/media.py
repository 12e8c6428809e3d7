"""What members attach to posts, and the files behind it: added, described, removed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.attached import MediaKind
from server.storage.database import Row, Transaction
from server.storage.files import Blob

_COLUMNS: Final = (
    "m.id, m.key, m.member_id, m.post_id, m.kind, m.media_type, m.title, m.hash, m.size, "
    "m.width, m.height, m.preview_hash, m.preview_width, m.preview_height, m.blurhash, "
    "m.focus_x, m.focus_y, m.description, m.created_at, m.scheduled_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """A file of a member; `title` is what they called it, `key` cannot be guessed.

    `post_id` is None as long as it belongs to no post; `scheduled_id` names what is written for
    later and keeps it. `size` is in bytes.
    """

    id: int
    key: str
    member_id: int
    post_id: int | None
    kind: MediaKind
    media_type: str
    title: str
    hash: str
    size: int
    width: int | None
    height: int | None
    preview_hash: str | None
    preview_width: int | None
    preview_height: int | None
    blurhash: str
    focus: tuple[float, float] | None
    description: str
    created_at: datetime
    scheduled_id: int | None = None


async def lock_blobs(tx: Transaction, hashes: Collection[str]) -> None:
    """Let nobody else add or remove files of these names until this is over."""
    for each in sorted(hashes):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 145))", each)


async def add_blob(tx: Transaction, blob: Blob, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO blobs (hash, size, kept_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (hash) DO NOTHING",
        blob.hash,
        blob.size,
        now,
    )


async def add(tx: Transaction, medium: Medium) -> None:
    focus = medium.focus or (None, None)
    await tx.execute(
        "INSERT INTO media (id, key, member_id, post_id, kind, media_type, title, hash, size, "
        "width, height, preview_hash, preview_width, preview_height, blurhash, focus_x, "
        "focus_y, description, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
        "$11, $12, $13, $14, $15, $16, $17, $18, $19)",
        medium.id,
        medium.key,
        medium.member_id,
        medium.post_id,
        medium.kind,
        medium.media_type,
        medium.title,
        medium.hash,
        medium.size,
        medium.width,
        medium.height,
        medium.preview_hash,
        medium.preview_width,
        medium.preview_height,
        medium.blurhash,
        focus[0],
        focus[1],
        medium.description,
        medium.created_at,
    )


async def kept_by(tx: Transaction, member_id: int) -> int:
    """Say how many bytes a member keeps; until this is over they can keep no more."""
    await tx.execute("SELECT FROM members WHERE actor_id = $1 FOR NO KEY UPDATE", member_id)
    found: int = await tx.fetchval(
        "SELECT coalesce(sum(size), 0)::bigint FROM media WHERE member_id = $1", member_id
    )
    return found


async def find_by_key(tx: Transaction, key: str) -> Medium | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM media m WHERE m.key = $1", key)
    return _medium(row) if row else None


async def own(tx: Transaction, member_id: int, ids: Sequence[int]) -> list[Medium]:
    """Read files of one member, and of nobody else, in the order asked for (VIS-12)."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM media m WHERE m.member_id = $1 AND m.id = ANY($2) "
        "ORDER BY array_position($2, m.id) FOR UPDATE",
        member_id,
        ids,
    )
    return [_medium(row) for row in rows]


async def ids_by_key(tx: Transaction, keys: Sequence[str]) -> dict[str, int]:
    rows = await tx.fetch("SELECT key, id FROM media WHERE key = ANY($1)", keys)
    return {row["key"]: row["id"] for row in rows}


async def of_post(tx: Transaction, post_id: int) -> list[Medium]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM media m WHERE m.post_id = $1 ORDER BY m.place, m.id LIMIT 100",
        post_id,
    )
    return [_medium(row) for row in rows]


async def of_scheduled(
    tx: Transaction, scheduled_ids: Collection[int]
) -> dict[int, list[Medium]]:
    """List the files that wait with what is written for later, by its id, in its order."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM media m WHERE m.scheduled_id = ANY($1) "
        "ORDER BY m.scheduled_id, m.place, m.id LIMIT 10000",
        list(scheduled_ids),
    )
    found: dict[int, list[Medium]] = {}
    for medium in map(_medium, rows):
        found.setdefault(medium.scheduled_id or 0, []).append(medium)
    return found


async def describe(
    tx: Transaction,
    medium_id: int,
    *,
    description: str,
    focus: tuple[float, float] | None,
) -> None:
    x, y = focus or (None, None)
    await tx.execute(
        "UPDATE media SET description = $2, focus_x = $3, focus_y = $4 WHERE id = $1",
        medium_id,
        description,
        x,
        y,
    )


async def attach(
    tx: Transaction, medium_id: int, post_id: int, *, place: int, description: str
) -> None:
    await tx.execute(
        "UPDATE media SET post_id = $2, place = $3, description = $4, scheduled_id = NULL "
        "WHERE id = $1",
        medium_id,
        post_id,
        place,
        description,
    )


async def detach(tx: Transaction, post_id: int, *, but: Collection[int], now: datetime) -> None:
    """Take files off a post, but for these; they are kept for a day, as if just brought."""
    await tx.execute(
        "UPDATE media SET post_id = NULL, created_at = $3 "
        "WHERE post_id = $1 AND NOT id = ANY($2)",
        post_id,
        list(but),
        now,
    )


async def remove_of_post(tx: Transaction, post_id: int) -> None:
    await tx.execute("DELETE FROM media WHERE post_id = $1", post_id)


async def remove_unattached(tx: Transaction, medium_id: int) -> bool:
    status = await tx.execute(
        "DELETE FROM media WHERE id = $1 AND post_id IS NULL AND scheduled_id IS NULL",
        medium_id,
    )
    return status == "DELETE 1"


async def remove_left(tx: Transaction, *, before: datetime) -> None:
    """Remove what was brought before then, and belongs to no post, now or later."""
    await tx.execute(
        "DELETE FROM media WHERE post_id IS NULL AND scheduled_id IS NULL AND created_at < $1",
        before,
    )


async def unused_blobs(tx: Transaction, *, limit: int) -> list[str]:
    """Name files that nothing shows any more, oldest first."""
    rows = await tx.fetch(
        "SELECT b.hash FROM blobs b "
        "WHERE NOT EXISTS (SELECT FROM media m WHERE m.hash = b.hash) "
        "AND NOT EXISTS (SELECT FROM media m WHERE m.preview_hash = b.hash) "
        "AND NOT EXISTS (SELECT FROM portraits p WHERE p.hash = b.hash) "
        "ORDER BY b.kept_at, b.hash LIMIT $1",
        limit,
    )
    return [row["hash"] for row in rows]


async def remove_blob(tx: Transaction, name: str) -> bool:
    """Forget a file unless something shows it; False then. Lock it before."""
    status = await tx.execute(
        "DELETE FROM blobs b WHERE b.hash = $1 "
        "AND NOT EXISTS (SELECT FROM media m WHERE m.hash = b.hash OR m.preview_hash = b.hash) "
        "AND NOT EXISTS (SELECT FROM portraits p WHERE p.hash = b.hash)",
        name,
    )
    return status == "DELETE 1"


async def known_blobs(tx: Transaction, names: Sequence[str]) -> frozenset[str]:
    rows = await tx.fetch("SELECT hash FROM blobs WHERE hash = ANY($1)", names)
    return frozenset(row["hash"] for row in rows)


async def some_blobs(tx: Transaction, *, limit: int) -> list[str]:
    """Name the files that were kept last, for whoever looks whether they are there."""
    rows = await tx.fetch("SELECT hash FROM blobs ORDER BY kept_at DESC LIMIT $1", limit)
    return [row["hash"] for row in rows]


def _medium(row: Row) -> Medium:
    values = dict(row)
    x, y = values.pop("focus_x"), values.pop("focus_y")
    values["kind"] = MediaKind(values["kind"])
    return Medium(**values, focus=None if x is None or y is None else (x, y))
