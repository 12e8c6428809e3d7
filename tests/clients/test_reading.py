"""What clients read: timelines, statuses, threads, accounts (client-api.md 4, 5 and 10)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import Kind, Role, Visibility
from server.context import BOOST
from server.services import changing, choices, communities, kudos, people, polls, posts
from server.services.polls import PollDraft
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.clients.programs import Program, opened, program_of
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Two communities, one for its members; a question with answers, and who reads it."""

    here: Instance
    clock: TurnedClock
    plaza: int
    vault: int
    question: int
    answer: int
    better: int
    comment: int
    secret: int
    amina: Program
    ben: Program
    guest: Program


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "reading", clock=clock, work=False) as here:
        context = here.context
        amina = await here.member("amina", Role.STEWARD)
        for name in ("ben", "chloe"):
            await here.member(name)
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        for name in ("ben", "chloe"):
            await communities.join(context, await life.signed_in(context, name), plaza.id)
        asker = await life.signed_in(context, "ben")
        chloe, steward = [await life.signed_in(context, name) for name in ("chloe", "amina")]

        async def thread(member: SignedIn, community: int, title: str, source: str) -> int:
            clock.turn(life.MINUTE)
            draft = Draft(title=title, source=source)
            made = await posts.publish_thread(context, member, community, Kind.QUESTION, draft)
            return made.id

        async def reply(member: SignedIn, parent: int, source: str, kind: Kind) -> int:
            clock.turn(life.MINUTE)
            draft = Draft(title="", source=source)
            return (await posts.publish_reply(context, member, parent, kind, draft)).id

        question = await thread(asker, plaza.id, "How <deep>?", "The *river* #water")
        answer = await reply(chloe, question, "Very", Kind.ANSWER)
        better = await reply(steward, question, "Two metres, @ben", Kind.ANSWER)
        comment = await reply(asker, answer, "How very?", Kind.COMMENT)
        secret = await thread(steward, vault.id, "Our codes", "1234")
        await choices.accept(context, asker, better)
        await kudos.mark_helpful(context, chloe, better, helpful=True)
        yield Scene(
            here=here,
            clock=clock,
            plaza=plaza.id,
            vault=vault.id,
            question=question,
            answer=answer,
            better=better,
            comment=comment,
            secret=secret,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
            guest=opened(here, Program(here.origin)),
        )


async def test_home_has_what_joined_communities_pass_on(scene: Scene) -> None:
    [own] = await scene.ben.get("/api/v1/timelines/home", limit=1)
    passed_on = await scene.amina.get("/api/v1/timelines/home")

    assert (own["id"], own["reblog"]) == (str(scene.comment), None)
    boost = next(each for each in passed_on if each["reblog"])
    assert boost["id"] == str(scene.question | BOOST)
    assert (boost["account"]["group"], boost["account"]["acct"]) == (True, "plaza")
    assert boost["reblog"]["id"] == str(scene.question)
    assert boost["reblog"]["account"]["acct"] == "ben"
    assert boost["account"]["roles"][0]["name"] == "Community"


async def test_a_question_reads_as_one(scene: Scene) -> None:
    status = await scene.guest.get(f"/api/v1/statuses/{scene.question}")

    assert status["content"].startswith(
        "<p><strong>How \u2039deep\u203a?</strong></p><p>The <em>"
    )
    assert [tag["name"] for tag in status["tags"]] == ["water", "plaza", "question"]
    assert (status["visibility"], status["replies_count"]) == ("public", 2)
    assert (status["card"]["type"], status["card"]["provider_name"]) == ("link", "About plaza")
    assert status["card"]["title"] == "✅ Accepted answer by @amina"
    assert status["card"]["url"].endswith(f"/p/{scene.better}")
    assert status["created_at"] == "2026-03-02T09:01:00.000Z"
    assert "codes" not in str(status)


async def test_an_answer_says_what_it_replies_to_and_who_found_it_helpful(scene: Scene) -> None:
    status = await scene.ben.get(f"/api/v1/statuses/{scene.better}")
    [helped] = await scene.ben.get(f"/api/v1/statuses/{scene.better}/favourited_by")

    assert status["in_reply_to_id"] == str(scene.question)
    assert status["in_reply_to_account_id"] == str(await _id_of(scene.here, "ben"))
    assert helped["acct"] == "chloe"
    assert [(each["name"], each["me"]) for each in status["emoji_reactions"]] == [("✅", True)]
    [mention] = status["mentions"]
    assert (mention["acct"], f'href="{mention["url"]}"' in status["content"]) == ("ben", True)


async def test_a_thread_has_the_answer_that_worked_first(scene: Scene) -> None:
    around = await scene.guest.get(f"/api/v1/statuses/{scene.question}/context")
    inside = await scene.guest.get(f"/api/v1/statuses/{scene.comment}/context")

    assert around["ancestors"] == []
    assert [int(each["id"]) for each in around["descendants"]] == [
        scene.better,
        scene.answer,
        scene.comment,
    ]
    assert [int(each["id"]) for each in inside["ancestors"]] == [scene.question, scene.answer]


