"""What members keep for themselves, as their clients ask for it (client-api.md 4, 5 and 7)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import Kind, Role, Visibility
from server.services import changing, communities, kudos, people, posts
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from server.workers import housekeeping
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Ben asks in a plaza, chloe answers, amina comments; the vault is closed to ben."""

    here: Instance
    clock: TurnedClock
    ids: dict[str, int]
    plaza: int
    question: int
    answer: int
    comment: int
    secret: int
    amina: Program
    ben: Program
    chloe: Program
    guest: Program

    async def signed_in(self, name: str) -> SignedIn:
        return await life.signed_in(self.here.context, name)

    async def ask(self, name: str, title: str, source: str = "Words") -> int:
        self.clock.turn(life.MINUTE)
        draft = Draft(title=title, source=source)
        member = await self.signed_in(name)
        made = await posts.publish_thread(
            self.here.context, member, self.plaza, Kind.QUESTION, draft
        )
        return made.id


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "personal", clock=clock, work=False) as here:
        context = here.context
        amina = await here.member("amina", Role.STEWARD)
        members = {name: await here.member(name) for name in ("ben", "chloe")}
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        for name in ("ben", "chloe"):
            await communities.join(context, await life.signed_in(context, name), plaza.id)

        async def reply(name: str, parent: int, source: str, kind: Kind) -> int:
            clock.turn(life.MINUTE)
            member = await life.signed_in(context, name)
            draft = Draft(title="", source=source)
            return (await posts.publish_reply(context, member, parent, kind, draft)).id

        ben = await life.signed_in(context, "ben")
        draft = Draft(title="How deep?", source="The *river* #water")
        question = (await posts.publish_thread(context, ben, plaza.id, Kind.QUESTION, draft)).id
        answer = await reply("chloe", question, "Very deep", Kind.ANSWER)
        comment = await reply("amina", answer, "How very?", Kind.COMMENT)
        steward = await life.signed_in(context, "amina")
        secret = (
            await posts.publish_thread(
                context, steward, vault.id, Kind.QUESTION, Draft(title="Codes", source="1")
            )
        ).id
        yield Scene(
            here=here,
            clock=clock,
            ids={name: member.actor.id for name, member in members.items()}
            | {"amina": amina.actor.id},
            plaza=plaza.id,
            question=question,
            answer=answer,
            comment=comment,
            secret=secret,
            amina=await program_of(here, "amina"),
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


async def _relation(program: Program, account: int) -> dict[str, Any]:
    [relation] = await program.get("/api/v1/accounts/relationships", **{"id[]": str(account)})
    assert isinstance(relation, dict)
    return relation


# Bookmarks.


async def test_a_post_is_kept_and_kept_no_longer(scene: Scene) -> None:
    kept = await scene.ben.post(f"/api/v1/statuses/{scene.answer}/bookmark")
    again = await scene.ben.post(f"/api/v1/statuses/{scene.answer}/bookmark")
    listed = await scene.ben.get("/api/v1/bookmarks")
    elsewhere = await scene.chloe.get(f"/api/v1/statuses/{scene.answer}")
    dropped = await scene.ben.post(f"/api/v1/statuses/{scene.answer}/unbookmark")

    assert (kept["bookmarked"], again["bookmarked"], dropped["bookmarked"]) == (
        True,
        True,
        False,
    )
    assert (_ids(listed), listed[0]["bookmarked"]) == ([str(scene.answer)], True)
    assert elsewhere["bookmarked"] is False
    assert await scene.ben.get("/api/v1/bookmarks") == []


async def test_bookmarks_go_on_by_the_link_and_what_is_deleted_is_gone(scene: Scene) -> None:
    made = [await scene.ask("chloe", f"Kept {number}") for number in range(3)]
    for post_id in reversed(made):
        await scene.ben.post(f"/api/v1/statuses/{post_id}/bookmark")
    await changing.withdraw(scene.here.context, await scene.signed_in("chloe"), made[1])

    first = await scene.ben.ask("GET", "/api/v1/bookmarks?limit=1")
    following = first.headers["Link"].split(";")[0].strip("<>")
    second = await scene.ben.get(following)

    # The last one that was kept comes first, whenever it was written.
    assert (_ids(first.json), _ids(second)) == ([str(made[0])], [str(made[2])])


async def test_what_nobody_may_read_cannot_be_kept_and_reads_like_what_is_not_there(
    scene: Scene,
) -> None:
    theirs = await scene.ben.ask("POST", f"/api/v1/statuses/{scene.secret}/bookmark")
    nothing = await scene.ben.ask("POST", "/api/v1/statuses/12/bookmark")

    assert (theirs.status, theirs.json) == (404, {"error": "Record not found"})
    assert theirs.body == nothing.body


# Mutes and blocks.


async def test_a_mute_leaves_somebody_out_of_lists_and_ends_in_time(scene: Scene) -> None:
    theirs = await scene.ask("chloe", "Loud")
    relation = await scene.ben.post(
        f"/api/v1/accounts/{scene.ids['chloe']}/mute", duration=3600, notifications=False
    )
    public = await scene.ben.get("/api/v1/timelines/public")
    home = await scene.ben.get("/api/v1/timelines/home")
    page = await scene.ben.get(f"/api/v1/accounts/{scene.ids['chloe']}/statuses")
    [muted] = await scene.ben.get("/api/v1/mutes")

    assert (relation["muting"], relation["muting_notifications"]) == (True, False)
    assert relation["muting_expires_at"] == muted["mute_expires_at"]
    assert muted["acct"] == "chloe"
    assert str(theirs) not in _ids(public)
    assert theirs not in {int(each["reblog"]["id"]) for each in home if each["reblog"]}
    assert str(theirs) in _ids(page)

    scene.clock.turn(HOUR)
    await housekeeping.clean_once(scene.here.context)

    assert (await _relation(scene.ben, scene.ids["chloe"]))["muting"] is False
    assert str(theirs) in _ids(await scene.ben.get("/api/v1/timelines/public"))
    assert await scene.ben.get("/api/v1/mutes") == []


async def test_whose_notifications_are_muted_is_not_told_of_nor_counted(scene: Scene) -> None:
    chloe = await scene.signed_in("chloe")
    mine = await scene.ask("ben", "Mine")
    await scene.ben.post("/api/v1/notifications/clear")
    await kudos.mark_helpful(scene.here.context, chloe, mine, helpful=True)
    before = await scene.ben.get("/api/v1/notifications/unread_count")

    await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/mute")
    hushed = await scene.ben.get("/api/v1/notifications/unread_count")
    listed = await scene.ben.get("/api/v1/notifications")
    relation = await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/unmute")

    assert (before, hushed, listed) == ({"count": 1}, {"count": 0}, [])
    assert relation["muting"] is False
    assert len(await scene.ben.get("/api/v1/notifications")) == 1


async def test_a_block_ends_follows_both_ways_and_hides_all_of_somebody(scene: Scene) -> None:
    context = scene.here.context
    ben, chloe = await scene.signed_in("ben"), await scene.signed_in("chloe")
    await people.follow(context, ben, scene.ids["chloe"])
    await people.follow(context, chloe, scene.ids["ben"])
    theirs = await scene.ask("chloe", "Rude", "Hello @ben")

    relation = await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/block")
    told = await _relation(scene.chloe, scene.ids["ben"])
    thread = await scene.ben.get(f"/api/v1/statuses/{scene.question}/context")
    page = await scene.ben.get(f"/api/v1/accounts/{scene.ids['chloe']}/statuses")
    refused = await scene.chloe.ask("POST", f"/api/v1/accounts/{scene.ids['ben']}/follow")
    [blocked] = await scene.ben.get("/api/v1/blocks")

    assert (relation["blocking"], relation["following"], relation["followed_by"]) == (
        True,
        False,
        False,
    )
    # Nobody is told who blocked them.
    assert (told["blocked_by"], told["following"]) == (False, False)
    assert _ids(thread["descendants"]) == [str(scene.comment)]
    assert page == []
    assert refused.status == 403
    assert blocked["acct"] == "chloe"
    assert str(theirs) not in _ids(await scene.ben.get("/api/v1/timelines/public"))

    another = await scene.ask("chloe", "Ruder", "Again @ben")
    await kudos.mark_helpful(context, chloe, scene.question, helpful=True)
    assert await scene.ben.get("/api/v1/notifications/unread_count") == {"count": 0}
    await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/unblock")
    assert str(another) in _ids(await scene.ben.get("/api/v1/timelines/public"))
    assert (await _relation(scene.ben, scene.ids["chloe"]))["blocking"] is False


async def test_domains_are_blocked_by_body_and_unblocked_by_query(scene: Scene) -> None:
    await scene.ben.post("/api/v1/domain_blocks", domain="Loud.example")
    listed = await scene.ben.get("/api/v1/domain_blocks")
    others = await scene.chloe.get("/api/v1/domain_blocks")
    removed = await scene.ben.ask("DELETE", "/api/v1/domain_blocks?domain=loud.example")

    assert (listed, others, removed.json) == (["loud.example"], [], {})
    assert await scene.ben.get("/api/v1/domain_blocks") == []


@pytest.mark.parametrize("domain", ["", "no domain", "personal.localhost"])
async def test_what_is_no_domain_or_this_agency_is_not_blocked(
    scene: Scene, domain: str
) -> None:
    answer = await scene.ben.ask("POST", "/api/v1/domain_blocks", json={"domain": domain})

    assert answer.status == 422
    assert "domain" in answer.json["details"]


async def test_one_cannot_mute_or_block_oneself_nor_nobody(scene: Scene) -> None:
    for act in ("mute", "block"):
        oneself = await scene.ben.ask("POST", f"/api/v1/accounts/{scene.ids['ben']}/{act}")
        nobody = await scene.ben.ask("POST", f"/api/v1/accounts/12/{act}")

        assert (oneself.status, nobody.status) == (422, 404)


async def test_a_note_about_somebody_is_read_by_nobody_else(scene: Scene) -> None:
    url = f"/api/v1/accounts/{scene.ids['chloe']}/note"
    relation = await scene.ben.post(url, comment="Knows rivers")

    assert relation["note"] == "Knows rivers"
    assert (await _relation(scene.amina, scene.ids["chloe"]))["note"] == ""
    assert (await scene.ben.post(url, comment=""))["note"] == ""
    too_long = await scene.ben.ask("POST", url, json={"comment": "x" * 2001})
    assert too_long.status == 422


# Lists.


async def test_a_list_is_made_changed_filled_read_and_removed(scene: Scene) -> None:
    await people.follow(scene.here.context, await scene.signed_in("ben"), scene.ids["chloe"])
    theirs = await scene.ask("chloe", "For the list")
    made = await scene.ben.post("/api/v1/lists", title="Rivers")
    url = f"/api/v1/lists/{made['id']}"
    await scene.ben.post(f"{url}/accounts", account_ids=[str(scene.ids["chloe"])])

    assert made == {
        "id": made["id"],
        "title": "Rivers",
        "replies_policy": "list",
        "exclusive": False,
    }
    assert [each["acct"] for each in await scene.ben.get(f"{url}/accounts")] == ["chloe"]
    [held] = await scene.ben.get(f"/api/v1/accounts/{scene.ids['chloe']}/lists")
    assert held == made
    assert (await scene.ben.get(f"/api/v1/timelines/list/{made['id']}"))[0]["id"] == str(theirs)

    changed = await scene.ben.ask("PUT", url, json={"exclusive": True})
    assert (changed.json["title"], changed.json["exclusive"]) == ("Rivers", True)
    assert await scene.ben.get("/api/v1/lists") == [changed.json]

    await scene.ben.ask(
        "DELETE", f"{url}/accounts", json={"account_ids": [str(scene.ids["chloe"])]}
    )
    assert await scene.ben.get(f"{url}/accounts") == []
    assert (await scene.ben.ask("DELETE", url)).json == {}
    assert await scene.ben.get("/api/v1/lists") == []


@pytest.mark.parametrize(
    ("policy", "seen"),
    [("none", False), ("list", False), ("followed", True)],
)
async def test_replies_stand_in_a_list_by_its_policy(
    scene: Scene, policy: str, *, seen: bool
) -> None:
    await people.follow(scene.here.context, await scene.signed_in("ben"), scene.ids["chloe"])
    made = await scene.ben.post("/api/v1/lists", title="Replies", replies_policy=policy)
    await scene.ben.post(
        f"/api/v1/lists/{made['id']}/accounts", account_ids=[str(scene.ids["chloe"])]
    )

    # Chloe answers ben, who is not in the list and whose list it is.
    found = _ids(await scene.ben.get(f"/api/v1/timelines/list/{made['id']}"))

    assert (str(scene.answer) in found) is seen
    await scene.ben.ask("DELETE", f"/api/v1/lists/{made['id']}")


async def test_who_is_in_an_exclusive_list_is_not_in_the_home_timeline(scene: Scene) -> None:
    made = await scene.ben.post("/api/v1/lists", title="Apart", exclusive=True)
    await scene.ben.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[str(scene.plaza)])

    home = await scene.ben.get("/api/v1/timelines/home")
    apart = await scene.ben.get(f"/api/v1/timelines/list/{made['id']}")

    assert all(each["reblog"] is None for each in home)
    assert apart
    assert all(each["account"]["acct"] == "plaza" for each in apart)
    await scene.ben.ask("DELETE", f"/api/v1/lists/{made['id']}")


