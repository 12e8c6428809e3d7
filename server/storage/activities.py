"""Activities we sent: kept as the bytes that went out, so that their ids can be fetched."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records import Visibility
from server.storage.database import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An activity of ours; `document` is UTF-8 JSON, its post decides who may fetch it."""

    id: int
    uri: str
    actor_id: int
    type: str
    object_uri: str
    post_id: int | None
    community_id: int | None
    visibility: Visibility
    document: bytes
    published_at: datetime


_COLUMNS = (
    "id, uri, actor_id, type, object_uri, post_id, community_id, visibility, document, "
    "published_at"
)


async def add(tx: Transaction, sent: Sent) -> None:
    await tx.execute(
        f"INSERT INTO activities ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        sent.id,
        sent.uri,
        sent.actor_id,
        sent.type,
        sent.object_uri,
        sent.post_id,
        sent.community_id,
        sent.visibility,
        sent.document,
        sent.published_at,
    )


async def find(tx: Transaction, activity_id: int) -> Sent | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM activities WHERE id = $1", activity_id)
    return _sent(row) if row else None


async def find_by_uri(tx: Transaction, uri: str) -> Sent | None:
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM activities WHERE uri = $1", uri)
    return _sent(row) if row else None


def _sent(row: Row) -> Sent:
    return Sent(**(dict(row) | {"visibility": Visibility(row["visibility"])}))


async def find_announce(tx: Transaction, actor_id: int, object_uri: str) -> Sent | None:
    """Find the plain Announce (a boost) of an object by one of our communities."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM activities WHERE actor_id = $1 AND type = 'Announce' "
        "AND object_uri = $2 ORDER BY id DESC LIMIT 1",
        actor_id,
        object_uri,
    )
    return _sent(row) if row else None
