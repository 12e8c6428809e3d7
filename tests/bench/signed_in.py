"""Figures of members' clients: 200 signed in, 50 communities and 1,000 follows each."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

import aiohttp

from schemas.records import Community, PostFacts
from server.services import clients
from tests.bench import processes, seeds
from tests.bench.figures import Figures, Stand
from tests.bench.houses import House, now
from tests.bench.limits import Effort
from tests.bench.report import Figure, middle
from tests.instance import Loopback

_SCOPES = ("read", "write", "follow", "push")
_REPLIED = 200  # to the thread that is read
_PART_OF_HALL = 1_000  # follows of each member
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many are signed in, of how many communities, with how many posts."""

    members: int = 200
    communities: int = 50
    posts: int = 10_000
    follows: int = _PART_OF_HALL
    listening: int = 2_000


def crowd_of(effort: Effort) -> Crowd:
    """Give fewer where a quick run was asked for."""
    if effort.past >= 1_000:
        return Crowd()
    return Crowd(members=20, communities=5, posts=500, follows=50, listening=40)


async def serving_clients(stand: Stand) -> Figures:
    """What clients ask for most, each request with another member's token."""
    house, crowd = stand.house, crowd_of(stand.effort)
    tokens, places = await _gathered(stand, crowd)
    thread = await _long_thread(stand, places[0])
    plan = (
        ("home timeline, 20 posts, API", "/api/v1/timelines/home?limit=20", 1_000.0),
        ("thread of 200 answers, API", f"/api/v1/statuses/{thread.id}/context", 100.0),
        ("notifications, API", "/api/v1/notifications?limit=40", None),
        ("grouped notifications, API", "/api/v2/notifications?limit=40", None),
        ("search, API", "/api/v2/search?q=share+counts&type=statuses&limit=20", None),
    )
    for name, path, target in plan:
        found = await _getting(stand, name, house.origin + path, tokens)
        stand.look()
        limit = stand.limit("ideal timeline") if "timeline" in name else None
        yield replace(found, target=target, limit=limit)
    async for figure in _streaming(stand, crowd, tokens, places[0]):
        yield figure


async def _gathered(stand: Stand, crowd: Crowd) -> tuple[list[str], list[Community]]:
    """Let members in, with tokens, into communities with posts; nothing is measured."""
    house, author = stand.house, stand.member.member.actor
    places = [
        await house.community(author, f"hall{number}") for number in range(crowd.communities)
    ]
    for place in places:
        many = crowd.posts // crowd.communities // (1 + seeds.REPLIES)
        await seeds.add_threads(house, place, author.id, many)
    elsewhere = crowd.follows - crowd.communities
    strangers = await house.add_hosts([f"far{number}.invalid" for number in range(elsewhere)])
    names = [f"clerk{number}" for number in range(crowd.members)]
    ids = [await seeds.add_member(house, name) for name in names]
    targets = [place.id for place in places] + [each.id for each in strangers]
    async with house.context.database.transaction("bench") as tx:
        await seeds.follow_all(tx, house.origin, ids, targets, now=now())
    return [await _token(house, each) for each in ids], places


async def _token(house: House, member_id: int) -> str:
    async with house.context.database.transaction("bench") as tx:
        app = await clients.register(
            tx, house.context, name="Bench", website=None, redirect_uris=["x:/"], scopes=_SCOPES
        )
        return await clients.give_token(
            tx, house.context, app_id=app.app.id, member_id=member_id, scopes=_SCOPES
        )


async def _long_thread(stand: Stand, place: Community) -> PostFacts:
    thread = await stand.house.ask(stand.member, place.id, 0)
    for _ in range(_REPLIED):
        await stand.house.answer(stand.member, thread.id)
    return thread


async def _getting(stand: Stand, name: str, url: str, tokens: Sequence[str]) -> Figure:
    effort, house = stand.effort, stand.house
    rates, costs, medians, tails, errors = [], [], [], [], 0
    for seconds in (effort.seconds / 3, *[effort.seconds] * effort.rounds):
        before = processes.cpu_seconds(house.pid)
        found = await stand.driver.ask(
            "get",
            url=url,
            accept="application/json",
            connections=8,
            seconds=seconds,
            tokens=list(tokens),
        )
        costs.append((processes.cpu_seconds(house.pid) - before) / found["count"] * 1000)
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


async def _streaming(
    stand: Stand, crowd: Crowd, tokens: Sequence[str], place: Community
) -> Figures:
    """Post once to many connected clients; count until the last one has it."""
    house, rounds = stand.house, []
    connector = aiohttp.TCPConnector(resolver=Loopback(), limit=0)
    async with aiohttp.ClientSession(connector=connector) as client:
        sockets = [
            await client.ws_connect(
                f"{house.origin}/api/v1/streaming?stream=user",
                headers={"Authorization": f"Bearer {tokens[number % len(tokens)]}"},
            )
            for number in range(crowd.listening)
        ]
        for number in range(stand.effort.rounds):
            began = monotonic()
            await house.ask(stand.member, place.id, number)
            heard = (socket.receive() for socket in sockets)
            await asyncio.wait_for(asyncio.gather(*heard), _PATIENCE)
            rounds.append(monotonic() - began)
        stand.look()
        for socket in sockets:
            await socket.close()
    yield Figure(
        name=f"one post to {crowd.listening} connected clients",
        unit="s",
        ours=middle(rounds),
        rounds=tuple(rounds),
        target=1.0,
        better="less",
    )
