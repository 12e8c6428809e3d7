"""Timelines of clients: which posts stand in them, by id, newest first (client-api.md 10.1)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import orjson

from moderation.visibility import Scope
from server.storage.database import Row, Transaction
from server.storage.visibility import listed, of_their_own

#: Tags that stand for what a question is, whether or not anybody wrote them.
QUESTION: Final = "question"
UNANSWERED: Final = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of a timeline by post ids, both ends left out; `rising` starts at its old end."""

    below: int | None = None
    above: int | None = None
    rising: bool = False
    limit: int = 20

    @property
    def sql(self) -> str:
        """A condition on posts `p` and its order, with $1, $2 and $3 as `arguments` gives."""
        return self.numbered(1)

    def numbered(self, first: int, *, row: str = "p") -> str:
        """As `sql`, the arguments numbered from `$first`, by the ids of another alias."""
        below, above, limit = (f"${first + place}" for place in range(3))
        return (
            f"({below}::bigint IS NULL OR {row}.id < {below}) "
            f"AND ({above}::bigint IS NULL OR {row}.id > {above}) "
            f"ORDER BY {row}.id {self.order} LIMIT {limit}"
        )

    @property
    def order(self) -> str:
        return "ASC" if self.rising else "DESC"

    @property
    def arguments(self) -> tuple[int | None, int | None, int]:
        return (self.below, self.above, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A post in a timeline: as a boost of its community's or a person's, or as it is.

    `boost_id` is of a person's boost.
    """

    post_id: int
    boosted: bool = False
    boost_id: int | None = None


_WANTED: Final = (
    "p.deleted_at IS NULL AND p.visibility <> 'direct' AND ($5 OR p.parent_id IS NULL) "
    "AND (NOT $6 OR jsonb_array_length(coalesce(p.carried -> 'media', '[]')) > 0) "
    "AND ($7::text IS NULL OR p.carried -> 'hashtags' "
    "@> jsonb_build_array(jsonb_build_object('slug', $7::text)))"
)


def lines_from(rows: Collection[Row], window: Window) -> list[Line]:
    found = [Line(post_id=row["id"], boosted=row["boosted"]) for row in rows]
    return found[::-1] if window.rising else found


def _with_boosts(rows: Collection[Row], window: Window) -> list[Line]:
    found = [
        Line(post_id=row["post_id"], boosted=row["boosted"], boost_id=row["boost_id"])
        for row in rows
    ]
    return found[::-1] if window.rising else found


async def home(tx: Transaction, scope: Scope, reader: int, window: Window) -> list[Line]:
    """List threads of joined communities, of followed people and hashtags, and one's own posts.

    What an author whom the reader follows wrote in a community that they joined stands once.
    Who is in an exclusive list of the reader stands there alone. What followed people boost
    stands there, too, but for what the reader would have anyway.
    """
    condition, arguments = listed(scope, post="p", first=5)
    alive = (
        f"p.deleted_at IS NULL AND p.visibility <> 'direct' AND {condition} AND {window.sql}"
    )
    apart = (
        "NOT EXISTS (SELECT FROM lists l JOIN list_entries e ON e.list_id = l.id "
        "WHERE l.member_id = $4 AND l.exclusive AND e.actor_id = f.target_id)"
    )
    rows = await tx.fetch(
        "SELECT * FROM ((SELECT id, id AS post_id, NULL::bigint AS boost_id, "
        "bool_and(boosted) AS boosted FROM ("
        "SELECT t.* FROM follows f CROSS JOIN LATERAL ("
        "(SELECT p.id, true AS boosted FROM posts p WHERE p.community_id = f.target_id "
        f"AND p.parent_id IS NULL AND {alive}) UNION ALL "
        "(SELECT p.id, false FROM posts p WHERE p.author_id = f.target_id "
        f"AND p.parent_id IS NULL AND {alive})) t "
        f"WHERE f.follower_id = $4 AND f.state = 'accepted' AND {apart} UNION ALL "
        "SELECT t.* FROM followed_hashtags h CROSS JOIN LATERAL ("
        "SELECT p.id, false FROM posts p WHERE p.carried -> 'hashtags' "
        "@> jsonb_build_array(jsonb_build_object('slug', h.slug)) "
        "AND p.visibility = 'public' AND NOT p.quiet AND p.parent_id IS NULL "
        f"AND {alive}) t WHERE h.member_id = $4 UNION ALL "
        f"(SELECT p.id, false FROM posts p WHERE p.author_id = $4 AND {alive})) w "
        f"GROUP BY id ORDER BY id {window.order} LIMIT $3) UNION ALL "
        "SELECT t.id, t.post_id, t.id, false FROM (SELECT $4::bigint AS target_id UNION ALL "
        "SELECT f.target_id FROM follows f WHERE f.follower_id = $4 AND f.state = 'accepted' "
        f"AND {apart}) f CROSS JOIN LATERAL (SELECT b.id, b.post_id FROM boosts b "
        "JOIN posts p ON p.id = b.post_id WHERE b.actor_id = f.target_id "
        "AND p.deleted_at IS NULL AND NOT EXISTS (SELECT FROM follows k WHERE k.state = "
        "'accepted' AND k.follower_id = $4 AND k.target_id IN (p.author_id, p.community_id)) "
        f"AND {condition} AND {window.numbered(1, row='b')}) t) everything "
        f"ORDER BY id {window.order} LIMIT $3",
        *window.arguments,
        reader,
        *arguments,
    )
    return _with_boosts(rows, window)


async def public(
    tx: Transaction, scope: Scope, window: Window, *, local: bool = False, remote: bool = False
) -> list[Line]:
    """List public threads, of this agency's people, of others', or of all."""
    condition, arguments = listed(scope, post="p", first=6)
    rows = await tx.fetch(
        "SELECT p.id, false AS boosted FROM posts p WHERE p.parent_id IS NULL "
        "AND p.visibility = 'public' AND NOT p.quiet AND p.deleted_at IS NULL "
        "AND (NOT $4 OR (SELECT a.local FROM actors a WHERE a.id = p.author_id)) "
        "AND (NOT $5 OR NOT (SELECT a.local FROM actors a WHERE a.id = p.author_id)) "
        f"AND {condition} AND {window.sql}",
        *window.arguments,
        local,
        remote,
        *arguments,
    )
    return lines_from(rows, window)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Slugs: one of `any_of`, each of `all_of`, none of `none_of`.

    QUESTION and UNANSWERED stand among `any_of` alone for what they mean.
    """

    any_of: tuple[str, ...]
    all_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()


async def tagged(
    tx: Transaction, scope: Scope, tags: Tags, window: Window, *, local: bool = False
) -> list[Line]:
    """List public posts by hashtag, newest first."""
    condition, arguments = listed(scope, post="p", first=10)
    rows = await tx.fetch(
        "SELECT p.id, false AS boosted FROM posts p WHERE p.visibility = 'public' "
        "AND NOT p.quiet AND p.deleted_at IS NULL "
        "AND (p.carried -> 'hashtags' @> ANY($4::jsonb[]) "
        "OR ($7 AND p.kind = 'question') "
        "OR ($8 AND p.kind = 'question' AND p.answers = 0)) "
        "AND p.carried -> 'hashtags' @> ALL($5::jsonb[]) "
        "AND NOT coalesce(p.carried -> 'hashtags' @> ANY($6::jsonb[]), false) "
        "AND (NOT $9 OR (SELECT a.local FROM actors a WHERE a.id = p.author_id)) "
        f"AND {condition} AND {window.sql}",
        *window.arguments,
        _contained(tags.any_of),
        _contained(tags.all_of),
        _contained(tags.none_of),
        QUESTION in tags.any_of,
        UNANSWERED in tags.any_of,
        local,
        *arguments,
    )
    return lines_from(rows, window)


def _contained(slugs: Collection[str]) -> list[str]:
    return [orjson.dumps([{"slug": slug}]).decode() for slug in slugs]


@dataclass(frozen=True, slots=True, kw_only=True)
class Of:
    """What is wanted of an account's posts."""

    replies: bool = True
    media: bool = False
    pinned: bool = False
    boosts: bool = False
    tag: str | None = None


async def of_person(
    tx: Transaction, scope: Scope, author_id: int, of: Of, window: Window
) -> list[Line]:
    condition, arguments = of_their_own(scope, post="p", first=10)
    rows = await tx.fetch(
        "SELECT * FROM ((SELECT p.id, p.id AS post_id, NULL::bigint AS boost_id, "
        "false AS boosted FROM posts p WHERE p.author_id = $4 "
        "AND (NOT $8 OR EXISTS (SELECT FROM pinned_posts n WHERE n.post_id = p.id)) "
        f"AND {_WANTED} AND {condition} AND {window.sql}) UNION ALL "
        "(SELECT b.id, b.post_id, b.id, false FROM boosts b JOIN posts p ON p.id = b.post_id "
        f"WHERE b.actor_id = $4 AND NOT $8 AND $9 AND {_WANTED} AND {condition} "
        f"AND {window.numbered(1, row='b')})) everything "
        f"ORDER BY id {window.order} LIMIT $3",
        *window.arguments,
        author_id,
        of.replies,
        of.media,
        of.tag,
        of.pinned,
        of.boosts,
        *arguments,
    )
    return _with_boosts(rows, window)


async def of_community(
    tx: Transaction, scope: Scope, community_id: int, of: Of, window: Window
) -> list[Line]:
    """List a community's threads as its boosts; no answers are boosted (client-api.md 10.1)."""
    condition, arguments = listed(scope, post="p", first=9)
    return lines_from(
        await tx.fetch(
            "SELECT p.id, true AS boosted FROM posts p WHERE p.community_id = $4 "
            "AND p.parent_id IS NULL AND (NOT $8 OR p.pinned_at IS NOT NULL) "
            f"AND {_WANTED} AND {condition} AND {window.sql}",
            *window.arguments,
            community_id,
            of.replies,
            of.media,
            of.tag,
            of.pinned,
            *arguments,
        ),
        window,
    )


async def helped_by(tx: Transaction, scope: Scope, reader: int, window: Window) -> list[Line]:
    """List what somebody found helpful, by the posts' ids."""
    condition, arguments = of_their_own(scope, post="p", first=5)
    rows = await tx.fetch(
        "SELECT p.id, false AS boosted FROM marks m JOIN posts p ON p.id = m.post_id "
        "WHERE m.actor_id = $4 AND m.helpful AND p.deleted_at IS NULL "
        f"AND {condition} AND {window.sql}",
        *window.arguments,
        reader,
        *arguments,
    )
    return lines_from(rows, window)


async def quoting(tx: Transaction, scope: Scope, quoted_id: int, window: Window) -> list[Line]:
    """List what quotes a post of ours with its author's leave."""
    condition, arguments = listed(scope, post="p", first=5)
    rows = await tx.fetch(
        "SELECT p.id, false AS boosted FROM quote_stamps s "
        "JOIN posts p ON p.uri = s.quoting_uri "
        "WHERE s.quoted_id = $4 AND s.revoked_at IS NULL AND p.deleted_at IS NULL "
        f"AND {condition} AND {window.sql}",
        *window.arguments,
        quoted_id,
        *arguments,
    )
    return lines_from(rows, window)
