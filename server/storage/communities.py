"""Communities, their topics and stewards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from schemas.records import Actor, Community, JoinRule, Topic, Visibility
from server.storage import actors
from server.storage.database import Row, Transaction

FIELDS = (
    f"{actors.columns('a', 'a_')}, c.charter, c.charter_source, c.join_rule, c.visibility, "
    "c.several_answers, c.boosts_answers, c.asks_questions, c.wall, "
    "(SELECT coalesce(json_agg(json_build_array(t.slug, t.name) ORDER BY t.position), '[]') "
    "FROM topics t WHERE t.community_id = c.actor_id)::text AS topics"
)
_FROM = "FROM communities c JOIN actors a ON a.id = c.actor_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A community in a list, with its figures and the reader's own state in it."""

    community: Community
    members: int
    questions: int
    unanswered: int
    my_state: str | None


def community_from(row: Row) -> Community:
    return Community(
        actor=actors.actor_from(row, "a_"),
        charter=row["charter"],
        charter_source=row["charter_source"],
        join=JoinRule(row["join_rule"]),
        visibility=Visibility(row["visibility"]),
        several_answers=row["several_answers"],
        boosts_answers=row["boosts_answers"],
        asks_questions=row["asks_questions"],
        wall=row["wall"],
        topics=tuple(Topic(slug=slug, name=name) for slug, name in orjson.loads(row["topics"])),
    )


async def add(tx: Transaction, community: Community, *, now: datetime) -> None:
    """Add what a community has beyond its actor."""
    await tx.execute(
        "INSERT INTO communities (actor_id, charter, charter_source, join_rule, visibility, "
        "several_answers, boosts_answers, active_at, asks_questions) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (actor_id) DO NOTHING",
        community.id,
        community.charter,
        community.charter_source,
        community.join,
        community.visibility,
        community.several_answers,
        community.boosts_answers,
        now,
        community.asks_questions,
    )
    await change_topics(tx, community.id, community.topics)


async def wall_of(tx: Transaction, person: Actor, *, now: datetime) -> Community:
    """Give the place where a person writes alone; it is there once they write something."""
    await tx.execute(
        "INSERT INTO communities (actor_id, join_rule, visibility, active_at, wall) "
        "VALUES ($1, $2, $3, $4, true) ON CONFLICT (actor_id) DO NOTHING",
        person.id,
        JoinRule.OPEN,
        Visibility.PUBLIC,
        now,
    )
    return Community(actor=person, wall=True)


async def change(tx: Transaction, community: Community) -> None:
    """Write charter and rules; a community's visibility is set once and never widened."""
    await tx.execute(
        "UPDATE communities SET charter = $2, charter_source = $3, join_rule = $4, "
        "several_answers = $5, boosts_answers = $6, asks_questions = $7 WHERE actor_id = $1",
        community.id,
        community.charter,
        community.charter_source,
        community.join,
        community.several_answers,
        community.boosts_answers,
        community.asks_questions,
    )
    await change_topics(tx, community.id, community.topics)


async def change_topics(tx: Transaction, community_id: int, topics: Sequence[Topic]) -> None:
    await tx.execute("DELETE FROM topics WHERE community_id = $1", community_id)
    await tx.executemany(
        "INSERT INTO topics (community_id, slug, name, position) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (community_id, slug) DO NOTHING",
        [(community_id, topic.slug, topic.name, place) for place, topic in enumerate(topics)],
    )


async def find(tx: Transaction, actor_id: int) -> Community | None:
    row = await tx.fetchrow(f"SELECT {FIELDS} {_FROM} WHERE c.actor_id = $1", actor_id)
    return community_from(row) if row else None


async def get(tx: Transaction, actor_id: int) -> Community:
    found = await find(tx, actor_id)
    if found is None:
        raise LookupError(f"no community {actor_id}")
    return found


async def find_by_uri(tx: Transaction, uri: str) -> Community | None:
    row = await tx.fetchrow(f"SELECT {FIELDS} {_FROM} WHERE a.uri = $1 AND NOT c.wall", uri)
    return community_from(row) if row else None


async def find_by_handle(tx: Transaction, name: str, host: str) -> Community | None:
    row = await tx.fetchrow(
        f"SELECT {FIELDS} {_FROM} WHERE a.host = $1 AND a.name = $2 "
        "AND a.deleted_at IS NULL AND NOT c.wall ORDER BY a.id LIMIT 1",
        host,
        name,
    )
    return community_from(row) if row else None


