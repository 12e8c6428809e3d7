"""Announcements of the agency: written, shown for a while, dismissed, answered with emoji."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson

from server.storage.database import Row, Transaction
from server.storage.stream import Told

_COLUMNS: Final = (
    "a.id, a.source, a.html, a.hashtags, a.mention_ids, a.starts_at, a.ends_at, a.created_at, "
    "a.updated_at, a.published_at"
)
#: Whether an announcement `a` is there for members at a moment, which is this argument.
_AT_WORK: Final = (
    "(a.published_at IS NOT NULL AND coalesce(a.starts_at <= {now}, true) "
    "AND coalesce(a.ends_at > {now}, true))"
)
_MOST_BANNERS: Final = 3
_MOST: Final = 100
#: Select list for the pages of a member, where $2 is now: what they have not dismissed.
BANNERS: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', b.id, 'html', b.html) "
    "ORDER BY b.published_at DESC, b.id DESC), '[]')::text FROM (SELECT a.id, a.html, "
    f"a.published_at FROM announcements a WHERE {_AT_WORK.format(now='$2')} "
    "AND NOT EXISTS (SELECT FROM announcement_dismissals d WHERE d.announcement_id = a.id "
    "AND d.member_id = {member}) ORDER BY a.published_at DESC, a.id DESC "
    f"LIMIT {_MOST_BANNERS}) AS b)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Words of the moderators; `html` is clean. Without `published_at` it is a draft."""

    id: int
    source: str
    html: str
    hashtags: tuple[str, ...]
    mention_ids: tuple[int, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """An announcement as pages show it."""

    id: int
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji under an announcement: how often, and whether the reader is among them."""

    name: str
    count: int
    me: bool


def banners_from(text: str) -> tuple[Banner, ...]:
    found: list[dict[str, Any]] = orjson.loads(text)
    return tuple(Banner(**each) for each in found)


def _announcement(row: Row) -> Announcement:
    values = dict(row)
    for name in ("hashtags", "mention_ids"):
        values[name] = tuple(values[name])
    return Announcement(**values)


async def add(tx: Transaction, new: Announcement) -> None:
    await tx.execute(
        "INSERT INTO announcements (id, source, html, hashtags, mention_ids, starts_at, "
        "ends_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.source,
        new.html,
        list(new.hashtags),
        list(new.mention_ids),
        new.starts_at,
        new.ends_at,
        new.created_at,
        new.updated_at,
    )


async def change(tx: Transaction, new: Announcement) -> None:
    """Change words and times; clients are told of it anew where it is there."""
    await tx.execute(
        "UPDATE announcements SET source = $2, html = $3, hashtags = $4, mention_ids = $5, "
        "starts_at = $6, ends_at = $7, updated_at = $8 WHERE id = $1",
        new.id,
        new.source,
        new.html,
        list(new.hashtags),
        list(new.mention_ids),
        new.starts_at,
        new.ends_at,
        new.updated_at,
    )
    await tx.execute(
        f"UPDATE announcements a SET shown = false WHERE a.id = $1 AND a.shown "
        f"AND {_AT_WORK.format(now='$2')}",
        new.id,
        new.updated_at,
    )


async def publish(tx: Transaction, announcement_id: int, *, now: datetime) -> bool:
    """Publish it; False where it is published."""
    status = await tx.execute(
        "UPDATE announcements SET published_at = $2, updated_at = $2 "
        "WHERE id = $1 AND published_at IS NULL",
        announcement_id,
        now,
    )
    return status == "UPDATE 1"


async def withdraw(tx: Transaction, announcement_id: int, *, now: datetime) -> bool:
    """Make it a draft again; False where it is one."""
    status = await tx.execute(
        "UPDATE announcements SET published_at = NULL, updated_at = $2 "
        "WHERE id = $1 AND published_at IS NOT NULL",
        announcement_id,
        now,
    )
    return status == "UPDATE 1"


async def remove(tx: Transaction, announcement_id: int) -> None:
    await tx.execute("DELETE FROM announcements WHERE id = $1", announcement_id)


async def find(tx: Transaction, announcement_id: int) -> Announcement | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM announcements a WHERE a.id = $1", announcement_id
    )
    return _announcement(row) if row else None


async def latest(
    tx: Transaction, *, before: int | None = None, limit: int
) -> list[Announcement]:
    """List all that there are, drafts among them, the last that was written first."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM announcements a WHERE $1::bigint IS NULL OR a.id < $1 "
        "ORDER BY a.id DESC LIMIT $2",
        before,
        limit,
    )
    return [_announcement(row) for row in rows]


