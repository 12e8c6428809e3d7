"""Figures: what ours does, measured on real processes, one stage after the other."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from schemas.records import Actor, Community, PostFacts, Role
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.bench import houses
from tests.bench.children import Child
from tests.bench.houses import House
from tests.bench.limits import Effort, getting
from tests.bench.load import ACTIVITY_JSON
from tests.bench.report import Figure, middle

COMMUNITIES = (
    *("reading", "receiving", "sending", "passing"),
    *("crowding", "remembering", "ageing"),
)
QUESTIONS = 20
ANSWERS = 200

_HALF = 2
_GOOD_RATE = 100.0  # a second, of good traffic beside lies
_PATIENCE = 20.0


@dataclass(slots=True, kw_only=True)
class Stand:
    """Everything that the stages share; `starting` fills what is empty."""

    cluster: Cluster
    directory: Path
    driver: Child
    house: House
    effort: Effort
    limits: dict[str, float]
    port: int = 0
    silent: int = 0
    memory: float = 0.0
    processed: float = 0.0
    steward: SignedIn | None = None
    communities: dict[str, Community] = field(default_factory=dict)
    questions: list[PostFacts] = field(default_factory=list)

    def limit(self, name: str) -> float | None:
        """Give what bare pieces reach, where that was measured."""
        return next((rate for key, rate in self.limits.items() if key.startswith(name)), None)

    def look(self) -> None:
        """Remember the largest size of the process so far."""
        self.memory = max(self.memory, self.house.memory)

    @property
    def member(self) -> SignedIn:
        assert self.steward is not None
        return self.steward


Figures = AsyncGenerator[Figure, None]


def seconds(
    name: str, rounds: list[float], *, target: float, limit: float | None = None
) -> Figure:
    """Make a figure of durations; each is a round."""
    return Figure(
        name=name,
        unit="s",
        ours=middle(rounds),
        rounds=tuple(rounds),
        limit=limit,
        target=target,
        better="less",
    )


async def starting(stand: Stand) -> Figures:
    """Warm start, and memory before anything was asked; then the house is furnished."""
    rounds = [await houses.seconds_of_start(stand.house) for _ in range(stand.effort.rounds)]
    yield seconds("warm start until ready", rounds, target=2.0)
    yield _megabytes("memory idle, web and worker", stand.house.memory, target=140)
    await _furnish(stand)


async def _furnish(stand: Stand) -> None:
    """Put communities, questions, answers and peers in; nothing is measured."""
    house = stand.house
    where = await stand.driver.ask("where")
    stand.port, stand.silent = where["port"], where["silent"]
    steward = await house.member("ada", Role.STEWARD)
    for name in COMMUNITIES:
        stand.communities[name] = await house.community(steward.member.actor, name)
    stand.steward = await house.signed_in("ada")
    for name in ("reading", "receiving"):
        community_id = stand.communities[name].id
        stand.questions = [
            await house.ask(stand.member, community_id, number) for number in range(QUESTIONS)
        ]
    await house.follow(
        stand.communities["receiving"].id, await house.introduce_peers(stand.port)
    )


async def reading(stand: Stand) -> Figures:
    """Documents for other agencies, and pages for people."""
    house, effort = stand.house, stand.effort
    thread = await house.ask(stand.member, stand.communities["passing"].id, 0)
    for _ in range(ANSWERS):
        await house.answer(stand.member, thread.id)
    webfinger = f"/.well-known/webfinger?resource=acct:ada@{house.host}"
    plan: tuple[tuple[str, str, str, float, bool], ...] = (
        ("actor document", "/@ada", ACTIVITY_JSON, 5000, True),
        ("WebFinger", webfinger, "application/jrd+json", 6000, True),
        ("thread of 200 answers, HTML", f"/p/{thread.id}", "text/html", 60, False),
        ("community page of 20 questions", "/c/reading", "text/html", 250, False),
    )
    for name, path, accept, target, bare in plan:
        found = await getting(
            stand.driver,
            name,
            house.origin + path,
            pid=house.pid,
            effort=effort,
            accept=accept,
        )
        stand.look()
        limit = stand.limit("bare aiohttp") if bare else None
        yield replace(found, target=target, limit=limit)


async def receiving(stand: Stand) -> Figures:
    """Signed Creates: how many are taken, and how many have had their effect."""
    taken: list[dict[str, Any]] = []
    accepted, processed, costs = [], [], []
    for many in (stand.effort.creates // 4, *[stand.effort.creates] * stand.effort.rounds):
        await _presign(stand, "creates", many)
        before, began = stand.house.cpu, monotonic()
        found = await stand.driver.ask(
            "post", tag="creates", port=stand.house.port, connections=16, rate=0
        )
        ended = await stand.house.has_processed()
        costs.append((stand.house.cpu - before) / many * 1000)
        accepted.append((found["count"] - found["errors"]) / found["seconds"])
        processed.append(many / (ended - began))
        taken.append(found)
        stand.look()
        await stand.house.has_sent()
    bad = sum(found["errors"] for found in taken)
    stand.processed = middle(processed[1:])
    tails = middle([found["p99"] for found in taken[1:]])
    yield Figure(
        name="signed Create accepted",
        unit="1/s",
        ours=middle(accepted[1:]),
        rounds=tuple(accepted[1:]),
        limit=stand.limit("ideal inbox"),
        target=1500,
        p50=middle([found["p50"] for found in taken[1:]]),
        p99=tails,
        note=f"{bad} were not taken" if bad else "",
    )
    yield milliseconds("its p99 at 16 connections", tails, target=25)
    yield Figure(
        name="signed Create fully processed",
        unit="1/s",
        ours=stand.processed,
        rounds=tuple(processed[1:]),
        limit=stand.limit("ideal inbox"),
        target=1000,
        cpu_ms=middle(costs[1:]),
        note=await _without_effect(stand),
    )


async def receiving_steadily(stand: Stand) -> Figures:
    """The same in an open loop, at half of what was processed."""
    rate = stand.processed / _HALF
    tails = []
    for _ in range(stand.effort.rounds):
        await _presign(stand, "steady", max(int(rate * stand.effort.seconds), 20))
        found = await stand.driver.ask(
            "post", tag="steady", port=stand.house.port, connections=16, rate=rate
        )
        tails.append(found["p99"])
        await stand.house.has_processed()
        await stand.house.has_sent()
    yield milliseconds(
        "p99 of accepting in an open loop", middle(tails), target=50, rounds=tuple(tails)
    )


async def refusing(stand: Stand) -> Figures:
    """Bad signatures as fast as they go, beside good traffic at a steady rate."""
    house, effort = stand.house, stand.effort
    many = int(_GOOD_RATE * effort.seconds)
    await _presign(stand, "bad", 1, good=False)
    refused, costs, alone, beside, errors = [], [], [], [], 0
    for _ in range(effort.rounds):
        await _presign(stand, "good", many)
        before = house.cpu
        quiet = await stand.driver.ask(
            "post", tag="good", port=house.port, connections=8, rate=_GOOD_RATE
        )
        usual = await _cpu_when_done(house) - before
        alone.append(quiet["p99"])

        await _presign(stand, "good", many)
        before = house.cpu
        found = await stand.driver.ask(
            "besiege",
            good="good",
            bad="bad",
            port=house.port,
            rate=_GOOD_RATE,
            seconds=effort.seconds,
        )
        lies = found["refused"]
        # What the same good traffic costs is not the lies' doing.
        more = max(await _cpu_when_done(house) - before - usual, 0.0)
        costs.append(more / max(lies["count"], 1) * 1000)
        refused.append(lies["count"] / lies["seconds"])
        beside.append(found["good"]["p99"])
        errors += lies["errors"] + found["good"]["errors"]
    stand.look()
    yield Figure(
        name="bad signatures refused beside good traffic",
        unit="1/s",
        ours=middle(refused),
        rounds=tuple(refused),
        target=3000,
        cpu_ms=middle(costs),
        note=f"{errors} answers were neither 401 nor 202 as due" if errors else "",
    )
    # Here the limit is the same traffic without the lies.
    yield milliseconds(
        "p99 of the good beside them",
        middle(beside),
        target=2 * middle(alone),
        limit=middle(alone),
        rounds=tuple(beside),
    )


async def sending(stand: Stand) -> Figures:
    """One post to many hosts, all alive; then with one that takes calls and says nothing."""
    house, hosts = stand.house, stand.effort.hosts
    community = stand.communities["sending"].id
    living = [f"h{number}.localhost:{stand.port}" for number in range(hosts)]
    await house.follow(community, await house.add_hosts(living))
    alive, cost = await fan_out(stand, community)
    signing = stand.limit("RSA-2048 sign")
    limit = hosts / signing if signing else None
    found = seconds(f"one post to {hosts} hosts", alive, target=0.4, limit=limit)
    yield replace(found, cpu_ms=cost, note="CPU ms are per host")

    dead: list[Actor] = await house.add_hosts([f"dead.localhost:{stand.silent}"])
    await house.follow(community, dead)
    # Without a warm-up: the first rounds are those in which nobody knows yet that it is dead.
    beside, _cost = await fan_out(stand, community, warm_up=0)
    yield Figure(
        name="effect of one dead host on the others",
        unit="%",
        ours=(middle(beside) / middle(alive) - 1) * 100,
        rounds=tuple((each / middle(alive) - 1) * 100 for each in beside),
        target=10,
        better="less",
    )


async def passing_on(stand: Stand) -> Figures:
    """An answer written at A, until C has it from the community at B: three processes.

    It is written by the use case, in a transaction of A's database; A's process sends it.
    """
    community = stand.communities["passing"]
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(houses.opened(stand.cluster, name, stand.directory))
            for name in ("health", "treasury")
        ]
        await stand.house.admit(here.host, there.host)
        for each in (here, there):
            await each.admit(stand.house.host, here.host, there.host)
        handle = f"!{community.actor.name}@{stand.house.host}"
        writer = await houses.joined(here, "wim", handle)
        await houses.joined(there, "rie", handle)
        question = await stand.house.ask(stand.member, community.id, 1)
        for each in (here, there):
            await houses.shown(each, question.uri)
        local = await here.value("SELECT id FROM posts WHERE uri = $1", question.uri)
        rounds = []
        for _ in range(1 + max(stand.effort.rounds, 5)):
            began = monotonic()
            answer = await here.answer(writer, int(local))
            rounds.append((await houses.shown(there, answer.uri) - began) * 1000)
        yield milliseconds(
            "answer at A seen at C through B, p50",
            middle(rounds[1:]),
            target=300,
            rounds=tuple(rounds[1:]),
        )


async def growing(stand: Stand) -> Figures:
    """Memory after all of the above: the largest that was seen between stages."""
    stand.look()
    yield _megabytes("memory loaded, web and worker", stand.memory, target=260)


async def fan_out(
    stand: Stand,
    community_id: int,
    *,
    prefix: str = "h",
    hosts: int | None = None,
    warm_up: int = 1,
) -> tuple[list[float], float]:
    """Publish, and wait until every living host has it; give seconds and CPU ms per host."""
    house = stand.house
    many = stand.effort.hosts if hosts is None else hosts
    rounds, costs = [], []
    for number in range(warm_up + stand.effort.rounds):
        await stand.driver.ask("watch")
        before, began = house.cpu, monotonic()
        await house.ask(stand.member, community_id, number)
        found = await stand.driver.ask("arrived", prefix=prefix, many=many, patience=_PATIENCE)
        rounds.append(found["last"] - began)
        await house.has_sent(to=f"{prefix}%")
        costs.append((house.cpu - before) / many * 1000)
        stand.look()
    return rounds[warm_up:], middle(costs[warm_up:])


async def _cpu_when_done(house: House) -> float:
    await house.has_processed()
    await house.has_sent()
    return house.cpu


async def _presign(stand: Stand, tag: str, many: int, *, good: bool = True) -> None:
    await stand.driver.ask(
        "presign",
        tag=tag,
        inbox=stand.house.inbox,
        community=stand.communities["receiving"].uri,
        parents=[question.uri for question in stand.questions],
        many=many,
        good=good,
    )


async def _without_effect(stand: Stand) -> str:
    found = await stand.house.value(
        "SELECT string_agg(n || ' ' || state || ' ' || reason, ', ') FROM (SELECT state, "
        "reason, count(*) AS n FROM inbox_events WHERE state <> 'done' GROUP BY 1, 2) kinds"
    )
    return f"without effect: {found}" if found else ""


def milliseconds(
    name: str,
    ours: float,
    *,
    target: float | None,
    limit: float | None = None,
    rounds: tuple[float, ...] = (),
) -> Figure:
    return Figure(
        name=name,
        unit="ms",
        ours=ours,
        rounds=rounds,
        limit=limit,
        target=target,
        better="less",
    )


def _megabytes(name: str, ours: float, *, target: float) -> Figure:
    return Figure(name=name, unit="MB", ours=ours, target=target, better="less")
