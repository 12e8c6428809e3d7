"""What is fetched of communities elsewhere: origins, communities, threads, how far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.wire.archive import ArchivedThread
from server.storage.database import Transaction

#: Places in the line of threads: what somebody reads now comes first.
NOW, RECENT, OLD = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A community whose threads are being listed, and the page to ask for.

    None stands for the first page, "" for the end: what is pinned is looked at last.
    """

    community_id: int
    whole: bool
    next_page: str | None
    pages: int
    known_until: datetime | None
    began_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPage:
    """A page of an archive that was read whole, by its ETag; and the page behind it."""

    tag: str
    next_page: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A thread that waits to be fetched."""

    root_uri: str
    community_id: int
    context: str | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a community's threads are fetched; `ended_at` is None while it goes on."""

    threads: int
    waiting: int
    posts: int
    refused: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How far a community is, by its handle; `reason` says why no more can be listed."""

    handle: str
    reason: str
    progress: Progress


async def wake(tx: Transaction, origin: str, *, now: datetime) -> None:
    """Note that something waits at an origin; a pause that it asked for is kept."""
    await tx.execute(
        "INSERT INTO fill_origins (origin, due_at, leased_until) VALUES ($1, $2, $2) "
        "ON CONFLICT (origin) DO UPDATE SET due_at = least(fill_origins.due_at, "
        "CASE WHEN fill_origins.failures = 0 THEN $2 ELSE fill_origins.due_at END)",
        origin,
        now,
    )
    await tx.execute("NOTIFY backfill")


async def want(
    tx: Transaction, community_id: int, origin: str, *, whole: bool, now: datetime
) -> None:
    """Ask for a community's threads; what was listed already is asked for what is newer."""
    await tx.execute(
        "INSERT INTO backfills (community_id, origin, whole, state, began_at) "
        "VALUES ($1, $2, $3, 'waiting', $4) ON CONFLICT (community_id) DO UPDATE SET "
        "whole = backfills.whole OR $3, origin = $2, state = 'waiting', reason = '', "
        "pages = 0, next_page = CASE WHEN backfills.state = 'waiting' "
        "AND backfills.whole = (backfills.whole OR $3) THEN backfills.next_page END, "
        "known_until = CASE WHEN backfills.whole OR NOT $3 THEN backfills.known_until END, "
        "began_at = CASE backfills.state WHEN 'waiting' THEN backfills.began_at ELSE $4 END",
        community_id,
        origin,
        whole,
        now,
    )
    await tx.execute(
        "DELETE FROM listed_pages WHERE community_id = $1 AND page IS DISTINCT FROM "
        "(SELECT next_page FROM backfills WHERE community_id = $1)",
        community_id,
    )
    await wake(tx, origin, now=now)


async def forget(tx: Transaction, community_id: int) -> None:
    """Let a community be listed from its first thread on, and try again what was refused."""
    await tx.execute(
        "UPDATE backfills SET known_until = NULL, whole = false WHERE community_id = $1",
        community_id,
    )
    await tx.execute(
        "UPDATE fills SET state = 'waiting', attempts = 0, reason = '' "
        "WHERE community_id = $1 AND state = 'refused'",
        community_id,
    )