async def test_nobody_is_put_into_a_list_whom_one_does_not_follow(scene: Scene) -> None:
    made = await scene.ben.post("/api/v1/lists", title="Strangers")
    url = f"/api/v1/lists/{made['id']}"

    answer = await scene.ben.ask(
        "POST", f"{url}/accounts", json={"account_ids": [str(scene.ids["amina"])]}
    )

    assert answer.status == 404
    assert await scene.ben.get(f"{url}/accounts") == []
    assert (await scene.ben.ask("POST", "/api/v1/lists", json={"title": " "})).status == 422
    await scene.ben.ask("DELETE", url)


async def test_vis_05_what_is_somebody_elses_reads_like_what_is_not_there(scene: Scene) -> None:
    made = await scene.amina.post("/api/v1/lists", title="Private")
    filtered = await scene.amina.post(
        "/api/v2/filters",
        title="Private",
        context=["home"],
        keywords_attributes=[{"keyword": "secret"}],
    )
    word = filtered["keywords"][0]["id"]
    paths = [
        ("GET", "/api/v1/lists/{}", made["id"]),
        ("PUT", "/api/v1/lists/{}", made["id"]),
        ("DELETE", "/api/v1/lists/{}", made["id"]),
        ("GET", "/api/v1/lists/{}/accounts", made["id"]),
        ("POST", "/api/v1/lists/{}/accounts", made["id"]),
        ("DELETE", "/api/v1/lists/{}/accounts", made["id"]),
        ("GET", "/api/v1/timelines/list/{}", made["id"]),
        ("GET", "/api/v2/filters/{}", filtered["id"]),
        ("PUT", "/api/v2/filters/{}", filtered["id"]),
        ("DELETE", "/api/v2/filters/{}", filtered["id"]),
        ("GET", "/api/v2/filters/{}/keywords", filtered["id"]),
        ("POST", "/api/v2/filters/{}/keywords", filtered["id"]),
        ("GET", "/api/v2/filters/{}/statuses", filtered["id"]),
        ("POST", "/api/v2/filters/{}/statuses", filtered["id"]),
        ("GET", "/api/v2/filters/keywords/{}", word),
        ("PUT", "/api/v2/filters/keywords/{}", word),
        ("DELETE", "/api/v2/filters/keywords/{}", word),
        ("GET", "/api/v1/filters/{}", word),
        ("PUT", "/api/v1/filters/{}", word),
        ("DELETE", "/api/v1/filters/{}", word),
    ]
    for method, path, number in paths:
        theirs = await scene.ben.ask(method, path.format(number))
        nothing = await scene.ben.ask(method, path.format(12))

        assert (theirs.status, theirs.body) == (nothing.status, nothing.body), path
        assert theirs.status == 404, path
    assert await scene.amina.get("/api/v1/lists") == [made]
    assert await scene.amina.get("/api/v2/filters") == [filtered]


