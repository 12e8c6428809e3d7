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
