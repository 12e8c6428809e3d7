"""Collections of communities: what is in each, who curates ours, who follows them how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.records import Actor
from server.storage import actors
from server.storage.database import Row, Transaction

#: A community that could not be had is asked for again after so long.
_AGAIN = timedelta(days=1)
_FIELDS = f"{actors.columns('a', 'a_')}, d.total, d.changed_at, d.listed_at"
_FROM = "FROM community_feeds d JOIN actors a ON a.id = d.actor_id"
_THERE = "a.deleted_at IS NULL AND a.suspended_at IS NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A collection of communities; `total` is what its list names, which may be cut here."""

    actor: Actor
    total: int
    changed_at: datetime
    listed_at: datetime | None

    @property
    def id(self) -> int:
        return self.actor.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A community in a feed, by its address; without an id we do not know it yet."""

    uri: str
    community_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A feed in a list, with its figures, and whether the reader follows it."""

    feed: Feed
    communities: int
    follows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What a member of ours is to be in, or no longer, by following a feed."""

    member_id: int
    community_id: int
    follow_uri: str = ""


async def add(tx: Transaction, actor_id: int, *, now: datetime) -> None:
    """Add what a feed has beyond its actor."""
    await tx.execute(
        "INSERT INTO community_feeds (actor_id, changed_at) VALUES ($1, $2) "
        "ON CONFLICT (actor_id) DO NOTHING",
        actor_id,
        now,
    )


async def find(tx: Transaction, actor_id: int) -> Feed | None:
    row = await tx.fetchrow(f"SELECT {_FIELDS} {_FROM} WHERE d.actor_id = $1", actor_id)
    return _feed(row) if row else None


async def find_by_handle(tx: Transaction, name: str, host: str) -> Feed | None:
    row = await tx.fetchrow(
        f"SELECT {_FIELDS} {_FROM} WHERE a.host = $1 AND a.name = $2 AND {_THERE} "
        "ORDER BY a.id LIMIT 1",
        host,
        name,
    )
    return _feed(row) if row else None


async def listed(tx: Transaction, reader: int | None, *, limit: int) -> list[Shown]:
    """List what is known, ours first, then the last changed."""
    rows = await tx.fetch(
        f"SELECT {_FIELDS}, (SELECT count(*) FROM feed_entries e WHERE e.feed_id = d.actor_id) "
        "AS communities, EXISTS (SELECT FROM follows f WHERE f.target_id = d.actor_id "
        "AND f.follower_id = $1 AND f.state IN ('asked', 'accepted')) AS follows "
        f"{_FROM} WHERE {_THERE} ORDER BY a.local DESC, d.changed_at DESC, a.id LIMIT $2",
        reader,
        limit,
    )
    return [
        Shown(feed=_feed(row), communities=row["communities"], follows=row["follows"])
        for row in rows
    ]


def _feed(row: Row) -> Feed:
    return Feed(
        actor=actors.actor_from(row, "a_"),
        total=row["total"],
        changed_at=row["changed_at"],
        listed_at=row["listed_at"],
    )


async def entries(tx: Transaction, feed_id: int) -> list[Entry]:
    """List what is in a feed, in its order."""
    rows = await tx.fetch(
        "SELECT uri, community_id FROM feed_entries WHERE feed_id = $1 "
        "ORDER BY place, uri LIMIT 1000",
        feed_id,
    )
    return [Entry(uri=row["uri"], community_id=row["community_id"]) for row in rows]


async def put(
    tx: Transaction, feed_id: int, uris: Sequence[str], *, most: int, now: datetime
) -> int:
    """Put communities behind what is in a feed, up to so many; say how many came."""
    status = await tx.execute(
        "INSERT INTO feed_entries (feed_id, uri, community_id, added_at, place) "
        "SELECT $1, w.uri, c.actor_id, $3, b.last + w.place FROM unnest($2::text[]) "
        "WITH ORDINALITY AS w (uri, place) LEFT JOIN actors a ON a.uri = w.uri "
        "LEFT JOIN communities c ON c.actor_id = a.id CROSS JOIN "
        "(SELECT coalesce(max(place), 0) AS last, count(*) AS held FROM feed_entries "
        "WHERE feed_id = $1) b WHERE b.held + w.place <= $4 ON CONFLICT DO NOTHING",
        feed_id,
        list(uris),
        now,
        most,
    )
    return int(status.split()[-1])


async def drop(tx: Transaction, feed_id: int, uris: Sequence[str]) -> int:
    """Take communities out of a feed; say how many went."""
    status = await tx.execute(
        "DELETE FROM feed_entries WHERE feed_id = $1 AND uri = ANY($2)", feed_id, list(uris)
    )
    return int(status.split()[-1])


async def change(
    tx: Transaction,
    feed_id: int,
    *,
    total: int | None = None,
    listed_at: datetime | None = None,
    now: datetime,
) -> None:
    """Note that a list changed, so that whoever follows it is joined to what it has."""
    await tx.execute(
        "UPDATE community_feeds SET changed_at = $2, due_at = $2, "
        "listed_at = coalesce($4, listed_at), total = coalesce($3, (SELECT count(*) "
        "FROM feed_entries WHERE feed_id = $1)) WHERE actor_id = $1",
        feed_id,
        now,
        total,
        listed_at,
    )


async def want(tx: Transaction, feed_id: int, *, now: datetime) -> None:
    """Have a feed looked after: somebody follows it, or a community of it is known now."""
    await tx.execute("UPDATE community_feeds SET due_at = $2 WHERE actor_id = $1", feed_id, now)


async def settle(tx: Transaction, feed_id: int, *, due_at: datetime) -> None:
    """Nothing is left to do for a feed, unless it changed in between."""
    await tx.execute(
        "UPDATE community_feeds SET due_at = NULL WHERE actor_id = $1 AND due_at = $2",
        feed_id,
        due_at,
    )


async def due(tx: Transaction, *, limit: int) -> list[tuple[int, datetime]]:
    rows = await tx.fetch(
        "SELECT actor_id, due_at FROM community_feeds WHERE due_at IS NOT NULL "
        "ORDER BY due_at, actor_id LIMIT $1",
        limit,
    )
    return [(row["actor_id"], row["due_at"]) for row in rows]


_FOLLOWED = (
    "EXISTS (SELECT FROM follows f JOIN actors m ON m.id = f.follower_id "
    "WHERE f.target_id = d.actor_id AND f.state IN ('asked', 'accepted') AND m.local)"
)


async def stale(tx: Transaction, *, before: datetime, limit: int) -> list[Actor]:
    """List feeds elsewhere that somebody here follows, and whose list is that old."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', 'a_')} {_FROM} WHERE NOT a.local AND {_THERE} "
        f"AND (d.listed_at IS NULL OR d.listed_at < $1) AND {_FOLLOWED} "
        "ORDER BY d.listed_at NULLS FIRST, a.id LIMIT $2",
        before,
        limit,
    )
    return [actors.actor_from(row, "a_") for row in rows]


