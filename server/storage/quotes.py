"""Quotes: what came of asking to quote a post, and the stamps by which posts of ours may be."""

from dataclasses import dataclass
from datetime import datetime

from moderation.visibility import Scope
from schemas.attached import Permission, Quote, QuoteState
from schemas.records import Actor, PostFacts
from server.storage import actors, feeds, posts
from server.storage.carried import quote_from
from server.storage.database import Row, Transaction
from server.storage.feeds import Entry
from server.storage.visibility import listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A permission to quote a post of ours, by the ids of both."""

    id: int
    quoted_id: int
    quoted_uri: str
    author_uri: str
    quoting_uri: str
    given_to_uri: str
    given_at: datetime
    revoked_at: datetime | None

    @property
    def uri(self) -> str:
        return f"{self.quoted_uri}/quotes/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A stamp with whom it was given to, for the page of its author."""

    stamp: Stamp
    to: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A post of ours that asked to quote another, and who decides."""

    facts: PostFacts
    quote_uri: str
    quoted_author_uri: str


_STAMP = (
    "s.id AS stamp_id, s.quoted_id, q.uri AS quoted_uri, qa.uri AS quoted_author, "
    "s.quoting_uri, g.uri AS given_to_uri, s.given_at, s.revoked_at"
)
_STAMPS = (
    "FROM quote_stamps s JOIN posts q ON q.id = s.quoted_id "
    "JOIN actors qa ON qa.id = q.author_id JOIN actors g ON g.id = s.given_to"
)


def _stamp(row: Row) -> Stamp:
    return Stamp(
        id=row["stamp_id"],
        quoted_id=row["quoted_id"],
        quoted_uri=row["quoted_uri"],
        author_uri=row["quoted_author"],
        quoting_uri=row["quoting_uri"],
        given_to_uri=row["given_to_uri"],
        given_at=row["given_at"],
        revoked_at=row["revoked_at"],
    )


async def give(
    tx: Transaction,
    stamp_id: int,
    *,
    quoted_id: int,
    quoting_uri: str,
    given_to: int,
    now: datetime,
) -> Stamp:
    """Let a post be quoted by one that asks; the first stamp stays, taken back or not."""
    await tx.execute(
        "INSERT INTO quote_stamps (id, quoted_id, quoting_uri, given_to, given_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        stamp_id,
        quoted_id,
        quoting_uri,
        given_to,
        now,
    )
    row = await tx.fetchrow(
        f"SELECT {_STAMP} {_STAMPS} WHERE s.quoted_id = $1 AND s.quoting_uri = $2",
        quoted_id,
        quoting_uri,
    )
    if row is None:
        raise LookupError(f"no stamp for {quoting_uri}")
    return _stamp(row)


async def find(tx: Transaction, stamp_id: int) -> Stamp | None:
    row = await tx.fetchrow(f"SELECT {_STAMP} {_STAMPS} WHERE s.id = $1", stamp_id)
    return _stamp(row) if row else None


async def find_for(tx: Transaction, quoted_id: int, quoting_uri: str) -> Stamp | None:
    """Find the stamp by which a post may quote another, taken back or not."""
    row = await tx.fetchrow(
        f"SELECT {_STAMP} {_STAMPS} WHERE s.quoted_id = $1 AND s.quoting_uri = $2",
        quoted_id,
        quoting_uri,
    )
    return _stamp(row) if row else None


async def let(tx: Transaction, post_id: int, quotable: Permission | None) -> bool:
    """Note whom a post's author lets quote it; False where it says so already."""
    status = await tx.execute(
        "UPDATE posts SET carried = CASE WHEN $2::text IS NULL THEN carried - 'quotable' "
        "ELSE jsonb_set(carried, '{quotable}', to_jsonb($2::text)) END "
        "WHERE id = $1 AND deleted_at IS NULL "
        "AND carried ->> 'quotable' IS DISTINCT FROM $2::text",
        post_id,
        quotable,
    )
    return status == "UPDATE 1"


