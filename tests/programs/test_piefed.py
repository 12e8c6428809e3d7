"""Communities on PieFed: votes in batches, chosen answers both ways, replies told whole."""

from collections.abc import AsyncIterator

import pytest

from server.storage.embedded import Cluster
from tests.programs import stories
from tests.programs.habits import PIEFED
from tests.programs.stories import Neighbour, neighbour, outbox_of
from tests.programs.takers import Document


@pytest.fixture(scope="module")
async def larder(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, PIEFED, PIEFED) as scene:
        yield scene


async def test_threads_come_with_their_replies_and_what_was_chosen(larder: Neighbour) -> None:
    program = larder.program
    group = program.group("jars", larder.warden)
    thread = program.starter(larder.rosa, group.uri, "Labels that stay on")
    kept = program.reply(larder.rosa, group.uri, thread["id"], answer=True)
    cleos = larder.meadow.reply(larder.cleo, group.uri, thread["id"])
    forged = cleos | {"content": "<p>Buy my labels.</p>"}
    program.publish(_collection(thread["replies"], kept, forged))
    for each in (kept["replies"], cleos["replies"]):
        larder.world.scene.peer.publishes(each, type="OrderedCollection", orderedItems=[])

    outbox = outbox_of(program, group, larder.rosa, thread)
    await stories.what_was_said_before_comes(larder, group, outbox, "Labels that stay on")

    assert await larder.world.facts(kept["id"])
    # What is of a third host was asked there.
    assert "As we do it." in await larder.world.scene.words(cleos["id"])


def _collection(uri: str, *entries: Document) -> Document:
    return {
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(entries),
        "orderedItems": list(entries),
    }


async def test_a_third_host_is_believed_by_its_own_word_only(larder: Neighbour) -> None:
    await stories.a_third_host_is_believed_by_its_own_word(larder)


async def test_all_that_a_member_does_is_taken(larder: Neighbour) -> None:
    await stories.all_that_a_member_does_is_taken(larder)


async def test_an_accepted_answer_is_told_in_its_own_words(larder: Neighbour) -> None:
    await stories.an_accepted_answer_is_told(larder, "ChooseAnswer", "Like", "Update")


async def test_what_it_chooses_is_accepted_here(larder: Neighbour) -> None:
    """Its Undo carries an id that it has just made (wire.md 2.2)."""
    program = larder.program
    question = await larder.told("Which lid?")
    ours = await larder.world.answers(question.uri)
    [create] = await program.taken()
    await program.announces(larder.group, create)
    chosen = program.ruled(larder.rosa, larder.group, "ChooseAnswer", ours.uri)
    stranger = program.ruled(program.person("nobody"), larder.group, "ChooseAnswer", ours.uri)

    assert (await program.announces(larder.group, stranger)).state == "ignored"
    assert (await program.announces(larder.group, chosen)).state == "done"
    assert await _accepted(larder, ours.uri)

    again = program.ruled(larder.rosa, larder.group, "ChooseAnswer", ours.uri)
    undo = program.ruled(larder.rosa, larder.group, "Undo", again)
    assert (await program.announces(larder.group, undo)).state == "done"
    assert not await _accepted(larder, ours.uri)


async def _accepted(scene: Neighbour, answer: str) -> bool:
    rows = await scene.world.scene.fetch(
        "SELECT 1 FROM accepted_answers a JOIN posts p ON p.id = a.answer_id WHERE p.uri = $1",
        answer,
    )
    return bool(rows)


async def test_what_comes_back_is_ours_still(larder: Neighbour) -> None:
    await stories.what_comes_back_is_ours_still(larder)


async def test_votes_of_its_own_people_count_and_those_of_others_do_not(
    larder: Neighbour,
) -> None:
    await stories.only_proven_votes_count(larder)


@pytest.mark.parametrize("as_list", [True, False])
async def test_a_batch_of_votes_counts_vote_by_vote(
    larder: Neighbour, *, as_list: bool
) -> None:
    program, cleo = larder.program, larder.cleo
    question = await larder.asked(f"In a batch {as_list}?")
    dee = program.person("dee")
    likes = [program.act(each, "Like", question.uri) for each in (larder.rosa, dee)]
    entries = [
        *likes,
        larder.meadow.act(cleo, "Like", question.uri),
        program.act(dee, "Undo", likes[1]),
    ]
    batch = {"type": "OrderedCollection", "totalItems": len(entries), "orderedItems": entries}

    outcome = await program.announces(larder.group, entries if as_list else batch)

    assert outcome.state == "done"
    assert await larder.world.marks(question.uri) == [larder.rosa.uri]


async def test_strangers_rule_nothing(larder: Neighbour) -> None:
    await stories.strangers_rule_nothing(larder)


async def test_its_moderators_lock_pin_and_remove(larder: Neighbour) -> None:
    await stories.a_moderator_locks_and_opens(larder)
    await stories.a_moderator_pins_and_unpins(larder)
    await stories.a_moderator_removes_and_restores(larder)


async def test_whom_it_puts_out_writes_there_no_more(larder: Neighbour) -> None:
    await stories.whom_it_puts_out_writes_there_no_more(larder)


async def test_a_report_reaches_those_who_keep_it(larder: Neighbour) -> None:
    await stories.a_report_reaches_those_who_keep_it(larder)


async def test_a_member_leaves(larder: Neighbour) -> None:
    await stories.a_member_leaves(larder)
