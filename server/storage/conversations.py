"""Whom posts name that are not public, and the private threads that members of ours have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from server.storage import unwanted
from server.storage.database import Row, Transaction
from server.storage.timelines import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A private thread as one member has it; `people` are the others, by their ids."""

    root_id: int
    last_id: int
    unread: bool
    people: tuple[int, ...]


async def address(tx: Transaction, addressed: Mapping[int, Collection[int]]) -> None:
    """Say whom new posts name; a private one is in their threads from then on."""
    pairs = [(post, actor) for post, actors in addressed.items() for actor in sorted(actors)]
    ids = ([post for post, _ in pairs], [actor for _, actor in pairs])
    await tx.execute(
        "INSERT INTO addressees (post_id, actor_id) "
        "SELECT * FROM unnest($1::bigint[], $2::bigint[]) ON CONFLICT DO NOTHING",
        *ids,
    )
    await tx.execute(
        "INSERT INTO conversations (member_id, root_id, last_id, unread) "
        "SELECT DISTINCT ON (m.actor_id, p.root_id) m.actor_id, p.root_id, p.id, "
        "p.author_id <> m.actor_id FROM unnest($1::bigint[], $2::bigint[]) AS u (post, actor) "
        "JOIN posts p ON p.id = u.post JOIN members m ON m.actor_id = u.actor "
        "WHERE p.visibility = 'direct' "
        f"AND {unwanted.wanted('m.actor_id', people='p.author_id')} "
        "ORDER BY m.actor_id, p.root_id, p.id DESC "
        "ON CONFLICT (member_id, root_id) DO UPDATE SET "
        "last_id = greatest(conversations.last_id, excluded.last_id), unread = excluded.unread",
        *ids,
    )


_ROWS = (
    "SELECT c.last_id AS id, c.member_id, c.root_id, c.unread, "
    "ARRAY(SELECT x.actor_id FROM addressees x WHERE x.post_id = c.last_id "
    "AND x.actor_id <> c.member_id ORDER BY x.actor_id LIMIT 20) AS people "
    "FROM conversations c"
)


async def of_member(tx: Transaction, member_id: int, window: Window) -> list[Conversation]:
    """List a member's private threads by their last posts, the latest first."""
    rows = await tx.fetch(
        f"SELECT w.* FROM ({_ROWS} WHERE c.member_id = $4) w "
        f"WHERE {window.numbered(1, row='w')}",
        *window.arguments,
        member_id,
    )
    found = [_conversation(row) for row in rows]
    return found[::-1] if window.rising else found


async def find(
    tx: Transaction, member_ids: Collection[int], root_id: int
) -> dict[int, Conversation]:
    """Find a private thread as each of these members has it."""
    rows = await tx.fetch(
        f"{_ROWS} WHERE c.member_id = ANY($1) AND c.root_id = $2", list(member_ids), root_id
    )
    return {row["member_id"]: _conversation(row) for row in rows}


def _conversation(row: Row) -> Conversation:
    return Conversation(
        root_id=row["root_id"],
        last_id=row["id"],
        unread=row["unread"],
        people=tuple(row["people"]),
    )


async def read(tx: Transaction, member_id: int, root_id: int) -> bool:
    """Note that a member read a thread; False where they have none like it."""
    status = await tx.execute(
        "UPDATE conversations SET unread = false WHERE member_id = $1 AND root_id = $2",
        member_id,
        root_id,
    )
    return status == "UPDATE 1"


async def forget(tx: Transaction, member_id: int, root_id: int) -> bool:
    """Take a thread off a member's list, until somebody writes in it again."""
    status = await tx.execute(
        "DELETE FROM conversations WHERE member_id = $1 AND root_id = $2", member_id, root_id
    )
    return status == "DELETE 1"
