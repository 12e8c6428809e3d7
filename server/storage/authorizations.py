"""Codes: what members allowed a program, until it fetches its token; only hashes of them."""

from dataclasses import dataclass
from datetime import datetime

from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """What a code stands for; `token_id` is what it was used for already."""

    code_hash: bytes
    app_id: int
    member_id: int
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    expires_at: datetime
    token_id: int | None = None


async def add(tx: Transaction, given: Authorization, *, session_id: int) -> bool:
    """Keep a code; False when the session in which it was given has ended meanwhile."""
    status = await tx.execute(
        "INSERT INTO authorizations "
        "(code_hash, app_id, member_id, redirect_uri, scopes, challenge, expires_at) "
        "SELECT $1, $2, s.member_id, $4, $5, $6, $7 FROM sessions s "
        "WHERE s.id = $8 AND s.member_id = $3 FOR KEY SHARE",
        given.code_hash,
        given.app_id,
        given.member_id,
        given.redirect_uri,
        list(given.scopes),
        given.challenge,
        given.expires_at,
        session_id,
    )
    return status == "INSERT 0 1"


async def lock(tx: Transaction, code_hash: bytes) -> Authorization | None:
    """Find what a code stands for; of two who bring it at once, the second waits."""
    row = await tx.fetchrow(
        "SELECT code_hash, app_id, member_id, redirect_uri, scopes, challenge, expires_at, "
        "token_id FROM authorizations WHERE code_hash = $1 FOR UPDATE",
        code_hash,
    )
    return Authorization(**(dict(row) | {"scopes": tuple(row["scopes"])})) if row else None


async def use(tx: Transaction, code_hash: bytes, token_hash: bytes) -> None:
    """Note which token a code was used for."""
    await tx.execute(
        "UPDATE authorizations SET token_id = (SELECT id FROM tokens WHERE token_hash = $2) "
        "WHERE code_hash = $1",
        code_hash,
        token_hash,
    )


async def remove_all(tx: Transaction, member_id: int) -> None:
    await tx.execute("DELETE FROM authorizations WHERE member_id = $1", member_id)


async def remove_expired(tx: Transaction, now: datetime) -> None:
    await tx.execute("DELETE FROM authorizations WHERE expires_at <= $1", now)
