"""Find people, communities and hashtags by how their names, and what they say, begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderation.visibility import Scope
from schemas.records import Actor, ActorKind
from server.storage import actors
from server.storage.database import Transaction
from server.storage.search import MOST, Place, quoted
from server.storage.visibility import heard, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundActors:
    """One page of actors with their places; `many` are all, counted to one above `MOST`."""

    many: int
    page: tuple[tuple[Actor, Place], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    slug: str
    name: str
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTags:
    many: int
    page: tuple[Tag, ...]


def beginning(words: Sequence[str]) -> str:
    """Make of words the text of a tsquery in which each may be the beginning of a word."""
    return " & ".join(f"{quoted(word)}:*" for word in words)


async def find_actors(
    tx: Transaction,
    kind: ActorKind,
    words: Sequence[str],
    *,
    behind: Place | None = None,
    limit: int = 20,
) -> FoundActors:
    """Find by name, display name and summary: those here first, then by how well they fit."""
    rows = await tx.fetch(
        "WITH asked AS MATERIALIZED (SELECT to_tsquery('simple', search_text($1)) AS words), "
        "found AS MATERIALIZED (SELECT a.id, CASE WHEN a.local THEN 1 ELSE 0 END "
        "+ ts_rank(a.words, asked.words)::float8 AS rank FROM asked, actors a "
        "WHERE a.words @@ asked.words AND a.kind = $2 AND a.deleted_at IS NULL "
        f"AND {heard('a')} ORDER BY rank DESC, a.id DESC LIMIT {MOST + 1}), "
        "shown AS (SELECT id, rank FROM found WHERE $3::float8 IS NULL "
        "OR (rank, id) < ($3, $4::bigint) ORDER BY rank DESC, id DESC LIMIT $5) "
        "SELECT m.many, e.* FROM (SELECT count(*) AS many FROM found) m LEFT JOIN LATERAL "
        f"(SELECT {actors.columns('a', '')}, shown.rank FROM shown JOIN actors a USING (id)) e "
        "ON true ORDER BY e.rank DESC, e.id DESC",
        beginning(words),
        kind,
        behind[0] if behind else None,
        behind[1] if behind else None,
        limit,
    )
    return FoundActors(
        many=rows[0]["many"],
        page=tuple(
            (actors.actor_from(row), (row["rank"], row["id"]))
            for row in rows
            if row["id"] is not None
        ),
    )


_MOST_POSTS: Final = 5000


async def find_tags(
    tx: Transaction, scope: Scope, slugs: Sequence[str], *, limit: int = 40
) -> FoundTags:
    """Find hashtags that begin so, the most used first.

    Only public posts count, as on the page of a hashtag; of many, the latest `_MOST_POSTS`.
    """
    condition, arguments = listed(scope, post="p", first=4)
    rows = await tx.fetch(
        "WITH matched AS MATERIALIZED (SELECT w.post_id FROM post_words w "
        "WHERE w.words @@ $1::text::tsquery), tagged AS (SELECT p.id, p.carried "
        "FROM matched JOIN posts p ON p.id = matched.post_id "
        "JOIN actors au ON au.id = p.author_id JOIN actors co ON co.id = p.community_id "
        "WHERE p.deleted_at IS NULL "
        f"AND p.visibility = 'public' AND {heard('au')} AND {heard('co')} AND {condition} "
        f"ORDER BY p.id DESC LIMIT {_MOST_POSTS}), "
        "found AS (SELECT h.tag ->> 'slug' AS slug, min(h.tag ->> 'name') AS name, "
        "count(DISTINCT tagged.id) AS posts FROM tagged, "
        "jsonb_array_elements(tagged.carried -> 'hashtags') AS h (tag) "
        "WHERE h.tag ->> 'slug' ^@ ANY($2::text[]) GROUP BY 1), "
        "shown AS (SELECT * FROM found ORDER BY posts DESC, slug LIMIT $3) "
        "SELECT m.many, shown.* FROM (SELECT count(*) AS many FROM found) m "
        "LEFT JOIN shown ON true ORDER BY posts DESC, slug",
        " | ".join(f"{quoted('#' + slug)}:*" for slug in slugs),
        list(slugs),
        limit,
        *arguments,
    )
    return FoundTags(
        many=rows[0]["many"],
        page=tuple(
            Tag(slug=row["slug"], name=row["name"], posts=row["posts"])
            for row in rows
            if row["slug"] is not None
        ),
    )
