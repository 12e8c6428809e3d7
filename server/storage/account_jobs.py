"""What is done for members while they do something else: archives made and read, endings."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.storage.database import Row, Transaction

CHANNEL = "accounts"

_COLUMNS = (
    "id, member_id, kind, state, asked_at, attempts, steps, of_steps, reason, ended_at, "
    "expires_at"
)


class JobKind(StrEnum):
    EXPORT = "export"
    IMPORT = "import"
    ENDING = "ending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`state` is waiting, done or refused; `steps` of `of_steps` are behind it."""

    id: int
    member_id: int
    kind: JobKind
    state: str
    asked_at: datetime
    attempts: int
    steps: int
    of_steps: int
    reason: str
    ended_at: datetime | None
    expires_at: datetime | None


def _job(row: Row) -> Job:
    return Job(**(dict(row) | {"kind": JobKind(row["kind"])}))


async def ask(
    tx: Transaction,
    job_id: int,
    member_id: int,
    kind: JobKind,
    *,
    content: bytes | None = None,
    of_steps: int = 0,
    now: datetime,
) -> bool:
    """Ask for something; False while one of its kind is under way for the member."""
    status = await tx.execute(
        "INSERT INTO account_jobs (id, member_id, kind, state, asked_at, due_at, leased_until, "
        "of_steps, content) VALUES ($1, $2, $3, 'waiting', $4, $4, $4, $5, $6) "
        "ON CONFLICT (member_id, kind) WHERE state = 'waiting' DO NOTHING",
        job_id,
        member_id,
        kind,
        now,
        of_steps,
        content,
    )
    await tx.execute("NOTIFY accounts")
    return status == "INSERT 0 1"


async def claim(tx: Transaction, *, now: datetime, lease_until: datetime) -> Job | None:
    """Lease the job that is due longest, if nobody else is at it."""
    row = await tx.fetchrow(
        "UPDATE account_jobs j SET leased_until = $2 FROM (SELECT id FROM account_jobs "
        "WHERE state = 'waiting' AND due_at <= $1 AND leased_until <= $1 ORDER BY due_at, id "
        "LIMIT 1 FOR UPDATE SKIP LOCKED) c WHERE j.id = c.id "
        f"RETURNING {', '.join(f'j.{name}' for name in _COLUMNS.split(', '))}",
        now,
        lease_until,
    )
    return _job(row) if row else None


async def step(
    tx: Transaction, job_id: int, *, steps: int, of_steps: int, lease_until: datetime
) -> None:
    """Note how far a job is, and keep it a while longer."""
    await tx.execute(
        "UPDATE account_jobs SET steps = $2, of_steps = $3, leased_until = $4, attempts = 0 "
        "WHERE id = $1",
        job_id,
        steps,
        of_steps,
        lease_until,
    )


async def put_off(
    tx: Transaction, job_id: int, *, reason: str, due_at: datetime, now: datetime
) -> None:
    """Let a job wait; what it did so far is written down."""
    await tx.execute(
        "UPDATE account_jobs SET due_at = $2, leased_until = $3, attempts = attempts + 1, "
        "reason = $4 WHERE id = $1",
        job_id,
        due_at,
        now,
        reason,
    )


async def finish(
    tx: Transaction,
    job_id: int,
    *,
    content: bytes | None = None,
    reason: str = "",
    expires_at: datetime | None = None,
    now: datetime,
) -> None:
    """End a job; with a reason it was refused."""
    await tx.execute(
        "UPDATE account_jobs SET state = CASE $2 WHEN '' THEN 'done' ELSE 'refused' END, "
        "reason = $2, content = $3, ended_at = $4, expires_at = $5 WHERE id = $1",
        job_id,
        reason,
        content,
        now,
        expires_at,
    )


async def content(tx: Transaction, job_id: int) -> bytes | None:
    found: bytes | None = await tx.fetchval(
        "SELECT content FROM account_jobs WHERE id = $1", job_id
    )
    return found


async def latest(tx: Transaction, member_id: int, kind: JobKind) -> Job | None:
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM account_jobs WHERE member_id = $1 AND kind = $2 "
        "ORDER BY id DESC LIMIT 1",
        member_id,
        kind,
    )
    return _job(row) if row else None


async def archive(
    tx: Transaction, job_id: int, member_id: int, *, now: datetime
) -> bytes | None:
    """Read a member's own archive, as long as it is kept."""
    found: bytes | None = await tx.fetchval(
        "SELECT content FROM account_jobs WHERE id = $1 AND member_id = $2 "
        "AND kind = 'export' AND state = 'done' AND expires_at > $3",
        job_id,
        member_id,
        now,
    )
    return found


async def forget(tx: Transaction, *, now: datetime) -> None:
    """Drop what was made or brought, once it is over."""
    await tx.execute(
        "UPDATE account_jobs SET content = NULL WHERE expires_at <= $1 AND content IS NOT NULL",
        now,
    )


async def forget_member(tx: Transaction, member_id: int) -> None:
    """Drop all archives of a member who goes."""
    await tx.execute(
        "DELETE FROM account_jobs WHERE member_id = $1 AND kind <> 'ending'", member_id
    )


async def keep(tx: Transaction, job_id: int, content: bytes, *, due_at: datetime) -> None:
    """Write down what is left of a job, and let others have their turn before it."""
    await tx.execute(
        "UPDATE account_jobs SET content = $2, due_at = $3 WHERE id = $1",
        job_id,
        content,
        due_at,
    )
    await tx.execute("NOTIFY accounts")
