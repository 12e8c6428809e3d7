"""Agencies that do not know each other: knocking, being let in, leaving, being shut out."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from schemas.records import Community, JoinRule, Role
from server.storage.embedded import Cluster
from tests.instance import Browser, Instance, TurnedClock, running, settle
from tests.stories import life

_STEWARDS = (
    "SELECT c.name, a.name FROM stewards s JOIN actors c ON c.id = s.community_id "
    "JOIN actors a ON a.id = s.actor_id"
)


@pytest.fixture(scope="module")
async def transport(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "transport", clock=TurnedClock()) as instance:
        yield instance


@pytest.fixture
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    """A stranger to transport, new for every story."""
    async with running(cluster, "health", clock=TurnedClock()) as instance:
        yield instance


@pytest.fixture(scope="module")
async def hosts(transport: Instance) -> SimpleNamespace:
    """Who is at transport: sam looks after an open and a closed community, mo is moderator."""
    sam = await transport.member_browser("sam", Role.STEWARD)
    mo = await transport.member_browser("mo", Role.MODERATOR)
    steward = await life.finds(transport, f"@sam@{transport.host}")
    return SimpleNamespace(
        sam=sam,
        mo=mo,
        road_safety=await life.opened(transport, steward, "road_safety"),
        near_misses=await life.opened(
            transport, steward, "near_misses", join=JoinRule.APPROVAL
        ),
    )


async def joins(browser: Browser, community: Community) -> str:
    """Find a community by its handle and ask to join; give what the page says."""
    at = f"{community.actor.name}@{community.actor.host}"
    found = await browser.get(f"/find?q=!{at}")
    assert found.path == f"/c/{at}"
    return (await browser.submit(f"/c/{at}/join")).text


async def member_of(instance: Instance, name: str, community: Community) -> bool:
    return bool(
        await life.value(
            instance,
            "SELECT true FROM follows f JOIN actors p ON p.id = f.follower_id "
            "JOIN actors t ON t.id = f.target_id "
            "WHERE p.name = $1 AND t.uri = $2 AND f.state = 'accepted'",
            name,
            community.uri,
        )
    )


async def test_a_stranger_waits_visibly_on_both_sides_until_both_moderators_admit(
    transport: Instance, health: Instance, hosts: SimpleNamespace
) -> None:
    asha = await health.member_browser("asha")
    mira = await health.member_browser("mira", Role.MODERATOR)

    told = await joins(asha, hosts.road_safety)
    await settle(transport, health)
    waits_here = await mira.get("/agencies")
    hers, nobodys = [await each.get("/agencies") for each in (asha, health.browser())]
    not_yet_there = await hosts.mo.get("/agencies")

    assert "You asked to join" in told
    assert transport.host in waits_here.text
    assert transport.host in hers.text
    assert transport.host not in nobodys.text
    assert health.host not in not_yet_there.text

    await mira.submit("/agencies/admit", {"host": transport.host})
    await settle(transport, health)
    waits_there = await hosts.mo.get("/agencies")

    assert "Asha" in waits_there.text
    assert health.host in waits_there.text
    assert not await member_of(transport, "asha", hosts.road_safety)
    assert not await member_of(health, "asha", hosts.road_safety)

    await hosts.mo.submit("/agencies/admit", {"host": health.host})
    await settle(transport, health)

    assert await member_of(transport, "asha", hosts.road_safety)
    assert await member_of(health, "asha", hosts.road_safety)
    assert "You are now a member of" in (await asha.get("/notifications")).text
    # A stranger is not told who looks after a community; who belongs to it must know.
    assert await life.rows(health, _STEWARDS) == [("road_safety", "sam")]
    await life.asks_in(asha, f"road_safety@{transport.host}", "May I ask?", "Now I may.")
    await settle(transport, health)
    uri = await life.newest(health, "asha")
    assert await life.thread_at(asha, uri) == await life.thread_at(hosts.sam, uri)


async def test_a_steward_lets_one_in_and_refuses_another_and_both_are_told(
    transport: Instance, health: Instance, hosts: SimpleNamespace
) -> None:
    await health.admit(transport)
    await transport.admit(health)
    asha, ben = await health.member_browser("asha"), await health.member_browser("ben")

    for browser in (asha, ben):
        await joins(browser, hosts.near_misses)
    await settle(transport, health)
    asked = await hosts.sam.get("/c/near_misses/requests")
    for name, act in (("asha", "approve"), ("ben", "refuse")):
        person = await life.finds(transport, f"@{name}@{health.host}")
        await hosts.sam.submit(
            "/c/near_misses/requests", {"request": str(person.id), "act": act}
        )
    await settle(transport, health)

    assert "Asha" in asked.text
    assert "Ben" in asked.text
    assert "asks to join" in (await hosts.sam.get("/notifications")).text
    for instance in (transport, health):
        assert await member_of(instance, "asha", hosts.near_misses)
        assert not await member_of(instance, "ben", hosts.near_misses)
    assert "You are now a member of" in (await asha.get("/notifications")).text
    assert "was refused" in (await ben.get("/notifications")).text
    assert "was refused" not in (await asha.get("/notifications")).text


async def test_who_leaves_is_gone_on_both_sides_and_hears_no_more(
    transport: Instance, health: Instance, hosts: SimpleNamespace
) -> None:
    await health.admit(transport)
    await transport.admit(health)
    asha = await health.member_browser("asha")
    await joins(asha, hosts.road_safety)
    await settle(transport, health)
    await life.asks_in(hosts.sam, "road_safety", "Before", "She hears this.")
    await settle(transport, health)
    before = await life.newest(transport, "sam")

    await asha.submit(f"/c/road_safety@{transport.host}/leave")
    await settle(transport, health)
    await life.asks_in(hosts.sam, "road_safety", "After", "She does not hear this.")
    await settle(transport, health)
    after = await life.newest(transport, "sam")

    assert await life.edges(health, transport.host) == []
    assert await life.edges(transport, health.host) == []
    heard = [uri for (uri,) in await life.rows(health, "SELECT uri FROM posts")]
    assert before in heard
    assert after not in heard


async def test_a_block_ends_all_that_was_between_two_agencies_and_says_why(
    transport: Instance, health: Instance, hosts: SimpleNamespace
) -> None:
    await health.admit(transport)
    await transport.admit(health)
    asha = await health.member_browser("asha")
    await joins(asha, hosts.road_safety)
    await settle(transport, health)
    at = f"road_safety@{transport.host}"
    known = await life.value(transport, "SELECT count(*) FROM posts")

    await hosts.mo.submit(
        "/agencies/block", {"host": health.host, "reason": "They copied case notes"}
    )
    await settle(transport, health)
    await life.asks_in(hosts.sam, "road_safety", "Among ourselves", "Nobody else hears this.")
    asked = await life.asks_in(asha, at, "Is anybody there?", "Nobody answers.")
    await settle(transport, health)

    assert await life.edges(transport, health.host) == []
    assert not await member_of(health, "asha", hosts.road_safety)
    assert asked.status == 403
    assert await life.value(transport, "SELECT count(*) FROM posts") == known + 1
    assert await life.value(health, "SELECT count(*) FROM posts WHERE title LIKE 'Among%'") == 0
    listed = await transport.browser().get("/agencies")
    assert "They copied case notes" in listed.text
    assert "was refused" in (await asha.get("/notifications")).text
