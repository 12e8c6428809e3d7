"""Key pairs of our own actors over time: which waits, which signs, which ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation.signatures.keys import KeyKind, KeyPair
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """A published key of an actor of ours. Without `signs_at` it has always signed."""

    key_id: str
    owner: str
    kind: KeyKind
    made_at: datetime
    signs_at: datetime | None
    ends_at: datetime | None


async def listed(
    tx: Transaction, *, now: datetime, actor_id: int | None = None
) -> list[OwnKey]:
    """List the keys of one actor of ours, or of all, by owner; not those that ended."""
    rows = await tx.fetch(
        "SELECT k.key_id, a.uri AS owner, k.kind, k.fetched_at AS made_at, k.signs_at, "
        "k.ends_at FROM actor_keys k JOIN actors a ON a.id = k.actor_id "
        "WHERE a.local AND a.deleted_at IS NULL AND k.revoked_at IS NULL "
        "AND (k.ends_at IS NULL OR k.ends_at > $1) AND ($2::bigint IS NULL OR a.id = $2) "
        "ORDER BY a.uri, k.kind DESC, k.fetched_at LIMIT 100000",
        now,
        actor_id,
    )
    return [OwnKey(**(dict(row) | {"kind": KeyKind(row["kind"])})) for row in rows]


async def owners(tx: Transaction) -> list[int]:
    """List our actors that have keys and are not deleted, oldest first."""
    rows = await tx.fetch(
        "SELECT id FROM actors a WHERE local AND deleted_at IS NULL "
        "AND EXISTS (SELECT FROM actor_keys k WHERE k.actor_id = a.id) ORDER BY id LIMIT 100000"
    )
    return [row["id"] for row in rows]


async def lock(tx: Transaction, actor_id: int) -> None:
    """Let nobody else change the keys of an actor until the transaction ends."""
    await tx.execute("SELECT FROM actors WHERE id = $1 FOR UPDATE", actor_id)


async def replace(
    tx: Transaction,
    actor_id: int,
    pairs: Sequence[KeyPair],
    *,
    signs_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> None:
    """Add key pairs that sign from a moment on, and let all others end at another."""
    await tx.execute(
        "UPDATE actor_keys SET ends_at = least(ends_at, $2) WHERE actor_id = $1 "
        "AND revoked_at IS NULL",
        actor_id,
        ends_at,
    )
    await tx.executemany(
        "INSERT INTO actor_keys (key_id, actor_id, kind, public_pem, private_pem, fetched_at, "
        "signs_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            (
                pair.key_id,
                actor_id,
                pair.kind,
                pair.public_pem,
                pair.private_pem,
                now,
                signs_at,
            )
            for pair in pairs
        ],
    )


async def destroy_ended(tx: Transaction, *, now: datetime) -> int:
    """Destroy the private halves of keys that ended; give how many. Their ids stay taken."""
    status = await tx.execute(
        "UPDATE actor_keys SET private_pem = NULL, revoked_at = $1 "
        "WHERE ends_at <= $1 AND revoked_at IS NULL",
        now,
    )
    return int(status.rpartition(" ")[2])
