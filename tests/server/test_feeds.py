"""Collections of communities: ours told to others, theirs followed, and how lists change."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from federation.signatures import sign
from schemas.records import Actor, FollowState, Role
from server.services import (
    agencies,
    archives,
    curating,
    discovery,
    feed_documents,
    feed_following,
    taking_in,
)
from server.services.curating import FeedDraft
from server.services.errors import Invalid, NotAllowed, NotFound
from server.services.sharing import agency_principal
from server.storage import community_feeds
from server.storage.embedded import Cluster
from server.workers.accounts import work_due
from tests.door import Sender
from tests.hostile_peer import ACTIVITY_JSON
from tests.inbox_scene import Scene, done, opened


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    async with opened(cluster) as scene:
        await scene.here.member("amina", Role.STEWARD)
        await scene.here.member("bob")
        yield scene


def _feed(scene: Scene, *communities: str, host: str = "far", total: int = 0) -> Sender:
    uri = scene.peer.url(host, "/@pantry")
    _lists(scene, uri, *communities, total=total)
    return scene.sender(
        host,
        "pantry",
        "Feed",
        following=f"{uri}/following",
        followers=f"{uri}/followers",
        attributedTo=f"{uri}/moderators",
    )


def _lists(scene: Scene, feed: str, *communities: str, total: int = 0) -> None:
    scene.peer.publishes(
        f"{feed}/following",
        type="Collection",
        totalItems=total or len(communities),
        items=list(communities),
    )


async def _follow(scene: Scene, feed: Sender, name: str = "bob") -> Actor:
    found = await discovery.look_up(scene.here.context, feed.uri, may_fetch=True)
    assert isinstance(found, Actor)
    await feed_following.follow(scene.here.context, await scene.signed_in(name), found.id)
    return found


async def _entries(scene: Scene, feed_id: int) -> list[tuple[str, bool]]:
    async with scene.here.database.reading() as tx:
        found = await community_feeds.entries(tx, feed_id)
    return [(each.uri, each.community_id is not None) for each in found]


def _bob(scene: Scene) -> str:
    return f"{scene.here.origin}/@bob"


async def _accept(scene: Scene, feed: Sender) -> None:
    async with scene.here.database.reading() as tx:
        rows = await tx.fetch(
            "SELECT f.uri FROM follows f JOIN actors a ON a.id = f.target_id WHERE a.uri = $1",
            feed.uri,
        )
    await done(scene, feed, "Accept", rows[0]["uri"])


def _announced(scene: Scene, feed: Sender, kind: str, community: str, **more: object) -> Any:
    told = {
        "object": {"type": "Group", "id": community},
        "target": {"type": "Collection", "id": f"{feed.uri}/following"},
    }
    return scene.activity(feed, kind, community) | told | more


# Theirs.


async def test_a_feed_that_is_looked_up_is_shown_and_none_of_its_communities_asked(scene):
    jars = scene.group("health", "jars")
    feed = _feed(scene, jars.uri)

    found = await discovery.look_up(scene.here.context, feed.uri, may_fetch=True)
    await feed_following.tend(scene.here.context)

    assert isinstance(found, Actor)
    assert await _entries(scene, found.id) == [(jars.uri, False)]
    assert scene.asked("health") == []


async def test_a_feed_is_found_by_the_handle_that_piefed_shows(scene):
    feed = _feed(scene)
    host = scene.peer.authority("far")
    scene.peer.webfingers(f"~pantry@{host}", feed.uri, subject=f"pantry@{host}")
    scene.peer.webfingers(f"pantry@{host}", feed.uri)

    asked = f"~pantry@{host}"
    found = await discovery.look_up(scene.here.context, asked, may_fetch=True)
    again = await discovery.look_up(scene.here.context, asked, may_fetch=False)

    assert isinstance(found, Actor)
    assert found.uri == feed.uri
    assert again == found


async def test_whoever_follows_a_feed_asks_each_of_its_communities(scene):
    jars, roads = scene.group("health", "jars"), scene.group("far", "roads")
    feed = _feed(scene, jars.uri, roads.uri)

    await _follow(scene, feed)
    await feed_following.tend(scene.here.context)

    assert await scene.edge(_bob(scene), feed.uri) is FollowState.ASKED
    assert await scene.edge(_bob(scene), jars.uri) is FollowState.ASKED
    assert await scene.edge(_bob(scene), roads.uri) is FollowState.ASKED


async def test_following_a_feed_twice_is_following_it_once(scene):
    jars = scene.group("health", "jars")
    feed = _feed(scene, jars.uri)

    await _follow(scene, feed)
    found = await _follow(scene, feed)
    await feed_following.tend(scene.here.context)
    before = await scene.state()
    await feed_following.tend(scene.here.context)

    assert await scene.state() == before
    async with scene.here.database.reading() as tx:
        assert await community_feeds.due(tx, limit=9) == []
        shown = await community_feeds.listed(tx, None, limit=9)
    assert [(each.feed.id, each.communities, each.follows) for each in shown] == [
        (found.id, 1, False)
    ]


async def test_what_a_feed_adds_later_is_joined_and_what_it_removes_is_left(scene):
    jars, roads = scene.group("health", "jars"), scene.group("far", "roads")
    feed = _feed(scene, jars.uri)
    await _follow(scene, feed)
    await _accept(scene, feed)
    await feed_following.tend(scene.here.context)

    await done(scene, feed, "Announce", _announced(scene, feed, "Add", roads.uri))
    await feed_following.tend(scene.here.context)
    added = await scene.edge(_bob(scene), roads.uri)
    await done(scene, feed, "Announce", _announced(scene, feed, "Remove", jars.uri))
    await feed_following.tend(scene.here.context)

    assert added is FollowState.ASKED
    assert await scene.edge(_bob(scene), jars.uri) is None
    assert await scene.edge(_bob(scene), roads.uri) is FollowState.ASKED


async def test_a_feed_may_say_what_changed_without_an_announce(scene):
    jars = scene.group("health", "jars")
    feed = _feed(scene)
    await _follow(scene, feed)
    await _accept(scene, feed)

    for kind, listed in (("Add", [(jars.uri, False)]), ("Remove", [])):
        told = _announced(scene, feed, kind, jars.uri)
        assert (await scene.deliver(feed, told)).state == "done"
        found = await discovery.find_or_fetch_actor(scene.here.context, feed.uri)
        assert await _entries(scene, found.id) == listed


async def test_a_community_that_was_joined_by_hand_is_not_left_with_the_feed(scene):
    jars = scene.group("health", "jars")
    asked = await scene.join_elsewhere("bob", jars)
    await done(scene, jars, "Accept", asked)
    feed = _feed(scene, jars.uri)
    await _follow(scene, feed)
    await _accept(scene, feed)

    await done(scene, feed, "Announce", _announced(scene, feed, "Remove", jars.uri))
    await feed_following.tend(scene.here.context)

    assert await scene.edge(_bob(scene), jars.uri) is FollowState.ACCEPTED


async def test_a_community_of_two_feeds_is_left_with_the_second(scene):
    jars = scene.group("health", "jars")
    one, other = _feed(scene, jars.uri), _feed(scene, jars.uri, host="parks")
    for feed in (one, other):
        await _follow(scene, feed)
        await _accept(scene, feed)
        await feed_following.tend(scene.here.context)

    await done(scene, one, "Announce", _announced(scene, one, "Remove", jars.uri))
    await feed_following.tend(scene.here.context)
    after_one = await scene.edge(_bob(scene), jars.uri)
    await done(scene, other, "Announce", _announced(scene, other, "Remove", jars.uri))
    await feed_following.tend(scene.here.context)

    assert after_one is FollowState.ASKED
    assert await scene.edge(_bob(scene), jars.uri) is None


async def test_who_follows_a_feed_no_longer_keeps_its_communities(scene):
    jars = scene.group("health", "jars")
    feed = _feed(scene, jars.uri)
    found = await _follow(scene, feed)
    await _accept(scene, feed)
    await feed_following.tend(scene.here.context)

    await feed_following.unfollow(scene.here.context, await scene.signed_in("bob"), found.id)
    await feed_following.tend(scene.here.context)

    assert await scene.edge(_bob(scene), feed.uri) is None
    assert await scene.edge(_bob(scene), jars.uri) is FollowState.ASKED
    assert await scene.fetch("SELECT * FROM feed_joins") == []


async def test_a_feed_that_accepts_is_no_news_to_its_follower(scene):
    feed = _feed(scene)
    await _follow(scene, feed)

    await _accept(scene, feed)

    assert await scene.fetch("SELECT kind FROM notifications") == []


async def test_a_person_at_a_lemmy_says_that_a_feed_changed_and_it_is_read_anew(scene):
    jars = scene.group("health", "jars")
    rosa, feed = scene.sender("far", "rosa"), _feed(scene)
    found = await _follow(scene, feed)
    await _accept(scene, feed)
    _lists(scene, feed.uri, jars.uri)

    await done(scene, rosa, "Update", feed.document)

    assert await _entries(scene, found.id) == [(jars.uri, False)]


async def test_a_list_is_read_anew_after_a_day(scene):
    jars, roads = scene.group("health", "jars"), scene.group("far", "roads")
    feed = _feed(scene, jars.uri)
    found = await _follow(scene, feed)
    _lists(scene, feed.uri, roads.uri)

    await feed_following.tend(scene.here.context)
    before = await _entries(scene, found.id)
    scene.clock.turn(timedelta(days=1, seconds=1))
    await feed_following.tend(scene.here.context)
    await feed_following.tend(scene.here.context)

    assert before == [(jars.uri, True)]
    assert await _entries(scene, found.id) == [(roads.uri, True)]


async def test_a_list_or_a_community_that_cannot_be_had_is_asked_for_a_day_later(scene):
    feed = _feed(scene, scene.peer.url("health", "/@nobody"))
    found = await _follow(scene, feed)
    await feed_following.tend(scene.here.context)
    asked = len(scene.asked("health"))
    await feed_following.tend(scene.here.context)
    once = len(scene.asked("health"))
    scene.peer.publishes(f"{feed.uri}/following", type="Person", id="x:y")
    scene.clock.turn(timedelta(days=1, seconds=1))
    await feed_following.tend(scene.here.context)

    assert asked == once > 0
    assert len(scene.asked("health")) > once
    assert await _entries(scene, found.id) == [(scene.peer.url("health", "/@nobody"), False)]


async def test_a_feed_of_a_thousand_is_cut_and_says_so(scene):
    listed = [scene.peer.url("health", f"/@c{number}") for number in range(201)]
    feed = _feed(scene, *listed, total=1000)

    found = await discovery.look_up(scene.here.context, feed.uri, may_fetch=True)

    assert isinstance(found, Actor)
    assert len(await _entries(scene, found.id)) == 200
    page = await scene.here.browser().get(f"/f/pantry@{scene.peer.authority('far')}")
    assert "800 more communities stand in it" in page.text


async def test_nobody_follows_a_feed_of_a_blocked_agency(scene):
    feed = _feed(scene)
    found = await discovery.look_up(scene.here.context, feed.uri, may_fetch=True)
    assert isinstance(found, Actor)
    amina = await scene.signed_in("amina")
    await agencies.block(scene.here.context, found.host, by=None, reason="Spam")

    with pytest.raises(NotAllowed) as refusal:
        await feed_following.follow(scene.here.context, amina, found.id)

    assert refusal.value.reason == "agency-blocked"


async def test_a_feed_that_follows_a_community_of_ours_is_let_in_where_it_is_public(scene):
    amina = await scene.signed_in("amina")
    plaza = await scene.community(amina.member.actor, "plaza")
    cabinet = await scene.community(amina.member.actor, "cabinet", private=True)
    feed = _feed(scene)

    await done(scene, feed, "Follow", plaza.uri)
    await done(scene, feed, "Follow", cabinet.uri)

    assert await scene.edge(feed.uri, plaza.uri) is FollowState.ACCEPTED
    assert await scene.edge(feed.uri, cabinet.uri) is None


# Ours.


def _draft(*communities: str, name: str = "starter", title: str = "New here") -> FeedDraft:
    return FeedDraft(
        name=name, display_name=title, summary="Where to *begin*.", communities=communities
    )


async def _opened(scene: Scene, *communities: str) -> Actor:
    amina = await scene.signed_in("amina")
    return await curating.open_feed(scene.here.context, amina, _draft(*communities))


async def _plaza(scene: Scene, name: str = "plaza", *, private: bool = False) -> str:
    amina = await scene.signed_in("amina")
    return (await scene.community(amina.member.actor, name, private=private)).uri


async def _get(scene: Scene, sender: Sender, path: str) -> tuple[int, dict[str, Any]]:
    signed = sign(
        method="GET",
        url=scene.here.origin + path,
        headers={},
        body=None,
        key=sender.key,
        now=scene.here.now(),
    )
    port = scene.here.origin.rpartition(":")[2]
    told = {"Accept": ACTIVITY_JSON, "Host": scene.here.host}
    async with scene.client.get(
        f"http://127.0.0.1:{port}{path}", headers=dict(signed) | told
    ) as answer:
        found = await answer.json(content_type=None)
        return answer.status, found


async def test_a_feed_of_ours_is_an_actor_that_others_can_read(scene):
    plaza, ada = await _plaza(scene), scene.sender("health", "ada")
    feed = await _opened(scene, plaza)

    _, told = await _get(scene, ada, "/f/starter")
    _, listed = await _get(scene, ada, "/f/starter/following")
    _, curators = await _get(scene, ada, "/f/starter/moderators")
    _, followers = await _get(scene, ada, "/f/starter/followers")
    _, outbox = await _get(scene, ada, "/f/starter/outbox")
    _, finger = await _get(
        scene, ada, f"/.well-known/webfinger?resource=acct:~starter@{scene.here.host}"
    )

    assert (told["type"], told["id"]) == ("Feed", feed.uri)
    assert (listed["type"], listed["items"]) == ("Collection", [plaza])
    assert curators["orderedItems"] == [f"{scene.here.origin}/@amina"]
    assert followers["totalItems"] == 0
    assert [each["object"]["type"] for each in outbox["orderedItems"]] == ["Add"]
    assert [each["href"] for each in finger["links"] if each["rel"] == "self"] == [feed.uri]


async def test_every_activity_of_a_feed_of_ours_can_be_read_by_its_id(scene):
    plaza, ada = await _plaza(scene), scene.sender("health", "ada")
    await _opened(scene, plaza)
    _, outbox = await _get(scene, ada, "/f/starter/outbox")
    [announce] = outbox["orderedItems"]

    for activity in (announce, announce["object"]):
        path = activity["id"].removeprefix(scene.here.origin)
        assert await _get(scene, ada, path) == (200, activity)


async def test_who_follows_a_feed_of_ours_from_elsewhere_is_told_of_changes(scene):
    plaza, square = await _plaza(scene), await _plaza(scene, "square")
    feed, ada = await _opened(scene, plaza), scene.sender("health", "ada")
    await done(scene, ada, "Follow", feed.uri)
    before = await scene.fetch("SELECT count(*) FROM deliveries")

    await curating.change_feed(
        scene.here.context, await scene.signed_in("amina"), feed.id, _draft(square)
    )

    assert await scene.edge(ada.uri, feed.uri) is FollowState.ACCEPTED
    assert before == [(1,)]
    sent = await scene.fetch(
        "SELECT convert_from(a.document, 'utf8')::json -> 'object' ->> 'type', "
        "convert_from(a.document, 'utf8')::json -> 'object' -> 'object' ->> 'id' "
        "FROM deliveries d JOIN activities a ON a.id = d.activity_id "
        "WHERE a.type = 'Announce' ORDER BY d.id"
    )
    assert sent == [("Remove", plaza), ("Add", square)]


async def test_a_follow_of_a_feed_waits_until_its_agency_is_admitted(scene):
    feed = await _opened(scene, await _plaza(scene))
    zoe = scene.sender("stranger", "zoe")

    await done(scene, zoe, "Follow", feed.uri)
    before = await scene.edge(zoe.uri, feed.uri)
    await agencies.admit(scene.here.context, scene.peer.authority("stranger"), by=None)

    assert before is FollowState.ASKED
    assert await scene.edge(zoe.uri, feed.uri) is FollowState.ACCEPTED


async def test_a_member_who_follows_a_feed_of_ours_is_in_its_communities(scene):
    plaza, square = await _plaza(scene), await _plaza(scene, "square")
    feed = await _opened(scene, plaza)
    bob, amina = await scene.signed_in("bob"), await scene.signed_in("amina")

    state = await feed_following.follow(scene.here.context, bob, feed.id)
    joined = await scene.edge(_bob(scene), plaza)
    await curating.change_feed(scene.here.context, amina, feed.id, _draft(square))
    await feed_following.tend(scene.here.context)

    assert (state, joined) == (FollowState.ACCEPTED, FollowState.ACCEPTED)
    assert await scene.edge(_bob(scene), plaza) is None
    assert await scene.edge(_bob(scene), square) is FollowState.ACCEPTED


async def test_a_steward_stays_in_what_a_feed_drops(scene):
    plaza = await _plaza(scene)
    feed = await _opened(scene, plaza)
    bob, amina = await scene.signed_in("bob"), await scene.signed_in("amina")
    await feed_following.follow(scene.here.context, bob, feed.id)
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO stewards (community_id, actor_id, since) SELECT a.id, $2, $3 "
            "FROM actors a WHERE a.uri = $1",
            plaza,
            bob.member.id,
            scene.here.now(),
        )

    await curating.change_feed(scene.here.context, amina, feed.id, _draft())
    await feed_following.tend(scene.here.context)

    assert await scene.edge(_bob(scene), plaza) is FollowState.ACCEPTED


async def test_a_feed_that_is_closed_is_gone_and_its_name_stays_taken(scene):
    plaza, ada = await _plaza(scene), scene.sender("health", "ada")
    feed, bob = await _opened(scene, plaza), await scene.signed_in("bob")
    await feed_following.follow(scene.here.context, bob, feed.id)
    await done(scene, ada, "Follow", feed.uri)

    await curating.close_feed(scene.here.context, await scene.signed_in("amina"), feed.id)

    assert (await _get(scene, ada, "/f/starter"))[0] == 410
    assert (await _get(scene, ada, "/f/starter/following"))[0] == 404
    assert await scene.edge(_bob(scene), plaza) is FollowState.ACCEPTED
    told = await scene.fetch(
        "SELECT count(*) FROM deliveries d JOIN activities a ON a.id = d.activity_id "
        "WHERE a.type = 'Delete' AND a.object_uri = $1",
        feed.uri,
    )
    assert told == [(1,)]
    with pytest.raises(Invalid) as refusal:
        await _opened(scene)
    assert refusal.value.fields == {"name": "That name is taken. Choose another."}
    with pytest.raises(NotFound):
        await feed_following.follow(scene.here.context, bob, feed.id)


async def test_only_stewards_make_a_feed_and_only_its_curators_change_it(scene):
    feed = await _opened(scene)
    await scene.here.member("carla", Role.STEWARD)
    await scene.here.member("dora", Role.MODERATOR)
    context = scene.here.context

    with pytest.raises(NotAllowed):
        await curating.open_feed(context, await scene.signed_in("bob"), _draft(name="mine"))
    for name in ("bob", "carla"):
        with pytest.raises(NotAllowed):
            await curating.change_feed(context, await scene.signed_in(name), feed.id, _draft())
    await curating.change_feed(context, await scene.signed_in("dora"), feed.id, _draft())


async def test_a_feed_of_another_agency_is_nobodys_to_change_here(scene):
    found = await discovery.look_up(scene.here.context, _feed(scene).uri, may_fetch=True)
    assert isinstance(found, Actor)

    with pytest.raises(NotFound):
        await curating.change_feed(
            scene.here.context, await scene.signed_in("amina"), found.id, _draft()
        )


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (_draft(name="x"), "name"),
        (_draft(title=" "), "display_name"),
        (FeedDraft(name="ab", display_name="A", summary="x" * 5001, communities=()), "summary"),
        (_draft("!nobody@nowhere.localhost"), "communities"),
        (_draft(*(f"!c{number}@x.localhost" for number in range(21))), "communities"),
        (_draft(*(f"!c{number}@x.localhost" for number in range(201))), "communities"),
    ],
)
async def test_what_is_wrong_with_a_feed_is_said_at_its_field(scene, draft, field):
    with pytest.raises(Invalid) as refusal:
        await curating.open_feed(scene.here.context, await scene.signed_in("amina"), draft)

    assert list(refusal.value.fields) == [field]


async def test_a_members_only_community_is_in_no_collection(scene):
    cabinet = await _plaza(scene, "cabinet", private=True)

    with pytest.raises(Invalid) as refusal:
        await _opened(scene, cabinet)

    assert list(refusal.value.fields) == ["communities"]


async def test_strangers_read_no_list_of_ours(scene):
    await _opened(scene)
    zoe = scene.sender("stranger", "zoe")

    status, _ = await _get(scene, zoe, "/f/starter/following")

    assert status == 403
    async with scene.here.database.reading() as tx:
        blocked = await agency_principal(tx, "nobody.example")
    with pytest.raises(NotFound):
        await feed_documents.following(scene.here.context, blocked, "starter")


async def test_an_agency_is_told_which_of_its_people_follow_a_feed(scene):
    feed, ada = await _opened(scene), scene.sender("health", "ada")
    await done(scene, ada, "Follow", feed.uri)

    status, told = await _get(scene, ada, "/f/starter/followers/synchronization")

    assert (status, told["orderedItems"]) == (200, [ada.uri])


async def test_a_feed_goes_along_in_an_archive_and_is_followed_again(scene):
    plaza = await _plaza(scene)
    feed = await _opened(scene, plaza)
    listed = archives.table(("Collection address", "Address"), [(feed.handle, feed.uri)])

    await taking_in.bring(
        scene.here.context,
        await scene.signed_in("bob"),
        archives.packed({"collections.csv": listed}),
    )
    await work_due(scene.here.context)

    assert await scene.edge(_bob(scene), plaza) is FollowState.ACCEPTED
