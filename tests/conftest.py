"""One throwaway PostgreSQL for the run; databases are cloned from a migrated template."""

import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from server.storage import migrate
from server.storage.embedded import Cluster

hypothesis_settings.register_profile("default", deadline=None, max_examples=60)
hypothesis_settings.register_profile("fuzz", deadline=None, max_examples=5000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

TEMPLATE = "template_commonlore"


@pytest.fixture(scope="session")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    directory = Path(tmp_path_factory.mktemp("postgresql"))
    cluster = Cluster(directory, durable=False)
    cluster.start()
    await cluster.provision(TEMPLATE)
    await migrate.apply(
        cluster.url(TEMPLATE, f"{TEMPLATE}_owner"),
        app=f"{TEMPLATE}_app",
        audit=f"{TEMPLATE}_audit",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    yield cluster
    cluster.stop()


@pytest.fixture
async def database_url(cluster: Cluster) -> AsyncIterator[str]:
    """URL of a fresh, migrated database, as its app role."""
    name = f"t{secrets.token_hex(6)}"
    await cluster.clone(TEMPLATE, name)
    yield cluster.url(name, f"{TEMPLATE}_app")
    await cluster.drop(name)
