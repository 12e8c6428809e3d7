"""What members show, mute and find, as their clients ask for it (client-api.md 4 and 5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
import pytest

from schemas.records import Kind, Role, Visibility
from server.services import communities, confirming, kudos, people, posts, trending
from server.services.errors import NotAllowed
from server.services.posts import Draft
from server.storage import endings
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running, settle
from tests.stories import life

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Ben asks in a plaza here, dora of another agency is in it and follows him."""

    here: Instance
    away: Instance
    clock: TurnedClock
    ids: dict[str, int]
    ben: Program
    chloe: Program
    guest: Program

    async def signed_in(self, name: str) -> SignedIn:
        return await life.signed_in(self.here.context, name)

    async def ask(self, name: str, source: str, *, where: str = "plaza") -> int:
        self.clock.turn(life.MINUTE)
        member = await self.signed_in(name)
        draft = Draft(title="How deep?", source=source)
        made = await posts.publish_thread(
            self.here.context, member, self.ids[where], Kind.QUESTION, draft
        )
        return made.id

    async def answer(self, name: str, parent: int, source: str = "Two metres") -> int:
        self.clock.turn(life.MINUTE)
        member = await self.signed_in(name)
        draft = Draft(title="", source=source)
        made = await posts.publish_reply(self.here.context, member, parent, Kind.ANSWER, draft)
        return made.id


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with (
        running(cluster, "here", clock=clock) as here,
        running(cluster, "away", clock=clock) as away,
    ):
        await here.admit(away)
        await away.admit(here)
        amina = await here.member("amina", Role.STEWARD)
        ids = {"amina": amina.actor.id}
        await here.member("mona", Role.MODERATOR)
        for name in ("ben", "chloe", "eli", "fred", "gina"):
            ids[name] = (await here.member(name)).actor.id
        await away.member("dora")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        ids |= {"plaza": plaza.id, "vault": vault.id}
        for name in ("ben", "chloe", "eli", "fred", "gina"):
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
        ben = await life.signed_in(here.context, "ben")
        await communities.join(here.context, ben, vault.id)
        dora = await life.signed_in(away.context, "dora")
        there = await life.finds(away, f"!plaza@{here.host}")
        await communities.join(away.context, dora, there.id)
        known = await life.finds(away, f"@ben@{here.host}")
        await people.follow(away.context, dora, known.id)
        await settle(here, away)
        ids["dora"] = await life.value(here, "SELECT id FROM actors WHERE name = 'dora'")
        yield Scene(
            here=here,
            away=away,
            clock=clock,
            ids=ids,
            ben=await program_of(here, "ben"),
            chloe=await program_of(here, "chloe"),
            guest=opened(here, Program(here.origin)),
        )


@pytest.fixture(autouse=True)
def later(scene: Scene) -> None:
    """Let the windows of the limits on clients pass between two tests."""
    scene.clock.turn(HOUR)


def _ids(listed: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in listed]


async def _document(scene: Scene, path: str) -> dict[str, Any]:
    """Read a document as another agency does, which signs what it asks."""
    return await confirming.fetch(scene.away.context, f"{scene.here.origin}{path}")


async def _relation(program: Program, account: int) -> dict[str, Any]:
    [relation] = await program.get("/api/v1/accounts/relationships", **{"id[]": str(account)})
    assert isinstance(relation, dict)
    return relation


async def _sent(scene: Scene, verb: str) -> list[Any]:
    """List what others were told of, by what was done."""
    rows = await life.rows(
        scene.here,
        "SELECT convert_from(document, 'UTF8')::jsonb -> 'object' FROM activities "
        "WHERE type = $1 ORDER BY id",
        verb,
    )
    return [orjson.loads(row[0]) for row in rows]


# Posts on a profile.


