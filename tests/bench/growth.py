"""Figures at sizes that come with the years: old threads, many hosts, long queues."""

from contextlib import AsyncExitStack
from time import monotonic

from schemas.records import Community
from tests.bench import houses, seeds
from tests.bench.figures import Figures, Stand, fan_out, milliseconds, seconds
from tests.bench.limits import getting
from tests.bench.report import Figure, middle

_MOST_GROWTH = 30.0  # per cent
_PATIENCE = 240.0


async def reaching_a_thousand(stand: Stand) -> Figures:
    """One post to many hosts of which three in ten have been silent all along."""
    house, hosts = stand.house, stand.effort.crowd
    community = stand.communities["crowding"].id
    silent = hosts * 3 // 10
    living = [f"w{number}.localhost:{stand.port}" for number in range(hosts - silent)]
    dead = [f"x{number}.localhost:{stand.silent}" for number in range(silent)]
    await house.follow(community, await house.add_hosts([*living, *dead]))
    rounds, _cost = await fan_out(stand, community, prefix="w", hosts=len(living), warm_up=0)
    name = f"one post to {hosts} hosts, {silent} dead, until the living have it"
    yield seconds(name, rounds, target=4.0)


async def backfilling(stand: Stand) -> Figures:
    """Another agency joins a community with a past; how fast it has all of it."""
    many = stand.effort.past
    community = stand.communities["remembering"]
    await _add(stand, community, many)
    total = int(
        await stand.house.value(
            "SELECT count(*) FROM posts WHERE community_id = $1", community.id
        )
    )
    async with AsyncExitStack() as stack:
        late = await stack.enter_async_context(
            houses.opened(stand.cluster, "late", stand.directory)
        )
        await stand.house.admit(late.host)
        await late.admit(stand.house.host)
        handle = f"!{community.actor.name}@{stand.house.host}"
        before = stand.house.cpu + late.cpu
        await houses.joined(late, "lou", handle)
        began = monotonic()
        beside = await getting(
            stand.driver,
            "a page beside it",
            f"{stand.house.origin}/c/reading",
            pid=stand.house.pid,
            effort=stand.effort,
            accept="text/html",
            connections=1,
        )
        ended = await late.until("SELECT count(*) >= $1 FROM posts", total, patience=_PATIENCE)
        cost = (stand.house.cpu + late.cpu - before) / total * 1000
    yield Figure(
        name=f"backfill of {total} posts",
        unit="1/s",
        ours=total / (ended - began),
        target=250,
        cpu_ms=cost,
        note="CPU ms are of both sides",
    )
    yield milliseconds("p99 of a page at the host beside it", beside.p99 or 0.0, target=None)


async def growing_old(stand: Stand) -> Figures:
    """What pages and the inbox cost at a thousand posts, and at a hundred times as many."""
    young = await _grown(stand, stand.effort.old // 100)
    old = await _grown(stand, stand.effort.old)
    for name, before in young.items():
        yield _growth(f"{name}, p50 at {stand.effort.old} posts", before, old[name])


async def waiting_long(stand: Stand) -> Figures:
    """What deliveries that wait for dead servers cost the living."""
    community = stand.communities["sending"].id
    alive, _ = await fan_out(stand, community)
    await seeds.add_waiting(stand.house, stand.effort.backlog)
    beside, _ = await fan_out(stand, community)
    name = f"one post to {stand.effort.hosts} hosts beside {stand.effort.backlog} waiting"
    yield _growth(name, middle(alive), middle(beside))


def _growth(name: str, before: float, after: float) -> Figure:
    return Figure(
        name=name,
        unit="% more",
        ours=(after / before - 1) * 100 if before else None,
        target=_MOST_GROWTH,
        better="less",
        note=f"{before:.3g} became {after:.3g}",
    )


async def _add(stand: Stand, community: Community, posts: int) -> None:
    author = stand.member.member.actor.id
    await seeds.add_threads(stand.house, community, author, posts // (1 + seeds.REPLIES))


async def _grown(stand: Stand, posts: int) -> dict[str, float]:
    """Grow the community by so many posts; give the p50 of what is done with it."""
    house, community = stand.house, stand.communities["ageing"]
    await _add(stand, community, posts)
    thread = await house.value(
        "SELECT max(root_id) FROM posts WHERE community_id = $1 AND answers > 0", community.id
    )
    found = {}
    for name, path in {"community page": "/c/ageing", "thread": f"/p/{thread}"}.items():
        figure = await getting(
            stand.driver,
            name,
            house.origin + path,
            pid=house.pid,
            effort=stand.effort,
            accept="text/html",
            connections=1,
        )
        found[name] = figure.p50 or 0.0
    return found
