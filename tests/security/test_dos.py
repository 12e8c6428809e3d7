"""DOS at the door: bodies too large, too deep or packed, state that grows, too many at once."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import orjson
import pytest

from federation.inbox import Acquaintance, admit
from federation.signatures import SignedRequest
from schemas.records import AgencyState
from server.handlers.activitypub.inbox import LARGEST
from server.services.arrivals import MOST
from server.services.keys import MOST_REFUSALS
from server.storage import actors
from tests.door import AUTHORITY, KEYS, ORIGIN, House, opened, until
from tests.hostile_peer import ACTIVITY_JSON, HASTY, Reply


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as house:
        await house.decide("health")
        yield house


HEADERS = {"Host": AUTHORITY, "Content-Type": ACTIVITY_JSON}


# DOS-03


async def test_dos_03_a_body_that_says_it_is_too_large_is_refused(house):
    answer = await house.send(HEADERS, b" " * (LARGEST + 1))

    assert answer.status == 413


async def test_dos_03_a_body_without_an_end_is_refused_where_it_is_too_large(house):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            yield b" " * 65_536
            sent += 65_536

    try:
        answer = await house.send(HEADERS, endless())
    except aiohttp.ClientConnectionError:
        pass  # the door was shut while we were still speaking
    else:
        assert (answer.status, answer.reason) == (413, "body-too-large")

    assert sent < 20 * LARGEST


async def test_dos_03_the_largest_body_is_judged(house):
    ada = house.sender("health", "ada")
    body = b'{"a": "%s"}' % (b"b" * (LARGEST - 9))

    answer = await house.post(ada, body)

    assert len(body) == LARGEST
    assert answer.status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "GZIP"])
async def test_dos_03_a_packed_body_is_refused_unread(house, encoding):
    ada = house.sender("health", "ada")
    bomb = gzip.compress(b" " * 10 * LARGEST)

    answer = await house.send(house.signed(ada, bomb) | {"Content-Encoding": encoding}, bomb)

    assert answer.status in {400, 415}
    assert await house.arrived() == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/html", "application/ld+json", "multipart/form-data", ""],
)
async def test_dos_03_a_body_of_another_type_is_refused_unread(house, content_type):
    ada = house.sender("health", "ada")

    answer = await house.post(ada, ada.follow(), **{"Content-Type": content_type})

    assert (answer.status, answer.reason) == (415, "media-type")
    assert await house.arrived() == []


async def test_dos_03_the_long_name_of_the_type_will_do(house):
    ada = house.sender("health", "ada")
    kind = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
    body = b'{"id":"%s/1","type":"Follow","actor":"%s"}' % (ada.uri.encode(), ada.uri.encode())
    headers = house.signed(ada, body) | {"Content-Type": kind}

    answer = await house.send(headers, body)

    assert answer.status == 401  # it was read, and the signature covers the short name


# DOS-04


@pytest.mark.parametrize("depth", [65, 200_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
async def test_dos_04_what_is_nested_too_deep_is_refused(house, depth, opening, closing):
    ada = house.sender("health", "ada")
    depth = min(depth, (LARGEST - 20) // len(opening + closing))
    body = b'{"a":' + opening * depth + b"1" + closing * depth + b"}"

    answer = await house.post(ada, body)

    assert answer.status == 400
    assert answer.reason in {"nesting-too-deep", "json-malformed"}
    assert house.peer.requests == []


# DOS-09


async def test_dos_09_hosts_that_fail_leave_a_bounded_number_of_rows(database_url):
    async with opened(database_url, limits=HASTY) as house:
        now = house.clock.now()
        async with house.database.transaction("test") as tx:
            await tx.executemany(
                "INSERT INTO key_refusals (key_id, reason, until) VALUES ($1, 'no', $2)",
                [
                    (f"https://h{number}.example", now + timedelta(seconds=number + 1))
                    for number in range(MOST_REFUSALS + 500)
                ],
            )
        mallory = house.sender("evil", "mallory", published=False)
        house.peer.tells(mallory.uri, Reply(silent=True))

        answer = await house.post(mallory, mallory.follow())

        assert answer.status == 503
        assert await house.fetch("SELECT count(*) FROM key_refusals") == [(MOST_REFUSALS,)]


async def test_dos_09_what_is_over_is_forgotten(house):
    for number in range(3):
        lost = house.sender("health", f"lost{number}", published=False)
        await house.post(lost, lost.follow())
        house.clock.turn(minutes=11)

    assert [row[0] for row in await house.refusals()] == [lost.uri]


async def test_dos_09_a_refused_stranger_leaves_nothing_but_the_refusal(house):
    stranger = house.sender("stranger", "ada")

    answer = await house.post(stranger, stranger.activity("Like", f"{ORIGIN}/p/1"))

    assert (answer.status, answer.reason) == (403, "agency-not-admitted")
    ours = {"actors": " WHERE NOT local", "actor_keys": " WHERE private_pem IS NULL"}
    for table in ("inbox_events", "actors", "actor_keys", "key_refusals"):
        rows = f"SELECT count(*) FROM {table}{ours.get(table, '')}"  # noqa: S608 a table of ours
        assert await house.fetch(rows) == [(0,)]
    assert await house.fetch("SELECT host FROM agencies") == [(house.host("health"),)]


# DOS-13


async def test_dos_13_who_finds_the_door_full_is_told_to_come_again(database_url):
    async with opened(database_url, most=2) as house:
        await house.decide("health")
        ada = house.sender("health", "ada")
        over = asyncio.Event()

        async def unfinished():
            yield b"{"
            await over.wait()

        async def is_full():
            return house.door.free == 0

        slow = [asyncio.create_task(house.send(HEADERS, unfinished())) for _ in range(2)]
        await until(is_full)
        turned_away = await house.post(ada, ada.follow())
        over.set()
        await asyncio.gather(*slow)
        later = await house.post(ada, ada.follow())

        assert (turned_away.status, turned_away.reason) == (503, "inbox-busy")
        assert turned_away.headers["Retry-After"] == "30"
        assert later.status == 202


async def test_dos_13_a_crowd_is_served_or_sent_away_and_nothing_is_lost(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=0))

    answers = await asyncio.gather(
        *(house.post(ada, ada.follow(number=number)) for number in range(1, 400))
    )

    served = sum(answer.status == 202 for answer in answers)
    assert {answer.status for answer in answers} <= {202, 503}
    assert len(await house.arrived()) == served + 1
    assert served >= MOST
    assert house.door.free == 256


async def test_dos_13_nobody_is_answered_before_the_commit(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=0))

    async with house.database.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE inbox_events IN ACCESS EXCLUSIVE MODE")
        posts = [
            asyncio.create_task(house.post(ada, ada.follow(number=number)))
            for number in range(1, 5)
        ]
        finished, _ = await asyncio.wait(posts, timeout=0.2)
    answers = await asyncio.gather(*posts)

    assert finished == set()
    assert {answer.status for answer in answers} == {202}
    assert len(await house.arrived()) == 5


async def test_dos_13_whoever_was_told_so_is_written_down_when_the_database_fails(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=0))
    stop = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async with house.database.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE inbox_events IN ACCESS EXCLUSIVE MODE")
        posts = [
            asyncio.create_task(house.post(ada, ada.follow(number=number)))
            for number in range(1, 5)
        ]
        await until(lambda: house.fetch(stop))
    answers = await asyncio.gather(*posts)

    told = {number for number, answer in enumerate(answers, 1) if answer.status == 202}
    kept = {f"{ada.uri}/activities/{number}" for number in (0, *told)}
    failed = [answer for answer in answers if answer.status != 202]
    assert {row[2] for row in await house.arrived()} == kept
    assert {(answer.status, answer.reason) for answer in failed} == {(503, "database-away")}
    assert (await house.post(ada, ada.follow(number=9))).status == 202


async def test_dos_13_more_than_one_group_is_written_down_in_order(house):
    ada = house.sender("health", "ada")
    admitted = [await admitted_by(house, ada, number) for number in range(MOST + 6)]

    await asyncio.gather(*(house.door.batcher.remember(each) for each in admitted))

    written = [row[2] for row in await house.arrived()]
    assert written == [each.activity.id for each in admitted]


async def admitted_by(house, sender, number):
    """What the gate makes of an activity, without the way to the door."""

    async def admitted(_host):
        return AgencyState.ADMITTED

    async def known(_uri):
        return True

    async def key(_key_id, *, fresh):
        return sender.key.public

    body = orjson.dumps(sender.follow(number=number))
    return await admit(
        SignedRequest(
            method="POST",
            target="/inbox",
            headers=tuple(house.signed(sender, body).items()),
            body=body,
        ),
        authority=AUTHORITY,
        home=house.context.home,
        now=house.clock.now(),
        acquaintance=Acquaintance(may_knock=admitted, knows_actor=known, open_federation=False),
        find_key=key,
    )


@pytest.mark.parametrize("path", ["/@nobody/inbox", "/c/nowhere/inbox/"])
async def test_dos_13_an_inbox_of_nobody_takes_nothing(house, path):
    ada = house.sender("health", "ada")

    answer = await house.post(ada, ada.follow(), path=path)

    assert (answer.status, answer.reason) == (404, "no-such-inbox")
    assert house.peer.requests == []


async def test_dos_13_an_inbox_of_somebody_who_left_is_gone(house):
    ada, bob = house.sender("health", "ada"), await house.add_member("bob")
    async with house.database.transaction("test") as tx:
        await actors.mark_deleted(tx, bob.uri, now=house.clock.now())

    answer = await house.post(ada, ada.follow(), path="/@bob/inbox")

    assert (answer.status, answer.reason) == (410, "no-such-inbox")


async def test_dos_09_a_stranger_who_knocks_is_on_the_list_once(house):
    stranger = house.sender("stranger", "ada")

    answers = [await house.post(stranger, stranger.follow(number=number)) for number in (1, 2)]

    assert [answer.status for answer in answers] == [202, 202]
    assert await house.fetch("SELECT host FROM agencies WHERE state = 'waiting'") == [
        (house.host("stranger"),)
    ]


async def test_dos_09_nobody_gets_on_the_list_by_a_forged_knock(house):
    stranger = house.sender("stranger", "ada")

    answer = await house.post(stranger.signing_with(KEYS[1]), stranger.follow())

    assert (answer.status, answer.reason) == (401, "signature-wrong")
    assert await house.fetch("SELECT host FROM agencies WHERE state = 'waiting'") == []
