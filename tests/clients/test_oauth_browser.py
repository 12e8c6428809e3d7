"""An app in a browser opens our pages, and gets its answer (client-api.md 2.3)."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
from aiohttp import web  # noqa: TID251 an app at another origin
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from server.storage.embedded import Cluster
from tests.clients.apps import App, registered
from tests.clients.programs import Program, opened
from tests.instance import PASSWORD, Instance, TurnedClock, running

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
IN_CI = os.environ.get("CI") == "true"  # noqa: TID251 whether a browser may be missing
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_APP = "<title>App</title><button onclick=\"window.open('{path}')\">Sign in</button>"
_DONE = (
    "<title>Back</title><p id=query></p><script>"
    "document.getElementById('query').textContent = location.search;"
    "if (window.opener) window.opener.document.title = 'Signed in';</script>"
)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not IN_CI, reason="no chromium here: nothing can look at the pages"
)


@pytest.fixture(scope="module")
async def agency(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        await instance.member("kim")
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


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(reduced_motion="reduce")
    yield await context.new_page()
    await context.close()


@pytest.fixture(scope="module")
async def elsewhere() -> AsyncIterator[str]:
    """Serve an app whose server passes the answer on to its page, at one more origin."""

    async def start(request: web.Request) -> web.Response:
        path = request.query["path"].replace("&", "&amp;")
        return web.Response(text=_APP.format(path=path), content_type="text/html")

    async def callback(request: web.Request) -> web.Response:
        onward = str(request.url.with_host("app.localhost").with_path("/done", keep_query=True))
        return web.Response(status=302, headers={"Location": onward})

    async def done(_request: web.Request) -> web.Response:
        return web.Response(text=_DONE, content_type="text/html")

    application = web.Application()
    for path, handler in (("/", start), ("/callback", callback), ("/done", done)):
        application.router.add_get(path, handler)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield str(runner.addresses[0][1])
    await runner.cleanup()


@pytest.fixture
async def app(agency: Instance, elsewhere: str) -> App:
    guest = opened(agency, Program(agency.origin))
    return await registered(guest, f"http://127.0.0.1:{elsewhere}/callback")


async def sign_in(page: Page) -> None:
    await page.locator("#name").fill("kim")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("main form button:not([type=button])").first.click()


async def complaints(page: Page) -> list[str]:
    found = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    return [problem["id"] for problem in found.response["violations"]]


async def test_the_answer_of_the_form_reaches_another_origin_and_the_one_behind_it(
    agency: Instance, elsewhere: str, app: App, page: Page
) -> None:
    await page.goto(agency.origin + app.path(state="s"))
    await sign_in(page)
    await page.get_by_role("button", name="Allow").wait_for()
    seen = await complaints(page)

    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"http://app.localhost:{elsewhere}/done?code=*")

    said = await page.locator("#query").inner_text()
    assert said.endswith("&state=s")
    assert seen == []
    code = said.removeprefix("?code=").partition("&")[0]
    assert (await app.token(code)).status == 200


async def test_a_window_that_an_app_opened_stays_its_own(
    agency: Instance, elsewhere: str, app: App, page: Page
) -> None:
    path = (agency.origin + app.path()).replace("&", "%26")
    await page.goto(f"http://app.localhost:{elsewhere}/?path={path}")
    async with page.expect_popup() as opening:
        await page.get_by_role("button", name="Sign in").click()
    window = await opening.value

    await sign_in(window)
    await window.get_by_role("button", name="Deny").click()
    await window.wait_for_url(f"http://app.localhost:{elsewhere}/done?error=access_denied*")

    assert await page.title() == "Signed in"


async def test_a_code_is_copied_by_a_button(agency: Instance, page: Page) -> None:
    guest = opened(agency, Program(agency.origin))
    app = await registered(guest, "urn:ietf:wg:oauth:2.0:oob")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(agency.origin + app.path())
    await sign_in(page)
    await page.get_by_role("button", name="Allow").click()
    code = await page.locator("#code").input_value()

    await page.get_by_role("button", name="Copy").click()
    await page.get_by_text("Copied").wait_for()

    assert await page.evaluate("navigator.clipboard.readText()") == code
    assert await complaints(page) == []
    assert (await app.token(code)).status == 200
