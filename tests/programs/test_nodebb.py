"""Categories on NodeBB: an object by itself, then its activity; ids with fragments; topics."""

from collections.abc import AsyncIterator

import pytest

from schemas.wire.vocabulary import PUBLIC
from server.storage.embedded import Cluster
from tests.programs import stories
from tests.programs.habits import NODEBB
from tests.programs.stories import Neighbour, neighbour


@pytest.fixture(scope="module")
async def tower(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, NODEBB, NODEBB) as scene:
        yield scene


async def test_a_topic_comes_as_its_context_lists_it(tower: Neighbour) -> None:
    program = tower.program
    group = program.group("ropes", tower.warden)
    topic = program.url("/topic/90")
    first = program.starter(tower.rosa, group.uri, "How often?", context=topic)
    second = program.reply(tower.rosa, group.uri, first["id"], context=topic)
    listed = {"type": "OrderedCollection", "totalItems": 2, "attributedTo": group.uri}
    program.publish({"id": topic, **listed, "orderedItems": [first["id"], second["id"]]})
    outbox = {"id": f"{group.uri}/outbox", "type": "OrderedCollection", "totalItems": 1}

    created = program.created(tower.rosa, first)
    await stories.what_was_said_before_comes(
        tower, group, outbox | {"orderedItems": [created]}, "How often?"
    )

    assert await tower.world.facts(second["id"])


async def test_an_object_by_itself_and_its_activity_are_one_thread(tower: Neighbour) -> None:
    program, group = tower.program, tower.group
    said = program.starter(
        tower.rosa, group.uri, "Twice told", to=[PUBLIC], cc=[f"{tower.rosa.uri}/followers"]
    )

    bare = await program.announces(group, said)
    whole = await program.announces(group, program.created(tower.rosa, said))

    assert (bare.state, whole.state) == ("done", "done")
    assert (await tower.world.titles(group)).count("Twice told") == 1


async def test_a_third_host_is_believed_by_its_own_word_only(tower: Neighbour) -> None:
    await stories.a_third_host_is_believed_by_its_own_word(tower)


async def test_all_that_a_member_does_is_taken(tower: Neighbour) -> None:
    await stories.all_that_a_member_does_is_taken(tower)


async def test_an_accepted_answer_is_told_without_what_it_drops(tower: Neighbour) -> None:
    await stories.an_accepted_answer_is_told(tower, "Like", "Update")


async def test_what_comes_back_is_ours_still(tower: Neighbour) -> None:
    await stories.what_comes_back_is_ours_still(tower)


async def test_votes_of_its_own_people_count_and_those_of_others_do_not(
    tower: Neighbour,
) -> None:
    await stories.only_proven_votes_count(tower)


async def test_its_moderators_remove(tower: Neighbour) -> None:
    await stories.a_moderator_removes_and_restores(tower)


async def test_a_report_reaches_those_who_keep_it(tower: Neighbour) -> None:
    await stories.a_report_reaches_those_who_keep_it(tower)


async def test_a_member_leaves(tower: Neighbour) -> None:
    await stories.a_member_leaves(tower)