async def note_listed(tx: Transaction, feed_id: int, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE community_feeds SET listed_at = $2 WHERE actor_id = $1", feed_id, now
    )


async def unmet(tx: Transaction, *, now: datetime, limit: int) -> list[str]:
    """List communities that nobody here knows, of feeds that somebody here follows."""
    rows = await tx.fetch(
        "SELECT e.uri FROM feed_entries e JOIN community_feeds d ON d.actor_id = e.feed_id "
        "WHERE e.community_id IS NULL AND (e.asked_at IS NULL OR e.asked_at < $1) "
        f"AND {_FOLLOWED} GROUP BY e.uri ORDER BY min(e.added_at), e.uri LIMIT $2",
        now - _AGAIN,
        limit,
    )
    return [row["uri"] for row in rows]


async def note_asked(tx: Transaction, uri: str, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE feed_entries SET asked_at = $2 WHERE uri = $1 AND community_id IS NULL",
        uri,
        now,
    )


async def is_recognisable(tx: Transaction) -> bool:
    """Say whether we have come to know a community of a feed."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM feed_entries e JOIN actors a ON a.uri = e.uri "
            "AND a.deleted_at IS NULL JOIN communities c ON c.actor_id = a.id "
            "WHERE e.community_id IS NULL)"
        )
    )


async def recognise(tx: Transaction, *, now: datetime) -> None:
    """Note which communities of feeds we have come to know, by whatever way."""
    await tx.execute(
        "WITH met AS (UPDATE feed_entries e SET community_id = c.actor_id FROM actors a "
        "JOIN communities c ON c.actor_id = a.id WHERE e.community_id IS NULL "
        "AND a.uri = e.uri AND a.deleted_at IS NULL RETURNING e.feed_id) "
        "UPDATE community_feeds SET due_at = $1 WHERE actor_id IN (SELECT feed_id FROM met)",
        now,
    )


async def forget_unfollowed(tx: Transaction, feed_id: int) -> None:
    """Forget what came by a feed to members who follow it no longer: it is theirs now."""
    await tx.execute(
        "DELETE FROM feed_joins j WHERE j.feed_id = $1 AND NOT EXISTS (SELECT FROM follows f "
        "WHERE f.target_id = $1 AND f.follower_id = j.member_id "
        "AND f.state IN ('asked', 'accepted'))",
        feed_id,
    )


async def to_join(tx: Transaction, feed_id: int, *, limit: int) -> list[Joining]:
    """List which members are still to be asked into which communities of a feed."""
    rows = await tx.fetch(
        "SELECT f.follower_id AS member_id, e.community_id FROM feed_entries e "
        "JOIN follows f ON f.target_id = e.feed_id AND f.state IN ('asked', 'accepted') "
        "JOIN members m ON m.actor_id = f.follower_id "
        "JOIN actors p ON p.id = f.follower_id AND p.deleted_at IS NULL "
        "AND p.suspended_at IS NULL AND p.moved_to IS NULL "
        "JOIN actors c ON c.id = e.community_id AND c.deleted_at IS NULL "
        "AND c.suspended_at IS NULL WHERE e.feed_id = $1 AND NOT EXISTS "
        "(SELECT FROM feed_joins j WHERE j.feed_id = $1 AND j.member_id = f.follower_id "
        "AND j.community_id = e.community_id) ORDER BY f.follower_id, e.place, e.uri LIMIT $2",
        feed_id,
        limit,
    )
    return [Joining(**dict(row)) for row in rows]


async def note_joined(tx: Transaction, feed_id: int, joined: Joining) -> None:
    await tx.execute(
        "INSERT INTO feed_joins (feed_id, member_id, community_id, follow_uri) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        feed_id,
        joined.member_id,
        joined.community_id,
        joined.follow_uri,
    )


async def came_by_a_feed(tx: Transaction, member_id: int, follow_uri: str) -> bool:
    """Say whether a membership is there because its member follows some feed."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM feed_joins WHERE member_id = $1 AND follow_uri = $2)",
            member_id,
            follow_uri,
        )
    )


