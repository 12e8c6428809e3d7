"""DEL: delivery, ordering, consistency (one section per row)."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from federation.signatures import SignedRequest, read_signature, verify
from federation.signatures.window import read_http_date
from server.storage import activities, deliveries, owed, received
from server.storage.owed import Target
from server.storage.received import Arrival
from tests.hostile_peer import HASTY, HostilePeer, Reply, Request
from tests.post_office import KEY, START, PostOffice, post_office

OK = Reply(status=202)
DOWN = Reply(status=500)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[PostOffice]:
    async with post_office(database_url) as office:
        yield office


@pytest.fixture
async def peer() -> AsyncIterator[HostilePeer]:
    async with HostilePeer() as peer:
        yield peer


@pytest.fixture
def inbox(peer: HostilePeer) -> str:
    """The inbox of an agency that takes everything, until the test says otherwise."""
    inbox = peer.url("health", "/inbox")
    peer.tells(inbox, OK)
    return inbox


def numbers(requests: list[Request]) -> list[int]:
    return [json.loads(request.body)["id"] for request in requests]


# DEL-01


async def test_del_01_what_is_committed_is_sent_and_nothing_else(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    async def publish_and_fail() -> None:
        async with office.context.database.transaction("test") as tx:
            await activities.add(tx, office.activity(1))
            targets = [Target(inbox=inbox, host="health.example")]
            await owed.enqueue(tx, 1, targets, lane="a", now=START)
            raise LookupError

    with pytest.raises(LookupError):
        await publish_and_fail()
    kept = await office.owe(inbox)

    async with office.working():
        await office.quiet()

    assert numbers(peer.requests) == [kept]


async def test_del_01_a_worker_that_died_with_a_lease_loses_nothing(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    owed = [await office.owe(inbox) for _ in range(3)]
    assert len(await office.claim()) == 1  # by a worker that is never heard of again

    async with office.working():
        await office.until_rows("SELECT count(*) = 2 FROM deliveries WHERE place = 'behind'")
        assert peer.requests == []
        office.clock.turn(minutes=2)
        await office.quiet()

    assert numbers(peer.requests) == owed


# DEL-04


async def test_del_04_one_object_in_order_even_with_retries_and_others_pass(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    async with office.working():
        create = await office.owe(inbox, lane="one")
        await office.quiet()
        peer.tells(inbox, OK)
        update = await office.owe(inbox, lane="one")
        delete = await office.owe(inbox, lane="one")
        other = await office.owe(inbox, lane="two")
        await office.quiet()
        assert numbers(peer.requests) == [create, other]
        office.clock.turn(minutes=1)
        await office.quiet()

    assert numbers(peer.requests) == [create, other, create, update, delete]


# DEL-06


async def test_del_06_a_silent_peer_holds_four_senders_and_nobody_else(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    mute = peer.url("mute", "/inbox")
    peer.tells(mute, Reply(silent=True))
    for number in range(12):
        await office.owe(mute, lane=f"{number}")
    living = [await office.owe(inbox, lane=f"{number}") for number in range(40)]

    async with office.working() as [worker]:
        await office.until_rows(
            "SELECT count(*) = 40 FROM deliveries WHERE state = 'delivered'"
        )
        to_mute = [each for each in peer.requests if each.host.startswith("mute")]
        worker.cancel()
        await peer.__aexit__(None, None, None)  # hangs up

    assert len(to_mute) <= 4
    assert Counter(living) <= Counter(numbers(peer.requests))


# DEL-07

#: As security.md 3.3 has it; after the last of these every twelve hours.
SCHEDULE = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)


async def test_del_07_the_schedule_over_seven_days_and_a_restart(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    await office.owe(inbox)
    waits = []

    for attempt in range(1, 60):
        async with office.working():  # a new worker each time
            await office.quiet()
        assert len(peer.requests) == attempt
        if "expired" in await office.states():
            break
        waits.append(await office.next_at() - office.clock.now())
        office.clock.moment = await office.next_at()

    plain = [*SCHEDULE, *[timedelta(hours=12)] * len(waits)][: len(waits)]
    for wait, want in zip(waits[:-1], plain, strict=False):
        assert 0.74 * want <= wait <= 1.26 * want
    assert office.clock.now() - START == timedelta(days=7)
    assert len({wait / want for wait, want in zip(waits, plain, strict=True)}) > 5


# DEL-08


@pytest.mark.parametrize(
    ("status", "row"),
    [
        (202, ("delivered", "settled", 1, "")),
        (302, ("refused", "settled", 1, "status-302")),
        (400, ("refused", "settled", 1, "status-400")),
        (401, ("waiting", "first", 1, "status-401")),
        (403, ("waiting", "first", 1, "status-403")),
        (404, ("waiting", "first", 1, "not-found")),
        (410, ("refused", "settled", 1, "gone")),
        (413, ("refused", "settled", 1, "status-413")),
        (422, ("refused", "settled", 1, "status-422")),
        (429, ("waiting", "first", 1, "status-429")),
        (500, ("waiting", "first", 1, "status-500")),
        (503, ("waiting", "first", 1, "status-503")),
    ],
)
async def test_del_08_what_a_status_does(
    office: PostOffice,
    peer: HostilePeer,
    inbox: str,
    status: int,
    row: tuple[str, str, int, str],
) -> None:
    peer.tells(inbox, Reply(status=status, headers=(("Location", inbox),)))
    await office.owe(inbox)

    async with office.working():
        await office.quiet()

    assert await office.rows() == [row]
    # Where the signature may be the reason, there is a second knock, and it is one attempt.
    assert len(peer.requests) == (2 if status in {400, 401} else 1)


async def test_del_08_not_found_is_final_at_the_third_time(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, Reply(status=404))
    await office.owe(inbox)

    async with office.working():
        for _ in range(3):
            await office.quiet()
            office.clock.turn(minutes=5)
        await office.quiet()

    assert await office.rows() == [("refused", "settled", 3, "not-found")]


async def test_del_08_retry_after_holds_for_the_whole_origin_and_is_capped(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, Reply(status=429, headers=(("Retry-After", "86400"),)))
    async with office.working():
        await office.owe(inbox, lane="one")
        await office.quiet()
        peer.tells(inbox, OK)
        await office.owe(inbox, lane="two")
        await office.quiet()
        office.clock.turn(hours=5, minutes=59)
        await office.quiet()
        assert len(peer.requests) == 1
        office.clock.turn(minutes=1)
        await office.quiet()

    assert await office.states() == ["delivered"] * 2


# DEL-09


async def test_del_09_breaker(office: PostOffice, peer: HostilePeer, inbox: str) -> None:
    peer.tells(inbox, DOWN)
    for number in range(20):
        await office.owe(inbox, lane=f"{number}")
    async with office.working():
        await office.quiet()
        tried = len(peer.requests)
        assert 5 <= tried <= 8  # four at once: three more may have been on the way
        assert (await office.health()).open_until == START + timedelta(minutes=30)
        office.clock.turn(minutes=29)
        await office.quiet()
        assert len(peer.requests) == tried

        office.clock.turn(minutes=1)
        await office.quiet()
        assert len(peer.requests) == tried + 1  # one probe
        assert (await office.health()).open_until == START + timedelta(minutes=90)

        peer.tells(inbox, OK)
        office.clock.turn(hours=1)
        await office.quiet()

    assert await office.states() == ["delivered"] * 20
    assert (await office.health()).breaker == "closed"


async def test_del_09_an_answer_with_a_no_resets_the_count(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    async with office.working():
        for number in range(12):
            refuses = number % 4 == 3
            peer.tells(inbox, Reply(status=422 if refuses else 500))
            await office.owe(inbox, lane=f"{number}")
            await office.quiet()

    assert len(peer.requests) == 12
    assert (await office.health()).breaker == "closed"


# DEL-10


async def test_del_10_after_six_days_all_is_delivered_in_order(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    lanes: dict[str, list[int]] = {}
    async with office.working():
        for number in range(120):
            lane = f"{number % 10}"
            lanes.setdefault(lane, []).append(await office.owe(inbox, lane=lane))
            if number % 10 == 9:
                await office.quiet()
                office.clock.turn(hours=12)
        missed = len(peer.requests)
        assert missed < 60

        peer.tells(inbox, OK)
        office.clock.turn(hours=7)
        await office.quiet()

    assert await office.states() == ["delivered"] * 120
    arrived = numbers(peer.requests[missed:])
    for lane in lanes.values():
        assert [number for number in arrived if number in lane] == lane


async def test_del_10_over_the_horizon_is_shown_and_not_lost(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    async with office.working():
        for number in range(6):
            await office.owe(inbox, lane=f"{number}")
        await office.quiet()
        for _ in range(32):
            office.clock.turn(hours=6)
            await office.quiet()
        await office.until_rows(
            "SELECT NOT EXISTS (SELECT FROM deliveries WHERE settled_at IS NULL)"
        )

        health = await office.health()
        assert (health.waiting, health.expired, health.hosts) == (0, 6, ("health.example",))

        peer.tells(inbox, OK)
        office.clock.turn(hours=7)
        async with office.context.database.transaction("test") as tx:
            assert await deliveries.resync(tx, "health.example", now=office.clock.now()) == 6
        await office.quiet()

    assert await office.states() == ["delivered"] * 6


# DEL-11


async def test_del_11_what_they_send_us_closes_no_breaker(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    async with office.working():
        for number in range(6):
            await office.owe(inbox, lane=f"{number}")
        await office.quiet()
        before = await office.health()

        arrival = Arrival(
            actor_uri=inbox.replace("inbox", "@eve"),
            activity_uri=inbox.replace("inbox", "1"),
            type="Like",
            host=peer.authority("health"),
            raw=b"{}",
            signature_hash=b"1",
            received_at=START,
        )
        async with office.context.database.transaction("test") as tx:
            assert await received.remember(tx, [arrival]) == 1
        await office.quiet()

    assert before.breaker == "open"
    assert await office.health() == before


# DEL-12


async def test_del_12_health_is_kept_by_inbox_and_shown_for_the_hosts_behind_it(
    office: PostOffice, peer: HostilePeer
) -> None:
    inbox = peer.url("mail", "/inbox")
    peer.tells(inbox, DOWN)
    async with office.working():
        await office.owe(inbox, host="roads.example", lane="a")
        await office.owe(inbox, host="health.example", lane="b")
        await office.quiet()

    health = await office.health()
    assert health.origin == peer.url("mail")
    assert health.hosts == ("health.example", "roads.example")
    assert (health.failing_since, health.reason) == (START, "status-500")


# DEL-13


async def test_del_13_one_post_per_shared_inbox(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    async with office.working():
        await office.owe(inbox, inbox, inbox)
        await office.quiet()

    assert len(peer.requests) == 1


# DEL-18


async def test_del_18_depth_age_and_state_are_visible(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    async with office.working():
        for number in range(7):
            await office.owe(inbox, lane=f"{number}")
            await office.quiet()
            office.clock.turn(seconds=1)

    health = await office.health()
    assert (health.waiting, health.expired, health.breaker) == (7, 0, "open")
    assert (health.oldest_at, health.last_success_at) == (START, None)
    assert health.last_failure_at == START + timedelta(seconds=4)


# DEL-19


async def test_del_19_what_can_never_be_sent_is_set_aside_and_its_lane_goes_on(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    await office.owe(inbox, actor_id=2)  # who has no key
    async with office.working():
        after = await office.owe(inbox)
        for _ in range(8):
            await office.quiet()
            office.clock.turn(hours=8)
        await office.quiet()

    assert numbers(peer.requests) == [after]
    assert (await office.rows())[0] == ("refused", "settled", 8, "no-signing-key")
    assert (await office.health()).breaker == "closed"


# DEL-21


async def test_del_21_two_workers_send_everything_once(
    office: PostOffice, peer: HostilePeer
) -> None:
    inboxes = [peer.url(f"h{number}", "/inbox") for number in range(8)]
    for inbox in inboxes:
        peer.tells(inbox, OK)

    async with office.working(workers=2):
        owed = [await office.owe(*inboxes, lane=f"{number % 3}") for number in range(15)]
        await office.quiet()

    assert Counter(numbers(peer.requests)) == dict.fromkeys(owed, 8)
    assert await office.states() == ["delivered"] * 120


async def test_del_21_two_claims_at_once_never_share_a_row(office: PostOffice) -> None:
    for number in range(10):
        await office.owe(
            *[f"https://h{host}.example/inbox" for host in range(10)], lane=f"{number}"
        )

    claims = await asyncio.gather(*[office.claim(limit=20) for _ in range(6)])

    claimed = [due.id for dues in claims for due in dues]
    assert len(claimed) == len(set(claimed))
    assert max(Counter(due.origin for dues in claims for due in dues).values()) <= 4


# DEL-23


async def test_del_23_what_is_under_way_ends_and_is_written_down(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, Reply(status=202, seconds_per_byte=0.005))
    await office.owe(inbox)
    await office.owe(inbox)

    async with office.working() as [worker]:
        await office.until(lambda: bool(peer.requests))
        worker.cancel()

    assert await office.states() == ["delivered", "waiting"]
    assert "leased" not in [place for _, place, *_ in await office.rows()]


async def test_del_23_a_silent_peer_does_not_hold_up_the_stop(
    database_url: str, peer: HostilePeer
) -> None:
    mute = peer.url("mute", "/inbox")
    peer.tells(mute, Reply(silent=True))
    async with post_office(database_url, limits=HASTY) as office:
        await office.owe(mute)
        async with office.working() as [worker]:
            await office.until(lambda: bool(peer.requests))
            worker.cancel()

        assert await office.rows() == [("waiting", "first", 1, "timeout")]


# DEL-25


async def test_del_25_each_attempt_is_signed_anew(
    office: PostOffice, peer: HostilePeer, inbox: str
) -> None:
    peer.tells(inbox, DOWN)
    await office.owe(inbox)
    async with office.working():
        await office.quiet()
        office.clock.turn(days=3)
        peer.tells(inbox, OK)
        await office.quiet()

    sent_at = [START, START + timedelta(days=3)]
    assert len(peer.requests) == 2
    for request, moment in zip(peer.requests, sent_at, strict=True):
        signed_at = datetime.fromtimestamp(read_http_date(request.headers["date"]), UTC)
        assert abs(signed_at - moment) < timedelta(seconds=1)
        signed = SignedRequest(
            method=request.method,
            target=request.target,
            headers=tuple(request.headers.items()),
            body=request.body,
        )
        claim = read_signature(signed, authority=peer.authority("health"), now=moment)
        verify(claim, KEY.public)
