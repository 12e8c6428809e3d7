"""Keys of our own: listed, changed one by one or all at once, never twice at the same time."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.signatures.keys import generate_rsa
from schemas.records import OF_COMMUNITIES, AgencyState, Visibility
from server.services import rotation
from server.services.errors import Conflict, NotFound
from server.workers.housekeeping import clean_once
from tests.reading_house import House, Stranger, TurnedClock, house

DAY = timedelta(hours=24)


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[House]:
    async with house(database_url, "health", clock=TurnedClock()) as health:
        await health.member("mona")
        yield health


def turn(here: House, by: timedelta) -> None:
    clock = here.context.clock
    assert isinstance(clock, TurnedClock)
    clock.turn(by)


async def ids(here: House, name: str) -> list[str]:
    listed = await rotation.own_keys(here.context, name)
    return [key.key_id.partition("#")[2] for key in listed]


async def document(here: House, path: str) -> tuple[str, list[str]]:
    """The first key of an actor's document, and the others."""
    told = (await here.get(path)).json
    others = [each["id"].partition("#")[2] for each in told["assertionMethod"]]
    return told["publicKey"]["id"].partition("#")[2], others


async def test_the_new_is_published_then_signs_then_the_old_ends(here: House) -> None:
    assert await document(here, "/@mona") == ("main-key", ["ed25519-key"])

    await rotation.rotate(here.context, "@Mona", overlap=DAY)
    old_rsa, new_rsa, old_ed, new_ed = await ids(here, "mona")
    assert (old_rsa, old_ed) == ("main-key", "ed25519-key")
    assert await document(here, "/@mona") == ("main-key", [new_rsa, "ed25519-key", new_ed])

    turn(here, DAY)
    assert await document(here, "/@mona") == (new_rsa, ["main-key", new_ed, "ed25519-key"])

    turn(here, DAY)
    assert await document(here, "/@mona") == (new_rsa, [new_ed])
    assert await ids(here, "mona") == [new_rsa, new_ed]


async def test_the_private_half_of_a_key_that_ended_is_destroyed(here: House) -> None:
    await rotation.rotate(here.context, "mona", overlap=DAY)
    kept = "SELECT count(*) FROM actor_keys WHERE key_id LIKE '%@mona#%' AND private_pem <> ''"

    turn(here, 2 * DAY - timedelta(seconds=1))
    await clean_once(here.context)
    before = await here.sql(kept)
    turn(here, timedelta(seconds=1))
    await clean_once(here.context)

    assert (before, await here.sql(kept)) == (4, 2)


async def test_keys_are_not_changed_twice_at_the_same_time(here: House) -> None:
    await rotation.rotate(here.context, "mona")

    with pytest.raises(Conflict) as refused:
        await rotation.rotate(here.context, "mona")

    assert refused.value.reason == "rotation-under-way"
    turn(here, 2 * rotation.OVERLAP)
    await rotation.rotate(here.context, "mona")


async def test_stolen_keys_end_even_while_they_are_being_changed(here: House) -> None:
    await rotation.rotate(here.context, "mona")
    under_way = await ids(here, "mona")

    await rotation.rotate(here.context, "mona", overlap=timedelta())

    left = await ids(here, "mona")
    assert len(left) == 2
    assert not set(left) & set(under_way)


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_a_community_has_new_keys_too(here: House, visibility: Visibility) -> None:
    await here.community("roads", visibility=visibility)

    await rotation.rotate(here.context, "roads", overlap=timedelta())

    first, _ = await document(here, "/c/roads")
    assert first.startswith("rsa-key-")
    told = await here.sql(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE type = 'Update'"
    )
    assert first in told
    assert ("#Public" in told) is (visibility is Visibility.PUBLIC)


async def test_all_are_changed_but_those_that_are_being_changed(here: House) -> None:
    await here.community("roads")
    await rotation.rotate(here.context, "mona")

    assert await rotation.rotate_all(here.context) == (3, 1)
    assert len(await rotation.own_keys(here.context)) == 16
    turn(here, rotation.OVERLAP)
    first, _ = await document(here, "/actor")
    assert first.startswith("rsa-key-")


async def test_who_is_not_there_has_no_keys(here: House) -> None:
    with pytest.raises(NotFound):
        await rotation.rotate(here.context, "nobody")
    with pytest.raises(NotFound):
        await rotation.own_keys(here.context, "nobody")


async def test_followers_elsewhere_hear_of_new_keys_however_many_members_are_here(
    here: House,
) -> None:
    roads = await here.community("roads")
    await here.sql(
        "WITH people AS (INSERT INTO actors (id, uri, kind, name, host, local, published_at, "
        "fetched_at) SELECT n, 'm:' || n, 'person', 'm' || n, 'here', true, $2, $2 "
        "FROM generate_series(1, 2000) AS n RETURNING id) "
        "INSERT INTO follows (follower_id, target_id, state, uri, asked_at, settled_at) "
        "SELECT id, $1, 'accepted', 'f:' || id, $2, $2 FROM people",
        roads.id,
        here.context.now(),
    )
    turn(here, timedelta(hours=1))
    for name in ("parks", "ports"):
        stranger = Stranger(key=generate_rsa("x", f"https://{name}.example/actor"))
        await here.decides(stranger.host)
        await here.lets_in(stranger, roads)
    await here.decides("ports.example", AgencyState.BLOCKED)

    await rotation.rotate(here.context, "roads")

    told = await here.sql(
        "SELECT string_agg(d.host, ' ') FROM deliveries d "
        "JOIN activities s ON s.id = d.activity_id WHERE s.type = 'Update'"
    )
    assert told == "parks.example:443"
