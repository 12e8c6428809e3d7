"""What is owed to inboxes: an activity for each of them, once, for the workers to send."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.errors import Malformed
from federation.uris import origin_of
from server.storage.database import Transaction

#: An inbox that said it is gone is not asked again for so long.
GONE_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An inbox, personal or shared, and the host of the actors it is for."""

    inbox: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """An activity and the inboxes that are to get it; `lane` is what it is about."""

    activity_id: int
    lane: str
    targets: Sequence[Target]


async def enqueue(
    tx: Transaction, activity_id: int, targets: Sequence[Target], *, lane: str, now: datetime
) -> None:
    """Owe an activity to inboxes, once each, and wake the workers at commit."""
    await enqueue_many(tx, [Owed(activity_id=activity_id, lane=lane, targets=targets)], now=now)


async def enqueue_many(tx: Transaction, owed: Sequence[Owed], *, now: datetime) -> None:
    """Owe activities to inboxes, once each, and wake the workers at commit.

    Rows of one lane (the object's id) and origin are sent in order. No lock is taken that
    another transaction could wait for, in whatever order they publish.
    """
    rows = [(each, target) for each in owed for target in each.targets]
    origins = {inbox: _origin(inbox) for inbox in {target.inbox for _, target in rows}}
    await tx.execute(
        "WITH wanted AS (SELECT t.*, CASE "
        "WHEN t.origin IS NULL THEN 'inbox-malformed' WHEN EXISTS (SELECT FROM gone_inboxes g "
        "WHERE g.inbox = t.inbox AND g.gone_at > $7) THEN 'gone' ELSE '' END AS reason "
        "FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) "
        "WITH ORDINALITY AS t (activity_id, lane, inbox, host, origin, number)), "
        "added AS (INSERT INTO deliveries (activity_id, inbox, origin, host, lane, state, "
        "place, last_reason, enqueued_at, next_at, settled_at) "
        "SELECT activity_id, inbox, coalesce(origin, ''), host, lane, "
        "CASE reason WHEN '' THEN 'waiting' ELSE 'refused' END, "
        "CASE reason WHEN '' THEN 'new' ELSE 'settled' END, reason, "
        "$6::timestamptz, $6, "
        "CASE reason WHEN '' THEN NULL ELSE $6 END FROM wanted ORDER BY number "
        "ON CONFLICT (activity_id, inbox) DO NOTHING RETURNING id) "
        "SELECT pg_notify('deliveries', '') FROM added LIMIT 1",
        [each.activity_id for each, _ in rows],
        [each.lane for each, _ in rows],
        [target.inbox for _, target in rows],
        [target.host for _, target in rows],
        [origins[target.inbox] for _, target in rows],
        now,
        now - GONE_FOR,
    )


def _origin(inbox: str) -> str | None:
    try:
        return origin_of(inbox)
    except Malformed:
        return None  # what others wrote never fails a post of ours
