"""The delivery queue on a real database: claims, lanes, leases, settlement, reports."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.delivery import Delivered, Gone, Health, Outcome, Refused, RetryLater
from server.storage import activities, deliveries, lanes, owed
from server.storage.database import Transaction
from server.storage.deliveries import Due, Settlement
from server.storage.owed import Target
from server.workers.delivery import settlement
from tests.hostile_peer import HASTY, HostilePeer, Reply
from tests.post_office import ORIGIN, START, PostOffice, post_office

HEALTH = "https://health.example/inbox"
ROADS = "https://roads.example/inbox"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[PostOffice]:
    async with post_office(database_url, limits=HASTY) as office:
        yield office


async def settle(office: PostOffice, dues: list[Due], state: deliveries.State) -> None:
    now = office.clock.now()
    later = now + timedelta(minutes=10)
    settlements = [
        Settlement(due=due, state=state, next_at=later if state == "waiting" else now)
        for due in dues
    ]
    async with office.context.database.transaction("test") as tx:
        healths = await lanes.lock(tx, {due.origin for due in dues})
        await deliveries.settle(tx, settlements, healths, now=now)


async def note(office: PostOffice, origin: str, health: Health) -> None:
    async with office.context.database.transaction("test") as tx:
        await lanes.know(tx, [origin])
        await lanes.note(tx, {origin: health})


async def next_due(office: PostOffice) -> object:
    async with office.context.database.reading() as tx:
        return await deliveries.next_due(tx)


async def test_an_activity_is_owed_to_an_inbox_once(office: PostOffice) -> None:
    activity_id = await office.owe(HEALTH)
    async with office.context.database.transaction("test") as tx:
        targets = [Target(inbox=inbox, host="health.example") for inbox in (HEALTH, ROADS)]
        await owed.enqueue(tx, activity_id, targets, lane="a", now=START)

    assert len(await office.rows()) == 2


async def test_a_claim_gives_all_that_a_send_needs(office: PostOffice) -> None:
    activity_id = await office.owe(
        "https://Health.example:443/inbox", lane="x", host="h.example"
    )

    [due] = await office.claim()

    assert due == Due(
        id=due.id,
        inbox="https://Health.example:443/inbox",
        origin="https://health.example",
        host="h.example",
        lane="x",
        attempts=0,
        not_found=0,
        enqueued_at=START,
        lease_until=START + timedelta(minutes=2),
        failing=False,
        document=b'{"id": %d}' % activity_id,
        actor_id=1,
    )


async def test_an_inbox_that_is_no_url_never_fails_a_post(office: PostOffice) -> None:
    await office.owe("nonsense", HEALTH)

    assert len(await office.claim()) == 1
    assert ("refused", "settled", 0, "inbox-malformed") in await office.rows()


async def test_one_origin_gets_one_at_a_time_until_it_has_answered(office: PostOffice) -> None:
    for number in range(9):
        await office.owe(HEALTH, lane=f"{number}")

    first = await office.claim()
    second = await office.claim()
    await settle(office, first, "delivered")
    await note(office, "https://health.example", Health(width=2))
    third = await office.claim()

    assert [len(first), len(second), len(third)] == [1, 0, 2]


async def test_one_origin_never_gets_more_at_once_than_its_width(office: PostOffice) -> None:
    await note(office, "https://health.example", Health())
    for number in range(9):
        await office.owe(HEALTH, lane=f"{number}")

    first = await office.claim()
    second = await office.claim()
    await settle(office, first[:3], "delivered")
    third = await office.claim()

    assert [len(first), len(second), len(third)] == [4, 0, 3]


async def test_a_claim_takes_no_more_than_it_asks_for_and_leaves_the_rest_due(
    office: PostOffice,
) -> None:
    await office.owe(*[f"https://h{number}.example/inbox" for number in range(10)])

    sizes = [len(await office.claim(limit=4)) for _ in range(4)]

    assert sizes == [4, 4, 2, 0]


async def test_origins_that_fail_take_a_share_only(office: PostOffice) -> None:
    for number in range(6):
        origin = f"https://ill{number}.example"
        await note(office, origin, Health(failing_since=START))
        await office.owe(f"{origin}/inbox", f"https://well{number}.example/inbox")

    claimed = await office.claim(limit=6, failing=2)

    assert sorted(due.failing for due in claimed) == [False] * 6 + [True] * 2


async def test_the_next_of_a_lane_waits_for_the_one_before(office: PostOffice) -> None:
    for _ in range(3):
        await office.owe(HEALTH, ROADS, lane="one")

    first = await office.claim()
    await settle(office, first[:1], "delivered")
    second = await office.claim()
    await settle(office, second, "waiting")

    assert len(first) == 2
    assert [due.origin for due in second] == [first[0].origin]
    assert await office.claim() == []


async def test_one_put_off_is_due_again_at_its_time(office: PostOffice) -> None:
    await office.owe(HEALTH)
    await settle(office, await office.claim(), "waiting")

    assert await next_due(office) == START + timedelta(minutes=10)
    assert await office.claim() == []
    office.clock.turn(minutes=10)
    [due] = await office.claim()
    assert due.attempts == 1


async def test_a_lease_that_ran_out_is_claimed_again_and_its_late_end_counts_for_nothing(
    office: PostOffice,
) -> None:
    await office.owe(HEALTH)
    lost = await office.claim()
    assert await next_due(office) == START + timedelta(minutes=2)
    office.clock.turn(minutes=2)

    again = await office.claim()
    await settle(office, lost, "refused")

    assert [due.id for due in again] == [due.id for due in lost]
    assert await office.rows() == [("waiting", "leased", 0, "")]


async def test_a_late_success_counts(office: PostOffice) -> None:
    await office.owe(HEALTH)
    lost = await office.claim()
    office.clock.turn(minutes=2)
    again = await office.claim()

    await settle(office, lost, "delivered")
    await settle(office, again, "waiting")

    assert await office.states() == ["delivered"]


async def test_a_lease_given_back_can_be_claimed_at_once(office: PostOffice) -> None:
    await office.owe(HEALTH)
    dues = await office.claim()

    async with office.context.database.transaction("test") as tx:
        await deliveries.release(tx, dues, now=START)

    assert [due.id for due in await office.claim()] == [due.id for due in dues]


async def test_what_waits_behind_an_open_breaker_is_not_looked_at(office: PostOffice) -> None:
    until = START + timedelta(minutes=30)
    await note(office, "https://health.example", Health(failing_since=START, open_until=until))
    for number in range(3):
        await office.owe(HEALTH, lane=f"{number}")

    assert await office.claim() == []
    assert await next_due(office) == until
    office.clock.turn(minutes=30)
    assert len(await office.claim()) == 1
    assert await office.claim() == []


async def test_a_pause_holds_for_the_whole_origin(office: PostOffice) -> None:
    until = START + timedelta(minutes=5)
    await note(office, "https://health.example", Health(pause_until=until))
    await office.owe(HEALTH)

    assert await office.claim() == []
    assert await next_due(office) == until


async def test_nothing_is_due_when_nothing_waits(office: PostOffice) -> None:
    await office.owe(HEALTH)
    await settle(office, await office.claim(), "delivered")

    assert await next_due(office) is None


async def test_a_gone_inbox_gets_nothing_more_for_a_while(office: PostOffice) -> None:
    await note(office, "https://health.example", Health())
    for lane in ("a", "a", "b"):
        await office.owe(HEALTH, lane=lane)
    await office.owe("https://health.example/@ada/inbox", lane="a")
    dues = await office.claim()
    gone = settlement(dues[0], Gone(), now=START, jitter=0)

    async with office.context.database.transaction("test") as tx:
        healths = await lanes.lock(tx, {dues[0].origin})
        await deliveries.settle(tx, [gone], healths, now=START)
    await office.owe(HEALTH, lane="c")
    office.clock.turn(days=31)
    await office.owe(HEALTH, lane="d")

    states = await office.states()
    assert states == ["refused"] * 3 + ["waiting", "refused", "waiting"]
    assert len(await office.claim()) == 2


async def test_a_blocked_host_gets_nothing_that_waits(office: PostOffice) -> None:
    await office.owe(HEALTH, lane="one")
    await office.owe("https://health.example/@eve/inbox", lane="one", host="eve.example")

    async with office.context.database.transaction("test") as tx:
        dropped = await deliveries.withdraw(
            tx, "health.example", reason="agency-blocked", now=START
        )

    assert dropped == 1
    assert [due.host for due in await office.claim()] == ["eve.example"]
    assert (await office.rows())[0] == ("refused", "settled", 0, "agency-blocked")


async def test_what_was_given_up_is_owed_again_unless_something_later_arrived(
    office: PostOffice,
) -> None:
    await note(office, "https://health.example", Health(failing_since=START))
    for lane in ("a", "b"):
        await office.owe(HEALTH, lane=lane)
    await office.claim()
    office.clock.turn(days=8)
    async with office.context.database.transaction("test") as tx:
        assert await deliveries.expire(tx, now=office.clock.now()) == 0  # leased
    await settle(office, await office.claim(), "waiting")
    async with office.context.database.transaction("test") as tx:
        assert await deliveries.expire(tx, now=office.clock.now()) == 2
        assert await deliveries.expire(tx, now=office.clock.now()) == 0
    await office.owe(HEALTH, lane="b")
    await settle(office, await office.claim(), "delivered")

    async with office.context.database.transaction("test") as tx:
        owed = await deliveries.resync(tx, "health.example", now=office.clock.now())

    assert owed == 1
    assert await office.states() == ["waiting", "expired", "delivered"]
    assert [due.attempts for due in await office.claim()] == [0]


async def test_a_worker_that_was_away_for_a_week_gives_up_nothing(office: PostOffice) -> None:
    await office.owe(HEALTH)
    office.clock.turn(days=20)

    async with office.context.database.transaction("test") as tx:
        assert await deliveries.expire(tx, now=office.clock.now()) == 0

    assert len(await office.claim()) == 1


async def test_the_ledger_says_who_has_a_post_and_who_not_yet(office: PostOffice) -> None:
    async with office.context.database.transaction("test") as tx:
        await a_post(tx, 7)
        await activities.add(tx, office.activity(70, post_id=7))
        targets = [Target(inbox=inbox, host=inbox.split("/")[2]) for inbox in (HEALTH, ROADS)]
        await owed.enqueue(tx, 70, targets, lane="p7", now=START)
    health, _roads = await office.claim()
    await settle(office, [health], "delivered")

    async with office.context.database.reading() as tx:
        entries = await deliveries.ledger(tx, 7)

    assert [(each.host, each.state, each.attempts, each.settled_at) for each in entries] == [
        ("health.example", "delivered", 1, START),
        ("roads.example", "waiting", 0, None),
    ]
    assert entries[0].activity_uri == f"{ORIGIN}/activities/70"


def due(*, attempts: int = 0, not_found: int = 0) -> Due:
    return Due(
        id=1,
        inbox=HEALTH,
        origin="https://health.example",
        host="health.example",
        lane="a",
        attempts=attempts,
        not_found=not_found,
        enqueued_at=START,
        lease_until=START,
        failing=False,
        document=b"{}",
        actor_id=1,
    )


RAISED = RetryLater(reason="send-raised", ours=True)
NOT_FOUND = RetryLater(reason="not-found", status=404)


@pytest.mark.parametrize(
    ("before", "outcome", "state", "reason"),
    [
        (due(), Delivered(status=202), "delivered", ""),
        (due(), Gone(), "refused", "gone"),
        (due(), Refused(status=422, reason="status-422"), "refused", "status-422"),
        (due(attempts=20), NOT_FOUND, "waiting", "not-found"),
        (due(attempts=1, not_found=1), NOT_FOUND, "waiting", "not-found"),
        (due(attempts=2, not_found=2), NOT_FOUND, "refused", "not-found"),
        (due(attempts=6), RAISED, "waiting", "send-raised"),
        (due(attempts=7), RAISED, "refused", "send-raised"),
    ],
)
def test_the_end_of_an_attempt_decides(
    before: Due, outcome: Outcome, state: str, reason: str
) -> None:
    settled = settlement(before, outcome, now=START, jitter=0)

    assert (settled.state, settled.reason) == (state, reason)


def test_who_asks_to_wait_longer_than_the_schedule_is_obeyed() -> None:
    slow = RetryLater(reason="status-429", status=429, wait=timedelta(hours=5))

    assert settlement(due(), slow, now=START, jitter=1).next_at == START + timedelta(hours=5)
    assert settlement(due(attempts=9), slow, now=START, jitter=0).next_at == START + timedelta(
        hours=12
    )


async def test_the_ring_of_the_bell_starts_the_send(office: PostOffice) -> None:
    async with HostilePeer() as peer, office.working():
        peer.tells(peer.url("health", "/inbox"), Reply(status=202))
        await office.quiet()

        activity_id = await office.owe(peer.url("health", "/inbox"))
        await office.quiet()

        assert await office.states() == ["delivered"]
        assert [request.body for request in peer.requests] == [b'{"id": %d}' % activity_id]


async def a_post(tx: Transaction, post_id: int) -> None:
    """A post of Ingrid's, in a community that Nobody plays."""
    await tx.execute(
        "INSERT INTO communities (actor_id, join_rule, visibility, active_at) "
        "VALUES (2, 'open', 'public', $1)",
        START,
    )
    await tx.execute(
        "INSERT INTO posts (id, uri, kind, author_id, community_id, root_id, visibility, "
        "clean_version, published_at, received_at, active_at) "
        "VALUES ($1, $2, 'question', 1, 2, $1, 'public', 1, $3, $3, $3)",
        post_id,
        f"{ORIGIN}/p/{post_id}",
        START,
    )
