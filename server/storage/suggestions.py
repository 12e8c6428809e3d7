"""Whom a member might follow: communities about their topics, people their communities know."""

from dataclasses import dataclass
from typing import Final

from schemas.records import Actor
from server.storage import actors, unwanted
from server.storage.database import Transaction
from server.storage.visibility import heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """A community, and which of its topics are the member's."""

    actor: Actor
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person whom members of the reader's communities follow, or thanked there."""

    actor: Actor
    is_followed: bool
    is_thanked: bool


#: Who may be suggested to $1: alive, heard, not followed, not dismissed, not unwanted.
_OPEN: Final = (
    f"a.deleted_at IS NULL AND a.moved_to IS NULL AND a.id <> $1 AND {heard('a')} "
    "AND NOT EXISTS (SELECT FROM follows o WHERE o.follower_id = $1 AND o.target_id = a.id) "
    "AND NOT EXISTS (SELECT FROM dismissed_suggestions d "
    "WHERE d.member_id = $1 AND d.actor_id = a.id) "
    f"AND {unwanted.wanted('$1', people='a.id')}"
)
#: Topics and hashtags alike, without what one of them may not have.
_MINE: Final = (
    "SELECT replace(s.slug, '-', '') AS slug FROM ("
    "SELECT slug FROM followed_hashtags WHERE member_id = $1 UNION ALL "
    "SELECT slug FROM featured_hashtags WHERE member_id = $1 UNION ALL "
    "SELECT t.slug FROM topics t JOIN follows f ON f.target_id = t.community_id "
    "WHERE f.follower_id = $1 AND f.state = 'accepted' UNION ALL "
    "SELECT unnest(p.topic || ARRAY(SELECT h.slug FROM "
    "jsonb_to_recordset(p.carried -> 'hashtags') AS h (slug text))) FROM (SELECT topic, "
    "carried FROM posts WHERE author_id = $1 AND deleted_at IS NULL "
    "ORDER BY id DESC LIMIT 200) p) s"
)
#: Of so many, those who share most communities with the reader, it is asked whom they know.
_FELLOWS: Final = 300
_JOINED: Final = (
    "SELECT m.target_id FROM follows m JOIN communities c ON c.actor_id = m.target_id "
    "WHERE m.follower_id = $1 AND m.state = 'accepted'"
)


async def communities(tx: Transaction, member_id: int, *, limit: int) -> list[Fitting]:
    """List public communities that are about a member's topics, the best fit first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')}, array_agg(t.name ORDER BY t.position) AS topics "
        "FROM communities c JOIN actors a ON a.id = c.actor_id "
        "JOIN topics t ON t.community_id = c.actor_id WHERE c.visibility = 'public' "
        f"AND replace(t.slug, '-', '') IN ({_MINE}) AND {_OPEN} "
        "GROUP BY a.id, c.actor_id ORDER BY count(*) DESC, c.active_at DESC, a.id LIMIT $2",
        member_id,
        limit,
    )
    return [Fitting(actor=actors.actor_from(row), topics=tuple(row["topics"])) for row in rows]


async def people(tx: Transaction, member_id: int, *, fewest: int, limit: int) -> list[Known]:
    """List people whom a member can meet in their communities, and whom others there know.

    Whom somebody follows is told to nobody: so many must follow them. Thanks are there to read.
    """
    rows = await tx.fetch(
        f"WITH joined AS ({_JOINED}), fellows AS (SELECT f.follower_id AS id "
        "FROM follows f JOIN joined j ON j.target_id = f.target_id WHERE f.state = 'accepted' "
        "AND f.follower_id <> $1 GROUP BY f.follower_id ORDER BY count(*) DESC, f.follower_id "
        f"LIMIT {_FELLOWS}), ties AS ("
        "SELECT f.target_id AS person, f.follower_id AS fellow, true AS follows "
        "FROM follows f JOIN fellows w ON w.id = f.follower_id WHERE f.state = 'accepted' "
        "UNION ALL SELECT p.author_id, g.actor_id, false FROM marks g "
        "JOIN fellows w ON w.id = g.actor_id JOIN posts p ON p.id = g.post_id "
        "JOIN joined j ON j.target_id = p.community_id "
        "WHERE g.category IS NOT NULL AND p.deleted_at IS NULL), "
        # Of all whom anybody knows, who may be suggested is asked once of each, and last.
        "known AS MATERIALIZED (SELECT t.person, count(DISTINCT t.fellow) AS fellows, "
        "count(DISTINCT t.fellow) FILTER (WHERE t.follows) >= $2 AS is_followed, "
        "bool_or(NOT t.follows) AS is_thanked FROM ties t GROUP BY t.person "
        "HAVING bool_or(NOT t.follows) "
        "OR count(DISTINCT t.fellow) FILTER (WHERE t.follows) >= $2) "
        f"SELECT {actors.columns('a', '')}, k.is_followed, k.is_thanked FROM known k "
        "JOIN actors a ON a.id = k.person WHERE a.kind = 'person' AND EXISTS (SELECT "
        "FROM follows i JOIN joined j ON j.target_id = i.target_id WHERE i.follower_id = a.id "
        f"AND i.state = 'accepted') AND {_OPEN} ORDER BY k.fellows DESC, a.id LIMIT $3",
        member_id,
        fewest,
        limit,
    )
    return [
        Known(
            actor=actors.actor_from(row),
            is_followed=row["is_followed"],
            is_thanked=row["is_thanked"],
        )
        for row in rows
    ]


async def dismiss(tx: Transaction, member_id: int, actor_id: int) -> None:
    """Suggest somebody no more; nothing happens where there is nobody."""
    await tx.execute(
        "INSERT INTO dismissed_suggestions (member_id, actor_id) "
        "SELECT $1, id FROM actors WHERE id = $2 ON CONFLICT DO NOTHING",
        member_id,
        actor_id,
    )


async def dismissed(tx: Transaction, member_id: int) -> list[Actor]:
    """List whom a member did not want, for their archive."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM dismissed_suggestions d "
        "JOIN actors a ON a.id = d.actor_id WHERE d.member_id = $1 AND a.deleted_at IS NULL "
        "ORDER BY a.id LIMIT 10000",
        member_id,
    )
    return [actors.actor_from(row) for row in rows]
