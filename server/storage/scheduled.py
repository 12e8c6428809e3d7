"""Posts that are to be published later: kept as they were sent, claimed when they are due."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from server.storage.database import Row, Transaction
from server.storage.timelines import Window

_COLUMNS: Final = (
    "s.id, s.member_id, s.form, s.params::text AS params, s.due_at, s.created_at, s.key, "
    "s.attempts, s.refused, s.refused_at"
)


class Form(StrEnum):
    """How what was sent is read when it is due: as a client wrote it, or as our pages do."""

    STATUS = "status"
    THREAD = "thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """What somebody wrote for later; `refused` says why it was not published when due."""

    id: int
    member_id: int
    form: Form
    params: Mapping[str, Any]
    due_at: datetime
    created_at: datetime
    key: str | None = None
    attempts: int = 0
    refused: str = ""
    refused_at: datetime | None = None


def _scheduled(row: Row) -> Scheduled:
    values = dict(row)
    values["form"] = Form(values["form"])
    values["params"] = orjson.loads(values["params"])
    return Scheduled(**values)


async def counts(
    tx: Transaction, member_id: int, *, since: datetime, until: datetime, but: int = 0
) -> tuple[int, int]:
    """Count what a member scheduled, in all and between two moments; others then wait.

    What has the id `but` is not counted.
    """
    await tx.execute("SELECT FROM members WHERE actor_id = $1 FOR NO KEY UPDATE", member_id)
    row = await tx.fetchrow(
        "SELECT count(*) AS total, count(*) FILTER (WHERE due_at >= $2 AND due_at < $3) AS day "
        "FROM scheduled_posts WHERE member_id = $1 AND id <> $4",
        member_id,
        since,
        until,
        but,
    )
    return (row["total"], row["day"]) if row else (0, 0)


async def add(tx: Transaction, new: Scheduled) -> bool:
    """Keep it; False where something with the same key is kept already."""
    status = await tx.execute(
        "INSERT INTO scheduled_posts (id, member_id, form, params, due_at, created_at, key, "
        "leased_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $6) ON CONFLICT DO NOTHING",
        new.id,
        new.member_id,
        new.form,
        orjson.dumps(new.params).decode(),
        new.due_at,
        new.created_at,
        new.key,
    )
    return status == "INSERT 0 1"


async def find(tx: Transaction, member_id: int, scheduled_id: int) -> Scheduled | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM scheduled_posts s WHERE s.id = $1 AND s.member_id = $2",
        scheduled_id,
        member_id,
    )
    return _scheduled(row) if row else None


async def find_by_key(tx: Transaction, member_id: int, key: str) -> Scheduled | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM scheduled_posts s WHERE s.member_id = $1 AND s.key = $2",
        member_id,
        key,
    )
    return _scheduled(row) if row else None


async def of_member(tx: Transaction, member_id: int, window: Window) -> list[Scheduled]:
    """List what a member wrote for later, the last that was written first."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM scheduled_posts s WHERE s.member_id = $4 "
        f"AND {window.numbered(1, row='s')}",
        *window.arguments,
        member_id,
    )
    found = [_scheduled(row) for row in rows]
    return found[::-1] if window.rising else found


async def move(
    tx: Transaction, member_id: int, scheduled_id: int, *, due_at: datetime, now: datetime
) -> bool:
    """Give it another time, also where it was refused; False while it is being published."""
    status = await tx.execute(
        "UPDATE scheduled_posts SET due_at = $3, refused = '', refused_at = NULL, attempts = 0 "
        "WHERE id = $1 AND member_id = $2 AND leased_until <= $4",
        scheduled_id,
        member_id,
        due_at,
        now,
    )
    return status == "UPDATE 1"


async def cancel(tx: Transaction, member_id: int, scheduled_id: int, *, now: datetime) -> bool:
    """Forget it; its files are kept for a day. False while it is being published."""
    status = await tx.execute(
        "WITH free AS (SELECT id FROM scheduled_posts WHERE id = $1 AND member_id = $2 "
        "AND leased_until <= $3 FOR UPDATE), left_over AS (UPDATE media SET "
        "scheduled_id = NULL, created_at = $3 WHERE scheduled_id IN (SELECT id FROM free)) "
        "DELETE FROM scheduled_posts WHERE id IN (SELECT id FROM free)",
        scheduled_id,
        member_id,
        now,
    )
    return status == "DELETE 1"


async def claim(tx: Transaction, *, now: datetime, lease_until: datetime) -> Scheduled | None:
    """Lease what is due longest, if nobody else is at it."""
    row = await tx.fetchrow(
        "UPDATE scheduled_posts s SET leased_until = $2, attempts = s.attempts + 1 FROM "
        "(SELECT id FROM scheduled_posts WHERE refused_at IS NULL AND due_at <= $1 "
        "AND leased_until <= $1 ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) c "
        f"WHERE s.id = c.id RETURNING {_COLUMNS}",
        now,
        lease_until,
    )
    return _scheduled(row) if row else None


async def settle(tx: Transaction, scheduled_id: int) -> None:
    """Forget what is published."""
    await tx.execute("DELETE FROM scheduled_posts WHERE id = $1", scheduled_id)


async def refuse(tx: Transaction, scheduled_id: int, why: str, *, now: datetime) -> None:
    """Keep it for its member, who is told why it was not published."""
    await tx.execute(
        "UPDATE scheduled_posts SET refused = $2, refused_at = $3, leased_until = $3 "
        "WHERE id = $1",
        scheduled_id,
        why,
        now,
    )


async def put_off(tx: Transaction, scheduled_id: int, *, until: datetime) -> None:
    """Try it again then; until then nobody does."""
    await tx.execute(
        "UPDATE scheduled_posts SET leased_until = $2 WHERE id = $1", scheduled_id, until
    )


async def forget_keys(tx: Transaction, *, before: datetime) -> None:
    """Let keys be used for something else that were first used before then."""
    await tx.execute(
        "UPDATE scheduled_posts SET key = NULL WHERE key IS NOT NULL AND created_at < $1",
        before,
    )


async def forget_member(tx: Transaction, member_id: int) -> None:
    await tx.execute("DELETE FROM scheduled_posts WHERE member_id = $1", member_id)


async def reserve(
    tx: Transaction, member_id: int, scheduled_id: int, media_ids: Collection[int]
) -> bool:
    """Keep files for it, in this order; False where one is not free any more."""
    status = await tx.execute(
        "UPDATE media m SET scheduled_id = $2, place = u.place FROM unnest($3::bigint[]) "
        "WITH ORDINALITY AS u (id, place) WHERE m.id = u.id AND m.member_id = $1 "
        "AND m.post_id IS NULL AND m.scheduled_id IS NULL",
        member_id,
        scheduled_id,
        list(media_ids),
    )
    return status == f"UPDATE {len(media_ids)}"