async def test_a_pinned_post_stands_on_the_profile_and_followers_hear_of_it(
    scene: Scene,
) -> None:
    question = await scene.ask("ben", "The river")
    path = f"/api/v1/statuses/{question}"

    pinned = await scene.ben.post(f"{path}/pin")
    again = await scene.ben.post(f"{path}/pin")
    listed = await scene.guest.get(
        f"/api/v1/accounts/{scene.ids['ben']}/statuses", pinned="true"
    )
    collection = await _document(scene, "/@ben/featured")
    unpinned = await scene.ben.post(f"{path}/unpin")
    await scene.ben.post(f"{path}/unpin")
    await settle(scene.here, scene.away)

    assert (pinned["pinned"], again["pinned"], unpinned["pinned"]) == (True, True, False)
    assert _ids(listed) == [str(question)]
    assert collection["orderedItems"] == [pinned["uri"]]
    assert await _sent(scene, "Add") == [pinned["uri"]]
    assert await _sent(scene, "Remove") == [pinned["uri"]]
    told = await life.value(
        scene.away, "SELECT count(*) FROM inbox_events WHERE type IN ('Add', 'Remove')"
    )
    assert told == 2


async def test_what_is_for_members_is_pinned_for_members(scene: Scene) -> None:
    secret = await scene.ask("ben", "The codes", where="vault")
    before = len(await _sent(scene, "Add"))

    await scene.ben.post(f"/api/v1/statuses/{secret}/pin")
    path = f"/api/v1/accounts/{scene.ids['ben']}/statuses"
    mine = await scene.ben.get(path, pinned="true")
    others = await scene.chloe.get(path, pinned="true")
    collection = await _document(scene, "/@ben/featured")

    assert (_ids(mine), others) == ([str(secret)], [])
    assert collection["orderedItems"] == []
    assert len(await _sent(scene, "Add")) == before
    await scene.ben.post(f"/api/v1/statuses/{secret}/unpin")


async def test_what_somebody_pins_elsewhere_is_shown_here(scene: Scene) -> None:
    question = await scene.ask("ben", "The well")
    await settle(scene.here, scene.away)
    uri = await life.value(scene.here, "SELECT uri FROM posts WHERE id = $1", question)
    answer = await life.replies(scene.away, "dora", uri, "Deep")
    await settle(scene.here, scene.away)
    dora = await program_of(scene.away, "dora")
    ben = await scene.signed_in("ben")
    there = await life.finds(scene.here, f"@dora@{scene.away.host}")
    await people.follow(scene.here.context, ben, there.id)
    await settle(scene.here, scene.away)
    path = f"/api/v1/accounts/{there.id}/statuses"

    await dora.post(f"/api/v1/statuses/{answer.id}/pin")
    await settle(scene.here, scene.away)
    pinned = await scene.ben.get(path, pinned="true")
    await dora.post(f"/api/v1/statuses/{answer.id}/unpin")
    await settle(scene.here, scene.away)
    await people.unfollow(scene.here.context, ben, there.id)

    assert [each["uri"] for each in pinned] == [answer.uri]
    assert await scene.ben.get(path, pinned="true") == []


async def test_only_ones_own_posts_are_pinned_and_five_at_most(scene: Scene) -> None:
    other = await scene.ask("chloe", "The lake")
    mine = [await scene.ask("ben", "The sea") for _ in range(6)]
    for each in mine[:5]:
        await scene.ben.post(f"/api/v1/statuses/{each}/pin")

    anothers = await scene.ben.ask("POST", f"/api/v1/statuses/{other}/pin")
    sixth = await scene.ben.ask("POST", f"/api/v1/statuses/{mine[5]}/pin")
    await scene.ben.ask("DELETE", f"/api/v1/statuses/{mine[0]}")
    gone = await scene.ben.ask("POST", f"/api/v1/statuses/{mine[0]}/pin")
    room = await scene.ben.ask("POST", f"/api/v1/statuses/{mine[5]}/pin")

    assert [each.status for each in (anothers, sixth, gone, room)] == [422, 422, 404, 200]
    assert "own posts" in anothers.json["error"]
    for each in mine[1:]:
        await scene.ben.post(f"/api/v1/statuses/{each}/unpin")


async def test_a_private_message_is_pinned_nowhere(scene: Scene) -> None:
    message = await scene.ben.post(
        "/api/v1/statuses", status="@chloe Only you", visibility="direct"
    )

    reply = await scene.ben.ask("POST", f"/api/v1/statuses/{message['id']}/pin")

    assert (message["visibility"], reply.status) == ("direct", 422)


async def test_what_is_pinned_stands_outside_communities_too(scene: Scene) -> None:
    said = await scene.ben.post("/api/v1/statuses", status="Good morning")

    await scene.ben.post(f"/api/v1/statuses/{said['id']}/pin")
    listed = await scene.guest.get(
        f"/api/v1/accounts/{scene.ids['ben']}/statuses", pinned="true"
    )
    await scene.ben.post(f"/api/v1/statuses/{said['id']}/unpin")

    assert _ids(listed) == [said["id"]]