async def hold(tx: Transaction, announcement_id: int, *, now: datetime) -> bool:
    """Keep an announcement as it is until commit; False where it is not there for members."""
    row = await tx.fetchrow(
        f"SELECT a.id FROM announcements a WHERE a.id = $1 AND {_AT_WORK.format(now='$2')} "
        "FOR NO KEY UPDATE",
        announcement_id,
        now,
    )
    return row is not None


async def there_for(
    tx: Transaction, member_id: int, *, now: datetime, dismissed: bool
) -> list[tuple[Announcement, bool]]:
    """List what is there for a member, oldest first, and whether they have dismissed it."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, d.member_id IS NOT NULL AS read FROM announcements a "
        "LEFT JOIN announcement_dismissals d ON d.announcement_id = a.id AND d.member_id = $1 "
        f"WHERE {_AT_WORK.format(now='$2')} AND ($3 OR d.member_id IS NULL) "
        "ORDER BY coalesce(a.starts_at, a.published_at), a.id LIMIT $4",
        member_id,
        now,
        dismissed,
        _MOST,
    )
    found = [dict(row) for row in rows]
    return [(_announcement(each), read) for each in found for read in [each.pop("read")]]


async def dismiss(
    tx: Transaction, announcement_id: int, member_id: int, *, now: datetime
) -> None:
    await tx.execute(
        "INSERT INTO announcement_dismissals (announcement_id, member_id, dismissed_at) "
        "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        announcement_id,
        member_id,
        now,
    )


async def reactions(
    tx: Transaction, announcement_ids: Collection[int], *, member_id: int | None
) -> dict[int, list[Reaction]]:
    """Count the emoji under announcements, those that came first before others."""
    rows = await tx.fetch(
        "SELECT announcement_id, name, count(*) AS count, "
        "coalesce(bool_or(member_id = $2), false) AS me FROM announcement_reactions "
        "WHERE announcement_id = ANY($1) GROUP BY announcement_id, name "
        "ORDER BY announcement_id, min(reacted_at), name LIMIT 10000",
        list(announcement_ids),
        member_id,
    )
    found: dict[int, list[Reaction]] = {}
    for row in rows:
        reaction = Reaction(name=row["name"], count=row["count"], me=row["me"])
        found.setdefault(row["announcement_id"], []).append(reaction)
    return found


async def react(
    tx: Transaction, announcement_id: int, member_id: int, name: str, *, now: datetime
) -> bool:
    """Put an emoji under it, once for a member; False where it is there."""
    status = await tx.execute(
        "INSERT INTO announcement_reactions (announcement_id, member_id, name, reacted_at) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        announcement_id,
        member_id,
        name,
        now,
    )
    return status == "INSERT 0 1"


async def take_back(tx: Transaction, announcement_id: int, member_id: int, name: str) -> bool:
    """Take an emoji back; False where there was none."""
    status = await tx.execute(
        "DELETE FROM announcement_reactions "
        "WHERE announcement_id = $1 AND member_id = $2 AND name = $3",
        announcement_id,
        member_id,
        name,
    )
    return status == "DELETE 1"


async def settle(tx: Transaction, *, now: datetime) -> None:
    """Tell listening clients what is there since they were last told, and what no longer is."""
    await tx.execute(
        "WITH changed AS (UPDATE announcements a SET shown = NOT a.shown "
        f"WHERE a.shown <> {_AT_WORK.format(now='$1')} RETURNING a.id, a.shown), "
        "told AS (INSERT INTO stream (kind, announcement_id, at) "
        "SELECT CASE WHEN shown THEN $2 ELSE $3 END, id, $1 FROM changed ORDER BY id "
        "RETURNING id) SELECT pg_notify('stream', '') FROM told LIMIT 1",
        now,
        Told.ANNOUNCED,
        Told.UNANNOUNCED,
    )


async def tell_reaction(
    tx: Transaction, announcement_id: int, name: str, *, now: datetime
) -> None:
    await tx.execute(
        "WITH told AS (INSERT INTO stream (kind, announcement_id, emoji, at) "
        "VALUES ($1, $2, $3, $4) RETURNING id) "
        "SELECT pg_notify('stream', '') FROM told LIMIT 1",
        Told.REACTED,
        announcement_id,
        name,
        now,
    )
