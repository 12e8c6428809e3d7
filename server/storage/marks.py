"""Helpful, kudos and acceptance: one live Like per actor and post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.visibility import Scope
from schemas.attached import Reaction
from schemas.records import Actor, Kudos, Mark
from server.storage import actors
from server.storage.carried import emoji_from, json_of_emoji
from server.storage.database import Row, Transaction
from server.storage.visibility import readable

_COLUMNS = (
    "m.uri, g.uri AS actor_uri, p.uri AS post_uri, m.helpful, m.category, m.emoji, m.note, "
    "m.accepts, m.given_at, m.reaction, m.reaction_custom::text AS reaction_custom"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A mark with its giver and the post it is on, by id."""

    mark: Mark
    post_id: int
    giver: Actor


def _mark(row: Row) -> Mark:
    kudos = None
    if row["category"]:
        kudos = Kudos(category=row["category"], emoji=row["emoji"] or "", note=row["note"])
    return Mark(
        uri=row["uri"],
        actor_uri=row["actor_uri"],
        post_uri=row["post_uri"],
        helpful=row["helpful"],
        kudos=kudos,
        accepts=row["accepts"],
        reaction=_reaction(row),
        given_at=row["given_at"],
    )


def _reaction(row: Row) -> Reaction | None:
    if row["reaction"] is None:
        return None
    return Reaction(content=row["reaction"], custom=emoji_from(row["reaction_custom"]))


async def put(tx: Transaction, actor_id: int, post_id: int, mark: Mark) -> None:
    """Make this the one mark of the actor on the post, and count."""
    kudos = mark.kudos
    await tx.execute(
        "INSERT INTO marks (actor_id, post_id, uri, helpful, category, emoji, note, accepts, "
        "given_at, reaction, reaction_custom) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        "ON CONFLICT (actor_id, post_id) DO UPDATE SET uri = $3, helpful = $4, category = $5, "
        "emoji = $6, note = $7, accepts = $8, given_at = $9, reaction = $10, "
        "reaction_custom = $11",
        actor_id,
        post_id,
        mark.uri,
        mark.helpful,
        kudos.category if kudos else None,
        kudos.emoji if kudos else None,
        kudos.note if kudos else "",
        mark.accepts,
        mark.given_at,
        mark.reaction.content if mark.reaction else None,
        json_of_emoji(mark.reaction.custom) if mark.reaction else None,
    )
    await _count(tx, post_id)


async def take(tx: Transaction, actor_id: int, post_id: int, *, uri: str | None = None) -> bool:
    """Take a mark back; with a uri only that very one."""
    status = await tx.execute(
        "DELETE FROM marks WHERE actor_id = $1 AND post_id = $2 AND ($3::text IS NULL OR "
        "uri = $3)",
        actor_id,
        post_id,
        uri,
    )
    await _count(tx, post_id)
    return status == "DELETE 1"


async def note_undone(tx: Transaction, uri: str, actor_uri: str, *, now: datetime) -> bool:
    """Remember that an actor took back a Like, there or not; False when that is known."""
    status = await tx.execute(
        "INSERT INTO undone_marks (uri, actor_uri, undone_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (uri, actor_uri) DO NOTHING",
        uri,
        actor_uri,
        now,
    )
    return status == "INSERT 0 1"


async def is_undone(tx: Transaction, uri: str, actor_uri: str) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT true FROM undone_marks WHERE uri = $1 AND actor_uri = $2", uri, actor_uri
        )
    )


async def forget_undone(tx: Transaction, *, before: datetime) -> None:
    await tx.execute("DELETE FROM undone_marks WHERE undone_at < $1", before)


async def _count(tx: Transaction, post_id: int) -> None:
    await tx.execute(
        "UPDATE posts SET helpful = (SELECT count(*) FROM marks WHERE post_id = $1) WHERE "
        "id = $1",
        post_id,
    )


