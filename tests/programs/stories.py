"""What happens between us and a community on another program, whichever program that is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from schemas.records import FollowState, Kind, PostFacts
from schemas.wire.vocabulary import PUBLIC
from server.services import changing, choices, communities, kudos, reporting
from server.services.errors import NotAllowed
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.programs.takers import Document
from tests.programs.world import Habits, Program, World, opened_world

#: Where the actor is from which we report.
REPORTS = "/actor/moderation"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A server with a community that Bob belongs to: Rosa writes in it, a warden keeps it.

    `meadow` is a third server, whose Cleo writes there, too.
    """

    world: World
    program: Program
    group: Sender
    rosa: Sender
    warden: Sender
    meadow: Program
    cleo: Sender
    follow: str

    async def community(self) -> int:
        return await self.world.community_id(self.group)

    async def told(self, title: str) -> PostFacts:
        """A thread of Rosa's that has come to us."""
        said = self.program.starter(self.rosa, self.group.uri, title)
        outcome = await self.program.announces(
            self.group, self.program.created(self.rosa, said)
        )
        assert outcome.state == "done", outcome
        await self.program.taken()
        return await self.world.facts(said["id"])

    async def asked(self, title: str) -> PostFacts:
        """A question of Bob's, on its way to the community."""
        return await self.world.asks(await self.community(), title)


@asynccontextmanager
async def neighbour(
    cluster: Cluster, habits: Habits, third: Habits
) -> AsyncIterator[Neighbour]:
    async with opened_world(cluster) as world:
        program = await world.meets("orchard", habits)
        meadow = await world.meets("meadow", third)
        rosa, warden = program.person("rosa"), program.person("warden")
        group = program.group("bees", warden)
        follow = await world.joins(program, group)
        yield Neighbour(
            world=world,
            program=program,
            group=group,
            rosa=rosa,
            warden=warden,
            meadow=meadow,
            cleo=meadow.person("cleo"),
            follow=follow,
        )


def outbox_of(program: Program, group: Sender, author: Sender, *said: Document) -> Document:
    """The outbox as Lemmy and PieFed have it: what the community announced, newest first."""
    announced = [
        program.act(group, "Announce", program.created(author, each), to=[PUBLIC], cc=[])
        for each in said
    ]
    return {
        "id": f"{group.uri}/outbox",
        "type": "OrderedCollection",
        "totalItems": len(announced),
        "orderedItems": announced,
    }


async def what_was_said_before_comes(
    scene: Neighbour, group: Sender, outbox: Document, *titles: str
) -> None:
    """Join another community of the server, which has been there for a while."""
    scene.program.publish(outbox)
    await scene.world.joins(scene.program, group)
    await scene.world.fills()
    assert await scene.world.titles(group) == sorted(titles)


async def a_third_host_is_believed_by_its_own_word(scene: Neighbour) -> None:
    said = scene.meadow.starter(scene.cleo, scene.group.uri, "Heather or lime")
    forged = said | {"name": "Buy my honey"}
    never = scene.meadow.starter(scene.cleo, scene.group.uri, "Never said")
    scene.world.scene.withdraws(never["id"])

    told = await scene.program.announces(scene.group, scene.meadow.created(scene.cleo, forged))
    lied = await scene.program.announces(scene.group, scene.meadow.created(scene.cleo, never))

    assert (told.state, lied.state) == ("done", "ignored")
    titles = await scene.world.titles(scene.group)
    assert "Heather or lime" in titles
    assert not {"Buy my honey", "Never said"} & set(titles)


async def all_that_a_member_does_is_taken(scene: Neighbour) -> None:
    world, program = scene.world, scene.program
    context, bob = world.scene.here.context, await world.bob()
    thread = await scene.told("How do you mark a queen?")
    comment = program.reply(scene.rosa, scene.group.uri, thread.uri)
    await program.announces(scene.group, program.created(scene.rosa, comment))
    await program.taken()

    question = await scene.asked("Why do they swarm?")
    assert await program.kinds_taken() == ["Create"]
    answer = await world.answers(thread.uri, Kind.COMMENT)
    assert await program.kinds_taken() == ["Create"]

    theirs = await world.facts(comment["id"])
    await kudos.mark_helpful(context, bob, theirs.id, helpful=True)
    assert await program.kinds_taken() == ["Like"]
    await kudos.give_kudos(context, bob, theirs.id, "saved-time", "A whole week")
    assert await program.kinds_taken() == ["Undo Like", "Like"]
    await kudos.take_back_kudos(context, bob, theirs.id)
    await kudos.mark_helpful(context, bob, theirs.id, helpful=False)
    assert await program.kinds_taken() == ["Undo Like", "Like", "Undo Like"]

    world.scene.clock.turn(MINUTE)
    await changing.edit(context, bob, question.id, Draft(title="Why swarm?", source="Better."))
    assert await program.kinds_taken() == ["Update"]
    await changing.withdraw(context, bob, answer.id)
    assert await program.kinds_taken() == ["Delete"]