# Threads of which one wants to hear no more.


async def test_nothing_more_is_told_of_a_muted_thread(scene: Scene) -> None:
    question = await scene.ask("ben", "The quiet river")
    await scene.answer("chloe", question)

    muted = await scene.ben.post(f"/api/v1/statuses/{question}/mute")
    answer = await scene.answer("chloe", question, "Three metres, @ben")
    quiet = await _told_of(scene, answer)
    await scene.chloe.post(f"/api/v1/statuses/{question}/favourite")
    loud = await scene.ben.post(f"/api/v1/statuses/{answer}/unmute")
    later = await scene.answer("chloe", question, "Four metres, @ben")

    assert (muted["muted"], loud["muted"]) == (True, False)
    assert quiet == 0
    assert await _told_of(scene, question) == 0
    assert await _told_of(scene, later) > 0


async def _told_of(scene: Scene, post: int) -> int:
    return int(
        await life.value(
            scene.here, "SELECT count(*) FROM notifications WHERE post_id = $1", post
        )
    )


async def test_a_thread_that_is_not_theirs_to_read_cannot_be_muted(scene: Scene) -> None:
    secret = await scene.ask("ben", "The codes", where="vault")

    reply = await scene.chloe.ask("POST", f"/api/v1/statuses/{secret}/mute")

    assert (reply.status, reply.json) == (404, {"error": "Record not found"})


# People on a profile.


async def test_whom_one_follows_can_be_recommended(scene: Scene) -> None:
    chloe, path = scene.ids["chloe"], f"/api/v1/accounts/{scene.ids['ben']}/endorsements"
    stranger = await scene.ben.ask("POST", f"/api/v1/accounts/{chloe}/endorse")
    await scene.ben.post(f"/api/v1/accounts/{chloe}/follow")

    endorsed = await scene.ben.post(f"/api/v1/accounts/{chloe}/pin")
    mine = await scene.ben.get("/api/v1/endorsements")
    theirs = await scene.guest.get(path)
    relation = await _relation(scene.ben, chloe)
    await scene.ben.post(f"/api/v1/accounts/{chloe}/unfollow")
    unfollowed = await scene.guest.get(path)
    await scene.ben.post(f"/api/v1/accounts/{chloe}/follow")
    ended = await scene.ben.post(f"/api/v1/accounts/{chloe}/unendorse")

    assert stranger.status == 422
    assert (endorsed["endorsed"], relation["endorsed"], ended["endorsed"]) == (
        True,
        True,
        False,
    )
    assert _ids(mine) == _ids(theirs) == [str(chloe)]
    assert unfollowed == []
    assert await scene.guest.get(path) == []


async def test_a_closed_community_is_recommended_to_its_members_alone(scene: Scene) -> None:
    path = f"/api/v1/accounts/{scene.ids['ben']}/endorsements"
    for name in ("plaza", "vault"):
        await scene.ben.post(f"/api/v1/accounts/{scene.ids[name]}/endorse")

    first = await scene.ben.ask("GET", f"{path}?limit=1")
    both = await scene.ben.get(path)
    others = await scene.chloe.get(path)
    following = first.headers["Link"].partition("<")[2].partition(">")[0]
    second = await scene.ben.get(following)

    assert _ids(both) == [str(scene.ids["vault"]), str(scene.ids["plaza"])]
    assert _ids([*first.json, *second]) == _ids(both)
    assert _ids(others) == [str(scene.ids["plaza"])]
    for name in ("plaza", "vault"):
        await scene.ben.post(f"/api/v1/accounts/{scene.ids[name]}/unendorse")


# Hashtags on a profile.


