"""Keys by which a client says that two requests are one (client-api.md 6)."""

from datetime import datetime
from typing import Final

from server.storage.database import Transaction

_SCHEDULED: Final = "\nscheduled/"


async def note(
    tx: Transaction, member_id: int, key: str, post_id: int, *, now: datetime
) -> bool:
    """Note what a key led to; False, after waiting for it, where another was first."""
    status = await tx.execute(
        "INSERT INTO once (member_id, key, post_id, done_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        member_id,
        key,
        post_id,
        now,
    )
    return status == "INSERT 0 1"


async def find(tx: Transaction, member_id: int, key: str) -> int | None:
    """Find the post that a key led to."""
    found: int | None = await tx.fetchval(
        "SELECT post_id FROM once WHERE member_id = $1 AND key = $2", member_id, key
    )
    return found


async def hand_over(
    tx: Transaction, member_id: int, key: str, to: str | None, *, done_at: datetime
) -> None:
    """Let what one key led to be found by another, or by none, from now on."""
    if to is not None:
        await tx.execute(
            "INSERT INTO once (member_id, key, post_id, done_at) "
            "SELECT member_id, $3, post_id, $4 FROM once "
            "WHERE member_id = $1 AND key = $2 ON CONFLICT DO NOTHING",
            member_id,
            key,
            to,
            done_at,
        )
    await tx.execute("DELETE FROM once WHERE member_id = $1 AND key = $2", member_id, key)


def of_scheduled(scheduled_id: int) -> str:
    """Give the key of what was written for later; no header of a client has a line break."""
    return f"{_SCHEDULED}{scheduled_id}"


async def forget(tx: Transaction, *, before: datetime) -> None:
    """Forget old keys, but those by which we know that something scheduled is published."""
    await tx.execute(
        "DELETE FROM once o WHERE o.done_at < $1 AND NOT EXISTS (SELECT FROM scheduled_posts s "
        "WHERE s.member_id = o.member_id AND o.key = $2 || s.id)",
        before,
        _SCHEDULED,
    )
