"""Writing outside communities on pages, and private threads there."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest

from schemas.records import Role
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
    mo: Browser
    guest: Browser

    async def writes(self, browser: Browser, body: str, visibility: str) -> str:
        self.clock.turn(life.MINUTE)
        form = {"body": body, "visibility": visibility, "act": "post"}
        answer = await browser.submit("/write", form)
        assert re.fullmatch(r"/p/\d+", answer.path), answer.text
        return answer.path


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    clock = TurnedClock()
    async with running(cluster, "health", clock=clock, work=False) as here:
        yield House(
            here=here,
            clock=clock,
            amina=await here.member_browser("amina"),
            ben=await here.member_browser("ben"),
            mo=await here.member_browser("mo", Role.MODERATOR),
            guest=here.browser(),
        )


async def test_what_one_writes_stands_on_one_s_page_and_in_no_community(house: House) -> None:
    path = await house.writes(house.amina, "The *bridge* is open", "public")

    thread = await house.guest.get(path)
    person = await house.guest.get("/@amina")
    assert "<title>The bridge is open" in thread.text
    assert 'href="/@amina">' in thread.text
    assert "About this community" not in thread.text
    assert path in person.text


async def test_it_is_previewed_changed_answered_and_thanked(house: House) -> None:
    shown = await house.amina.submit(
        "/write", {"body": "Open *again*", "visibility": "unlisted", "act": "preview"}
    )
    assert "<em>again</em>" in shown.text
    assert re.search(r'value="unlisted"[^>]* checked', shown.text)
    path = await house.writes(house.amina, "Open again", "public")

    form = await house.amina.get(f"{path}/edit")
    assert 'name="title"' not in form.text
    house.clock.turn(life.MINUTE)
    await house.amina.submit(f"{path}/edit", {"body": "Open for good", "act": "save"})
    await house.ben.submit(f"{path}/comment", {"body": "At last", "act": "post"})
    await house.ben.submit(f"{path}/helpful", {"on": "yes"})

    thread = await house.amina.get(path)
    assert "Open for good" in thread.text
    assert "At last" in thread.text


async def test_a_message_is_read_by_those_it_names_alone(house: House) -> None:
    handle = f"@amina@{house.here.host}"
    form = await house.ben.get(f"/write?to={quote(handle)}")
    assert f"{handle} " in form.text
    assert re.search(r'value="direct"[^>]* checked', form.text)

    path = await house.writes(house.ben, f"{handle} At noon?", "direct")

    listed = await house.amina.get("/messages")
    assert f'href="{path}"' in listed.text
    assert "New" in listed.text
    assert "At noon?" in (await house.amina.get(path)).text
    assert ">New<" not in (await house.amina.get("/messages")).text
    for stranger in (house.mo, house.guest):
        assert (await stranger.get(path)).status == 404
    assert path not in (await house.mo.get("/@ben")).text
    assert path not in (await house.ben.get("/")).text


async def test_an_answer_without_names_goes_to_all_of_the_conversation(house: House) -> None:
    path = await house.writes(
        house.ben, f"@amina@{house.here.host} @mo@{house.here.host} Lunch?", "direct"
    )

    await house.amina.submit(f"{path}/comment", {"body": "Gladly", "act": "post"})

    for each in (house.ben, house.mo):
        assert "Gladly" in (await each.get(path)).text


async def test_what_cannot_be_sent_stays_in_the_form(house: House) -> None:
    refused = await house.ben.submit(
        "/write", {"body": "  ", "visibility": "direct", "act": "post"}
    )

    assert refused.status == 422
    assert "Write something; there is no text yet." in refused.text


async def test_messages_cost_the_same_few_statements_however_many_they_are(
    house: House,
) -> None:
    await house.writes(house.ben, f"@amina@{house.here.host} One", "direct")
    before = await statements(house.here, house.amina, "/messages")
    for number in range(4):
        await house.writes(house.ben, f"@amina@{house.here.host} {number}", "direct")

    assert await statements(house.here, house.amina, "/messages") == before
