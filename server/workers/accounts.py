"""Do what members asked for and do not wait for: archives made and read, accounts ended."""

from datetime import timedelta
from typing import Final

import structlog

from federation.errors import FederationError
from server.context import Context
from server.services import account_work
from server.storage import account_jobs
from server.storage.account_jobs import Job
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_IDLE: Final = 5.0  # seconds
_LEASE: Final = timedelta(minutes=10)
_WAIT: Final = timedelta(minutes=5)
_TRIES: Final = 5


async def work_forever(context: Context) -> None:
    while True:
        if not await work_due(context):
            await context.bell.wait(account_jobs.CHANNEL, _IDLE)


async def work_due(context: Context) -> bool:
    """Do some of the job that is due longest; False when there is none."""
    now = context.now()
    async with context.database.transaction("accounts.claim") as tx:
        job = await account_jobs.claim(tx, now=now, lease_until=now + _LEASE)
    if job is None:
        return False
    try:
        await account_work.work_on(context, job)
    except DatabaseAway:
        # Its lease runs out, and the work goes on from where it was written down.
        log.warning("account-job-database-away", job=job.id)
    except FederationError as error:
        log.warning("account-job-waits", job=job.id, kind=job.kind, reason=error.reason)
        await _later(context, job, error.reason)
    except Exception:
        log.exception("account-job-failed", job=job.id, kind=job.kind)
        await _later(context, job, "failed")
    return True


async def _later(context: Context, job: Job, reason: str) -> None:
    """Try again in a while; what failed every time is refused, but an ending never is."""
    now = context.now()
    async with context.database.transaction("accounts.later") as tx:
        if job.attempts + 1 >= _TRIES and job.kind is not account_jobs.JobKind.ENDING:
            await account_jobs.finish(tx, job.id, reason=reason, now=now)
            return
        await account_jobs.put_off(tx, job.id, reason=reason, due_at=now + _WAIT, now=now)
