"""Filters of members: which posts they do not want to see, where, until when, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from server.storage.database import Transaction


class Place(StrEnum):
    """Where a post is met; the words are those of the client API."""

    HOME = "home"
    NOTIFICATIONS = "notifications"
    PUBLIC = "public"
    THREAD = "thread"
    ACCOUNT = "account"


class Action(StrEnum):
    """What a filter does to a post; `blur` is about its pictures."""

    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    id: int
    keyword: str
    whole_word: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilteredPost:
    id: int
    post_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Keywords and single posts of which one is enough."""

    id: int
    title: str
    contexts: frozenset[Place]
    action: Action
    expires_at: datetime | None
    keywords: tuple[Keyword, ...] = ()
    posts: tuple[FilteredPost, ...] = ()


#: What `filters_from` reads, for the member whose id in SQL is put in.
OF_MEMBER: Final = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', f.id, 'title', f.title, "
    "'contexts', f.contexts, 'action', f.action, 'expires_at', f.expires_at, "
    "'keywords', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, "
    "'keyword', k.keyword, 'whole_word', k.whole_word) ORDER BY k.id), '[]') "
    "FROM filter_keywords k WHERE k.filter_id = f.id), "
    "'posts', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, "
    "'post_id', o.post_id) ORDER BY o.id), '[]') "
    "FROM filter_posts o WHERE o.filter_id = f.id)) ORDER BY f.id), '[]') "
    "FROM filters f WHERE f.member_id = {member})"
)


def filters_from(text: str) -> tuple[Filter, ...]:
    if text == "[]":
        return ()
    rows: list[dict[str, Any]] = orjson.loads(text)
    return tuple(
        Filter(
            id=row["id"],
            title=row["title"],
            contexts=frozenset(Place(each) for each in row["contexts"]),
            action=Action(row["action"]),
            expires_at=datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None,
            keywords=tuple(Keyword(**each) for each in row["keywords"]),
            posts=tuple(FilteredPost(**each) for each in row["posts"]),
        )
        for row in rows
    )


async def of_member(tx: Transaction, member_id: int) -> tuple[Filter, ...]:
    """List a member's filters, oldest first, those that are over among them."""
    return filters_from(await tx.fetchval("SELECT " + OF_MEMBER.format(member="$1"), member_id))


async def put(tx: Transaction, member_id: int, of: Filter) -> bool:
    """Write down a filter itself, new or changed; False where it is somebody else's."""
    status = await tx.execute(
        "INSERT INTO filters (id, member_id, title, contexts, action, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE "
        "SET title = $3, contexts = $4, action = $5, expires_at = $6 "
        "WHERE filters.member_id = $2",
        of.id,
        member_id,
        of.title,
        sorted(of.contexts),
        of.action,
        of.expires_at,
    )
    return status == "INSERT 0 1"


async def remove(tx: Transaction, filter_id: int) -> None:
    await tx.execute("DELETE FROM filters WHERE id = $1", filter_id)


async def put_keywords(tx: Transaction, filter_id: int, keywords: Sequence[Keyword]) -> None:
    await tx.execute(
        "INSERT INTO filter_keywords (id, filter_id, keyword, whole_word) "
        "SELECT k.id, $1, k.keyword, k.whole_word "
        "FROM unnest($2::bigint[], $3::text[], $4::boolean[]) AS k (id, keyword, whole_word) "
        "ON CONFLICT (id) DO UPDATE SET keyword = excluded.keyword, "
        "whole_word = excluded.whole_word WHERE filter_keywords.filter_id = $1",
        filter_id,
        [each.id for each in keywords],
        [each.keyword for each in keywords],
        [each.whole_word for each in keywords],
    )


async def remove_keywords(tx: Transaction, filter_id: int, keyword_ids: Sequence[int]) -> None:
    await tx.execute(
        "DELETE FROM filter_keywords WHERE filter_id = $1 AND id = ANY($2)",
        filter_id,
        list(keyword_ids),
    )


async def add_post(tx: Transaction, filter_id: int, of: FilteredPost) -> None:
    await tx.execute(
        "INSERT INTO filter_posts (id, filter_id, post_id) VALUES ($1, $2, $3) "
        "ON CONFLICT DO NOTHING",
        of.id,
        filter_id,
        of.post_id,
    )


async def remove_post(tx: Transaction, filter_id: int, row_id: int) -> None:
    await tx.execute(
        "DELETE FROM filter_posts WHERE filter_id = $1 AND id = $2", filter_id, row_id
    )
