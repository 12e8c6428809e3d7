"""Recognitions: those that communities of ours gave, and those that others tell of members."""

from collections.abc import Collection
from datetime import datetime

from schemas.recognition import Recognition
from schemas.records import Actor
from server.storage import actors
from server.storage.database import Row, Transaction
from server.storage.follows import Recipient

_FIELDS = (
    "r.id, r.uri, r.credential_uri, r.name, r.criteria, r.given_at, r.status_index, "
    "r.withdrawn_at, r.hidden_at, p.uri AS post_uri, "
    f"{actors.columns('i', 'i_')}, {actors.columns('a', 'a_')} FROM recognitions r "
    "JOIN actors i ON i.id = r.issuer_id JOIN actors a ON a.id = r.person_id "
    "LEFT JOIN posts p ON p.id = r.post_id AND p.deleted_at IS NULL "
    "AND p.visibility = 'public'"
)
#: Nobody who is gone or put out gives or has anything.
_SHOWN = (
    "r.withdrawn_at IS NULL AND i.deleted_at IS NULL AND i.suspended_at IS NULL "
    "AND a.deleted_at IS NULL AND a.suspended_at IS NULL"
)


def _recognition(row: Row) -> Recognition:
    return Recognition(
        id=row["id"],
        uri=row["uri"],
        credential_uri=row["credential_uri"],
        issuer=actors.actor_from(row, "i_"),
        person=actors.actor_from(row, "a_"),
        name=row["name"],
        criteria=row["criteria"],
        given_at=row["given_at"],
        status_index=row["status_index"],
        post_uri=row["post_uri"],
        withdrawn_at=row["withdrawn_at"],
        hidden_at=row["hidden_at"],
    )


async def next_place(tx: Transaction, issuer_id: int) -> int:
    """Give the next place in the list of an issuer of ours, to one transaction at a time."""
    await tx.execute("SELECT FROM communities WHERE actor_id = $1 FOR UPDATE", issuer_id)
    return int(
        await tx.fetchval(
            "SELECT coalesce(max(status_index) + 1, 0) FROM recognitions WHERE issuer_id = $1",
            issuer_id,
        )
    )


async def add(tx: Transaction, given: Recognition, *, post_id: int | None = None) -> bool:
    """Keep a recognition; False where it is known, or they have the same from the same."""
    status = await tx.execute(
        "INSERT INTO recognitions (id, uri, credential_uri, issuer_id, person_id, name, "
        "criteria, post_id, given_at, status_index) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        given.id,
        given.uri,
        given.credential_uri,
        given.issuer.id,
        given.person.id,
        given.name,
        given.criteria,
        post_id,
        given.given_at,
        given.status_index,
    )
    return status == "INSERT 0 1"


async def find(tx: Transaction, recognition_id: int) -> Recognition | None:
    row = await tx.fetchrow(f"SELECT {_FIELDS} WHERE r.id = $1", recognition_id)
    return _recognition(row) if row else None


async def find_by_uri(tx: Transaction, uri: str) -> Recognition | None:
    row = await tx.fetchrow(f"SELECT {_FIELDS} WHERE r.uri = $1", uri)
    return _recognition(row) if row else None


async def of_person(tx: Transaction, person_id: int, *, limit: int = 50) -> list[Recognition]:
    """List what somebody has and shows, the latest first; nobody counts or ranks them."""
    rows = await tx.fetch(
        f"SELECT {_FIELDS} WHERE r.person_id = $1 AND r.hidden_at IS NULL AND {_SHOWN} "
        "ORDER BY r.id DESC LIMIT $2",
        person_id,
        limit,
    )
    return [_recognition(row) for row in rows]


async def all_of_person(
    tx: Transaction, person_id: int, *, limit: int = 500
) -> list[Recognition]:
    """List what somebody has, hidden or not, for themselves; the latest first."""
    rows = await tx.fetch(
        f"SELECT {_FIELDS} WHERE r.person_id = $1 AND {_SHOWN} ORDER BY r.id DESC LIMIT $2",
        person_id,
        limit,
    )
    return [_recognition(row) for row in rows]


async def of_issuer(tx: Transaction, issuer_id: int, *, limit: int) -> list[Recognition]:
    """List what a community gave, the latest first; also what its receiver hides."""
    rows = await tx.fetch(
        f"SELECT {_FIELDS} WHERE r.issuer_id = $1 AND r.status_index IS NOT NULL AND {_SHOWN} "
        "ORDER BY r.id DESC LIMIT $2",
        issuer_id,
        limit,
    )
    return [_recognition(row) for row in rows]


