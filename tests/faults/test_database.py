"""PostgreSQL slow, stuck and full: whoever asks is told to come again, and nothing is lost."""

import asyncio
import resource
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.storage import migrate
from server.storage.embedded import Cluster
from tests.faults.pairs import COMMUNITY, Pair, acquainted, posts_at
from tests.instance import (
    TEMPLATE,
    Answer,
    Instance,
    TurnedClock,
    cloned,
    living,
    running,
    settle,
)
from tests.stories import life

_SOCKET = ".s.PGSQL.5432"
_PACE = 0.02  # seconds for every message to the database
#: Beyond the longest file that PostgreSQL writes whatever else it does: a segment of its log.
_FILLED = 9_000  # rows of two kilobytes
_MOST_TAKEN = 12


@dataclass(slots=True, kw_only=True)
class Wire:
    """Between us and PostgreSQL: it may be slow, or let nothing through at all."""

    behind: Path
    pace: float = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_unix_connection(str(self.behind / _SOCKET))
        pumps = [
            asyncio.create_task(self._pump(reader, behind[1], slow=True)),
            asyncio.create_task(self._pump(behind[0], writer, slow=False)),
        ]
        with suppress(asyncio.CancelledError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps)
        for each in (writer, behind[1]):
            each.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool
    ) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(65_536):
                if slow:
                    await asyncio.sleep(self.pace)
                    await self.open.wait()
                writer.write(said)
                await writer.drain()


@asynccontextmanager
async def wired(cluster: Cluster) -> AsyncIterator[tuple[Wire, Path]]:
    place = Path(tempfile.mkdtemp(prefix="wire"))
    wire = Wire(behind=cluster.sockets)
    wire.open.set()
    server = await asyncio.start_unix_server(wire.meet, place / _SOCKET)
    try:
        yield wire, place
    finally:
        server.close()
        shutil.rmtree(place)


@pytest.fixture
async def far(cluster: Cluster) -> AsyncIterator[tuple[Pair, Wire]]:
    """Two agencies, and a wire between one of them and its database."""
    clock = TurnedClock()
    async with (
        wired(cluster) as (wire, place),
        cloned(cluster) as url,
        living(
            "transport", url.replace(str(cluster.sockets), str(place)), clock=clock, port=0
        ) as transport,
        running(cluster, "health", clock=clock) as health,
    ):
        yield await acquainted(transport, health, clock), wire
        wire.pace = 0
        wire.open.set()


async def both_ask(pair: Pair) -> None:
    for number in range(3):
        await life.asks_in(pair.sam, COMMUNITY, f"Here {number}", "Why?")
        await life.asks_in(pair.asha, pair.at, f"There {number}", "Why?")


async def same(pair: Pair) -> int:
    here, there = await posts_at(pair.transport), await posts_at(pair.health)
    assert here == there, set(here) ^ set(there)
    return len(here)


async def test_a_slow_database_makes_nothing_but_time(far: tuple[Pair, Wire]) -> None:
    pair, wire = far
    wire.pace = _PACE

    await both_ask(pair)
    page = await pair.sam.get(f"/c/{COMMUNITY}")
    await pair.settle()

    assert page.status == 200
    assert await same(pair) == 6


async def test_who_waits_for_a_database_that_is_stuck_is_told_to_come_again(
    far: tuple[Pair, Wire],
) -> None:
    pair, wire = far
    wire.open.clear()

    pages = [asyncio.create_task(pair.sam.get(f"/c/{COMMUNITY}")) for _ in range(12)]
    done, _ = await asyncio.wait(pages, return_when=asyncio.FIRST_COMPLETED)
    there = await life.asks_in(pair.asha, pair.at, "Are you there?", "I wait.")
    wire.open.set()
    answers = [await page for page in pages]

    first = next(iter(done)).result()
    assert (first.status, int(first.headers["Retry-After"]) > 0) == (503, True)
    assert {answer.status for answer in answers} <= {200, 503}
    assert there.status == 200
    for _ in range(2):
        await pair.settle(hours=1)
    assert await same(pair) == 1


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A PostgreSQL of this story's own, whose files may be held to a size."""
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
    await asyncio.to_thread(shutil.rmtree, cluster.home, ignore_errors=True)


@asynccontextmanager
async def full(cluster: Cluster, size: int) -> AsyncIterator[None]:
    """Run the server so that no file becomes longer than that; then as before."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    await asyncio.to_thread(cluster.stop)
    try:
        # Whom it starts inherits it; we ourselves write nothing meanwhile.
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
        await asyncio.to_thread(cluster.start)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    yield
    await asyncio.to_thread(cluster.stop)
    await asyncio.to_thread(cluster.start)


async def filled(instance: Instance) -> int:
    """Make what we receive and what we send long; give the size of the smaller file."""
    async with instance.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO inbox_events (actor_uri, activity_uri, type, host, raw, "
            "signature_hash, received_at, state, next_at) SELECT 'x', n::text, 'x', 'x', "
            "decode(repeat('00', 1900), 'hex'), decode(lpad(n::text, 8, '0'), 'hex'), now(), "
            "'done', now() FROM generate_series(1, $1) n",
            _FILLED,
        )
        await tx.execute(
            "INSERT INTO activities (id, uri, actor_id, type, object_uri, visibility, "
            "document, published_at) SELECT n, n::text, (SELECT min(id) FROM actors), 'x', "
            "'x', 'public', decode(repeat('00', 1900), 'hex'), now() "
            "FROM generate_series(1, $1) n",
            _FILLED,
        )
    return int(
        await life.value(
            instance,
            "SELECT least(pg_relation_size('inbox_events'), pg_relation_size('activities'))",
        )
    )


async def test_a_full_disk_refuses_for_now_and_leaves_nothing_half_written(
    small: Cluster, cluster: Cluster
) -> None:
    clock = TurnedClock()
    async with (
        running(small, "transport", clock=clock) as transport,
        running(cluster, "health", clock=clock) as health,
    ):
        pair = await acquainted(transport, health, clock)
        size = await filled(transport)

        async with full(small, size - 4096):
            # The last pages have some room left.
            taken = 0
            while (refused := await asked(pair, taken)).status == 200:
                taken += 1
            await asked_there(pair)
            page = await pair.sam.get(f"/c/{COMMUNITY}")
            kept = await posts_at(transport)

        assert refused.status == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert page.status == 200
        assert taken <= len(kept) <= taken + _MOST_TAKEN
        again = await asked(pair, taken)
        for _ in range(3):
            clock.turn(timedelta(hours=1))
            await settle(transport, health)
        assert again.status == 200
        assert await same(pair) == taken + 1 + _MOST_TAKEN


async def asked(pair: Pair, number: int) -> Answer:
    return await life.asks_in(pair.sam, COMMUNITY, f"Is there room? {number}", "Why?")


async def asked_there(pair: Pair) -> None:
    """Have some sent; what finds no room is told to come again, and nothing else happens."""
    for number in range(_MOST_TAKEN):
        answer = await life.asks_in(pair.asha, pair.at, f"And for me? {number}", "Why?")
        assert answer.status == 200
    await settle(pair.health)
    owed = await life.rows(
        pair.health,
        "SELECT last_status FROM deliveries WHERE state <> 'delivered' AND last_status <> 503",
    )
    assert owed == []
