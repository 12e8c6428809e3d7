"""Agencies list their public communities, and know each other's within the hour."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import quote

import pytest

from schemas.records import AgencyState, Visibility
from server.services import directories
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.inbox_scene import Scene, opened
from tests.reading_house import House, cloned, house


@pytest.fixture
async def health(cluster: Cluster) -> AsyncIterator[House]:
    async with cloned(cluster) as url, house(url, "health") as health:
        await health.community("roads")
        await health.community("cabinet", visibility=Visibility.MEMBERS)
        yield health


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    async with opened(cluster) as scene:
        async with scene.here.database.transaction("test") as tx:
            await agencies.remember_software(
                tx,
                scene.peer.authority("health"),
                software="commonlore",
                version="1",
                name="",
                now=scene.here.now(),
            )
        yield scene


def _lists(scene: Scene, *uris: str) -> str:
    listed = scene.peer.url("health", "/actor/communities")
    scene.peer.publishes(
        listed,
        type="OrderedCollection",
        totalItems=len(uris),
        orderedItems=[{"type": "Group", "id": uri} for uri in uris],
    )
    return listed


async def _known(scene: Scene) -> list[str]:
    rows = await scene.fetch(
        "SELECT a.uri FROM communities c JOIN actors a ON a.id = c.actor_id ORDER BY a.uri"
    )
    return [row[0] for row in rows]


# What we list.


async def test_an_agency_lists_its_public_communities_to_whoever_asks(health):
    agency = (await health.get("/actor")).json

    answer = await health.get(agency["communities"])

    [entry] = answer.json["orderedItems"]
    assert entry["id"].endswith("/c/roads")
    assert (entry["type"], entry["name"]) == ("Group", "The roads practitioners")
    assert entry["tag"] == [{"type": "Object", "name": "Field work"}]
    assert entry["followers"]["totalItems"] == 1
    assert b"cabinet" not in answer.body


async def test_a_list_that_did_not_change_is_not_sent_again(health):
    first = await health.get("/actor/communities")

    again = await health.get("/actor/communities", If_None_Match=first.headers["ETag"])

    assert again.status == 304


async def test_a_list_may_be_of_what_happened_since(health):
    now = health.context.now()

    before = quote((now - timedelta(days=1)).isoformat())
    older = await health.get(f"/actor/communities?since={before}")
    newer = await health.get(f"/actor/communities?since={quote(now.isoformat())}")

    assert (older.json["totalItems"], newer.json["totalItems"]) == (1, 0)
    for broken in ("x", "2026-01-01", "0001-01-01T00:00%2B14:00", f"{before}&since={before}"):
        assert (await health.get(f"/actor/communities?since={broken}")).status == 400


# What we ask for.


async def test_communities_of_an_admitted_agency_are_in_our_directory_within_the_hour(scene):
    first = scene.group("health", "wells")
    _lists(scene, first.uri)
    await directories.ask_due(scene.here.context)
    assert await _known(scene) == [first.uri]

    second = scene.group("health", "bridges")
    listed = _lists(scene, first.uri, second.uri)
    await directories.ask_due(scene.here.context)
    assert await _known(scene) == [first.uri]
    scene.clock.turn(timedelta(hours=1))
    await directories.ask_due(scene.here.context)

    assert await _known(scene) == sorted([first.uri, second.uri])
    path = listed.rpartition("localhost")[2].partition("/")[2]
    assert scene.asked("health").count(f"/{path}") == 2


async def test_an_agency_lists_nobody_elses_communities(scene):
    other = scene.group("far", "wells")
    _lists(scene, other.uri)

    await directories.ask_due(scene.here.context)

    assert await _known(scene) == []
    assert scene.asked("far") == []


async def test_one_community_that_cannot_be_had_does_not_hide_the_others(scene):
    wells = scene.group("health", "wells")
    _lists(scene, scene.peer.url("health", "/@gone"), wells.uri)

    await directories.ask_due(scene.here.context)

    assert await _known(scene) == [wells.uri]


async def test_who_is_not_admitted_or_has_no_list_is_left_alone(scene):
    await directories.ask_due(scene.here.context)
    asked = len(scene.asked("health"))
    assert asked == 1
    async with scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            scene.peer.authority("health"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=scene.here.now(),
        )
    scene.clock.turn(timedelta(hours=2))

    await directories.ask_due(scene.here.context)

    assert len(scene.asked("health")) == asked


async def test_a_list_that_is_none_names_nobody(scene):
    scene.peer.publishes(scene.peer.url("health", "/actor/communities"), type="Note")

    await directories.ask_due(scene.here.context)

    assert await _known(scene) == []
