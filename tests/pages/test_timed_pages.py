"""What has its time, on pages: posts for later, and announcements of the agency."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from schemas.records import Role
from server.handlers.mastodon.writing import composed_again
from server.storage.embedded import Cluster
from server.workers import scheduled as worker
from tests.counting import statements
from tests.instance import Answer, Browser, Instance, TurnedClock, running
from tests.stories import life

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
LIST: Final = "/settings/scheduled"
DESK: Final = "/moderation/announcements"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    here: Instance
    clock: TurnedClock
    ben: Browser
    mo: Browser
    guest: Browser

    def at(self, by: timedelta = DAY) -> str:
        """Say when, as a browser does in Warsaw."""
        # In the first days of March its clocks are an hour ahead.
        return (self.clock.now() + by + HOUR).strftime("%Y-%m-%dT%H:%M")

    async def asks_later(self, title: str, at: str, **more: str) -> Answer:
        form = {"kind": "question", "title": title, "body": "Words", "act": "post", "at": at}
        return await self.ben.submit("/c/reviews/ask", form | more)

    async def comes_due(self, by: timedelta = DAY) -> None:
        self.clock.turn(by)
        await worker.publish_due(self.here.context, composed_again)

    async def posted(self, title: str) -> list[tuple[object, ...]]:
        return await life.rows(
            self.here, "SELECT kind, published_at FROM posts WHERE title = $1", title
        )


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    clock = TurnedClock()
    async with running(cluster, "health", clock=clock, work=False) as here:
        steward = await here.member("sam", Role.STEWARD)
        await life.opened(here, steward.actor, "reviews")
        found = House(
            here=here,
            clock=clock,
            ben=await here.member_browser("ben"),
            mo=await here.member_browser("mo", Role.MODERATOR),
            guest=here.browser(),
        )
        profile = {"display_name": "Ben", "about": "", "language": "en"}
        await found.ben.submit("/settings", profile | {"time_zone": "Europe/Warsaw"})
        await found.ben.submit("/c/reviews/join")
        yield found


@pytest.fixture(autouse=True)
async def alone(house: House) -> None:
    house.clock.turn(timedelta(minutes=11))
    async with house.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM scheduled_posts")
        await tx.execute("DELETE FROM announcements")


def _id(answer: Answer) -> str:
    return re.findall(r'id="scheduled-(\d+)"', answer.text)[0]


async def test_a_question_is_asked_later_in_the_zone_of_who_asks(house: House) -> None:
    due = house.clock.now() + DAY
    listed = await house.asks_later("Which bridge?", house.at(), topic="near-misses")
    before = await house.posted("Which bridge?")
    await house.comes_due()

    assert (listed.path, before) == (LIST, [])
    assert "Which bridge?" in listed.text
    assert f'value="{(due + HOUR).strftime("%Y-%m-%dT%H:%M")}"' in listed.text
    assert await house.posted("Which bridge?") == [("question", house.clock.now())]
    assert "Nothing waits" in (await house.ben.get(LIST)).text


async def test_a_poll_opens_later_and_is_open_from_then_on(house: House) -> None:
    form = {
        "title": "Tea or coffee?", "choices": "Tea\nCoffee", "several": "no", "hours": "24",
        "body": "", "act": "post", "at": house.at(),
    }  # fmt: skip
    listed = await house.ben.submit("/c/reviews/poll", form)
    await house.comes_due()

    assert listed.path == LIST
    assert [kind for kind, _ in await house.posted("Tea or coffee?")] == ["poll"]
    closes = await life.value(house.here, "SELECT max(closes_at) FROM polls")
    assert closes == house.clock.now() + DAY


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-01-01T10:00", "Choose a time that is more than five minutes ahead."),
        ("2999-01-01T10:00", "Choose a time within the next ten years."),
        ("soon", "Enter a day and a time, such as 2026-03-09T14:30."),
        (" ", "Choose a time that is more than five minutes ahead."),
    ],
)
async def test_a_time_that_cannot_be_is_told_at_its_field_and_nothing_is_lost(
    house: House, at: str, told: str
) -> None:
    answer = await house.asks_later("A long question", at)

    assert answer.status == 422
    assert f'href="#at">{told}</a>' in answer.text
    assert 'value="A long question"' in answer.text


async def test_what_is_wrong_with_it_is_told_when_it_is_written(house: House) -> None:
    answer = await house.asks_later("", house.at())
    poll = await house.ben.submit(
        "/c/reviews/poll",
        {"title": "Which?", "choices": "One", "hours": "24", "at": house.at(), "act": "post"},
    )

    assert (answer.status, poll.status) == (422, 422)
    assert 'href="#title"' in answer.text
    assert 'href="#choices"' in poll.text


async def test_a_preview_keeps_the_time(house: House) -> None:
    at = house.at()
    answer = await house.asks_later("Preview", at, act="preview")

    assert f'value="{at}"' in answer.text
    assert "Nothing waits" in (await house.ben.get(LIST)).text


async def test_it_is_given_another_time_or_cancelled(house: House) -> None:
    number = _id(await house.asks_later("Move me", house.at()))
    path = f"{LIST}/{number}"

    wrong = await house.ben.submit(path, {"act": "move", "at": "2026-01-01T00:00"})
    empty = await house.ben.submit(path, {"act": "move", "at": ""})
    later = house.at(2 * DAY)
    moved = await house.ben.submit(path, {"act": "move", "at": later})
    await house.comes_due()
    not_yet = await house.posted("Move me")
    cancelled = await house.ben.submit(path, {"act": "cancel"})
    await house.comes_due()

    assert (wrong.status, empty.status) == (422, 422)
    assert f'href="#at-{number}"' in wrong.text
    assert (moved.path, f'value="{later}"' in moved.text) == (LIST, True)
    assert "Nothing waits" in cancelled.text
    assert (not_yet, await house.posted("Move me")) == ([], [])


async def test_somebody_elses_is_like_none(house: House) -> None:
    number = _id(await house.asks_later("Mine", house.at()))

    answer = await house.mo.submit(f"{LIST}/{number}", {"act": "cancel"})

    assert answer.status == 404
    assert "Nothing waits" in (await house.mo.get(LIST)).text


async def test_what_could_not_be_published_is_told_with_the_words(house: House) -> None:
    await house.asks_later("Refused", house.at(), body="My precious words")
    await house.ben.submit("/c/reviews/leave")
    await house.comes_due()

    news = await house.ben.get("/notifications")
    listed = await house.ben.get(LIST)
    await house.ben.submit("/c/reviews/join")

    assert f'href="{LIST}">What you wrote for later could not be published' in news.text
    assert "not published" in listed.text
    assert "Join the community first; then you can write in it." in listed.text
    assert "My precious words" in listed.text


async def test_the_page_goes_on_where_there_are_many(house: House) -> None:
    now = house.clock.now()
    async with house.here.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO scheduled_posts (id, member_id, form, params, due_at, created_at, "
            "leased_until) "
            "SELECT n, a.id, 'status', jsonb_build_object('status', 'Word ' || n), "
            "$1, $2, $2 FROM generate_series(1, 60) AS n, actors a WHERE a.name = 'ben'",
            now + DAY,
            now,
        )

    first = await house.ben.get(LIST)
    cost = await statements(house.here, house.ben, LIST)
    second = await house.ben.get(f"{LIST}?before=11")

    assert ("Word 60" in first.text, "Word 10<" in first.text) == (True, False)
    assert f'href="{LIST}?before=11"' in first.text
    assert "Word 10<" in second.text
    assert await statements(house.here, house.mo, LIST) >= cost - 1


async def test_settings_lead_there_and_guests_do_not(house: House) -> None:
    assert f'href="{LIST}"' in (await house.ben.get("/settings")).text
    assert "/sign-in" in (await house.guest.get(LIST)).path


# Announcements.


async def test_what_moderators_announce_is_on_every_page_until_it_is_dismissed(
    house: House,
) -> None:
    written = await house.mo.submit(DESK, {"body": "**No water** today", "act": "publish"})
    home, about = await house.ben.get("/"), await house.ben.get("/about")
    outside = await house.guest.get("/about")
    [path] = set(re.findall(r'action="(/announcements/\d+/dismiss)"', about.text))
    after = await house.ben.submit(path, {"back": "/about"})

    assert "<strong>No water</strong> today" in written.text
    for page in (home, about):
        assert "<strong>No water</strong> today" in page.text
    assert "No water" not in outside.text
    assert (after.path, "No water" in after.text) == ("/about", False)
    assert "No water" in (await house.mo.get("/about")).text


async def test_a_draft_is_kept_changed_published_withdrawn_and_deleted(house: House) -> None:
    kept = await house.mo.submit(DESK, {"body": "Draft words", "act": "keep"})
    [path] = set(re.findall(rf'href="({DESK}/\d+)"', kept.text))
    unseen = await house.ben.get("/about")
    await house.mo.submit(path, {"body": "Better words", "starts": "", "ends": ""})
    form = await house.mo.get(path)
    await house.mo.submit(path, {"act": "publish"})
    seen = await house.ben.get("/about")
    await house.mo.submit(path, {"act": "withdraw"})
    withdrawn = await house.ben.get("/about")
    gone = await house.mo.submit(path, {"act": "remove"})
    log = await house.mo.get("/moderation")

    assert "Draft words" not in unseen.text
    assert ">Better words</textarea>" in form.text
    assert ("Better words" in seen.text, "Better words" in withdrawn.text) == (True, False)
    assert "Nothing was announced yet" in gone.text
    assert (await house.mo.get(path)).status == 404
    for told in ("Published", "Withdrew", "Deleted"):
        assert f"{told} an announcement" in log.text


async def test_it_is_shown_from_and_until_what_the_moderator_says(house: House) -> None:
    times = {
        name: (house.clock.now() + by).strftime("%Y-%m-%dT%H:%M")
        for name, by in (("starts", HOUR), ("ends", 3 * HOUR))
    }
    desk = await house.mo.submit(DESK, {"body": "Soon", "act": "publish"} | times)
    seen = []
    for _ in range(3):
        seen.append("Soon" in (await house.ben.get("/about")).text)
        house.clock.turn(timedelta(minutes=90))

    assert "not yet" in desk.text
    assert seen == [False, True, False]
    assert "over" in (await house.mo.get(DESK)).text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"body": " "}, "#body"),
        ({"body": "x" * 5001}, "#body"),
        ({"body": "Words", "ends": "2026-01-01T00:00"}, "#ends"),
        ({"body": "Words", "starts": "soon"}, "#starts"),
    ],
)
async def test_what_cannot_be_announced_is_told_at_its_field(
    house: House, fields: dict[str, str], told: str
) -> None:
    answer = await house.mo.submit(DESK, fields | {"act": "publish"})

    assert answer.status == 422
    assert f'href="{told}"' in answer.text


async def test_what_is_wrong_with_a_change_is_told_there_and_an_old_end_is_not_published(
    house: House,
) -> None:
    ends = (house.clock.now() + HOUR).strftime("%Y-%m-%dT%H:%M")
    kept = await house.mo.submit(DESK, {"body": "Old", "ends": ends, "act": "keep"})
    [path] = set(re.findall(rf'href="({DESK}/\d+)"', kept.text))
    wrong = await house.mo.submit(path, {"body": " "})
    house.clock.turn(2 * HOUR)
    late = await house.mo.submit(path, {"act": "publish"})

    assert (wrong.status, late.status) == (422, 422)
    assert 'href="#body"' in wrong.text
    assert 'href="#ends"' in late.text


async def test_only_moderators_announce(house: House) -> None:
    assert (await house.ben.get(DESK)).status == 403
    assert (await house.ben.submit(DESK, {"body": "I say", "act": "publish"})).status == 403


async def test_announcements_cost_no_page_a_statement(house: House) -> None:
    before = await statements(house.here, house.ben, "/about")
    for number in range(5):
        await house.mo.submit(DESK, {"body": f"Number {number}", "act": "publish"})

    assert await statements(house.here, house.ben, "/about") == before
    shown = re.findall(r"Number \d", (await house.ben.get("/about")).text)
    assert shown == ["Number 4", "Number 3", "Number 2"]
