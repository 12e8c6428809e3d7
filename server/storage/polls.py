"""Polls: what can be voted for, who voted, how it stands, and who is to be told of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from schemas.attached import Choice, Poll
from server.storage.database import Transaction

#: Whether the post `p` asks for votes: it is a poll, or a reply that has one.
HAS_POLL = "(p.kind = 'poll' OR p.has_poll)"
#: The poll of a post that has one, as JSON; the post is `p`. Other posts pay nothing for it.
POLL = (
    f"CASE WHEN {HAS_POLL} AND p.deleted_at IS NULL THEN (SELECT json_build_object("
    "'several', o.several, 'closes_at', o.closes_at, 'closed_at', o.closed_at, "
    "'voters', o.voters, 'choices', (SELECT json_agg(json_build_array(oc.name, oc.votes) "
    "ORDER BY oc.position) FROM poll_choices oc WHERE oc.post_id = o.post_id))::text "
    "FROM polls o WHERE o.post_id = p.id) END AS poll"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """A poll as whoever votes finds it, with the places of what this actor chose before."""

    poll: Poll
    mine: frozenset[int]

    def place_of(self, name: str) -> int | None:
        """Find the place of a choice by its name."""
        names = (choice.name for choice in self.poll.choices)
        return next((place for place, each in enumerate(names) if each == name), None)


def poll_from(text: str | None) -> Poll | None:
    """Read what `POLL` gave."""
    if text is None:
        return None
    told = orjson.loads(text)
    return Poll(
        choices=tuple(Choice(name=name, votes=votes) for name, votes in told["choices"]),
        several=told["several"],
        closes_at=_moment(told["closes_at"]),
        closed_at=_moment(told["closed_at"]),
        voters=told["voters"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


async def add_many(tx: Transaction, new: Sequence[tuple[int, Poll]], *, now: datetime) -> None:
    """Add the polls of posts that were just added."""
    await tx.execute(
        "INSERT INTO polls (post_id, several, closes_at, closed_at, voters, told_at) "
        "SELECT u.*, $6 FROM unnest($1::bigint[], $2::boolean[], $3::timestamptz[], "
        "$4::timestamptz[], $5::bigint[]) AS u",
        [post_id for post_id, _ in new],
        [poll.several for _, poll in new],
        [poll.closes_at for _, poll in new],
        [poll.closed_at for _, poll in new],
        [poll.voters for _, poll in new],
        now,
    )
    rows = [
        (post_id, place, choice.name, choice.votes)
        for post_id, poll in new
        for place, choice in enumerate(poll.choices)
    ]
    await tx.execute(
        "INSERT INTO poll_choices (post_id, position, name, votes) SELECT u.* "
        "FROM unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[]) AS u",
        *(list(column) for column in zip(*rows, strict=True)),
    )
    await tx.execute(
        "UPDATE posts SET has_poll = true WHERE id = ANY($1) AND kind <> 'poll'",
        [post_id for post_id, _ in new],
    )


async def exists(tx: Transaction, post_id: int) -> bool:
    """Say whether something can be voted for in a post."""
    return bool(await tx.fetchval("SELECT true FROM polls WHERE post_id = $1", post_id))


async def hold(tx: Transaction, post_id: int, *, actor_id: int) -> Voted | None:
    """Find a poll for somebody who votes; others who vote in it wait for the transaction."""
    if await tx.fetchval("SELECT true FROM polls WHERE post_id = $1 FOR UPDATE", post_id):
        return await voted(tx, post_id, actor_id=actor_id)
    return None


async def voted(tx: Transaction, post_id: int, *, actor_id: int) -> Voted | None:
    """Find a poll, and what somebody chose in it."""
    poll = poll_from(await tx.fetchval(f"SELECT {POLL} FROM posts p WHERE p.id = $1", post_id))
    if poll is None:
        return None
    return Voted(poll=poll, mine=await chosen(tx, post_id, actor_id=actor_id))


async def chosen(tx: Transaction, post_id: int, *, actor_id: int) -> frozenset[int]:
    """Find what somebody chose in a poll; only they themselves are shown it."""
    rows = await tx.fetch(
        "SELECT position FROM poll_votes WHERE post_id = $1 AND actor_id = $2",
        post_id,
        actor_id,
    )
    return frozenset(row["position"] for row in rows)


async def vote(
    tx: Transaction, post_id: int, actor_id: int, places: Collection[int], *, now: datetime
) -> None:
    """Keep what somebody chose; `hold` says whether they may. Nothing is counted yet."""
    await tx.execute(
        "INSERT INTO poll_votes (post_id, actor_id, position, given_at) "
        "SELECT $1, $2, u.position, $4 FROM unnest($3::int[]) AS u (position)",
        post_id,
        actor_id,
        sorted(places),
        now,
    )


async def count(tx: Transaction, post_id: int) -> None:
    """Count the votes of a poll of ours; its results are to be told."""
    await tx.execute(
        "UPDATE poll_choices c SET votes = (SELECT count(*) FROM poll_votes v "
        "WHERE v.post_id = c.post_id AND v.position = c.position) WHERE c.post_id = $1",
        post_id,
    )
    await tx.execute(
        "UPDATE polls SET is_due = true, voters = (SELECT count(DISTINCT v.actor_id) "
        "FROM poll_votes v WHERE v.post_id = $1) WHERE post_id = $1",
        post_id,
    )


async def count_one(tx: Transaction, post_id: int, places: Collection[int]) -> None:
    """Count one voter more in a poll elsewhere, until its server says how it stands."""
    await tx.execute(
        "UPDATE poll_choices SET votes = votes + 1 WHERE post_id = $1 AND position = ANY($2)",
        post_id,
        sorted(places),
    )
    await tx.execute("UPDATE polls SET voters = voters + 1 WHERE post_id = $1", post_id)


async def take_over(tx: Transaction, post_id: int, told: Poll, *, told_at: datetime) -> bool:
    """Take over how a poll elsewhere stands; False where that is older, or nothing new.

    Where it offers something else than before, what our members chose is gone.
    """
    row = await tx.fetchrow(
        f"SELECT o.told_at, {POLL} FROM polls o JOIN posts p ON p.id = o.post_id "
        "WHERE o.post_id = $1 FOR UPDATE OF o",
        post_id,
    )
    if row is None or row["told_at"] > told_at:
        return False
    known = poll_from(row["poll"])
    if known is None or known == told:
        return False
    await tx.execute(
        "UPDATE polls SET several = $2, closes_at = $3, closed_at = $4, voters = $5, "
        "told_at = $6 WHERE post_id = $1",
        post_id,
        told.several,
        told.closes_at,
        told.closed_at,
        told.voters,
        told_at,
    )
    if (_names(known), known.several) != (_names(told), told.several):
        await tx.execute("DELETE FROM poll_choices WHERE post_id = $1", post_id)
    await tx.execute(
        "INSERT INTO poll_choices (post_id, position, name, votes) "
        "SELECT $1, u.number - 1, u.name, u.votes FROM unnest($2::text[], $3::bigint[]) "
        "WITH ORDINALITY AS u (name, votes, number) "
        "ON CONFLICT (post_id, position) DO UPDATE SET votes = excluded.votes",
        post_id,
        _names(told),
        [choice.votes for choice in told.choices],
    )
    return True


def _names(poll: Poll) -> list[str]:
    return [choice.name for choice in poll.choices]


async def forget(tx: Transaction, post_id: int) -> None:
    """Forget what could be voted for, and who did: its author deleted it."""
    await tx.execute("DELETE FROM polls WHERE post_id = $1", post_id)


async def lock_over(tx: Transaction, *, now: datetime) -> int | None:
    """Find one poll that is over and of which nobody here was told; give the post's id."""
    found: int | None = await tx.fetchval(
        "SELECT o.post_id FROM polls o WHERE o.settled_at IS NULL "
        "AND least(o.closes_at, o.closed_at) <= $1 "
        "ORDER BY least(o.closes_at, o.closed_at) LIMIT 1 FOR UPDATE SKIP LOCKED",
        now,
    )
    return found


