"""Notifications as clients list them: by kind, in windows of ids, one by one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from server.storage import unwanted
from server.storage.database import Transaction
from server.storage.notifications import FIELDS, Notification, notification_from
from server.storage.timelines import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which notifications: of these kinds, and from this actor where one is named."""

    kinds: Collection[str]
    actor_id: int | None = None


async def listed(
    tx: Transaction, member_id: int, wanted: Wanted, window: Window
) -> list[Notification]:
    """List them, newest first."""
    rows = await tx.fetch(
        f"SELECT {FIELDS} WHERE n.member_id = $4 AND n.kind = ANY($5) "
        "AND ($6::bigint IS NULL OR n.actor_id = $6) "
        f"AND {unwanted.heard('n.member_id', person='n.actor_id')} "
        "AND ($1::bigint IS NULL OR n.id < $1) AND ($2::bigint IS NULL OR n.id > $2) "
        f"ORDER BY n.id {window.order} LIMIT $3",
        *window.arguments,
        member_id,
        list(wanted.kinds),
        wanted.actor_id,
    )
    found = [notification_from(row) for row in rows]
    return found[::-1] if window.rising else found


async def find(tx: Transaction, member_id: int, numbers: Sequence[int]) -> list[Notification]:
    rows = await tx.fetch(
        f"SELECT {FIELDS} WHERE n.member_id = $1 AND n.id = ANY($2) ORDER BY n.id DESC",
        member_id,
        list(numbers),
    )
    return [notification_from(row) for row in rows]


async def dismiss(tx: Transaction, member_id: int, numbers: Sequence[int]) -> None:
    await tx.execute(
        "DELETE FROM notifications WHERE member_id = $1 AND id = ANY($2)",
        member_id,
        list(numbers),
    )


async def clear(tx: Transaction, member_id: int) -> None:
    await tx.execute("DELETE FROM notifications WHERE member_id = $1", member_id)
