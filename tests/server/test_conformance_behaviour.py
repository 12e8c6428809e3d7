"""Items of the conformance list that need an instance and have no other place (wire.md 8)."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import FollowState
from server.storage.embedded import Cluster
from tests.inbox_scene import Outcome, Town, done, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _announces(town: Town) -> int:
    rows = await town.scene.fetch("SELECT count(*) FROM activities WHERE type = 'Announce'")
    return int(rows[0][0])


async def test_conformance_09_what_we_do_not_know_is_kept_as_it_came_and_counted(town):
    told = town.scene.activity(town.ada, "Dance", town.question.uri, steps=[1, 2, 3])
    counter = town.scene.here.context.metrics.refusals.labels("type-not-acted-on")
    before = counter._value.get()  # noqa: SLF001 - a counter gives its value to nobody else

    outcome = await town.scene.deliver(town.ada, told)

    assert outcome == Outcome(status=202, state="ignored", reason="type-not-acted-on")
    [[kind, raw]] = await town.scene.fetch(
        "SELECT type, convert_from(raw, 'UTF8')::json ->> 'steps' FROM inbox_events "
        "WHERE activity_uri = $1",
        told["id"],
    )
    assert (kind, raw) == ("Dance", "[1, 2, 3]")
    assert counter._value.get() == before + 1  # noqa: SLF001 - as above


async def test_conformance_28_a_community_follows_a_public_one_and_no_other(town):
    lanes = town.scene.group("health", "lanes")

    await done(town.scene, lanes, "Follow", town.plaza.uri)
    await done(town.scene, lanes, "Follow", town.cabinet.uri)

    assert await town.scene.edge(lanes.uri, town.plaza.uri) is FollowState.ACCEPTED
    assert await town.scene.edge(lanes.uri, town.cabinet.uri) is None


async def test_conformance_28_two_communities_that_follow_each_other_make_no_loop(town):
    """`roads`, which bob belongs to, follows `plaza`, and passes on what it gets from there."""
    scene = town.scene
    await done(scene, town.roads, "Follow", town.plaza.uri)
    told = scene.post(town.ada, town.plaza.uri)
    create = scene.published(town.ada, "Create", told)
    assert (await scene.deliver(town.ada, create)).state == "done"
    once = await _announces(town)
    ours = scene.activity(town.roads, "Announce", create)

    for inner in (create, told["id"], create["id"]):
        await scene.send(town.roads, "Announce", inner)
    await scene.deliver(town.roads, ours)

    assert await _announces(town) == once
    rows = await scene.fetch("SELECT count(*) FROM posts WHERE uri = $1", told["id"])
    assert rows == [(1,)]
