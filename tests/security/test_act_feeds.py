"""ACT-01, ACT-08, ORI-16: nobody but a Feed itself changes what is in it."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import Actor
from server.services import discovery, feed_following
from server.storage import community_feeds
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


@pytest.fixture
async def feed(town: Town) -> Sender:
    return await _followed(town, f"feed{next(town.scene.numbers)}")


async def _followed(town: Town, name: str, **more: object) -> Sender:
    """A Feed at `far`, with `roads` in it, that bob follows and which let him."""
    scene = town.scene
    uri = scene.peer.url("far", f"/@{name}")
    following = f"{uri}/following"
    scene.peer.publishes(following, type="Collection", totalItems=1, items=[town.roads.uri])
    told = {"following": following, "followers": f"{uri}/followers"} | more
    feed = scene.sender("far", name, "Feed", **told)
    found = await discovery.find_or_fetch_actor(scene.here.context, feed.uri)
    await feed_following.follow(scene.here.context, await scene.signed_in("bob"), found.id)
    rows = await scene.fetch("SELECT uri FROM follows WHERE target_id = $1", found.id)
    await done(scene, feed, "Accept", rows[0][0])
    return feed


async def _listed(town: Town, feed: Sender) -> list[str]:
    found = await discovery.find_or_fetch_actor(town.scene.here.context, feed.uri)
    assert isinstance(found, Actor)
    async with town.scene.here.database.reading() as tx:
        return [each.uri for each in await community_feeds.entries(tx, found.id)]


@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_act_08_a_stranger_changes_no_feed(town, feed, kind):
    scene, target = town.scene, f"{feed.uri}/following"

    for who in (town.mallory, town.sten):
        await ignored(scene, who, kind, town.roads.uri, target=target)
    for who in (town.mallory, town.sten, town.roads):
        inner = scene.activity(who, kind, town.roads.uri, target=target)
        await ignored(scene, who, "Announce", inner)

    assert await _listed(town, feed) == [town.roads.uri]


async def test_act_08_a_feed_passes_on_no_change_by_another(town, feed):
    scene = town.scene
    inner = scene.activity(town.sten, "Remove", town.roads.uri, target=f"{feed.uri}/following")

    assert await ignored(scene, feed, "Announce", inner) == "feed-change-of-another"
    assert await _listed(town, feed) == [town.roads.uri]


async def test_act_08_a_feed_changes_no_list_but_its_own(town, feed):
    scene, other = town.scene, await _followed(town, "neighbour")
    inner = scene.activity(feed, "Remove", town.roads.uri, target=f"{other.uri}/following")

    assert await ignored(scene, feed, "Announce", inner) == "feed-change-elsewhere"
    assert await _listed(town, other) == [town.roads.uri]


async def test_act_08_a_feed_that_nobody_here_follows_is_not_heard(town):
    scene = town.scene
    feed = scene.sender("far", "unheard", "Feed", following=f"{town.roads.uri}/following")
    inner = scene.activity(feed, "Add", town.roads.uri, target=f"{town.roads.uri}/following")

    assert await ignored(scene, feed, "Announce", inner) == "feed-without-followers-here"


async def test_act_01_an_update_of_a_feed_from_elsewhere_makes_us_look_nowhere(town, feed):
    scene, before = town.scene, len(town.scene.asked("far"))
    told = feed.document | {"name": "Taken over"}

    assert await ignored(scene, town.mallory, "Update", told) == "update-of-another"
    assert len(scene.asked("far")) == before


async def test_act_01_an_update_of_a_feed_by_a_neighbour_shows_what_the_feed_says(town, feed):
    scene = town.scene
    told = feed.document | {"name": "Taken over", "following": f"{town.sten.uri}/following"}

    await done(scene, town.sten, "Update", told)

    assert await _listed(town, feed) == [town.roads.uri]
    rows = await scene.fetch(
        "SELECT display_name FROM actors WHERE uri = $1 AND display_name = 'Taken over'",
        feed.uri,
    )
    assert rows == []


async def test_act_01_an_update_of_a_feed_that_nobody_here_knows_is_ignored(town):
    unknown = {"id": town.scene.peer.url("far", "/@unknown"), "type": "Feed"}

    assert await ignored(town.scene, town.sten, "Update", unknown) == "feed-unknown"


async def test_ori_16_a_list_of_another_origin_is_not_a_feeds_list(town):
    scene = town.scene
    elsewhere = scene.peer.url("evil", "/@trap/following")
    scene.peer.publishes(elsewhere, type="Collection", totalItems=1, items=[town.roads.uri])

    feed = await _followed(town, "lured", following=elsewhere)

    assert await _listed(town, feed) == []
    assert not [path for path in scene.asked("evil") if "/trap/" in path]
