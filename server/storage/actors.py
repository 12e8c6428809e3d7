"""Local and remote actors and their keys."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from federation.signatures.keys import KeyKind, KeyPair, PublicKey
from schemas.records import Actor, ActorKind
from server.storage.database import Row, Transaction

COLUMNS = (
    "id, uri, kind, name, host, local, display_name, summary, summary_source, inbox, "
    "shared_inbox, outbox, followers, following, featured, moderators, url, published_at, "
    "suspended_at, deleted_at, also_known_as, moved_to, avatar, header"
)


def columns(alias: str, prefix: str) -> str:
    """Select list of an actor under an alias, each column renamed with a prefix."""
    return ", ".join(f"{alias}.{name} AS {prefix}{name}" for name in COLUMNS.split(", "))


def actor_from(row: Row, prefix: str = "") -> Actor:
    values = {name: row[prefix + name] for name in COLUMNS.split(", ")}
    also = tuple(values["also_known_as"].split())
    return Actor(**(values | {"kind": ActorKind(values["kind"]), "also_known_as": also}))


async def add(tx: Transaction, actor: Actor, *, now: datetime) -> bool:
    """Add an actor; False when its uri, or its local name, is taken already."""
    status = await tx.execute(
        f"INSERT INTO actors ({COLUMNS}, fetched_at) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
        "$19, "
        "$20, $21, $22, $23, $24, $25) ON CONFLICT DO NOTHING",
        actor.id,
        actor.uri,
        actor.kind,
        actor.name,
        actor.host,
        actor.local,
        actor.display_name,
        actor.summary,
        actor.summary_source,
        actor.inbox,
        actor.shared_inbox,
        actor.outbox,
        actor.followers,
        actor.following,
        actor.featured,
        actor.moderators,
        actor.url,
        actor.published_at,
        actor.suspended_at,
        actor.deleted_at,
        " ".join(actor.also_known_as),
        actor.moved_to,
        actor.avatar,
        actor.header,
        now,
    )
    return status == "INSERT 0 1"


async def refresh(tx: Transaction, actor: Actor, *, now: datetime) -> None:
    """Write what a remote actor's document says now; id, uri and local state stay."""
    await tx.execute(
        "UPDATE actors SET name = $2, display_name = $3, summary = $4, inbox = $5, "
        "shared_inbox = $6, outbox = $7, followers = $8, following = $9, featured = $10, "
        "moderators = $11, url = $12, fetched_at = $13, also_known_as = $14, moved_to = $15, "
        "avatar = $16, header = $17 "
        "WHERE uri = $1 AND NOT local",
        actor.uri,
        actor.name,
        actor.display_name,
        actor.summary,
        actor.inbox,
        actor.shared_inbox,
        actor.outbox,
        actor.followers,
        actor.following,
        actor.featured,
        actor.moderators,
        actor.url,
        now,
        " ".join(actor.also_known_as),
        actor.moved_to,
        actor.avatar,
        actor.header,
    )


async def find(tx: Transaction, uri: str) -> Actor | None:
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM actors WHERE uri = $1", uri)
    return actor_from(row) if row else None


async def find_many(tx: Transaction, uris: Sequence[str]) -> dict[str, Actor]:
    rows = await tx.fetch(f"SELECT {COLUMNS} FROM actors WHERE uri = ANY($1)", list(uris))
    return {row["uri"]: actor_from(row) for row in rows}


async def get(tx: Transaction, actor_id: int) -> Actor:
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM actors WHERE id = $1", actor_id)
    if row is None:
        raise LookupError(f"no actor {actor_id}")
    return actor_from(row)


async def find_local(tx: Transaction, name: str) -> Actor | None:
    row = await tx.fetchrow(f"SELECT {COLUMNS} FROM actors WHERE local AND name = $1", name)
    return actor_from(row) if row else None


async def find_by_handle(tx: Transaction, name: str, host: str) -> Actor | None:
    row = await tx.fetchrow(
        f"SELECT {COLUMNS} FROM actors WHERE host = $1 AND name = $2 AND deleted_at IS NULL "
        # A Feed elsewhere may have the name of a community, which is what its handle means.
        "ORDER BY kind = 'feed', id LIMIT 1",
        host,
        name,
    )
    return actor_from(row) if row else None


async def change_profile(
    tx: Transaction, actor_id: int, *, display_name: str, summary: str, summary_source: str
) -> None:
    await tx.execute(
        "UPDATE actors SET display_name = $2, summary = $3, summary_source = $4 WHERE id = $1",
        actor_id,
        display_name,
        summary,
        summary_source,
    )


async def suspend(tx: Transaction, actor_id: int, *, now: datetime) -> None:
    await tx.execute("UPDATE actors SET suspended_at = $2 WHERE id = $1", actor_id, now)


async def restore(tx: Transaction, actor_id: int) -> None:
    await tx.execute("UPDATE actors SET suspended_at = NULL WHERE id = $1", actor_id)


async def mark_deleted(tx: Transaction, uri: str, *, now: datetime) -> None:
    await tx.execute(
        "WITH gone AS (UPDATE actors SET deleted_at = $2, display_name = '', summary = '', "
        "summary_source = '', avatar = NULL, header = NULL "
        "WHERE uri = $1 AND deleted_at IS NULL RETURNING id) "
        "DELETE FROM actor_details d USING gone g WHERE d.actor_id = g.id",
        uri,
        now,
    )


