"""What members do from clients: post by mention, reply, accept, thank, vote, join, report."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import Role, Visibility
from server.services import accounts, communities
from server.storage.embedded import Cluster
from tests.clients.programs import Program, program_of
from tests.instance import PASSWORD, Instance, TurnedClock, running
from tests.stories import life

WROTE = "@plaza How deep is the river?\nWe measure *twice* a day."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    here: Instance
    clock: TurnedClock
    plaza: int
    vault: int
    amina: Program
    ben: Program


@pytest.fixture(scope="module")
async def place(cluster: Cluster) -> AsyncIterator[Place]:
    clock = TurnedClock()
    async with running(cluster, "acting", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        await communities.join(
            here.context, await life.signed_in(here.context, "ben"), plaza.id
        )
        yield Place(
            here=here,
            clock=clock,
            plaza=plaza.id,
            vault=vault.id,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
        )


async def asked(place: Place, text: str = WROTE, **more: Any) -> dict[str, Any]:
    place.clock.turn(life.MINUTE)
    status: dict[str, Any] = await place.ben.post("/api/v1/statuses", status=text, **more)
    return status


async def answered(place: Place, question: dict[str, Any], text: str = "Two metres") -> Any:
    place.clock.turn(life.MINUTE)
    return await place.amina.post(
        "/api/v1/statuses", status=text, in_reply_to_id=question["id"]
    )


async def kind_of(place: Place, status: dict[str, Any]) -> str:
    sql = "SELECT kind || ' ' || title FROM posts WHERE id = $1"
    found: str = await life.value(place.here, sql, int(status["id"]))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WROTE, "question How deep is the river?"),
        ("How deep?\n\n@plaza", "question How deep?"),
        ("@plaza@{host} We close on Friday\nAll day.", "discussion We close on Friday"),
        ("# @plaza We dig\n#question since when", "question We dig"),
        ("@nobody @plaza Hello", "discussion @nobody Hello"),
    ],
)
async def test_the_first_line_is_the_title_and_the_mention_says_where(
    place: Place, text: str, expected: str
) -> None:
    status = await asked(place, text.format(host=place.here.host))

    assert await kind_of(place, status) == expected
    assert status["account"]["acct"] == "ben"


async def test_a_long_first_line_is_cut_for_the_title_and_stays_whole(place: Place) -> None:
    text = "word " * 60

    status = await asked(place, f"@plaza {text}")

    title = (await kind_of(place, status)).removeprefix("discussion ")
    assert len(title) <= 200
    assert title.endswith("…")
    assert text.strip() in status["content"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"status": "Hello, world", "visibility": "everybody"}, "one of public, unlisted"),
        ({"status": "@vault Hello"}, "You are not a member of @vault"),
        ({"status": "@plaza"}, "title"),
        ({"status": " ", "visibility": "direct"}, "no text yet"),
        ({"status": WROTE, "scheduled_at": "2020-01-01T00:00:00Z"}, "in the future"),
        ({"status": WROTE, "media_ids": ["1"]}, "not there any more"),
        ({"status": WROTE, "poll": {"options": ["One"]}}, "between 2 and 10"),
    ],
)
async def test_what_cannot_be_posted_says_why_and_changes_nothing(
    place: Place, sent: dict[str, Any], words: str
) -> None:
    before = await life.value(place.here, "SELECT count(*) FROM posts")

    refused = await place.ben.ask("POST", "/api/v1/statuses", json=sent)

    assert refused.status == 422
    assert words in refused.json["error"]
    assert await life.value(place.here, "SELECT count(*) FROM posts") == before


async def test_a_community_for_its_members_makes_everything_private(place: Place) -> None:
    status = await place.amina.post(
        "/api/v1/statuses", status="@vault Codes\n1234", visibility="public"
    )

    assert status["visibility"] == "private"


async def test_a_reply_to_a_question_answers_it_and_one_s_own_comments(place: Place) -> None:
    question = await asked(place)

    answer = await answered(place, question, "@ben Two metres")
    own = await asked(place, "I forgot: in summer", in_reply_to_id=question["id"])
    comment = await asked(place, "Sure?", in_reply_to_id=answer["id"])

    kinds = [await kind_of(place, each) for each in (answer, own, comment)]
    assert kinds == ["answer ", "comment ", "comment "]
    assert answer["in_reply_to_id"] == question["id"]


@pytest.mark.parametrize("mark", ["✅", "@amina ✅", "#accepted", "#Solved"])
async def test_the_asker_accepts_by_replying_with_a_mark(place: Place, mark: str) -> None:
    question = await asked(place)
    answer = await answered(place, question)

    await asked(place, mark, in_reply_to_id=answer["id"])

    shown = await place.ben.get(f"/api/v1/statuses/{question['id']}")
    assert shown["card"]["title"] == "✅ Accepted answer by @amina"


async def test_nobody_else_accepts_by_saying_so(place: Place) -> None:
    question = await asked(place)
    answer = await answered(place, question)
    place.clock.turn(life.MINUTE)
    await place.here.member("chloe")
    context = place.here.context
    await communities.join(context, await life.signed_in(context, "chloe"), place.plaza)
    chloe = await program_of(place.here, "chloe")

    await chloe.post("/api/v1/statuses", status="✅", in_reply_to_id=answer["id"])

    assert (await place.ben.get(f"/api/v1/statuses/{question['id']}"))["card"] is None


async def test_marks_are_given_and_taken_back(place: Place) -> None:
    question = await asked(place)
    path = f"/api/v1/statuses/{(await answered(place, question))['id']}"

    liked = [await place.ben.post(f"{path}/favourite") for _ in range(2)]
    unliked = [await place.ben.post(f"{path}/unfavourite") for _ in range(2)]
    own = await place.amina.ask("POST", f"{path}/favourite")

    assert [(each["favourited"], each["favourites_count"]) for each in liked] == [(True, 1)] * 2
    assert [(each["favourited"], each["favourites_count"]) for each in unliked] == [
        (False, 0)
    ] * 2
    assert own.status == 403


async def test_reactions_thank_and_accept(place: Place) -> None:
    question = await asked(place)
    answer = (await answered(place, question))["id"]
    path = f"/api/v1/pleroma/statuses/{answer}/reactions"

    accepted = [(await place.ben.ask("PUT", f"{path}/✅")).json for _ in range(2)]
    thanked = (await place.ben.ask("PUT", f"{path}/💡")).json
    reopened = (await place.ben.ask("DELETE", f"{path}/✅")).json
    nothing = (await place.ben.ask("DELETE", f"{path}/💡")).json
    unknown = await place.ben.ask("PUT", f"{path}/🦆")

    def names(status: dict[str, Any]) -> list[str]:
        return [each["name"] for each in status["emoji_reactions"]]

    assert [names(each) for each in accepted] == [["✅"], ["✅"]]
    assert names(reopened) == ["💡"]
    assert names(thanked) == ["✅"]  # one Like says one thing; the thanks are kept behind it
    assert names(nothing) == []
    assert (unknown.status, "💡" in unknown.json["error"]) == (422, True)


async def test_what_is_sent_twice_with_one_key_is_there_once(place: Place) -> None:
    sent = {"json": {"status": WROTE}, "headers": {"Idempotency-Key": "abc"}}

    replies = await asyncio.gather(
        *(place.ben.ask("POST", "/api/v1/statuses", **sent) for _ in range(4))
    )
    other = await place.amina.ask("POST", "/api/v1/statuses", **sent)

    assert {reply.status for reply in (*replies, other)} == {200}
    assert len({reply.json["id"] for reply in replies}) == 1
    assert other.json["id"] != replies[0].json["id"]


async def test_a_warning_is_before_the_words_and_stays_when_a_page_edits(
    place: Place,
) -> None:
    status = await asked(place, spoiler_text="Injuries")
    browser = place.here.browser()
    token, _ = await accounts.sign_in(
        place.here.context, "ben", PASSWORD, address="127.0.0.1", user_agent=""
    )
    browser.set_cookie("session", token)

    place.clock.turn(life.MINUTE)
    await browser.submit(
        f"/p/{status['id']}/edit", {"title": "New title", "body": "Other words", "act": "save"}
    )
    edited = await place.ben.get(f"/api/v1/statuses/{status['id']}")
    place.clock.turn(life.MINUTE)
    cleared = await place.ben.ask(
        "PUT", f"/api/v1/statuses/{status['id']}", json={"status": "Third title\nWords"}
    )

    assert (status["spoiler_text"], status["sensitive"]) == ("Injuries", True)
    assert "New title" in edited["content"]
    assert (edited["spoiler_text"], edited["sensitive"]) == ("Injuries", True)
    assert (cleared.json["spoiler_text"], cleared.json["sensitive"]) == ("", False)
    assert "Third title" in cleared.json["content"]


async def test_only_the_author_edits_and_deletes(place: Place) -> None:
    path = f"/api/v1/statuses/{(await asked(place))['id']}"

    refused = [
        await place.amina.ask("PUT", path, json={"status": "Mine"}),
        await place.amina.ask("DELETE", path),
    ]
    deleted = await place.ben.ask("DELETE", path)

    assert [reply.status for reply in refused] == [403, 404]
    assert deleted.json["text"] == "How deep is the river?\n\nWe measure *twice* a day."
    assert (await place.ben.ask("GET", path)).status == 404


async def test_a_poll_is_started_and_voted_in(place: Place) -> None:
    poll = {"options": ["Tea", "Coffee"], "expires_in": 7200, "multiple": False}
    status = await asked(place, "@plaza What do you drink?", poll=poll)
    number = status["poll"]["id"]

    voted = await place.amina.post(f"/api/v1/polls/{number}/votes", choices=["1"])
    again = await place.amina.ask(
        "POST", f"/api/v1/polls/{number}/votes", json={"choices": [0]}
    )
    own = await place.ben.ask("POST", f"/api/v1/polls/{number}/votes", json={"choices": [0]})
    shown = await place.amina.get(f"/api/v1/polls/{number}")

    assert voted["own_votes"] == shown["own_votes"] == [1]
    assert status["poll"]["expires_at"].endswith("Z")
    assert [again.status, own.status] == [422, 403]
    assert (await place.amina.ask("GET", f"/api/v1/polls/{place.plaza}")).status == 404


async def test_following_a_community_joins_it_and_a_person_follows_them(place: Place) -> None:
    await place.here.member("dora")
    dora = await program_of(place.here, "dora")
    [amina] = [(await dora.get("/api/v1/accounts/lookup", acct="amina"))["id"]]

    joined = await dora.post(f"/api/v1/accounts/{place.plaza}/follow")
    followed = await dora.post(f"/api/v1/accounts/{amina}/follow", notify=False)
    left = await dora.post(f"/api/v1/accounts/{place.plaza}/unfollow")
    unfollowed = await dora.post(f"/api/v1/accounts/{amina}/unfollow")
    nobody = await dora.ask("POST", "/api/v1/accounts/1/follow")

    states = [each["following"] for each in (joined, followed, left, unfollowed)]
    assert states == [True, True, False, False]
    assert nobody.status == 404


async def test_a_profile_is_changed_and_what_is_not_sent_stays(place: Place) -> None:
    await place.here.member("gina")
    gina = await program_of(place.here, "gina")
    path = "/api/v1/accounts/update_credentials"

    named = await gina.ask("PATCH", path, data={"display_name": "Gina G", "locked": "false"})
    told = (await gina.ask("PATCH", path, json={"note": "I *measure*"})).json
    cleared = (await gina.ask("PATCH", path, json={"note": ""})).json

    assert named.json["display_name"] == told["display_name"] == "Gina G"
    assert told["note"].strip() == "<p>I <em>measure</em></p>"
    assert told["source"]["note"] == "I *measure*"
    assert (cleared["note"], cleared["source"]["note"]) == ("", "")


async def test_a_report_reaches_the_moderators(place: Place) -> None:
    status = await asked(place)

    told = await place.amina.post(
        "/api/v1/reports",
        account_id=status["account"]["id"],
        status_ids=[status["id"]],
        comment="Off topic",
    )
    again = await place.amina.post(
        "/api/v1/reports", status_ids=[status["id"]], comment="Off topic"
    )
    about_nothing = await place.amina.ask("POST", "/api/v1/reports", json={"comment": "x"})

    kept = await life.value(
        place.here, "SELECT comment FROM reports WHERE post_id = $1", int(status["id"])
    )
    assert (kept, told["target_account"]["acct"]) == ("Off topic", "ben")
    assert (again["status_ids"], about_nothing.status) == ([status["id"]], 422)


async def test_what_there_is_nothing_of_is_empty(place: Place) -> None:
    assert await place.ben.get("/api/v1/announcements") == []
    assert (await place.ben.ask("GET", "/api/v1/push/subscription")).json == {
        "error": "Record not found"
    }
    assert (await place.ben.ask("POST", "/api/v1/statuses/1/reblog")).status == 404
