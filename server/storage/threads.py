"""Posts in their threads, many at a time: stored, counted, and what may be known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import Kind, PostFacts, Visibility
from server.storage import polls, posts
from server.storage.carried import json_of
from server.storage.database import Transaction
from server.storage.posts import NewPost


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A post that we have, as far as those that reply to it need it."""

    id: int
    uri: str
    kind: Kind
    community_id: int
    root_id: int
    context: str | None
    visibility: Visibility
    edited_at: datetime | None


async def known(tx: Transaction, uris: Sequence[str]) -> dict[str, Known]:
    """Find the posts among these uris that we have; deleted ones, too."""
    rows = await tx.fetch(
        "SELECT id, uri, kind, community_id, root_id, context, visibility, edited_at "
        "FROM posts WHERE uri = ANY($1)",
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
        "quote_uri, quote_stamp, quote_state, active_at) "
        "SELECT u.*, u.published_at FROM unnest($1::bigint[], $2::text[], $3::text[], "
        "$4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], "
        "$10::text[], $11::text[], $12::text[], $13::text[], $14::int[], $15::text[], "
        "$16::text[], $17::timestamptz[], $18::timestamptz[], $19::timestamptz[], "
        "$20::timestamptz[], $21::timestamptz[], $22::jsonb[], $23::text[], $24::text[], "
        "$25::text[], $26::text[]) AS u (id, uri, kind, author_id, community_id, "
        "root_id, parent_id, context, visibility, title, source, html, text, clean_version, "
        "language, topic, published_at, received_at, edited_at, locked_at, announced_at, "
        "carried, duplicate_of, quote_uri, quote_stamp, quote_state) "
        "ON CONFLICT (uri) DO NOTHING RETURNING id",
        *columns,
    )
    added = {row["id"] for row in rows}
    asked = [(post.id, post.poll) for post in new if post.poll and post.id in added]
    if asked:
        await polls.add_many(tx, asked, now=max(post.received_at for post in new))
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
