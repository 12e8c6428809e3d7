"""What other programs do in their own way: ids alone, Undos under new ids, second choices."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from server.services import choices, stewardship
from server.storage import actors, agencies, communities
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import EARLIER, Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _marks(town: Town, giver: Sender) -> int:
    rows = await town.scene.fetch(
        "SELECT count(*) FROM marks m JOIN actors a ON a.id = m.actor_id WHERE a.uri = $1",
        giver.uri,
    )
    return int(rows[0][0])


async def _accepted(town: Town) -> list[str]:
    rows = await town.scene.fetch(
        "SELECT p.uri FROM accepted_answers a JOIN posts p ON p.id = a.answer_id "
        "WHERE a.question_id = $1",
        town.question.id,
    )
    return [row[0] for row in rows]


async def _announced(town: Town, kind: str) -> list[dict[str, Any]]:
    """Give what our community passed on of one kind, in order."""
    rows = await town.scene.fetch(
        "SELECT document FROM activities WHERE actor_id = $1 AND type = 'Announce' ORDER BY id",
        town.plaza.id,
    )
    inside = [orjson.loads(row[0])["object"] for row in rows]
    return [each for each in inside if isinstance(each, dict) and each["type"] == kind]


async def _answer(town: Town, author: Sender) -> str:
    answer = town.scene.post(author, town.plaza.uri, reply_to=town.question.uri)
    await done(town.scene, author, "Create", answer)
    return str(answer["id"])


# Ids alone.


@pytest.mark.parametrize("whole", [False, True])
async def test_a_post_that_we_have_is_not_fetched_because_a_community_names_it(town, whole):
    trip = town.scene.post(town.cleo, town.roads.uri)
    await done(
        town.scene, town.roads, "Announce", town.scene.activity(town.cleo, "Create", trip)
    )
    before = town.scene.asked("health")

    await done(town.scene, town.roads, "Announce", trip if whole else trip["id"])

    assert town.scene.asked("health") == before


async def test_a_post_of_another_community_is_not_noted_as_passed_on(town):
    rows = "SELECT announced_at FROM posts WHERE uri = $1"
    before = await town.scene.fetch(rows, town.answer)

    await done(town.scene, town.roads, "Announce", town.answer)

    assert await town.scene.fetch(rows, town.answer) == before


async def test_a_post_that_comes_as_itself_is_fetched_where_it_lives(town):
    trip = town.scene.post(town.cleo, town.roads.uri)

    forged = trip | {"content": "<p>As nobody wrote it.</p>"}
    await done(town.scene, town.roads, "Announce", forged)

    assert await town.scene.words(trip["id"]) == "<p>As it was written.</p>"


# Undos under new ids.


async def test_piefed_takes_a_like_back_under_an_id_that_nobody_has_seen(town):
    like = town.scene.activity(town.nils, "Like", town.question.uri)
    await town.scene.deliver(town.nils, like)
    assert await _marks(town, town.nils) == 1

    await done(town.scene, town.nils, "Undo", like | {"id": f"{town.nils.uri}/activities/new"})

    assert await _marks(town, town.nils) == 0
    again = await town.scene.deliver(town.nils, like | {"id": f"{like['id']}-again"})
    assert again.state == "done"
    await done(town.scene, town.nils, "Undo", like | {"id": "https://other.example/1"})
    assert await _marks(town, town.nils) == 0


async def test_an_undo_of_a_like_that_was_replaced_takes_nothing_back(town):
    old = town.scene.activity(town.mallory, "Like", town.question.uri)
    await town.scene.deliver(town.mallory, old)
    new = town.scene.activity(town.mallory, "Like", town.question.uri, content="👏")
    await town.scene.deliver(town.mallory, new)

    # It came before: its id is known.
    await done(town.scene, town.mallory, "Undo", old)
    assert await _marks(town, town.mallory) == 1
    # It never came, but was made before ours.
    older = old | {"id": f"{old['id']}-older", "published": EARLIER}
    await done(town.scene, town.mallory, "Undo", older)

    assert await _marks(town, town.mallory) == 1


async def test_piefed_reopens_a_question_under_an_id_that_nobody_has_seen(town):
    asker = town.scene.sender("far", "asker")
    await done(town.scene, asker, "Follow", town.plaza.uri)
    question = town.scene.post(asker, town.plaza.uri)
    await done(town.scene, asker, "Create", question)
    answer = town.scene.post(town.ada, town.plaza.uri, reply_to=question["id"])
    await done(town.scene, town.ada, "Create", answer)
    choice = town.scene.activity(asker, "ChooseAnswer", answer["id"])
    assert (await town.scene.deliver(asker, choice)).state == "done"

    await done(town.scene, asker, "Undo", choice | {"id": f"{asker.uri}/activities/new"})
    undone = choice | {"id": "https://other.example/2"}

    assert await ignored(town.scene, asker, "Undo", undone) == "undone-already"


# Conformance 23, and what goes to whom.


@pytest.mark.parametrize("several", [True, False])
async def test_conformance_23_a_second_choice_replaces_the_first_but_where_several_may_be(
    town, several
):
    bob = await town.scene.signed_in("bob")
    second = await _answer(town, town.nils)
    async with town.scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM accepted_answers")
        await tx.execute("UPDATE communities SET several_answers = $1", several)
    for uri in (town.answer, second):
        facts = await town.scene.facts(uri)
        assert facts is not None
        await choices.accept(town.scene.here.context, bob, facts.id)

    assert set(await _accepted(town)) == ({town.answer, second} if several else {second})


async def test_what_a_steward_elsewhere_accepts_and_reopens_is_told_by_the_asker(town):
    async with town.scene.here.database.transaction("test") as tx:
        ada = await actors.find(tx, town.ada.uri)
        assert ada is not None
        now = town.scene.here.context.now()
        await communities.add_steward(tx, town.plaza.id, ada.id, now=now)
    uri = await _answer(town, town.nils)
    choice = town.scene.activity(town.ada, "ChooseAnswer", uri)

    assert (await town.scene.deliver(town.ada, choice)).state == "done"
    accepted = (await _announced(town, "Update"))[-1]
    await done(town.scene, town.ada, "Undo", choice)
    reopened = (await _announced(town, "Update"))[-1]

    assert accepted["actor"] == reopened["actor"] == town.bob
    assert accepted["object"]["acceptedAnswer"] == [uri]
    assert reopened["object"]["acceptedAnswer"] == []


@pytest.mark.parametrize("deleter", ["author", "steward"])
async def test_conformance_23_the_loss_of_the_accepted_answer_opens_the_question(town, deleter):
    context = town.scene.here.context
    bob, amina = await town.scene.signed_in("bob"), await town.scene.signed_in("amina")
    author = town.ada
    uri = await _answer(town, author)
    facts = await town.scene.facts(uri)
    assert facts is not None
    await choices.accept(context, bob, facts.id)
    assert await _accepted(town) == [uri]
    before = len(await _announced(town, "Undo"))

    if deleter == "steward":
        await stewardship.remove(context, amina, facts.id, "Wrong.")
    else:
        town.scene.withdraws(uri)
        await done(town.scene, author, "Delete", uri)

    assert await _accepted(town) == []
    [undo] = (await _announced(town, "Undo"))[before:]
    assert undo["actor"] == undo["object"]["actor"] == town.plaza.uri
    assert undo["object"]["type"] == "ChooseAnswer"
    assert (undo["object"]["object"], undo["object"]["target"]) == (uri, town.question.uri)
    assert (await _announced(town, "Update"))[-1]["object"]["acceptedAnswer"] == []


@pytest.mark.parametrize(
    ("software", "gets"),
    [("piefed", True), ("commonlore", True), ("lemmy", False), ("nodebb", False), ("x", False)],
)
async def test_a_choice_goes_to_who_reads_it_and_the_new_state_to_all(town, software, gets):
    context, bob = town.scene.here.context, await town.scene.signed_in("bob")
    host = town.scene.peer.authority("health")
    async with town.scene.here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx, host, software=software, version="1", name="", now=town.scene.here.now()
        )
        await tx.execute("DELETE FROM accepted_answers")
    uri = await _answer(town, town.mallory)
    facts = await town.scene.facts(uri)
    assert facts is not None
    [[last]] = await town.scene.fetch("SELECT max(id) FROM activities")

    await choices.accept(context, bob, facts.id)
    await choices.reopen(context, bob, facts.id)

    rows = await town.scene.fetch(
        "SELECT DISTINCT s.id, s.document FROM activities s "
        "JOIN deliveries d ON d.activity_id = s.id WHERE s.id > $1 AND d.host = $2 "
        "ORDER BY s.id",
        last,
        host,
    )
    told = [orjson.loads(row[1])["object"] for row in rows]
    kinds = [
        each["object"]["type"] if each["type"] == "Undo" else each["type"] for each in told
    ]
    assert (kinds.count("ChooseAnswer") == 2) == gets
    assert (kinds.count("ChooseAnswer") == 0) != gets
    assert kinds.count("Update") == kinds.count("Like") == 2
