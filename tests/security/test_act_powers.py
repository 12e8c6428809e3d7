"""ACT-19 to ACT-23 at the inbox: what stays deleted, blind copies, and who has which power."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from server.services import stewardship
from server.storage.embedded import Cluster
from tests.inbox_scene import Scene, Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


# ACT-19


async def test_act_19_what_was_deleted_stays_so(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", told)
    await done(town.scene, town.ada, "Delete", told["id"])
    later = told | {"content": "<p>Back</p>", "updated": "2026-03-02T08:59:00Z"}

    assert await ignored(town.scene, town.ada, "Update", later) == "post-deleted"
    await town.scene.send(town.ada, "Create", later)

    facts = await town.scene.facts(told["id"])
    assert facts is not None
    assert facts.deleted_at is not None
    assert await town.scene.words(told["id"]) == ""


async def test_act_19_what_a_steward_removed_is_not_passed_on_again(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", told)
    facts = await town.scene.facts(told["id"])
    assert facts is not None
    amina = await town.scene.signed_in("amina")
    await stewardship.remove(town.scene.here.context, amina, facts.id, "Names a client")
    later = told | {"content": "<p>Back</p>", "updated": "2026-03-02T08:59:00Z"}

    assert await ignored(town.scene, town.ada, "Update", later) == "post-deleted"
    before = await town.scene.state()
    await town.scene.send(town.ada, "Create", later)
    assert await town.scene.state() == before


async def test_act_19_a_delete_that_came_first_wins(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    passed_on = town.scene.post(town.cleo, town.roads.uri)
    await done(town.scene, town.ada, "Delete", told["id"])
    await done(town.scene, town.cleo, "Delete", passed_on["id"])

    assert await ignored(town.scene, town.ada, "Create", told) == "post-deleted"
    assert await ignored(town.scene, town.roads, "Announce", passed_on["id"]) == "post-deleted"
    assert await town.scene.facts(told["id"]) is None


# ACT-20


async def test_act_20_blind_copies_are_in_nothing_that_we_keep_or_pass_on(town):
    spy = "https://spy.example/@quill"
    told = town.scene.post(town.ada, town.plaza.uri, bto=[spy], bcc=spy)
    more = {"bto": spy, "bcc": [spy], "signature": {"signatureValue": "c3B5"}}

    await done(town.scene, town.ada, "Create", told, **more)
    await done(town.scene, town.ada, "Like", town.question.uri, **more)
    edited = told | {"content": "<p>Anew</p>", "updated": "2026-03-02T08:30:00Z"}
    await done(town.scene, town.ada, "Update", edited, **more)
    await done(town.scene, town.ada, "Delete", told["id"], **more)

    rows = await town.scene.fetch("SELECT convert_from(document, 'UTF8') FROM activities")
    kept = [str(row[0]) for row in rows]
    assert any(told["id"] in each for each in kept)
    for each in kept:
        assert spy not in each
        assert not {"bto", "bcc", "signature"} & _names(json.loads(each))


# ACT-21


async def test_act_21_stewards_of_one_community_have_no_power_in_another(town):
    await done(town.scene, town.sten, "Follow", town.plaza.uri)

    reason = await ignored(town.scene, town.sten, "Delete", town.answer, summary="Mine")
    assert reason == "not-theirs-to-delete"
    assert await ignored(town.scene, town.sten, "Lock", town.question.uri) == "not-a-steward"
    lock = {"id": "", "type": "Lock", "actor": town.sten.uri, "object": town.question.uri}
    assert await ignored(town.scene, town.sten, "Undo", lock) == "not-a-steward"
    ban = {"target": town.plaza.uri}
    assert await ignored(town.scene, town.sten, "Block", town.ada.uri, **ban) == "not-a-steward"


@pytest.mark.parametrize("host", ["far", "evil"], ids=["host-of-the-community", "elsewhere"])
async def test_act_21_being_at_the_host_of_a_community_is_no_power(town, host):
    lars = town.scene.sender(host, "lars")
    removal = town.scene.published(lars, "Delete", town.trip, summary="Because")
    lock = town.scene.published(lars, "Lock", town.trip)

    reason = await ignored(town.scene, town.roads, "Announce", removal)

    assert reason == "not-theirs-to-delete"
    assert await ignored(town.scene, town.roads, "Announce", lock) == "not-a-steward"


async def test_act_21_no_steward_goes_past_the_community(town):
    reason = await ignored(town.scene, town.sten, "Delete", town.trip, summary="Because")

    assert reason == "not-through-its-community"
    assert (
        await ignored(town.scene, town.sten, "Lock", town.trip) == "not-through-its-community"
    )


async def test_act_21_a_steward_removes_in_their_own_community(town):
    told = town.scene.post(town.cleo, town.roads.uri)
    create = town.scene.activity(town.cleo, "Create", told)
    await done(town.scene, town.roads, "Announce", create)

    inner = town.scene.activity(town.sten, "Delete", told["id"], summary="Because")
    await done(town.scene, town.roads, "Announce", inner)

    facts = await town.scene.facts(told["id"])
    assert facts is not None
    assert facts.deleted_by == "moderator"


# ACT-22


async def test_act_22_no_number_that_a_document_claims_is_believed(town):
    claims = {
        "likes": {"type": "Collection", "totalItems": 9999},
        "shares": {"type": "Collection", "totalItems": 9999},
        "helpful": 9999,
    }
    told = town.scene.post(town.ada, town.plaza.uri, **claims)

    await done(town.scene, town.ada, "Create", told)

    assert await _helpful(town.scene, told["id"]) == 0


async def test_act_22_one_actor_counts_once_and_for_themselves_never(town):
    told = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", told)

    for _ in range(3):
        await town.scene.send(town.mallory, "Like", told["id"])
    own = await ignored(town.scene, town.ada, "Like", told["id"])

    assert own == "mark-says-nothing-new"
    assert await _helpful(town.scene, told["id"]) == 1


# ACT-23


async def test_act_23_only_the_asker_or_a_steward_accepts_an_answer(town):
    for sender in (town.ada, town.nils, town.mallory, town.sten):
        reason = await ignored(
            town.scene, sender, "ChooseAnswer", town.answer, target=town.question.uri
        )
        assert reason == "not-theirs-to-accept"


async def test_act_23_an_answer_does_not_accept_itself(town):
    reply = town.scene.post(
        town.ada, town.plaza.uri, reply_to=town.question.uri, answer=True, accepted=True
    )

    await done(town.scene, town.ada, "Create", reply)
    await done(town.scene, town.mallory, "Like", reply["id"], content="✅")

    assert await _accepted(town.scene, reply["id"]) == []


async def test_act_23_an_acceptance_is_for_its_own_question_and_taken_back_by_few(town):
    asked = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", asked)
    reply = town.scene.post(town.nils, town.plaza.uri, reply_to=asked["id"])
    await done(town.scene, town.nils, "Create", reply)

    other = await ignored(
        town.scene, town.ada, "ChooseAnswer", reply["id"], target=town.question.uri
    )
    await done(town.scene, town.ada, "ChooseAnswer", reply["id"], target=asked["id"])
    inner = {"type": "ChooseAnswer", "actor": town.nils.uri, "object": reply["id"]}
    undone = await ignored(town.scene, town.nils, "Undo", inner)

    assert other == "answer-to-another-question"
    assert undone == "undone-already"
    assert len(await _accepted(town.scene, reply["id"])) == 1


async def _helpful(scene: Scene, uri: str) -> int:
    return int((await scene.fetch("SELECT helpful FROM posts WHERE uri = $1", uri))[0][0])


async def _accepted(scene: Scene, uri: str) -> list[tuple[Any, ...]]:
    return await scene.fetch(
        "SELECT c.chosen_by FROM accepted_answers c JOIN posts p ON p.id = c.answer_id "
        "WHERE p.uri = $1",
        uri,
    )


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(_names, value.values()))
    if isinstance(value, list):
        return set().union(*map(_names, value))
    return set()