async def test_a_boost_is_found_by_its_own_id(scene: Scene) -> None:
    boost = await scene.guest.get(f"/api/v1/statuses/{scene.question | BOOST}")
    none = await scene.guest.ask("GET", f"/api/v1/statuses/{scene.answer | BOOST}")

    assert boost["reblog"]["id"] == str(scene.question)
    assert none.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/statuses/{secret}",
        "/api/v1/statuses/{secret}/context",
        "/api/v1/statuses/{secret}/history",
        "/api/v1/statuses/{secret}/favourited_by",
        "/api/v1/statuses/{secret}/reblogged_by",
        "/api/v1/statuses/{secret}/quotes",
        "/api/v1/statuses/{secret}/source",
    ],
)
async def test_vis_05_what_is_not_theirs_is_not_there(scene: Scene, path: str) -> None:
    refused = await scene.ben.ask("GET", path.format(secret=scene.secret))
    nothing = await scene.ben.ask("GET", path.format(secret=1))

    assert (refused.status, refused.body) == (404, b'{"error":"Record not found"}')
    assert (nothing.status, nothing.body) == (refused.status, refused.body)


async def test_what_is_for_members_stands_in_no_timeline_of_others(scene: Scene) -> None:
    paths = [
        "/api/v1/timelines/home",
        "/api/v1/timelines/public",
        "/api/v1/timelines/tag/question",
        f"/api/v1/accounts/{scene.vault}/statuses",
        f"/api/v1/accounts/{await _id_of(scene.here, 'amina')}/statuses",
        "/api/v1/favourites",
        f"/api/v1/statuses?id[]={scene.secret}",
    ]

    theirs = [(await scene.ben.ask("GET", path)).body for path in paths]
    own = await scene.amina.get(paths[4])

    assert all(b"Our codes" not in body for body in theirs)
    assert own[0]["visibility"] == "private"


async def test_tags_find_questions_and_what_nobody_answered(scene: Scene) -> None:
    async def found(tag: str, **more: str) -> list[int]:
        listed = await scene.guest.get(f"/api/v1/timelines/tag/{tag}", **more)
        return [int(each["id"]) for each in listed]

    assert await found("Water") == await found("question") == [scene.question]
    assert await found("unanswered") == []
    assert await found("nothing", **{"any[]": "water"}) == [scene.question]
    assert await found("water", **{"all[]": "snow"}) == []
    assert await found("water", **{"none[]": "plaza"}) == []


async def test_a_community_shows_its_threads_whether_or_not_boosts_are_wanted(
    scene: Scene,
) -> None:
    path = f"/api/v1/accounts/{scene.plaza}/statuses"
    boosts = await scene.guest.get(path)
    plain = await scene.guest.get(path, exclude_reblogs="true", exclude_replies="true")

    assert [each["id"] for each in boosts] == [str(scene.question | BOOST)]
    assert [each["id"] for each in plain] == [str(scene.question)]


async def test_pages_lead_to_each_other(scene: Scene) -> None:
    path = f"/api/v1/accounts/{await _id_of(scene.here, 'ben')}/statuses"
    first = await scene.guest.ask("GET", f"{path}?limit=1&exclude_reblogs=true")
    behind, before = (part.split(">")[0][1:] for part in first.headers["Link"].split(", "))

    [older] = (await scene.guest.ask("GET", behind)).json
    assert "exclude_reblogs=true" in behind
    assert [int(each["id"]) for each in (*first.json, older)] == [scene.comment, scene.question]
    assert (await scene.guest.ask("GET", before)).json == []
    [newer] = await scene.guest.get(path, min_id=str(scene.question))
    assert newer["id"] == str(scene.comment)
    assert [each["id"] for each in await scene.guest.get(path, since_id="1")][-1] == older["id"]


async def test_accounts_are_found_by_handle(scene: Scene) -> None:
    for handle in ("plaza", "@plaza", f"plaza@{scene.here.host}"):
        found = await scene.guest.get("/api/v1/accounts/lookup", acct=handle)
        assert found["id"] == str(scene.plaza)
    missing = await scene.guest.ask("GET", "/api/v1/accounts/lookup?acct=nobody")

    assert (missing.status, missing.json) == (404, {"error": "Record not found"})
    shown = await scene.guest.get(f"/api/v1/accounts/{scene.plaza}")
    assert (shown["followers_count"], shown["statuses_count"]) == (3, 1)
    assert shown["last_status_at"] == "2026-03-02"


