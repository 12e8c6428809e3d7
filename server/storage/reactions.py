"""Emoji under posts: those of Likes that say nothing else, and those that are given beside."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from schemas.attached import Reaction
from server.storage.carried import emoji_from, json_of_emoji
from server.storage.database import Transaction

#: Emoji of one actor under one post; further ones are not kept (DOS-06).
MOST_EACH = 8
_ALL = (
    "SELECT m.post_id, m.actor_id, m.reaction AS content, m.reaction_custom AS custom, m.uri, "
    "m.given_at FROM marks m JOIN posts p ON p.id = m.post_id "
    "WHERE m.reaction IS NOT NULL AND {where} "
    "UNION ALL SELECT r.post_id, r.actor_id, r.content, r.custom, r.uri, r.given_at "
    "FROM reactions r JOIN posts p ON p.id = r.post_id WHERE {where}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """An emoji, and how many people gave it."""

    content: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One emoji of one actor on a post."""

    post_id: int
    uri: str
    actor_uri: str
    reaction: Reaction
    given_at: datetime


async def put(
    tx: Transaction,
    actor_id: int,
    post_id: int,
    reaction: Reaction,
    *,
    uri: str,
    given_at: datetime,
) -> bool:
    """Keep an emoji once per actor and post; False where it is there, or one too many."""
    status = await tx.execute(
        "INSERT INTO reactions (actor_id, post_id, content, custom, uri, given_at) "
        "SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM reactions "
        "WHERE actor_id = $1 AND post_id = $2) < $7 ON CONFLICT DO NOTHING",
        actor_id,
        post_id,
        reaction.content,
        json_of_emoji(reaction.custom),
        uri,
        given_at,
        MOST_EACH,
    )
    return status == "INSERT 0 1"


async def take(
    tx: Transaction, actor_id: int, post_id: int, *, uri: str | None, content: str
) -> bool:
    """Take an emoji back: that very one, or by what it was where nobody knows its id."""
    status = await tx.execute(
        "DELETE FROM reactions WHERE actor_id = $1 AND post_id = $2 "
        "AND (uri = $3 OR ($3::text IS NULL AND content = $4))",
        actor_id,
        post_id,
        uri,
        content,
    )
    return status == "DELETE 1"


async def find_by_uri(tx: Transaction, uri: str) -> tuple[str, str] | None:
    """Find whose an emoji is and under what, by the uris of both."""
    row = await tx.fetchrow(
        "SELECT a.uri AS actor_uri, p.uri AS post_uri FROM reactions r "
        "JOIN actors a ON a.id = r.actor_id JOIN posts p ON p.id = r.post_id WHERE r.uri = $1",
        uri,
    )
    return (row["actor_uri"], row["post_uri"]) if row else None


async def counts_in(tx: Transaction, root_id: int) -> dict[int, list[Counted]]:
    """Count the emoji under each post of a thread, the most given first."""
    rows = await tx.fetch(
        "SELECT post_id, content, count(DISTINCT actor_id) AS people FROM "
        f"({_ALL.format(where='p.root_id = $1')}) g GROUP BY post_id, content "
        'ORDER BY people DESC, content COLLATE "C"',
        root_id,
    )
    counted: dict[int, list[Counted]] = defaultdict(list)
    for row in rows:
        counted[row["post_id"]].append(Counted(content=row["content"], people=row["people"]))
    return counted


async def on_thread(tx: Transaction, root_id: int, *, limit: int = 5000) -> list[Given]:
    """List the emoji under every post of a thread, oldest first."""
    return await _given(tx, "p.root_id = $1", root_id, limit)


async def on_post(tx: Transaction, post_id: int, *, limit: int = 500) -> list[Given]:
    return await _given(tx, "p.id = $1", post_id, limit)


async def _given(tx: Transaction, where: str, number: int, limit: int) -> list[Given]:
    rows = await tx.fetch(
        "SELECT g.post_id, g.uri, a.uri AS actor_uri, g.content, g.custom::text AS custom, "
        f"g.given_at FROM ({_ALL.format(where=where)}) g JOIN actors a ON a.id = g.actor_id "
        'ORDER BY g.given_at, g.uri COLLATE "C" LIMIT $2',
        number,
        limit,
    )
    return [
        Given(
            post_id=row["post_id"],
            uri=row["uri"],
            actor_uri=row["actor_uri"],
            reaction=Reaction(content=row["content"], custom=emoji_from(row["custom"])),
            given_at=row["given_at"],
        )
        for row in rows
    ]
