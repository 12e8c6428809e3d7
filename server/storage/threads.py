"""Posts in their threads, many at a time: stored, counted, and what may be known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import DeletedBy, Kind, PostFacts, Visibility
from server.storage import conversations, polls, posts
from server.storage.carried import json_of
from server.storage.database import Transaction
from server.storage.posts import NewPost

#: A place without a post: nobody here ever had what stood there, so it is its community's.
GAP = (
    "p.deleted_at IS NOT NULL AND p.author_id = p.community_id "
    "AND NOT (SELECT g.wall FROM communities g WHERE g.actor_id = p.community_id)"
)


#: Behind the uri of a place that made way; no uri of a post has it.
_ASIDE = "#gap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A post that we have, as far as those that reply to it need it.

    `is_gap` where there is but its place: what stood there may come yet.
    """

    id: int
    uri: str
    kind: Kind
    community_id: int
    root_id: int
    context: str | None
    visibility: Visibility
    edited_at: datetime | None
    is_gap: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """When and by whom a post was deleted of which there is only the place."""

    id: int
    at: datetime
    by: DeletedBy
    reason: str


async def known(tx: Transaction, uris: Sequence[str]) -> dict[str, Known]:
    """Find the posts among these uris that we have; deleted ones, too."""
    rows = await tx.fetch(
        "SELECT p.id, p.uri, p.kind, p.community_id, p.root_id, p.context, p.visibility, "
        f"p.edited_at, {GAP} AS is_gap FROM posts p WHERE p.uri = ANY($1)",
        list(uris),
    )
    return {
        row["uri"]: Known(
            **(
                dict(row)
                | {"kind": Kind(row["kind"]), "visibility": Visibility(row["visibility"])}
            )
        )
        for row in rows
    }


async def tombstones(tx: Transaction, uris: Sequence[str]) -> set[str]:
    rows = await tx.fetch("SELECT uri FROM tombstones WHERE uri = ANY($1)", list(uris))
    return {row["uri"] for row in rows}


async def taken(tx: Transaction, ids: Sequence[int]) -> set[int]:
    """Find which of these ids posts have already: those of one millisecond may clash."""
    rows = await tx.fetch("SELECT id FROM posts WHERE id = ANY($1)", list(ids))
    return {row["id"] for row in rows}


async def add_many(tx: Transaction, new: Sequence[NewPost]) -> set[int]:
    """Add posts in one statement, each behind what it replies to.

    Gives the ids of those that are here now; one whose uri came by another way meanwhile is
    left out, and so must be what replies to it.
    """
    columns = list(zip(*(_row(post) for post in new), strict=True))
    rows = await tx.fetch(
        "INSERT INTO posts (id, uri, kind, author_id, community_id, root_id, parent_id, "
        "context, visibility, title, source, html, text, clean_version, language, topic, "
        "published_at, received_at, edited_at, locked_at, announced_at, carried, duplicate_of, "
        "quote_uri, quote_stamp, quote_state, quiet, active_at) "
        "SELECT u.*, u.published_at FROM unnest($1::bigint[], $2::text[], $3::text[], "
        "$4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], "
        "$10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::text[], "
        "$16::text[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], "
        "$20::timestamptz[], $21::timestamptz[], $22::jsonb[], $23::text[], $24::text[], "
        "$25::text[], $26::text[], $27::boolean[]) AS u (id, uri, kind, author_id, "
        "community_id, "
        "root_id, parent_id, context, visibility, title, source, html, text, clean_version, "
        "language, topic, published_at, received_at, edited_at, locked_at, announced_at, "
        "carried, duplicate_of, quote_uri, quote_stamp, quote_state, quiet) "
        "ON CONFLICT (uri) DO NOTHING RETURNING id",
        *columns,
    )
    added = {row["id"] for row in rows}
    asked = [(post.id, post.poll) for post in new if post.poll and post.id in added]
    if asked:
        await polls.add_many(tx, asked, now=max(post.received_at for post in new))
    private = [post for post in new if post.addressed and post.id in added]
    if private:
        await conversations.address(tx, {post.id: post.addressed for post in private})
    return added


def _row(post: NewPost) -> tuple[object, ...]:
    return (
        post.id,
        post.uri,
        post.kind,
        post.author_id,
        post.community_id,
        post.root_id,
        post.parent_id,
        post.context,
        post.visibility,
        post.title,
        post.source,
        post.html,
        post.text,
        post.clean_version,
        post.language,
        post.topic,
        post.published_at,
        post.received_at,
        post.edited_at,
        post.locked_at,
        post.announced_at,
        json_of(post.carried),
        post.duplicate_of,
        post.quote.uri if post.quote else None,
        post.quote.stamp if post.quote else None,
        post.quote.state if post.quote else None,
        post.quiet,
    )


