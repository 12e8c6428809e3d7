"""Communities that follow communities: what goes round comes back as nothing new (28)."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import FollowState
from schemas.wire.vocabulary import PUBLIC
from server.storage import follows
from server.storage.embedded import Cluster
from tests.programs.habits import LEMMY
from tests.programs.stories import Neighbour, neighbour


@pytest.fixture(scope="module")
async def orchard(cluster: Cluster) -> AsyncIterator[Neighbour]:
    async with neighbour(cluster, LEMMY, LEMMY) as scene:
        follow = scene.program.act(scene.group, "Follow", scene.world.plaza.uri)
        outcome = await scene.program.sends(scene.group, follow)
        assert outcome.state == "done"
        yield scene


async def test_a_community_elsewhere_may_follow_a_public_one(orchard: Neighbour) -> None:
    world = orchard.world
    assert await world.scene.edge(orchard.group.uri, world.plaza.uri) is FollowState.ACCEPTED
    assert "Accept Follow" in await orchard.program.kinds_taken()

    question = await world.asks(world.plaza.id, "Whose is the verge?")

    [announce] = await orchard.program.taken()
    assert announce["object"]["object"]["id"] == question.uri


async def test_a_community_elsewhere_follows_none_that_is_for_members(
    orchard: Neighbour,
) -> None:
    world, program = orchard.world, orchard.program
    amina = (await world.amina()).member.actor
    cabinet = await world.scene.community(amina, "cabinet", private=True)
    await program.taken()

    follow = program.act(orchard.group, "Follow", cabinet.uri)
    assert (await program.sends(orchard.group, follow)).state == "done"

    assert await program.kinds_taken() == ["Reject Follow"]
    edge = await world.scene.edge(orchard.group.uri, cabinet.uri)
    assert edge is not FollowState.ACCEPTED
    await world.scene.ask_in(cabinet.id, "amina")
    assert await program.taken() == []


async def test_what_it_announces_of_ours_is_nothing_new(orchard: Neighbour) -> None:
    world, program = orchard.world, orchard.program
    question = await world.asks(world.plaza.id, "Round and round?")
    [announce] = await program.taken()
    before = await world.scene.state()

    whole = await program.announces(orchard.group, announce["object"])
    by_id = await program.announces(orchard.group, question.uri)
    await program.announces(orchard.group, announce)

    assert (whole.state, by_id.state) == ("done", "done")
    assert await world.scene.state() == before
    assert await program.taken() == []


async def test_what_it_announces_of_a_third_in_ours_stays_ours(orchard: Neighbour) -> None:
    """Cleo asked in the plaza; that another community passes it on moves it nowhere."""
    world, program, meadow = orchard.world, orchard.program, orchard.meadow
    await meadow.sends(orchard.cleo, meadow.act(orchard.cleo, "Follow", world.plaza.uri))
    said = meadow.starter(orchard.cleo, world.plaza.uri, "From a third")
    create = meadow.created(orchard.cleo, said)
    assert (await meadow.sends(orchard.cleo, create)).state == "done"
    await program.taken()

    again = await program.announces(orchard.group, create)

    assert again.state == "ignored"
    assert (await world.facts(said["id"])).community_uri == world.plaza.uri
    assert await program.taken() == []


async def test_two_that_follow_each_other_do_not_loop(orchard: Neighbour) -> None:
    world, program = orchard.world, orchard.program
    async with world.scene.here.database.transaction("test") as tx:
        now, theirs = world.scene.here.now(), await orchard.community()
        await follows.ask(tx, world.plaza.id, theirs, f"{world.plaza.uri}#follow", now=now)
        await follows.settle(tx, world.plaza.id, theirs, FollowState.ACCEPTED, now=now)
    ours = await world.asks(world.plaza.id, "Is there an end?")
    [announce] = await program.taken()
    said = program.starter(orchard.rosa, orchard.group.uri, "Theirs")

    for _ in range(2):
        await program.announces(orchard.group, announce["object"])
        await program.announces(orchard.group, program.created(orchard.rosa, said))
        await program.announces(orchard.group, announce, to=[PUBLIC, world.plaza.uri])

    assert await program.taken() == []
    counted = "SELECT count(*) FROM posts WHERE uri = ANY($1)"
    assert await world.scene.fetch(counted, [ours.uri, said["id"]]) == [(2,)]
