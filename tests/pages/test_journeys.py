"""What people do with the pages, over HTTP: ask, answer, thank, accept, join, look after."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace

import pytest

from schemas.records import JoinRule, Role, Visibility
from server.services import communities
from server.services.communities import CommunityDraft
from server.storage.embedded import Cluster
from tests.counting import statements
from tests.instance import Answer, Browser, Instance, TurnedClock, running


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def agency(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=clock, work=False) as instance:
        yield instance


@pytest.fixture(scope="module")
async def people(agency: Instance) -> SimpleNamespace:
    """Two open communities' worth of people: sam looks after both, amina and ben joined."""
    steward = await agency.member("sam_steward", Role.STEWARD)
    for name, visibility, join in (
        ("reviews", Visibility.PUBLIC, JoinRule.OPEN),
        ("fraud", Visibility.MEMBERS, JoinRule.APPROVAL),
    ):
        await communities.open_community(
            agency.context,
            steward.actor,
            CommunityDraft(
                name=name,
                display_name=f"About {name}",
                summary="What went wrong & why",
                charter="Be *kind*.",
                topics=("Near misses", "Tools"),
                join=join,
                visibility=visibility,
            ),
        )
    found = SimpleNamespace(
        amina=await agency.member_browser("amina"),
        ben=await agency.member_browser("ben"),
        outsider=await agency.member_browser("olga"),
        moderator=await agency.member_browser("mo", Role.MODERATOR),
        sam=agency.browser(),
        guest=agency.browser(),
    )
    await found.sam.sign_in("sam_steward")
    for browser in (found.amina, found.ben):
        await browser.submit("/c/reviews/join")
    return found


async def ask(
    browser: Browser,
    title: str = "How do you review?",
    community: str = "reviews",
    **fields: str,
) -> str:
    """Ask, and give the path of the thread."""
    form = {"kind": "question", "title": title, "body": "It takes **weeks**.", "act": "post"}
    answer = await browser.submit(f"/c/{community}/ask", form | fields)
    assert answer.status == 200, answer.text
    thread: str = answer.path
    assert re.fullmatch(r"/p/\d+", thread)
    return thread


async def answer_to(
    browser: Browser, thread: str, body: str = "Ask what surprised you."
) -> str:
    """Answer, and give the path of the answer's own address."""
    form = {"body": body, "act": "post"}
    page = await browser.submit(f"{thread}/answer", form)
    assert page.status == 200, page.text
    return "/p/" + re.findall(r'id="p(\d+)" aria-label="Answer by', page.text)[-1]


async def test_a_question_is_asked_answered_accepted_and_thanked(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.amina)
    answer = await answer_to(people.ben, thread)

    accepted = await people.amina.submit(f"{answer}/accept", {"on": "yes"})
    thanked = await people.amina.submit(
        f"{answer}/kudos",
        {"on": "yes", "category": "saved-time", "note": "Two days, not weeks"},
    )
    helped = await people.amina.submit(f"{answer}/helpful", {"on": "yes"})

    assert "Marked as what worked" in accepted.text
    assert "Two days, not weeks" in thanked.text
    assert 'aria-pressed="true"' in helped.text
    seen_by_guest = await people.guest.get(thread)
    for words in ("It takes <strong>weeks</strong>", "This worked", "Saved time", "Answered"):
        assert words in seen_by_guest.text
    assert "Helped 1 person" in seen_by_guest.text


async def test_marks_can_be_taken_back_and_the_question_opened_again(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.amina)
    answer = await answer_to(people.ben, thread)
    await people.amina.submit(f"{answer}/accept", {"on": "yes"})
    await people.amina.submit(f"{answer}/kudos", {"on": "yes", "category": "solved-it"})

    await people.amina.submit(f"{answer}/kudos", {"on": "no"})
    reopened = await people.amina.submit(f"{thread}/reopen", {"on": "yes"})

    assert "The question is open again." in reopened.text
    assert "Solved it ·" not in reopened.text
    assert "1 answer" in (await people.guest.get(thread)).text
    assert "This worked</p>" not in reopened.text


async def test_a_flash_is_shown_once(people: SimpleNamespace) -> None:
    thread = await ask(people.amina)

    again = await people.amina.get(thread)

    assert "Your question is posted." not in again.text


