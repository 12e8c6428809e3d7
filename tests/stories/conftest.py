"""Three agencies, started once per file, admitted to each other, on one clock."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.instance import Instance, TurnedClock, running


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def agencies(
    cluster: Cluster, clock: TurnedClock
) -> AsyncIterator[tuple[Instance, Instance, Instance]]:
    async with (
        running(cluster, "transport", clock=clock) as transport,
        running(cluster, "health", clock=clock) as health,
        running(cluster, "treasury", clock=clock) as treasury,
    ):
        everybody = (transport, health, treasury)
        for each in everybody:
            await each.admit(*(other for other in everybody if other is not each))
        yield everybody


@pytest.fixture(scope="module")
def transport(agencies: tuple[Instance, Instance, Instance]) -> Instance:
    return agencies[0]


@pytest.fixture(scope="module")
def health(agencies: tuple[Instance, Instance, Instance]) -> Instance:
    return agencies[1]


@pytest.fixture(scope="module")
def treasury(agencies: tuple[Instance, Instance, Instance]) -> Instance:
    return agencies[2]
