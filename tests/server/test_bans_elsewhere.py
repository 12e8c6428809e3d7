"""Bans that end, bans that take posts with them, bans of a server; removals with replies."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.translate.outgoing import timestamp
from schemas.records import DeletedBy, FollowState
from server.services import discovery, stewards, stewardship
from server.services.errors import Invalid
from server.storage import bans
from server.storage.embedded import Cluster
from server.workers.housekeeping import clean_once
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _announces(town: Town, kind: str, about: str, **more: object) -> str:
    """Have sten, the steward of roads, do something through his community."""
    told = town.scene.published(town.sten, kind, about, target=town.roads.uri, **more)
    outcome = await town.scene.send(town.roads, "Announce", told)
    return outcome.reason or outcome.state


async def _removed_by(town: Town, uri: str) -> DeletedBy | None:
    facts = await town.scene.facts(uri)
    assert facts is not None
    return facts.deleted_by


async def _trip(town: Town) -> str:
    trip = town.scene.post(town.cleo, town.roads.uri)
    await done(
        town.scene, town.roads, "Announce", town.scene.activity(town.cleo, "Create", trip)
    )
    return str(trip["id"])


def _at(town: Town, **ahead: float) -> str:
    return (town.scene.here.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M:%SZ")


# Until.


async def test_a_ban_ends_when_its_time_is_over(town):
    assert await _announces(town, "Block", town.cleo.uri, endTime=_at(town, days=1)) == "done"
    await clean_once(town.scene.here.context)
    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is FollowState.BANNED

    town.scene.clock.turn(timedelta(days=1))
    await clean_once(town.scene.here.context)

    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is None


async def test_a_ban_that_is_over_when_it_comes_puts_nobody_out(town):
    told = town.scene.published(
        town.sten, "Block", town.cleo.uri, target=town.roads.uri, endTime=_at(town, hours=-1)
    )

    assert await ignored(town.scene, town.roads, "Announce", told) == "ban-over"


async def test_a_ban_without_an_end_lasts_until_it_is_lifted(town):
    assert await _announces(town, "Block", town.cleo.uri) == "done"
    async with town.scene.here.database.transaction("test") as tx:
        await bans.end(tx, now=town.scene.here.now() + timedelta(days=3650))

    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is FollowState.BANNED


async def test_our_own_ban_says_until_when(town):
    context, amina = town.scene.here.context, await town.scene.signed_in("amina")
    [[ada]] = await town.scene.fetch("SELECT id FROM actors WHERE uri = $1", town.ada.uri)
    until = town.scene.here.now() + timedelta(days=3)
    with pytest.raises(Invalid):
        await stewards.ban(
            context, amina, town.plaza.id, ada, "Spam.", until=town.scene.here.now()
        )

    await stewards.ban(context, amina, town.plaza.id, ada, "Spam.", until=until)

    async with town.scene.here.database.reading() as tx:
        [banned] = await bans.of_community(tx, town.plaza.id)
    assert (banned.person.uri, banned.until) == (town.ada.uri, until)
    rows = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8')::json -> 'object' ->> 'endTime' "
        "FROM activities WHERE type = 'Announce' ORDER BY id DESC LIMIT 1"
    )
    assert rows == [(timestamp(until),)]


# With what they wrote.


async def test_what_the_banned_wrote_goes_with_them_and_can_be_restored(town):
    second = await _trip(town)

    assert await _announces(town, "Block", town.cleo.uri, removeData=True) == "done"

    for uri in (town.trip, second):
        assert await _removed_by(town, uri) is DeletedBy.MODERATOR
    facts = await town.scene.facts(second)
    assert facts is not None
    async with town.scene.here.database.transaction("test") as tx:
        assert await stewardship.unbury(tx, facts)


async def test_what_the_banned_wrote_elsewhere_stays(town):
    assert await _announces(town, "Block", town.ada.uri, removeData=True) == "done"

    assert await _removed_by(town, town.answer) is None


async def test_a_stranger_takes_nobodys_posts_away(town):
    told = town.scene.published(
        town.nils, "Block", town.cleo.uri, target=town.roads.uri, removeData=True
    )

    assert await ignored(town.scene, town.roads, "Announce", told) == "not-a-steward"


# Of a server.


async def test_a_server_puts_somebody_out_of_all_its_communities(town):
    site = town.scene.sender("far", "site", "Application")

    await done(town.scene, site, "Block", town.cleo.uri, target=site.uri, removeData=True)

    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is FollowState.BANNED
    assert await _removed_by(town, town.trip) is DeletedBy.MODERATOR
    block = town.scene.activity(site, "Block", town.cleo.uri, target=site.uri)
    await done(town.scene, site, "Undo", block)
    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is None
    assert await ignored(town.scene, site, "Undo", block) == "undone-already"


async def test_a_steward_speaks_for_their_own_communities_of_a_server_only(town):
    site = town.sten.uri.rpartition("/")[0] + "/"
    other = town.scene.sender("far", "other")

    refused = await ignored(town.scene, other, "Block", town.cleo.uri, target=site)
    assert refused == "not-a-steward"
    await done(town.scene, town.sten, "Block", town.cleo.uri, target=site)

    assert await town.scene.edge(town.cleo.uri, town.roads.uri) is FollowState.BANNED


async def test_nobody_elsewhere_bans_from_our_server(town):
    ours = f"{town.scene.here.origin}/actor"

    reason = await ignored(town.scene, town.mallory, "Block", town.ada.uri, target=ours)

    assert reason == "not-a-ban-from-the-community"


# With replies.


async def test_a_removal_with_replies_removes_those_too(town):
    reply = town.scene.post(town.cleo, town.roads.uri, reply_to=town.trip)
    await done(
        town.scene, town.roads, "Announce", town.scene.activity(town.cleo, "Create", reply)
    )
    deep = town.scene.post(town.ada, town.roads.uri, reply_to=reply["id"])
    await done(
        town.scene, town.roads, "Announce", town.scene.activity(town.ada, "Create", deep)
    )

    assert (
        await _announces(town, "Delete", town.trip, summary="Spam", withReplies=True) == "done"
    )

    for uri in (town.trip, reply["id"], deep["id"]):
        assert await _removed_by(town, uri) is DeletedBy.MODERATOR


async def test_an_author_takes_nobodys_replies_along(town):
    question = town.scene.post(town.nils, town.plaza.uri)
    await done(town.scene, town.nils, "Create", question)
    reply = town.scene.post(town.ada, town.plaza.uri, reply_to=question["id"])
    await done(town.scene, town.ada, "Create", reply)

    await done(town.scene, town.nils, "Delete", question["id"], withReplies=True)

    assert await _removed_by(town, question["id"]) is DeletedBy.AUTHOR
    assert await _removed_by(town, reply["id"]) is None


@pytest.mark.parametrize("stays", [True, False])
async def test_who_leaves_may_leave_their_posts_where_their_program_says_so(town, stays):
    said = {"removeData": False} if stays else {}

    await done(town.scene, town.ada, "Delete", town.ada.uri, **said)

    assert (await _removed_by(town, town.answer) is None) == stays


# A thread's context.


async def test_what_a_community_adds_to_a_thread_is_taken_as_announced(town):
    trip = town.scene.post(town.cleo, town.roads.uri, context=f"{town.roads.uri}/t/1")
    create = town.scene.activity(town.cleo, "Create", trip)

    await done(town.scene, town.roads, "Add", create, target=f"{town.roads.uri}/t/1")
    reply = town.scene.post(town.cleo, town.roads.uri, reply_to=trip["id"])
    await done(town.scene, town.roads, "Add", reply["id"], target=f"{town.roads.uri}/t/1")

    for uri in (trip["id"], reply["id"]):
        facts = await town.scene.facts(uri)
        assert facts is not None
        assert facts.announced_at is not None


async def test_what_a_community_removes_from_a_thread_is_removed_by_it(town):
    await done(town.scene, town.roads, "Remove", town.trip, target=f"{town.roads.uri}/t/1")
    second = await _trip(town)
    create = town.scene.activity(town.cleo, "Create", second)
    await done(town.scene, town.roads, "Remove", create, target=f"{town.roads.uri}/t/1")

    assert await _removed_by(town, town.trip) is DeletedBy.MODERATOR
    assert await _removed_by(town, second) is DeletedBy.MODERATOR


async def test_a_context_is_its_owners_alone(town):
    target = f"{town.roads.uri}/t/1"
    other = town.scene.group("evil", "other")
    await discovery.find_or_fetch_actor(town.scene.here.context, other.uri)

    for stranger in (town.mallory, other):
        for kind in ("Add", "Remove"):
            reason = await ignored(town.scene, stranger, kind, town.trip, target=target)
            assert reason == "not-a-list-of-the-community"
    own = f"{other.uri}/t/1"
    assert await ignored(town.scene, other, "Remove", town.trip, target=own)
