"""Read models of the moderators' desk, the list of agencies and the page of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.visibility import Scope
from schemas.records import Actor, Follow, FollowState
from server.storage import actors, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.follows import Asked

_EDGES = (
    "SELECT f.uri AS f_uri, f.follower_id, f.target_id, f.state, f.asked_at, f.settled_at, "
    f"{actors.columns('p', 'p_')}, {actors.columns('t', 't_')} FROM follows f "
    "JOIN actors p ON p.id = f.follower_id JOIN actors t ON t.id = f.target_id "
)
_ENTRIES = (
    f"SELECT {posts.FACTS}, {posts.WORDS}, {actors.columns('au', 'au_')}, "
    f"{actors.columns('co', 'co_')} {posts.FROM} "
)
_ACTORS = f"SELECT {actors.columns('a', '')} FROM actors a "


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How many communities and people of an agency are known here."""

    communities: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspended:
    """Somebody who is suspended, and the reason that the log has for it."""

    person: Actor
    since: datetime
    reason: str


async def knocks(tx: Transaction, *, limit: int = 200) -> list[Asked]:
    """List the Follows, ours and theirs, that wait for an agency, longest waiting first."""
    rows = await tx.fetch(
        _EDGES + "WHERE f.state = 'asked' AND EXISTS (SELECT FROM agencies g "
        "WHERE g.host IN (p.host, t.host) AND g.state = 'waiting') "
        "ORDER BY f.asked_at, f.uri LIMIT $1",
        limit,
    )
    return [_asked(row) for row in rows]


async def edges_with(
    tx: Transaction, hosts: Sequence[str], *, limit: int = 5000
) -> list[Asked]:
    """List every Follow between us and some agencies, whatever became of it."""
    rows = await tx.fetch(
        _EDGES
        + "WHERE (NOT p.local AND p.host = ANY($1)) OR (NOT t.local AND t.host = ANY($1)) "
        "ORDER BY f.asked_at, f.uri LIMIT $2",
        list(hosts),
        limit,
    )
    return [_asked(row) for row in rows]


def _asked(row: Any) -> Asked:
    return Asked(
        follow=Follow(
            uri=row["f_uri"],
            follower_id=row["follower_id"],
            target_id=row["target_id"],
            state=FollowState(row["state"]),
            asked_at=row["asked_at"],
            settled_at=row["settled_at"],
        ),
        follower=actors.actor_from(row, "p_"),
        target=actors.actor_from(row, "t_"),
    )


async def known_hosts(tx: Transaction) -> list[str]:
    """List the hosts of all actors elsewhere, and of all agencies that knocked."""
    rows = await tx.fetch(
        "SELECT host FROM actors WHERE NOT local UNION SELECT host FROM agencies "
        "ORDER BY host LIMIT 100000"
    )
    return [row["host"] for row in rows]


async def figures(tx: Transaction) -> dict[str, Figures]:
    """Count the communities and people of every agency elsewhere, by host."""
    rows = await tx.fetch(
        "SELECT host, count(*) FILTER (WHERE kind = 'community') AS communities, "
        "count(*) FILTER (WHERE kind = 'person') AS people FROM actors "
        "WHERE NOT local AND deleted_at IS NULL GROUP BY host ORDER BY host LIMIT 10000"
    )
    return {
        row["host"]: Figures(communities=row["communities"], people=row["people"])
        for row in rows
    }


async def removed(tx: Transaction, *, limit: int = 20) -> list[Entry]:
    """List what moderators removed and could restore, latest first."""
    rows = await tx.fetch(
        _ENTRIES + "WHERE p.deleted_by = 'moderator' "
        "AND EXISTS (SELECT FROM removed_posts k WHERE k.post_id = p.id) "
        "ORDER BY p.deleted_at DESC, p.id DESC LIMIT $1",
        limit,
    )
    return [_entry(row) for row in rows]


async def entries(tx: Transaction, post_ids: Sequence[int]) -> dict[int, Entry]:
    """Read some posts with the people a page needs to name."""
    rows = await tx.fetch(_ENTRIES + "WHERE p.id = ANY($1)", list(post_ids))
    return {row["id"]: _entry(row) for row in rows}


