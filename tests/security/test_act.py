"""ACT-01 to ACT-08 at the inbox: nobody does anything to what is another's."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import FollowState, Kind, Surface, Visibility
from schemas.wire.vocabulary import PUBLIC
from server.services import agencies, communities, posts, sharing
from server.services.errors import NotFound
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, let_in, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


# ACT-01


@pytest.mark.parametrize("who", ["mallory", "nils"], ids=["another-host", "same-host"])
@pytest.mark.parametrize(
    ("claims", "reason"), [("ada", "author-not-actor"), ("me", "not-theirs-to-edit")]
)
async def test_act_01_nobody_edits_the_answer_of_another(town, who, claims, reason):
    sender = getattr(town, who)
    author = town.ada if claims == "ada" else sender
    forged = town.scene.post(author, town.plaza.uri, reply_to=town.question.uri)
    forged |= {"id": town.answer, "content": "<p>Forged</p>", "updated": "2026-03-02T08:30:00Z"}

    told = await ignored(town.scene, sender, "Update", forged)

    # At another host nobody can even claim the id.
    assert told == reason or (who == "mallory" and told.startswith(("author", "id-", "attrib")))


@pytest.mark.parametrize("author", ["bob", "mallory"])
async def test_act_01_nobody_elsewhere_edits_a_post_of_ours(town, author):
    forged = town.scene.post(town.mallory, town.plaza.uri)
    claimed = town.bob if author == "bob" else town.mallory.uri
    forged |= {"id": town.question.uri, "attributedTo": claimed, "content": "<p>Forged</p>"}

    assert await ignored(town.scene, town.mallory, "Update", forged)


async def test_act_01_an_edit_changes_words_and_nothing_else(town):
    told = town.scene.post(town.ada, town.cabinet.uri, to=[town.cabinet.uri])
    await done(town.scene, town.ada, "Create", told)
    before = await town.scene.facts(told["id"])

    edited = told | {
        "content": "<p>Other words</p>",
        "to": [PUBLIC, town.plaza.uri],
        "audience": town.plaza.uri,
        "inReplyTo": town.question.uri,
        "published": "2020-01-01T00:00:00Z",
        "updated": "2026-03-02T08:30:00Z",
    }
    await done(town.scene, town.ada, "Update", edited)

    after = await town.scene.facts(told["id"])
    assert "Other words" in await town.scene.words(told["id"])
    assert before is not None
    assert after is not None
    assert after.visibility is Visibility.MEMBERS
    for each in ("community_id", "parent_id", "published_at", "author_id", "kind", "root_id"):
        assert getattr(after, each) == getattr(before, each)


# ACT-02


async def test_act_02_an_update_of_what_we_do_not_know_makes_nothing(town):
    unknown = town.scene.post(town.ada, town.plaza.uri)
    before = await town.scene.state()

    direct = await town.scene.send(town.ada, "Update", unknown)
    passed_on = await town.scene.send(
        town.roads, "Announce", town.scene.activity(town.ada, "Update", unknown)
    )

    assert (direct.state, direct.reason) == ("waiting", "post-unknown")
    assert (passed_on.state, passed_on.reason) == ("waiting", "post-unknown")
    assert await town.scene.state() == before


async def test_act_02_nothing_of_the_suspended_is_made_by_any_way(town):
    sven = town.scene.sender("health", "sven")
    await town.scene.suspend(sven.uri)
    theirs = town.scene.post(sven, town.roads.uri)
    reply = town.scene.post(town.cleo, town.roads.uri, reply_to=theirs["id"])

    whole = town.scene.activity(sven, "Create", theirs)
    assert await ignored(town.scene, town.roads, "Announce", whole) == "actor-suspended"
    assert await ignored(town.scene, town.roads, "Announce", theirs["id"]) == "actor-suspended"
    await town.scene.send(
        town.roads, "Announce", town.scene.activity(town.cleo, "Create", reply)
    )

    assert await town.scene.facts(theirs["id"]) is None


# ACT-03


@pytest.mark.parametrize("who", ["mallory", "nils"], ids=["another-host", "same-host"])
@pytest.mark.parametrize("whose", ["theirs", "ours"])
async def test_act_03_delete_of_anothers_post_has_no_effect(town, who, whose):
    uri = town.answer if whose == "theirs" else town.question.uri

    reason = await ignored(town.scene, getattr(town, who), "Delete", uri)

    assert reason == "not-theirs-to-delete"


async def test_act_03_what_another_host_may_yet_write_is_not_deleted_ahead(town):
    unknown = f"{town.ada.uri}/posts/unwritten"

    assert await ignored(town.scene, town.mallory, "Delete", unknown) == "not-theirs-to-delete"


async def test_act_03_a_community_deletes_nothing_in_another(town):
    inner = town.scene.activity(town.sten, "Delete", town.answer)

    reason = await ignored(town.scene, town.roads, "Announce", inner)

    assert reason == "post-of-another-community"


async def test_act_03_an_author_deletes_their_own(town):
    own = town.scene.post(town.ada, town.plaza.uri)
    await done(town.scene, town.ada, "Create", own)

    await done(town.scene, town.ada, "Delete", own["id"])

    facts = await town.scene.facts(own["id"])
    assert facts is not None
    assert facts.deleted_at is not None


# ACT-04


@pytest.mark.parametrize("who", ["mallory", "nils"], ids=["another-host", "same-host"])
async def test_act_04_nobody_takes_back_what_another_did(town, who):
    sender = getattr(town, who)
    like = {"id": town.like, "type": "Like", "actor": town.ada.uri, "object": town.question.uri}
    follow = {"type": "Follow", "actor": town.ada.uri, "object": town.plaza.uri}

    assert await ignored(town.scene, sender, "Undo", like) == "undo-of-another"
    assert await ignored(town.scene, sender, "Undo", follow) == "undo-of-another"
    assert await ignored(town.scene, sender, "Undo", town.like) == "undo-of-another"


async def test_act_04_a_like_is_taken_back_by_its_own_actor_only_if_it_is_theirs(town):
    borrowed = {
        "id": town.like,
        "type": "Like",
        "actor": town.nils.uri,
        "object": town.question.uri,
    }

    assert await ignored(town.scene, town.nils, "Undo", borrowed) == "undone-already"


async def test_act_04_a_bare_id_of_a_follow_is_its_followers_alone(town):
    rows = await town.scene.fetch(
        "SELECT f.uri FROM follows f JOIN actors a ON a.id = f.follower_id WHERE a.uri = $1",
        town.ada.uri,
    )

    for (uri,) in rows:
        assert await ignored(town.scene, town.nils, "Undo", uri) == "undo-of-another"


async def test_act_04_a_bare_id_elsewhere_is_not_even_asked_for(town):
    foreign = town.scene.peer.url("bystander", "/activities/1")

    assert await ignored(town.scene, town.mallory, "Undo", foreign) == "undo-of-another"
    assert town.scene.asked("bystander") == []


async def test_act_04_ones_own_like_is_taken_back_by_its_bare_id(town):
    like = town.scene.activity(town.nils, "Like", town.answer)
    await town.scene.deliver(town.nils, like)

    await done(town.scene, town.nils, "Undo", like["id"])

    rows = await town.scene.fetch("SELECT uri FROM marks WHERE uri = $1", like["id"])
    assert rows == []


async def test_act_04_an_id_that_is_anothers_follow_makes_no_new_one(town):
    rows = await town.scene.fetch(
        "SELECT f.uri FROM follows f JOIN actors a ON a.id = f.follower_id WHERE a.uri = $1",
        town.ada.uri,
    )

    reason = await ignored(town.scene, town.nils, "Follow", town.cabinet.uri, id=rows[0][0])

    assert reason == "id-of-another-follow"


# ACT-05


@pytest.mark.parametrize("verdict", ["Accept", "Reject"])
async def test_act_05_only_who_was_asked_answers_a_follow(town, verdict):
    asked = await town.scene.join_elsewhere("amina", town.roads)
    whole = {"id": asked, "type": "Follow", "object": town.roads.uri}
    whole["actor"] = f"{town.scene.here.origin}/@amina"

    for sender in (town.mallory, town.sten):
        reason = await ignored(town.scene, sender, verdict, asked)
        assert reason == "verdict-of-another"
        assert await ignored(town.scene, sender, verdict, whole) == "verdict-of-another"


async def test_act_05_a_follow_that_we_never_sent_is_not_answered(town):
    never = f"{town.scene.here.origin}/activities/1"
    theirs = {"type": "Follow", "actor": town.mallory.uri, "object": town.roads.uri}
    invented = {"id": never, "type": "Follow", "actor": town.bob, "object": town.mallory.uri}

    assert await ignored(town.scene, town.mallory, "Accept", never) == "follow-unknown"
    assert await ignored(town.scene, town.mallory, "Accept", invented) == "follow-unknown"
    assert await ignored(town.scene, town.roads, "Accept", theirs) == "follow-unknown"


async def test_act_05_an_accept_after_the_undo_lets_nobody_in(town):
    lanes = town.scene.group("far", "lanes")
    asked = await town.scene.join_elsewhere("bob", lanes)
    await done(town.scene, lanes, "Accept", asked)
    bob = await town.scene.signed_in("bob")
    await communities.leave(town.scene.here.context, bob, await _id(town, lanes))

    assert await ignored(town.scene, lanes, "Accept", asked) == "follow-unknown"
    assert await town.scene.edge(town.bob, lanes.uri) is None


# ACT-06


async def test_act_06_before_the_accept_nothing_is_taken_and_after_a_reject_nothing_shown(town):
    quiet = town.scene.group("far", "quiet")
    asked = await town.scene.join_elsewhere("bob", quiet)
    told = town.scene.post(town.cleo, quiet.uri, to=[quiet.uri])
    create = town.scene.activity(town.cleo, "Create", told)

    early = await ignored(town.scene, quiet, "Announce", create)
    await done(town.scene, quiet, "Accept", asked)
    await done(town.scene, quiet, "Announce", create)
    assert await _may_read(town, told["id"])
    await done(town.scene, quiet, "Reject", asked)

    assert early == "community-without-members-here"
    assert await town.scene.edge(town.bob, quiet.uri) is FollowState.REFUSED
    assert not await _may_read(town, told["id"])


# ACT-07


async def test_act_07_who_waits_gets_nothing_until_they_are_let_in(town):
    pat = town.scene.sender("parks", "pat")
    host = town.scene.peer.authority("parks")

    await done(town.scene, pat, "Follow", town.cabinet.uri)
    await town.scene.ask_in(town.cabinet.id, "amina")
    assert await town.scene.edge(pat.uri, town.cabinet.uri) is FollowState.ASKED
    assert await _announced_to(town, host) == 0

    await let_in(town.scene, town.cabinet, pat)
    await town.scene.ask_in(town.cabinet.id, "amina")
    assert await _announced_to(town, host) == 1

    await agencies.block(town.scene.here.context, host, by=None, reason="Enough")
    await town.scene.ask_in(town.cabinet.id, "amina")
    assert await town.scene.edge(pat.uri, town.cabinet.uri) is None
    assert await _announced_to(town, host) == 1


# ACT-08


@pytest.mark.parametrize("kind", ["Add", "Remove"])
async def test_act_08_only_the_owners_change_a_list(town, kind):
    ours = town.plaza.actor
    featured = {"target": ours.featured}
    moderators = {"target": ours.moderators}
    theirs = {"target": f"{town.roads.uri}/featured"}
    nobodys = {"target": f"{town.bob}/featured"}
    scene = town.scene

    for sender in (town.mallory, town.ada):
        assert await ignored(scene, sender, kind, town.answer, **featured) == "not-a-steward"
        assert await ignored(scene, sender, kind, sender.uri, **moderators) == "not-a-steward"
    assert (
        await ignored(scene, town.sten, kind, town.trip, **theirs)
        == "not-through-its-community"
    )
    assert (
        await ignored(scene, town.mallory, kind, town.answer, **nobodys)
        == "not-a-list-of-the-community"
    )
    inner = scene.activity(town.sten, kind, town.answer, **featured)
    assert await ignored(scene, town.roads, "Announce", inner) == "not-a-list-of-the-community"


async def test_act_08_a_community_pins_on_its_own_list(town):
    inner = town.scene.activity(
        town.sten, "Add", town.trip, target=f"{town.roads.uri}/featured"
    )

    await done(town.scene, town.roads, "Announce", inner)

    facts = await town.scene.facts(town.trip)
    assert facts is not None
    assert facts.pinned_at is not None


async def test_act_08_a_post_is_not_put_into_a_community_elsewhere_past_it(town):
    told = town.scene.post(town.mallory, town.roads.uri)

    assert await ignored(town.scene, town.mallory, "Create", told) == "not-for-a-community-here"


@pytest.mark.parametrize("whole", [True, False], ids=["activity", "id"])
async def test_act_08_a_community_takes_no_post_that_was_written_in_another(town, whole):
    elsewhere = town.scene.peer.url("evil", "/@other")
    told = town.scene.post(town.cleo, elsewhere, to=[elsewhere])
    inner = town.scene.activity(town.cleo, "Create", told) if whole else told["id"]

    reason = await ignored(town.scene, town.roads, "Announce", inner)

    assert reason == "post-of-another-community"


async def test_act_08_of_two_communities_that_a_post_names_the_first_keeps_it(town):
    second = town.scene.group("far", "second")
    await done(town.scene, second, "Accept", await town.scene.join_elsewhere("bob", second))
    told = town.scene.post(town.cleo, town.roads.uri, cc=[second.uri])
    inner = town.scene.activity(town.cleo, "Create", told)
    await done(town.scene, town.roads, "Announce", inner)

    reason = await ignored(town.scene, second, "Announce", inner)

    assert reason == "post-of-another-community"


async def test_act_08_a_community_does_not_say_of_anothers_post_that_it_has_it(town):
    bob = await town.scene.signed_in("bob")
    roads = await _id(town, town.roads)
    own = await posts.publish_thread(
        town.scene.here.context, bob, roads, Kind.QUESTION, Draft(title="A", source="b")
    )
    inner = {"type": "Create", "actor": town.bob, "object": own.uri, "id": f"{town.bob}/x"}
    lanes = town.scene.group("far", "byways")
    await done(town.scene, lanes, "Accept", await town.scene.join_elsewhere("bob", lanes))

    await done(town.scene, lanes, "Announce", inner)
    before = await town.scene.facts(own.uri)
    await done(town.scene, town.roads, "Announce", inner)
    after = await town.scene.facts(own.uri)

    assert before is not None
    assert after is not None
    assert before.announced_at is None
    assert after.announced_at is not None


async def _id(town: Town, group: Sender) -> int:
    rows = await town.scene.fetch("SELECT id FROM actors WHERE uri = $1", group.uri)
    return int(rows[0][0])


async def _may_read(town: Town, uri: str) -> bool:
    bob = posts.principal_of(await town.scene.signed_in("bob"))
    facts = await town.scene.facts(uri)
    assert facts is not None
    async with town.scene.here.database.reading() as tx:
        try:
            await sharing.released(tx, town.scene.here.context, facts.id, bob, Surface.PAGE)
        except NotFound:
            return False
    return True


async def _announced_to(town: Town, host: str) -> int:
    rows = await town.scene.fetch(
        "SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id "
        "WHERE d.host = $1 AND a.type = 'Announce'",
        host,
    )
    return int(rows[0][0])
