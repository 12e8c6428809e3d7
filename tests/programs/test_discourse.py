"""Categories on Discourse: eight verbs, topics announced whole, one that follows ours."""

from collections.abc import AsyncIterator

import pytest

from schemas.wire.vocabulary import PUBLIC
from server.storage.embedded import Cluster
from tests.programs import stories
from tests.programs.habits import DISCOURSE
from tests.programs.stories import Neighbour, neighbour


@pytest.fixture(scope="module")
async def lantern(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, DISCOURSE, DISCOURSE) as scene:
        yield scene


async def test_a_topic_that_is_announced_whole_comes_post_by_post(lantern: Neighbour) -> None:
    program, group = lantern.program, lantern.group
    topic = program.url("/ap/collection/14")
    first = program.starter(lantern.rosa, group.uri, "Which wick?", context=topic)
    second = program.reply(lantern.rosa, group.uri, first["id"], context=topic)
    whole = {
        "id": topic,
        "type": "OrderedCollection",
        "name": "Which wick?",
        "attributedTo": group.uri,
        "totalItems": 2,
        "orderedItems": [first, second],
    }

    outcome = await program.announces(group, whole)

    assert outcome.state == "done"
    assert "Which wick?" in await lantern.world.titles(group)
    assert await lantern.world.facts(second["id"])


async def test_a_third_host_is_believed_by_its_own_word_only(lantern: Neighbour) -> None:
    await stories.a_third_host_is_believed_by_its_own_word(lantern)


async def test_all_that_a_member_does_is_taken(lantern: Neighbour) -> None:
    await stories.all_that_a_member_does_is_taken(lantern)


async def test_an_accepted_answer_is_told_in_what_verbs_it_has(lantern: Neighbour) -> None:
    await stories.an_accepted_answer_is_told(lantern, "Like", "Update")


async def test_what_comes_back_is_ours_still(lantern: Neighbour) -> None:
    await stories.what_comes_back_is_ours_still(lantern)


async def test_a_report_that_it_has_no_verb_for_stays_here(lantern: Neighbour) -> None:
    await stories.a_report_stays_here(lantern)


async def test_a_member_leaves(lantern: Neighbour) -> None:
    await stories.a_member_leaves(lantern)


async def test_a_category_that_follows_ours_gets_what_it_has_verbs_for(
    lantern: Neighbour,
) -> None:
    world, program, category = lantern.world, lantern.program, lantern.group
    follow = program.act(category, "Follow", world.plaza.uri, to=[world.plaza.uri])
    assert (await program.sends(category, follow)).state == "done"
    assert await program.kinds_taken() == ["Accept Follow"]

    question = await world.asks(world.plaza.id, "What is a lumen?")

    [announce] = await program.taken()
    assert (announce["type"], announce["object"]["type"]) == ("Announce", "Create")
    assert PUBLIC in announce["to"]
    assert announce["object"]["object"]["id"] == question.uri
