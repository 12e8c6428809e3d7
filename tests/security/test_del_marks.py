"""DEL-05 for thanks: what was taken back stays taken back, in whatever order it arrives."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest

from server.storage.embedded import Cluster
from server.workers.housekeeping import clean_once
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, populated

_WEEKS: Final = timedelta(days=15)


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _helpful(town: Town) -> int:
    rows = await town.scene.fetch(
        "SELECT count(*) FROM marks m JOIN posts p ON p.id = m.post_id WHERE p.uri = $1",
        town.question.uri,
    )
    return int(rows[0][0])


def _like(town: Town, sender: Sender) -> dict[str, Any]:
    like: dict[str, Any] = town.scene.activity(sender, "Like", town.question.uri)
    return like


async def _announced(town: Town) -> int:
    rows = await town.scene.fetch("SELECT count(*) FROM activities WHERE type = 'Announce'")
    return int(rows[0][0])


async def test_del_05_thanks_that_were_taken_back_before_they_came_are_not_shown(town):
    like, before = _like(town, town.nils), await _helpful(town)
    told = await _announced(town)

    await done(town.scene, town.nils, "Undo", like)
    outcome = await town.scene.deliver(town.nils, like)

    assert outcome.reason == "mark-says-nothing-new"
    assert await _helpful(town) == before
    assert await _announced(town) == told


async def test_del_05_thanks_that_come_again_after_they_were_taken_back_are_not_shown(town):
    like, before = _like(town, town.mallory), await _helpful(town)
    await town.scene.deliver(town.mallory, like)
    assert await _helpful(town) == before + 1

    await done(town.scene, town.mallory, "Undo", like)
    async with town.scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM inbox_events")  # as after two weeks
    await town.scene.deliver(town.mallory, like)

    assert await _helpful(town) == before


async def test_del_05_nobody_takes_back_for_a_neighbour_what_is_still_to_come(town):
    like, before = _like(town, town.mallory), await _helpful(town)
    theirs = town.scene.sender("evil", "neighbour")

    await done(town.scene, theirs, "Undo", like | {"actor": theirs.uri})
    await town.scene.deliver(town.mallory, like)

    assert await _helpful(town) == before + 1


async def test_del_05_what_was_taken_back_twice_is_said_once(town):
    like = _like(town, town.nils)

    await done(town.scene, town.nils, "Undo", like)

    assert await ignored(town.scene, town.nils, "Undo", like) == "undone-already"
    assert await ignored(town.scene, town.nils, "Undo", like | {"id": ""}) == "undone-already"


async def test_del_05_an_id_that_is_gone_at_its_origin_is_enough_to_take_it_back(town):
    like, before = _like(town, town.nils), await _helpful(town)
    town.scene.withdraws(like["id"])

    await done(town.scene, town.nils, "Undo", like["id"])
    await town.scene.deliver(town.nils, like)

    assert await _helpful(town) == before
    assert await ignored(town.scene, town.nils, "Undo", like["id"]) == "undone-already"


async def test_del_05_what_was_taken_back_is_remembered_for_as_long_as_it_may_come_again(town):
    await done(town.scene, town.nils, "Undo", _like(town, town.nils))
    context = town.scene.here.context

    await clean_once(context)
    assert (await town.scene.fetch("SELECT count(*) > 0 FROM undone_marks"))[0][0]
    town.scene.clock.turn(_WEEKS)
    await clean_once(context)

    assert (await town.scene.fetch("SELECT count(*) FROM undone_marks"))[0][0] == 0
