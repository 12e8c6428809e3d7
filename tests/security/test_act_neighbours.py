"""ACT-03, ACT-08, ACT-19: neighbours and strangers make nothing go, and us ask nobody."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


# ACT-03, ACT-19


async def test_act_19_a_neighbour_keeps_no_question_from_being_asked(town):
    told = town.scene.post(town.ada, town.plaza.uri)

    reason = await ignored(town.scene, town.nils, "Delete", told["id"])
    await done(town.scene, town.ada, "Create", told)

    assert reason == "not-theirs-to-delete"
    facts = await town.scene.facts(told["id"])
    assert facts is not None
    assert facts.deleted_at is None


@pytest.mark.parametrize("origin", ["gone", "still-there"])
async def test_act_19_what_its_author_deleted_before_it_came_does_not_come(town, origin):
    told = town.scene.post(town.ada, town.plaza.uri)
    if origin == "gone":
        town.scene.withdraws(told["id"])

    await done(town.scene, town.ada, "Delete", told["id"])
    await done(town.scene, town.ada, "Delete", told["id"])

    assert await ignored(town.scene, town.ada, "Create", told) == "post-deleted"
    assert await town.scene.facts(told["id"]) is None


async def test_act_03_whoever_is_nobodys_fellow_makes_us_look_nowhere(town):
    stranger = town.scene.sender("evil", "stranger")

    reason = await ignored(town.scene, stranger, "Delete", f"{stranger.uri}/posts/1")

    assert reason == "not-theirs-to-delete"
    assert not [path for path in town.scene.asked("evil") if "/posts/" in path]


# ACT-08


@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_act_08_a_strangers_word_about_stewards_makes_us_ask_nobody(town, kind):
    victim = town.scene.sender("victim", "vera")

    for target in (town.plaza.actor.moderators, f"{town.roads.uri}/moderators"):
        await ignored(town.scene, town.mallory, kind, victim.uri, target=target)

    assert town.scene.asked("victim") == []


async def test_act_08_a_stewards_word_names_somebody_whom_we_do_not_know_yet(town):
    newcomer = town.scene.sender("parks", "newcomer")
    inner = town.scene.activity(
        town.sten, "Add", newcomer.uri, target=f"{town.roads.uri}/moderators"
    )

    await done(town.scene, town.roads, "Announce", inner)

    rows = await town.scene.fetch(
        "SELECT count(*) FROM stewards s JOIN actors a ON a.id = s.actor_id WHERE a.uri = $1",
        newcomer.uri,
    )
    assert rows[0][0] == 1
