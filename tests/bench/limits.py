"""Limits: what the bare pieces reach here and now, so that ours is a ratio to them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from time import monotonic, process_time

import asyncpg
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from server.storage.embedded import Cluster
from tests.bench import ideal, load, processes
from tests.bench.children import Child, child
from tests.bench.report import Figure, middle

DATABASE = "bench_limits"

_MESSAGE = b"(request-target): post /inbox\n" * 8
_BATCH = 10  # calls between two looks at the clock
_TABLES = (
    "CREATE TABLE rows (id bigint PRIMARY KEY, raw bytea NOT NULL)",
    "INSERT INTO rows SELECT n, repeat('x', 1500)::bytea FROM generate_series(1, 999) n",
    ideal.TABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long to measure: rounds of so many seconds, so many Creates in each.

    `crowd` are the hosts of which three in ten are dead, `past` the posts that are fetched
    afterwards, `old` those of a community in its old age, `backlog` waiting deliveries.
    """

    rounds: int = 3
    seconds: float = 1.0
    creates: int = 600
    hosts: int = 200
    crowd: int = 1_000
    past: int = 10_000
    old: int = 100_000
    backlog: int = 1_000_000


def pieces(rounds: int = 3, seconds: float = 0.2) -> list[Figure]:
    """Measure what a core does without network and database."""
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    rsa_public, padding, digest = rsa.public_key(), PKCS1v15(), SHA256()
    ed = Ed25519PrivateKey.generate()
    ed_public = ed.public_key()
    by_rsa, by_ed = rsa.sign(_MESSAGE, padding, digest), ed.sign(_MESSAGE)
    body = orjson.dumps(
        load.create("http://h.localhost/@p", 1, community="http://c/c", parent="http://c/p")
    ).ljust(1700)
    work: dict[str, Callable[[], object]] = {
        "RSA-2048 verify": lambda: rsa_public.verify(by_rsa, _MESSAGE, padding, digest),
        "RSA-2048 sign": lambda: rsa.sign(_MESSAGE, padding, digest),
        "Ed25519 verify": lambda: ed_public.verify(by_ed, _MESSAGE),
        "Ed25519 sign": lambda: ed.sign(_MESSAGE),
        "SHA-256 of 1.7 kB": lambda: hashlib.sha256(body).digest(),
        "orjson parse of 1.7 kB": lambda: orjson.loads(body),
    }
    return [piece(name, each, rounds, seconds) for name, each in work.items()]


def piece(name: str, work: Callable[[], object], rounds: int, seconds: float) -> Figure:
    """Measure one call, in rounds."""
    work()
    rates, costs = [], []
    for _ in range(rounds):
        began, worked, done = monotonic(), process_time(), 0
        while monotonic() - began < seconds:
            for _ in range(_BATCH):
                work()
            done += _BATCH
        rates.append(done / (monotonic() - began))
        costs.append((process_time() - worked) / done * 1000)
    return Figure(
        name=name,
        unit="1/s",
        ours=middle(rates),
        rounds=tuple(rates),
        cpu_ms=middle(costs),
    )


async def database(cluster: Cluster, effort: Effort) -> list[Figure]:
    """Measure durable commits of one row, and reads of one row by its key."""
    await cluster.provision(DATABASE)
    url = cluster.url(DATABASE, f"{DATABASE}_owner")
    numbers = count(1000)

    async def insert(connection: asyncpg.Connection) -> None:
        await connection.execute("INSERT INTO rows VALUES ($1, $2)", next(numbers), bytes(1500))

    async def select(connection: asyncpg.Connection) -> None:
        await connection.fetchrow("SELECT raw FROM rows WHERE id = $1", 1 + next(numbers) % 999)

    connections = [await asyncpg.connect(url) for _ in range(16)]
    try:
        for statement in _TABLES:
            await connections[0].execute(statement)
        return [
            await _together(f"{name}, {many} connections", work, connections[:many], effort)
            for name, work in (("one row, one commit", insert), ("select by key", select))
            for many in (1, 16)
        ]
    finally:
        for connection in connections:
            connection.terminate()


