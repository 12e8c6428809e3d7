"""Hashtags of members: those that they follow, and those that their profile shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from moderation.visibility import Scope
from server.storage import feeds, hashtags, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.timelines import Window
from server.storage.visibility import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Featured:
    """A hashtag on a profile: how many public posts of the member have it, and the latest."""

    tag: Tag
    posts: int
    last_post_on: date | None


async def follow(tx: Transaction, member_id: int, tag: Tag, *, most: int) -> bool:
    """Follow a hashtag, once; False where a member follows too many."""
    await tx.execute(
        "INSERT INTO followed_hashtags (member_id, slug, name, id) SELECT $1, $2, $3, $4 "
        "WHERE (SELECT count(*) FROM followed_hashtags WHERE member_id = $1) < $5 "
        "ON CONFLICT DO NOTHING",
        member_id,
        tag.slug,
        tag.name,
        tag.id,
        most,
    )
    return await follows(tx, member_id, tag.slug)


async def unfollow(tx: Transaction, member_id: int, slug: str) -> None:
    await tx.execute(
        "DELETE FROM followed_hashtags WHERE member_id = $1 AND slug = $2", member_id, slug
    )


async def follows(tx: Transaction, member_id: int, slug: str) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM followed_hashtags WHERE member_id = $1 AND slug = $2)",
            member_id,
            slug,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which of some hashtags a reader follows, and which their profile shows; by slugs."""

    followed: frozenset[str]
    featured: frozenset[str]


async def of_reader(tx: Transaction, member_id: int | None, slugs: Sequence[str]) -> Chosen:
    rows = await tx.fetch(
        "SELECT slug, true AS followed FROM followed_hashtags "
        "WHERE member_id = $1 AND slug = ANY($2) UNION ALL "
        "SELECT slug, false FROM featured_hashtags WHERE member_id = $1 AND slug = ANY($2)",
        member_id,
        list(slugs),
    )
    return Chosen(
        followed=frozenset(row["slug"] for row in rows if row["followed"]),
        featured=frozenset(row["slug"] for row in rows if not row["followed"]),
    )


async def followed(tx: Transaction, member_id: int, window: Window) -> list[Tag]:
    """List what hashtags a member follows, the latest first."""
    rows = await tx.fetch(
        "SELECT t.id, t.slug, t.name FROM followed_hashtags t WHERE t.member_id = $4 AND "
        + window.numbered(1, row="t"),
        *window.arguments,
        member_id,
    )
    found = [Tag(**dict(row)) for row in rows]
    return found[::-1] if window.rising else found


async def newest(tx: Transaction, scope: Scope, member_id: int, *, limit: int) -> list[Entry]:
    """List threads with hashtags that a member follows, in communities they are not in."""
    condition, arguments = listed(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} JOIN (SELECT DISTINCT w.id "
        "FROM followed_hashtags t CROSS JOIN LATERAL (SELECT p.id, p.published_at FROM posts p "
        "WHERE p.carried -> 'hashtags' @> jsonb_build_array(jsonb_build_object('slug', t.slug))"
        " AND p.parent_id IS NULL AND p.visibility = 'public' AND NOT p.quiet "
        f"AND p.deleted_at IS NULL AND {condition} "
        "ORDER BY p.published_at DESC, p.id DESC LIMIT $2) w "
        "WHERE t.member_id = $1) n ON n.id = p.id WHERE NOT EXISTS (SELECT FROM follows f "
        "WHERE f.follower_id = $1 AND f.target_id = p.community_id AND f.state = 'accepted') "
        "ORDER BY p.published_at DESC, p.id DESC LIMIT $2",
        member_id,
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)


async def feature(tx: Transaction, member_id: int, tag: Tag) -> None:
    await tx.execute(
        "INSERT INTO featured_hashtags (member_id, slug, name, id) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT DO NOTHING",
        member_id,
        tag.slug,
        tag.name,
        tag.id,
    )


async def unfeature(tx: Transaction, member_id: int, tag_id: int) -> Tag | None:
    """Show a hashtag no longer; None where the member's profile shows none with this id."""
    row = await tx.fetchrow(
        "DELETE FROM featured_hashtags WHERE member_id = $1 AND id = $2 "
        "RETURNING id, slug, name",
        member_id,
        tag_id,
    )
    return Tag(**dict(row)) if row else None


async def used(tx: Transaction, member_id: int, *, limit: int) -> list[Tag]:
    """List hashtags that a member writes most and their profile does not show."""
    rows = await tx.fetch(
        "SELECT max(p.id) AS id, t.slug, (array_agg(t.name ORDER BY p.id))[1] AS name "
        "FROM posts p JOIN actors c ON c.id = p.community_id CROSS JOIN LATERAL "
        "jsonb_to_recordset(p.carried -> 'hashtags') AS t (slug text, name text) "
        f"WHERE NOT ({hashtags.is_place('t.slug', 'c')}) "
        "AND p.author_id = $1 AND p.visibility = 'public' AND p.deleted_at IS NULL "
        "AND NOT EXISTS (SELECT FROM featured_hashtags f "
        "WHERE f.member_id = $1 AND f.slug = t.slug) "
        "GROUP BY t.slug ORDER BY count(*) DESC, max(p.id) DESC LIMIT $2",
        member_id,
        limit,
    )
    return [Tag(**dict(row)) for row in rows]


async def featured(
    tx: Transaction, member_id: int, *, only: Sequence[str] | None = None, limit: int = 10
) -> list[Featured]:
    """List what hashtags a profile shows, with the member's public posts that have them."""
    rows = await tx.fetch(
        "SELECT t.id, t.slug, t.name, count(p.id) AS posts, max(p.published_at)::date AS last "
        "FROM featured_hashtags t LEFT JOIN posts p ON p.author_id = t.member_id "
        "AND p.visibility = 'public' AND NOT p.quiet AND p.deleted_at IS NULL "
        "AND p.carried -> 'hashtags' "
        "@> jsonb_build_array(jsonb_build_object('slug', t.slug)) WHERE t.member_id = $1 "
        "AND ($2::text[] IS NULL OR t.slug = ANY($2)) "
        "GROUP BY t.id, t.slug, t.name ORDER BY t.id LIMIT $3",
        member_id,
        None if only is None else list(only),
        limit,
    )
    return [
        Featured(
            tag=Tag(id=row["id"], slug=row["slug"], name=row["name"]),
            posts=row["posts"],
            last_post_on=row["last"],
        )
        for row in rows
    ]