async def lock_due(tx: Transaction, *, told_before: datetime) -> int | None:
    """Find one poll of ours with votes that nobody was told of; give the post's id."""
    found: int | None = await tx.fetchval(
        "SELECT post_id FROM polls WHERE is_due AND settled_at IS NULL AND told_at <= $1 "
        "ORDER BY told_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        told_before,
    )
    return found


async def mark_told(tx: Transaction, post_id: int, *, now: datetime) -> None:
    await tx.execute(
        "UPDATE polls SET is_due = false, told_at = $2 WHERE post_id = $1", post_id, now
    )


async def settle(tx: Transaction, post_id: int, *, now: datetime) -> None:
    """Note that those here were told of the end."""
    await tx.execute("UPDATE polls SET settled_at = $2 WHERE post_id = $1", post_id, now)


async def close(tx: Transaction, post_id: int, *, now: datetime) -> None:
    """Close a poll of ours when it said that it would; what follows tells the results."""
    await tx.execute(
        "UPDATE polls SET closed_at = closes_at, is_due = false, told_at = $2 "
        "WHERE post_id = $1",
        post_id,
        now,
    )


async def voters_here(tx: Transaction, post_id: int) -> list[int]:
    """List our members who voted, to tell them how it ended; nobody else asks who they were."""
    rows = await tx.fetch(
        "SELECT DISTINCT v.actor_id FROM poll_votes v "
        "JOIN members m ON m.actor_id = v.actor_id WHERE v.post_id = $1 ORDER BY v.actor_id",
        post_id,
    )
    return [row["actor_id"] for row in rows]
