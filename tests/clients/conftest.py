"""One agency whose members use clients."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import Role
from server.storage.embedded import Cluster
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running


@pytest.fixture(scope="module")
async def transport(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "transport", clock=TurnedClock(), work=False) as instance:
        await instance.member("amina", Role.STEWARD)
        await instance.member("ben")
        yield instance


@pytest.fixture(scope="module")
async def amina(transport: Instance) -> Program:
    return await program_of(transport, "amina")


@pytest.fixture(scope="module")
async def ben(transport: Instance) -> Program:
    return await program_of(transport, "ben")


@pytest.fixture(scope="module")
async def guest(transport: Instance) -> Program:
    return opened(transport, Program(transport.origin))
