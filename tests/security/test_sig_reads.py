"""SIG-20 and SIG-21: signed reads, what caches may keep of them, and no deadlock on keys."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from federation.fetch import fetch_document
from federation.signatures import rfc9421
from federation.signatures.keys import generate_rsa
from schemas.records import AgencyState
from server.services import people
from server.services.discovery import find_or_fetch_actor
from server.services.signing import sign_as_agency
from server.storage.embedded import Cluster
from server.workers.acquaintance import ask_due
from tests.hostile_peer import HostilePeer
from tests.instance import cloned, running, settle
from tests.reading_house import House, Stranger, TurnedClock, house, stranger
from tests.stories.life import signed_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    health: House
    lands: Stranger
    peer: HostilePeer
    clock: TurnedClock
    post: str


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with HostilePeer() as peer, house(database_url, "health", clock=clock) as health:
        lands = await stranger(peer, "lands", health.context)
        await health.decides(lands.host)
        question = await health.asks(await health.community("roads"))
        yield Scene(health=health, lands=lands, peer=peer, clock=clock, post=question.uri)


async def test_sig_20_a_signed_answer_is_for_one_and_varies(scene: Scene) -> None:
    signed = await scene.health.get(scene.post, scene.lands)
    unsigned = await scene.health.get(scene.post)

    assert (signed.status, unsigned.status) == (200, 401)
    assert unsigned.json["error"] == "signature-required"
    for reply in (signed, unsigned):
        assert reply.headers["Vary"] == "Accept, Signature"
        assert reply.headers["Cache-Control"] == "private, no-store"
        assert "ETag" not in reply.headers


async def test_sig_20_what_is_signed_by_rfc_9421_is_for_one_too(scene: Scene) -> None:
    signed = rfc9421.sign(
        method="GET",
        url=scene.post,
        headers={},
        body=None,
        key=scene.lands.key,
        now=scene.health.context.now(),
    )
    elsewhere = f"{scene.post}/replies"

    reply = await scene.health.get(scene.post, None, **signed)

    assert reply.status == 200
    assert reply.headers["Vary"] == "Accept, Signature"
    assert reply.headers["Cache-Control"] == "private, no-store"
    assert (await scene.health.get(elsewhere, None, **signed)).status == 401
    assert (await scene.health.get(scene.post)).status == 401


async def test_sig_20_a_blocked_peer_gets_what_is_not_there(scene: Scene) -> None:
    await scene.health.decides(scene.lands.host, AgencyState.BLOCKED)

    reply = await scene.health.get(scene.post, scene.lands)

    assert reply.status == 404
    assert reply.headers["Vary"] == "Accept, Signature"
    assert reply.headers["Cache-Control"] == "private, no-store"
    assert scene.peer.requests == []


async def test_sig_20_a_stranger_is_told_why_and_never_fetched_from(scene: Scene) -> None:
    treasury = await stranger(scene.peer, "treasury", scene.health.context)

    reply = await scene.health.get(scene.post, treasury)

    assert (reply.status, reply.json["error"]) == (403, "agency-not-admitted")
    assert scene.peer.requests == []


async def test_sig_20_a_forged_signature_opens_nothing(scene: Scene) -> None:
    forged = Stranger(
        key=replace(
            generate_rsa(scene.lands.key.key_id, scene.lands.key.owner),
            key_id=scene.lands.key.key_id,
        )
    )

    reply = await scene.health.get(scene.post, forged)

    assert reply.status == 401
    assert b"words" not in reply.body


async def test_sig_20_a_key_in_our_own_name_is_refused(scene: Scene) -> None:
    reply = await scene.health.get(scene.post, scene.health.agency)

    assert (reply.status, reply.json["error"]) == (401, "key-ours")


@pytest.mark.parametrize(
    "signature",
    ["", "nonsense", 'keyId="x",signature="eA=="', 'keyId="",headers="",signature=""'],
)
async def test_sig_20_a_broken_signature_is_not_taken_for_none(
    scene: Scene, signature: str
) -> None:
    reply = await scene.health.get(scene.post, Signature=signature)

    assert reply.status == 401
    assert reply.json["error"] != "signature-required"


async def test_sig_20_a_signature_is_for_its_own_target(scene: Scene) -> None:
    headers = scene.lands.signed(scene.post, scene.health.context)
    elsewhere = f"{scene.post}/replies"

    reply = await scene.health.get(elsewhere, None, **headers)

    assert reply.status == 401


async def test_sig_20_an_old_signature_is_none(scene: Scene) -> None:
    headers = scene.lands.signed(scene.post, scene.health.context)
    scene.clock.turn(timedelta(days=2))

    assert (await scene.health.get(scene.post, None, **headers)).status == 401


async def test_sig_20_a_new_key_is_looked_up_once_the_old_one_fails(scene: Scene) -> None:
    assert (await scene.health.get(scene.post, scene.lands)).status == 200
    renewed = Stranger(key=generate_rsa(scene.lands.key.key_id, scene.lands.key.owner))
    renewed.appears_at(scene.peer, scene.health.context)
    scene.clock.turn(timedelta(minutes=11))

    assert (await scene.health.get(scene.post, renewed)).status == 200
    assert (await scene.health.get(scene.post, scene.lands)).status == 401


async def test_sig_20_a_key_that_is_gone_says_nothing_of_the_post(scene: Scene) -> None:
    gone = Stranger(
        key=replace(
            scene.lands.key,
            key_id=scene.peer.url("lands", "/nobody#main-key"),
            owner=scene.peer.url("lands", "/nobody"),
        )
    )

    assert (await scene.health.get(scene.post, gone)).status == 401


async def test_sig_20_the_host_of_a_silent_key_is_asked_again_later(scene: Scene) -> None:
    await scene.peer.__aexit__(None, None, None)

    reply = await scene.health.get(scene.post, scene.lands)

    assert reply.status == 503
    assert "Retry-After" in reply.headers


async def test_sig_21_the_agencys_own_actor_needs_no_signature(scene: Scene) -> None:
    unsigned = await scene.health.get("/actor")
    signed = await scene.health.get("/actor", scene.lands)
    broken = await scene.health.get("/actor", Signature="nonsense")

    assert unsigned.status == 200
    assert unsigned.json["publicKey"]["id"] == scene.health.agency.key.key_id
    assert unsigned.body == signed.body == broken.body
    assert scene.peer.requests == []


async def test_sig_21_who_reports_needs_no_signature_either(scene: Scene) -> None:
    home = scene.health.context.home

    unsigned = await scene.health.get("/actor/moderation")
    broken = await scene.health.get("/actor/moderation", Signature="nonsense")
    outbox = await scene.health.get("/actor/moderation/outbox")

    assert unsigned.status == 200
    assert (unsigned.json["id"], unsigned.json["type"]) == (home.moderation, "Service")
    assert unsigned.json["publicKey"]["owner"] == home.moderation
    assert unsigned.json["assertionMethod"][0]["controller"] == home.moderation
    assert unsigned.json["outbox"] == outbox.json["id"]
    assert outbox.json["totalItems"] == 0
    assert unsigned.body == broken.body
    assert scene.peer.requests == []


async def test_sig_21_two_agencies_with_empty_caches_read_each_other(
    cluster: Cluster,
) -> None:
    clock = TurnedClock()
    async with (
        cloned(cluster) as one,
        cloned(cluster) as other,
        house(one, "health", clock=clock) as health,
        house(other, "transport", clock=clock) as transport,
    ):
        await health.decides(transport.host)
        await transport.decides(health.host)
        posts = {}
        for each in (health, transport):
            posts[each.host] = await each.asks(await each.community("roads"))
        context = health.context

        community = await find_or_fetch_actor(
            context, transport.context.home.community("roads")
        )
        fetched = await fetch_document(
            context.session, posts[transport.host].uri, sign=sign_as_agency(context)
        )
        back = await fetch_document(
            transport.context.session,
            posts[health.host].uri,
            sign=sign_as_agency(transport.context),
        )

    assert community.host == transport.host
    assert fetched["id"] == posts[transport.host].uri
    assert back["id"] == posts[health.host].uri


@pytest.mark.parametrize("acquainted", [False, True], ids=["strangers", "acquainted"])
async def test_sig_21_two_agencies_with_empty_caches_follow_each_other(
    cluster: Cluster, acquainted: bool
) -> None:
    clock = TurnedClock()
    async with (
        running(cluster, "health", clock=clock) as health,
        running(cluster, "transport", clock=clock) as transport,
    ):
        pairs = ((health, transport, "ada", "bob"), (transport, health, "bob", "ada"))
        for one, other, name, _ in pairs:
            await one.admit(other)
            await one.member(name)
            if acquainted:
                await ask_due(one.context)

        for one, other, name, wanted in pairs:
            found = await find_or_fetch_actor(one.context, other.context.home.person(wanted))
            await people.follow(one.context, await signed_in(one.context, name), found.id)
        await settle(health, transport)

        for one, _, _, _ in pairs:
            async with one.database.reading() as tx:
                states = await tx.fetch("SELECT state FROM follows")
            assert [row["state"] for row in states] == ["accepted", "accepted"]
