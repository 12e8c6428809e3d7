"""What many people at several agencies took part in lately: hashtags, threads and links."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from moderation.visibility import Scope
from server.storage import feeds, hashtags, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.timelines import Line
from server.storage.visibility import heard, listed

Kind = Literal["hashtag", "link"]
KINDS: Final[tuple[Kind, ...]] = ("hashtag", "link")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A hashtag by its slug, or a link by its key; `name` is as it was written."""

    subject: str
    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    uses: int
    people: int


#: Posts that count: public, since $1 by time and $2 by id, without a warning, of who is heard.
_COUNTED: Final = (
    "FROM posts p JOIN actors a ON a.id = p.author_id "
    "WHERE p.id > $2 AND p.published_at > $1 AND p.visibility = 'public' "
    "AND p.deleted_at IS NULL AND coalesce(p.carried ->> 'warning', '') = '' "
    f"AND coalesce(p.carried ->> 'sensitive', 'false') <> 'true' AND {heard('a')}"
)
_HASHTAGS: Final = (
    "SELECT t.slug AS subject, t.name, '' AS url, p.id, p.author_id, a.host, p.published_at "
    + _COUNTED.replace(
        "WHERE",
        "LEFT JOIN actors c ON c.id = p.community_id CROSS JOIN LATERAL "
        "jsonb_to_recordset(p.carried -> 'hashtags') AS t (slug text, name text) WHERE",
        1,
    )
    + f" AND ({hashtags.is_place('t.slug', 'c')}) IS NOT TRUE"
)
_LINKS: Final = (
    "SELECT k.key AS subject, k.title AS name, k.url, p.id, p.author_id, a.host, "
    "p.published_at "
    + _COUNTED.replace("WHERE", "JOIN post_links k ON k.post_id = p.id WHERE", 1)
)
_USES: Final[dict[Kind, str]] = {"hashtag": _HASHTAGS, "link": _LINKS}

#: Who wrote in a thread, marked a post of it, put an emoji under it or passed it on, since $1.
_PARTS: Final = (
    "SELECT p.root_id, p.author_id AS person, p.published_at AS at FROM posts p "
    "WHERE p.id > $2 AND p.published_at > $1 AND p.visibility = 'public' "
    "AND p.deleted_at IS NULL UNION ALL "
    "SELECT p.root_id, g.person, g.at FROM (SELECT post_id, actor_id AS person, given_at AS at "
    "FROM marks WHERE given_at > $1 UNION ALL SELECT post_id, actor_id, given_at "
    "FROM reactions WHERE given_at > $1 UNION ALL SELECT post_id, actor_id, boosted_at "
    "FROM boosts WHERE boosted_at > $1) g JOIN posts p ON p.id = g.post_id "
    "WHERE p.visibility = 'public' AND p.deleted_at IS NULL"
)