async def is_stale(tx: Transaction, uri: str, *, now: datetime, after: timedelta) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT fetched_at < $2 FROM actors WHERE uri = $1 AND NOT local", uri, now - after
        )
    )


async def add_key_pair(tx: Transaction, actor_id: int, pair: KeyPair, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO actor_keys (key_id, actor_id, kind, public_pem, private_pem, fetched_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        pair.key_id,
        actor_id,
        pair.kind,
        pair.public_pem,
        pair.private_pem,
        now,
    )


async def replace_keys(
    tx: Transaction, actor_id: int, keys: Sequence[PublicKey], *, now: datetime
) -> None:
    """Make these the only keys of a remote actor; a key that is gone is no longer believed."""
    await tx.execute("DELETE FROM actor_keys WHERE actor_id = $1", actor_id)
    await tx.executemany(
        "INSERT INTO actor_keys (key_id, actor_id, kind, public_pem, fetched_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key_id) DO NOTHING",
        [(key.key_id, actor_id, key.kind, key.pem, now) for key in keys],
    )


async def find_keys(
    tx: Transaction, key_ids: Collection[str]
) -> dict[str, tuple[PublicKey, datetime]]:
    """Find keys in force, of actors that are not deleted, and when each was fetched."""
    rows = await tx.fetch(
        "SELECT k.key_id, a.uri AS owner, k.kind, k.public_pem, k.fetched_at FROM actor_keys k "
        "JOIN actors a ON a.id = k.actor_id "
        "WHERE k.key_id = ANY($1) AND k.revoked_at IS NULL AND a.deleted_at IS NULL",
        list(key_ids),
    )
    return {
        row["key_id"]: (
            PublicKey(
                key_id=row["key_id"],
                owner=row["owner"],
                kind=KeyKind(row["kind"]),
                pem=row["public_pem"],
            ),
            row["fetched_at"],
        )
        for row in rows
    }


async def public_keys(tx: Transaction, actor_id: int, *, now: datetime) -> list[PublicKey]:
    """List what an actor of ours publishes: RSA first, and of each kind what signs now."""
    rows = await tx.fetch(
        "SELECT k.key_id, a.uri AS owner, k.kind, k.public_pem FROM actor_keys k "
        "JOIN actors a ON a.id = k.actor_id WHERE k.actor_id = $1 AND k.revoked_at IS NULL "
        "AND (k.ends_at IS NULL OR k.ends_at > $2) "
        "ORDER BY k.kind DESC, coalesce(k.signs_at > $2, false), "
        "k.signs_at DESC NULLS LAST, k.key_id",
        actor_id,
        now,
    )
    return [
        PublicKey(
            key_id=row["key_id"],
            owner=row["owner"],
            kind=KeyKind(row["kind"]),
            pem=row["public_pem"],
        )
        for row in rows
    ]


async def signing_keys(
    tx: Transaction, actor_ids: Collection[int], *, now: datetime
) -> dict[int, dict[KeyKind, KeyPair]]:
    """Give the pairs with which actors of ours sign now, one of each kind they have."""
    rows = await tx.fetch(
        "SELECT DISTINCT ON (k.actor_id, k.kind) k.actor_id, k.key_id, a.uri AS owner, k.kind, "
        "k.public_pem, k.private_pem FROM actor_keys k JOIN actors a ON a.id = k.actor_id "
        "WHERE k.actor_id = ANY($1) AND k.private_pem IS NOT NULL AND k.revoked_at IS NULL "
        "AND (k.signs_at IS NULL OR k.signs_at <= $2) "
        "AND (k.ends_at IS NULL OR k.ends_at > $2) "
        "ORDER BY k.actor_id, k.kind, k.signs_at DESC NULLS LAST, k.fetched_at DESC",
        list(actor_ids),
        now,
    )
    rings: dict[int, dict[KeyKind, KeyPair]] = {}
    for row in rows:
        kind = KeyKind(row["kind"])
        rings.setdefault(row["actor_id"], {})[kind] = KeyPair(
            key_id=row["key_id"],
            owner=row["owner"],
            kind=kind,
            private_pem=row["private_pem"],
            public_pem=row["public_pem"],
        )
    return rings


async def refuse_key(tx: Transaction, key_id: str, *, reason: str, until: datetime) -> None:
    await tx.execute(
        "INSERT INTO key_refusals (key_id, reason, until) VALUES ($1, $2, $3) "
        "ON CONFLICT (key_id) DO UPDATE SET reason = $2, until = $3",
        key_id,
        reason,
        until,
    )


async def refused_key(tx: Transaction, key_id: str, *, now: datetime) -> str | None:
    reason: str | None = await tx.fetchval(
        "SELECT reason FROM key_refusals WHERE key_id = $1 AND until > $2", key_id, now
    )
    return reason


async def forget_refused_keys(tx: Transaction, *, now: datetime, keep: int) -> None:
    """Drop what is over, and the oldest beyond so many rows (DOS-09)."""
    await tx.execute(
        "DELETE FROM key_refusals WHERE until <= $1 OR key_id IN "
        "(SELECT key_id FROM key_refusals ORDER BY until DESC OFFSET $2)",
        now,
        keep,
    )
