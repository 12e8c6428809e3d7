"""Origins of every fault that we ask for an actor, a key, a post or threads: others go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Final

import pytest
from typing_extensions import override

from schemas.records import AgencyState
from server.services import backfill, discovery
from server.storage import agencies, communities
from server.storage.embedded import Cluster
from server.workers.backfill import fill_due
from server.workers.inbox import process_forever
from tests.door import Sender
from tests.faults.kinds import FAULTS, HASTY, nothing_left, under_way, until
from tests.inbox_scene import Outcome, Scene, opened
from tests.instance import Browser

#: What they say is wrong for good; of the others we could not find out.
_LIES: Final = frozenset({"circles", "endless"})
_ASKED: Final = frozenset({"asks-for-time", "shut-for-now"})
_SLOW: Final = frozenset({"hangs", "drips"})
_KINDS: Final = ("actor", "key", "post", "outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting(Scene):
    """The scene with its worker at work all the time: who sends waits for no effect."""

    @override
    async def work(self) -> None:
        self.here.wake()

    async def settled(self, sender: Sender, activity: Any) -> str:
        """Send, and wait until it was tried once; give its state."""
        outcome = await self.deliver(sender, activity)
        assert outcome.status == 202, outcome
        await self.comes_to(activity, "state <> 'waiting' OR attempts > 0")
        [(state,)] = await self.fetch(
            "SELECT state FROM inbox_events WHERE activity_uri = $1", activity["id"]
        )
        return str(state)

    async def comes_to(self, activity: Any, condition: str) -> None:
        """Wait until a condition holds for an activity that was received."""

        async def holds() -> object:
            self.here.wake()
            return await self.fetch(
                f"SELECT 1 FROM inbox_events WHERE activity_uri = $1 AND ({condition})",  # noqa: S608 -- of our own
                activity["id"],
            )

        await until(holds, condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The scene; bob of ours belongs to `roads` of far, where sten posts; ada is of health."""

    scene: Posting
    bob: Browser
    roads: Sender
    sten: Sender
    ada: Sender

    async def others_go_on(self) -> None:
        """Open a page, and let an honest agency's activity have its effect."""
        page = await self.scene.here.browser().get("/about")
        assert page.status == 200
        await self.does(self.sten, "Follow", f"{self.scene.here.origin}/@bob")

    async def does(self, sender: Sender, kind: str, about: object) -> None:
        """Send what has its effect."""
        activity = self.scene.activity(sender, kind, about)
        assert await self.scene.settled(sender, activity) == "done"


@pytest.fixture(scope="module")
async def world(cluster: Cluster) -> AsyncIterator[World]:
    async with opened(cluster, limits=HASTY) as scene:
        bob = await scene.here.member_browser("bob")
        async with scene.here.database.transaction("test") as tx:
            for kind in _KINDS:
                for fault in FAULTS:
                    host = scene.peer.authority(f"{kind}-{fault}")
                    await agencies.decide(
                        tx, host, AgencyState.ADMITTED, by=None, reason="", now=scene.here.now()
                    )
        posting = Posting(**{each.name: getattr(scene, each.name) for each in fields(scene)})
        sten = scene.sender("far", "sten")
        roads = scene.group("far", "roads", sten)
        world = World(
            scene=posting, bob=bob, roads=roads, sten=sten, ada=scene.sender("health", "ada")
        )
        working = asyncio.create_task(process_forever(scene.here.context))
        asked = await scene.join_elsewhere("bob", roads)
        await world.does(roads, "Accept", asked)
        await world.does(sten, "Follow", f"{scene.here.origin}/@bob")
        yield world
        working.cancel()
        await asyncio.wait({working})


def spoils(scene: Scene, url: str, fault: str) -> None:
    scene.peer.tells(url, FAULTS[fault](url))


async def meanwhile(
    waiting: Awaitable[Any], fault: str, others: Callable[[], Awaitable[object]]
) -> Any:
    """Do something else while one waits for a faulty peer; the others are done first."""
    task = asyncio.ensure_future(waiting)
    await others()
    assert fault not in _SLOW or not task.done()
    return await task


