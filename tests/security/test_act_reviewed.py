"""ACT and VIS rows at the inbox that reading the code once more brought up."""

import json
from collections.abc import AsyncIterator

import pytest

from schemas.records import AgencyState
from server.services import choices, discovery, stewardship
from server.services.communities import leave
from server.services.errors import Conflict, NotAllowed
from server.storage import agencies, communities, received
from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def test_act_08_a_community_plants_nothing_in_the_threads_of_another(town):
    planted = town.scene.post(town.cleo, town.roads.uri, reply_to=town.question.uri)
    reply = town.scene.post(
        town.cleo, town.roads.uri, reply_to=planted["id"], postKind="comment"
    )
    announced = town.scene.published(town.cleo, "Create", reply)

    await town.scene.send(town.roads, "Announce", announced)

    assert await town.scene.facts(planted["id"]) is None
    assert await town.scene.facts(reply["id"]) is None


async def _names_steward(town: Town, uri: str, community_id: int) -> None:
    async with town.scene.here.database.transaction("test") as tx:
        rows = await tx.fetch("SELECT id FROM actors WHERE uri = $1", uri)
        await communities.add_steward(
            tx, community_id, rows[0]["id"], now=town.scene.here.now()
        )


async def test_vis_07_who_is_banned_from_a_members_only_community_is_no_public_matter(town):
    await _names_steward(town, town.ada.uri, town.cabinet.id)

    await done(town.scene, town.ada, "Block", town.bob, target=town.cabinet.uri)

    rows = await town.scene.fetch(
        "SELECT visibility, convert_from(document, 'UTF8') FROM activities "
        "WHERE type = 'Announce' AND community_id = $1 ORDER BY id DESC LIMIT 1",
        town.cabinet.id,
    )
    visibility, document = rows[0]
    assert visibility == "members"
    told = json.loads(str(document))
    assert not any("Public" in each for each in (*told["to"], *told["cc"]))


async def test_act_16_a_suspended_steward_governs_nothing(town):
    await done(town.scene, town.nils, "Create", town.scene.post(town.nils, town.plaza.uri))
    await _names_steward(town, town.nils.uri, town.plaza.id)
    await town.scene.suspend(town.nils.uri)

    reason = await ignored(town.scene, town.nils, "Delete", town.answer, summary="Gone")

    assert reason == "not-theirs-to-delete"


async def test_dom_04_what_a_blocked_agency_sent_before_has_no_effect_after(town):
    scene = town.scene
    told = scene.post(town.mallory, town.plaza.uri)
    await done(scene, town.mallory, "Create", told)
    later = told | {"content": "<p>Changed</p>", "updated": "2026-03-02T08:45:00Z"}
    activity = scene.activity(town.mallory, "Update", later)
    async with scene.here.database.transaction("test") as tx:
        await received.remember(
            tx,
            [
                received.Arrival(
                    actor_uri=town.mallory.uri,
                    activity_uri=activity["id"],
                    type="Update",
                    host=scene.peer.authority("evil"),
                    raw=json.dumps(activity).encode(),
                    signature_hash=b"before the block",
                    received_at=scene.here.now(),
                )
            ],
        )
        await agencies.decide(
            tx,
            scene.peer.authority("evil"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=scene.here.now(),
        )

    await scene.work()

    rows = await scene.fetch(
        "SELECT reason FROM inbox_events WHERE activity_uri = $1", activity["id"]
    )
    assert rows[0][0] == "agency-blocked"
    assert "Changed" not in await scene.words(told["id"])


async def test_conformance_4_a_batch_loses_nothing_to_an_entry_that_is_refused(town):
    told = town.scene.post(town.cleo, town.roads.uri)
    refused = town.scene.published(town.mallory, "Lock", town.trip)
    created = town.scene.published(town.cleo, "Create", told)

    await done(town.scene, town.roads, "Announce", [refused, created])

    assert await town.scene.facts(told["id"]) is not None


async def test_act_03_what_its_author_deletes_no_moderator_gives_back(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", told)
    facts = await town.scene.facts(told["id"])
    assert facts is not None
    amina = await town.scene.signed_in("amina")
    here = town.scene.here.context
    await stewardship.remove(here, amina, facts.id, "Names a client")

    await done(town.scene, town.ada, "Delete", told["id"])

    with pytest.raises(Conflict):
        await stewardship.restore(here, amina, facts.id, "A mistake")
    kept = await town.scene.fetch("SELECT 1 FROM removed_posts WHERE post_id = $1", facts.id)
    assert kept == []


async def test_act_03_a_deleted_actor_leaves_no_post_behind(town):
    leaver = town.scene.sender("health", "leaver")
    await done(town.scene, leaver, "Follow", town.plaza.uri)
    told = [town.scene.post(leaver, town.plaza.uri) for _ in range(3)]
    for each in told:
        await done(town.scene, leaver, "Create", each)

    await done(town.scene, leaver, "Delete", leaver.uri)

    for each in told:
        assert await town.scene.words(each["id"]) == ""


async def test_dom_05_an_agency_nobody_admitted_does_not_learn_who_thought_better_of_it(town):
    far = town.scene.group("unknown", "club")
    await town.scene.join_elsewhere("bob", far)
    found = await discovery.find_or_fetch_actor(town.scene.here.context, far.uri)
    bob = await town.scene.signed_in("bob")
    before = await town.scene.state()

    await leave(town.scene.here.context, bob, found.id)

    after = await town.scene.state()
    assert after["deliveries"] == before["deliveries"]
    assert after["activities"] == before["activities"]
    assert after["follows"] != before["follows"]


async def test_wire_08_an_answer_is_boosted_once_however_often_it_is_chosen(town):
    fan = town.scene.sender("parks", "fan")
    await done(town.scene, fan, "Follow", town.plaza.uri)
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx,
            town.scene.peer.authority("parks"),
            software="mastodon",
            version="4.5.0",
            name="",
            now=town.scene.here.now(),
        )
    bob, here = await town.scene.signed_in("bob"), town.scene.here.context
    facts = await town.scene.facts(town.answer)
    assert facts is not None

    await choices.accept(here, bob, facts.id)
    await choices.reopen(here, bob, facts.id)

    boosts = await town.scene.fetch(
        "SELECT 1 FROM activities WHERE type = 'Announce' AND object_uri = $1 "
        "AND convert_from(document, 'UTF8')::jsonb->>'object' = $1",
        town.answer,
    )
    assert len(boosts) == 1


async def test_what_has_no_effect_is_counted_with_its_reason(town):
    counter = town.scene.here.context.metrics.refusals.labels("not-a-steward")
    before = counter._value.get()  # noqa: SLF001 prometheus_client has no other way to read one

    assert await ignored(town.scene, town.ada, "Lock", town.question.uri) == "not-a-steward"

    assert counter._value.get() == before + 1  # noqa: SLF001


async def test_act_08_the_last_steward_does_not_leave_a_community_alone(town):
    amina = await town.scene.signed_in("amina")
    alone = await town.scene.community(amina.member.actor, "alone")

    with pytest.raises(NotAllowed):
        await leave(town.scene.here.context, amina, alone.id)