async def listed(
    tx: Transaction,
    *,
    reader: int | None,
    only: int | None = None,
    among: Sequence[int] | None = None,
    mine: bool = False,
    words: str = "",
    limit: int = 100,
) -> list[Listed]:
    """List communities, local and remote in one, most active first.

    `only` is one community's id, or a person's for their wall, `among` are several; `mine`
    keeps those the reader has joined; `words` is looked for in the name.
    """
    rows = await tx.fetch(
        f"SELECT {FIELDS}, counts.*, "
        "CASE WHEN s.actor_id IS NOT NULL THEN 'steward' WHEN f.state = 'accepted' THEN "
        "'joined' "
        "WHEN f.state = 'asked' THEN 'asked' END AS my_state "
        f"{_FROM} LEFT JOIN follows f ON f.target_id = c.actor_id AND f.follower_id = $1 "
        "LEFT JOIN stewards s ON s.community_id = c.actor_id AND s.actor_id = $1 "
        "CROSS JOIN LATERAL (SELECT "
        "(SELECT count(*) FROM follows m WHERE m.target_id = c.actor_id "
        "AND m.state = 'accepted') AS members, "
        "(SELECT count(*) FROM posts p WHERE p.community_id = c.actor_id "
        "AND p.kind = 'question' AND p.deleted_at IS NULL) AS questions, "
        "(SELECT count(*) FROM posts p WHERE p.community_id = c.actor_id AND p.kind = "
        "'question' "
        "AND p.answers = 0 AND p.deleted_at IS NULL) AS unanswered) counts "
        "WHERE a.deleted_at IS NULL AND a.suspended_at IS NULL "
        "AND CASE WHEN $2::bigint IS NULL THEN NOT c.wall ELSE c.actor_id = $2 END "
        "AND (NOT $3 OR f.state = 'accepted') "
        "AND ($4 = '' OR position(lower($4) IN lower(a.name || ' ' || a.display_name || ' ' "
        "|| a.host)) > 0) "
        "AND ($6::bigint[] IS NULL OR c.actor_id = ANY($6)) "
        "ORDER BY c.active_at DESC, c.actor_id LIMIT $5",
        reader,
        only,
        mine,
        words,
        limit,
        None if among is None else list(among),
    )
    return [
        Listed(
            community=community_from(row),
            members=row["members"],
            questions=row["questions"],
            unanswered=row["unanswered"],
            my_state=row["my_state"],
        )
        for row in rows
    ]


async def touch(tx: Transaction, community_id: int, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE communities SET active_at = greatest(active_at, $2) WHERE actor_id = $1",
        community_id,
        now,
    )


async def add_steward(
    tx: Transaction, community_id: int, actor_id: int, *, now: datetime
) -> None:
    await tx.execute(
        "INSERT INTO stewards (community_id, actor_id, since) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        community_id,
        actor_id,
        now,
    )


async def remove_steward(tx: Transaction, community_id: int, actor_id: int) -> None:
    await tx.execute(
        "DELETE FROM stewards WHERE community_id = $1 AND actor_id = $2", community_id, actor_id
    )


async def stewards(tx: Transaction, community_id: int) -> list[Actor]:
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM stewards s JOIN actors a ON a.id = s.actor_id "
        "WHERE s.community_id = $1 ORDER BY s.since, s.actor_id LIMIT 200",
        community_id,
    )
    return [actors.actor_from(row) for row in rows]


async def is_steward(tx: Transaction, community_id: int, actor_id: int) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT true FROM stewards WHERE community_id = $1 AND actor_id = $2",
            community_id,
            actor_id,
        )
    )


async def claim_stewards(
    tx: Transaction, community_id: int, *, older_than: datetime, claimed_as: datetime
) -> bool:
    """Take it upon oneself to ask who looks after a community; False when that was done."""
    status = await tx.execute(
        "UPDATE communities SET stewards_at = $3 WHERE actor_id = $1 "
        "AND (stewards_at IS NULL OR stewards_at <= $2)",
        community_id,
        older_than,
        claimed_as,
    )
    return status == "UPDATE 1"


async def note_stewards(tx: Transaction, community_id: int, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE communities SET stewards_at = $2 WHERE actor_id = $1", community_id, now
    )