async def lock(tx: Transaction) -> None:
    """Let one process count after another."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('trends', 0))")


async def are_on(tx: Transaction) -> bool:
    return bool(await tx.fetchval("SELECT coalesce((SELECT is_on FROM trending), true)"))


async def switch(tx: Transaction, *, on: bool) -> None:
    await tx.execute(
        "INSERT INTO trending (is_on) VALUES ($1) ON CONFLICT (one) DO UPDATE SET is_on = $1",
        on,
    )


async def forget(tx: Transaction) -> None:
    await tx.execute("DELETE FROM trends")


async def count(
    tx: Transaction, kind: Kind, *, since: datetime, since_id: int, fewest: int, most: int
) -> None:
    """Count what so many people used in posts of theirs, by people times agencies."""
    await tx.execute(
        "INSERT INTO trends (kind, subject, place, name, url) SELECT $3, u.subject, "
        "row_number() OVER (ORDER BY count(DISTINCT u.author_id) * count(DISTINCT u.host) "
        "DESC, max(u.id) DESC), (array_agg(u.name ORDER BY u.id))[1], "
        f"(array_agg(u.url ORDER BY u.id))[1] FROM ({_USES[kind]}) u GROUP BY u.subject "
        "HAVING count(DISTINCT u.author_id) >= $4 ORDER BY 3 LIMIT $5",
        since,
        since_id,
        kind,
        fewest,
        most,
    )


async def count_days(tx: Transaction, kind: Kind, *, since: datetime, since_id: int) -> None:
    """Count for each day of what was counted before."""
    await tx.execute(
        "INSERT INTO trend_days (kind, subject, day, uses, people) SELECT $3, u.subject, "
        "(u.published_at AT TIME ZONE 'UTC')::date, count(DISTINCT u.id), "
        f"count(DISTINCT u.author_id) FROM ({_USES[kind]}) u "
        "JOIN trends t ON t.kind = $3 AND t.subject = u.subject GROUP BY 2, 3",
        since,
        since_id,
        kind,
    )


async def count_threads(
    tx: Transaction, *, since: datetime, since_id: int, fewest: int, most: int
) -> None:
    """Count the threads in which so many people took part, by people times agencies."""
    await tx.execute(
        "INSERT INTO trends (kind, subject, post_id, place) SELECT 'post', r.id::text, r.id, "
        "row_number() OVER (ORDER BY count(DISTINCT a.id) * count(DISTINCT a.host) DESC, "
        f"max(x.at) DESC, r.id DESC) FROM ({_PARTS}) x JOIN posts r ON r.id = x.root_id "
        "JOIN actors a ON a.id = x.person JOIN actors au ON au.id = r.author_id "
        "WHERE r.visibility = 'public' AND r.deleted_at IS NULL "
        "AND coalesce(r.carried ->> 'warning', '') = '' "
        "AND coalesce(r.carried ->> 'sensitive', 'false') <> 'true' "
        f"AND {heard('a')} AND {heard('au')} "
        "GROUP BY r.id HAVING count(DISTINCT a.id) >= $3 ORDER BY 4 LIMIT $4",
        since,
        since_id,
        fewest,
        most,
    )


async def listed_of(tx: Transaction, kind: Kind, *, offset: int, limit: int) -> list[Trend]:
    rows = await tx.fetch(
        "SELECT subject, name, url FROM trends WHERE kind = $1 "
        "ORDER BY place OFFSET $2 LIMIT $3",
        kind,
        offset,
        limit,
    )
    return [Trend(**dict(row)) for row in rows]


async def days(
    tx: Transaction, kind: Kind, subjects: Sequence[str], *, since: date
) -> dict[str, list[Day]]:
    """List the days that were counted of each of these, by subject."""
    rows = await tx.fetch(
        "SELECT subject, day, uses, people FROM trend_days "
        "WHERE kind = $1 AND subject = ANY($2) AND day >= $3 ORDER BY subject, day",
        kind,
        list(subjects),
        since,
    )
    found: dict[str, list[Day]] = defaultdict(list)
    for row in rows:
        each = Day(day=row["day"], uses=row["uses"], people=row["people"])
        found[row["subject"]].append(each)
    return found


async def threads(tx: Transaction, scope: Scope, *, offset: int, limit: int) -> list[Line]:
    """List threads for clients, without whom the reader does not want to see."""
    condition, arguments = listed(scope, post="p", first=3)
    rows = await tx.fetch(
        "SELECT p.id FROM trends t JOIN posts p ON p.id = t.post_id "
        "WHERE p.visibility = 'public' AND p.deleted_at IS NULL "
        f"AND {condition} ORDER BY t.place OFFSET $1 LIMIT $2",
        offset,
        limit,
        *arguments,
    )
    return [Line(post_id=row["id"], boosted=False) for row in rows]


async def entries(tx: Transaction, scope: Scope, *, limit: int) -> list[Entry]:
    """List them for a page."""
    condition, arguments = listed(scope, post="p", first=2)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} JOIN trends t ON t.post_id = p.id "
        "WHERE p.visibility = 'public' AND p.deleted_at IS NULL "
        f"AND {condition} ORDER BY t.place LIMIT $1",
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)