async def empty(tx: Transaction, emptied: Sequence[Emptied]) -> None:
    """Make posts without words the places of deleted ones."""
    await tx.execute(
        "UPDATE posts p SET deleted_at = e.at, deleted_by = e.by, reason = e.reason "
        "FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[]) "
        "AS e (id, at, by, reason) WHERE p.id = e.id",
        [each.id for each in emptied],
        [each.at for each in emptied],
        [each.by for each in emptied],
        [each.reason for each in emptied],
    )


async def make_way(tx: Transaction, uris: Sequence[str]) -> None:
    """Let mere places give up their uris to the posts themselves, which come now."""
    await tx.execute(
        f"UPDATE posts p SET uri = p.uri || $2 WHERE p.uri = ANY($1) AND {GAP}",
        list(uris),
        _ASIDE,
    )


async def take_places(tx: Transaction, uris: Sequence[str]) -> None:
    """Hang what replied to mere places on the posts that have come in their stead.

    Where it turns out that a post is in another thread, its place stays in this one.
    """
    await tx.execute(
        "UPDATE posts c SET parent_id = n.id, root_id = CASE WHEN o.parent_id IS NULL "
        "THEN n.id ELSE c.root_id END FROM posts o, posts n WHERE n.uri = ANY($1) "
        "AND o.uri = n.uri || $2 AND c.parent_id = o.id AND o.community_id = n.community_id "
        "AND (o.root_id = n.root_id OR (o.parent_id IS NULL AND n.parent_id IS NULL))",
        list(uris),
        _ASIDE,
    )
    await tx.execute(
        "WITH RECURSIVE moved AS (SELECT n.id, n.root_id FROM posts n "
        "WHERE n.uri = ANY($1) AND n.parent_id IS NULL UNION ALL SELECT c.id, m.root_id "
        "FROM posts c JOIN moved m ON c.parent_id = m.id) UPDATE posts p "
        "SET root_id = m.root_id FROM moved m WHERE p.id = m.id AND p.root_id <> m.root_id",
        list(uris),
    )
    await tx.execute(
        "DELETE FROM posts p USING unnest($1::text[]) AS u (uri) WHERE p.uri = u.uri || $2 "
        "AND NOT EXISTS (SELECT FROM posts c WHERE c.parent_id = p.id OR (c.root_id = p.id "
        f"AND c.id <> p.id)) AND {GAP}",
        list(uris),
        _ASIDE,
    )


async def recount(tx: Transaction, moments: Mapping[int, datetime]) -> None:
    """Count answers, and move threads up; `moments` says when something happened in each.

    Whoever writes in a thread touches its community first, and so sees what others wrote.
    """
    # Locked in one order by everybody, so that nobody waits for each other.
    await tx.execute(
        "WITH roots AS (SELECT p.id, m.at FROM unnest($1::bigint[], $2::timestamptz[]) "
        "AS m (id, at) JOIN posts p ON p.id = m.id ORDER BY p.id FOR NO KEY UPDATE OF p), "
        "counted AS (SELECT r.root_id AS id, count(*) AS answers FROM posts r "
        "WHERE r.root_id = ANY($1) AND r.kind = 'answer' AND r.deleted_at IS NULL GROUP BY 1) "
        "UPDATE posts SET active_at = greatest(active_at, roots.at), "
        "answers = coalesce(counted.answers, 0) "
        "FROM roots LEFT JOIN counted ON counted.id = roots.id WHERE posts.id = roots.id",
        list(moments),
        list(moments.values()),
    )


async def facts_by_uri(tx: Transaction, uris: Sequence[str]) -> dict[str, PostFacts]:
    """Find what may be known of posts without reading them; deleted ones, too."""
    rows = await tx.fetch(
        f"SELECT {posts.FACTS} {posts.FROM} WHERE p.uri = ANY($1)", list(uris)
    )
    return {row["uri"]: posts.facts_from(row) for row in rows}


async def authors(tx: Transaction, post_ids: Sequence[int]) -> dict[int, int]:
    """Say who wrote posts, by the ids of both."""
    rows = await tx.fetch("SELECT id, author_id FROM posts WHERE id = ANY($1)", list(post_ids))
    return {row["id"]: row["author_id"] for row in rows}


async def relocate(tx: Transaction, root_id: int, community_id: int) -> None:
    """Put a thread under another community; its topic was the old one's, and so was its pin."""
    await tx.execute(
        "UPDATE posts SET community_id = $2, topic = NULL, pinned_at = NULL WHERE root_id = $1",
        root_id,
        community_id,
    )
