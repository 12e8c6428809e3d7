"""A thread moves between communities: by our stewards, and as PieFed tells it."""

from collections.abc import AsyncIterator

import orjson
import pytest

from schemas.records import Community
from server.services import discovery, relocating
from server.services.errors import Conflict, NotAllowed
from server.storage.embedded import Cluster
from tests.browser import Browser
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _market(town: Town) -> Community:
    amina = await town.scene.signed_in("amina")
    return await town.scene.community(amina.member.actor, "market")


async def _where(town: Town, uri: str) -> str:
    facts = await town.scene.facts(uri)
    assert facts is not None
    return facts.community_uri


# Ours.


async def test_a_thread_moves_with_its_answers_and_both_communities_tell(town):
    market, amina = await _market(town), await town.scene.signed_in("amina")
    await done(town.scene, town.mallory, "Follow", market.uri)
    [place] = await relocating.places(town.scene.here.context, amina, town.question.id)
    assert place.uri == market.uri

    await relocating.relocate(town.scene.here.context, amina, town.question.id, market.id)

    assert await _where(town, town.question.uri) == market.uri
    assert await _where(town, town.answer) == market.uri
    rows = await town.scene.fetch(
        "SELECT document FROM activities WHERE type = 'Announce' ORDER BY id DESC LIMIT 2"
    )
    told = [orjson.loads(row[0]) for row in rows]
    assert [each["actor"] for each in told] == [market.uri, town.plaza.uri]
    for each in told:
        move = each["object"]
        assert (move["type"], move["object"]) == ("Move", town.question.uri)
        assert (move["origin"], move["target"]) == (town.plaza.uri, market.uri)


async def test_a_steward_moves_a_thread_with_a_form(town):
    market = await _market(town)
    amina = Browser(town.scene.here.origin)
    await amina.sign_in("amina")
    shown = await amina.get(f"/p/{town.question.id}/move")
    assert "Market" in shown.text
    nothing = await amina.submit(f"/p/{town.question.id}/move", {"community": ""})
    assert "Choose where it goes" in nothing.text

    await amina.submit(f"/p/{town.question.id}/move", {"community": str(market.id)})
    await amina.client.close()

    assert await _where(town, town.question.uri) == market.uri


async def test_nothing_that_was_for_members_is_moved(town):
    context, amina = town.scene.here.context, await town.scene.signed_in("amina")
    market = await _market(town)

    for post, target in ((town.secret, market), (town.question, town.cabinet)):
        with pytest.raises(Conflict) as refused:
            await relocating.relocate(context, amina, post.id, target.id)
        assert refused.value.reason == "not-to-there"
    facts = await town.scene.facts(town.answer)
    assert facts is not None
    with pytest.raises(Conflict):
        await relocating.relocate(context, amina, facts.id, market.id)


async def test_only_a_steward_who_may_write_there_moves_a_thread(town):
    context, market = town.scene.here.context, await _market(town)
    bob, amina = await town.scene.signed_in("bob"), await town.scene.signed_in("amina")
    with pytest.raises(NotAllowed):
        await relocating.relocate(context, bob, town.question.id, market.id)
    roads = await discovery.find_or_fetch_actor(context, town.roads.uri)

    with pytest.raises(NotAllowed) as refused:
        await relocating.relocate(context, amina, town.question.id, roads.id)

    assert refused.value.reason == "not-a-member"


# Elsewhere.


async def test_piefed_moves_a_thread_between_its_communities(town):
    lanes = town.scene.group("far", "lanes")
    move = town.scene.published(
        town.sten, "Move", town.trip, origin=town.roads.uri, target=lanes.uri
    )

    await done(town.scene, town.roads, "Announce", move)

    assert await _where(town, town.trip) == lanes.uri


async def test_a_community_on_another_server_must_announce_it_as_well(town):
    lanes = town.scene.group("health", "lanes")
    asked = await town.scene.join_elsewhere("bob", lanes)
    await done(town.scene, lanes, "Accept", asked)
    move = town.scene.published(
        town.sten, "Move", town.trip, origin=town.roads.uri, target=lanes.uri
    )

    refused = await ignored(town.scene, town.roads, "Announce", move)
    assert refused == "target-has-not-agreed"
    await done(town.scene, lanes, "Announce", move)

    assert await _where(town, town.trip) == lanes.uri
    assert await ignored(town.scene, town.roads, "Announce", move)


async def test_a_thread_comes_to_us_only_with_somebody_who_belongs(town):
    told = {"origin": town.roads.uri, "target": town.plaza.uri}
    move = town.scene.published(town.sten, "Move", town.trip, **told)
    assert await ignored(town.scene, town.roads, "Announce", move) == "not-a-member"

    await done(town.scene, town.sten, "Follow", town.plaza.uri)
    again = town.scene.published(town.sten, "Move", town.trip, **told)
    await done(town.scene, town.roads, "Announce", again)

    assert await _where(town, town.trip) == town.plaza.uri


async def test_nobody_takes_a_thread_away_that_they_do_not_govern(town):
    lanes = town.scene.group("far", "lanes")
    told = {"origin": town.roads.uri, "target": lanes.uri}
    stranger = town.scene.published(town.nils, "Move", town.trip, **told)

    assert await ignored(town.scene, town.roads, "Announce", stranger) == "not-a-steward"
    own = {"origin": town.plaza.uri, "target": lanes.uri}
    reason = await ignored(town.scene, town.mallory, "Move", town.question.uri, **own)
    assert reason == "not-a-steward"
    reason = await ignored(town.scene, town.sten, "Move", town.trip, **told)
    assert reason == "not-through-its-community"


async def test_only_a_thread_moves_and_only_to_a_community(town):
    for uri, target in (
        ("https://far.example/unknown", town.plaza.uri),
        (town.trip, f"{town.scene.here.origin}/c/nowhere"),
        (town.trip, town.cleo.uri),
    ):
        move = town.scene.published(
            town.sten, "Move", uri, origin=town.roads.uri, target=target
        )
        assert await ignored(town.scene, town.roads, "Announce", move)