async def claim(
    tx: Transaction, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Lease origins where something is due and nobody else is at work."""
    rows = await tx.fetch(
        "UPDATE fill_origins o SET leased_until = $2 FROM (SELECT origin FROM fill_origins "
        "WHERE due_at <= $1 AND leased_until <= $1 ORDER BY due_at LIMIT $3 "
        "FOR UPDATE SKIP LOCKED) c WHERE o.origin = c.origin RETURNING o.origin",
        now,
        lease_until,
        limit,
    )
    return [row["origin"] for row in rows]


async def settle_origin(tx: Transaction, origin: str, *, now: datetime) -> None:
    """End a lease; an origin where nothing waits any more is forgotten."""
    # Locked by a statement of its own: the next one sees what was asked for until then.
    await tx.execute("SELECT FROM fill_origins WHERE origin = $1 FOR UPDATE", origin)
    await tx.execute(
        "DELETE FROM fill_origins WHERE origin = $1 "
        "AND NOT EXISTS (SELECT FROM fills WHERE origin = $1 AND state = 'waiting') "
        "AND NOT EXISTS (SELECT FROM backfills WHERE origin = $1 AND state = 'waiting')",
        origin,
    )
    await tx.execute("UPDATE fill_origins SET leased_until = $2 WHERE origin = $1", origin, now)


async def extend(tx: Transaction, origin: str, *, lease_until: datetime) -> None:
    """Keep an origin a while longer; it answered, so its failures are forgotten."""
    await tx.execute(
        "UPDATE fill_origins SET leased_until = $2, failures = 0 WHERE origin = $1",
        origin,
        lease_until,
    )


async def failures(tx: Transaction, origin: str) -> int:
    return await tx.fetchval("SELECT failures FROM fill_origins WHERE origin = $1", origin) or 0


async def pause(tx: Transaction, origin: str, *, until: datetime, now: datetime) -> None:
    """Leave an origin alone until then."""
    await tx.execute(
        "UPDATE fill_origins SET due_at = $2, leased_until = $3, failures = failures + 1 "
        "WHERE origin = $1",
        origin,
        until,
        now,
    )


async def next_listing(tx: Transaction, origin: str) -> Listing | None:
    row = await tx.fetchrow(
        "SELECT community_id, whole, next_page, pages, known_until, began_at FROM backfills "
        "WHERE origin = $1 AND state = 'waiting' ORDER BY began_at, community_id LIMIT 1",
        origin,
    )
    return Listing(**dict(row)) if row else None


async def turn_page(tx: Transaction, community_id: int, *, next_page: str) -> bool:
    """Go on to a page; False, and nothing changes, where it was read in this run already."""
    status = await tx.execute(
        "WITH turned AS (INSERT INTO listed_pages (community_id, page) VALUES ($1, $2) "
        "ON CONFLICT DO NOTHING RETURNING page) UPDATE backfills b SET next_page = t.page, "
        "pages = pages + 1 FROM turned t WHERE community_id = $1",
        community_id,
        next_page,
    )
    return status == "UPDATE 1"


async def seen_page(tx: Transaction, page: str) -> SeenPage | None:
    row = await tx.fetchrow("SELECT tag, next_page FROM seen_pages WHERE page = $1", page)
    return SeenPage(**dict(row)) if row else None


async def note_seen(tx: Transaction, community_id: int, page: str, seen: SeenPage) -> None:
    """Keep what a page was like, so that it is not read again while it stays so."""
    await tx.execute(
        "INSERT INTO seen_pages (page, community_id, tag, next_page) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (page) DO UPDATE SET tag = excluded.tag, next_page = excluded.next_page",
        page,
        community_id,
        seen.tag,
        seen.next_page,
    )


async def end_listing(
    tx: Transaction, community_id: int, *, reason: str, now: datetime
) -> None:
    """Note that every thread is listed, or why no more of them can be."""
    await tx.execute(
        "UPDATE backfills SET state = CASE $2 WHEN '' THEN 'done' ELSE 'refused' END, "
        "reason = $2, ended_at = $3, next_page = NULL, "
        "known_until = CASE $2 WHEN '' THEN began_at ELSE known_until END "
        "WHERE community_id = $1",
        community_id,
        reason,
        now,
    )


async def add_fills(
    tx: Transaction,
    community_id: int,
    origin: str,
    threads: Sequence[ArchivedThread],
    *,
    place: int,
    now: datetime,
) -> None:
    """Queue threads, in this order; one that is known as it is now is left alone."""
    await tx.execute(
        "INSERT INTO fills (root_uri, community_id, origin, context, digest, state, place, "
        "asked_at) SELECT t.root, $1, $2, t.context, t.digest, 'waiting', $6, "
        "$7::timestamptz + t.number * interval '1 microsecond' "
        "FROM unnest($3::text[], $4::text[], $5::text[]) "
        "WITH ORDINALITY AS t (root, context, digest, number) "
        "ON CONFLICT (root_uri) DO UPDATE SET state = 'waiting', attempts = 0, reason = '', "
        "digest = excluded.digest, context = coalesce(excluded.context, fills.context), "
        "place = least(fills.place, excluded.place) WHERE fills.community_id = $1 AND "
        "fills.state <> 'waiting' "
        "AND (excluded.digest = '' OR fills.digest <> excluded.digest)",
        community_id,
        origin,
        [thread.root for thread in threads],
        [thread.context for thread in threads],
        [thread.digest for thread in threads],
        place,
        now,
    )


async def want_thread(
    tx: Transaction,
    root_uri: str,
    community_id: int,
    origin: str,
    context: str | None,
    *,
    unless_since: datetime,
    now: datetime,
) -> bool:
    """Ask for a thread that somebody reads; False when it was asked for a short while ago."""
    status = await tx.execute(
        "INSERT INTO fills (root_uri, community_id, origin, context, state, place, asked_at) "
        "VALUES ($1, $2, $3, $4, 'waiting', 0, $5) ON CONFLICT (root_uri) DO UPDATE SET "
        "state = 'waiting', place = 0, attempts = 0, asked_at = $5 "
        "WHERE fills.community_id = $2 AND CASE fills.state WHEN 'waiting' "
        "THEN fills.place > 0 ELSE fills.filled_at < $6 END",
        root_uri,
        community_id,
        origin,
        context,
        now,
        unless_since,
    )
    if status != "INSERT 0 1":
        return False
    await wake(tx, origin, now=now)
    return True


async def next_fill(tx: Transaction, origin: str) -> Fill | None:
    row = await tx.fetchrow(
        "SELECT root_uri, community_id, context, attempts FROM fills WHERE origin = $1 "
        "AND state = 'waiting' ORDER BY place, asked_at, root_uri LIMIT 1",
        origin,
    )
    return Fill(**dict(row)) if row else None


async def settle_fill(
    tx: Transaction, root_uri: str, *, reason: str, posts: int, now: datetime
) -> None:
    """Note that a thread is here, or why it is not."""
    await tx.execute(
        "UPDATE fills SET state = CASE $2 WHEN '' THEN 'done' ELSE 'refused' END, reason = $2, "
        "posts = posts + $3, filled_at = $4, place = 2 WHERE root_uri = $1",
        root_uri,
        reason,
        posts,
        now,
    )


async def retry_fill(tx: Transaction, root_uri: str, *, reason: str, now: datetime) -> None:
    """Put a thread that is not whole yet behind the others."""
    await tx.execute(
        "UPDATE fills SET attempts = attempts + 1, reason = $2, asked_at = $3, place = 2 "
        "WHERE root_uri = $1",
        root_uri,
        reason,
        now,
    )


_PROGRESS = (
    "count(f.root_uri) AS threads, count(*) FILTER (WHERE f.state = 'waiting') AS waiting, "
    "coalesce(sum(f.posts), 0)::bigint AS posts, "
    "count(*) FILTER (WHERE f.state = 'refused') AS refused, "
    "CASE b.state WHEN 'waiting' THEN NULL ELSE b.ended_at END AS ended_at"
)


async def progress(tx: Transaction, community_id: int) -> Progress | None:
    """Say how far a community is; None where nothing was ever asked of its host."""
    row = await tx.fetchrow(
        f"SELECT {_PROGRESS} FROM backfills b LEFT JOIN fills f "
        "ON f.community_id = b.community_id WHERE b.community_id = $1 "
        "GROUP BY b.community_id",
        community_id,
    )
    return Progress(**dict(row)) if row else None


async def fetching(tx: Transaction, *, limit: int = 1000) -> list[Fetching]:
    """List the communities whose threads were ever asked for, by their handles."""
    rows = await tx.fetch(
        f"SELECT a.name || '@' || a.host AS handle, b.reason, {_PROGRESS} FROM backfills b "
        "JOIN actors a ON a.id = b.community_id LEFT JOIN fills f "
        "ON f.community_id = b.community_id GROUP BY a.id, b.community_id "
        "ORDER BY handle LIMIT $1",
        limit,
    )
    found = [dict(row) for row in rows]
    return [
        Fetching(
            handle=each.pop("handle"), reason=each.pop("reason"), progress=Progress(**each)
        )
        for each in found
    ]
