"""Peers that hang, drip, reset, lie or never end while they send to us: others are served."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

import pytest

from server.storage.embedded import Cluster
from tests.door import Sender
from tests.faults.kinds import nothing_left, under_way, until
from tests.faults.senders import IMPATIENT, WAYS, heard, letter
from tests.inbox_scene import Outcome, Scene, opened

#: How many of them there are at a time.
_CROWD: Final = 6
#: What each is told before we hang up; "" for whoever cannot be told, or asked nothing yet.
_TOLD: Final = {
    "hangs": "503 body-too-slow",
    "drips": "503 body-too-slow",
    "drips-its-head": "",
    "never-ends-its-head": "",
    "says-nothing": "",
    "resets": "",
    "goes": "",
    "endless": "413 body-too-large",
    "never-ends-its-chunks": "503 body-too-slow",
    "claims-more": "503 body-too-slow",
    "claims-less": "400 ",  # what follows is no request, and so neither is taken
}
#: They are still at it when everybody else has been served.
_SLOW: Final = frozenset({"hangs", "drips", "never-ends-its-head", "claims-more"})


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    async with opened(cluster, patience=IMPATIENT) as scene:
        await scene.here.member("bob")
        yield scene


@pytest.mark.parametrize("way", WAYS)
async def test_who_sends_badly_is_hung_up_on_and_everybody_else_is_served(
    scene: Scene, way: str
) -> None:
    bad, honest = scene.sender("evil", f"m{way}"), scene.sender("health", "ada")
    bob = f"{scene.here.origin}/@bob"
    assert await _does(scene, honest, bob) == Outcome(status=202, state="done")
    before, lines = under_way(), _connections()

    faulty = [
        asyncio.ensure_future(
            heard(scene.here, way, letter(scene.here, bad, _said(scene, bad, bob)))
        )
        for _ in range(_CROWD)
    ]
    beside = await _does(scene, honest, bob)
    still = [task for task in faulty if not task.done()]
    answers = await asyncio.gather(*faulty)

    assert beside == Outcome(status=202, state="done")
    assert way not in _SLOW or len(still) == _CROWD
    assert {_told(answer) for answer in answers} == {_TOLD[way]}
    count = "SELECT count(*) FROM inbox_events WHERE actor_uri = $1"
    assert await scene.fetch(count, bad.uri) == [(0,)]
    assert await scene.edge(bad.uri, bob) is None
    await nothing_left(before, scene.here)

    async def all_are_closed() -> bool:
        return _connections() <= lines

    await until(all_are_closed, "a connection is left")
    # What was sent badly may be sent well: nothing was held against it.
    again = await scene.deliver(bad, _said(scene, bad, bob))
    assert (again.status, again.state) == (202, "done")


def _said(scene: Scene, sender: Sender, about: str) -> object:
    return scene.activity(sender, "Follow", about)


async def _does(scene: Scene, sender: Sender, about: str) -> Outcome:
    return await scene.deliver(sender, _said(scene, sender, about))


def _told(answer: bytes) -> str:
    """Give the status and the reason of the first answer."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head:
        return ""
    status = head.split()[1].decode()
    reason = rest.partition(b'"error":"')[2].partition(b'"')[0].decode()
    return f"{status} {reason}"


def _connections() -> int:
    """Count whom we are connected with: each has a task, in this loop."""
    names = Counter(
        getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()
    )
    return names["RequestHandler.start"]
