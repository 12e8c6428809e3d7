"""What profiles show, what is much discussed and whom one might join, on pages."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from schemas.records import Role
from server.services import trending
from server.storage.embedded import Cluster
from tests.counting import statements
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    here: Instance
    clock: TurnedClock
    amina: Browser
    ben: Browser
    chloe: Browser
    mona: Browser
    guest: Browser

    async def ask(self, browser: Browser, title: str, body: str = "Words") -> str:
        self.clock.turn(timedelta(minutes=11))
        form = {"kind": "question", "title": title, "body": body, "act": "post"}
        answer = await browser.submit("/c/reviews/ask", form)
        assert re.fullmatch(r"/p/\d+", answer.path), answer.text
        return answer.path

    async def answer(self, browser: Browser, thread: str, body: str) -> None:
        await browser.submit(f"{thread}/answer", {"body": body, "act": "post"})


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
            chloe=await here.member_browser("chloe"),
            mona=await here.member_browser("mona", Role.MODERATOR),
            guest=here.browser(),
        )
        for browser in (found.amina, found.ben, found.chloe):
            await browser.submit("/c/reviews/join")
        yield found


async def test_a_profile_shows_a_post_until_it_is_taken_off(house: House) -> None:
    thread = await house.ask(house.ben, "The one to read first")

    shown = await house.ben.submit(f"{thread}/profile", {"on": "yes"})
    page = (await house.guest.get("/@ben")).text
    hidden = await house.ben.submit(f"{thread}/profile", {"on": "no"})

    assert "Your profile shows it now." in shown.text
    assert "Take off my profile" in shown.text
    assert "Shown first" in page
    assert page.count("The one to read first") == 2
    assert "Show on my profile" in hidden.text
    assert "Shown first" not in (await house.guest.get("/@ben")).text


async def test_another_s_post_is_not_shown(house: House) -> None:
    thread = await house.ask(house.amina, "Not mine")

    refused = await house.ben.submit(f"{thread}/profile", {"on": "yes"})

    assert refused.status == 403
    assert "You can pin your own posts only." in refused.text


async def test_a_profile_recommends_whom_its_member_follows(house: House) -> None:
    early = await house.ben.submit("/@amina/recommend", {"on": "yes"})
    await house.ben.submit("/@amina/follow")

    done = await house.ben.submit("/@amina/recommend", {"on": "yes"})
    page = (await house.guest.get("/@ben")).text
    over = await house.ben.submit("/@amina/recommend", {"on": "no"})

    assert "You can recommend those whom you follow only." in early.text
    assert "Your profile recommends Amina." in done.text
    assert "Recommend no longer" in done.text
    assert "Recommends" in page
    assert "does not recommend Amina any more" in over.text
    assert "Recommends" not in (await house.guest.get("/@ben")).text


async def test_a_profile_shows_hashtags(house: House) -> None:
    done = await house.ben.submit("/tags/Near_Miss/profile", {"on": "yes"})
    page = (await house.guest.get("/@ben")).text
    over = await house.ben.submit("/tags/near_miss/profile", {"on": "no"})

    assert "Your profile shows #Near_Miss." in done.text
    assert "Take off my profile" in done.text
    assert 'href="/tags/near_miss">#Near_Miss</a>' in page
    assert "Show on my profile" in over.text

    for number in range(10):
        await house.ben.submit(f"/tags/many{number}/profile", {"on": "yes"})
    eleventh = await house.ben.submit("/tags/eleven/profile", {"on": "yes"})
    assert "A profile shows 10 hashtags." in eleventh.text


async def test_a_thread_is_muted_on_its_page(house: House) -> None:
    thread = await house.ask(house.ben, "Enough of it")

    quiet = await house.ben.submit(f"{thread}/quiet", {"on": "yes"})
    await house.answer(house.amina, thread, "One more")
    told = (await house.ben.get("/notifications")).text
    loud = await house.ben.submit(f"{thread}/quiet", {"on": "no"})

    assert "Hear of this thread again" in quiet.text
    assert "Enough of it" not in told
    assert "Hear no more of this thread" in loud.text


async def test_what_is_much_discussed_is_on_the_front_page(house: House) -> None:
    before = await statements(house.here, house.ben, "/")
    thread = await house.ask(house.ben, "A flood of questions", "The #flood")
    for browser in (house.amina, house.chloe):
        await house.answer(browser, thread, "A #flood")
    await trending.count(house.here.context)

    guest = (await house.guest.get("/")).text
    mine = (await house.ben.get("/")).text

    for page in (guest, mine):
        section = page.partition('id="discussed-heading"')[2]
        assert "A flood of questions" in section
        assert "#flood" in section
    assert await statements(house.here, house.ben, "/") == before


async def test_a_moderator_switches_it_off_and_on(house: House) -> None:
    off = await house.mona.submit("/moderation/trends", {"on": "no"})
    page = (await house.guest.get("/")).text
    await trending.count(house.here.context)
    still = (await house.guest.get("/")).text
    on = await house.mona.submit("/moderation/trends", {"on": "yes"})
    refused = await house.ben.submit("/moderation/trends", {"on": "yes"}, page="/settings")

    assert "no longer counted or shown" in off.text
    assert "Hid what is much discussed" in off.text
    assert "discussed-heading" not in page + still
    assert "Do not show it any more" in on.text
    assert refused.status == 403


async def test_communities_that_fit_are_suggested_until_they_are_not_wanted(
    house: House,
) -> None:
    steward = (await life.signed_in(house.here.context, "sam")).member.actor
    before = await statements(house.here, house.ben, "/")
    harbour = await life.opened(house.here, steward, "harbour")

    page = (await house.ben.get("/")).text
    cost = await statements(house.here, house.ben, "/")
    done = await house.ben.submit("/suggestions/dismiss", {"id": str(harbour.id)}, page="/")

    assert "Communities you might join" in page
    assert "About Near misses" in page
    assert cost == before
    assert "It is not suggested to you any more." in done.text
    assert "Communities you might join" not in (await house.ben.get("/")).text
