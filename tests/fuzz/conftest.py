"""One town for everything that is tried on it."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.fuzz.crowd import Crowd, gathered


@pytest.fixture(scope="package")
async def crowd(cluster: Cluster) -> AsyncIterator[Crowd]:
    async with gathered(cluster) as crowd:
        yield crowd
