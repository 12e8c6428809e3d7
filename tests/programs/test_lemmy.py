"""Communities on Lemmy: followed, read, written in, moderated; it takes all we send."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.programs import stories
from tests.programs.habits import LEMMY
from tests.programs.stories import Neighbour, neighbour, outbox_of


@pytest.fixture(scope="module")
async def orchard(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, LEMMY, LEMMY) as scene:
        yield scene


async def test_what_was_said_before_we_came_comes(orchard: Neighbour) -> None:
    group = orchard.program.group("hives", orchard.warden)
    said = [
        orchard.program.starter(orchard.rosa, group.uri, title)
        for title in ("Moving a hive", "Wintering")
    ]
    outbox = outbox_of(orchard.program, group, orchard.rosa, *said)
    await stories.what_was_said_before_comes(
        orchard, group, outbox, "Moving a hive", "Wintering"
    )


async def test_a_third_host_is_believed_by_its_own_word_only(orchard: Neighbour) -> None:
    await stories.a_third_host_is_believed_by_its_own_word(orchard)


async def test_all_that_a_member_does_is_taken(orchard: Neighbour) -> None:
    await stories.all_that_a_member_does_is_taken(orchard)


async def test_an_accepted_answer_is_told_without_what_it_refuses(orchard: Neighbour) -> None:
    await stories.an_accepted_answer_is_told(orchard, "Like", "Update")


async def test_what_comes_back_is_ours_still(orchard: Neighbour) -> None:
    await stories.what_comes_back_is_ours_still(orchard)


async def test_votes_of_its_own_people_count_and_those_of_others_do_not(
    orchard: Neighbour,
) -> None:
    await stories.only_proven_votes_count(orchard)


async def test_strangers_rule_nothing(orchard: Neighbour) -> None:
    await stories.strangers_rule_nothing(orchard)


async def test_its_moderators_lock_pin_and_remove(orchard: Neighbour) -> None:
    await stories.a_moderator_locks_and_opens(orchard)
    await stories.a_moderator_pins_and_unpins(orchard)
    await stories.a_moderator_removes_and_restores(orchard)


async def test_whom_it_puts_out_writes_there_no_more(orchard: Neighbour) -> None:
    await stories.whom_it_puts_out_writes_there_no_more(orchard)


async def test_a_report_reaches_those_who_keep_it_and_is_resolved(orchard: Neighbour) -> None:
    flag = await stories.a_report_reaches_those_who_keep_it(orchard)
    await stories.those_who_keep_it_are_done_with_it(orchard, flag)


async def test_a_member_leaves(orchard: Neighbour) -> None:
    await stories.a_member_leaves(orchard)
