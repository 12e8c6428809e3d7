"""The archive of a community of ours: its threads, oldest first, each with a digest."""

from dataclasses import dataclass
from datetime import datetime

from moderation.visibility import Scope
from schemas.gate import SealedPost
from server.storage import posts
from server.storage.database import Transaction
from server.storage.visibility import readable

#: The next page begins behind this: when its last thread was published, and its id.
Place = tuple[datetime, int]

#: A deleted thread is one still where somebody replied.
_IS_LISTED = (
    "(p.deleted_at IS NULL OR EXISTS "
    "(SELECT FROM posts l WHERE l.root_id = p.id AND l.deleted_at IS NULL))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The first post of a thread; `digest` and `changed_at` are of the whole thread."""

    post: SealedPost
    digest: str
    changed_at: datetime


async def count(tx: Transaction, scope: Scope, community_id: int) -> int:
    condition, arguments = readable(scope, post="p", first=2)
    counted: int = await tx.fetchval(
        "SELECT count(*) FROM posts p WHERE p.community_id = $1 AND p.parent_id IS NULL "
        f"AND {_IS_LISTED} AND {condition}",
        community_id,
        *arguments,
    )
    return counted


async def page(
    tx: Transaction,
    scope: Scope,
    community_id: int,
    *,
    after: Place | None,
    since: datetime | None,
    limit: int,
) -> list[Archived]:
    """List threads in the order in which they began; with `since` those that changed then."""
    condition, arguments = readable(scope, post="p", first=6)
    rows = await tx.fetch(
        f"SELECT {posts.FACTS}, {posts.WORDS}, w.digest, w.changed_at {posts.FROM} "
        "CROSS JOIN LATERAL (SELECT max(greatest(r.published_at, r.received_at, r.edited_at, "
        "r.deleted_at, r.locked_at, p.active_at)) AS changed_at, encode(sha256(string_agg("
        "concat_ws(' ', r.uri, r.edited_at, r.deleted_at, r.locked_at, (SELECT "
        "string_agg(x.answer_id::text, ',' ORDER BY x.answer_id) FROM accepted_answers x "
        "WHERE x.question_id = r.id)), E'\\n' ORDER BY r.published_at, r.id)::bytea), 'hex') "
        "AS digest FROM posts r WHERE r.root_id = p.id) w "
        f"WHERE p.community_id = $1 AND p.parent_id IS NULL AND {_IS_LISTED} "
        "AND ($2::timestamptz IS NULL OR (p.published_at, p.id) > ($2, $3)) "
        "AND ($4::timestamptz IS NULL OR w.changed_at >= $4) "
        f"AND {condition} ORDER BY p.published_at, p.id LIMIT $5",
        community_id,
        after[0] if after else None,
        after[1] if after else None,
        since,
        limit,
        *arguments,
    )
    return [
        Archived(post=posts.post_from(row), digest=row["digest"], changed_at=row["changed_at"])
        for row in rows
    ]
