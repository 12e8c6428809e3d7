"""What authors publish goes to their followers; what they send us is judged like the rest."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import pytest

from schemas.records import Kind
from server.services import changing, discovery, people, posts, stewardship
from server.services.posts import Draft
from server.storage import agencies, follows
from server.storage import posts as stored
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, populated

_MINUTE: Final = timedelta(minutes=1)
_SENT: Final = (
    "SELECT s.type FROM deliveries d JOIN activities s ON s.id = d.activity_id "
    "JOIN posts p ON p.id = s.post_id WHERE p.uri = $1 AND d.host = $2 ORDER BY d.id"
)


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _runs(town: Town, host: str, software: str) -> None:
    here = town.scene.here
    async with here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx,
            town.scene.peer.authority(host),
            software=software,
            version="4",
            name=host,
            now=here.now(),
        )


async def _sent(town: Town, uri: str, host: str) -> list[str]:
    rows = await town.scene.fetch(_SENT, uri, town.scene.peer.authority(host))
    return [str(row[0]) for row in rows]


async def _follows_bob(town: Town, host: str, name: str) -> Sender:
    sender = town.scene.sender(host, name)
    await done(town.scene, sender, "Follow", town.bob)
    return sender


# What we send.


async def test_a_follower_on_mastodon_gets_the_answer_that_no_community_boosts(town):
    await _runs(town, "parks", "mastodon")
    masha = await _follows_bob(town, "parks", "masha")
    await done(town.scene, masha, "Follow", town.plaza.uri)
    bob = await town.scene.signed_in("bob")

    thread = await town.scene.ask_in(town.plaza.id, "bob")
    reply = await posts.publish_reply(
        town.scene.here.context, bob, thread.id, Kind.COMMENT, Draft(source="And?")
    )

    assert await _sent(town, thread.uri, "parks") == ["Announce"]
    assert await _sent(town, reply.uri, "parks") == ["Create"]


async def test_a_follower_on_mastodon_sees_the_edit_of_what_the_community_boosted(town):
    thread = await town.scene.ask_in(town.plaza.id, "bob")
    bob = await town.scene.signed_in("bob")
    town.scene.clock.turn(_MINUTE)

    await changing.edit(
        town.scene.here.context, bob, thread.id, Draft(title="How now?", source="Edited.")
    )
    await changing.withdraw(town.scene.here.context, bob, thread.id)

    assert await _sent(town, thread.uri, "parks") == ["Announce", "Update", "Undo", "Delete"]


async def test_what_a_steward_gives_back_is_boosted_again_where_it_was(town):
    context, amina = town.scene.here.context, await town.scene.signed_in("amina")
    thread = await town.scene.ask_in(town.plaza.id, "bob")
    reply = await posts.publish_reply(
        context,
        await town.scene.signed_in("bob"),
        thread.id,
        Kind.COMMENT,
        Draft(source="And?"),
    )

    for facts in (thread, reply):
        await stewardship.remove(context, amina, facts.id, "Not for here")
        await stewardship.restore(context, amina, facts.id, "It is")

    assert await _sent(town, thread.uri, "parks") == ["Announce", "Undo", "Announce"]
    assert await _sent(town, reply.uri, "parks") == ["Create"]


# What we are sent.


async def _bob_follows(town: Town, sender: Sender) -> None:
    context = town.scene.here.context
    bob = await town.scene.signed_in("bob")
    person = await discovery.find_or_fetch_actor(context, sender.uri)
    await people.follow(context, bob, person.id)
    async with context.database.reading() as tx:
        edge = await follows.find(tx, bob.member.id, person.id)
    assert edge is not None
    await done(town.scene, sender, "Accept", edge.uri)


@pytest.fixture(scope="module")
async def followed(town: Town) -> Sender:
    """Vera of parks, whom bob follows; she writes in communities of far."""
    vera = town.scene.sender("parks", "vera")
    await _bob_follows(town, vera)
    return vera


@pytest.fixture(scope="module")
def rails(town: Town) -> Sender:
    """A community to which nobody here belongs."""
    return town.scene.group("far", "rails")


async def test_a_post_of_somebody_we_follow_is_kept_with_its_community(town, followed, rails):
    told = town.scene.post(followed, rails.uri)

    await done(town.scene, followed, "Create", told)
    await done(town.scene, followed, "Create", told)

    facts = await town.scene.facts(told["id"])
    assert facts is not None
    assert (facts.community_uri, facts.announced_at) == (rails.uri, None)


async def test_a_post_of_somebody_we_follow_is_edited_and_deleted_by_them_alone(
    town, followed, rails
):
    told = town.scene.post(followed, rails.uri)
    await done(town.scene, followed, "Create", told)
    stranger = town.scene.sender("parks", "stranger")

    later = told | {"content": "<p>Newer.</p>", "updated": "2026-03-02T08:30:00Z"}
    await done(town.scene, followed, "Update", later)
    assert await town.scene.words(told["id"]) == "<p>Newer.</p>"

    reason = await ignored(town.scene, stranger, "Delete", told["id"])
    assert reason == "not-through-its-community"

    await done(town.scene, followed, "Delete", told["id"])
    assert await town.scene.words(told["id"]) == ""


async def test_a_stranger_makes_us_ask_no_community_anything(town):
    unasked = town.scene.group("elsewhere", "unasked")
    told = town.scene.post(town.mallory, unasked.uri)

    reason = await ignored(town.scene, town.mallory, "Create", told)

    assert reason == "not-for-a-community-here"
    assert town.scene.asked("elsewhere") == []


@pytest.mark.parametrize("audience", ["members", "ours"])
async def test_what_is_not_public_or_is_ours_needs_its_community(
    town, followed, rails, audience
):
    ours = audience == "ours"
    community = town.plaza.uri if ours else rails.uri
    told = town.scene.post(followed, community, **({} if ours else {"to": [rails.uri]}))

    reason = await ignored(town.scene, followed, "Create", told)

    assert reason == ("not-a-member" if ours else "not-for-a-community-here")


async def test_an_author_answers_past_no_lock_no_ban_and_no_closed_door(town, followed):
    """The community never passed it on, so we hold to what it told us before."""
    told = town.scene.post(followed, town.roads.uri, reply_to=town.trip)
    trip = await town.scene.facts(town.trip)
    person = await discovery.find_or_fetch_actor(town.scene.here.context, followed.uri)
    assert trip is not None
    now = town.scene.here.now()
    database = town.scene.here.database

    async with database.transaction("test") as tx:
        await stored.lock(tx, trip.id, at=now)
    assert await ignored(town.scene, followed, "Create", told) == "thread-locked"

    async with database.transaction("test") as tx:
        await stored.lock(tx, trip.id, at=None)
        await follows.ban(tx, person.id, trip.community_id, "https://far.example/ban", now=now)
    assert await ignored(town.scene, followed, "Create", told) == "banned-there"

    async with database.transaction("test") as tx:
        await follows.lift_ban(tx, person.id, trip.community_id)
        await tx.execute("UPDATE posts SET visibility = 'members' WHERE id = $1", trip.id)
    assert await ignored(town.scene, followed, "Create", told) == "not-through-its-community"

    async with database.transaction("test") as tx:
        await tx.execute("UPDATE posts SET visibility = 'public' WHERE id = $1", trip.id)
    await done(town.scene, followed, "Create", told)
