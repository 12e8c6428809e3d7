"""The archive of a community of ours: its threads, oldest first, each with a digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.visibility import Scope
from schemas.gate import SealedPost
from schemas.records import Kind, Visibility
from server.storage import polls, posts
from server.storage.carried import json_of
from server.storage.database import Transaction
from server.storage.posts import NewPost
from server.storage.visibility import readable

#: The next page begins behind this: when its last thread was published, and its id.
Place = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The first post of a thread; `digest` and `changed_at` are of the whole thread."""

    post: SealedPost
    digest: str
    changed_at: datetime


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


async def count(tx: Transaction, scope: Scope, community_id: int) -> int:
    condition, arguments = readable(scope, post="p", first=2)
    counted: int = await tx.fetchval(
        "SELECT count(*) FROM posts p WHERE p.community_id = $1 AND p.parent_id IS NULL "
        f"AND p.deleted_at IS NULL AND {condition}",
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
        "WHERE p.community_id = $1 AND p.parent_id IS NULL AND p.deleted_at IS NULL "
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


async def recount(tx: Transaction, root_id: int) -> None:
    """Count a thread's answers, and say when something last happened in it."""
    await tx.execute(
        "UPDATE posts SET active_at = w.at, answers = w.answers FROM (SELECT "
        "max(published_at) AS at, count(*) FILTER (WHERE kind = 'answer' "
        "AND deleted_at IS NULL) AS answers FROM posts WHERE root_id = $1) w WHERE id = $1",
        root_id,
    )