async def an_accepted_answer_is_told(scene: Neighbour, *kinds: str) -> None:
    question = await scene.asked("Oil or wax?")
    reply = scene.program.reply(scene.rosa, scene.group.uri, question.uri)
    outcome = await scene.program.announces(
        scene.group, scene.program.created(scene.rosa, reply)
    )
    assert outcome.state == "done"
    await scene.program.taken()

    answer = await scene.world.facts(reply["id"])
    await choices.accept(scene.world.scene.here.context, await scene.world.bob(), answer.id)

    assert sorted(await scene.program.kinds_taken()) == sorted(kinds)


async def what_comes_back_is_ours_still(scene: Neighbour) -> None:
    question = await scene.asked("How many frames?")
    [create] = await scene.program.taken()
    assert (await scene.world.facts(question.uri)).announced_at is None

    wrapped = await scene.program.announces(scene.group, create)
    bare = await scene.program.announces(scene.group, create["object"])
    by_id = await scene.program.announces(scene.group, question.uri)

    assert [each.state for each in (wrapped, bare, by_id)] == ["done"] * 3
    assert (await scene.world.facts(question.uri)).announced_at is not None
    assert (await scene.world.titles(scene.group)).count("How many frames?") == 1


async def only_proven_votes_count(scene: Neighbour) -> None:
    world, program = scene.world, scene.program
    question = await scene.asked("Who votes?")
    like = program.act(scene.rosa, "Like", question.uri, audience=scene.group.uri)

    own = await program.announces(scene.group, like)
    others = await program.announces(
        scene.group, scene.meadow.act(scene.cleo, "Like", question.uri)
    )
    down = await program.announces(
        scene.group, program.act(scene.rosa, "Dislike", question.uri)
    )

    assert (own.state, others.state, down.state) == ("done", "ignored", "ignored")
    assert await world.marks(question.uri) == [scene.rosa.uri]
    undone = await program.announces(scene.group, program.act(scene.rosa, "Undo", like))
    assert undone.state == "done"
    assert await world.marks(question.uri) == []


async def strangers_rule_nothing(scene: Neighbour) -> None:
    world, program, group = scene.world, scene.program, scene.group
    about = (await scene.told("Left alone")).uri
    pinned = {"target": f"{group.uri}/{program.habits.featured}"}

    for stranger in (scene.rosa, program.person("nobody")):
        for ruling in (
            program.ruled(stranger, group, "Lock", about, summary="No"),
            program.ruled(stranger, group, "Add", about, **pinned),
            program.ruled(stranger, group, "Block", world.bob_uri, target=group.uri),
        ):
            outcome = await program.announces(group, ruling)
            assert (outcome.state, outcome.reason) == ("ignored", "not-a-steward")
    nobody = program.person("nobody")
    gone = program.ruled(nobody, group, "Delete", about, summary="No")
    assert (await program.announces(group, gone)).reason == "not-theirs-to-delete"

    facts = await world.facts(about)
    assert (facts.locked_at, facts.pinned_at, facts.deleted_at) == (None, None, None)
    assert await world.scene.edge(world.bob_uri, group.uri) is FollowState.ACCEPTED


async def a_moderator_locks_and_opens(scene: Neighbour) -> None:
    world, program = scene.world, scene.program
    about = (await scene.told("Settled soon")).uri

    lock = program.ruled(scene.warden, scene.group, "Lock", about, summary="Settled")
    assert (await program.announces(scene.group, lock)).state == "done"
    assert (await world.facts(about)).locked_at is not None
    with pytest.raises(NotAllowed):
        await world.answers(about, Kind.COMMENT)
    undo = program.ruled(scene.warden, scene.group, "Undo", lock)
    assert (await program.announces(scene.group, undo)).state == "done"
    assert (await world.facts(about)).locked_at is None


