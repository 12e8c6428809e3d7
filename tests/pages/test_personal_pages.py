"""What members keep for themselves, on pages: bookmarks, mutes, lists, filters, hashtags."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from schemas.records import Role
from server.storage.embedded import Cluster
from server.workers import housekeeping
from tests.counting import statements
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    here: Instance
    clock: TurnedClock
    amina: Browser
    ben: Browser
    guest: Browser

    async def ask(self, browser: Browser, title: str, body: str = "Words") -> str:
        self.clock.turn(timedelta(minutes=11))
        form = {"kind": "question", "title": title, "body": body, "act": "post"}
        answer = await browser.submit("/c/reviews/ask", form)
        assert re.fullmatch(r"/p/\d+", answer.path), answer.text
        return answer.path

    async def answer(self, browser: Browser, thread: str, body: str) -> str:
        page = await browser.submit(f"{thread}/answer", {"body": body, "act": "post"})
        return "/p/" + re.findall(r'id="p(\d+)" aria-label="Answer by', page.text)[-1]


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    clock = TurnedClock()
    async with running(cluster, "health", clock=clock, work=False) as here:
        steward = await here.member("sam", Role.STEWARD)
        await life.opened(here, steward.actor, "reviews")
        found = House(
            here=here,
            clock=clock,
            amina=await here.member_browser("amina"),
            ben=await here.member_browser("ben"),
            guest=here.browser(),
        )
        for browser in (found.amina, found.ben):
            await browser.submit("/c/reviews/join")
        yield found


async def test_a_post_is_bookmarked_in_its_thread_and_found_again(house: House) -> None:
    thread = await house.ask(house.ben, "Which template?")
    answer = await house.answer(house.amina, thread, "The short one")

    kept = await house.ben.submit(f"{answer}/bookmark", {"on": "yes"})
    listed = await house.ben.get("/bookmarks")

    number = answer.removeprefix("/p/")
    button = re.search(rf'id="keep-button-{number}" aria-pressed="(\w+)"', kept.text)
    assert button is not None
    assert button[1] == "true"
    assert f"{thread}#p{number}" in listed.text
    assert "The short one" in listed.text
    assert "You keep nothing yet" in (await house.amina.get("/bookmarks")).text
    assert "keep-button" not in (await house.guest.get(thread)).text

    await house.amina.submit(f"{answer}/delete")
    assert "You keep nothing yet" in (await house.ben.get("/bookmarks")).text


async def test_what_is_not_there_cannot_be_bookmarked(house: House) -> None:
    assert (await house.ben.submit("/p/12/bookmark", {"on": "yes"})).status == 404


async def test_bookmarks_cost_the_same_few_statements_however_many_they_are(
    house: House,
) -> None:
    before = await statements(house.here, house.ben, "/bookmarks")
    for number in range(4):
        thread = await house.ask(house.amina, f"Number {number}")
        await house.ben.submit(f"{thread}/bookmark", {"on": "yes"})

    assert await statements(house.here, house.ben, "/bookmarks") == before


async def test_who_is_muted_is_folded_in_threads_and_left_out_of_lists(house: House) -> None:
    thread = await house.ask(house.ben, "Muted answers?")
    await house.answer(house.amina, thread, "Loudly so")
    theirs = await house.ask(house.amina, "A loud question")

    done = await house.ben.submit("/@amina/mute", {"lasts": "1h", "notifications": "yes"})

    assert "You muted Amina" in done.text
    page = (await house.ben.get(thread)).text
    assert "From somebody you muted" in page
    assert "Loudly so" in page
    assert theirs not in (await house.ben.get("/c/reviews")).text
    assert theirs in (await house.ben.get("/@amina")).text
    assert "amina" in (await house.ben.get("/settings/silences?tab=muted")).text

    house.clock.turn(timedelta(hours=1))
    await housekeeping.clean_once(house.here.context)
    assert theirs in (await house.ben.get("/c/reviews")).text
    assert "You muted nobody" in (await house.ben.get("/settings/silences")).text


async def test_who_is_blocked_stays_folded_so_that_the_thread_can_be_read(
    house: House,
) -> None:
    thread = await house.ask(house.ben, "Blocked answers?")
    answer = await house.answer(house.amina, thread, "A rude answer")
    await house.ben.submit(f"{answer}/comment", {"body": "My reply to it"})
    await house.ben.submit("/@amina/follow")
    await house.amina.submit("/@ben/follow")

    done = await house.ben.submit("/@amina/block")
    refused = await house.amina.submit("/@ben/follow")
    page = (await house.ben.get(thread)).text

    assert "You blocked Amina" in done.text
    assert "/@amina/follow" in done.text, "the Follow has ended"
    assert refused.status == 403
    assert "From somebody you blocked" in page
    assert "My reply to it" in page
    assert "A rude answer" in (await house.amina.get(thread)).text
    assert thread in (await house.amina.get("/c/reviews")).text, "blocks are one's own"

    listed = await house.ben.get("/settings/silences?tab=blocked")
    number = re.search(r'name="id" value="(\d+)"', listed.text)
    assert number is not None
    await house.ben.submit("/settings/silences", {"act": "unblock", "id": number[1]})
    assert "From somebody you blocked" not in (await house.ben.get(thread)).text


async def test_a_server_is_blocked_and_what_is_none_is_refused_where_it_is(
    house: House,
) -> None:
    wrong = await house.ben.submit("/settings/silences", {"domain": "no server"})
    done = await house.ben.submit("/settings/silences", {"domain": "Loud.example"})
    undone = await house.ben.submit(
        "/settings/silences", {"act": "unblock-domain", "domain": "loud.example"}
    )

    assert wrong.status == 422
    assert 'href="#domain"' in wrong.text
    assert "loud.example" in done.text
    assert "You blocked no server" in undone.text


async def test_a_note_about_somebody_is_on_their_page_for_its_writer_alone(
    house: House,
) -> None:
    done = await house.ben.submit("/@amina/note", {"note": "Knows <reviews>"})
    wrong = await house.ben.submit("/@amina/note", {"note": "x" * 2001})

    assert "Knows &lt;reviews&gt;</textarea>" in done.text
    assert wrong.status == 422
    assert 'href="#note"' in wrong.text
    assert "Knows" not in (await house.amina.get("/@amina")).text


async def test_a_list_is_made_filled_and_read(house: House) -> None:
    wrong = await house.ben.submit("/lists", {"title": " "})
    made = await house.ben.submit("/lists", {"title": "Colleagues"})
    place = made.path.removesuffix("/edit")
    await house.ben.submit("/@amina/follow")
    options = (await house.ben.get(f"{place}/edit")).text
    number = re.search(r'<option value="(\d+)"[^>]*>Amina', options)
    assert number is not None
    theirs = await house.ask(house.amina, "For the list")
    filled = await house.ben.submit(f"{place}/edit", {"act": "add", "id": number[1]})

    assert wrong.status == 422
    assert 'href="#title"' in wrong.text
    assert "Take out" in filled.text
    assert theirs in (await house.ben.get(place)).text
    for path in (place, f"{place}/edit"):
        theirs_too = await house.amina.get(path)
        nothing = await house.amina.get(path.replace(place, "/lists/12"))
        assert (theirs_too.status, nothing.status) == (404, 404)

    saved = await house.ben.submit(
        f"{place}/edit", {"title": "Friends", "replies": "list", "exclusive": "yes"}
    )
    assert "Friends" in saved.text
    assert "not on the home page" in (await house.ben.get("/lists")).text
    assert (await house.ben.submit(f"{place}/edit", {"title": ""})).status == 422
    await house.ben.submit(f"{place}/edit", {"act": "take-out", "id": number[1]})
    assert theirs not in (await house.ben.get(place)).text
    gone = await house.ben.submit(f"{place}/edit", {"act": "remove"})
    assert "You have no list yet" in gone.text


async def test_a_filter_folds_or_leaves_out_and_the_page_says_so(house: House) -> None:
    thread = await house.ask(house.amina, "All about mud")
    other = await house.ask(house.ben, "Dry things")
    answer = await house.answer(house.amina, other, "More mud")
    form = {
        "title": "Dirt",
        "keywords": "mud\n\nmire",
        "whole": "yes",
        "context-public": "yes",
        "context-thread": "yes",
        "action": "warn",
    }

    made = await house.ben.submit("/filters/new", form)
    assert "The filter is at work" in made.text
    folded = (await house.ben.get("/c/reviews")).text
    inside = (await house.ben.get(other)).text
    assert "Filtered: Dirt" in folded
    assert "All about mud" not in folded
    assert "Filtered: Dirt" in inside
    assert "All about mud" in (await house.amina.get("/c/reviews")).text

    filters = (await house.ben.get("/filters")).text
    place = re.search(r'href="(/filters/\d+)"', filters)
    assert place is not None
    await house.ben.submit(place[1], form | {"action": "hide", "lasts": "1d"})
    hidden = (await house.ben.get("/c/reviews")).text
    assert thread not in hidden
    assert "1 post is hidden by your filters" in hidden
    left = (await house.ben.get(other)).text
    assert f'id="{answer.removeprefix("/")[2:]}"' not in left
    assert "1 post is hidden by your filters" in left
    # Who goes to a thread itself finds it folded, and not gone.
    assert "Filtered: Dirt" in (await house.ben.get(thread)).text

    assert (await house.amina.get(place[1])).status == 404
    await house.ben.submit(place[1], form | {"keywords": "mire", "lasts": "keep"})
    assert thread in (await house.ben.get("/c/reviews")).text
    house.clock.turn(timedelta(days=1))
    assert "over" in (await house.ben.get("/filters")).text
    gone = await house.ben.submit(place[1], {"act": "remove"})
    assert "You have no filter yet" in gone.text


async def test_a_filter_without_a_name_or_a_place_is_refused_where_it_is(
    house: House,
) -> None:
    wrong = await house.ben.submit("/filters/new", {"title": "", "keywords": "mud"})

    assert wrong.status == 422
    assert 'href="#title"' in wrong.text
    assert 'href="#context"' in wrong.text
    assert ">mud</textarea>" in wrong.text


async def test_notifications_of_what_filters_hide_are_left_out(house: House) -> None:
    form = {
        "title": "Quiet",
        "keywords": "hush",
        "context-notifications": "yes",
        "action": "hide",
    }
    await house.ben.submit("/filters/new", form)
    thread = await house.ask(house.ben, "Tell me")
    answer = await house.answer(house.amina, thread, "Hush now")

    page = (await house.ben.get("/notifications")).text

    assert f"#p{answer.removeprefix('/p/')}" not in page
    assert "1 post is hidden by your filters" in page


async def test_a_followed_hashtag_is_on_the_home_page(house: House) -> None:
    thread = await house.ask(house.amina, "With a tag", "About #bridges")
    olga = await house.here.member_browser("olga")

    followed = await olga.submit("/tags/bridges/follow", {"on": "yes"})
    home = (await olga.get("/")).text
    await olga.submit("/tags/bridges/follow", {"on": "no"})

    assert "Unfollow" in followed.text
    assert thread in home
    assert 'href="/tags/bridges"' in home
    assert thread not in (await olga.get("/")).text
    assert "/follow" not in (await house.guest.get("/tags/bridges")).text


@pytest.mark.parametrize("path", ["/bookmarks", "/lists", "/filters", "/settings/silences"])
async def test_settings_lead_to_what_is_ones_own_and_guests_sign_in(
    house: House, path: str
) -> None:
    assert f'href="{path}"' in (await house.ben.get("/settings")).text
    assert (await house.guest.get(path, follow=False)).status == 303
