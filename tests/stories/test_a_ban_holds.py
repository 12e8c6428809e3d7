"""Somebody is put out of a community: everywhere, and until it is lifted."""

import pytest

from schemas.records import OF_COMMUNITIES, FollowState, Role, Visibility
from server.services import communities, discovery, stewards
from server.services.errors import NotAllowed
from server.storage import follows
from tests.instance import Instance, settle
from tests.stories.test_a_question_travels import community_at, member_joined, signed_in


async def edge(instance: Instance, follower: str, community: str) -> FollowState | None:
    async with instance.database.reading() as tx:
        found = await tx.fetchval(
            "SELECT f.state FROM follows f JOIN actors a ON a.id = f.follower_id "
            "JOIN actors c ON c.id = f.target_id WHERE a.uri = $1 AND c.uri = $2",
            follower,
            community,
        )
    return FollowState(found) if found else None


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_a_ban_holds_at_home_and_abroad_until_it_is_lifted(
    agencies: tuple[Instance, Instance, Instance], visibility: Visibility
) -> None:
    transport, health, _ = agencies
    name = f"club_{visibility}"
    community = await community_at(transport, name, visibility)
    handle = f"!{name}@{transport.host}"
    rude = await member_joined(health, f"rude_{visibility}", handle, agencies)
    uri = rude.member.actor.uri
    host = await signed_in(transport, f"steward_of_{name}")
    known = await discovery.find_or_fetch_actor(transport.context, uri)

    await stewards.ban(transport.context, host, community.id, known.id, "Was rude")
    await settle(*agencies)

    assert await edge(transport, uri, community.uri) is FollowState.BANNED
    assert await edge(health, uri, community.uri) is FollowState.BANNED
    with pytest.raises(NotAllowed):
        await communities.join(health.context, rude, next(iter(rude.joined)))

    await stewards.lift_ban(transport.context, host, community.id, known.id)
    await settle(*agencies)

    assert await edge(transport, uri, community.uri) is None


async def test_asking_again_from_elsewhere_does_not_lift_a_ban(
    agencies: tuple[Instance, Instance, Instance],
) -> None:
    transport, health, _ = agencies
    community = await community_at(transport, "gate", Visibility.PUBLIC)
    rude = await member_joined(health, "pushy", f"!gate@{transport.host}", agencies)
    host = await signed_in(transport, "steward_of_gate")
    known = await discovery.find_or_fetch_actor(transport.context, rude.member.actor.uri)
    await stewards.ban(transport.context, host, community.id, known.id, "Was rude")
    await settle(*agencies)

    async with transport.database.transaction("test") as tx:
        state = await communities.receive_follow(
            tx, transport.context, known, community, f"{known.uri}#again"
        )

    assert state is FollowState.BANNED
    async with transport.database.reading() as tx:
        assert not await follows.is_member(tx, community.id, known.id)


async def test_a_steward_is_released_before_they_can_be_put_out(
    agencies: tuple[Instance, Instance, Instance],
) -> None:
    transport = agencies[0]
    community = await community_at(transport, "helm", Visibility.PUBLIC)
    host = await signed_in(transport, "steward_of_helm")

    with pytest.raises(NotAllowed):
        await stewards.ban(transport.context, host, community.id, host.member.id, "No")


async def test_stewards_do_it_on_their_page(
    agencies: tuple[Instance, Instance, Instance],
) -> None:
    transport = agencies[0]
    browser = await transport.member_browser("gatekeeper", Role.STEWARD)
    await transport.member("loud")
    form = {"name": "door", "display_name": "The door", "join": "open", "visibility": "public"}
    await browser.submit("/communities/new", form)
    shown = await browser.get("/c/door")
    hidden = await transport.browser().get("/c/door")
    put_out = {"handle": "@loud", "act": "ban", "reason": "Too loud"}

    done = await browser.submit("/c/door/stewards", put_out, page="/c/door/stewards")
    lift = {"handle": "@loud", "act": "lift"}
    lifted = await browser.submit("/c/door/stewards", lift, page="/c/door/stewards")
    again = await browser.submit("/c/door/stewards", lift, page="/c/door/stewards")

    assert 'href="/c/door/stewards"' in shown.text
    assert 'href="/c/door/stewards"' not in hidden.text
    assert "Loud" in done.text
    assert "Nobody." in lifted.text
    assert again.status == 422
