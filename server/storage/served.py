"""What other agencies read: posts with the people around them, ids of activities, figures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from federation.signatures.keys import KeyKind, PublicKey
from schemas.gate import SealedPost
from schemas.profiles import UNSAID, Details
from schemas.records import Actor, Community, Visibility
from server.storage import actors, communities, details, posts
from server.storage.database import Row, Transaction

_MONTH = timedelta(days=30)
_HALF_YEAR = timedelta(days=182)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """One of our actors with its keys; with what a community has beyond that.

    While nothing about an actor changes, `known` gives the very same object: what was built
    from it once is good for as long as that.
    """

    actor: Actor
    keys: Sequence[PublicKey]
    community: Community | None = None
    details: Details = UNSAID
    feed_changed_at: datetime | None = None

    @property
    def is_private(self) -> bool:
        return self.community is not None and (
            self.community.visibility is not Visibility.PUBLIC
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A post with its author, its community, and the author of what it replies to."""

    post: SealedPost
    author: Actor
    community: Actor
    parent_author: Actor | None
    boosts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The ids under which a post went out: its Create, and the Announce that carried it."""

    create_uri: str | None = None
    announce_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Figures of this agency; posts are the public ones."""

    members: int
    active_month: int
    active_half_year: int
    posts: int


_KNOWN = (
    f"SELECT {communities.FIELDS}, c.actor_id AS community_id, {details.FIELDS}, "
    "(SELECT d.changed_at FROM community_feeds d WHERE d.actor_id = a.id) AS feed_changed_at, "
    # The order is that of actors.public_keys.
    "(SELECT coalesce(json_agg(json_build_array(k.key_id, k.kind, k.public_pem) "
    "ORDER BY k.kind DESC, coalesce(k.signs_at > $2, false), k.signs_at DESC NULLS LAST, "
    "k.key_id), '[]') FROM actor_keys k WHERE k.actor_id = a.id AND k.revoked_at IS NULL "
    "AND (k.ends_at IS NULL OR k.ends_at > $2))::text AS keys "
    "FROM actors a LEFT JOIN communities c ON c.actor_id = a.id AND NOT c.wall "
    "LEFT JOIN actor_details d ON d.actor_id = a.id "
    "WHERE a.local AND a.name = ANY($1)"
)
_KEPT = (
    f"SELECT {posts.FACTS}, {posts.WORDS}, {actors.columns('au', 'au_')}, "
    f"{actors.columns('co', 'co_')}, {actors.columns('pw', 'pw_')}, "
    "(SELECT count(*) FROM activities b WHERE b.post_id = p.id AND b.type = 'Announce' "
    "AND b.object_uri = p.uri) "
    "+ (SELECT count(*) FROM boosts b WHERE b.post_id = p.id) AS boosts "
    f"{posts.FROM} LEFT JOIN actors pw ON pw.id = pa.author_id"
)


async def known(tx: Transaction, names: Collection[str], *, now: datetime) -> dict[str, Known]:
    """Find actors of ours by name, with the keys that they publish now."""
    rows = await tx.fetch(_KNOWN, list(names), now)
    return {row["a_name"]: _known(row) for row in rows}


# Keyed by all that it is made of: it can be dropped at any time, and never be out of date.
@lru_cache(maxsize=512)
def _known(row: Row) -> Known:
    actor = actors.actor_from(row, "a_")
    is_community = row["community_id"] is not None
    return Known(
        actor=actor,
        keys=tuple(
            PublicKey(key_id=key_id, owner=actor.uri, kind=KeyKind(kind), pem=pem)
            for key_id, kind, pem in orjson.loads(row["keys"])
        ),
        community=communities.community_from(row) if is_community else None,
        details=details.details_from(row),
        feed_changed_at=row["feed_changed_at"],
    )


