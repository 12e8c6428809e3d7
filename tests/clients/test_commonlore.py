"""What Mastodon has no words for: threads by kind, acceptance, thanks, whereabouts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import AgencyState, JoinRule, Role, Visibility
from server.services import changing, communities, stewardship
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.clients.described import Described, titles
from tests.clients.programs import Program, opened, program_of
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

NOT_THERE = (404, "Record not found")
WRITTEN = {"kind": "question", "title": "X", "text": "y"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    here: Instance
    clock: TurnedClock
    plaza: int
    vault: int
    amina: Described
    ben: Described
    cleo: Described
    guest: Described


@pytest.fixture(scope="module")
async def place(cluster: Cluster) -> AsyncIterator[Place]:
    clock = TurnedClock()
    async with running(cluster, "commonlore", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        for name in ("ben", "cleo"):
            await here.member(name)
        vault = await life.opened(
            here, amina.actor, "vault", join=JoinRule.APPROVAL, visibility=Visibility.MEMBERS
        )
        clock.turn(life.MINUTE)
        plaza = await life.opened(here, amina.actor, "plaza")
        for name in ("ben", "cleo"):
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
        people = {
            name: Described(await program_of(here, name)) for name in ("amina", "ben", "cleo")
        }
        guest = Described(opened(here, Program(here.origin)))
        yield Place(
            here=here, clock=clock, plaza=plaza.id, vault=vault.id, guest=guest, **people
        )


async def started(
    place: Place, title: str = "How deep?", *, by: str = "ben", **more: Any
) -> Any:
    place.clock.turn(life.MINUTE)
    given = {"kind": "question", "title": title, "text": "In *metres*."} | more
    within = given.pop("within", place.plaza)
    return await getattr(place, by).post(f"/communities/{within}/threads", **given)


async def answered(place: Place, question: Any, text: str = "Two") -> Any:
    place.clock.turn(life.MINUTE)
    return await place.cleo.post(f"/posts/{question['id']}/answers", text=text)


async def test_the_directory_says_how_one_joins_and_where_one_stands(place: Place) -> None:
    told = (await place.ben.get("/communities"))["communities"]

    assert [
        (each["handle"].split("@")[1], each["join"], each["visibility"], each["my_state"])
        for each in told
    ] == [("plaza", "open", "public", "joined"), ("vault", "approval", "members", None)]
    theirs = (await place.amina.get("/communities"))["communities"]
    assert [each["my_state"] for each in theirs] == ["steward", "steward"]
    assert told[0]["summary"] == "What went wrong, and why"


async def test_the_topics_of_a_members_only_community_are_its_members_to_know(
    place: Place,
) -> None:
    [inside] = (await place.amina.get("/communities", words="vault"))["communities"]
    [outside] = (await place.ben.get("/communities", words="vault"))["communities"]
    known, unknown = [
        await place.ben.refused(
            "POST", f"/communities/{place.vault}/threads", json=WRITTEN | {"topic": topic}
        )
        for topic in ("near-misses", "none")
    ]

    assert [each["slug"] for each in inside["topics"]] == ["near-misses"]
    assert outside["topics"] == []
    assert known == unknown
    assert known[0] == 403


async def test_the_directory_goes_on_where_the_page_before_ended(place: Place) -> None:
    first = await place.guest.get("/communities", limit=1)
    second = await place.guest.get("/communities", limit=1, cursor=first["next"])

    seen = [each["id"] for page in (first, second) for each in page["communities"]]
    assert seen == [str(place.plaza), str(place.vault)]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"scope": "mine"}, ["plaza"]),
        ({"scope": "elsewhere"}, []),
        ({"scope": "here", "words": "VAULT"}, ["vault"]),
    ],
)
async def test_the_directory_finds_what_is_asked_for(
    place: Place, query: dict[str, str], found: list[str]
) -> None:
    told = (await place.ben.get("/communities", **query))["communities"]

    assert [each["handle"].split("@")[1] for each in told] == found


async def test_threads_are_started_with_their_kind_title_and_topic(place: Place) -> None:
    question = await started(place, "How deep is it?", topic="near-misses")
    talk = await started(place, "We close on Friday", kind="discussion")
    poll = await started(
        place, "When?", kind="poll", text="", choices=["Monday", "Friday"], hours=24
    )

    assert [each["kind"] for each in (question, talk, poll)] == [
        "question",
        "discussion",
        "poll",
    ]
    assert question["topic"]["slug"] == "near-misses"
    assert question["html"] == "<p>In <em>metres</em>.</p>\n"
    assert [each["name"] for each in poll["poll"]["choices"]] == ["Monday", "Friday"]
    assert question["mine"] == {"helpful": False, "kudos": None}


async def test_threads_are_listed_by_kind_topic_and_whether_they_are_answered(
    place: Place,
) -> None:
    path = f"/communities/{place.plaza}/threads"
    await started(place, "By topic", topic="near-misses")
    await started(place, "A talk", kind="discussion")
    await answered(place, await started(place, "Answered"))

    assert "A talk" in titles(await place.guest.get(path, kind="discussion"))
    assert titles(await place.guest.get(path, topic="near-misses"))[0] == "By topic"
    assert titles(await place.guest.get(path, answered="true")) == ["Answered"]
    assert "Answered" not in titles(await place.guest.get(path, answered="false"))
    assert "A talk" not in titles(await place.guest.get(path, answered="false"))


async def test_every_thread_is_on_one_page_of_the_list_and_on_one_only(place: Place) -> None:
    path = f"/communities/{place.plaza}/threads"
    for number in range(3):
        await started(place, f"Number {number}")
    whole = titles(await place.guest.get(path, limit=80))

    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await place.guest.get(path, limit=2, **cursor)
        seen += titles(page)
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert seen == whole


async def test_a_thread_shows_what_worked_first_and_who_thanked_for_it(place: Place) -> None:
    question = await started(place)
    first, second = [await answered(place, question, text) for text in ("One", "Two")]
    aside = await place.ben.post(f"/posts/{first['id']}/comments", text="Sure?")
    await place.ben.post(f"/posts/{second['id']}/accept")
    await place.ben.post(
        f"/posts/{second['id']}/kudos", category="saved-time", note="A whole day"
    )

    thread = await place.guest.get(f"/threads/{question['id']}")

    assert thread["accepted"] == [second["id"]]
    assert [each["id"] for each in thread["posts"]] == [
        question["id"],
        second["id"],
        first["id"],
        aside["id"],
    ]
    assert [each["kind"] for each in thread["posts"]] == [
        "question",
        "answer",
        "answer",
        "comment",
    ]
    [kudos] = thread["posts"][1]["kudos"]
    assert (kudos["category"], kudos["note"]) == ("saved-time", "A whole day")
    assert kudos["giver"]["handle"] == f"@ben@{place.here.host}"
    assert thread["posts"][0]["accepted"]
    assert thread["posts"][0]["mine"] is None


async def test_acceptance_can_be_taken_back_and_twice_changes_nothing(place: Place) -> None:
    answer = await answered(place, await started(place))
    path = f"/posts/{answer['id']}/accept"

    told = [
        (await place.ben.post(path))["accepted"],
        (await place.ben.post(path))["accepted"],
        (await place.ben.delete(path))["accepted"],
        (await place.ben.delete(path))["accepted"],
    ]

    assert told == [True, True, False, False]


async def test_thanks_are_replaced_and_taken_back_and_helpful_stays(place: Place) -> None:
    answer = await answered(place, await started(place))
    kudos, helpful = f"/posts/{answer['id']}/kudos", f"/posts/{answer['id']}/helpful"

    await place.ben.post(helpful)
    await place.ben.post(kudos, category="solved-it")
    again = await place.ben.post(kudos, category="kept-us-safe", note="In time")
    after = await place.ben.delete(kudos)
    last = await place.ben.delete(helpful)

    assert [each["category"] for each in again["kudos"]] == ["kept-us-safe"]
    assert again["mine"] == {"helpful": True, "kudos": "kept-us-safe"}
    assert (after["kudos"], after["helpful"], last["helpful"]) == ([], 1, 0)


async def test_a_steward_locks_and_pins_a_thread_and_undoes_it(place: Place) -> None:
    question = await started(place)
    lock, pin = f"/posts/{question['id']}/lock", f"/posts/{question['id']}/pin"

    locked = await place.amina.post(lock, reason="It is settled")
    refused = await place.cleo.refused(
        "POST", f"/posts/{question['id']}/answers", json={"text": "X"}
    )
    unlocked = await place.amina.delete(lock)
    pinned = await place.amina.post(pin)
    unpinned = await place.amina.delete(pin)

    assert (locked["locked"], unlocked["locked"]) == (True, False)
    assert refused == (403, "This thread is locked; it takes no more replies.")
    assert (pinned["pinned"], unpinned["pinned"]) == (True, False)


async def test_a_post_s_author_learns_where_it_is_and_others_do_not(place: Place) -> None:
    question = await started(place)
    path = f"/posts/{question['id']}/whereabouts"

    assert await place.ben.get(path) == {"id": question["id"], "agencies": []}
    assert await place.cleo.refused("GET", path) == (
        403,
        "Only its author and our moderators see that.",
    )


async def test_an_agency_that_is_sent_nothing_is_named_with_the_reason(place: Place) -> None:
    question = await started(place)
    origin = "https://apart.example"
    await life.joined_from(place.here, origin, place.plaza)
    async with place.here.context.database.transaction("test") as tx:
        await agencies.decide(
            tx, "apart.example", AgencyState.BLOCKED, by=None, reason="", now=place.clock.now()
        )

    told = await place.ben.get(f"/posts/{question['id']}/whereabouts")

    [stay] = told["agencies"]
    assert (stay["host"], stay["standing"], stay["why"]) == (
        "apart.example",
        "unsent",
        "blocked",
    )


async def test_of_what_is_deleted_no_word_and_no_thanks_are_left(place: Place) -> None:
    question = await started(place, "A secret title")
    answer = await answered(place, question, "Said too much")
    await place.ben.post(f"/posts/{answer['id']}/kudos", category="solved-it", note="Psst")
    amina = await life.signed_in(place.here.context, "amina")
    ben = await life.signed_in(place.here.context, "ben")
    await stewardship.remove(place.here.context, amina, int(answer["id"]), "Names a patient")
    await changing.withdraw(place.here.context, ben, int(question["id"]))

    reply = await place.guest.ask("GET", f"/threads/{question['id']}")
    listed = await place.guest.get(f"/communities/{place.plaza}/threads", limit=80)

    [root, removed] = reply.json["posts"]
    assert (root["deleted_by"], removed["deleted_by"]) == ("author", "moderator")
    assert removed["reason"] == "Names a patient"
    for word in (b"secret", b"Said", b"Psst"):
        assert word not in reply.body
    assert "A secret title" not in titles(listed)
    assert await place.ben.refused("POST", f"/posts/{answer['id']}/helpful") == (
        422,
        "It was deleted meanwhile.",
    )


async def test_whom_one_muted_is_left_out_of_a_thread_and_replies_to_them_stay(
    place: Place,
) -> None:
    question = await started(place)
    answer = await answered(place, question)
    reply = await place.ben.post(f"/posts/{answer['id']}/comments", text="Thanks")
    muted = answer["author"]["id"]
    await place.amina.program.post(f"/api/v1/accounts/{muted}/mute")

    shown = await place.amina.get(f"/threads/{question['id']}")
    await place.amina.program.post(f"/api/v1/accounts/{muted}/unmute")

    assert [each["id"] for each in shown["posts"]] == [question["id"], reply["id"]]


async def test_what_is_for_others_and_what_is_not_there_answer_with_the_same_bytes(
    place: Place,
) -> None:
    hidden = await started(place, "Codes", by="amina", within=place.vault)

    for method, path, absent, sent in (
        ("GET", f"/threads/{hidden['id']}", "/threads/1", None),
        ("GET", f"/communities/{place.vault}/threads", "/communities/1/threads", None),
        ("GET", f"/posts/{hidden['id']}/whereabouts", "/posts/1/whereabouts", None),
        ("POST", f"/posts/{hidden['id']}/answers", "/posts/1/answers", {"text": "Me"}),
        ("POST", f"/posts/{hidden['id']}/comments", "/posts/1/comments", {"text": "Me"}),
        ("POST", f"/posts/{hidden['id']}/accept", "/posts/1/accept", {}),
        ("DELETE", f"/posts/{hidden['id']}/accept", "/posts/1/accept", None),
        ("POST", f"/posts/{hidden['id']}/kudos", "/posts/1/kudos", {"category": "solved-it"}),
        ("DELETE", f"/posts/{hidden['id']}/kudos", "/posts/1/kudos", None),
        ("POST", f"/posts/{hidden['id']}/helpful", "/posts/1/helpful", None),
        ("POST", f"/posts/{hidden['id']}/lock", "/posts/1/lock", {}),
        ("POST", f"/posts/{hidden['id']}/pin", "/posts/1/pin", None),
    ):
        theirs = await place.ben.ask(method, path, json=sent)
        nothing = await place.ben.ask(method, absent, json=sent)

        assert (theirs.status, theirs.body) == (nothing.status, nothing.body), path
        assert (nothing.status, nothing.json["error"]) == NOT_THERE, path


async def test_members_read_what_is_for_members(place: Place) -> None:
    hidden = await started(place, "For us", by="amina", within=place.vault)

    listed = await place.amina.get(f"/communities/{place.vault}/threads")

    assert "For us" in titles(listed)
    assert (await place.amina.get(f"/threads/{hidden['id']}"))["posts"][0]["title"] == "For us"


@pytest.mark.parametrize(
    ("who", "method", "path", "sent", "expected"),
    [
        ("guest", "POST", "/communities/{plaza}/threads", {}, 401),
        ("guest", "GET", "/posts/1/whereabouts", None, 401),
        ("ben", "POST", "/communities/{plaza}/threads", {"kind": "answer"}, 422),
        ("ben", "POST", "/communities/{plaza}/threads", {"kind": "question"}, 422),
        (
            "ben",
            "POST",
            "/communities/1/threads",
            WRITTEN,
            404,
        ),
        (
            "ben",
            "POST",
            "/communities/{plaza}/threads",
            WRITTEN | {"topic": "none"},
            422,
        ),
        (
            "ben",
            "POST",
            "/communities/{vault}/threads",
            WRITTEN,
            403,
        ),
        ("ben", "GET", "/communities?cursor=yesterday", None, 422),
        ("ben", "GET", "/communities?cursor=9999999999999999999-1", None, 422),
        ("ben", "GET", "/communities?cursor=999999999999999999-1", None, 422),
        ("ben", "GET", "/communities?words=%00", None, 422),
        ("ben", "GET", "/communities?limit=0", None, 422),
        ("ben", "GET", "/communities/99999999999999999999/threads", None, 404),
        ("ben", "POST", "/posts/1/kudos", {"category": "for-nothing"}, 422),
    ],
)
async def test_what_cannot_be_done_is_refused_in_the_one_shape(
    place: Place, who: str, method: str, path: str, sent: object, expected: int
) -> None:
    asked: Described = getattr(place, who)
    where, _, query = path.format(plaza=place.plaza, vault=place.vault).partition("?")
    pairs = dict([query.split("=")]) if query else {}
    given = {name: value.replace("%00", "\0") for name, value in pairs.items()}

    reply = await asked.ask(method, where, params=given, json=sent)

    assert reply.status == expected, reply.body


async def test_a_token_that_may_only_read_writes_nothing(place: Place) -> None:
    question = await started(place)
    reader = Described(await program_of(place.here, "ben", ("read",)))

    told = [
        await reader.refused(method, f"/posts/{question['id']}/{what}")
        for method, what in (("POST", "accept"), ("DELETE", "kudos"), ("POST", "pin"))
    ]

    assert told == [(403, "This action is outside the authorized scopes")] * 3


async def test_what_is_sent_twice_with_one_key_is_there_once(place: Place) -> None:
    path = f"/communities/{place.plaza}/threads"
    given = {"kind": "discussion", "title": "Once", "text": "Only"}
    key = {"Idempotency-Key": "a-key"}

    first = await place.ben.ask("POST", path, json=given, headers=key)
    second = await place.ben.ask("POST", path, json=given, headers=key)

    assert first.json["id"] == second.json["id"]


async def test_a_canonical_thread_is_as_it_is_declared(place: Place) -> None:
    question = await started(place)
    answer = await answered(place, question, "Two #metres")
    await place.ben.post(f"/posts/{answer['id']}/accept")
    await place.ben.post(f"/posts/{answer['id']}/kudos", category="solved-it", note="So")
    poll = await started(place, kind="poll", choices=["Monday", "Friday"])

    told = await place.guest.get("/thread", id=question["uri"])

    assert [each["id"] for each in told] == [question["uri"], answer["uri"]]
    assert (await place.guest.get("/thread", id=poll["uri"]))[0]["poll"]["several"] is False
    assert await place.guest.refused("GET", "/thread") == (404, "thread-not-found")


async def test_lists_ask_the_database_as_often_however_long_they_are(place: Place) -> None:
    question = await started(place)
    await answered(place, question)
    paths = (
        "/communities",
        f"/communities/{place.plaza}/threads",
        f"/threads/{question['id']}",
    )

    async def asked() -> list[int]:
        return [await counted(place.here, lambda at=at: place.ben.get(at)) for at in paths]

    before = await asked()
    for number in range(3):
        await answered(place, question, f"Answer {number}")
        await started(place, f"Another {number}")
    await life.opened(
        place.here, (await life.signed_in(place.here.context, "amina")).member.actor, "fair"
    )

    assert await asked() == before
