"""The directory of communities, page by page, however many there are."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.records import Role
from server.storage import communities
from server.storage.embedded import Cluster
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life


@pytest.fixture(scope="module")
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    """An agency with seventy communities, the first being the one that is most active."""
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        steward = await instance.member("amina", Role.STEWARD)
        for number in range(70):
            opened = await life.opened(instance, steward.actor, f"c{number:02}")
            moment = instance.now() + timedelta(minutes=100 - number // 2)
            async with instance.database.transaction("test") as tx:
                await communities.touch(tx, opened.id, now=moment)
        yield instance


def _shown(text: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"About (c\d\d)", text)))


async def _walk(browser: Browser, path: str) -> list[list[str]]:
    pages = []
    text = (await browser.get(path)).text
    pages.append(_shown(text))
    while 'rel="next"' in text:
        text = (await browser.get(_link(text, "next"))).text
        pages.append(_shown(text))
    return pages


async def test_every_community_is_on_one_page_of_the_directory(health: Instance) -> None:
    browser = health.browser()

    pages = await _walk(browser, "/communities?scope=here")

    assert [len(page) for page in pages] == [30, 30, 10]
    listed = [name for page in pages for name in page]
    assert sorted(listed) == [f"c{number:02}" for number in range(70)]
    assert {"c00", "c01"} == set(listed[:2])


async def test_the_way_back_leads_over_the_same_pages(health: Instance) -> None:
    browser = health.browser()
    first = await browser.get("/communities")
    second = await browser.get(_link(first.text, "next"))
    third = await browser.get(_link(second.text, "next"))

    back = await browser.get(_link(third.text, "prev"))
    start = await browser.get(_link(back.text, "prev"))

    assert _shown(back.text) == _shown(second.text)
    assert _shown(start.text) == _shown(first.text)
    assert 'rel="prev"' not in start.text
    assert 'rel="next"' in start.text


def _link(text: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', text)
    assert found is not None
    return found.group(1).replace("&amp;", "&")


async def test_words_and_agency_stay_from_page_to_page(health: Instance) -> None:
    browser = health.browser()

    first = await browser.get("/communities?scope=here&q=about")
    second = await browser.get(_link(first.text, "next"))

    assert "scope=here&amp;q=about&amp;before=" in first.text
    assert len(_shown(second.text)) == 30
    assert _shown((await browser.get("/communities?scope=elsewhere")).text) == []
    assert _shown((await browser.get("/communities?q=c07")).text) == ["c07"]


@pytest.mark.parametrize("place", ["", "x", "2026-03-02T09:00:00~1", "~~"])
async def test_a_place_that_is_none_is_the_first_page(health: Instance, place: str) -> None:
    browser = health.browser()

    answer = await browser.get(f"/communities?before={place}&after={place}")

    assert len(_shown(answer.text)) == 30
