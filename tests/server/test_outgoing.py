"""What an operator sees and does about deliveries, on a real queue with real workers."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.delivery import HORIZON
from server.services import outgoing
from server.services.errors import Conflict, Invalid, NotFound
from server.storage import audit, deliveries, origins
from server.storage.audit import Act
from server.storage.origins import Backlog, Place
from tests.hostile_peer import HASTY, HostilePeer, Reply
from tests.post_office import PostOffice, post_office

HEALTH = "https://health.example/inbox"
ORIGIN = "https://health.example"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[PostOffice]:
    async with post_office(database_url, limits=HASTY) as office:
        yield office


async def listed(
    office: PostOffice, after: Place | None = None, limit: int = 9
) -> list[Backlog]:
    async with office.context.database.reading() as tx:
        return await origins.heaviest(tx, after=after, limit=limit, now=office.clock.now())


async def acts(office: PostOffice) -> list[Act]:
    async with office.context.database.reading() as tx:
        return await audit.latest(tx)


def numbers(peer: HostilePeer) -> list[int]:
    return [json.loads(request.body)["id"] for request in peer.requests]


async def test_the_list_says_how_much_waits_how_long_and_for_whom(office: PostOffice) -> None:
    await office.owe(HEALTH, host="health.example")
    office.clock.turn(hours=30)
    await office.owe(HEALTH, host="clinic.example")
    office.clock.turn(hours=2)
    await office.owe(HEALTH, "https://roads.example/inbox")

    [health, roads] = await listed(office)

    assert (health.origin, health.hosts) == (ORIGIN, ("clinic.example", "health.example"))
    assert (health.fresh, health.day_old, health.older, health.waiting) == (1, 1, 1, 3)
    assert health.oldest_at == office.clock.now() - timedelta(hours=32)
    assert (roads.origin, roads.waiting) == ("https://roads.example", 1)


async def test_the_list_goes_on_where_a_page_ended(office: PostOffice) -> None:
    for number in range(3):
        await office.owe(*[f"https://h{number}.example/inbox"])
    await office.owe(HEALTH)
    await office.owe(HEALTH)

    first = await listed(office, limit=2)
    last = first[-1]
    second = await listed(office, Place(weight=last.weight, origin=last.origin))

    assert [each.origin for each in (*first, *second)] == [
        ORIGIN,
        *[f"https://h{number}.example" for number in range(3)],
    ]


async def test_what_is_paused_waits_untouched_and_goes_in_order_when_resumed(
    office: PostOffice,
) -> None:
    async with HostilePeer() as peer, office.working():
        inbox = peer.url("health", "/inbox")
        peer.tells(inbox, Reply(status=202))
        at = inbox.removesuffix("/inbox")
        first = await office.owe(inbox)
        await office.quiet()

        await outgoing.pause(office.context, at, by=1, reason="It moves house.")
        await outgoing.pause(office.context, at, by=1)
        kept = [await office.owe(inbox) for _ in range(3)]
        office.clock.turn(days=8)
        await office.quiet()
        while_paused = numbers(peer), await office.states()
        await outgoing.resume(office.context, at, by=None)
        office.context.bell.ring("deliveries")
        await office.quiet()

        assert while_paused == ([first], ["delivered", "waiting", "waiting", "waiting"])
        assert numbers(peer) == [first, *kept]
        assert await office.states() == ["delivered"] * 4
        log = [
            (act.act, act.actor.rpartition("/")[2], act.reason) for act in await acts(office)
        ]
        assert log == [
            ("resume-deliveries", "operator", ""),
            ("pause-deliveries", "@ingrid", "It moves house."),
        ]


async def test_what_failed_before_a_pause_is_not_given_up_through_it_nor_right_after(
    office: PostOffice,
) -> None:
    async with HostilePeer() as peer, office.working():
        inbox = peer.url("health", "/inbox")
        peer.tells(inbox, Reply(status=503))
        await office.owe(inbox)
        await office.quiet()
        at = inbox.removesuffix("/inbox")
        await outgoing.pause(office.context, at, by=1)

        office.clock.turn(days=20)
        async with office.context.database.transaction("test") as tx:
            given_up = await deliveries.expire(tx, now=office.clock.now())
        await outgoing.resume(office.context, at, by=1)
        office.context.bell.ring("deliveries")
        await office.quiet()
        async with office.context.database.transaction("test") as tx:
            given_up += await deliveries.expire(tx, now=office.clock.now())
        tried = await office.rows()
        office.clock.turn(seconds=(HORIZON + timedelta(hours=2)).total_seconds())
        await office.quiet()
        async with office.context.database.transaction("test") as tx:
            await deliveries.expire(tx, now=office.clock.now())

        assert given_up == 0
        assert [(state, attempts) for state, _, attempts, _ in tried] == [("waiting", 2)]
        assert await office.states() == ["expired"]


async def test_a_try_goes_out_though_the_breaker_is_open(office: PostOffice) -> None:
    async with HostilePeer() as peer, office.working():
        inbox = peer.url("health", "/inbox")
        peer.tells(inbox, Reply(status=500))
        for lane in range(5):
            await office.owe(inbox, lane=f"{lane}")
        await office.quiet()
        [ill] = await listed(office)
        peer.tells(inbox, Reply(status=202))

        await outgoing.try_now(office.context, ill.origin, by=None)
        office.context.bell.ring("deliveries")
        await office.quiet()

        assert ill.open_until is not None
        assert (ill.retried, ill.most_attempts, ill.reason) == (5, 1, "status-500")
        assert await office.states() == ["delivered"] * 5


async def test_only_what_the_confirmation_showed_is_dropped_and_lanes_go_on(
    office: PostOffice,
) -> None:
    await office.owe(HEALTH)
    await office.owe(HEALTH)
    await office.claim()
    heap = await outgoing.heap(office.context, ORIGIN)
    late = await office.owe(HEALTH)

    dropped = await outgoing.drop(
        office.context, ORIGIN, through=heap.through, by=1, reason="Gone for good."
    )

    assert (heap.count, dropped) == (2, 1)
    # What was on its way is not stopped, and what came later is kept.
    assert [(state, reason) for state, _, _, reason in await office.rows()] == [
        ("waiting", ""),
        ("refused", "dropped-here"),
        ("waiting", ""),
    ]
    assert late
    [act] = await acts(office)
    assert (act.act, act.object, act.reason) == (
        "drop-deliveries",
        "health.example",
        "Gone for good.",
    )


async def test_what_is_refused(office: PostOffice) -> None:
    await office.owe(HEALTH)
    await outgoing.pause(office.context, ORIGIN, by=1)

    with pytest.raises(Conflict):
        await outgoing.try_now(office.context, ORIGIN, by=1)
    with pytest.raises(NotFound):
        await outgoing.pause(office.context, "https://nobody.example", by=1)
    with pytest.raises(Invalid):
        await outgoing.drop(office.context, ORIGIN, through=9, by=1, reason="a" * 501)

    assert await office.states() == ["waiting"]
