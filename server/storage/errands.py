"""Small read models of the pages: who asks to join, what a notification is about."""

from collections.abc import Collection
from dataclasses import dataclass

from schemas.gate import SealedPost
from schemas.records import Actor
from server.storage import actors, posts
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asks:
    """A community, and how many people wait to be let in."""

    community: Actor
    people: int


async def community_at(tx: Transaction, name: str, host: str) -> Asks | None:
    """Find the community that a handle names."""
    row = await tx.fetchrow(
        f"SELECT {actors.columns('a', '')}, (SELECT count(*) FROM follows f "
        "WHERE f.target_id = a.id AND f.state = 'asked') AS people "
        "FROM communities c JOIN actors a ON a.id = c.actor_id "
        "WHERE a.host = $1 AND a.name = $2 AND NOT c.wall "
        "AND a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "ORDER BY a.id LIMIT 1",
        host,
        name,
    )
    return Asks(community=actors.actor_from(row), people=row["people"]) if row else None


async def asked_of(tx: Transaction, community_ids: Collection[int]) -> list[Asks]:
    """List which of these communities somebody of here looks after have people waiting."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')}, w.people FROM "
        "(SELECT f.target_id, count(*) AS people FROM follows f "
        "WHERE f.target_id = ANY($1) AND f.state = 'asked' GROUP BY f.target_id) w "
        "JOIN actors a ON a.id = w.target_id WHERE a.local AND a.deleted_at IS NULL "
        "ORDER BY a.display_name, a.id LIMIT 100",
        list(community_ids),
    )
    return [Asks(community=actors.actor_from(row), people=row["people"]) for row in rows]


async def followed(tx: Transaction, follow_uris: Collection[str]) -> dict[str, Actor]:
    """Map the uris of Follows to whom they were for; those that are gone are left out."""
    rows = await tx.fetch(
        f"SELECT f.uri AS follow_uri, {actors.columns('a', '')} FROM follows f "
        "JOIN actors a ON a.id = f.target_id WHERE f.uri = ANY($1)",
        list(follow_uris),
    )
    return {row["follow_uri"]: actors.actor_from(row) for row in rows}


async def several_posts(tx: Transaction, ids: Collection[int]) -> list[SealedPost]:
    """Find posts by their ids; those that are gone are left out."""
    rows = await tx.fetch(
        f"SELECT {posts.FACTS}, {posts.WORDS} {posts.FROM} WHERE p.id = ANY($1)", list(ids)
    )
    return [posts.post_from(row) for row in rows]
