"""Agencies that are gone for days, or come back with an older database: both agree again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from yarl import URL

from server.storage.embedded import Cluster
from server.storage.postgres_programs import SUPERUSER
from server.workers.synchronization import synchronize_due
from tests.faults.pairs import COMMUNITY, acquainted, posts_at
from tests.instance import (
    TEMPLATE,
    Browser,
    Instance,
    TurnedClock,
    cloned,
    free_port,
    living,
    running,
    settle,
)
from tests.stories import life

_AWAY = "SELECT count(*) FROM deliveries WHERE host = $1 AND state = $2"
_EDGES = (
    "SELECT a.uri, c.uri, f.state FROM follows f JOIN actors a ON a.id = f.follower_id "
    "JOIN actors c ON c.id = f.target_id WHERE a.host <> c.host ORDER BY 1, 2"
)
_TWICE = "SELECT uri FROM posts GROUP BY uri HAVING count(*) > 1"


@dataclass(slots=True, kw_only=True)
class World:
    """transport, where sam looks after a community; health, where asha belongs to it.

    health may be gone for a while: its name and its databases stay.
    """

    cluster: Cluster
    clock: TurnedClock
    transport: Instance
    port: int
    url: str
    sam: Browser
    life: AsyncExitStack

    async def live(self) -> Instance:
        return await self.life.enter_async_context(
            living("health", self.url, clock=self.clock, port=self.port)
        )

    async def go(self) -> None:
        await self.life.aclose()

    async def passes(self, *steps: timedelta) -> None:
        """Let time pass while health is gone."""
        for step in steps:
            self.clock.turn(step)
            await settle(self.transport)

    async def count(self, state: str) -> int:
        host = f"health.localhost:{self.port}"
        return int(await life.value(self.transport, _AWAY, host, state))

    async def meet_again(self, health: Instance) -> None:
        """Let a probe go out, and each ask the other what was missed."""
        for step in (timedelta(hours=7), timedelta(minutes=1), timedelta(hours=2)):
            self.clock.turn(step)
            await settle(self.transport, health)
            for each in (self.transport, health):
                await synchronize_due(each.context)
            await settle(self.transport, health)

    async def same(self, health: Instance) -> int:
        # What was asked and taken back while it was gone it need never have had.
        here, there = [
            [post for post in await posts_at(each) if not post[-1]]
            for each in (self.transport, health)
        ]
        assert here == there, set(here) ^ set(there)
        assert await life.rows(self.transport, _EDGES) == await life.rows(health, _EDGES)
        for each in (self.transport, health):
            assert await life.rows(each, _TWICE) == []
        return len(here)


@pytest.fixture
async def world(cluster: Cluster) -> AsyncIterator[World]:
    clock, port = TurnedClock(), free_port()
    async with (
        cloned(cluster) as url,
        running(cluster, "transport", clock=clock) as transport,
        AsyncExitStack() as lives,
    ):
        health = await lives.enter_async_context(living("health", url, clock=clock, port=port))
        pair = await acquainted(transport, health, clock)
        yield World(
            cluster=cluster,
            clock=clock,
            transport=transport,
            port=port,
            url=url,
            sam=pair.sam,
            life=lives,
        )


async def says_much(world: World, name: str) -> None:
    """Ask, change and take back: three activities about one post, and one about another."""
    asked = await life.asks_in(world.sam, COMMUNITY, f"{name} 1", "Why?")
    world.clock.turn(timedelta(minutes=1))
    form = {"title": f"{name} 1", "body": "Twice as long.", "act": "save"}
    await world.sam.submit(f"{asked.path}/edit", form)
    gone = await life.asks_in(world.sam, COMMUNITY, f"{name} 2", "Why?")
    await world.sam.submit(f"{gone.path}/delete")
    kept = await life.asks_in(world.sam, COMMUNITY, f"{name} 3", "Why?")
    assert (asked.status, gone.status, kept.status) == (200, 200, 200)


async def copied(cluster: Cluster, database: str, backup: str) -> None:
    """Copy a database as it is now, with the same roles."""
    connection = await asyncpg.connect(cluster.url("postgres", SUPERUSER))
    try:
        await connection.execute(
            f'CREATE DATABASE "{backup}" TEMPLATE "{database}" OWNER "{TEMPLATE}_owner"'
        )
        await connection.execute(f'GRANT CONNECT ON DATABASE "{backup}" TO "{TEMPLATE}_app"')
    finally:
        await connection.close()


def days(number: int) -> list[timedelta]:
    return [timedelta(hours=8)] * 3 * number


async def test_after_three_days_everything_is_delivered_in_its_order(world: World) -> None:
    await world.go()
    await says_much(world, "Early")
    await world.passes(*days(2))
    await says_much(world, "Late")
    await world.passes(*days(1))
    waiting = await world.count("waiting")
    expired = await world.count("expired")

    health = await world.live()
    await world.meet_again(health)

    assert (waiting, expired) == (12, 0)
    assert (await world.count("waiting"), await world.count("expired")) == (0, 0)
    assert await world.same(health) == 4
    unsettled = "SELECT type FROM inbox_events WHERE state IN ('waiting', 'parked')"
    assert await life.rows(health, unsettled) == []


async def test_after_eight_days_what_was_given_up_is_in_the_ledger_and_comes_anyhow(
    world: World,
) -> None:
    await world.go()
    await says_much(world, "Early")
    await world.passes(*days(8))
    expired = await world.count("expired")

    health = await world.live()
    # The session of a browser has run out by now.
    community = "SELECT id FROM actors WHERE name = $1"
    await life.asks(
        world.transport, "sam", await life.value(world.transport, community, COMMUNITY)
    )
    await world.meet_again(health)

    assert expired == 6
    assert (await world.count("waiting"), await world.count("expired")) == (0, 0)
    assert await world.same(health) == 3


async def test_who_comes_back_with_an_older_database_asks_for_what_it_lost(
    world: World,
) -> None:
    await says_much(world, "Before")
    await settle(world.transport)
    await world.passes(timedelta(hours=1))
    await world.go()
    database = URL(world.url).path.removeprefix("/")
    backup = f"{database}b"
    await copied(world.cluster, database, backup)
    health = await world.live()
    await says_much(world, "Lost")
    await settle(world.transport, health)
    assert await world.same(health) == 4
    await world.go()

    world.url = world.url.replace(database, backup)
    world.clock.turn(timedelta(hours=5))
    health = await world.live()
    await world.meet_again(health)

    assert await world.same(health) == 4
    await world.go()
    await world.cluster.drop(backup)
