"""A client in a browser, at another origin: what it may send, and what it may read of us."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from aiohttp import web  # noqa: TID251 a page at another origin
from playwright.async_api import Page, async_playwright

from schemas.records import Role
from server.services import communities
from server.storage.embedded import Cluster
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
IN_CI = os.environ.get("CI") == "true"  # noqa: TID251 whether a browser may be missing

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not IN_CI, reason="no chromium here: nothing asks as browsers do"
)

#: Ask as a page does; what it may not read is null, and what it may not send fails.
_ASK: Final = """async ([method, url, headers, body]) => {
  const answer = await fetch(url, {method, headers, body: body ?? undefined});
  return {
    status: answer.status,
    json: await answer.json(),
    link: answer.headers.get('Link'),
    left: answer.headers.get('X-RateLimit-Remaining'),
    request: answer.headers.get('X-Request-Id'),
    secret: answer.headers.get('Content-Security-Policy'),
  };
}"""
#: Follow what is next until nothing is.
_FOLLOW: Final = """async ([url, headers]) => {
  const ids = [];
  for (let pages = 0; url && pages < 9; pages++) {
    const answer = await fetch(url, {headers});
    ids.push((await answer.json()).map(status => status.id));
    url = (answer.headers.get('Link') ?? '').match(/<([^>]+)>; rel="next"/)?.[1];
  }
  return ids;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A page of somebody else's, the instance that it asks, and a member's token."""

    page: Page
    here: Instance
    clock: TurnedClock
    ben: Program

    async def ask(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> dict[str, Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        told = await self.page.evaluate(_ASK, [method, self.here.origin + path, sent, body])
        assert isinstance(told, dict)
        return told


@pytest.fixture(scope="module")
async def tab(cluster: Cluster) -> AsyncIterator[Tab]:
    assert CHROMIUM is not None, "CI needs a browser"
    clock = TurnedClock()
    async with (
        running(cluster, "health", clock=clock, work=False) as here,
        async_playwright() as playwright,
    ):
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        await communities.join(
            here.context, await life.signed_in(here.context, "ben"), plaza.id
        )
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        runner, address = await _elsewhere()
        await page.goto(address)
        yield Tab(page=page, here=here, clock=clock, ben=await program_of(here, "ben"))
        await browser.close()
        await runner.cleanup()


async def _elsewhere() -> tuple[web.AppRunner, str]:
    async def start(_request: web.Request) -> web.Response:
        return web.Response(text="<title>Client</title>", content_type="text/html")

    application = web.Application()
    application.router.add_get("/", start)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://client.localhost:{runner.addresses[0][1]}/"


async def test_a_page_elsewhere_posts_with_a_token_and_a_key_and_reads_the_answer(
    tab: Tab,
) -> None:
    sent = {
        "Authorization": tab.ben.headers["Authorization"],
        "Content_Type": "application/json",
        "Idempotency_Key": "once",
    }
    body = '{"status": "@plaza From a browser\\nWords"}'

    first = await tab.ask("POST", "/api/v1/statuses", body, **sent)
    again = await tab.ask("POST", "/api/v1/statuses", body, **sent)

    assert (first["status"], again["status"]) == (200, 200)
    assert first["json"]["id"] == again["json"]["id"]
    assert first["left"] is not None
    assert first["request"] is not None
    assert first["secret"] is None


async def test_a_page_elsewhere_follows_the_links_to_the_end(tab: Tab) -> None:
    for number in range(5):
        tab.clock.turn(life.MINUTE)
        await tab.ben.post("/api/v1/statuses", status=f"@plaza Note {number}\nWords")
    everything = await tab.ben.get("/api/v1/timelines/home", limit="40")

    pages = await tab.page.evaluate(
        _FOLLOW,
        [
            f"{tab.here.origin}/api/v1/timelines/home?limit=2",
            {"Authorization": tab.ben.headers["Authorization"]},
        ],
    )

    followed = [each for page in pages for each in page]
    assert len(pages) >= 3
    assert len(set(followed)) == len(followed)
    assert followed == [each["id"] for each in everything]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/timelines/home", 401),
        ("GET", "/api/v1/statuses/1", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("DELETE", "/api/v1/statuses/1", 401),
        ("PUT", "/api/v1/media/1", 401),
        ("PATCH", "/api/v1/accounts/update_credentials", 401),
        ("POST", "/oauth/token", 400),
        ("GET", "/.well-known/oauth-authorization-server", 200),
        ("GET", "/api/v2/instance", 200),
        ("GET", "/nodeinfo/2.0", 200),
    ],
)
async def test_a_page_elsewhere_reads_refusals_as_well(
    tab: Tab, method: str, path: str, status: int
) -> None:
    told = await tab.ask(method, path, Authorization="Bearer nobody's")

    assert told["status"] == status
    assert status == 200 or "error" in told["json"]
