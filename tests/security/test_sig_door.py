"""SIG at the door: whose key it is, how often we ask for it, and what a replay does."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from federation.errors import Unauthentic
from schemas.records import AgencyState
from server.services import discovery
from server.services.keys import find_key
from server.storage import actors, received
from tests.door import INBOXES, KEYS, ORIGIN, House, opened
from tests.hostile_peer import HASTY, Reply, document, redirect


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as house:
        await house.decide("health")
        await house.decide("evil")
        yield house


@pytest.fixture
async def hasty(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url, limits=HASTY) as house:
        await house.decide("health")
        await house.decide("evil")
        yield house


def key_document(key_id, owner, *, key=0, **changed):
    return {
        "id": key_id,
        "type": "Key",
        "owner": owner,
        "publicKeyPem": KEYS[key].public_pem,
        **changed,
    }


# SIG-01


async def test_sig_01_a_valid_signature_of_somebody_else_is_refused(house):
    mallory = house.sender("evil", "mallory", key=1)
    ada = house.sender("health", "ada")

    answer = await house.post(mallory, ada.activity("Like", f"{ORIGIN}/p/1"))

    assert (answer.status, answer.reason) == (401, "key-not-of-actor")
    assert await house.arrived() == []
    assert house.peer.requests == []


async def test_sig_01_not_even_of_a_neighbour_at_the_same_host(house):
    mallory = house.sender("health", "mallory", key=1)
    ada = house.sender("health", "ada")

    answer = await house.post(mallory, ada.activity("Like", f"{ORIGIN}/p/1"))

    assert (answer.status, answer.reason) == (401, "key-not-of-actor")
    assert await house.arrived() == []


async def test_sig_01_what_the_actor_signed_is_taken_at_every_inbox(house):
    ada = house.sender("health", "ada")
    await house.add_member("bob")
    paths = [path.format(name="bob") + slash for path in INBOXES for slash in ("", "/")]

    answers = [
        await house.post(ada, ada.activity("Like", f"{ORIGIN}/p/1", number=number), path=path)
        for number, path in enumerate(paths)
    ]

    assert {answer.status for answer in answers} == {202}
    assert await house.arrived() == [
        (ada.uri, "Like", f"{ada.uri}/activities/{number}") for number in range(len(paths))
    ]


# SIG-02


async def test_sig_02_a_key_that_names_a_victim_as_its_owner_is_refused(house):
    ada = house.sender("health", "ada")
    evil_id = house.peer.url("evil", "/key")
    house.peer.publishes(evil_id, **key_document(evil_id, ada.uri, key=1))
    forger = ada.signing_with(KEYS[1], key_id=evil_id)

    answer = await house.post(forger, ada.activity("Like", f"{ORIGIN}/p/1"))

    assert (answer.status, answer.reason) == (401, "key-not-of-actor")
    with pytest.raises(Unauthentic):
        await find_key(house.context, evil_id)
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == []


@pytest.mark.parametrize(
    "lists", [None, "another id", "another key"], ids=["nothing", "another-id", "another-key"]
)
async def test_sig_02_a_key_document_counts_only_if_its_owner_lists_that_very_key(house, lists):
    key_id = house.peer.url("health", "/uploads/key")
    mallory = house.sender("health", "mallory", key=1)
    ada = house.sender("health", "ada")
    listed = {
        None: None,
        "another id": key_document(ada.key.key_id, ada.uri, key=1),
        "another key": key_document(key_id, ada.uri, key=0),
    }[lists]
    house.peer.publishes(ada.uri, **ada.document | {"publicKey": listed})
    house.peer.publishes(key_id, **key_document(key_id, ada.uri, key=1))

    answer = await house.post(
        replace(mallory, key=replace(mallory.key, key_id=key_id)),
        ada.activity("Like", f"{ORIGIN}/p/1"),
    )

    assert answer.status == 401
    assert await house.arrived() == []
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == []


async def test_sig_02_a_key_document_that_its_owner_confirms_is_taken(house):
    ada = house.sender("health", "ada")
    key_id = f"{ada.uri}/main-key"
    house.peer.publishes(ada.uri, **ada.document | {"publicKey": key_document(key_id, ada.uri)})
    house.peer.publishes(key_id, **key_document(key_id, ada.uri))

    answer = await house.post(
        ada.signing_with(KEYS[0], key_id=key_id), ada.activity("Like", f"{ORIGIN}/p/1")
    )

    assert answer.status == 202
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == [
        (key_id,)
    ]


@pytest.mark.parametrize("kind", ["Note", "Article", ["Key", "Note"], 7])
async def test_sig_02_what_somebody_posted_is_no_key(house, kind):
    ada = house.sender("health", "ada")
    key_id = house.peer.url("health", "/notes/1")
    house.peer.publishes(key_id, **key_document(key_id, ada.uri, key=1, type=kind))

    with pytest.raises(Unauthentic) as refused:
        await find_key(house.context, key_id)

    assert refused.value.reason == "key-refused"


# SIG-04


async def test_sig_04_a_key_that_calls_itself_otherwise_is_not_kept(house):
    ada = house.sender("health", "ada")
    asked, other = house.peer.url("health", "/keys/1"), house.peer.url("health", "/keys/2")
    house.peer.publishes(
        ada.uri, **ada.document | {"publicKey": key_document(other, ada.uri, key=1)}
    )
    for place in (asked, other):
        house.peer.tells(place, document(key_document(other, ada.uri, key=1)))

    answer = await house.post(
        ada.signing_with(KEYS[1], key_id=asked), ada.activity("Like", f"{ORIGIN}/p/1")
    )

    assert (answer.status, answer.reason) == (401, "key-not-listed")
    assert (asked,) not in await house.fetch(
        "SELECT key_id FROM actor_keys WHERE private_pem IS NULL"
    )
    assert await house.arrived() == []


async def test_sig_04_a_key_at_another_origin_than_asked_is_not_kept(house):
    ada = house.sender("health", "ada")
    asked, other = house.peer.url("health", "/keys/1"), house.peer.url("evil", "/keys/1")
    house.peer.tells(asked, document(key_document(other, ada.uri, key=1)))
    house.peer.publishes(other, **key_document(other, ada.uri, key=1))

    with pytest.raises(Unauthentic):
        await find_key(house.context, asked)

    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == []


# SIG-11


async def test_sig_11_a_replay_has_no_second_effect(house):
    ada = house.sender("health", "ada")
    body = b'{"id":"%s/1","type":"Like","actor":"%s","object":"%s"}' % (
        ada.uri.encode(),
        ada.uri.encode(),
        f"{ORIGIN}/p/1".encode(),
    )
    headers = house.signed(ada, body)

    answers = [await house.send(headers, body) for _ in range(3)]

    assert [answer.status for answer in answers] == [202, 202, 202]
    assert len(await house.arrived()) == 1


async def test_sig_11_nor_does_the_same_activity_signed_anew(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow())
    house.clock.turn(hours=3)

    answer = await house.post(ada, ada.follow())

    assert answer.status == 202
    assert len(await house.arrived()) == 1


async def test_sig_11_a_replay_is_too_old_once_its_hash_is_forgotten(house):
    ada = house.sender("health", "ada")
    headers = house.signed(ada, b"{}")
    house.clock.turn(hours=2)
    async with house.database.transaction("test") as tx:
        await received.forget(tx, before=house.clock.now())

    answer = await house.send(headers, b"{}")

    assert (answer.status, answer.reason) == (401, "signature-expired")


# SIG-15


async def test_sig_15_a_new_key_is_found_and_the_old_one_dropped(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    house.clock.turn(minutes=11)
    house.peer.publishes(
        ada.uri, **ada.document | {"publicKey": key_document(ada.key.key_id, ada.uri, key=1)}
    )

    renewed = await house.post(ada.signing_with(KEYS[1]), ada.follow(number=2))
    outdated = await house.post(ada, ada.follow(number=3))

    assert renewed.status == 202
    assert (outdated.status, outdated.reason) == (401, "signature-wrong")
    assert len(house.asked("health")) == 2


async def test_sig_15_fifty_bad_signatures_cause_one_fetch(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    house.clock.turn(minutes=11)
    forger = ada.signing_with(KEYS[1])

    answers = await asyncio.gather(
        *(house.post(forger, ada.follow(number=number)) for number in range(2, 52))
    )

    assert {answer.status for answer in answers} == {401}
    assert len(house.asked("health")) == 2
    assert len(await house.arrived()) == 1


async def test_sig_15_a_key_is_not_asked_for_anew_within_ten_minutes(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    house.clock.turn(minutes=9)

    await house.post(ada.signing_with(KEYS[1]), ada.follow(number=2))

    assert len(house.asked("health")) == 1


# SIG-16


async def test_sig_16_senders_of_unknown_keys_share_one_fetch(house):
    ada = house.sender("health", "ada")

    answers = await asyncio.gather(
        *(house.post(ada, ada.follow(number=number)) for number in range(20))
    )

    assert {answer.status for answer in answers} == {202}
    assert len(house.asked("health")) == 1


async def test_sig_16_a_host_that_is_silent_is_asked_a_few_times_and_bothers_no_other(hasty):
    house, ada = hasty, hasty.sender("health", "ada")
    strangers = [
        house.sender("evil", f"mallory{number}", published=False) for number in range(60)
    ]
    for stranger in strangers:
        house.peer.tells(stranger.uri, Reply(silent=True))

    held_up = [
        asyncio.create_task(house.post(stranger, stranger.follow())) for stranger in strangers
    ]
    meanwhile = await house.post(ada, ada.follow())
    answers = await asyncio.gather(*held_up)

    assert meanwhile.status == 202
    assert {answer.status for answer in answers} == {503}
    assert {answer.reason for answer in answers} == {"key-unreachable", "key-fetches-busy"}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert 0 < len(house.asked("evil")) <= 4
    assert await house.refusals() == [(house.peer.url("evil"), "key-unreachable")]


async def test_sig_16_what_could_not_be_had_is_had_a_minute_later(hasty):
    house, mallory = hasty, hasty.sender("evil", "mallory", published=False)
    house.peer.tells(mallory.uri, Reply(silent=True))
    await house.post(mallory, mallory.follow())
    house.peer.publishes(mallory.uri, **mallory.document)

    at_once = await house.post(mallory, mallory.follow())
    house.clock.turn(seconds=61)
    later = await house.post(mallory, mallory.follow())

    assert (at_once.status, later.status) == (503, 202)


async def test_sig_16_one_page_that_fails_does_not_give_up_its_whole_host(house):
    ada = house.sender("health", "ada")
    broken = house.sender("health", "broken", published=False)
    house.peer.tells(broken.uri, Reply(status=500))

    failed = await house.post(broken, broken.follow())
    answer = await house.post(ada, ada.follow())

    assert (failed.status, failed.reason) == (503, "key-unreachable")
    assert answer.status == 202


async def test_sig_16_what_is_no_key_is_not_asked_for_again(house):
    mallory = house.sender("evil", "mallory", published=False)
    house.peer.tells(mallory.uri, Reply(status=200, body=b"no"))

    answers = [await house.post(mallory, mallory.follow(number=number)) for number in range(5)]
    first = len(house.asked("evil"))
    house.clock.turn(minutes=11)
    await house.post(mallory, mallory.follow())

    assert {(answer.status, answer.reason) for answer in answers} == {(401, "key-refused")}
    assert (first, len(house.asked("evil"))) == (1, 2)


async def test_sig_16_many_key_ids_of_one_actor_cause_one_fetch(house):
    ada = house.sender("health", "ada")

    answers = [
        await house.post(
            ada.signing_with(KEYS[0], key_id=f"{ada.uri}#key-{number}"),
            ada.follow(number=number),
        )
        for number in range(10)
    ]

    assert {(answer.status, answer.reason) for answer in answers} == {(401, "key-not-listed")}
    assert len(house.asked("health")) == 1


async def test_sig_16_an_address_inside_looks_like_one_that_is_silent(database_url):
    async with opened(database_url) as house:
        inside = house.sender("evil", "mallory", published=False)
        uri = inside.uri.replace(house.host("evil"), "10.0.0.1:8080")
        insider = replace(inside, uri=uri, key=replace(inside.key, key_id=f"{uri}#main-key"))

        answer = await house.post(insider, insider.follow())

        assert (answer.status, answer.reason) == (503, "key-unreachable")
        assert house.peer.connections == 0


async def test_fet_08_a_key_inside_is_answered_like_one_at_a_host_that_is_silent(hasty):
    silent = hasty.sender("evil", "mallory", published=False)
    hasty.peer.tells(silent.uri, Reply(silent=True))
    inside = silent.uri.replace(hasty.host("evil"), "10.0.0.1:8080")
    insider = replace(silent, uri=inside, key=replace(silent.key, key_id=f"{inside}#main-key"))

    answers = [await hasty.post(each, each.follow()) for each in (silent, insider)]

    told = {(each.status, each.reason, each.headers["Retry-After"]) for each in answers}
    assert told == {(503, "key-unreachable", "60")}


# SIG-17


async def test_sig_17_a_key_that_was_revoked_is_refused_without_a_fetch(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    async with house.database.transaction("test") as tx:
        await tx.execute("UPDATE actor_keys SET revoked_at = $1", house.clock.now())

    answers = [await house.post(ada, ada.follow(number=number)) for number in range(2, 12)]

    assert {answer.status for answer in answers} == {401}
    assert len(house.asked("health")) == 1


async def test_sig_17_the_key_of_an_actor_that_is_deleted_is_refused_without_a_fetch(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    async with house.database.transaction("test") as tx:
        await actors.mark_deleted(tx, ada.uri, now=house.clock.now())
    house.clock.turn(hours=1)

    answer = await house.post(ada, ada.follow(number=2))

    assert (answer.status, answer.reason) == (401, "actor-deleted")
    assert len(house.asked("health")) == 1


async def test_sig_17_a_key_that_its_actor_lists_no_longer_is_dropped(house):
    ada = house.sender("health", "ada")
    await house.post(ada, ada.follow(number=1))
    house.clock.turn(minutes=11)
    house.peer.publishes(ada.uri, **ada.document | {"publicKey": None})
    await house.post(ada.signing_with(KEYS[1]), ada.follow(number=2))

    answer = await house.post(ada, ada.follow(number=3))

    assert (answer.status, answer.reason) == (401, "key-not-listed")
    assert len(house.asked("health")) == 2


# SIG-18


async def test_sig_18_an_unknown_actor_that_deletes_itself_is_answered_without_a_fetch(house):
    ada = house.sender("health", "ada", published=False)

    answer = await house.post(ada, ada.activity("Delete", ada.uri))

    assert answer.status == 202
    assert house.peer.requests == []
    assert await house.arrived() == []


@pytest.mark.parametrize(
    ("status", "is_taken"), [(410, True), (404, False)], ids=["gone", "missing"]
)
async def test_sig_18_a_known_actor_without_a_key_is_believed_when_its_origin_says_gone(
    house, status, is_taken
):
    ada = house.sender("health", "ada")
    await discovery.find_or_fetch_actor(house.context, ada.uri)
    house.clock.turn(minutes=11)
    house.peer.tells(ada.uri, Reply(status=status))
    delete = ada.activity("Delete", ada.uri)

    # Twice, for the second time the answer comes from what we remember.
    answers = [await house.post(ada.signing_with(KEYS[1]), delete) for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 202]
    taken = [(ada.uri, "Delete", delete["id"])] if is_taken else []
    assert await house.arrived() == taken


async def test_sig_18_the_key_of_a_neighbour_deletes_nobody(house):
    ada, mallory = house.sender("health", "ada"), house.sender("health", "mallory", key=1)
    await discovery.find_or_fetch_actor(house.context, ada.uri)
    house.peer.tells(mallory.uri, Reply(status=410))

    answer = await house.post(mallory, ada.activity("Delete", ada.uri))

    assert answer.status == 202
    assert await house.arrived() == []


# SIG-19


@pytest.mark.parametrize("name", ["bad", "deep.down.bad"])
async def test_sig_19_a_key_at_a_blocked_domain_is_refused_without_a_fetch(house, name):
    async with house.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO agencies (host, state, knocked_at) VALUES ($1, $2, $3)",
            "bad.localhost",
            AgencyState.BLOCKED,
            house.clock.now(),
        )
    sender = house.sender(f"{name}.localhost", "ada")

    answer = await house.post(sender, sender.follow())

    assert (answer.status, answer.reason) == (403, "agency-blocked")
    assert house.peer.requests == []
    assert await house.fetch("SELECT host FROM agencies WHERE state = 'waiting'") == []


@pytest.mark.parametrize(
    "key_id", [f"{ORIGIN}/actor#main-key", f"{ORIGIN.upper().replace('HTTP', 'http')}/actor"]
)
async def test_sig_19_a_key_of_our_own_is_refused_without_a_fetch(house, key_id):
    ada = house.sender("health", "ada")

    answer = await house.post(ada.signing_with(KEYS[2], key_id=key_id), ada.follow())

    assert (answer.status, answer.reason) == (401, "key-is-ours")
    assert house.peer.requests == []
    with pytest.raises(Unauthentic):
        await find_key(house.context, key_id)


# SIG-22


async def test_sig_22_each_hop_of_a_key_fetch_is_signed_for_its_own_target(house):
    ada = house.sender("health", "ada")
    first, second = house.peer.url("health", "/moved"), house.peer.url("evil", "/there")
    house.peer.tells(first, redirect(second))
    house.peer.tells(second, redirect(ada.uri))

    found = await discovery.find_or_fetch_actor(house.context, first)

    assert found.uri == ada.uri
    hops = [(each.host, each.target) for each in house.peer.requests]
    assert hops == [
        (house.host("health"), "/moved"),
        (house.host("evil"), "/there"),
        (house.host("health"), "/@ada"),
    ]
    assert {each.headers["host"] for each in house.peer.requests} == {
        house.host("health"),
        house.host("evil"),
    }
    assert len({each.headers["signature"] for each in house.peer.requests}) == 3


async def test_sig_22_a_redirect_to_a_network_inside_is_not_followed(house):
    ada = house.sender("health", "ada")
    house.peer.tells(ada.uri, redirect("http://10.0.0.1/"))

    answer = await house.post(ada, ada.follow())

    assert (answer.status, answer.reason) == (503, "key-unreachable")
    assert len(house.peer.requests) == 1