# Filters.


async def test_a_filter_tells_clients_what_it_found(scene: Scene) -> None:
    found = await scene.ask("chloe", "Spoilers ahead", "The STRASSE is long")
    made = await scene.ben.post(
        "/api/v2/filters",
        title="Streets",
        context=["home", "public"],
        filter_action="hide",
        expires_in=3600,
        keywords_attributes=[
            {"keyword": "straße", "whole_word": True},
            {"keyword": "poil", "whole_word": True},
        ],
    )

    status = await scene.ben.get(f"/api/v1/statuses/{found}")
    theirs = await scene.chloe.get(f"/api/v1/statuses/{found}")

    [result] = status["filtered"]
    assert result["keyword_matches"] == ["straße"]
    assert result["status_matches"] is None
    assert result["filter"] == {
        key: value for key, value in made.items() if key not in ("keywords", "statuses")
    }
    assert theirs["filtered"] == []

    scene.clock.turn(HOUR)
    assert (await scene.ben.get(f"/api/v1/statuses/{found}"))["filtered"] == []
    await scene.ben.ask("DELETE", f"/api/v2/filters/{made['id']}")
    assert await scene.ben.get("/api/v2/filters") == []


async def test_a_filter_is_changed_word_by_word_and_post_by_post(scene: Scene) -> None:
    reply = await scene.ben.ask(
        "POST",
        "/api/v2/filters",
        data={
            "title": "Rivers",
            "context[]": "home",
            "keywords_attributes[0][keyword]": "river",
            "keywords_attributes[0][whole_word]": "1",
            "expires_in": "",
        },
    )
    made = reply.json
    url = f"/api/v2/filters/{made['id']}"
    assert (made["filter_action"], made["expires_at"]) == ("warn", None)

    word = await scene.ben.post(f"{url}/keywords", keyword="lake")
    changed = await scene.ben.ask(
        "PUT", f"/api/v2/filters/keywords/{word['id']}", json={"whole_word": True}
    )
    assert changed.json == {"id": word["id"], "keyword": "lake", "whole_word": True}
    assert await scene.ben.get(f"/api/v2/filters/keywords/{word['id']}") == changed.json

    named = await scene.ben.post(f"{url}/statuses", status_id=str(scene.answer))
    assert await scene.ben.get(f"{url}/statuses") == [named]
    assert await scene.ben.get(f"/api/v2/filters/statuses/{named['id']}") == named
    [result] = (await scene.ben.get(f"/api/v1/statuses/{scene.answer}"))["filtered"]
    assert (result["keyword_matches"], result["status_matches"]) == (None, [str(scene.answer)])

    whole = await scene.ben.ask(
        "PUT",
        url,
        json={
            "title": "Waters",
            "context": ["thread", "home"],
            "keywords_attributes": [
                {"id": made["keywords"][0]["id"], "_destroy": True},
                {"id": word["id"], "keyword": "lakes"},
            ],
        },
    )
    assert whole.json["context"] == ["home", "thread"]
    assert [each["keyword"] for each in whole.json["keywords"]] == ["lakes"]
    assert (await scene.ben.ask("DELETE", f"/api/v2/filters/statuses/{named['id']}")).json == {}
    await scene.ben.ask("DELETE", f"/api/v2/filters/keywords/{word['id']}")
    left = await scene.ben.get(url)
    assert (left["keywords"], left["statuses"]) == ([], [])
    await scene.ben.ask("DELETE", url)


