"""Posts that members pinned to their profile, the last pinned first."""

from moderation.visibility import Scope
from server.storage import feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.timelines import Line
from server.storage.visibility import of_their_own


async def add(tx: Transaction, author_id: int, post_id: int, *, pin_id: int, most: int) -> bool:
    """Pin a post, once; False where so many are pinned already that are there."""
    await tx.execute("SELECT FROM actors WHERE id = $1 FOR NO KEY UPDATE", author_id)
    await tx.execute(
        "INSERT INTO pinned_posts (author_id, post_id, id) SELECT $1, $2, $3 "
        "WHERE (SELECT count(*) FROM pinned_posts n JOIN posts p ON p.id = n.post_id "
        "WHERE n.author_id = $1 AND p.deleted_at IS NULL) < $4 ON CONFLICT DO NOTHING",
        author_id,
        post_id,
        pin_id,
        most,
    )
    return await is_pinned(tx, author_id, post_id)


async def remove(tx: Transaction, author_id: int, post_id: int) -> bool:
    """Unpin a post; False where it was not pinned."""
    status = await tx.execute(
        "DELETE FROM pinned_posts WHERE author_id = $1 AND post_id = $2", author_id, post_id
    )
    return status == "DELETE 1"


async def is_pinned(tx: Transaction, author_id: int, post_id: int) -> bool:
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM pinned_posts WHERE author_id = $1 AND post_id = $2)",
            author_id,
            post_id,
        )
    )


async def lines(tx: Transaction, scope: Scope, author_id: int, *, limit: int) -> list[Line]:
    """List the pinned posts that the reader may read, for a timeline."""
    condition, arguments = of_their_own(scope, post="p", first=3)
    rows = await tx.fetch(
        "SELECT p.id FROM pinned_posts n JOIN posts p ON p.id = n.post_id "
        f"WHERE n.author_id = $1 AND p.deleted_at IS NULL AND {condition} "
        "ORDER BY n.id DESC LIMIT $2",
        author_id,
        limit,
        *arguments,
    )
    return [Line(post_id=row["id"], boosted=False) for row in rows]


async def entries(tx: Transaction, scope: Scope, author_id: int, *, limit: int) -> list[Entry]:
    """List them for a page, as far as the reader may read them."""
    condition, arguments = of_their_own(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} JOIN pinned_posts n ON n.post_id = p.id "
        f"WHERE n.author_id = $1 AND p.deleted_at IS NULL AND {condition} "
        "ORDER BY n.id DESC LIMIT $2",
        author_id,
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)


async def addresses(tx: Transaction, author_id: int, *, public: bool) -> list[str]:
    """List the uris of what somebody pinned; with `public`, of what everybody may read."""
    rows = await tx.fetch(
        "SELECT p.uri FROM pinned_posts n JOIN posts p ON p.id = n.post_id "
        "WHERE n.author_id = $1 AND p.deleted_at IS NULL "
        "AND (NOT $2 OR p.visibility = 'public') ORDER BY n.id DESC LIMIT 100",
        author_id,
        public,
    )
    return [row["uri"] for row in rows]
