"""Where members' programs are told of notifications, and what is still to be told there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.web_push import Receiver
from schemas.records import Role
from server.storage import unwanted
from server.storage.database import Row, Transaction

CHANNEL = "pushes"

_COLUMNS = "s.id, s.token_id, s.endpoint, s.public, s.auth, s.standard, s.alerts, s.policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Where one program is told; `alerts` are the types of notification that it wants.

    `policy` says of whom: all, followed, follower or none. `standard` is the encoding.
    """

    id: int
    token_id: int
    endpoint: str
    receiver: Receiver
    standard: bool
    alerts: frozenset[str]
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One notification for one program, tried so often before; of a member who may sign in.

    `follows` and `followed` say how the member stands to whoever did it, `heard` whether they
    want to hear of them.
    """

    id: int
    notification_id: int
    attempts: int
    subscription: Subscription
    member_id: int
    role: Role
    language: str
    happened_at: datetime
    follows: bool
    followed: bool
    heard: bool


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        token_id=row["token_id"],
        endpoint=row["endpoint"],
        receiver=Receiver(public=row["public"], auth=row["auth"]),
        standard=row["standard"],
        alerts=frozenset(row["alerts"]),
        policy=row["policy"],
    )


async def subscribe(
    tx: Transaction,
    token_id: int,
    *,
    endpoint: str,
    receiver: Receiver,
    standard: bool,
    alerts: Collection[str],
    policy: str,
    now: datetime,
) -> Subscription:
    """Tell a program here from now on, and nowhere else."""
    await unsubscribe(tx, token_id)
    row = await tx.fetchrow(
        "INSERT INTO push_subscriptions AS s (token_id, endpoint, public, auth, standard, "
        "alerts, policy, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (token_id) DO UPDATE SET endpoint = $2, public = $3, auth = $4, "
        f"standard = $5, alerts = $6, policy = $7, made_at = $8 RETURNING {_COLUMNS}",
        token_id,
        endpoint,
        receiver.public,
        receiver.auth,
        standard,
        sorted(alerts),
        policy,
        now,
    )
    return _subscription(_there(row))


async def find(tx: Transaction, token_id: int) -> Subscription | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM push_subscriptions s WHERE token_id = $1", token_id
    )
    return _subscription(row) if row else None


async def change(
    tx: Transaction, token_id: int, *, alerts: Collection[str], policy: str | None
) -> Subscription | None:
    """Change of what a program is told; the policy stays where none is given."""
    row = await tx.fetchrow(
        "UPDATE push_subscriptions s SET alerts = $2, policy = coalesce($3, policy) "
        f"WHERE token_id = $1 RETURNING {_COLUMNS}",
        token_id,
        sorted(alerts),
        policy,
    )
    return _subscription(row) if row else None


async def unsubscribe(tx: Transaction, token_id: int) -> None:
    await tx.execute("DELETE FROM push_subscriptions WHERE token_id = $1", token_id)


async def remove(tx: Transaction, subscription: Subscription) -> None:
    """Forget a place that is no more, unless the program has named another since."""
    await tx.execute(
        "DELETE FROM push_subscriptions WHERE id = $1 AND endpoint = $2",
        subscription.id,
        subscription.endpoint,
    )


async def claim(tx: Transaction, *, now: datetime, lease: timedelta, limit: int) -> list[Push]:
    """Take what is due longest; unless it is settled, it is due again after the lease."""
    rows = await tx.fetch(
        "WITH due AS (SELECT id FROM pushes WHERE due_at <= $1 ORDER BY due_at, id "
        "LIMIT $3 FOR UPDATE SKIP LOCKED), claimed AS (UPDATE pushes p SET due_at = $2, "
        "attempts = p.attempts + 1 FROM due WHERE p.id = due.id RETURNING p.*) "
        "SELECT c.id AS c_id, c.notification_id, c.attempts - 1 AS attempts, "
        f"{_COLUMNS}, n.member_id, n.happened_at, m.role, m.language, "
        "EXISTS (SELECT FROM follows f WHERE f.follower_id = n.member_id "
        "AND f.target_id = n.actor_id AND f.state = 'accepted') AS follows, "
        "EXISTS (SELECT FROM follows f WHERE f.follower_id = n.actor_id "
        "AND f.target_id = n.member_id AND f.state = 'accepted') AS followed, "
        f"({unwanted.heard('n.member_id', person='n.actor_id')}) AS heard "
        "FROM claimed c JOIN push_subscriptions s ON s.id = c.subscription_id "
        "JOIN notifications n ON n.id = c.notification_id "
        "JOIN members m ON m.actor_id = n.member_id ORDER BY c.id",
        now,
        now + lease,
        limit,
    )
    return [_push(row) for row in rows]


def _push(row: Row) -> Push:
    return Push(
        id=row["c_id"],
        notification_id=row["notification_id"],
        attempts=row["attempts"],
        subscription=_subscription(row),
        member_id=row["member_id"],
        role=Role(row["role"]),
        language=row["language"],
        happened_at=row["happened_at"],
        follows=row["follows"],
        followed=row["followed"],
        heard=row["heard"],
    )


async def put_off(tx: Transaction, push_id: int, *, due_at: datetime) -> None:
    await tx.execute("UPDATE pushes SET due_at = $2 WHERE id = $1", push_id, due_at)


async def settle(tx: Transaction, push_id: int) -> None:
    """Count a push as told, or as given up."""
    await tx.execute("DELETE FROM pushes WHERE id = $1", push_id)


def _there(row: Row | None) -> Row:
    if row is None:
        raise LookupError("push_subscriptions")  # what was just added is there
    return row