def _kept(row: Any) -> Kept:
    return Kept(
        post=posts.post_from(row),
        author=actors.actor_from(row, "au_"),
        community=actors.actor_from(row, "co_"),
        parent_author=actors.actor_from(row, "pw_") if row["pw_id"] is not None else None,
        boosts=row["boosts"],
    )


async def find(tx: Transaction, post_id: int) -> Kept | None:
    row = await tx.fetchrow(f"{_KEPT} WHERE p.id = $1", post_id)
    return _kept(row) if row else None


async def find_opening(tx: Transaction, context: str) -> Kept | None:
    """Find the post that opened a thread, by the thread's own uri."""
    row = await tx.fetchrow(f"{_KEPT} WHERE p.context = $1 AND p.parent_id IS NULL", context)
    return _kept(row) if row else None


async def by_person(tx: Transaction, author_id: int, *, limit: int) -> list[Kept]:
    """List a person's public posts, newest first, without what is gone."""
    rows = await tx.fetch(
        f"{_KEPT} WHERE p.author_id = $1 AND p.visibility = 'public' AND p.deleted_at IS NULL "
        "ORDER BY p.published_at DESC, p.id DESC LIMIT $2",
        author_id,
        limit,
    )
    return [_kept(row) for row in rows]


async def passed(
    tx: Transaction, post_ids: Sequence[int], *, community_id: int | None
) -> dict[int, Passed]:
    """Find under which ids posts went out; with a community also how it passed them on."""
    rows = await tx.fetch(
        "SELECT p.id AS post_id, c.uri AS own_create, a.object_uri AS inner_uri, "
        "a.uri AS announce_uri FROM posts p "
        "LEFT JOIN LATERAL (SELECT s.uri FROM activities s WHERE s.post_id = p.id "
        "AND s.type = 'Create' ORDER BY s.id LIMIT 1) c ON true "
        "LEFT JOIN LATERAL (SELECT s.uri, s.object_uri FROM activities s "
        "WHERE s.post_id = p.id AND s.type = 'Announce' AND s.actor_id = $2 "
        "AND convert_from(s.document, 'UTF8')::json #>> '{object,type}' = 'Create' "
        "ORDER BY s.id LIMIT 1) a ON true WHERE p.id = ANY($1)",
        list(post_ids),
        community_id,
    )
    return {
        row["post_id"]: Passed(
            create_uri=row["own_create"] or row["inner_uri"], announce_uri=row["announce_uri"]
        )
        for row in rows
    }


async def was_sent_to(tx: Transaction, activity_id: int, host: str) -> bool:
    """Say whether an activity was meant for an agency when it went out."""
    return bool(
        await tx.fetchval(
            "SELECT EXISTS (SELECT FROM deliveries WHERE activity_id = $1 AND host = $2)",
            activity_id,
            host,
        )
    )


async def usage(tx: Transaction, *, now: datetime) -> Usage:
    """Count members, those who wrote or visited in a month and in half a year, and posts."""
    row = await tx.fetchrow(
        "WITH seen AS (SELECT m.actor_id, greatest("
        "(SELECT max(s.seen_at) FROM sessions s WHERE s.member_id = m.actor_id), "
        "(SELECT max(p.published_at) FROM posts p WHERE p.author_id = m.actor_id)) AS at "
        "FROM members m JOIN actors a ON a.id = m.actor_id "
        "WHERE a.deleted_at IS NULL AND a.suspended_at IS NULL) "
        "SELECT count(*) AS members, count(*) FILTER (WHERE at >= $1) AS active_month, "
        "count(*) FILTER (WHERE at >= $2) AS active_half_year, "
        "(SELECT count(*) FROM posts p JOIN actors a ON a.id = p.author_id WHERE a.local "
        "AND p.visibility = 'public' AND p.deleted_at IS NULL) AS posts FROM seen",
        now - _MONTH,
        now - _HALF_YEAR,
    )
    if row is None:
        raise LookupError("an aggregate without a row")
    return Usage(**dict(row))
