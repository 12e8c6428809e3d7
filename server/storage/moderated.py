"""People as moderators list them, ours and others, with what their agency knows of them."""

from collections.abc import Collection
from dataclasses import dataclass

from schemas.records import Actor, Role
from server.storage import actors
from server.storage.database import Row, Transaction
from server.storage.timelines import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated:
    """Somebody, with role, language and inviter where they are a member here."""

    actor: Actor
    role: Role | None = None
    language: str | None = None
    invited_by: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people; None is whichever. Names are beginnings, whatever their case."""

    local: bool | None = None
    suspended: bool | None = None
    staff: bool = False
    roles: tuple[Role, ...] = ()
    username: str | None = None
    display_name: str | None = None
    host: str | None = None
    invited_by: int | None = None


_FIELDS = (
    f"{actors.columns('a', 'a_')}, m.role, m.language, "
    "(SELECT i.made_by FROM invitations i WHERE i.used_by = a.id LIMIT 1) AS invited_by"
)
_FROM = "FROM actors a LEFT JOIN members m ON m.actor_id = a.id"


def _moderated(row: Row) -> Moderated:
    return Moderated(
        actor=actors.actor_from(row, "a_"),
        role=Role(row["role"]) if row["role"] else None,
        language=row["language"],
        invited_by=row["invited_by"],
    )


async def by_id(tx: Transaction, actor_ids: Collection[int]) -> dict[int, Moderated]:
    """Read actors of any kind, those that are suspended or gone, too."""
    rows = await tx.fetch(f"SELECT {_FIELDS} {_FROM} WHERE a.id = ANY($1)", list(actor_ids))
    return {row["a_id"]: _moderated(row) for row in rows}


async def listed(tx: Transaction, wanted: Wanted, window: Window) -> list[Moderated]:
    """List people who are not gone by their ids, the latest first."""
    rows = await tx.fetch(
        f"SELECT {_FIELDS} {_FROM} WHERE a.kind = 'person' AND a.deleted_at IS NULL "
        "AND ($4::boolean IS NULL OR a.local = $4) "
        "AND ($5::boolean IS NULL OR (a.suspended_at IS NOT NULL) = $5) "
        "AND ($6::text[] IS NULL OR m.role = ANY($6)) "
        "AND ($7::text IS NULL OR starts_with(lower(a.name), lower($7))) "
        "AND ($8::text IS NULL OR starts_with(lower(a.display_name), lower($8))) "
        "AND ($9::text IS NULL OR (NOT a.local AND a.host = $9)) "
        "AND ($10::bigint IS NULL OR EXISTS (SELECT FROM invitations i "
        "WHERE i.used_by = a.id AND i.made_by = $10)) "
        f"AND {window.numbered(1, row='a')}",
        *window.arguments,
        wanted.local,
        wanted.suspended,
        _roles(wanted),
        wanted.username,
        wanted.display_name,
        wanted.host,
        wanted.invited_by,
    )
    found = [_moderated(row) for row in rows]
    return found[::-1] if window.rising else found


def _roles(wanted: Wanted) -> list[str] | None:
    staff = {Role.MODERATOR, Role.OPERATOR}
    if not wanted.staff and not wanted.roles:
        return None
    chosen = set(wanted.roles) or set(Role)
    return sorted(chosen & staff if wanted.staff else chosen)