async def a_moderator_pins_and_unpins(scene: Neighbour) -> None:
    program = scene.program
    about = (await scene.told("On top")).uri
    pinned = {"target": f"{scene.group.uri}/{program.habits.featured}"}

    add = program.ruled(scene.warden, scene.group, "Add", about, **pinned)
    assert (await program.announces(scene.group, add)).state == "done"
    assert (await scene.world.facts(about)).pinned_at is not None
    remove = program.ruled(scene.warden, scene.group, "Remove", about, **pinned)
    assert (await program.announces(scene.group, remove)).state == "done"
    assert (await scene.world.facts(about)).pinned_at is None


async def a_moderator_removes_and_restores(scene: Neighbour) -> None:
    """Remove a thread of its own, and a question of ours; never past the community."""
    program = scene.program
    theirs = await scene.told("About wasps")
    ours = await scene.asked("Wasps again")
    await program.taken()

    for about in (theirs.uri, ours.uri):
        gone = program.ruled(scene.warden, scene.group, "Delete", about, summary="Wasps")
        past = gone | {"id": f"{gone['id']}-past"}
        assert (await program.sends(scene.warden, past)).state == "ignored"
        assert (await program.announces(scene.group, gone)).state == "done"
        assert (await scene.world.facts(about)).deleted_at is not None
        back = program.ruled(scene.warden, scene.group, "Undo", gone)
        assert (await program.announces(scene.group, back)).state == "done"
        assert (await scene.world.facts(about)).deleted_at is None


async def whom_it_puts_out_writes_there_no_more(scene: Neighbour) -> None:
    world, program = scene.world, scene.program
    wasps = program.group("wasps", scene.warden)
    await world.joins(program, wasps)
    community = await world.community_id(wasps)
    await world.asks(community, "Still here")

    ban = program.ruled(scene.warden, wasps, "Block", world.bob_uri, target=wasps.uri)
    assert (await program.announces(wasps, ban)).state == "done"

    assert await world.scene.edge(world.bob_uri, wasps.uri) is FollowState.BANNED
    with pytest.raises(NotAllowed):
        await world.asks(community, "Not any more")
    undo = program.ruled(scene.warden, wasps, "Undo", ban)
    assert (await program.announces(wasps, undo)).state == "done"
    assert await world.scene.edge(world.bob_uri, wasps.uri) is None


async def a_report_reaches_those_who_keep_it(scene: Neighbour) -> Document:
    """Report a thread there; give the Flag, which is the agency's and names nobody of ours."""
    thread = await scene.told("Names a patient")

    await reporting.report(
        scene.world.scene.here.context, await scene.world.bob(), thread.id, "She is named."
    )

    [flag] = await scene.program.taken()
    assert (flag["type"], flag["actor"]) == ("Flag", scene.world.scene.here.origin + REPORTS)
    assert flag["summary"] == flag["content"] == "She is named."
    assert flag["to"] == [scene.group.uri]
    assert "@bob" not in str(flag)
    return flag


async def those_who_keep_it_are_done_with_it(scene: Neighbour, flag: Document) -> None:
    """Have a moderator there resolve our own report; we note it beside what Bob reported."""
    program = scene.program
    resolve = program.ruled(scene.warden, scene.group, "Resolve", flag)
    assert (await program.announces(scene.group, resolve)).state == "done"

    noted = "SELECT comment, outcome FROM reports WHERE post_id = $1 AND closed_at IS NULL"
    facts = await scene.world.facts(flag["object"])
    assert await scene.world.scene.fetch(noted, facts.id) == [
        ("She is named.", reporting.RESOLVED_THERE)
    ]


async def a_report_stays_here(scene: Neighbour) -> None:
    """Report where the program has no ear for an agency: our moderators have it."""
    thread = await scene.told("Names a patient")

    await reporting.report(
        scene.world.scene.here.context, await scene.world.bob(), thread.id, "She is named."
    )

    assert await scene.program.taken() == []
    kept = "SELECT comment FROM reports WHERE post_id = $1 AND closed_at IS NULL"
    assert await scene.world.scene.fetch(kept, thread.id) == [("She is named.",)]


async def a_member_leaves(scene: Neighbour) -> None:
    world = scene.world
    moths = scene.program.group("moths", scene.warden)
    await world.joins(scene.program, moths)

    await communities.leave(
        world.scene.here.context, await world.bob(), await world.community_id(moths)
    )

    assert await scene.program.kinds_taken() == ["Undo Follow"]
