"""Pictures of profiles of ours: which file each is, and at which address it is served."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.storage.database import Transaction


class PortraitKind(StrEnum):
    """AVATAR stands beside a name, HEADER above a profile."""

    AVATAR = "avatar"
    HEADER = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A picture of a profile of ours; `key` cannot be guessed and is never used again."""

    actor_id: int
    kind: PortraitKind
    key: str
    media_type: str
    hash: str


async def put(tx: Transaction, portrait: Portrait, *, url: str, now: datetime) -> None:
    """Have an actor of ours show a picture, in place of the one before; its file stays."""
    await tx.execute(
        "INSERT INTO portraits (actor_id, kind, key, media_type, hash, kept_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (actor_id, kind) DO UPDATE "
        "SET key = $3, media_type = $4, hash = $5, kept_at = $6",
        portrait.actor_id,
        portrait.kind,
        portrait.key,
        portrait.media_type,
        portrait.hash,
        now,
    )
    await _show(tx, portrait.actor_id, portrait.kind, url)


async def remove(tx: Transaction, actor_id: int, kind: PortraitKind) -> bool:
    status = await tx.execute(
        "DELETE FROM portraits WHERE actor_id = $1 AND kind = $2", actor_id, kind
    )
    await _show(tx, actor_id, kind, None)
    return status == "DELETE 1"


async def _show(tx: Transaction, actor_id: int, kind: PortraitKind, url: str | None) -> None:
    await tx.execute(
        "UPDATE actors SET avatar = CASE $2 WHEN 'avatar' THEN $3 ELSE avatar END, "
        "header = CASE $2 WHEN 'header' THEN $3 ELSE header END WHERE id = $1",
        actor_id,
        kind.value,
        url,
    )


async def find_by_key(tx: Transaction, key: str) -> Portrait | None:
    """Find a picture of whoever is neither gone nor suspended."""
    row = await tx.fetchrow(
        "SELECT p.actor_id, p.kind, p.key, p.media_type, p.hash FROM portraits p "
        "JOIN actors a ON a.id = p.actor_id "
        "WHERE p.key = $1 AND a.deleted_at IS NULL AND a.suspended_at IS NULL",
        key,
    )
    return Portrait(**(dict(row) | {"kind": PortraitKind(row["kind"])})) if row else None
