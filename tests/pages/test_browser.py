"""The first day of two members in a real browser, with and without JavaScript, seen by axe."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from schemas.records import JoinRule, Role, Visibility
from server.services import communities
from server.services.communities import CommunityDraft
from server.storage.embedded import Cluster
from tests.instance import PASSWORD, Instance, TurnedClock, running

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
IN_CI = os.environ.get("CI") == "true"  # noqa: TID251 whether a browser may be missing

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not IN_CI, reason="no chromium here: nothing can look at the pages"
)


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def agency(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(
        cluster, "health", clock=clock, work=False, registration="open"
    ) as instance:
        steward = await instance.member("sam_steward", Role.STEWARD)
        await communities.open_community(
            instance.context,
            steward.actor,
            CommunityDraft(
                name="reviews",
                display_name="Incident reviews",
                summary="Learning from what went wrong",
                charter="Be **kind**.",
                topics=("Near misses",),
                join=JoinRule.OPEN,
                visibility=Visibility.PUBLIC,
            ),
        )
        yield instance


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    assert CHROMIUM is not None, "CI needs a browser"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


@dataclass(kw_only=True)
class Person:
    """Somebody at their screen; `complaints` has what axe and the browser's console say."""

    page: Page
    origin: str
    scripts: bool
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.origin + path)
        await self.look()

    async def press(self, text: str) -> None:
        await self.page.get_by_role("button", name=text, exact=True).first.click()
        await self.page.wait_for_load_state()
        await self.look()

    async def fill(self, label: str, text: str) -> None:
        await self.page.get_by_label(label, exact=True).first.fill(text)

    async def unfold(self, text: str) -> None:
        await self.page.locator("summary", has_text=text).first.click()

    async def look(self) -> None:
        """Let axe look at the page with everything on it unfolded, if it can run at all."""
        if not self.scripts:
            return
        await self.page.evaluate(
            "document.querySelectorAll('details:not(.menu)').forEach((one) => one.open = true)"
        )
        options = {"runOnly": {"type": "tag", "values": WCAG}}
        found = await Axe().run(self.page, options=options)
        self.complaints += [
            f"{self.page.url} {problem['id']}: {node['target']} {node.get('failureSummary')}"
            for problem in found.response["violations"]
            for node in problem["nodes"]
        ]
        await self.page.evaluate(
            "document.querySelectorAll('details:not(.menu)').forEach((one) => one.open = false)"
        )

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{self.page.url} console: {message.text}")


async def sit_down(chromium: Browser, agency: Instance, look: str) -> Person:
    """Open a browser in one of the looks: light, dark, phone, plain (without JavaScript)."""
    context = await chromium.new_context(
        java_script_enabled=look != "plain",
        color_scheme="dark" if look == "dark" else "light",
        viewport={"width": 390 if look == "phone" else 1280, "height": 900},
        reduced_motion="reduce",
    )
    person = Person(
        page=await context.new_page(), origin=agency.origin, scripts=look != "plain"
    )
    person.page.on("console", person.hear)
    return person


async def sign_up(person: Person, name: str) -> None:
    await person.open("/sign-up")
    await person.page.locator("#name").fill(name)
    await person.page.locator("#display_name").fill(name.title())
    await person.page.locator("#password").fill(PASSWORD)
    await person.page.locator("main form button:not([type=button])").first.click()
    await person.page.wait_for_load_state()
    await person.look()


async def join(person: Person) -> None:
    await person.open("/communities")
    await person.page.get_by_role("link", name="Incident reviews", exact=True).click()
    await person.press("Join")


async def ask(person: Person) -> str:
    """Ask, with a look at the preview first; give the path of the thread."""
    page = person.page
    await page.get_by_role("link", name="Ask a question").first.click()
    await person.look()
    await person.fill("In one sentence", "How do you review an incident?")
    await person.fill("The details", "It takes *three* weeks.")
    await page.get_by_role("button", name="Preview", exact=True).click()
    await page.locator("#preview em").wait_for()
    await person.look()
    await person.press("Post")
    return page.url.removeprefix(person.origin)