async def take_left(tx: Transaction, feed_id: int, *, limit: int) -> list[Joining]:
    """Take what came by a feed and is no longer in it, once."""
    rows = await tx.fetch(
        "DELETE FROM feed_joins j USING (SELECT g.member_id, g.community_id FROM feed_joins g "
        "WHERE g.feed_id = $1 AND NOT EXISTS (SELECT FROM feed_entries e "
        "WHERE e.feed_id = $1 AND e.community_id = g.community_id) "
        "ORDER BY g.member_id, g.community_id LIMIT $2 FOR UPDATE SKIP LOCKED) w "
        "WHERE j.feed_id = $1 AND j.member_id = w.member_id "
        "AND j.community_id = w.community_id "
        "RETURNING j.member_id, j.community_id, j.follow_uri",
        feed_id,
        limit,
    )
    return [Joining(**dict(row)) for row in rows]


async def add_curator(tx: Transaction, feed_id: int, actor_id: int, *, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO feed_curators (feed_id, actor_id, since) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        feed_id,
        actor_id,
        now,
    )


async def curators(tx: Transaction, feed_id: int) -> list[Actor]:
    """List who looks after a feed of ours, the first of them first."""
    rows = await tx.fetch(
        f"SELECT {actors.columns('a', '')} FROM feed_curators k JOIN actors a "
        "ON a.id = k.actor_id WHERE k.feed_id = $1 ORDER BY k.since, k.actor_id LIMIT 100",
        feed_id,
    )
    return [actors.actor_from(row) for row in rows]


async def announced(tx: Transaction, feed_id: int, *, limit: int) -> list[bytes]:
    """Give what a feed of ours announced, the latest first, as it went out."""
    rows = await tx.fetch(
        "SELECT document FROM activities WHERE actor_id = $1 AND type = 'Announce' "
        "ORDER BY id DESC LIMIT $2",
        feed_id,
        limit,
    )
    return [row["document"] for row in rows]


async def empty(tx: Transaction, feed_id: int, *, now: datetime) -> None:
    """Leave nothing of a feed that is closed but its name; memberships stay as they are."""
    await tx.execute("DELETE FROM feed_joins WHERE feed_id = $1", feed_id)
    await tx.execute("DELETE FROM feed_curators WHERE feed_id = $1", feed_id)
    await tx.execute("DELETE FROM feed_entries WHERE feed_id = $1", feed_id)
    await tx.execute(
        "UPDATE community_feeds SET total = 0, changed_at = $2, due_at = NULL "
        "WHERE actor_id = $1",
        feed_id,
        now,
    )