async def given_to(tx: Transaction, person_id: int, *, limit: int = 50) -> list[int]:
    """List what communities of ours gave somebody and did not withdraw, by its id."""
    rows = await tx.fetch(
        "SELECT id FROM recognitions WHERE person_id = $1 AND withdrawn_at IS NULL "
        "AND status_index IS NOT NULL ORDER BY id LIMIT $2",
        person_id,
        limit,
    )
    return [row["id"] for row in rows]


async def issuers_among(tx: Transaction, community_ids: Collection[int]) -> list[Actor]:
    """Keep the communities that can give something: ours, and open for everybody to read."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM communities c "
        "JOIN actors a ON a.id = c.actor_id "
        "WHERE c.actor_id = ANY($1) AND a.local AND c.visibility = 'public' "
        "AND a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "ORDER BY a.display_name, a.id LIMIT 100",
        list(community_ids),
    )
    return [actors.actor_from(row) for row in rows]


async def withdraw(tx: Transaction, recognition_id: int, *, now: datetime) -> bool:
    status = await tx.execute(
        "UPDATE recognitions SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL",
        recognition_id,
        now,
    )
    return status == "UPDATE 1"


async def withdrawn_places(tx: Transaction, issuer_id: int) -> list[int]:
    """List the places of what an issuer of ours withdrew, or whose receiver is gone."""
    rows = await tx.fetch(
        "SELECT r.status_index FROM recognitions r JOIN actors a ON a.id = r.person_id "
        "WHERE r.issuer_id = $1 AND r.status_index IS NOT NULL "
        "AND (r.withdrawn_at IS NOT NULL OR a.deleted_at IS NOT NULL) ORDER BY 1",
        issuer_id,
    )
    return [row["status_index"] for row in rows]


async def hide(tx: Transaction, recognition_id: int, person_id: int, *, now: datetime) -> None:
    """Keep a recognition off its receiver's profile, and off the list of who gave it."""
    await tx.execute(
        "UPDATE recognitions SET hidden_at = coalesce(hidden_at, $3) "
        "WHERE id = $1 AND person_id = $2",
        recognition_id,
        person_id,
        now,
    )


async def show(tx: Transaction, recognition_id: int, person_id: int) -> None:
    await tx.execute(
        "UPDATE recognitions SET hidden_at = NULL WHERE id = $1 AND person_id = $2",
        recognition_id,
        person_id,
    )


async def drop(tx: Transaction, uri: str, issuer_uri: str) -> bool:
    """Forget what an issuer elsewhere told of a member; False where there is no such thing."""
    status = await tx.execute(
        "DELETE FROM recognitions r USING actors i WHERE r.uri = $1 AND i.id = r.issuer_id "
        "AND i.uri = $2 AND NOT i.local",
        uri,
        issuer_uri,
    )
    return status == "DELETE 1"


async def is_withdrawn(tx: Transaction, uri: str) -> bool:
    """Say whether a Note of ours is of a recognition that holds no longer."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM recognitions r JOIN actors a ON a.id = r.person_id "
            "WHERE r.uri = $1 AND (r.withdrawn_at IS NOT NULL OR a.deleted_at IS NOT NULL)",
            uri,
        )
    )


async def givers(tx: Transaction, person_id: int) -> list[Recipient]:
    """List the inboxes of whoever elsewhere recognised a member: they know of them."""
    rows = await tx.fetch(
        "SELECT DISTINCT i.inbox, i.shared_inbox, i.host, g.software FROM recognitions r "
        "JOIN actors i ON i.id = r.issuer_id LEFT JOIN agencies g ON g.host = i.host "
        "WHERE r.person_id = $1 AND NOT i.local AND i.inbox IS NOT NULL "
        "AND i.deleted_at IS NULL ORDER BY i.host, i.inbox LIMIT 10000",
        person_id,
    )
    return [Recipient(**dict(row)) for row in rows]


async def reached(tx: Transaction, uri: str) -> list[Recipient]:
    """List the inboxes that anything about a recognition went to."""
    rows = await tx.fetch(
        "SELECT DISTINCT d.inbox, d.host, g.software FROM activities s "
        "JOIN deliveries d ON d.activity_id = s.id LEFT JOIN agencies g ON g.host = d.host "
        "WHERE s.object_uri = $1 AND d.state <> 'refused' ORDER BY d.host, d.inbox LIMIT 10000",
        uri,
    )
    return [Recipient(**dict(row), shared_inbox=None) for row in rows]