@pytest.mark.parametrize("fault", FAULTS)
async def test_who_is_at_a_faulty_peer_is_not_found_until_it_is_well(
    world: World, fault: str
) -> None:
    scene, host = world.scene, f"actor-{fault}"
    handle = f"ada@{scene.peer.authority(host)}"
    scene.peer.webfingers(handle, scene.peer.url(host, "/@ada"))
    ada = scene.sender(host, "ada")
    spoils(scene, ada.uri, fault)
    before = under_way()

    found = await meanwhile(
        discovery.look_up(scene.here.context, f"@{handle}", may_fetch=True),
        fault,
        world.others_go_on,
    )

    assert found is None
    assert await scene.fetch("SELECT 1 FROM actors WHERE uri = $1", ada.uri) == []
    await nothing_left(before, scene.here)
    scene.sender(host, "ada")
    page = await world.bob.get(f"/find?q=@{handle}")
    assert (page.status, page.path) == (200, f"/@{handle}")


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_key_at_a_faulty_peer_takes_nothing_in_until_it_is_there(
    world: World, fault: str
) -> None:
    scene = world.scene
    ada = scene.sender(f"key-{fault}", "ada")
    follow = scene.activity(ada, "Follow", f"{scene.here.origin}/@bob")
    spoils(scene, ada.uri, fault)
    before = under_way()

    outcome = await meanwhile(scene.deliver(ada, follow), fault, world.others_go_on)

    refused = "key-refused" if fault in _LIES else "key-unreachable"
    status = 401 if fault in _LIES else 503
    assert outcome == Outcome(status=status, refused=refused)
    count = "SELECT count(*) FROM inbox_events WHERE actor_uri = $1"
    assert await scene.fetch(count, ada.uri) == [(0,)]
    await nothing_left(before, scene.here)

    scene.sender(f"key-{fault}", "ada")
    scene.clock.turn(timedelta(minutes=11))
    for _ in range(2):
        assert await scene.settled(ada, follow) == "done"
    assert await scene.fetch(count, ada.uri) == [(1,)]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_post_at_a_faulty_peer_comes_once_and_nobody_waits_for_it(
    world: World, fault: str
) -> None:
    scene = world.scene
    ada = scene.sender(f"post-{fault}", "ada")
    post = scene.post(ada, world.roads.uri)
    spoils(scene, post["id"], fault)
    before = under_way()
    create = scene.activity(ada, "Create", post)
    announce = scene.activity(world.roads, "Announce", create)

    told = await meanwhile(scene.settled(world.roads, announce), fault, world.others_go_on)

    assert told == ("ignored" if fault in _LIES else "waiting")
    assert await scene.facts(post["id"]) is None
    await nothing_left(before, scene.here)
    scene.peer.publishes(post["id"], **post)
    if fault in _ASKED:
        scene.clock.turn(timedelta(seconds=119))
        later = "SELECT next_at > $2 FROM inbox_events WHERE activity_uri = $1"
        assert await scene.fetch(later, announce["id"], scene.here.now()) == [(True,)]
    scene.clock.turn(timedelta(seconds=10))
    if fault in _LIES:
        # That is settled; its community passes it on again, or lists it.
        await world.does(world.roads, "Announce", scene.activity(ada, "Create", post))
    else:
        await scene.comes_to(announce, "state = 'done'")
    assert await scene.fetch("SELECT count(*) FROM posts WHERE uri = $1", post["id"]) == [(1,)]


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_threads_of_a_faulty_peer_are_fetched_when_it_is_well(
    world: World, fault: str
) -> None:
    scene = world.scene
    before = under_way()
    ill, honest = [await _joins(world, host) for host in (f"outbox-{fault}", "parks")]
    spoils(scene, f"{ill.uri}/outbox", fault)

    async def honest_is_filled() -> None:
        await until(lambda: _titles(scene, honest), "an honest community waits")

    await meanwhile(fill_due(scene.here.context), fault, honest_is_filled)

    assert await _titles(scene, ill) == []
    state = "refused" if fault in _LIES else "waiting"
    assert await _listing(scene, ill) == state
    await nothing_left(before, scene.here)
    _lists(scene, ill)
    if fault in _LIES:
        # Nobody asks again by itself; somebody who joins does.
        await _ask_again(scene, ill)
    scene.clock.turn(timedelta(minutes=5))
    while await fill_due(scene.here.context):
        pass
    assert await _titles(scene, ill) == ["A title", "A title"]
    assert await _listing(scene, ill) == "done"


async def _joins(world: World, host: str) -> Sender:
    """Let bob belong to a community that lists two threads in its outbox."""
    scene = world.scene
    name = f"trees{next(scene.numbers)}"
    group = scene.group(host, name)
    group = replace(group, document=group.document | {"outbox": f"{group.uri}/outbox"})
    scene.peer.publishes(group.uri, **group.document)
    _lists(scene, group)
    asked = await scene.join_elsewhere("bob", group)
    await world.does(group, "Accept", asked)
    return group


def _lists(scene: Scene, group: Sender) -> None:
    host = group.uri.partition("://")[2].partition(".")[0]
    writer = scene.sender(host, "writer")
    threads = [scene.post(writer, group.uri) for _ in range(2)]
    scene.peer.publishes(
        f"{group.uri}/outbox",
        type="OrderedCollection",
        orderedItems=[thread["id"] for thread in threads],
    )


async def _titles(scene: Scene, group: Sender) -> list[str]:
    rows = await scene.fetch(
        "SELECT p.title FROM posts p JOIN actors c ON c.id = p.community_id WHERE c.uri = $1",
        group.uri,
    )
    return [row[0] for row in rows]


async def _listing(scene: Scene, group: Sender) -> str:
    [(state,)] = await scene.fetch(
        "SELECT b.state FROM backfills b JOIN actors c ON c.id = b.community_id "
        "WHERE c.uri = $1",
        group.uri,
    )
    return str(state)


async def _ask_again(scene: Scene, group: Sender) -> None:
    async with scene.here.database.transaction("test") as tx:
        community = await communities.find_by_uri(tx, group.uri)
        assert community is not None
        await backfill.want(tx, scene.here.context, community, whole=True)