async def test_hashtags_of_a_profile_travel(scene: Scene) -> None:
    await scene.ask("ben", "The #Tide and the #Moon")
    await scene.ask("ben", "Another #tide")
    before = len(await _sent(scene, "Remove"))

    offered = await scene.ben.get("/api/v1/featured_tags/suggestions")
    shown = await scene.ben.post("/api/v1/tags/Tide/feature")
    await scene.ben.post("/api/v1/tags/tide/feature")
    further = await scene.ben.get("/api/v1/featured_tags/suggestions")
    profile = await _document(scene, "/@ben")
    collection = await _document(scene, "/@ben/featured_tags")
    hidden = await scene.ben.post("/api/v1/tags/tide/unfeature")
    await scene.ben.post("/api/v1/tags/tide/unfeature")

    assert [each["name"] for each in offered] == ["Tide", "Moon"]
    assert [each["name"] for each in further] == ["Moon"]
    assert (shown["featuring"], hidden["featuring"]) == (True, False)
    tag = {"type": "Hashtag", "name": "#Tide", "href": f"{scene.here.origin}/tags/tide"}
    assert profile["featuredTags"] == f"{scene.here.origin}/@ben/featured_tags"
    assert profile["featured"] == f"{scene.here.origin}/@ben/featured"
    assert collection["orderedItems"] == [tag]
    assert [each for each in await _sent(scene, "Add") if isinstance(each, dict)] == [tag]
    assert (await _sent(scene, "Remove"))[before:] == [tag]


async def test_what_is_no_hashtag_is_not_shown(scene: Scene) -> None:
    wrong = await scene.ben.ask("POST", "/api/v1/tags/a%20b/feature")
    missing = await scene.ben.ask("POST", "/api/v1/tags/a%20b/unfeature")

    assert (wrong.status, missing.status) == (422, 404)


# What links to an address.


async def test_public_posts_are_found_by_what_they_link_to(scene: Scene) -> None:
    path = "/api/v1/timelines/link"
    question = await scene.ask("ben", "See https://Docs.example#part, #tide and @chloe")
    answer = await scene.answer("chloe", question, "[The docs](https://docs.example/)")
    await scene.ask("ben", "https://docs.example/", where="vault")
    await scene.ben.post(
        "/api/v1/statuses", status="https://docs.example/", visibility="unlisted"
    )

    found = await scene.guest.get(path, url="HTTPS://docs.example/#top")
    newest = await scene.ben.get(path, url="https://docs.example/", limit="1")
    linked = await life.value(
        scene.here, "SELECT count(*) FROM post_links WHERE post_id = $1", question
    )
    await scene.chloe.ask(
        "PUT", f"/api/v1/statuses/{answer}", json={"status": "The docs are gone"}
    )
    changed = await scene.guest.get(path, url="https://docs.example/")

    assert _ids(found) == [str(answer), str(question)]
    assert _ids(newest) == [str(answer)]
    assert linked == 1
    assert _ids(changed) == [str(question)]
    assert await scene.guest.get(path) == []
    nobody = await scene.guest.ask("GET", path, params={"url": "https://nobody.example/"})
    assert (nobody.status, nobody.json) == (404, {"error": "Record not found"})
    assert await scene.guest.get(path, url="https://docs.example/", max_id="1") == []


# What is much discussed.

TRENDS = ("tags", "statuses", "links")


async def test_what_three_people_took_part_in_is_much_discussed(scene: Scene) -> None:
    url = "https://flood.example/plan"
    thread = await scene.ask("ben", f"The #Flood #rain, see {url}")
    await scene.answer("chloe", thread, f"A #flood, see [the plan]({url})")
    await scene.answer("eli", thread, f"No #flood, but {url}")
    await scene.answer("chloe", thread, "Some #rain")
    secret = await scene.ask("ben", "#Flood #vaulted", where="vault")
    await trending.count(scene.here.context)

    tags = await scene.guest.get("/api/v1/trends/tags")
    old = await scene.guest.get("/api/v1/trends")
    found = await scene.guest.get("/api/v1/trends/statuses")
    [link] = await scene.guest.get("/api/v1/trends/links")

    assert [each["name"] for each in tags] == ["Flood"]
    assert old == tags
    assert str(thread) in _ids(found)
    assert str(secret) not in _ids(found)
    assert (link["url"], link["title"]) == (url, url)
    for each in (tags[0], link):
        today, *before = each["history"]
        assert (today["uses"], today["accounts"]) == ("3", "0")
        assert {day["uses"] for day in before} == {"0"}
        assert len(before) == 6
        assert int(today["day"]) - int(before[0]["day"]) == 86400


