"""Members: people with an account here; their passwords, roles, settings and invitations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.records import Actor, Role
from server.storage import actors
from server.storage.database import Transaction

#: Select list of a member, where `m` is members and `a` is actors.
COLUMNS = (
    f"{actors.columns('a', 'a_')}, m.role AS m_role, m.language AS m_language, "
    "m.time_zone AS m_time_zone, m.created_at AS m_created_at"
)
_FROM = "FROM members m JOIN actors a ON a.id = m.actor_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    actor: Actor
    role: Role
    language: str
    time_zone: str
    created_at: datetime

    @property
    def id(self) -> int:
        return self.actor.id


def member_from(row: Any) -> Member:
    return Member(
        actor=actors.actor_from(row, "a_"),
        role=Role(row["m_role"]),
        language=row["m_language"],
        time_zone=row["m_time_zone"],
        created_at=row["m_created_at"],
    )


async def add(tx: Transaction, member: Member, password_hash: str) -> None:
    """Add what a member has beyond their actor."""
    await tx.execute(
        "INSERT INTO members (actor_id, password_hash, role, language, time_zone, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        member.id,
        password_hash,
        member.role,
        member.language,
        member.time_zone,
        member.created_at,
    )


async def find_by_name(tx: Transaction, name: str) -> tuple[Member, str] | None:
    """Find a member who is not deleted, and the hash of their password."""
    row = await tx.fetchrow(
        f"SELECT {COLUMNS}, m.password_hash {_FROM} "
        "WHERE a.local AND a.name = $1 AND a.deleted_at IS NULL",
        name,
    )
    return (member_from(row), row["password_hash"]) if row else None


async def get(tx: Transaction, actor_id: int) -> Member:
    row = await tx.fetchrow(f"SELECT {COLUMNS} {_FROM} WHERE m.actor_id = $1", actor_id)
    if row is None:
        raise LookupError(f"no member {actor_id}")
    return member_from(row)


async def lock_password(tx: Transaction, actor_id: int) -> str | None:
    """Read the hash of a password that still signs in, and keep it as it is until commit.

    Whoever changes it or suspends the member waits, so that no session outlives either.
    """
    found: str | None = await tx.fetchval(
        "SELECT m.password_hash FROM members m JOIN actors a ON a.id = m.actor_id "
        "WHERE m.actor_id = $1 AND a.suspended_at IS NULL AND a.deleted_at IS NULL "
        "FOR NO KEY UPDATE",
        actor_id,
    )
    return found


async def change_password_hash(tx: Transaction, actor_id: int, password_hash: str) -> None:
    await tx.execute(
        "UPDATE members SET password_hash = $2 WHERE actor_id = $1", actor_id, password_hash
    )


async def change_role(tx: Transaction, actor_id: int, role: Role) -> None:
    await tx.execute("UPDATE members SET role = $2 WHERE actor_id = $1", actor_id, role)


async def change_settings(
    tx: Transaction, actor_id: int, *, language: str, time_zone: str
) -> None:
    await tx.execute(
        "UPDATE members SET language = $2, time_zone = $3 WHERE actor_id = $1",
        actor_id,
        language,
        time_zone,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """How a member's programs begin a new post, in the words of the client API.

    `language` is None where it is that of the pages.
    """

    privacy: str = "public"
    sensitive: bool = False
    language: str | None = None
    quote_policy: str = "public"


async def defaults(tx: Transaction, actor_id: int) -> Defaults:
    row = await tx.fetchrow(
        "SELECT posts_as AS privacy, posts_sensitive AS sensitive, posts_language AS language, "
        "posts_quotable_by AS quote_policy FROM members WHERE actor_id = $1",
        actor_id,
    )
    return Defaults(**dict(row)) if row else Defaults()


async def change_defaults(tx: Transaction, actor_id: int, given: Defaults) -> None:
    await tx.execute(
        "UPDATE members SET posts_as = $2, posts_sensitive = $3, posts_language = $4, "
        "posts_quotable_by = $5 WHERE actor_id = $1",
        actor_id,
        given.privacy,
        given.sensitive,
        given.language,
        given.quote_policy,
    )


async def add_invitation(
    tx: Transaction,
    code_hash: bytes,
    *,
    made_by: int | None,
    role: Role,
    now: datetime,
    expires_at: datetime,
) -> None:
    await tx.execute(
        "INSERT INTO invitations (code_hash, made_by, role, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5)",
        code_hash,
        made_by,
        role,
        now,
        expires_at,
    )


async def find_invitation(tx: Transaction, code_hash: bytes, *, now: datetime) -> Role | None:
    """Find the role that an invitation gives, as long as it can be used."""
    role = await tx.fetchval(
        "SELECT role FROM invitations "
        "WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2",
        code_hash,
        now,
    )
    return Role(role) if role else None


async def claim_invitation(
    tx: Transaction, code_hash: bytes, *, used_by: int, now: datetime
) -> bool:
    """Use an invitation up; False when somebody else did, or it is over."""
    status = await tx.execute(
        "UPDATE invitations SET used_by = $2, used_at = $3 "
        "WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $3",
        code_hash,
        used_by,
        now,
    )
    return status == "UPDATE 1"
