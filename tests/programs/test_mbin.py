"""Magazines on Mbin: no threads to fetch, and comments that name no audience."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.programs import stories
from tests.programs.habits import MBIN
from tests.programs.stories import Neighbour, neighbour


@pytest.fixture(scope="module")
async def quarry(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, MBIN, MBIN) as scene:
        yield scene


async def test_an_empty_outbox_is_no_trouble(quarry: Neighbour) -> None:
    group = quarry.program.group("mortar", quarry.warden)
    empty = {"id": f"{group.uri}/outbox", "type": "OrderedCollection", "totalItems": 0}
    await stories.what_was_said_before_comes(quarry, group, empty | {"orderedItems": []})


async def test_a_third_host_is_believed_by_its_own_word_only(quarry: Neighbour) -> None:
    await stories.a_third_host_is_believed_by_its_own_word(quarry)


async def test_all_that_a_member_does_is_taken(quarry: Neighbour) -> None:
    await stories.all_that_a_member_does_is_taken(quarry)


async def test_an_accepted_answer_is_told_without_what_it_drops(quarry: Neighbour) -> None:
    await stories.an_accepted_answer_is_told(quarry, "Like", "Update")


async def test_what_comes_back_is_ours_still(quarry: Neighbour) -> None:
    await stories.what_comes_back_is_ours_still(quarry)


async def test_votes_of_its_own_people_count_and_those_of_others_do_not(
    quarry: Neighbour,
) -> None:
    await stories.only_proven_votes_count(quarry)


async def test_strangers_rule_nothing(quarry: Neighbour) -> None:
    await stories.strangers_rule_nothing(quarry)


async def test_its_moderators_lock_pin_and_remove(quarry: Neighbour) -> None:
    await stories.a_moderator_locks_and_opens(quarry)
    await stories.a_moderator_pins_and_unpins(quarry)
    await stories.a_moderator_removes_and_restores(quarry)


async def test_whom_it_puts_out_writes_there_no_more(quarry: Neighbour) -> None:
    await stories.whom_it_puts_out_writes_there_no_more(quarry)


async def test_a_report_reaches_those_who_keep_it(quarry: Neighbour) -> None:
    await stories.a_report_reaches_those_who_keep_it(quarry)


async def test_a_member_leaves(quarry: Neighbour) -> None:
    await stories.a_member_leaves(quarry)