def _entry(row: Any) -> Entry:
    return Entry(
        post=posts.post_from(row),
        author=actors.actor_from(row, "au_"),
        community=actors.actor_from(row, "co_"),
        active_at=row["published_at"],
    )


async def joined(tx: Transaction, actor_id: int) -> frozenset[int]:
    """Find the communities that let somebody in, as `sessions` does for who signs in."""
    rows = await tx.fetch(
        "SELECT f.target_id FROM follows f JOIN communities c ON c.actor_id = f.target_id "
        "WHERE f.follower_id = $1 AND f.state = 'accepted'",
        actor_id,
    )
    return frozenset(row["target_id"] for row in rows)


async def post_ids(tx: Transaction, uris: Sequence[str]) -> dict[str, int]:
    rows = await tx.fetch("SELECT id, uri FROM posts WHERE uri = ANY($1)", list(uris))
    return {row["uri"]: row["id"] for row in rows}


async def actors_by_id(tx: Transaction, ids: Sequence[int]) -> dict[int, Actor]:
    rows = await tx.fetch(_ACTORS + "WHERE a.id = ANY($1)", list(ids))
    return {row["id"]: _actor(row) for row in rows}


def _actor(row: Any, prefix: str = "") -> Actor:
    return actors.actor_from(row, prefix)


async def suspended(tx: Transaction, *, limit: int = 100) -> list[Suspended]:
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', 'a_')}, coalesce((SELECT v.reason FROM audit_events v "
        "WHERE v.object = a.uri AND v.act = 'suspend' ORDER BY v.id DESC LIMIT 1), '') AS why "
        "FROM actors a WHERE a.suspended_at IS NOT NULL AND a.kind = 'person' "
        "ORDER BY a.suspended_at DESC, a.id LIMIT $1",
        limit,
    )
    return [
        Suspended(person=_actor(row, "a_"), since=row["a_suspended_at"], reason=row["why"])
        for row in rows
    ]


async def moderators(tx: Transaction, *, limit: int = 50) -> list[Actor]:
    """List whom to ask: moderators and operators, longest a member first."""
    rows = await tx.fetch(
        _ACTORS + "JOIN members m ON m.actor_id = a.id "
        "WHERE m.role IN ('moderator', 'operator') AND a.suspended_at IS NULL "
        "AND a.deleted_at IS NULL ORDER BY m.created_at, a.id LIMIT $1",
        limit,
    )
    return [_actor(row) for row in rows]


async def communities_of(
    tx: Transaction, scope: Scope, person_id: int, *, limit: int = 50
) -> list[Actor]:
    """List where a person belongs; who is in a closed community, only its members see."""
    rows = await tx.fetch(
        _ACTORS + "JOIN communities c ON c.actor_id = a.id AND NOT c.wall "
        "JOIN follows f ON f.target_id = a.id "
        "WHERE f.follower_id = $1 AND f.state = 'accepted' AND a.deleted_at IS NULL "
        "AND a.suspended_at IS NULL AND ($2 OR ($3 AND c.visibility = 'public') "
        "OR a.id = ANY($4::bigint[]) OR f.follower_id = $5::bigint) "
        "ORDER BY a.display_name, a.id LIMIT $6",
        person_id,
        scope.everything,
        scope.public,
        sorted(scope.joined),
        scope.author,
        limit,
    )
    return [_actor(row) for row in rows]


async def has_reported_person(
    tx: Transaction, reporter_id: int | None, target_id: int | None
) -> bool:
    """Say whether a report about a person, not about a post, is open already."""
    return bool(
        await tx.fetchval(
            "SELECT true FROM reports WHERE reporter_id = $1 AND target_id = $2 "
            "AND post_id IS NULL AND closed_at IS NULL LIMIT 1",
            reporter_id,
            target_id,
        )
    )


async def lock_reports_of(tx: Transaction, host: str) -> None:
    """Let one report of an agency be counted and kept after another."""
    await tx.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('reports:' || $1, 0))", host
    )