@pytest.mark.parametrize("look", ["light", "dark", "phone", "plain"])
async def test_members_sign_up_ask_answer_accept_and_thank(
    chromium: Browser, agency: Instance, clock: TurnedClock, look: str
) -> None:
    clock.turn(timedelta(hours=1))  # few accounts are made from one address in half an hour
    asker = await sit_down(chromium, agency, look)
    helper = await sit_down(chromium, agency, look)
    await sign_up(asker, f"amina_{look}")
    await sign_up(helper, f"ben_{look}")
    for person in (asker, helper):
        await join(person)

    thread = await ask(asker)
    await helper.open(thread)
    await helper.fill("What worked for you?", "Ask what **surprised** people.")
    await helper.press("Post answer")
    await asker.open(thread)
    await asker.press("This worked")
    answer = asker.page.locator("article.answer")
    await answer.locator(".act", has_text="Helpful").click()
    await answer.locator(".act[aria-pressed=true]", has_text="Helpful").wait_for()
    await answer.locator("summary", has_text="Say thanks").click()
    await answer.get_by_label("Saved time").check()
    await answer.get_by_label("How did it help? (optional)").fill("Two days, not three weeks")
    await answer.get_by_role("button", name="Send thanks").click()
    await asker.page.wait_for_load_state()
    await asker.look()

    said = await answer.inner_text()
    assert "This worked" in said
    assert "Two days, not three weeks" in said
    assert await asker.page.locator("article.answer--accepted").count() == 1
    await helper.open("/notifications")
    assert "thanked you" in await helper.page.locator("main").inner_text()
    assert asker.complaints + helper.complaints == []


@pytest.mark.parametrize("look", ["light", "dark", "phone", "plain"])
async def test_members_start_a_poll_and_vote(
    chromium: Browser, agency: Instance, clock: TurnedClock, look: str
) -> None:
    clock.turn(timedelta(hours=1))
    asker = await sit_down(chromium, agency, look)
    voter = await sit_down(chromium, agency, look)
    for person in (asker, voter):
        await sign_up(person, f"{'asker' if person is asker else 'voter'}_{look}")
        await join(person)

    await asker.page.get_by_role("link", name="Start a poll").click()
    await asker.look()
    await asker.fill("What do you ask?", "Which day suits you?")
    await asker.fill("What can be chosen", "Monday\nA Friday, late in the afternoon")
    await asker.press("Open the poll")
    poll = asker.page.url.removeprefix(asker.origin)
    await voter.open(poll)
    await voter.press("Vote")
    problem = await voter.page.locator(".govuk-error-summary").inner_text()
    await voter.page.get_by_label("Monday", exact=True).check()
    await voter.press("Vote")

    said = await voter.page.locator("#poll").inner_text()
    assert "Choose what you vote for." in problem
    assert "You chose this" in said
    assert "100 % (1 vote)" in said
    await asker.open(poll)
    assert "1 person voted" in await asker.page.locator("#poll").inner_text()
    complaints = asker.complaints + voter.complaints
    assert [line for line in complaints if "status of 422" not in line] == []


async def test_pages_of_a_steward_and_a_guest_please_axe(
    chromium: Browser, agency: Instance
) -> None:
    guest = await sit_down(chromium, agency, "dark")
    steward = await sit_down(chromium, agency, "light")
    await steward.open("/sign-in")
    await steward.page.locator("#name").fill("sam_steward")
    await steward.page.locator("#password").fill(PASSWORD)
    await steward.page.locator("main form button:not([type=button])").first.click()
    await steward.page.wait_for_load_state()

    for path in ("/", "/communities", "/c/reviews", "/search?q=incident", "/p/1"):
        await guest.open(path)
    for path in (
        "/",
        "/communities?scope=elsewhere",
        "/communities/new",
        "/c/reviews",
        "/c/reviews/edit",
        "/c/reviews/requests",
        "/notifications",
        "/search?q=nothing+at+all",
    ):
        await steward.open(path)

    complaints = guest.complaints + steward.complaints
    assert [line for line in complaints if "status of 404" not in line] == []