async def test_answers_that_worked_come_first_then_the_most_helpful_then_the_oldest(
    people: SimpleNamespace, clock: TurnedClock
) -> None:
    thread = await ask(people.amina)
    oldest, helpful, accepted = [
        await _later(people.ben, thread, text, clock)
        for text in ("AAA oldest", "BBB helpful", "CCC accepted")
    ]
    await people.amina.submit(f"{helpful}/helpful", {"on": "yes"})
    await people.amina.submit(f"{accepted}/accept", {"on": "yes"})

    page = (await people.guest.get(thread)).text

    assert [
        page.index(words) for words in ("CCC accepted", "BBB helpful", "AAA oldest")
    ] == sorted(page.index(words) for words in ("CCC accepted", "BBB helpful", "AAA oldest"))
    assert oldest in page or oldest.removeprefix("/p/") in page


async def _later(browser: Browser, thread: str, text: str, clock: TurnedClock) -> str:
    clock.turn(timedelta(minutes=1))
    await browser.submit(f"{thread}/answer", {"body": text, "act": "post"})
    page = (await browser.get(thread)).text
    return "/p/" + _id_before(page, text)


def _id_before(page: str, text: str) -> str:
    return re.findall(r'<article[^>]* id="p(\d+)"', page[: page.index(text)])[-1]


async def test_comments_hang_below_what_they_reply_to_at_any_depth(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.amina)
    above = thread

    for depth in range(12):
        page = await people.ben.submit(f"{above}/comment", {"body": f"Level {depth}!"})
        above = "/p/" + re.findall(r'<li class="comment[^>]*id="p(\d+)"', page.text)[-1]

    shown = (await people.guest.get(thread)).text
    assert "comment--1" in shown
    assert shown.count("comment--deep") == 7
    assert (await people.guest.get(above)).path == thread


async def test_what_was_typed_stays_when_it_cannot_be_taken(people: SimpleNamespace) -> None:
    asked = await people.amina.submit(
        "/c/reviews/ask", {"title": "", "body": "My <details>", "kind": "discussion"}
    )
    thread = await ask(people.amina)
    answered = await people.ben.submit(f"{thread}/answer", {"body": "  ", "act": "post"})
    thanked = await people.ben.submit(f"{thread}/kudos", {"on": "yes", "note": "Thank you so"})
    commented = await people.ben.submit(f"{thread}/comment", {"body": ""})

    assert [page.status for page in (asked, answered, thanked, commented)] == [422] * 4
    assert "My &lt;details&gt;" in asked.text
    assert 'href="#title"' in asked.text
    assert 'href="#answer"' in answered.text
    number = thread.removeprefix("/p/")
    assert f'href="#category-{number}"' in thanked.text
    assert "Thank you so" in thanked.text
    assert f'href="#comment-{number}"' in commented.text


async def test_every_form_has_a_preview_that_posts_nothing(people: SimpleNamespace) -> None:
    thread = await ask(people.amina)
    body = {"title": "Draft", "body": "*Hello*", "act": "preview"}

    pages = [
        await people.amina.submit("/c/reviews/ask", body),
        await people.ben.submit(f"{thread}/answer", body),
        await people.amina.submit(f"{thread}/edit", body),
        await people.amina.submit("/preview", body),
    ]

    assert [page.status for page in pages] == [200] * 4
    assert all("<em>Hello</em>" in page.text for page in pages)
    assert "<html" not in pages[-1].text
    assert "Hello" not in (await people.guest.get(thread)).text


async def test_an_edit_shows_in_the_history_by_words(
    people: SimpleNamespace, clock: TurnedClock
) -> None:
    thread = await ask(people.amina, body="We meet on Monday mornings.")
    clock.turn(timedelta(minutes=5))

    form = {"title": "How do you review?", "body": "We meet on Friday mornings.", "act": "save"}
    saved = await people.amina.submit(f"{thread}/edit", form)
    history = await people.guest.get(f"{thread}/history")

    assert "Friday" in saved.text
    assert "<del>Monday</del><ins>Friday</ins>" in history.text
    assert "<span>We meet on Monday mornings.</span>" in history.text.split("Version 1")[1]


async def test_only_its_author_edits_or_deletes_a_post(people: SimpleNamespace) -> None:
    thread = await ask(people.amina)
    form = {"title": "Mine now", "body": "Changed", "act": "save"}

    refused = [
        await people.ben.get(f"{thread}/edit"),
        await people.ben.submit(f"{thread}/edit", form),
        await people.ben.get(f"{thread}/delete"),
        await people.ben.submit(f"{thread}/delete"),
        await people.ben.get(f"{thread}/quotes"),
        await people.ben.submit(f"{thread}/quotes", {"quote": "1"}),
    ]

    assert [page.status for page in refused] == [403] * len(refused)
    assert "Mine now" not in (await people.guest.get(thread)).text


