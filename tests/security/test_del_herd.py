"""DEL-16: what everybody is told of at the same moment, we ask for in our own time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server.storage.embedded import Cluster
from tests.inbox_scene import Outcome, Town, populated

WAITS = Outcome(status=202, state="waiting", reason="not-our-turn")


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def test_del_16_a_strangers_server_is_asked_some_of_a_minute_later(town: Town) -> None:
    scene = town.scene
    told = scene.post(town.cleo, town.roads.uri)
    announced = [scene.activity(town.roads, "Announce", told["id"]) for _ in range(6)]
    before = scene.asked("health")

    at_once = [await scene.deliver(town.roads, each, patient=False) for each in announced]
    waits = await scene.fetch(
        "SELECT next_at - received_at FROM inbox_events WHERE reason = 'not-our-turn'"
    )
    nobody_asked = scene.asked("health") == before
    scene.clock.turn(timedelta(seconds=61))
    await scene.work()
    states = await scene.fetch(
        "SELECT state, reason FROM inbox_events WHERE activity_uri = ANY($1)",
        [each["id"] for each in announced],
    )

    assert at_once == [WAITS] * 6
    assert nobody_asked
    assert all(timedelta(seconds=1) <= wait <= timedelta(seconds=60) for (wait,) in waits)
    assert len({wait for (wait,) in waits}) > 1
    # Six told us of it, and are looked at together: those who come while it is being fetched
    # wait for that, and once it is here nobody is asked.
    assert len(scene.asked("health")) - len(before) == 1
    assert states == [("done", "")] * 6
    assert await scene.words(told["id"]) == "<p>As it was written.</p>"


async def test_del_16_a_community_is_asked_for_its_own_at_once(town: Town) -> None:
    scene = town.scene
    told = scene.post(town.sten, town.roads.uri)

    outcome = await scene.send(town.roads, "Announce", told["id"])

    assert outcome == Outcome(status=202, state="done")


async def test_del_16_whoever_boosts_makes_us_ask_nobody(town: Town) -> None:
    scene = town.scene
    told = scene.post(town.cleo, town.roads.uri)
    before = len(scene.peer.requests)

    outcomes = [
        await scene.send(each, "Announce", told["id"])
        for each in (town.ada, town.nils, town.mallory)
    ]
    scene.clock.turn(timedelta(minutes=2))
    await scene.work()

    assert {each.reason for each in outcomes} == {"announce-of-no-community"}
    assert len(scene.peer.requests) == before


async def test_del_16_links_in_a_post_are_not_followed(town: Town) -> None:
    """There are no previews: whoever clicks asks for a popular page, and no server."""
    scene = town.scene
    link = scene.peer.url("popular", "/page")
    told = scene.post(
        town.sten,
        town.roads.uri,
        content=f'<p><a href="{link}">{link}</a></p>',
        attachment=[{"type": "Link", "href": link}, {"type": "Image", "url": link}],
        image={"type": "Image", "url": link},
    )

    outcome = await scene.send(
        town.roads, "Announce", scene.activity(town.sten, "Create", told)
    )

    assert outcome.state == "done"
    assert scene.asked("popular") == []
