"""ACT-24: votes and results of polls, from those who may not, and in ways that do not count."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from server.storage import follows
from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, ignored, populated
from tests.poll_scene import asked, ballot, counted, figures, start


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def test_act_24_the_first_vote_counts_and_no_other_one(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")
    first = scene.activity(town.ada, "Create", ballot(scene, town.ada, poll.uri, "JSON"))

    assert (await scene.deliver(town.ada, first)).state == "done"
    again = await scene.deliver(town.ada, first | {"id": f"{first['id']}-again"})
    other = await ignored(scene, town.ada, "Create", ballot(scene, town.ada, poll.uri, "CSV"))

    assert (again.reason, other) == ("voted-already", "voted-already")
    assert await figures(scene, poll.uri) == {"CSV": 0, "JSON": 1}


async def test_act_24_what_cannot_be_chosen_is_not_counted(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")

    vote = ballot(scene, town.ada, poll.uri, "XML")

    assert await ignored(scene, town.ada, "Create", vote) == "choice-unknown"


async def test_act_24_a_vote_after_the_end_is_not_counted(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob", hours=1)
    scene.clock.turn(timedelta(hours=1))

    vote = ballot(scene, town.ada, poll.uri, "CSV") | {"published": "2026-03-02T09:10:00Z"}

    assert await ignored(scene, town.ada, "Create", vote) == "poll-closed"


async def test_act_24_of_several_votes_in_one_the_first_counts_where_one_may_be_chosen(town):
    scene = town.scene
    single = await start(scene, town.plaza.id, "bob")
    several = await start(scene, town.plaza.id, "bob", "A", "B", "C", several=True)

    for poll, names in ((single, ("JSON", "CSV")), (several, ("C", "A", "A", "Z"))):
        votes = [ballot(scene, town.nils, poll.uri, name) for name in names]
        await done(scene, town.nils, "Create", votes)

    assert await figures(scene, single.uri) == {"CSV": 0, "JSON": 1}
    assert await figures(scene, several.uri) == {"A": 1, "B": 0, "C": 1}
    voters = await scene.fetch("SELECT voters FROM polls WHERE post_id = $1", several.id)
    assert voters == [(1,)]


async def test_act_24_a_stranger_to_what_is_for_members_has_no_vote(town):
    scene = town.scene
    poll = await start(scene, town.cabinet.id, "amina")

    vote = ballot(scene, town.nils, poll.uri, "CSV")

    assert await ignored(scene, town.nils, "Create", vote) == "poll-not-for-them"
    await done(scene, town.ada, "Create", ballot(scene, town.ada, poll.uri, "CSV"))


async def test_act_24_whoever_was_put_out_has_no_vote(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")
    voter = scene.sender("evil", "banned")
    await done(scene, voter, "Follow", town.plaza.uri)
    rows = await scene.fetch("SELECT id FROM actors WHERE uri = $1", voter.uri)
    async with scene.here.database.transaction("test") as tx:
        uri = f"{scene.here.origin}/activities/1"
        await follows.ban(tx, rows[0][0], town.plaza.id, uri, now=scene.here.now())

    vote = ballot(scene, voter, poll.uri, "CSV")

    assert await ignored(scene, voter, "Create", vote) == "banned-there"


async def test_act_24_a_vote_is_given_to_its_asker_and_to_nobody_else(town):
    scene = town.scene
    theirs = asked(scene, town.ada, town.plaza.uri)
    await done(scene, town.ada, "Create", theirs)

    elsewhere = ballot(scene, town.nils, theirs["id"], "CSV")
    no_poll = ballot(scene, town.nils, town.question.uri, "CSV")
    nowhere = ballot(scene, town.nils, f"{scene.here.origin}/p/1", "CSV")

    assert await ignored(scene, town.nils, "Create", elsewhere) == "poll-not-ours"
    assert await ignored(scene, town.nils, "Create", no_poll) == "not-a-poll-here"
    assert await ignored(scene, town.nils, "Create", nowhere) == "not-a-poll-here"


async def test_act_24_nobody_passes_votes_on_or_mixes_them(town):
    scene = town.scene
    poll, other = [await start(scene, town.plaza.id, "bob") for _ in range(2)]
    vote = ballot(scene, town.cleo, poll.uri, "CSV")
    at_home = vote | {"id": f"{town.cleo.uri}/votes/1"}
    scene.peer.publishes(at_home["id"], **at_home)
    inner = scene.published(town.cleo, "Create", at_home)

    passed = await ignored(scene, town.roads, "Announce", inner)
    in_two = await ignored(
        scene, town.cleo, "Create", [vote, ballot(scene, town.cleo, other.uri, "CSV")]
    )
    mixed = await ignored(
        scene, town.cleo, "Create", [vote, scene.post(town.cleo, town.plaza.uri)]
    )

    assert passed == "vote-passed-on"
    assert in_two == "votes-in-several-polls"
    assert mixed == "create-of-several"


async def test_act_24_nobody_votes_as_somebody_else(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")

    forged = ballot(scene, town.ada, poll.uri, "CSV")

    assert await ignored(scene, town.mallory, "Create", forged) == "author-not-actor"


async def test_act_24_nobody_hears_of_a_vote(town):
    scene = town.scene
    poll = await start(scene, town.plaza.id, "bob")
    before = await scene.state()

    await done(scene, town.ada, "Create", ballot(scene, town.ada, poll.uri, "CSV"))

    after = await scene.state()
    changed = {table for table, rows in after.items() if rows != before[table]}
    assert changed == {"polls", "poll_choices", "poll_votes"}


async def test_act_24_results_are_the_askers_to_tell(town):
    scene = town.scene
    ours = await start(scene, town.plaza.id, "bob")
    theirs = asked(scene, town.ada, town.plaza.uri)
    await done(scene, town.ada, "Create", theirs)
    forged = {"oneOf": [counted("CSV", 99), counted("JSON", 0)]}

    for sender in (town.mallory, town.nils):
        await ignored(scene, sender, "Update", theirs | forged)
    for sender in (town.mallory, town.ada):
        told = asked(scene, sender, town.plaza.uri) | forged | {"id": ours.uri}
        await ignored(scene, sender, "Update", told)

    assert await figures(scene, theirs["id"]) == {"CSV": 1, "JSON": 2}
    assert await figures(scene, ours.uri) == {"CSV": 0, "JSON": 0}


@pytest.mark.parametrize(
    ("votes", "counts"), [(-5, 0), (10**15, 2**31 - 1), ("9", 0), (None, 0), (2.5, 0)]
)
async def test_act_24_counts_from_elsewhere_are_counts(town, votes, counts):
    scene = town.scene
    poll = asked(
        scene, town.ada, town.plaza.uri, oneOf=[counted("CSV", votes)], votersCount=votes
    )

    await done(scene, town.ada, "Create", poll)

    assert await figures(scene, poll["id"]) == {"CSV": counts}
    voters = "SELECT o.voters FROM polls o JOIN posts p ON p.id = o.post_id WHERE p.uri = $1"
    assert await scene.fetch(voters, poll["id"]) == [(counts or None,)]


async def test_act_24_an_older_result_does_not_come_back(town):
    scene = town.scene
    poll = asked(scene, town.ada, town.plaza.uri)
    await done(scene, town.ada, "Create", poll)
    scene.clock.turn(timedelta(minutes=5))
    newer = poll | {"oneOf": [counted("CSV", 4), counted("JSON", 2)], "votersCount": 6}
    await done(scene, town.ada, "Update", newer)

    await done(scene, town.ada, "Update", poll, published="2026-03-02T09:00:00Z")

    assert await figures(scene, poll["id"]) == {"CSV": 4, "JSON": 2}
