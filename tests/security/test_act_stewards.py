"""ACT-21: who is a steward elsewhere is asked anew, once a day, and only when it matters."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest

from server.storage.embedded import Cluster
from tests.hostile_peer import Reply
from tests.inbox_scene import Town, populated

_DAY: Final = timedelta(hours=25)
_HOUR: Final = timedelta(minutes=61)


@pytest.fixture
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def _stewards_are(town: Town, *uris: str) -> str:
    moderators = f"{town.roads.uri}/moderators"
    town.scene.peer.publishes(moderators, type="Collection", items=list(uris))
    return moderators


async def _passes(town: Town, time: timedelta) -> None:
    """Let time pass for what we know of stewards alone: keys grow old, too."""
    async with town.scene.here.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE communities SET stewards_at = stewards_at - $1::interval", time
        )


async def _locks(town: Town) -> str:
    """Have sten, the steward, lock the trip through his community."""
    lock = town.scene.published(town.sten, "Lock", town.trip)
    return (await town.scene.send(town.roads, "Announce", lock)).state


def _asked(town: Town) -> int:
    return town.scene.asked("far").count("/@roads/moderators")


async def test_act_21_a_steward_who_was_dismissed_while_we_were_not_told_locks_nothing(town):
    _stewards_are(town)
    before = _asked(town)
    assert await _locks(town) == "done"

    await _passes(town, _DAY)

    assert await _locks(town) == "ignored"
    assert await _locks(town) == "ignored"
    assert _asked(town) == before + 1


async def test_act_21_stewards_who_cannot_be_asked_for_are_who_they_were_for_an_hour(town):
    town.scene.peer.tells(_stewards_are(town), Reply(status=500))
    before = _asked(town)
    await _passes(town, _DAY)

    assert await _locks(town) == "done"
    assert await _locks(town) == "done"
    assert _asked(town) == before + 1
    _stewards_are(town)
    await _passes(town, _HOUR)

    assert await _locks(town) == "ignored"


async def test_act_21_what_the_community_does_itself_needs_nobody_asked(town):
    await _passes(town, _DAY)
    before = _asked(town)
    lock = town.scene.activity(town.roads, "Lock", town.trip)

    assert (await town.scene.send(town.roads, "Announce", lock)).state == "done"

    assert _asked(town) == before