async def test_a_filter_cannot_name_a_post_that_one_may_not_read(scene: Scene) -> None:
    made = await scene.ben.post("/api/v2/filters", title="Some", context=["home"])
    url = f"/api/v2/filters/{made['id']}/statuses"

    theirs = await scene.ben.ask("POST", url, json={"status_id": str(scene.secret)})
    nothing = await scene.ben.ask("POST", url, json={"status_id": "12"})
    unnamed = await scene.ben.ask("POST", url)

    assert (theirs.status, theirs.body, unnamed.status) == (404, nothing.body, 422)
    await scene.ben.ask("DELETE", f"/api/v2/filters/{made['id']}")


@pytest.mark.parametrize(
    "given",
    [
        {"title": "", "context": ["home"]},
        {"title": "x" * 201, "context": ["home"]},
        {"title": "No place"},
        {"title": "No such place", "context": ["everywhere"]},
        {"title": "Empty", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
        {"title": "Long", "context": ["home"], "keywords_attributes": [{"keyword": "x" * 201}]},
        {
            "title": "Many",
            "context": ["home"],
            "keywords_attributes": [{"keyword": f"w{number}"} for number in range(201)],
        },
    ],
    ids=lambda given: given["title"][:9] or "untitled",
)
async def test_what_is_no_filter_is_refused(scene: Scene, given: dict[str, Any]) -> None:
    answer = await scene.ben.ask("POST", "/api/v2/filters", json=given)

    assert answer.status == 422
    assert await scene.ben.get("/api/v2/filters") == []


async def test_clients_of_the_first_version_see_a_filter_word_by_word(scene: Scene) -> None:
    made = await scene.ben.post(
        "/api/v1/filters", phrase="mud", context=["home"], irreversible=True, whole_word=True
    )
    url = f"/api/v1/filters/{made['id']}"

    [second] = await scene.ben.get("/api/v2/filters")
    assert (second["title"], second["filter_action"]) == ("mud", "hide")
    assert (made["irreversible"], made["whole_word"], made["expires_at"]) == (True, True, None)
    assert await scene.ben.get("/api/v1/filters") == [made]
    changed = await scene.ben.ask(
        "PUT", url, json={"phrase": "mire", "context": ["public"], "irreversible": False}
    )
    assert changed.json == await scene.ben.get(url)
    assert (changed.json["phrase"], changed.json["context"]) == ("mire", ["public"])
    await scene.ben.post(f"/api/v2/filters/{second['id']}/keywords", keyword="bog")
    await scene.ben.ask("DELETE", url)
    [other] = await scene.ben.get("/api/v1/filters")
    await scene.ben.ask("DELETE", f"/api/v1/filters/{other['id']}")
    assert await scene.ben.get("/api/v2/filters") == []


# Hashtags, markers, preferences.


async def test_a_followed_hashtag_is_listed_and_stands_in_the_home_timeline(
    scene: Scene,
) -> None:
    before = await scene.guest.get("/api/v1/tags/water")
    tag = await scene.amina.post("/api/v1/tags/Water/follow")
    listed = await scene.amina.get("/api/v1/followed_tags")
    gone = await scene.amina.post("/api/v1/tags/water/unfollow")

    assert (before["following"], tag["following"], gone["following"]) == (False, True, False)
    assert [each["name"] for each in listed] == ["Water"]
    assert (await scene.amina.ask("GET", "/api/v1/tags/12")).status == 404
    dora = await scene.here.member("dora")
    program = await program_of(scene.here, dora.actor.name)
    assert await program.get("/api/v1/timelines/home") == []
    await program.post("/api/v1/tags/water/follow")
    assert _ids(await program.get("/api/v1/timelines/home")) == [str(scene.question)]


async def test_a_profile_shows_hashtags(scene: Scene) -> None:
    made = await scene.ben.post("/api/v1/featured_tags", name="Water")
    theirs = await scene.guest.get(f"/api/v1/accounts/{scene.ids['ben']}/featured_tags")

    assert (made["name"], made["statuses_count"]) == ("Water", "1")
    assert made["last_status_at"] == "2026-03-02"
    assert theirs == [made] == await scene.ben.get("/api/v1/featured_tags")
    assert (await scene.ben.get("/api/v1/tags/water"))["featuring"] is True
    url = f"/api/v1/featured_tags/{made['id']}"
    assert (await scene.chloe.ask("DELETE", url)).status == 404
    assert (await scene.ben.ask("DELETE", url)).json == {}
    assert (await scene.ben.ask("DELETE", url)).status == 404
    bad = await scene.ben.ask("POST", "/api/v1/featured_tags", json={"name": "!"})
    assert bad.status == 422


async def test_markers_are_for_all_clients_of_a_member_and_conflicts_are_told(
    scene: Scene,
) -> None:
    url = "/api/v1/markers"
    first = await scene.ben.post(url, home={"last_read_id": str(scene.question)})
    reply = await scene.ben.ask("POST", url, data={"home[last_read_id]": str(scene.answer)})
    second = reply.json["home"]
    stale = {
        "home": {"last_read_id": "1", "version": 1},
        "notifications": {"last_read_id": "1"},
    }
    conflict = await scene.ben.ask("POST", url, json=stale)
    found = await scene.ben.get(url, **{"timeline[]": "home"})

    assert (first["home"]["version"], second["version"]) == (1, 2)
    assert (second["last_read_id"], found) == (str(scene.answer), {"home": second})
    assert conflict.status == 409
    assert "error" in conflict.json
    assert await scene.ben.get(url, **{"timeline[]": "notifications"}) == {}
    assert await scene.chloe.get(url, **{"timeline[]": "home"}) == {}
    assert (await scene.ben.ask("POST", url, json={"home": {}})).status == 422


async def test_a_marker_of_notifications_is_what_the_pages_count_from(scene: Scene) -> None:
    chloe = await scene.signed_in("chloe")
    mine = await scene.ask("ben", "Count me")
    await kudos.mark_helpful(scene.here.context, chloe, mine, helpful=True)
    [latest, *_] = await scene.ben.get("/api/v1/notifications")
    before = (await scene.ben.get("/api/v1/notifications/unread_count"))["count"]

    await scene.ben.post(
        "/api/v1/markers", notifications={"last_read_id": str(int(latest["id"]) + 1000)}
    )
    await kudos.mark_helpful(scene.here.context, chloe, mine, helpful=False)
    await kudos.mark_helpful(
        scene.here.context, await scene.signed_in("amina"), mine, helpful=True
    )

    assert before > 0
    # What is told later is new, whatever number was named.
    assert await scene.ben.get("/api/v1/notifications/unread_count") == {"count": 1}


async def test_preferences_have_the_keys_that_clients_read(scene: Scene) -> None:
    found = await scene.ben.get("/api/v1/preferences")

    assert found["posting:default:visibility"] == "public"
    assert found["posting:default:language"] == "en"
    assert set(found) == {
        "posting:default:visibility",
        "posting:default:sensitive",
        "posting:default:language",
        "posting:default:quote_policy",
        "reading:expand:media",
        "reading:expand:spoilers",
        "reading:autoplay:gifs",
    }


@pytest.mark.parametrize(
    "path",
    ["bookmarks", "mutes", "blocks", "domain_blocks", "lists", "filters", "followed_tags"],
)
async def test_guests_have_nothing_of_their_own(scene: Scene, path: str) -> None:
    assert (await scene.guest.ask("GET", f"/api/v1/{path}")).status == 401
