"""Who is put out and until when, and the posts that go with a person or under a post."""

from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Banned:
    """Somebody who may not take part; `until` is None where the ban does not end by itself."""

    person: Actor
    until: datetime | None


async def of_community(tx: Transaction, community_id: int, *, limit: int = 200) -> list[Banned]:
    """List whom a community's stewards have put out, latest first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')}, f.until FROM follows f JOIN actors a "
        "ON a.id = f.follower_id WHERE f.target_id = $1 AND f.state = 'banned' "
        "ORDER BY f.settled_at DESC, a.id LIMIT $2",
        community_id,
        limit,
    )
    return [Banned(person=actors.actor_from(row), until=row["until"]) for row in rows]


async def end(tx: Transaction, *, now: datetime) -> None:
    """Forget the bans whose time is over: they may ask to belong again."""
    await tx.execute("DELETE FROM follows WHERE state = 'banned' AND until <= $1", now)


async def communities_at(tx: Transaction, host: str, *, limit: int = 1000) -> list[int]:
    """List the communities that we know of a server."""
    rows = await tx.fetch(
        "SELECT c.actor_id FROM communities c JOIN actors a ON a.id = c.actor_id "
        "WHERE a.host = $1 AND a.deleted_at IS NULL AND NOT c.wall "
        "ORDER BY c.actor_id LIMIT $2",
        host,
        limit,
    )
    return [row["actor_id"] for row in rows]


async def posts_of(
    tx: Transaction, author_id: int, community_id: int, *, limit: int
) -> list[int]:
    """List the posts of one author in a community that are still there, oldest first."""
    rows = await tx.fetch(
        "SELECT id FROM posts WHERE author_id = $1 AND community_id = $2 "
        "AND deleted_at IS NULL ORDER BY id LIMIT $3",
        author_id,
        community_id,
        limit,
    )
    return [row["id"] for row in rows]


async def replies_under(tx: Transaction, post_id: int, *, limit: int) -> list[int]:
    """List what replies to a post, and to those, as far as it is still there."""
    rows = await tx.fetch(
        "WITH RECURSIVE under AS (SELECT id, deleted_at FROM posts WHERE parent_id = $1 "
        "UNION SELECT p.id, p.deleted_at FROM posts p JOIN under u ON p.parent_id = u.id) "
        "SELECT id FROM under WHERE deleted_at IS NULL ORDER BY id LIMIT $2",
        post_id,
        limit,
    )
    return [row["id"] for row in rows]
