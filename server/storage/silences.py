"""Whom members do not want to hear: muted, blocked, and whole domains; it binds nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.records import Actor
from server.storage import actors, unwanted
from server.storage.database import Row, Transaction
from server.storage.timelines import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Silenced:
    """Whom a member muted or blocked; `until` and `notifications` are a mute's."""

    id: int
    actor: Actor
    until: datetime | None = None
    notifications: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    id: int
    domain: str


async def mute(
    tx: Transaction,
    member_id: int,
    actor_id: int,
    *,
    mute_id: int,
    notifications: bool,
    until: datetime | None,
) -> None:
    """Mute somebody; a second time changes how."""
    await tx.execute(
        "INSERT INTO mutes (member_id, actor_id, id, notifications, until) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (member_id, actor_id) "
        "DO UPDATE SET notifications = $4, until = $5",
        member_id,
        actor_id,
        mute_id,
        notifications,
        until,
    )


async def unmute(tx: Transaction, member_id: int, actor_id: int) -> None:
    await tx.execute(
        "DELETE FROM mutes WHERE member_id = $1 AND actor_id = $2", member_id, actor_id
    )


async def end_mutes(tx: Transaction, *, now: datetime) -> None:
    await tx.execute("DELETE FROM mutes WHERE until <= $1", now)


async def block(tx: Transaction, member_id: int, actor_id: int, *, block_id: int) -> None:
    """Block somebody, and forget what they did to be told of."""
    await tx.execute(
        "INSERT INTO personal_blocks (member_id, actor_id, id) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        member_id,
        actor_id,
        block_id,
    )
    await tx.execute(
        "DELETE FROM notifications WHERE member_id = $1 AND actor_id = $2", member_id, actor_id
    )


async def unblock(tx: Transaction, member_id: int, actor_id: int) -> None:
    await tx.execute(
        "DELETE FROM personal_blocks WHERE member_id = $1 AND actor_id = $2",
        member_id,
        actor_id,
    )


async def block_domain(tx: Transaction, member_id: int, domain: str, *, block_id: int) -> None:
    await tx.execute(
        "INSERT INTO personal_domain_blocks (member_id, domain, id) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        member_id,
        domain,
        block_id,
    )


async def unblock_domain(tx: Transaction, member_id: int, domain: str) -> None:
    await tx.execute(
        "DELETE FROM personal_domain_blocks WHERE member_id = $1 AND domain = $2",
        member_id,
        domain,
    )


async def hears(tx: Transaction, member_id: int, actor_id: int) -> bool:
    """Say whether somebody is blocked neither themselves nor with their domain."""
    return bool(
        await tx.fetchval(
            f"SELECT {unwanted.unblocked('$1', people='$2')}", member_id, actor_id
        )
    )


async def edges_at(tx: Transaction, member_id: int, domain: str, *, limit: int) -> list[Actor]:
    """List whom at a domain a member follows, and who there follows them."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM actors a WHERE NOT a.local "
        f"AND {unwanted.at_domain('a.host', '$2')} AND EXISTS (SELECT FROM follows f "
        "WHERE f.state <> 'banned' AND (f.follower_id, f.target_id) IN (($1, a.id), (a.id, $1))"
        ") ORDER BY a.id LIMIT $3",
        member_id,
        domain,
        limit,
    )
    return [actors.actor_from(row) for row in rows]


_MUTES: Final = (
    f"SELECT s.id AS s_id, s.until, s.notifications, {actors.columns('a', 'a_')} "
    "FROM mutes s JOIN actors a ON a.id = s.actor_id WHERE s.member_id = $4 "
    "AND coalesce(s.until > $5, true) AND a.deleted_at IS NULL AND "
)
_BLOCKS: Final = (
    "SELECT s.id AS s_id, NULL::timestamptz AS until, true AS notifications, "
    f"{actors.columns('a', 'a_')} FROM personal_blocks s JOIN actors a ON a.id = s.actor_id "
    "WHERE s.member_id = $4 AND a.deleted_at IS NULL AND "
)


async def mutes(
    tx: Transaction, member_id: int, window: Window, *, now: datetime
) -> list[Silenced]:
    """List whom a member muted, the latest first."""
    rows = await tx.fetch(
        _MUTES + window.numbered(1, row="s"), *window.arguments, member_id, now
    )
    return _silenced(rows, window)


async def blocks(tx: Transaction, member_id: int, window: Window) -> list[Silenced]:
    """List whom a member blocked, the latest first."""
    rows = await tx.fetch(_BLOCKS + window.numbered(1, row="s"), *window.arguments, member_id)
    return _silenced(rows, window)


def _silenced(rows: Sequence[Row], window: Window) -> list[Silenced]:
    found = [
        Silenced(
            id=row["s_id"],
            actor=actors.actor_from(row, "a_"),
            until=row["until"],
            notifications=row["notifications"],
        )
        for row in rows
    ]
    return found[::-1] if window.rising else found


async def domains(tx: Transaction, member_id: int, window: Window) -> list[Domain]:
    """List the domains that a member blocked, the latest first."""
    rows = await tx.fetch(
        "SELECT d.id, d.domain FROM personal_domain_blocks d WHERE d.member_id = $4 AND "
        + window.numbered(1, row="d"),
        *window.arguments,
        member_id,
    )
    found = [Domain(id=row["id"], domain=row["domain"]) for row in rows]
    return found[::-1] if window.rising else found