async def test_a_deleted_question_leaves_a_line_and_its_answers(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.amina, title="Soon gone", body="Private words")
    await answer_to(people.ben, thread, "The answer stays")
    assert "1 reply stays." in (await people.amina.get(f"{thread}/delete")).text

    gone = await people.amina.submit(f"{thread}/delete")

    assert "The author deleted this." in gone.text
    assert "The answer stays" in gone.text
    assert "Private words" not in gone.text
    assert (await people.amina.get(f"{thread}/history")).status == 404


async def test_a_steward_locks_pins_removes_and_restores(people: SimpleNamespace) -> None:
    thread = await ask(people.amina, title="To be looked after")
    answer = await answer_to(people.ben, thread, "It was Mr Smith")

    await people.sam.submit(f"{thread}/pin", {"on": "yes"})
    locked = await people.sam.submit(f"{thread}/lock", {"on": "yes"})
    without_reason = await people.sam.submit(f"{answer}/remove", {"reason": " "})
    removed = await people.sam.submit(f"{answer}/remove", {"reason": "It names a client"})

    assert "A steward locked this thread." in locked.text
    assert (await people.ben.submit(f"{thread}/comment", {"body": "Me too"})).status == 403
    assert without_reason.status == 422
    assert "Reason: It names a client" in removed.text
    assert "Mr Smith" not in (await people.guest.get(thread)).text
    assert (await people.guest.get(f"{answer}/history")).status == 404
    assert "Pinned" in (await people.guest.get("/c/reviews")).text
    restored = await people.moderator.submit(f"{answer}/restore", {"reason": "Name taken out"})
    assert restored.path == "/moderation"
    assert "Mr Smith" in (await people.guest.get(thread)).text


async def test_members_cannot_govern(people: SimpleNamespace) -> None:
    thread, other = await ask(people.amina), await ask(people.amina)

    refused = [
        await people.ben.submit(f"{thread}/lock", {"on": "yes"}),
        await people.ben.submit(f"{thread}/pin", {"on": "yes"}),
        await people.ben.submit(f"{thread}/remove", {"reason": "Because"}),
        await people.ben.get(f"{thread}/remove"),
        await people.ben.get(f"{thread}/duplicate"),
        await people.ben.submit(f"{thread}/duplicate", {"original": other}),
        await people.ben.get(f"{thread}/move"),
        await people.ben.submit(f"{thread}/move", {"community": "1"}),
        await people.ben.get("/c/reviews/stewards"),
        await people.ben.submit("/c/reviews/stewards", {"handle": "@ben", "act": "add"}),
        await people.ben.submit("/c/reviews/stewards", {"handle": "@amina", "act": "ban"}),
        await people.ben.get("/c/reviews/edit"),
        await people.ben.get("/c/fraud/requests"),
        await people.ben.get("/communities/new"),
    ]

    assert [page.status for page in refused] == [403] * len(refused)


async def test_what_is_wrong_with_a_ban_stands_at_its_own_form(people: SimpleNamespace) -> None:
    form = {"act": "ban", "handle": "@nobody_here", "reason": "Rude"}

    unknown = await people.sam.submit("/c/reviews/stewards", form)
    steward = await people.sam.submit(
        "/c/reviews/stewards", form | {"handle": "@sam_steward", "reason": ""}
    )

    for answer in (unknown, steward):
        assert answer.status == 422
        assert 'href="#ban-handle"' in answer.text
        assert 'id="ban-handle-error"' in answer.text
        assert 'id="handle-error"' not in answer.text
    assert 'value="@nobody_here"' in unknown.text


async def test_someone_who_has_not_joined_reads_and_is_asked_to_join(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.amina)

    page = await people.outsider.get(thread)
    ask_page = await people.outsider.get("/c/reviews/ask")
    answered = await people.outsider.submit(f"{thread}/answer", {"body": "Hi", "act": "post"})

    assert "Only members of this community reply." in page.text
    assert f'action="{thread}/kudos"' not in page.text
    assert (ask_page.path, answered.status) == ("/c/reviews", 403)
    assert "Join the community first" in ask_page.text


async def test_asking_to_join_waits_for_the_steward_who_lets_in(
    people: SimpleNamespace,
) -> None:
    waiting = await people.amina.submit("/c/fraud/join")
    assert "You asked to join. A steward will let you in" in waiting.text
    assert "asks to join" in (await people.sam.get("/")).text
    assert "asks to join" in (await people.sam.get("/notifications")).text
    requests = (await people.sam.get("/c/fraud/requests")).text
    request = re.findall(r'name="request" value="(\d+)"', requests)[0]

    decided = await people.sam.submit(
        "/c/fraud/requests", {"request": request, "act": "approve"}
    )

    assert "Nobody is waiting" in decided.text
    assert (
        "You are now a member of About fraud" in (await people.amina.get("/notifications")).text
    )
    left = await people.amina.submit("/c/fraud/leave")
    assert "Ask to join" in left.text


