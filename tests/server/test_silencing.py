"""Personal blocks of people elsewhere: what their servers are sent and may still do."""

from collections.abc import AsyncIterator

import pytest

from server.services import silencing
from server.storage import actors, endings, follows, silences
from server.storage.embedded import Cluster
from server.storage.timelines import Window
from tests.inbox_scene import Town, done, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _edge(town: Town, uri: str, name: str) -> bool:
    async with town.scene.here.database.reading() as tx:
        follower = await actors.find(tx, uri)
        target = await actors.find_local(tx, name)
        assert follower is not None
        assert target is not None
        return await follows.find(tx, follower.id, target.id) is not None


async def _id_of(town: Town, uri: str) -> int:
    async with town.scene.here.database.reading() as tx:
        found = await actors.find(tx, uri)
    assert found is not None
    return found.id


async def _sent(town: Town, host: str) -> list[str]:
    rows = await town.scene.fetch(
        "SELECT s.type FROM deliveries d JOIN activities s ON s.id = d.activity_id "
        "WHERE d.host = $1 ORDER BY d.id",
        town.scene.peer.authority(host),
    )
    return [str(row[0]) for row in rows]


async def test_a_follower_elsewhere_is_refused_and_told_of_no_block(town: Town) -> None:
    masha = town.scene.sender("parks", "masha")
    await done(town.scene, masha, "Follow", town.bob)
    bob = await town.scene.signed_in("bob")
    context = town.scene.here.context

    await silencing.block(context, bob, await _id_of(town, masha.uri))

    assert not await _edge(town, masha.uri, "bob")
    assert (await _sent(town, "parks"))[-1] == "Reject"
    assert "Block" not in await _sent(town, "parks")
    again = town.scene.sender("parks", "masha")
    await done(town.scene, again, "Follow", town.bob)
    assert not await _edge(town, masha.uri, "bob")

    await silencing.unblock(context, bob, await _id_of(town, masha.uri))
    await done(town.scene, again, "Follow", town.bob)
    assert await _edge(town, masha.uri, "bob")


async def test_a_blocked_domain_loses_its_follows_and_those_below_it(town: Town) -> None:
    ines = town.scene.sender("roads", "ines")
    await done(town.scene, ines, "Follow", town.bob)
    bob = await town.scene.signed_in("bob")
    context = town.scene.here.context
    domain = town.scene.peer.authority("roads").partition(":")[0]

    await silencing.block_domain(context, bob, domain)

    assert not await _edge(town, ines.uri, "bob")
    async with context.database.reading() as tx:
        assert not await silences.hears(tx, bob.member.id, await _id_of(town, ines.uri))
        [blocked] = await silences.domains(tx, bob.member.id, Window())
    assert blocked.domain == domain
    await silencing.unblock_domain(context, bob, domain)


async def test_what_was_a_members_own_goes_with_them(town: Town) -> None:
    bob = await town.scene.signed_in("bob")
    masha = await _id_of(town, town.scene.sender("parks", "masha").uri)
    await silencing.mute(town.scene.here.context, bob, masha)

    async with town.scene.here.database.transaction("test") as tx:
        await endings.forget_what_was_theirs(tx, bob.member.id)

    async with town.scene.here.database.reading() as tx:
        now = town.scene.here.now()
        assert await silences.mutes(tx, bob.member.id, Window(), now=now) == []