async def test_of_five_people_it_is_said_how_many_they_were(scene: Scene) -> None:
    thread = await scene.ask("ben", "The #Storm")
    for name in ("chloe", "eli", "fred", "gina"):
        await scene.answer(name, thread, "A #storm")
    await trending.count(scene.here.context)

    shown = await scene.ben.get("/api/v1/tags/storm")
    listed = await scene.ben.get("/api/v1/trends/tags", limit="1")
    reply = await scene.ben.ask("GET", "/api/v1/trends/tags?limit=1&offset=1")

    assert shown["history"][0]["accounts"] == "5"
    assert [each["name"] for each in listed] == ["Storm"]
    assert [each["name"] for each in reply.json] == ["Flood"]
    assert 'offset=2>; rel="next"' in reply.headers["Link"]
    assert 'offset=0>; rel="prev"' in reply.headers["Link"]


async def test_what_somebody_blocks_is_not_shown_to_them(scene: Scene) -> None:
    gina = await program_of(scene.here, "gina")
    before = await gina.get("/api/v1/trends/statuses")
    await gina.post(f"/api/v1/accounts/{scene.ids['ben']}/block")

    after = await gina.get("/api/v1/trends/statuses")
    await gina.post(f"/api/v1/accounts/{scene.ids['ben']}/unblock")

    assert before != []
    assert after == []


async def test_what_was_discussed_long_ago_is_no_longer(scene: Scene) -> None:
    scene.clock.turn(timedelta(days=8))
    await trending.count(scene.here.context)

    assert [await scene.guest.get(f"/api/v1/trends/{each}") for each in TRENDS] == [[]] * 3


async def test_moderators_switch_it_off(scene: Scene) -> None:
    thread = await scene.ask("ben", "The #snow https://snow.example/")
    for name in ("chloe", "eli"):
        await scene.answer(name, thread, "A #snow https://snow.example/")
    await trending.count(scene.here.context)
    on = [len(await scene.guest.get(f"/api/v1/trends/{each}")) for each in TRENDS]
    mona, ben = await scene.signed_in("mona"), await scene.signed_in("ben")

    with pytest.raises(NotAllowed, match="not-a-moderator"):
        await trending.switch(scene.here.context, ben, on=False)
    await trending.switch(scene.here.context, mona, on=False)
    at_once = [await scene.guest.get(f"/api/v1/trends/{each}") for each in TRENDS]
    await trending.count(scene.here.context)
    off = [await scene.guest.get(f"/api/v1/trends/{each}") for each in TRENDS]
    await trending.switch(scene.here.context, mona, on=True)
    await trending.count(scene.here.context)

    assert on == [1, 1, 1]
    assert at_once == off == [[]] * 3
    assert len(await scene.guest.get("/api/v1/trends/tags")) == 1


# Whom one might follow.


async def test_a_community_about_ones_topics_is_suggested(scene: Scene) -> None:
    amina = (await scene.signed_in("amina")).member.actor
    harbour = await life.opened(scene.here, amina, "harbour")
    await life.opened(scene.here, amina, "cellar", visibility=Visibility.MEMBERS)

    suggested = await scene.chloe.get("/api/v2/suggestions")
    old = await scene.chloe.get("/api/v1/suggestions")
    reply = await scene.chloe.ask("DELETE", f"/api/v1/suggestions/{harbour.id}")
    await scene.chloe.ask("DELETE", "/api/v1/suggestions/12345")
    after = await scene.chloe.get("/api/v1/suggestions")

    first = suggested[0]
    assert first["account"]["id"] == str(harbour.id)
    assert first["sources"] == ["similar_to_recently_followed"]
    assert first["source"] == "past_interactions"
    assert [each["account"] for each in suggested] == old
    assert [each["username"] for each in old if each["group"]] == ["harbour"]
    assert (reply.status, reply.json) == (200, {})
    assert str(harbour.id) not in _ids(after)


