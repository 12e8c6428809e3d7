"""What an archive lists is asked for in the name of whoever may still ask."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import Visibility
from server.services import (
    accounts,
    archives,
    filtering,
    listing,
    own_tables,
    people,
    silencing,
    tagging,
    taking_in,
)
from server.services.errors import Conflict
from server.services.filtering import FilterDraft, KeywordDraft
from server.storage import account_jobs, follows
from server.storage.account_jobs import JobKind
from server.storage.filters import Action, Place
from server.storage.lists import Replies
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


async def test_what_is_a_members_own_goes_out_and_comes_back_with_their_archive(
    here: House,
) -> None:
    context = here.context
    ola, kim, pat = [await here.member(name) for name in ("ola", "kim", "pat")]
    await silencing.mute(context, ola, kim.member.id)
    await silencing.block(context, ola, pat.member.id)
    await silencing.block_domain(context, ola, "loud.example")
    await tagging.follow(context, ola, "Bridges")
    made = await listing.add(context, ola, "Rivers", Replies.LIST, exclusive=False)
    await people.follow(context, ola, kim.member.id)
    await listing.fill(context, ola, made.id, [kim.member.id])
    await filtering.add(
        context,
        ola,
        FilterDraft(
            title="Dirt",
            contexts=frozenset({Place.HOME}),
            action=Action.HIDE,
            keywords=(KeywordDraft(keyword="mud"),),
        ),
    )

    files = await own_tables.of_member(context, ola.member.id)
    zoe = await here.member("zoe")
    await taking_in.bring(context, zoe, archives.packed(files))
    await work_due(context)
    again = await own_tables.of_member(context, zoe.member.id)

    same = ("mutes.csv", "blocks.csv", "domain_blocks.csv", "hashtags.csv")
    assert {name: again[name] for name in same} == {name: files[name] for name in same}
    assert b"kim@" in files["mutes.csv"]
    assert b"pat@" in files["blocks.csv"]
    assert b"Rivers,kim@" in files["lists.csv"]
    assert b"Dirt,mud,false,hide,home" in files["filters.csv"]
