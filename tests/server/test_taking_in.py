"""What an archive lists is asked for in the name of whoever may still ask."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import Visibility
from server.services import accounts, archives, taking_in
from server.services.errors import Conflict
from server.storage import account_jobs, follows
from server.storage.account_jobs import JobKind
from server.workers.accounts import work_due
from tests.reading_house import House, house


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[House]:
    async with house(database_url, "health") as health:
        yield health


@pytest.mark.parametrize("suspended", [False, True])
async def test_nothing_is_asked_for_in_the_name_of_the_suspended(
    here: House, suspended: bool
) -> None:
    roads = await here.community("roads", visibility=Visibility.PUBLIC)
    ola = await here.member("ola")
    listed = archives.table(("Account address", "Address"), [("roads", roads.uri)])
    await taking_in.bring(here.context, ola, archives.packed({"memberships.csv": listed}))
    if suspended:
        async with here.context.database.transaction("test") as tx:
            await accounts.suspend_member(tx, ola.member.id, now=here.context.now())

    await work_due(here.context)

    async with here.context.database.reading() as tx:
        job = await account_jobs.latest(tx, ola.member.id, JobKind.IMPORT)
        belongs = await follows.is_member(tx, roads.id, ola.member.id)
    assert job is not None
    assert (job.state, job.reason, belongs) == (
        ("refused", "suspended", False) if suspended else ("done", "", True)
    )


async def test_one_archive_is_taken_in_at_a_time(here: House) -> None:
    ola = await here.member("ola")
    raw = archives.packed(
        {"memberships.csv": archives.table(("Account address", "Address"), [])}
    )
    await taking_in.bring(here.context, ola, raw)

    with pytest.raises(Conflict) as refused:
        await taking_in.bring(here.context, ola, raw)
    await work_due(here.context)

    assert refused.value.reason == "archive-under-way"
    assert await taking_in.bring(here.context, ola, raw) == 0