async def _together(
    name: str,
    work: Callable[[asyncpg.Connection], Awaitable[None]],
    connections: list[asyncpg.Connection],
    effort: Effort,
) -> Figure:
    async def keep_on(connection: asyncpg.Connection, end: float) -> int:
        done = 0
        while monotonic() < end:
            await work(connection)
            done += 1
        return done

    rates = []
    for seconds in (effort.seconds / 5, *[effort.seconds / 2] * effort.rounds):
        began = monotonic()
        done = await asyncio.gather(
            *(keep_on(connection, began + seconds) for connection in connections)
        )
        rates.append(sum(done) / (monotonic() - began))
    return Figure(name=name, unit="1/s", ours=middle(rates[1:]), rounds=tuple(rates[1:]))


async def servers(cluster: Cluster, driver: Child, effort: Effort) -> list[Figure]:
    """Measure bare aiohttp, and the inbox that does nothing it could leave out."""
    pem = (await driver.ask("where"))["pem"]
    async with child("tests.bench.ideal") as bare:
        url = cluster.url(DATABASE, f"{DATABASE}_owner")
        port = (await bare.ask("serve", database=url, pem=pem))["port"]
        origin = f"http://127.0.0.1:{port}"
        hello = await getting(
            driver, "bare aiohttp hello (uvloop)", f"{origin}/", pid=bare.pid, effort=effort
        )
        return [hello, await _ideal_inbox(driver, bare, origin, effort)]


async def getting(
    driver: Child,
    name: str,
    url: str,
    *,
    pid: int,
    effort: Effort,
    accept: str = "*/*",
    connections: int = 8,
) -> Figure:
    """Measure a GET from warm connections, and what it costs the server."""
    rates, costs, medians, tails, errors = [], [], [], [], 0
    for seconds in (effort.seconds / 3, *[effort.seconds] * effort.rounds):
        before = processes.cpu_seconds(pid)
        found = await driver.ask(
            "get", url=url, accept=accept, connections=connections, seconds=seconds
        )
        costs.append((processes.cpu_seconds(pid) - before) / found["count"] * 1000)
        rates.append(found["count"] / found["seconds"])
        medians.append(found["p50"])
        tails.append(found["p99"])
        errors += found["errors"]
    return Figure(
        name=name,
        unit="1/s",
        ours=middle(rates[1:]),
        rounds=tuple(rates[1:]),
        cpu_ms=middle(costs[1:]),
        p50=middle(medians[1:]),
        p99=middle(tails[1:]),
        note=f"{errors} answers were not 200" if errors else "",
    )


async def _ideal_inbox(driver: Child, bare: Child, origin: str, effort: Effort) -> Figure:
    rates, costs, medians, tails, errors = [], [], [], [], 0
    for many in (effort.creates // 4, *[effort.creates] * effort.rounds):
        await driver.ask(
            "presign",
            tag="ideal",
            inbox=f"{origin}/inbox",
            community="http://c.localhost/c/x",
            parents=["http://c.localhost/p/1"],
            many=many,
            good=True,
        )
        before = processes.cpu_seconds(bare.pid)
        port = int(origin.rpartition(":")[2])
        found = await driver.ask("post", tag="ideal", port=port, connections=16, rate=0)
        costs.append((processes.cpu_seconds(bare.pid) - before) / many * 1000)
        rates.append(many / found["seconds"])
        medians.append(found["p50"])
        tails.append(found["p99"])
        errors += found["errors"]
    return Figure(
        name="ideal inbox, 16 connections",
        unit="1/s",
        ours=middle(rates[1:]),
        rounds=tuple(rates[1:]),
        cpu_ms=middle(costs[1:]),
        p50=middle(medians[1:]),
        p99=middle(tails[1:]),
        note=f"{errors} answers were not 202" if errors else "",
    )
