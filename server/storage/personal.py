"""What is a member's own about a thread: what they keep of it, whose posts they do not want."""

from dataclasses import dataclass, field
from enum import StrEnum

from server.storage import unwanted
from server.storage.database import Row, Transaction


class Why(StrEnum):
    """Why a member does not see somebody's posts."""

    BLOCKED = "blocked"
    DOMAIN = "domain"
    MUTED = "muted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """By ids of posts; `quiet` says that they are told nothing more of the thread."""

    kept: frozenset[int] = frozenset()
    pinned: frozenset[int] = frozenset()
    quiet: bool = False
    unwanted: dict[int, Why] = field(default_factory=dict)


async def of_thread(tx: Transaction, member_id: int, root_id: int) -> Personal:
    """Read it in one statement, however long the thread is."""
    rows = await tx.fetch(
        "SELECT t.id, t.kept, t.pinned, t.quiet, t.unwanted, t.blocked, t.muted FROM ("
        "SELECT p.id, EXISTS (SELECT FROM bookmarks k WHERE k.member_id = $1 "
        "AND k.post_id = p.id) AS kept, EXISTS (SELECT FROM pinned_posts n "
        "WHERE n.author_id = $1 AND n.post_id = p.id) AS pinned, p.parent_id IS NULL "
        "AND EXISTS (SELECT FROM quiet_threads q WHERE q.member_id = $1 AND q.root_id = $2) "
        "AS quiet, "
        f"NOT ({unwanted.wanted('$1', people='p.author_id')}) AS unwanted, "
        "EXISTS (SELECT FROM personal_blocks b WHERE b.member_id = $1 "
        "AND b.actor_id = p.author_id) AS blocked, EXISTS (SELECT FROM mutes m "
        "WHERE m.member_id = $1 AND m.actor_id = p.author_id) AS muted "
        "FROM posts p WHERE p.root_id = $2) t "
        "WHERE t.kept OR t.pinned OR t.quiet OR t.unwanted",
        member_id,
        root_id,
    )
    return Personal(
        kept=frozenset(row["id"] for row in rows if row["kept"]),
        pinned=frozenset(row["id"] for row in rows if row["pinned"]),
        quiet=any(row["quiet"] for row in rows),
        unwanted={row["id"]: _why(row) for row in rows if row["unwanted"]},
    )


def _why(row: Row) -> Why:
    if row["blocked"]:
        return Why.BLOCKED
    return Why.MUTED if row["muted"] else Why.DOMAIN
