"""Tokens of clients: what members gave to a program, or it has for itself; only hashes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.storage import sessions
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program that makes a request; `signed_in` is None where it has no member."""

    token_id: int
    app_id: int
    app: str
    website: str | None
    scopes: frozenset[str]
    signed_in: SignedIn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A token as its member sees it in the list of programs that are connected."""

    id: int
    app: str
    website: str | None
    scopes: tuple[str, ...]
    created_at: datetime
    seen_at: datetime


async def find(
    tx: Transaction, token_hash: bytes, *, now: datetime, idle: timedelta
) -> Client | None:
    """Find who holds a token, unless it was not used for long or the member may not sign in."""
    row = await tx.fetchrow(
        "WITH found AS (SELECT t.id AS t_id, t.scopes AS t_scopes, p.id AS p_id, "
        f"p.name AS p_name, p.website AS p_website, {sessions.FOUND} "
        "FROM tokens t JOIN apps p ON p.id = t.app_id "
        "LEFT JOIN members m ON m.actor_id = t.member_id "
        "LEFT JOIN actors a ON a.id = m.actor_id "
        "WHERE t.token_hash = $1 AND t.seen_at > $3 "
        "AND a.suspended_at IS NULL AND a.deleted_at IS NULL), "
        "touched AS (UPDATE tokens SET seen_at = $2 FROM found "
        "WHERE tokens.id = found.t_id AND tokens.seen_at <= $4) "
        f"SELECT {sessions.ABOUT} FROM found",
        token_hash,
        now,
        now - idle,
        now - sessions.TOUCH,
    )
    if row is None:
        return None
    return Client(
        token_id=row["t_id"],
        app_id=row["p_id"],
        app=row["p_name"],
        website=row["p_website"],
        scopes=frozenset(row["t_scopes"]),
        signed_in=sessions.signed_in_from(row) if row["a_id"] is not None else None,
    )


async def add(
    tx: Transaction,
    token_id: int,
    token_hash: bytes,
    *,
    app_id: int,
    member_id: int | None,
    scopes: Collection[str],
    now: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO tokens (id, token_hash, app_id, member_id, scopes, created_at, seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6)",
        token_id,
        token_hash,
        app_id,
        member_id,
        list(scopes),
        now,
    )


async def still_good(tx: Transaction, token_ids: Collection[int]) -> frozenset[int]:
    """Find which of these tokens are there, of members who may sign in."""
    rows = await tx.fetch(
        "SELECT t.id FROM tokens t JOIN actors a ON a.id = t.member_id "
        "WHERE t.id = ANY($1) AND a.suspended_at IS NULL AND a.deleted_at IS NULL",
        list(token_ids),
    )
    return frozenset(row["id"] for row in rows)


async def of_member(tx: Transaction, member_id: int, *, seen_after: datetime) -> list[Held]:
    """List the tokens that a member gave and that still work, last used first."""
    rows = await tx.fetch(
        "SELECT t.id, p.name AS app, p.website, t.scopes, t.created_at, t.seen_at "
        "FROM tokens t JOIN apps p ON p.id = t.app_id "
        "WHERE t.member_id = $1 AND t.seen_at > $2 "
        "ORDER BY t.seen_at DESC, t.id DESC LIMIT 200",
        member_id,
        seen_after,
    )
    return [Held(**(dict(row) | {"scopes": tuple(row["scopes"])})) for row in rows]


async def find_app(tx: Transaction, token_hash: bytes) -> int | None:
    """Find the app that a token was given to, whether it was used lately or not."""
    app_id: int | None = await tx.fetchval(
        "SELECT app_id FROM tokens WHERE token_hash = $1", token_hash
    )
    return app_id


async def remove_by_hash(tx: Transaction, token_hash: bytes) -> None:
    await tx.execute("DELETE FROM tokens WHERE token_hash = $1", token_hash)


async def remove(tx: Transaction, token_id: int) -> bool:
    """End a token, whoever gave it; False when there is none."""
    return await tx.execute("DELETE FROM tokens WHERE id = $1", token_id) == "DELETE 1"


async def remove_of(tx: Transaction, token_id: int, member_id: int) -> bool:
    """End a token of this member; False when they gave no such token."""
    status = await tx.execute(
        "DELETE FROM tokens WHERE id = $1 AND member_id = $2", token_id, member_id
    )
    return status == "DELETE 1"


async def remove_all(tx: Transaction, member_id: int) -> None:
    await tx.execute("DELETE FROM tokens WHERE member_id = $1", member_id)


async def remove_idle(tx: Transaction, *, before: datetime) -> None:
    await tx.execute("DELETE FROM tokens WHERE seen_at <= $1", before)
