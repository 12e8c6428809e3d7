"""ORI at the door: what an activity says of others is nobody's word but its actor's."""

from collections.abc import AsyncIterator

import pytest

from federation.errors import FederationError, Malformed
from server.services import discovery
from tests.door import KEYS, ORIGIN, House, actor_document, opened
from tests.hostile_peer import document


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as house:
        await house.decide("health")
        yield house


# ORI-07


async def test_ori_07_a_post_in_the_name_of_another_is_kept_as_the_word_of_its_sender(house):
    mallory = house.sender("health", "mallory")
    victim = house.peer.url("good", "/@bob")
    post = {"id": f"{mallory.uri}/1", "type": "Article", "attributedTo": victim}

    answer = await house.post(mallory, mallory.activity("Create", post))

    assert answer.status == 202
    assert [row[0] for row in await house.arrived()] == [mallory.uri]
    assert house.asked("good") == []


@pytest.mark.parametrize(
    ("actor", "reason"),
    [
        (["{ada}", "{victim}"], "actor-several"),
        (["{victim}", "{ada}"], "actor-several"),
        (1, "actor-not-a-uri"),
        ("acct:ada@health.example", "actor-not-a-uri"),
        ("/@ada", "actor-not-a-uri"),
        (None, "actor-not-a-uri"),
    ],
)
async def test_ori_07_an_actor_that_two_readers_read_differently_is_refused(
    house, actor, reason
):
    ada = house.sender("health", "ada")
    names = {"ada": ada.uri, "victim": house.peer.url("good", "/@bob")}
    spelt = [each.format(**names) for each in actor] if isinstance(actor, list) else actor

    answer = await house.post(ada, ada.follow() | {"actor": spelt})

    assert (answer.status, answer.reason) == (400, reason)
    assert await house.arrived() == []


# ORI-10


@pytest.mark.parametrize(
    "origin",
    [ORIGIN, ORIGIN.replace("transport", "TRANSPORT"), ORIGIN.replace(":8100", ".:8100")],
    ids=["plain", "capitals", "dot"],
)
async def test_ori_10_nothing_that_is_ours_comes_from_outside(house, origin):
    ada = house.sender("health", "ada")

    as_us = await house.post(ada, ada.follow() | {"actor": f"{origin}/@bob"})
    by_us = await house.post(ada, ada.follow() | {"id": f"{origin}/activities/1"})

    assert (as_us.status, as_us.reason) == (401, "actor-is-ours")
    assert (by_us.status, by_us.reason) == (401, "activity-not-of-actor")
    assert await house.arrived() == []
    assert house.peer.requests == []


async def test_ori_10_an_actor_document_with_an_id_of_ours_is_not_stored(house):
    ours = await house.add_member("bob")
    place = house.peer.url("health", "/@bob")
    house.peer.tells(place, document(actor_document(ours.uri, "mallory", KEYS[0])))

    with pytest.raises(FederationError):
        await discovery.find_or_fetch_actor(house.context, place)

    assert await house.fetch("SELECT uri, display_name FROM actors WHERE kind <> 'agency'") == [
        (ours.uri, "")
    ]


async def test_ori_10_an_actor_of_ours_that_is_not_there_is_not_fetched(house):
    with pytest.raises(FederationError) as refused:
        await discovery.find_or_fetch_actor(house.context, f"{ORIGIN}/@nobody")

    assert refused.value.reason == "no-such-actor"
    assert house.peer.connections == 0


# ORI-12


async def test_ori_12_an_actor_that_comes_back_as_another_stays_as_it_was(house):
    ada, mallory = house.sender("health", "ada"), house.sender("health", "mallory", key=1)
    await discovery.find_or_fetch_actor(house.context, ada.uri)
    house.peer.tells(ada.uri, document(mallory.document))

    with pytest.raises(Malformed) as refused:
        await discovery.refresh_actor(house.context, ada.uri)

    assert refused.value.reason == "actor-id-changed"
    assert await house.fetch("SELECT uri, name FROM actors WHERE kind <> 'agency'") == [
        (ada.uri, "ada")
    ]
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == [
        (ada.key.key_id,)
    ]


async def test_ori_12_a_second_activity_of_one_id_does_not_replace_the_first(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.activity("Like", f"{ORIGIN}/p/1"))

    answer = await house.post(ada, ada.activity("Delete", f"{ada.uri}/1"))

    assert answer.status == 202
    assert [row[1] for row in await house.arrived()] == ["Like"]


async def test_ori_12_the_key_of_a_neighbour_cannot_be_taken_over(house):
    ada, mallory = house.sender("health", "ada"), house.sender("health", "mallory", key=1)
    await discovery.find_or_fetch_actor(house.context, ada.uri)
    key = {"id": ada.key.key_id, "owner": mallory.uri, "publicKeyPem": KEYS[1].public_pem}
    house.peer.publishes(mallory.uri, **mallory.document | {"publicKey": key})
    await discovery.find_or_fetch_actor(house.context, mallory.uri)

    answer = await house.post(ada, ada.activity("Like", f"{ORIGIN}/p/1"))
    forged = await house.post(
        mallory.signing_with(KEYS[1], key_id=ada.key.key_id),
        mallory.activity("Like", f"{ORIGIN}/p/1"),
    )

    assert (answer.status, forged.status) == (202, 401)


# ORI-13


@pytest.mark.parametrize("kind", ["Announce", "Create", "Update"])
async def test_ori_13_a_foreign_body_inside_is_neither_fetched_nor_stored_at_the_door(
    house, kind
):
    ada = house.sender("health", "ada")
    foreign = {
        "id": house.peer.url("good", "/p/1"),
        "type": "Article",
        "attributedTo": house.peer.url("good", "/@bob"),
        "content": "<p>Never said.</p>",
    }

    answer = await house.post(ada, ada.activity(kind, foreign))

    assert answer.status == 202
    assert [row[0] for row in await house.arrived()] == [ada.uri]
    assert house.asked("good") == []
    assert await house.fetch("SELECT uri FROM posts") == []
