"""The database goes away and comes back: pages say so, nothing falls over, nothing is lost."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.records import Role
from server.storage import migrate
from server.storage.embedded import Cluster
from tests.instance import TEMPLATE, Browser, Instance, TurnedClock, running, settle
from tests.stories import life


@pytest.fixture
async def frail(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A PostgreSQL of this story's own, which may be stopped."""
    cluster = Cluster(tmp_path)
    await asyncio.to_thread(cluster.start)
    await cluster.provision(TEMPLATE)
    await migrate.apply(
        cluster.url(TEMPLATE, f"{TEMPLATE}_owner"),
        app=f"{TEMPLATE}_app",
        audit=f"{TEMPLATE}_audit",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    yield cluster
    await asyncio.to_thread(cluster.stop)
    await asyncio.to_thread(shutil.rmtree, cluster.home)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def health(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=clock) as instance:
        yield instance


async def acquainted(transport: Instance, health: Instance) -> tuple[Browser, Browser]:
    """Let sam open a community at transport, and asha of health join it."""
    await health.admit(transport)
    await transport.admit(health)
    sam = await transport.member_browser("sam", Role.STEWARD)
    asha = await health.member_browser("asha")
    steward = await life.finds(transport, f"@sam@{transport.host}")
    await life.opened(transport, steward, "road_safety")
    at = f"road_safety@{transport.host}"
    await asha.get(f"/find?q=!{at}")
    await asha.submit(f"/c/{at}/join")
    await settle(transport, health)
    return sam, asha


async def test_without_its_database_an_instance_says_so_and_recovers_by_itself(
    frail: Cluster, health: Instance, clock: TurnedClock
) -> None:
    async with running(frail, "transport", clock=clock) as transport:
        sam, asha = await acquainted(transport, health)
        at = f"road_safety@{transport.host}"

        await asyncio.to_thread(frail.stop)
        page = await sam.get("/c/road_safety")
        document = await sam.get("/c/road_safety", accept="application/activity+json")
        alive, ready = await sam.get("/healthz"), await sam.get("/readyz")
        asked = await life.asks_in(asha, at, "Are you there?", "I wait.")
        await settle(health)

        for answer in (page, document):
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
        assert "We cannot reach our database right now." in page.text
        assert (alive.status, ready.status) == (200, 503)
        assert asked.status == 200

        await asyncio.to_thread(frail.start)
        for _ in range(3):
            clock.turn(timedelta(hours=1))
            await settle(health)
        await settle(transport, health)

        uri = await life.newest(health, "asha")
        assert (await sam.get("/readyz")).status == 200
        assert (await sam.get("/c/road_safety")).status == 200
        assert await life.thread_at(sam, uri) == await life.thread_at(asha, uri)
        await life.asks_in(sam, "road_safety", "Here I am", "Again.")
        await settle(transport, health)
        back = await life.newest(transport, "sam")
        assert await life.thread_at(sam, back) == await life.thread_at(asha, back)
