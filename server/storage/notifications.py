"""Notifications: each fact once per member, by whatever route it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from schemas.records import Actor
from server.storage import actors, quiet_threads, unwanted
from server.storage.database import Row, Transaction

#: What is selected of a notification, and from where.
FIELDS = (
    "n.id, n.kind, n.subject, n.post_id, p.root_id, coalesce(r.title, '') AS title, "
    f"n.happened_at, {actors.columns('a', 'a_')} FROM notifications n "
    "JOIN actors a ON a.id = n.actor_id LEFT JOIN posts p ON p.id = n.post_id "
    "LEFT JOIN posts r ON r.id = p.root_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What happened to a member; `subject` is what it is about, by its uri.

    `kind`: answer, comment, mention, quote, accepted, helpful, boost, kudos, asks-to-join,
    asks-to-follow, let-in, refused, severed, recognition, not-published. The subject of
    `severed` is the domain and the moment.
    """

    id: int
    kind: str
    actor: Actor
    subject: str
    post_id: int | None
    root_id: int | None
    title: str
    happened_at: datetime


_ADD = (
    "WITH added AS (INSERT INTO notifications "
    "(member_id, kind, actor_id, subject, post_id, happened_at) "
)
#: Listening clients are told in the same transaction, and what is for those that are closed.
_TELL = (
    " RETURNING id, member_id, post_id, happened_at), told AS (INSERT INTO stream "
    "(kind, notification_id, member_id, post_id, at) "
    "SELECT 'notified', id, member_id, post_id, happened_at FROM added ORDER BY id "
    "RETURNING id), pushed AS (INSERT INTO pushes (subscription_id, notification_id, due_at) "
    "SELECT s.id, n.id, n.happened_at FROM added n JOIN tokens t ON t.member_id = n.member_id "
    "JOIN push_subscriptions s ON s.token_id = t.id ORDER BY n.id, s.id RETURNING id) "
    "(SELECT pg_notify('stream', '') FROM told LIMIT 1) "
    "UNION ALL (SELECT pg_notify('pushes', '') FROM pushed LIMIT 1)"
)


async def add(
    tx: Transaction,
    *,
    member_id: int,
    kind: str,
    actor_id: int,
    subject: str,
    post_id: int | None,
    now: datetime,
) -> None:
    """Tell a member once; nothing happens for actors elsewhere or for one's own acts.

    Nor for what somebody did whom they do not want to hear, or in a thread they muted.
    """
    await tx.execute(
        f"{_ADD}"
        "SELECT actor_id, $2, $3, $4, $5, $6 FROM members WHERE actor_id = $1 AND actor_id "
        f"<> $3 AND {unwanted.heard('$1', person='$3')} "
        f"AND {quiet_threads.is_loud('$1', post='$5::bigint')} "
        f"ON CONFLICT DO NOTHING{_TELL}",
        member_id,
        kind,
        actor_id,
        subject,
        post_id,
        now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a member is to be told; nothing of it for actors elsewhere or of one's own acts."""

    member_id: int
    kind: str
    actor_id: int
    subject: str
    post_id: int


async def add_many(tx: Transaction, news: Sequence[News], *, now: datetime) -> None:
    """Tell members, each fact once, of whom and of which threads they want to hear."""
    await tx.execute(
        f"{_ADD}"
        "SELECT n.member_id, n.kind, n.actor_id, n.subject, n.post_id, $6 "
        "FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::text[], $5::bigint[]) "
        "WITH ORDINALITY AS n (member_id, kind, actor_id, subject, post_id, number) "
        "JOIN members m ON m.actor_id = n.member_id WHERE n.member_id <> n.actor_id "
        f"AND {unwanted.heard('n.member_id', person='n.actor_id')} "
        f"AND {quiet_threads.is_loud('n.member_id', post='n.post_id')} "
        f"ORDER BY n.number ON CONFLICT DO NOTHING{_TELL}",
        [each.member_id for each in news],
        [each.kind for each in news],
        [each.actor_id for each in news],
        [each.subject for each in news],
        [each.post_id for each in news],
        now,
    )


async def add_calls(
    tx: Transaction, called: Sequence[tuple[int, str]], *, now: datetime
) -> None:
    """Tell members that posts call them by their uris; nobody who may not read the post.

    Nor whom it answers: they are told of that.
    """
    await tx.execute(
        f"{_ADD}"
        "SELECT m.actor_id, 'mention', p.author_id, p.uri, p.id, $3 "
        "FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS c (post_id, uri, number) "
        "JOIN actors a ON a.uri = c.uri AND a.local JOIN members m ON m.actor_id = a.id "
        "JOIN posts p ON p.id = c.post_id LEFT JOIN posts pa ON pa.id = p.parent_id "
        "WHERE a.id <> p.author_id AND pa.author_id IS DISTINCT FROM a.id "
        f"AND {unwanted.heard('a.id', person='p.author_id')} "
        f"AND {quiet_threads.is_loud('a.id', post='p.id')} "
        "AND (p.visibility = 'public' OR EXISTS (SELECT FROM addressees d "
        "WHERE d.post_id = p.id AND d.actor_id = a.id) OR EXISTS (SELECT FROM follows f "
        "WHERE f.follower_id = a.id AND f.target_id = p.community_id "
        "AND p.visibility = 'members' AND f.state = 'accepted')) ORDER BY c.number "
        f"ON CONFLICT DO NOTHING{_TELL}",
        [post_id for post_id, _ in called],
        [uri for _, uri in called],
        now,
    )


async def of_member(
    tx: Transaction, member_id: int, *, before: int | None = None, limit: int = 40
) -> list[Notification]:
    rows = await tx.fetch(
        f"SELECT {FIELDS} WHERE n.member_id = $1 AND ($2::bigint IS NULL OR n.id < $2) "
        f"AND {unwanted.heard('n.member_id', person='n.actor_id')} "
        "ORDER BY n.id DESC LIMIT $3",
        member_id,
        before,
        limit,
    )
    return [notification_from(row) for row in rows]


def notification_from(row: Row) -> Notification:
    return Notification(
        id=row["id"],
        kind=row["kind"],
        actor=actors.actor_from(row, "a_"),
        subject=row["subject"],
        post_id=row["post_id"],
        root_id=row["root_id"],
        title=row["title"],
        happened_at=row["happened_at"],
    )


async def mark_seen(tx: Transaction, member_id: int) -> None:
    await tx.execute(
        "UPDATE members SET seen_notifications = greatest(seen_notifications, coalesce("
        "(SELECT max(id) FROM notifications WHERE member_id = $1), 0)) WHERE actor_id = $1",
        member_id,
    )


async def mark_seen_up_to(tx: Transaction, member_id: int, last: int) -> None:
    """Count nothing up to a notification of a member as new; never more than there is."""
    await tx.execute(
        "UPDATE members SET seen_notifications = greatest(seen_notifications, coalesce("
        "(SELECT max(id) FROM notifications WHERE member_id = $1 AND id <= $2), 0)) "
        "WHERE actor_id = $1",
        member_id,
        last,
    )
