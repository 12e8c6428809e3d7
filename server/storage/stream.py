"""What connected clients are told: facts, written in the transaction that makes them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.storage import unwanted
from server.storage.database import Transaction


class Told(StrEnum):
    POSTED = "posted"
    EDITED = "edited"
    DELETED = "deleted"
    NOTIFIED = "notified"
    ANNOUNCED = "announced"
    UNANNOUNCED = "unannounced"
    REACTED = "reacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened to a post or an announcement, or of which a member was told."""

    id: int
    kind: Told
    post_id: int | None
    notification_id: int | None
    member_id: int | None
    at: datetime
    announcement_id: int | None = None
    emoji: str | None = None


async def tell(tx: Transaction, kind: Told, post_ids: Sequence[int], *, now: datetime) -> None:
    """Say that something happened to posts; heard when the transaction commits."""
    await tx.execute(
        "WITH told AS (INSERT INTO stream (kind, post_id, at) "
        "SELECT $1, u.id, $3 FROM unnest($2::bigint[]) WITH ORDINALITY AS u (id, place) "
        "ORDER BY u.place RETURNING id) SELECT pg_notify('stream', '') FROM told LIMIT 1",
        kind,
        list(post_ids),
        now,
    )


async def since(
    tx: Transaction, moment: datetime, known: Collection[int], *, limit: int = 1000
) -> list[Fact]:
    """List facts since a moment but those that are known: one may commit after later ones."""
    rows = await tx.fetch(
        "SELECT id, kind, post_id, notification_id, member_id, at, announcement_id, emoji "
        "FROM stream "
        "WHERE at >= $1 AND NOT id = ANY($2::bigint[]) ORDER BY id LIMIT $3",
        moment,
        list(known),
        limit,
    )
    return [Fact(**(dict(row) | {"kind": Told(row["kind"])})) for row in rows]


async def forget(tx: Transaction, *, before: datetime) -> None:
    await tx.execute("DELETE FROM stream WHERE at < $1", before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A connected member; whether they belong to a post's community, or follow its author."""

    member_id: int
    belongs: bool
    follows: bool


async def audience(
    tx: Transaction, member_ids: Collection[int], *, community_id: int, author_id: int
) -> dict[int, Listening]:
    """Say what each of these is to the community and the author of a post, in one statement.

    Nobody is among them who muted or blocked one of the two.
    """
    rows = await tx.fetch(
        "SELECT m.id, coalesce(bool_or(f.target_id = $2), false) AS belongs, "
        "coalesce(bool_or(f.target_id = $3), false) AS follows "
        "FROM unnest($1::bigint[]) AS m (id) LEFT JOIN follows f ON f.follower_id = m.id "
        "AND f.target_id IN ($2, $3) AND f.state = 'accepted' "
        f"WHERE {unwanted.wanted('m.id', people='$2, $3')} GROUP BY m.id",
        list(member_ids),
        community_id,
        author_id,
    )
    return {
        row["id"]: Listening(
            member_id=row["id"], belongs=row["belongs"], follows=row["follows"]
        )
        for row in rows
    }
