"""A profile on its pages: pictures, lines, who finds and follows a member."""

import re
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest

from schemas.records import Role
from server.storage.embedded import Cluster
from tests import files
from tests.counting import statements
from tests.instance import Answer, Browser, Instance, TurnedClock, running
from tests.stories import life

SAID = {"display_name": "Sanna", "about": "", "time_zone": "UTC", "language": "en"}
_SHOWN = re.compile(r'<img class="avatar[^"]*" src="([^"]+)" alt="([^"]*)"')


@pytest.fixture(scope="module")
async def health(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    folder = tmp_path_factory.mktemp("media")
    async with running(
        cluster, "health", clock=TurnedClock(), work=False, media=folder
    ) as instance:
        yield instance


async def send(browser: Browser, path: str, fields: dict[str, str], **brought: bytes) -> Answer:
    """Send a form with pictures, as a browser without JavaScript does."""
    form = aiohttp.FormData({"csrf": await browser.token("/settings")} | fields)
    for name in ("avatar", "header"):
        content = brought.get(name, b"")
        form.add_field(name, content, filename="me.png" if content else "")
    headers = {"Sec-Fetch-Site": "same-origin"}
    return await browser.request("POST", path, headers=headers, data=form)


async def test_lines_of_a_profile_are_kept_and_shown(health: Instance) -> None:
    browser = await health.member_browser("sanna")
    lines = {"field-1": "Works on", "field-1-value": "https://rail.example/"}

    answer = await browser.submit(
        "/settings", SAID | lines | {"discoverable": "yes"}, page="/settings"
    )

    assert 'name="field-0" value="Works on"' in answer.text
    assert re.search(r'name="discoverable" type="checkbox" value="yes" checked', answer.text)
    assert not re.search(r'name="locked" type="checkbox" value="yes" checked', answer.text)
    shown = (await health.browser().get("/@sanna")).text
    assert "<dt>Works on</dt>" in shown
    assert '<a href="https://rail.example/" rel="nofollow noopener noreferrer ugc">' in shown


async def test_a_line_with_one_side_only_is_asked_about_and_kept_in_the_form(
    health: Instance,
) -> None:
    browser = await health.member_browser("odd_lines")

    answer = await browser.submit("/settings", SAID | {"field-3": "Floor"}, page="/settings")

    assert answer.status == 422
    assert 'href="#fields"' in answer.text
    assert 'name="field-3" value="Floor"' in answer.text


async def test_a_picture_is_shown_wherever_a_face_is_and_removed_again(
    health: Instance,
) -> None:
    browser = await health.member_browser("pia")

    answer = await send(
        browser,
        "/settings/pictures",
        {"avatar_alt": 'Pia & the "sea"', "header_alt": ""},
        avatar=files.picture(size=(500, 500)),
        header=files.picture(size=(900, 300)),
    )
    profile = (await health.browser().get("/@pia")).text
    [(own, words), *_] = _SHOWN.findall(answer.text)
    [(shown, alt)] = _SHOWN.findall(profile)
    there = await health.browser().request("HEAD", shown)
    gone = await send(browser, "/settings/pictures", {"drop-avatar": "yes"})
    missing = await health.browser().request("HEAD", shown)

    assert "The pictures are saved." in answer.text
    assert (shown, words, unescape(alt)) == (own, "", 'Pia & the "sea"')
    assert 'class="banner"' in profile
    assert (there.status, missing.status) == (200, 404)
    assert _SHOWN.findall(gone.text) == []
    assert 'class="banner"' in (await health.browser().get("/@pia")).text


async def test_what_is_no_picture_is_told_beside_the_field(health: Instance) -> None:
    browser = await health.member_browser("svg_sender")

    answer = await send(browser, "/settings/pictures", {"avatar_alt": "Me"}, avatar=files.SVG)

    assert answer.status == 422
    assert 'href="#avatar"' in answer.text
    assert 'name="avatar_alt" type="text" value="Me"' in answer.text


async def test_stewards_give_a_community_its_pictures_and_others_do_not(
    health: Instance,
) -> None:
    steward = await health.member_browser("stew", Role.STEWARD)
    other = await health.member_browser("nosy")
    founder = await life.signed_in(health.context, "stew")
    await life.opened(health, founder.member.actor, "bridges")
    told = {"avatar_alt": "A bridge", "header_alt": "A river"}
    brought = {"avatar": files.picture(), "header": files.picture(size=(300, 100))}

    refused = await send(other, "/c/bridges/pictures", told, **brought)
    wrong = await send(steward, "/c/bridges/pictures", told, avatar=files.PDF)
    done = await send(steward, "/c/bridges/pictures", told, **brought)

    assert (refused.status, wrong.status) == (403, 422)
    assert 'href="#avatar"' in wrong.text
    assert 'value="A bridge"' in done.text
    page = (await health.browser().get("/c/bridges")).text
    assert _SHOWN.search(page)
    assert 'class="banner"' in page


async def test_a_locked_member_settles_who_follows_them(health: Instance) -> None:
    lotte = await health.member_browser("lotte")
    await lotte.submit("/settings", SAID | {"locked": "yes"}, page="/settings")
    asks = [await health.member_browser(f"asks_{number}") for number in range(2)]

    offered = (await asks[0].get("/@lotte")).text
    for browser in asks:
        await browser.submit("/@lotte/follow")
    told = (await lotte.get("/notifications")).text
    page = (await lotte.get("/settings/followers")).text

    assert "Ask to follow" in offered
    assert "Asks_0 asks to follow you" in told
    assert 'href="/settings/followers"' in told
    first, second = re.findall(r'name="person" value="(\d+)"><button[^>]*value="accept"', page)
    for number, act in ((first, "accept"), (second, "refuse")):
        await lotte.submit("/settings/followers", {"person": number, "act": act})
    after = (await lotte.get("/settings/followers")).text
    assert "Nobody is waiting." in after
    assert len(re.findall(r'value="remove"', after)) == 1
    assert "You now follow Sanna" in (await asks[1].get("/notifications")).text
    await lotte.submit("/settings/followers", {"person": first, "act": "remove"})
    assert "Nobody follows you yet" in (await lotte.get("/settings/followers")).text


@pytest.mark.parametrize("form", [{"act": "ban"}, {}, {"act": "accept", "person": "1"}])
async def test_what_cannot_be_settled_is_not_there(
    health: Instance, form: dict[str, str]
) -> None:
    browser = await health.member_browser(f"settles_{len(form)}")

    assert (await browser.submit("/settings/followers", form)).status == 404


async def test_the_page_of_followers_costs_the_same_however_many_there_are(
    health: Instance,
) -> None:
    tove = await health.member_browser("tove")
    before = await statements(health, tove, "/settings/followers")
    for number in range(3):
        browser = await health.member_browser(f"fan_{number}")
        await browser.submit("/@tove/follow")

    assert await statements(health, tove, "/settings/followers") == before <= 8
