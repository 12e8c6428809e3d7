"""ACT-10 to ACT-12 and ACT-16 to ACT-18 at the inbox: audiences, rules, and relays."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.records import Visibility
from server.services import stewards, stewardship
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


# ACT-10


async def test_act_10_only_a_community_passes_anything_on(town):
    for about in (town.secret.uri, town.trip):
        reason = await ignored(town.scene, town.mallory, "Announce", about)
        assert reason == "announce-of-no-community"


async def test_act_10_what_a_person_boosts_is_counted_and_goes_nowhere(town):
    before = await town.scene.state()

    await done(town.scene, town.mallory, "Announce", town.question.uri)

    # But for the word to its author that somebody did.
    assert await town.scene.state() | {"notifications": before["notifications"]} == before
    counted = await town.scene.fetch(
        "SELECT count(*) FROM boosts b JOIN actors a ON a.id = b.actor_id "
        "JOIN posts p ON p.id = b.post_id WHERE a.uri = $1 AND p.uri = $2",
        town.mallory.uri,
        town.question.uri,
    )
    assert counted == [(1,)]


async def test_act_10_a_community_that_nobody_here_belongs_to_passes_nothing_on(town):
    ring = town.scene.group("evil", "ring")
    told = town.scene.post(town.mallory, ring.uri)

    await town.scene.join_elsewhere("bob", ring)

    reason = await ignored(town.scene, ring, "Announce", told["id"])

    assert reason == "community-without-members-here"
    assert await town.scene.facts(told["id"]) is None


@pytest.mark.parametrize("whole", [True, False], ids=["embedded", "id"])
async def test_act_10_no_announce_is_passed_on(town, whole):
    told = town.scene.post(town.cleo, town.roads.uri)
    inner = town.scene.published(town.cleo, "Announce", told["id"])

    reason = await ignored(town.scene, town.roads, "Announce", inner if whole else inner["id"])

    assert reason == "announce-of-an-announce"
    assert await town.scene.facts(told["id"]) is None


async def test_act_10_passing_on_widens_no_audience(town):
    told = town.scene.post(town.cleo, town.roads.uri, to=[town.roads.uri])
    everybody = ["https://www.w3.org/ns/activitystreams#Public"]
    inner = town.scene.activity(town.cleo, "Create", told | {"to": everybody}, to=everybody)

    await done(town.scene, town.roads, "Announce", inner, to=everybody)

    facts = await town.scene.facts(told["id"])
    assert facts is not None
    assert facts.visibility is Visibility.MEMBERS


# ACT-11


async def test_act_11_nothing_is_done_to_what_one_cannot_see(town):
    reply = town.scene.post(town.mallory, town.cabinet.uri, reply_to=town.secret.uri)

    assert await ignored(town.scene, town.mallory, "Like", town.secret.uri) == "not-a-member"
    assert await ignored(town.scene, town.mallory, "Create", reply) == "not-a-member"
    choice = await ignored(town.scene, town.mallory, "ChooseAnswer", town.secret.uri)
    assert choice == "not-theirs-to-accept"


async def test_act_11_the_door_answers_alike_whether_there_is_a_post_or_not(town):
    unknown = f"{town.scene.here.origin}/p/1"

    hidden = await town.scene.send(town.mallory, "Like", town.secret.uri)
    nothing = await town.scene.send(town.mallory, "Like", unknown)

    assert (hidden.status, hidden.refused) == (nothing.status, nothing.refused) == (202, "")


async def test_act_11_who_belongs_may_like_it(town):
    await done(town.scene, town.ada, "Like", town.secret.uri)


# ACT-12


async def test_act_12_only_who_belongs_writes_in_a_community(town):
    outsider = town.scene.sender("evil", "outsider")

    for community in (town.plaza, town.cabinet):
        told = town.scene.post(outsider, community.uri)
        assert await ignored(town.scene, outsider, "Create", told) == "not-a-member"
    reply = town.scene.post(outsider, town.plaza.uri, reply_to=town.question.uri)
    assert await ignored(town.scene, outsider, "Create", reply) == "not-a-member"


async def test_act_12_who_waits_to_be_let_in_does_not_write(town):
    await done(town.scene, town.nils, "Follow", town.cabinet.uri)
    told = town.scene.post(town.nils, town.cabinet.uri)

    assert await ignored(town.scene, town.nils, "Create", told) == "not-a-member"


async def test_act_12_a_locked_thread_takes_no_replies_from_anywhere(town):
    asked = await town.scene.ask_in(town.plaza.id, "bob")
    amina = await town.scene.signed_in("amina")
    await stewardship.lock(town.scene.here.context, amina, asked.id, locked=True)
    reply = town.scene.post(town.ada, town.plaza.uri, reply_to=asked.uri)

    assert await ignored(town.scene, town.ada, "Create", reply) == "thread-locked"


async def test_act_12_who_was_put_out_writes_no_more(town):
    rude = town.scene.sender("evil", "rude")
    await done(town.scene, rude, "Follow", town.plaza.uri)
    await done(town.scene, rude, "Create", town.scene.post(rude, town.plaza.uri))
    deputy = town.scene.sender("health", "deputy")
    await done(town.scene, deputy, "Follow", town.plaza.uri)
    await stewards.add_steward(
        town.scene.here.context,
        await town.scene.signed_in("amina"),
        town.plaza.id,
        await _id(town, deputy),
    )

    await done(town.scene, deputy, "Block", rude.uri, target=town.plaza.uri)

    told = town.scene.post(rude, town.plaza.uri)
    assert await ignored(town.scene, rude, "Create", told) == "not-a-member"


# ACT-16


async def test_act_16_the_suspended_only_take_things_away(town):
    sven = town.scene.sender("health", "sven")
    await done(town.scene, sven, "Follow", town.plaza.uri)
    own = town.scene.post(sven, town.plaza.uri)
    await done(town.scene, sven, "Create", own)
    await town.scene.suspend(sven.uri)
    new = town.scene.post(sven, town.plaza.uri)
    edited = own | {"content": "<p>Anew</p>", "updated": "2026-03-02T08:30:00Z"}

    for kind, about in (
        ("Create", new),
        ("Update", edited),
        ("Like", town.question.uri),
        ("Follow", town.cabinet.uri),
        ("Flag", town.question.uri),
    ):
        assert await ignored(town.scene, sven, kind, about) == "actor-suspended"
    await done(town.scene, sven, "Delete", own["id"])

    facts = await town.scene.facts(own["id"])
    assert facts is not None
    assert facts.deleted_at is not None


@pytest.mark.parametrize("kind", ["Create", "Update", "Like", "ChooseAnswer", "Lock"])
async def test_act_16_no_community_speaks_for_the_suspended(town, kind):
    tove = town.scene.sender("health", f"tove_{kind.lower()}")
    own = town.scene.post(tove, town.roads.uri)
    await done(town.scene, town.roads, "Announce", town.scene.activity(tove, "Create", own))
    await town.scene.suspend(tove.uri)
    about: Any = {
        "Create": town.scene.post(tove, town.roads.uri),
        "Update": own | {"content": "<p>Anew</p>", "updated": "2026-03-02T08:30:00Z"},
    }.get(kind, town.trip)
    inner = town.scene.published(tove, kind, about)

    assert await ignored(town.scene, town.roads, "Announce", inner) == "actor-suspended"


# ACT-17


@pytest.mark.parametrize("key", ["theirs", "ours"])
async def test_act_17_nobody_delivers_in_the_name_of_one_of_ours(town, key):
    before = await town.scene.state()
    pair = town.mallory.key
    if key == "ours":
        pair = town.mallory.signing_with(pair, key_id=f"{town.bob}#main-key").key
    forger = Sender(uri=town.bob, key=pair, document={})

    outcome = await town.scene.send(forger, "Like", town.answer)

    assert outcome.status == 401
    assert outcome.refused == {"theirs": "actor-is-ours", "ours": "key-is-ours"}[key]
    assert await town.scene.state() == before


async def test_act_17_what_a_community_passes_on_of_ours_is_only_noted(town):
    inner = {"id": f"{town.bob}/x", "type": "Delete", "actor": town.bob, "object": town.trip}
    like = {"id": f"{town.bob}/y", "type": "Like", "actor": town.bob, "object": town.trip}
    before = await town.scene.state()

    for each in (inner, like):
        await town.scene.send(town.roads, "Announce", each)

    assert await town.scene.state() == before


# ACT-18


async def test_act_18_a_relay_does_not_speak_for_others(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    create = town.scene.activity(town.ada, "Create", told)
    before = await town.scene.state()

    outcome = await town.scene.deliver(
        Sender(uri=town.ada.uri, key=town.mallory.key, document={}), create
    )

    assert (outcome.status, outcome.refused) == (401, "key-not-of-actor")
    assert await town.scene.state() == before


async def test_act_18_what_is_passed_on_is_read_at_its_origin(town):
    told = town.scene.post(town.cleo, town.roads.uri)
    forged = told | {"content": "<p>Forged</p>", "name": "Forged"}

    inner = town.scene.activity(town.cleo, "Create", forged)
    await done(town.scene, town.roads, "Announce", inner)

    assert "As it was written" in await town.scene.words(told["id"])


@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_ori_13_a_body_inside_an_announce_is_read_at_its_origin(town, kind):
    told = town.scene.post(town.cleo, town.roads.uri)
    await done(
        town.scene, town.roads, "Announce", town.scene.activity(town.cleo, "Create", told)
    )
    newer = told | {"updated": "2026-03-02T08:30:00Z"}
    town.scene.peer.publishes(told["id"], **newer)
    forged = newer | {"content": "<p>Never said</p>"}

    await town.scene.send(town.roads, "Announce", town.scene.activity(town.cleo, kind, forged))

    assert "As it was written" in await town.scene.words(told["id"])


@pytest.mark.parametrize("kind", ["Like", "ChooseAnswer", "Lock"])
async def test_act_18_what_its_origin_does_not_confirm_did_not_happen(town, kind):
    invented = town.scene.activity(town.cleo, kind, town.trip)
    other = town.scene.published(town.cleo, "Like", f"{town.cleo.uri}/posts/other")
    twisted = other | {"object": town.trip, "type": kind}

    assert await ignored(town.scene, town.roads, "Announce", invented) == "gone-at-origin"
    reason = await ignored(town.scene, town.roads, "Announce", twisted)
    assert reason == "origin-tells-another-story"


async def test_act_18_a_delete_counts_only_when_the_post_is_gone(town):
    told = town.scene.post(town.cleo, town.roads.uri)
    inner = town.scene.activity(town.cleo, "Delete", told["id"])
    create = town.scene.activity(town.cleo, "Create", told)
    await done(town.scene, town.roads, "Announce", create)

    early = await ignored(town.scene, town.roads, "Announce", inner)
    town.scene.withdraws(told["id"])
    await done(town.scene, town.roads, "Announce", inner)

    facts = await town.scene.facts(told["id"])
    assert early == "gone-at-origin"
    assert facts is not None
    assert facts.deleted_at is not None


async def _id(town: Town, sender: Sender) -> int:
    return int(
        (await town.scene.fetch("SELECT id FROM actors WHERE uri = $1", sender.uri))[0][0]
    )