async def test_vis_05_a_hidden_thread_and_an_unknown_one_look_alike(
    people: SimpleNamespace,
) -> None:
    hidden = await ask(people.sam, title="The secret signal", community="fraud")
    unknown = "/p/4611686018427387904"
    forms = (
        "answer comment helpful kudos accept reopen lock pin delete remove restore report edit"
    )

    for browser in (people.ben, people.guest):
        for path in ("", "/history", "/edit", "/delete", "/remove", "/report"):
            found = [await browser.get(each + path) for each in (hidden, unknown)]
            assert _told(found[0], hidden) == _told(found[1], unknown), path
    for act in forms.split():
        fields = {
            "on": "yes",
            "reason": "x",
            "body": "x",
            "title": "x",
            "category": "solved-it",
        }
        found = [await people.ben.submit(f"{each}/{act}", fields) for each in (hidden, unknown)]
        assert _told(found[0], hidden) == _told(found[1], unknown), act
        assert found[0].status == 404, act
    assert "The secret signal" in (await people.sam.get(hidden)).text


def _told(answer: Answer, path: str) -> tuple[int, list[str], str]:
    """Give status, header names and body without what differs between any two requests."""
    text = re.sub(r'nonce="[^"]*"|name="csrf" value="[^"]*"', "", answer.text)
    return answer.status, sorted(answer.headers), text.replace(path, "/p/ID")


async def test_a_members_community_shows_outsiders_its_charter_only(
    people: SimpleNamespace,
) -> None:
    thread = await ask(people.sam, title="An inside question", community="fraud")

    for browser in (people.guest, people.ben):
        community = await browser.get("/c/fraud")
        found = await browser.get("/search?q=inside")
        home = await browser.get("/")

        assert "Be <em>kind</em>." in community.text
        assert "Members only" in community.text
        assert not any("An inside question" in page.text for page in (community, found, home))
    assert thread in (await people.sam.get("/search?q=INSIDE+question")).text


async def test_a_community_is_started_and_edited(people: SimpleNamespace) -> None:
    form = {
        "name": "forms",
        "display_name": "Plain forms",
        "summary": "Forms that work",
        "charter": "For **everyone**",
        "topics": "Wording\n\nTesting\n",
        "join": "open",
        "visibility": "public",
    }
    wrong = await people.sam.submit("/communities/new", form | {"name": "admin"})
    started = await people.sam.submit("/communities/new", form)
    again = await people.sam.submit("/communities/new", form)

    edited = await people.sam.submit(
        "/c/forms/edit", form | {"display_name": "Plainer forms", "visibility": "members"}
    )

    assert (wrong.status, started.status, again.status) == (422, 200, 422)
    assert 'href="#name"' in wrong.text
    assert "That name is taken" in again.text
    assert started.path == "/c/forms"
    assert "For <strong>everyone</strong>" in started.text
    assert "Plainer forms" in edited.text
    assert "Everyone may read it." in edited.text
    assert "Wording" in (await people.sam.get("/c/forms/ask")).text
    assert "Plainer forms" in (await people.guest.get("/communities")).text


async def test_the_directory_keeps_to_what_was_asked_for(people: SimpleNamespace) -> None:
    mine = (await people.ben.get("/communities?scope=mine")).text
    elsewhere = (await people.guest.get("/communities?scope=elsewhere")).text

    assert "About reviews" in mine
    assert "About fraud" not in mine
    assert "No community of another agency is known here yet" in elsewhere


async def test_a_community_page_turns_its_pages(
    people: SimpleNamespace, clock: TurnedClock
) -> None:
    await people.sam.submit(
        "/communities/new",
        {
            "name": "long",
            "display_name": "Long",
            "join": "open",
            "visibility": "public",
            "topics": "Odd",
        },
    )
    for number in range(23):
        clock.turn(timedelta(seconds=30))
        await ask(people.sam, title=f"Number {number:02}", community="long", topic="odd")

    first = (await people.guest.get("/c/long?topic=odd")).text
    older = re.findall(r'href="([^"]+)" rel="next"', first)[0].replace("&amp;", "&")
    second = (await people.guest.get(older)).text

    assert _numbers(first) == list(range(22, 2, -1))
    assert _numbers(second) == [2, 1, 0]
    assert 'rel="prev"' in second


def _numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r">Number (\d+)</a>", page)]