async def test_people_whom_fellows_follow_or_thank_are_suggested(scene: Scene) -> None:
    gina = await program_of(scene.here, "gina")
    question = await scene.ask("ben", "The frost")
    answer = await scene.answer("fred", question)
    dora = scene.ids["dora"]

    async def people_suggested() -> dict[str, list[str]]:
        found = await gina.get("/api/v2/suggestions")
        return {
            each["account"]["username"]: each["sources"]
            for each in found
            if not each["account"]["group"]
        }

    before = await people_suggested()
    await kudos.give_kudos(
        scene.here.context, await scene.signed_in("chloe"), answer, "saved-time", ""
    )
    for name in ("ben", "chloe"):
        await (await program_of(scene.here, name)).post(f"/api/v1/accounts/{dora}/follow")
    await settle(scene.here, scene.away)
    two = await people_suggested()
    await (await program_of(scene.here, "eli")).post(f"/api/v1/accounts/{dora}/follow")
    await settle(scene.here, scene.away)
    three = await people_suggested()
    await gina.post(f"/api/v1/accounts/{scene.ids['fred']}/follow")

    assert "fred" not in before
    assert two["fred"] == ["most_interactions"]
    assert "dora" not in two
    assert three["dora"] == ["friends_of_friends"]
    assert "fred" not in await people_suggested()


async def _says(program: Program, **given: bool) -> None:
    reply = await program.ask("PATCH", "/api/v1/accounts/update_credentials", json=given)
    assert reply.status == 200, reply.body


async def test_the_directory_has_who_wants_to_be_found(scene: Scene) -> None:
    found = await scene.guest.get("/api/v1/directory", order="new")
    local = await scene.guest.get("/api/v1/directory", local="true")
    second = await scene.guest.get("/api/v1/directory", order="new", offset="1", limit="1")
    wrong = await scene.guest.ask("GET", "/api/v1/directory?order=old")

    await _says(scene.chloe, discoverable=True)
    await scene.ask("chloe", "Find me")
    active = await scene.guest.get("/api/v1/directory", limit="1")
    asked = await scene.guest.get("/api/v1/directory")
    await _says(scene.chloe, discoverable=False)

    assert [each["username"] for each in found] == ["harbour", "plaza"]
    assert sorted(_ids(local)) == sorted(_ids(found))
    assert [each["username"] for each in second] == ["plaza"]
    assert wrong.status == 422
    assert len(active) == 1
    assert sorted(each["username"] for each in asked) == ["chloe", "harbour", "plaza"]


async def test_who_of_those_one_follows_is_in_a_community(scene: Scene) -> None:
    await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/follow")
    # Chloe follows fred, which is told to nobody until she shows it.
    await (await program_of(scene.here, "chloe")).post(
        f"/api/v1/accounts/{scene.ids['fred']}/follow"
    )
    asked = [str(scene.ids[name]) for name in ("plaza", "vault", "fred")]

    found = await scene.ben.get("/api/v1/accounts/familiar_followers", **{"id[]": asked})

    await _says(scene.chloe, hide_collections=False)
    shown = await scene.ben.get("/api/v1/accounts/familiar_followers", **{"id[]": asked})
    await _says(scene.chloe, hide_collections=True)

    assert [each["id"] for each in found] == asked
    assert str(scene.ids["chloe"]) in _ids(found[0]["accounts"])
    assert [each["accounts"] for each in found[1:]] == [[], []]
    assert _ids(shown[2]["accounts"]) == [str(scene.ids["chloe"])]
    assert shown[1]["accounts"] == []


# The end of an account.


async def test_what_was_shown_and_muted_ends_with_the_account(scene: Scene) -> None:
    eli = await program_of(scene.here, "eli")
    number = scene.ids["eli"]
    question = await scene.ask("eli", "The end")
    await eli.post(f"/api/v1/accounts/{scene.ids['chloe']}/follow")
    await eli.post(f"/api/v1/statuses/{question}/pin")
    await eli.post(f"/api/v1/statuses/{question}/mute")
    await eli.post(f"/api/v1/accounts/{scene.ids['chloe']}/endorse")
    await eli.ask("DELETE", f"/api/v1/suggestions/{scene.ids['fred']}")

    async with scene.here.database.transaction("test") as tx:
        await endings.forget_what_was_theirs(tx, number)

    left = await life.rows(
        scene.here,
        "SELECT post_id FROM pinned_posts WHERE author_id = $1 UNION ALL "
        "SELECT root_id FROM quiet_threads WHERE member_id = $1 UNION ALL "
        "SELECT id FROM endorsements WHERE $1 IN (member_id, actor_id) UNION ALL "
        "SELECT actor_id FROM dismissed_suggestions WHERE $1 IN (member_id, actor_id)",
        number,
    )
    assert left == []
