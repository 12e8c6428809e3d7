"""Public posts by hashtag, the latest first."""

import orjson

from moderation.visibility import Scope
from server.storage import feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Cursor, Entry
from server.storage.visibility import listed


def is_place(slug: str, community: str) -> str:
    """Give a condition in SQL: a hashtag is a community's name, which all its threads have.

    Both are SQL: the slug, and the alias of the community's actor (`calling.hashtag_of`).
    """
    return f"{slug} = regexp_replace(lower({community}.name), '[^[:alnum:]]', '', 'g')"


async def tagged(
    tx: Transaction, scope: Scope, slug: str, *, before: Cursor | None, limit: int
) -> list[Entry]:
    """List what the reader may read of what everybody may; a keyset, never an offset."""
    condition, arguments = listed(scope, post="p", first=5)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} WHERE p.carried -> 'hashtags' @> $1::jsonb "
        "AND p.visibility = 'public' AND NOT p.quiet AND p.deleted_at IS NULL "
        "AND ($2::timestamptz IS NULL OR (p.published_at, p.id) < ($2, $3)) "
        f"AND {condition} ORDER BY p.published_at DESC, p.id DESC LIMIT $4",
        orjson.dumps([{"slug": slug}]).decode(),
        before[0] if before else None,
        before[1] if before else None,
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)