async def test_relationships_say_what_one_is_to_others(scene: Scene) -> None:
    context = scene.here.context
    amina, nobody = await _id_of(scene.here, "amina"), 12345
    await people.follow(context, await life.signed_in(context, "ben"), amina)
    query = f"?id[]={scene.plaza}&id[]={amina}&id[]={nobody}&id[]=x"

    listed = (await scene.ben.ask("GET", f"/api/v1/accounts/relationships{query}")).json

    assert [(each["id"], each["following"]) for each in listed] == [
        (str(scene.plaza), True),
        (str(amina), True),
    ]
    mine = await _id_of(scene.here, "ben")
    assert (await scene.ben.get(f"/api/v1/accounts/{amina}/followers")) == []
    [follower] = await scene.amina.get(f"/api/v1/accounts/{amina}/followers")
    following = await scene.ben.get(f"/api/v1/accounts/{mine}/following")
    assert follower["acct"] == "ben"
    assert {each["acct"] for each in following} == {"plaza", "amina"}
    assert (await scene.amina.get(f"/api/v1/accounts/{mine}/following")) == []


async def test_who_follows_an_author_reads_them_once(scene: Scene) -> None:
    context = scene.here.context
    ben = await _id_of(scene.here, "ben")
    await people.follow(context, await life.signed_in(context, "amina"), ben)

    listed = await scene.amina.get("/api/v1/timelines/home")
    await people.unfollow(context, await life.signed_in(context, "amina"), ben)

    about = [each for each in listed if str(scene.question) in (each["id"], _inner(each))]
    assert [(each["id"], each["reblog"]) for each in about] == [(str(scene.question), None)]


def _inner(status: dict[str, Any]) -> str | None:
    return status["reblog"]["id"] if status["reblog"] else None


async def test_every_version_is_in_the_history(scene: Scene) -> None:
    context = scene.here.context
    ben = await life.signed_in(context, "ben")
    draft = Draft(title="Old?", source="Old")
    made = await posts.publish_thread(context, ben, scene.plaza, Kind.DISCUSSION, draft)
    scene.clock.turn(timedelta(hours=1))
    await changing.edit(context, ben, made.id, Draft(title="New?", source="New **words**"))

    versions = await scene.guest.get(f"/api/v1/statuses/{made.id}/history")
    written = await scene.ben.get(f"/api/v1/statuses/{made.id}/source")
    await changing.withdraw(context, ben, made.id)

    assert [each["content"].strip() for each in versions] == [
        "<p><strong>Old?</strong></p><p>Old</p>",
        "<p><strong>New?</strong></p><p>New <strong>words</strong></p>",
    ]
    assert written["text"] == "New?\n\nNew **words**"
    assert (await scene.ben.ask("GET", f"/api/v1/statuses/{made.id}")).status == 404


async def test_a_poll_tells_how_it_stands_to_those_who_voted(scene: Scene) -> None:
    context = scene.here.context
    draft = PollDraft(
        words=Draft(title="Tea?", source=""), choices=("Yes", "No"), several=False, hours=24
    )
    amina = await life.signed_in(context, "amina")
    made = await polls.start(context, amina, scene.plaza, draft)

    before = (await scene.ben.get(f"/api/v1/statuses/{made.id}"))["poll"]
    await polls.vote(context, await life.signed_in(context, "ben"), made.id, [1])
    after = (await scene.ben.get(f"/api/v1/statuses/{made.id}"))["poll"]
    await changing.withdraw(context, amina, made.id)

    assert [option["votes_count"] for option in before["options"]] == [None, None]
    assert (before["voted"], before["multiple"], before["expired"]) == (False, False, False)
    assert (after["voted"], after["own_votes"], after["votes_count"]) == (True, [1], 1)
    assert [option["votes_count"] for option in after["options"]] == [0, 1]


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/timelines/home", 8),
        ("/api/v1/timelines/public", 8),
        ("/api/v1/accounts/{plaza}/statuses", 9),
        ("/api/v1/statuses/{question}/context", 9),
        ("/api/v1/notifications", 9),
    ],
)
async def test_a_page_costs_the_same_few_statements_however_long_it_is(
    scene: Scene, path: str, most: int
) -> None:
    context = scene.here.context
    members = [await life.signed_in(context, name) for name in ("amina", "chloe")]
    path = path.format(plaza=scene.plaza, question=scene.question)

    async def ask() -> None:
        assert (await scene.ben.ask("GET", path, params={"limit": "40"})).status == 200

    async def write(number: int) -> None:
        scene.clock.turn(timedelta(minutes=1))
        member, draft = members[number % 2], Draft(title=f"No {number}?", source="@ben #river")
        await posts.publish_thread(context, member, scene.plaza, Kind.QUESTION, draft)
        told = Draft(source=f"{number}, @ben")
        await posts.publish_reply(context, member, scene.question, Kind.ANSWER, told)

    await write(0)
    before = await counted(scene.here, ask)
    for number in range(1, 6):
        await write(number)

    assert before == await counted(scene.here, ask) <= most


async def _id_of(here: Instance, name: str) -> int:
    found: int = await life.value(here, "SELECT id FROM actors WHERE name = $1", name)
    return found
