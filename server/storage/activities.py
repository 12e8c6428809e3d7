"""Activities we sent: kept as the bytes that went out, so that their ids can be fetched."""

from collections.abc import Sequence
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


async def add_many(tx: Transaction, sent: Sequence[Sent]) -> None:
    await tx.execute(
        f"INSERT INTO activities ({_COLUMNS}) SELECT * FROM unnest($1::bigint[], $2::text[], "
        "$3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], "
        "$9::bytea[], $10::timestamptz[])",
        [each.id for each in sent],
        [each.uri for each in sent],
        [each.actor_id for each in sent],
        [each.type for each in sent],
        [each.object_uri for each in sent],
        [each.post_id for each in sent],
        [each.community_id for each in sent],
        [each.visibility for each in sent],
        [each.document for each in sent],
        [each.published_at for each in sent],
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
