"""Which deliveries carry a digest of followers, on a real database."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from federation.synchronization import digest_of, read_header
from schemas.records import Actor, ActorKind, AgencyState, FollowState
from server.storage import actors, agencies, follows
from server.storage.deliveries import Due
from server.workers import digests
from server.workers.digests import Digests
from tests.hostile_peer import HASTY
from tests.post_office import INGRID, START, PostOffice, post_office

FOLLOWERS = f"{INGRID}/followers"
LATER = START + timedelta(minutes=10)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[PostOffice]:
    """Ingrid has two followers at an agency that was admitted, and one at one that was not."""
    async with post_office(database_url, limits=HASTY) as office:
        async with office.context.database.transaction("test") as tx:
            await tx.execute("UPDATE actors SET followers = $1 WHERE id = 1", FOLLOWERS)
            await agencies.decide(
                tx, "health.example", AgencyState.ADMITTED, by=None, reason="", now=START
            )
            await agencies.knock(tx, "roads.example", now=START)
            for number, host in enumerate(("health", "health", "roads"), 10):
                ada = Actor(
                    id=number,
                    uri=f"https://{host}.example/@ada{number}",
                    kind=ActorKind.PERSON,
                    name=f"ada{number}",
                    host=f"{host}.example",
                    local=False,
                    published_at=START,
                )
                await actors.add(tx, ada, now=START)
                await follows.ask(tx, number, 1, f"{ada.uri}/1", now=START)
                await follows.settle(tx, number, 1, FollowState.ACCEPTED, now=START)
        yield office


def due(number: int, host: str = "health.example", **changed: object) -> Due:
    values: dict[str, object] = {
        "id": number,
        "inbox": f"https://{host}/inbox",
        "origin": f"https://{host}",
        "host": host,
        "lane": "a",
        "attempts": 0,
        "not_found": 0,
        "enqueued_at": START,
        "lease_until": START,
        "failing": False,
        "document": f'{{"cc": ["{FOLLOWERS}"]}}'.encode(),
        "actor_id": 1,
    }
    return Due(**(values | changed))  # type: ignore[arg-type] # a table of what differs


async def picked(
    office: PostOffice, teller: Digests, *dues: Due, now: datetime = START
) -> dict[int, str]:
    async with office.context.database.reading() as tx:
        return await teller.pick(tx, office.context, dues, now=now)


async def test_del_14_the_first_delivery_to_an_agency_says_who_follows_there(
    office: PostOffice,
) -> None:
    found = await picked(office, Digests(), due(1), due(2))

    assert list(found) == [1]
    told = read_header(found[1], followers=FOLLOWERS)
    assert told.url == f"{FOLLOWERS}/synchronization"
    assert told.digest == digest_of(
        ["https://health.example/@ada10", "https://health.example/@ada11"]
    )


async def test_it_is_said_once_in_ten_minutes_and_again_where_it_did_not_arrive(
    office: PostOffice,
) -> None:
    teller = Digests()

    first = await picked(office, teller, due(1))
    second = await picked(office, teller, due(2))
    teller.forget(due(1))
    again = await picked(office, teller, due(3))
    late = await picked(office, teller, due(4), now=LATER)

    assert [list(each) for each in (first, second, again, late)] == [[1], [], [3], [4]]


@pytest.mark.parametrize(
    "other",
    [
        due(1, "roads.example"),
        due(1, "elsewhere.example"),
        due(1, origin="https://inboxes.example"),
        due(1, document=b'{"to": ["https://health.example/@ada10"]}'),
        due(1, actor_id=2),
    ],
    ids=["not admitted", "no followers", "inbox elsewhere", "not for followers", "has none"],
)
async def test_nothing_is_said_where_it_would_be_of_no_use(
    office: PostOffice, other: Due
) -> None:
    teller = Digests()

    assert await picked(office, teller, other) == {}
    teller.forget(other)


async def test_what_is_remembered_of_telling_is_bounded(office: PostOffice) -> None:
    teller = Digests(told={(number, "h.example"): START for number in range(digests.MOST + 1)})

    await picked(office, teller, due(1))

    assert len(teller.told) == 1