async def find(tx: Transaction, actor_id: int, post_id: int) -> Mark | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM marks m JOIN actors g ON g.id = m.actor_id "
        "JOIN posts p ON p.id = m.post_id WHERE m.actor_id = $1 AND m.post_id = $2",
        actor_id,
        post_id,
    )
    return _mark(row) if row else None


async def find_by_uri(tx: Transaction, uri: str) -> tuple[Mark, int, int] | None:
    """Find a mark with the ids of its actor and its post."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS}, m.actor_id, m.post_id FROM marks m "
        "JOIN actors g ON g.id = m.actor_id JOIN posts p ON p.id = m.post_id WHERE m.uri = $1",
        uri,
    )
    return (_mark(row), row["actor_id"], row["post_id"]) if row else None


async def on_thread(tx: Transaction, root_id: int, *, limit: int = 5000) -> list[Given]:
    """List the marks on every post of a thread, oldest first."""
    return await _given(tx, "p.root_id", root_id, limit=limit)


async def on_post(tx: Transaction, post_id: int, *, limit: int = 1000) -> list[Given]:
    """List the marks on one post, oldest first."""
    return await _given(tx, "p.id", post_id, limit=limit)


async def _given(tx: Transaction, column: str, number: int, *, limit: int) -> list[Given]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, m.post_id, {actors.columns('g', 'g_')} FROM marks m "
        "JOIN actors g ON g.id = m.actor_id JOIN posts p ON p.id = m.post_id "
        f'WHERE {column} = $1 ORDER BY m.given_at, m.uri COLLATE "C" LIMIT $2',
        number,
        limit,
    )
    return [
        Given(mark=_mark(row), post_id=row["post_id"], giver=actors.actor_from(row, "g_"))
        for row in rows
    ]


async def documents_on_thread(
    tx: Transaction, root_id: int, *, limit: int
) -> list[tuple[str, bytes | None]]:
    """List the ids of the marks in a thread of ours, oldest first, with what carries each.

    That is the Like of one of ours as it went out, or the Announce that passed one on; None
    where it was passed on to nobody.
    """
    rows = await tx.fetch(
        "SELECT m.uri, coalesce((SELECT a.document FROM activities a WHERE a.uri = m.uri), "
        "(SELECT a.document FROM activities a WHERE a.post_id = m.post_id "
        "AND a.type = 'Announce' AND a.object_uri = m.uri ORDER BY a.id LIMIT 1)) AS document "
        "FROM marks m JOIN posts p ON p.id = m.post_id JOIN actors g ON g.id = m.actor_id "
        "WHERE p.root_id = $1 AND p.deleted_at IS NULL AND g.suspended_at IS NULL "
        'ORDER BY m.given_at, m.uri COLLATE "C" LIMIT $2',
        root_id,
        limit,
    )
    return [(row["uri"], row["document"]) for row in rows]


async def known(tx: Transaction, uris: Sequence[str]) -> set[str]:
    """Find the marks among these ids that are here, or were taken back."""
    rows = await tx.fetch(
        "SELECT uri FROM marks WHERE uri = ANY($1) "
        "UNION SELECT uri FROM undone_marks WHERE uri = ANY($1)",
        list(uris),
    )
    return {row["uri"] for row in rows}


async def kudos_of(
    tx: Transaction, scope: Scope, author_id: int, *, limit: int = 50
) -> list[Given]:
    """List the kudos a person received on posts that the reader may see, newest first."""
    condition, arguments = readable(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, m.post_id, {actors.columns('g', 'g_')} FROM marks m "
        "JOIN actors g ON g.id = m.actor_id JOIN posts p ON p.id = m.post_id "
        "WHERE p.author_id = $1 AND m.category IS NOT NULL AND p.deleted_at IS NULL "
        f"AND {condition} ORDER BY m.given_at DESC LIMIT $2",
        author_id,
        limit,
        *arguments,
    )
    return [
        Given(mark=_mark(row), post_id=row["post_id"], giver=actors.actor_from(row, "g_"))
        for row in rows
    ]
