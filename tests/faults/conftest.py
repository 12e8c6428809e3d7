"""A peer of many faults, and two honest agencies of which one is in more of a hurry."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.faults.kinds import HASTY
from tests.faults.pairs import Pair, acquainted
from tests.hostile_peer import HostilePeer
from tests.instance import TurnedClock, running


@pytest.fixture(scope="module")
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture(scope="module")
async def pair(cluster: Cluster) -> AsyncIterator[Pair]:
    clock = TurnedClock()
    async with (
        running(cluster, "transport", clock=clock, limits=HASTY) as transport,
        running(cluster, "health", clock=clock) as health,
    ):
        yield await acquainted(transport, health, clock)
