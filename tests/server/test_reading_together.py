"""Documents of our actors, read together and written once: never anybody else's, never old."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from schemas.records import Visibility
from tests.reading_house import House, TurnedClock, house


@pytest.fixture
async def health(database_url: str) -> AsyncIterator[House]:
    async with house(database_url, "health", clock=TurnedClock()) as found:
        await found.community("roads")
        await found.member("nils")
        yield found


CHANGES = {
    "/@mona": "UPDATE actors SET display_name = 'Mona R' WHERE name = 'mona'",
    "/@nils": (
        "UPDATE actor_keys SET revoked_at = fetched_at WHERE kind = 'ed25519' AND actor_id = "
        "(SELECT id FROM actors WHERE name = 'nils')"
    ),
    "/c/roads": "UPDATE topics SET name = 'Bridges' WHERE position = 0",
    "/actor": "UPDATE actors SET summary = 'We build.' WHERE name = 'actor'",
}


@pytest.mark.parametrize("path", CHANGES)
async def test_what_changes_is_told_at_once_however_often_it_was_told_before(
    health: House, path: str
) -> None:
    before = [(await health.get(path)).body for _ in range(3)]

    await health.sql(CHANGES[path])
    after = await health.get(path)

    assert len(set(before)) == 1
    assert after.status == 200
    assert after.body != before[0]


async def test_a_key_that_ends_is_gone_when_its_time_has_come(health: House) -> None:
    at = health.context.now()
    await health.sql(
        "UPDATE actor_keys SET ends_at = $1 WHERE kind = 'ed25519' AND actor_id = "
        "(SELECT id FROM actors WHERE name = 'mona')",
        at,
    )

    told = (await health.get("/@mona")).json

    assert "publicKey" in told
    assert "assertionMethod" not in told


async def test_who_is_suspended_meanwhile_is_not_there(health: House) -> None:
    webfinger = f"/.well-known/webfinger?resource=acct:nils@{health.host}"
    first = [(await health.get(path)).status for path in ("/@nils", webfinger)]

    await health.sql("UPDATE actors SET suspended_at = published_at WHERE name = 'nils'")

    assert first == [200, 200]
    assert [(await health.get(path)).status for path in ("/@nils", webfinger)] == [404, 404]


async def test_each_of_many_at_once_gets_what_they_asked_for(health: House) -> None:
    paths = ["/@mona", "/@nils", "/c/roads", "/actor", "/@nobody", "/c/mona", "/@roads"] * 6

    replies = await asyncio.gather(*(health.get(path) for path in paths))

    for path, reply in zip(paths, replies, strict=True):
        if path in CHANGES:
            assert reply.json["id"] == f"{health.context.home.origin}{path}"
        else:
            assert reply.status == 404


async def test_a_name_that_cannot_be_looked_up_disturbs_nobody(health: House) -> None:
    odd = quote(f"{health.context.home.origin}/@mona%00", safe="")
    paths = [f"/.well-known/webfinger?resource={odd}", "/@mona", "/@nils"] * 4

    replies = await asyncio.gather(*(health.get(path) for path in paths))

    assert {reply.status for reply in replies[::3]} == {404}
    assert {reply.status for reply in (*replies[1::3], *replies[2::3])} == {200}


async def test_a_private_community_is_not_told_to_all_because_one_may_read_it(
    health: House,
) -> None:
    await health.community("inner", visibility=Visibility.MEMBERS)

    told = await health.get("/c/inner")

    assert "We talk about inner." not in told.body.decode()
    assert told.headers["Cache-Control"] == "private, no-store"