async def test_a_report_reaches_the_desk_once(people: SimpleNamespace) -> None:
    thread = await ask(people.amina)

    without = await people.ben.submit(f"{thread}/report", {"reason": ""})
    reported = await people.ben.submit(f"{thread}/report", {"reason": "It names a client"})
    again = await people.ben.submit(f"{thread}/report", {"reason": "It names a client"})

    assert (without.status, again.status) == (422, 409)
    assert 'href="#reason"' in without.text
    assert "The moderators will look at it" in reported.text


async def test_members_are_told_and_say_that_they_read_it(people: SimpleNamespace) -> None:
    thread = await ask(people.amina, title="Who tells me?")
    await answer_to(people.ben, thread)

    told = (await people.amina.get("/notifications")).text
    seen = (await people.amina.submit("/notifications")).text

    assert "Ben answered your question" in told
    assert "Who tells me?" in told
    assert "notification--unread" in told
    assert "notification--unread" not in seen


async def test_home_shows_a_member_whom_they_could_help(people: SimpleNamespace) -> None:
    await ask(people.amina, title="Nobody knows this yet")

    helper, asker = (await people.ben.get("/")).text, (await people.amina.get("/")).text

    assert "Nobody knows this yet" in helper.split("Help you can give")[1].split("<aside")[0]
    assert "Nobody knows this yet" in asker.split("Your open questions")[1]


async def test_people_are_found_by_members_only(people: SimpleNamespace) -> None:
    by_member = (await people.ben.get("/search?q=amina&tab=people")).text
    by_guest = (await people.guest.get("/search?q=amina&tab=people")).text

    assert "/@amina" in by_member
    assert "/@amina" not in by_guest


async def test_an_unknown_address_is_explained(
    people: SimpleNamespace, agency: Instance
) -> None:
    guest = (await people.guest.get("/search?q=%40nobody%40nowhere.localhost%3A1")).text
    known = (await people.guest.get(f"/search?q=%21reviews%40{agency.host}")).text

    assert "Sign in, and we ask its agency for it." in guest
    assert "About reviews" in known


@pytest.mark.parametrize(
    "path",
    [
        "/p/0",
        "/p/x",
        "/p/9999999999999999999999",
        "/p/%00",
        "/p/²",
        "/c/nobody",
        "/c/reviews@elsewhere.example",
        "/c/%00",
        "/c/@",
        "/p/1/history",
    ],
)
async def test_what_is_not_there_is_not_found(people: SimpleNamespace, path: str) -> None:
    answer = await people.ben.get(path.replace("²", "%C2%B2"))

    assert answer.status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/c/reviews?topic=%00&before=%00&tab=%00",
        "/c/reviews?before=2026-01-01T00:00:00~5",
        "/c/reviews?before=2026-01-01T00:00:00%2B00:00~5",
        "/c/reviews?before=0001-01-01T00:00:00%2B14:00~5",
        "/communities?before=9999-12-31T23:59:59-14:00~5",
        "/tags/nearmiss?before=0001-01-01T00:00:00%2B14:00~5",
        "/search?q=%00%FF",
        "/communities?q=%00&scope=%00",
    ],
)
async def test_odd_parameters_are_ignored(people: SimpleNamespace, path: str) -> None:
    answer = await people.guest.get(path)

    assert answer.status == 200


async def test_what_is_typed_may_have_any_characters(people: SimpleNamespace) -> None:
    thread = await ask(people.amina, title="A\0B \U0001f600", body="one\r\ntwo \0 <b>x</b>")

    page = (await people.guest.get(thread)).text

    assert "AB \U0001f600" in page


async def test_a_guest_is_sent_to_sign_in(people: SimpleNamespace) -> None:
    for path in ("/c/reviews/ask", "/notifications", "/communities/new"):
        answer = await people.guest.get(path, follow=False)

        assert answer.status == 303
        assert answer.headers["Location"] == f"/sign-in?next={path}"


async def test_a_thread_costs_the_same_few_statements_however_long_it_is(
    people: SimpleNamespace, agency: Instance
) -> None:
    short = await ask(people.amina)
    long = await ask(people.amina)
    for number in range(5):
        answer = await answer_to(people.ben, long, f"Answer {number}")
        await people.amina.submit(f"{answer}/comment", {"body": "Thank you"})
        await people.amina.submit(f"{answer}/kudos", {"on": "yes", "category": "solved-it"})

    counts = [await statements(agency, people.amina, path) for path in (short, long)]

    # Of the ten, three read emoji, what is pointed to and what is the reader's own, and two
    # find the session and where what she wrote is delivered.
    assert counts == [10, 10]
