"""Which use case does a job that a member asked for."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from server.context import Context
from server.services import ending, exporting, taking_in
from server.storage.account_jobs import Job, JobKind

_WORK: Final[Mapping[JobKind, Callable[[Context, Job], Awaitable[None]]]] = {
    JobKind.EXPORT: exporting.work_on,
    JobKind.IMPORT: taking_in.work_on,
    JobKind.ENDING: ending.work_on,
}


async def work_on(context: Context, job: Job) -> None:
    """Go on with a job; what is done of it is written down on the way."""
    await _WORK[job.kind](context, job)