async def given_for(tx: Transaction, quoted_id: int, *, limit: int = 100) -> list[Given]:
    """List who was let quote a post, and is still, the latest first."""
    rows = await tx.fetch(
        f"SELECT {_STAMP}, {actors.columns('g', 'g_')} {_STAMPS} WHERE s.quoted_id = $1 "
        "AND s.revoked_at IS NULL ORDER BY s.id DESC LIMIT $2",
        quoted_id,
        limit,
    )
    return [Given(stamp=_stamp(row), to=actors.actor_from(row, "g_")) for row in rows]


async def revoke(tx: Transaction, stamp_id: int, *, now: datetime) -> bool:
    status = await tx.execute(
        "UPDATE quote_stamps SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
        stamp_id,
        now,
    )
    return status == "UPDATE 1"


async def note_request(tx: Transaction, post_id: int, request_uri: str) -> None:
    await tx.execute("UPDATE posts SET quote_request = $2 WHERE id = $1", post_id, request_uri)


async def asked_with(tx: Transaction, request_uri: str) -> Asked | None:
    """Find the post of ours for which this was asked."""
    row = await tx.fetchrow(
        f"SELECT {posts.FACTS}, p.quote_uri, qa.uri AS quoted_author {posts.FROM} "
        "JOIN posts q ON q.uri = p.quote_uri JOIN actors qa ON qa.id = q.author_id "
        "WHERE p.quote_request = $1 AND p.deleted_at IS NULL",
        request_uri,
    )
    if row is None:
        return None
    return Asked(
        facts=posts.facts_from(row),
        quote_uri=row["quote_uri"],
        quoted_author_uri=row["quoted_author"],
    )


async def settle(tx: Transaction, post_id: int, quote: Quote) -> bool:
    """Write what is known of a quote now; False where nothing changed."""
    status = await tx.execute(
        "UPDATE posts SET quote_uri = $2, quote_stamp = $3, quote_state = $4 WHERE id = $1 "
        "AND deleted_at IS NULL "
        "AND (quote_uri, quote_stamp, quote_state) IS DISTINCT FROM ($2, $3, $4)",
        post_id,
        quote.uri,
        quote.stamp,
        quote.state,
    )
    return status == "UPDATE 1"


async def stamped(tx: Transaction, stamp_uri: str) -> bool:
    """Say whether a post here is shown by this stamp."""
    return bool(
        await tx.fetchval("SELECT true FROM posts WHERE quote_stamp = $1 LIMIT 1", stamp_uri)
    )


async def unstamp(tx: Transaction, stamp_uri: str) -> list[PostFacts]:
    """Show the quotes that a stamp allowed as links only; give the posts that they are in."""
    rows = await tx.fetch(
        f"SELECT {posts.FACTS} {posts.FROM} WHERE p.quote_stamp = $1 ORDER BY p.id",
        stamp_uri,
    )
    await tx.execute(
        "UPDATE posts SET quote_stamp = NULL, quote_state = $2 WHERE quote_stamp = $1",
        stamp_uri,
        QuoteState.REFUSED,
    )
    return [posts.facts_from(row) for row in rows]


async def of_post(tx: Transaction, post_id: int) -> Quote | None:
    row = await tx.fetchrow(
        "SELECT quote_uri, quote_stamp, quote_state FROM posts WHERE id = $1", post_id
    )
    return quote_from(row) if row else None


async def pointed_to(tx: Transaction, scope: Scope, root_id: int) -> dict[str, Entry]:
    """Read what a thread quotes or was asked before, as far as it is here for the reader."""
    condition, arguments = listed(scope, post="p", first=2)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} WHERE p.deleted_at IS NULL AND p.uri IN "
        "(SELECT unnest(ARRAY[w.quote_uri, w.duplicate_of]) FROM posts w WHERE w.root_id = $1 "
        "AND (w.quote_uri IS NOT NULL OR w.duplicate_of IS NOT NULL)) "
        f"AND {condition} LIMIT 500",
        root_id,
        *arguments,
    )
    return {entry.post.facts.uri: entry for entry in feeds.entries_from(rows)}
