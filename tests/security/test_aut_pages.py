"""AUT and XSS-13 at the pages: where a browser is sent, its cookies, and every form's token."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp.web_response import Response

from schemas.records import Role
from server.config import Settings
from server.middleware.cookies import clear_session, set_session
from server.routes import ROUTES, Route
from server.services import accounts
from server.storage.embedded import Cluster
from tests.instance import PASSWORD, Browser, Instance, TurnedClock, running

TOKEN = "a" * 43
FORMS = [route for route in ROUTES if route.method != "GET" and route.door == "page"]
LEADING_AWAY = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "evil.example",
    " //evil.example",
    "/x\r\nSet-Cookie: session=1",
]


@pytest.fixture(scope="module")
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(
        cluster, "health", clock=TurnedClock(), work=False, registration="open"
    ) as instance:
        for name in ("jonas", "mette"):
            await instance.member(name)
        yield instance


@pytest.fixture(scope="module")
async def operator(health: Instance) -> Browser:
    return await health.member_browser("oda", Role.OPERATOR)


def path_of(route: Route) -> str:
    return route.path.replace("{name}", "amina").replace("{id}", "1")


@pytest.mark.parametrize("path", LEADING_AWAY)
async def test_aut_01_signing_in_leads_to_no_other_place(health: Instance, path: str) -> None:
    browser = health.browser()
    form = {"name": "jonas", "password": PASSWORD, "next": path}
    form["csrf"] = await browser.token("/sign-in")

    answer = await browser.request("POST", "/sign-in", data=form, follow=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert "Set-Cookie: session=1" not in str(answer.headers)


@pytest.mark.parametrize("path", LEADING_AWAY[:3])
async def test_aut_01_signing_up_leads_to_no_other_place(health: Instance, path: str) -> None:
    browser = health.browser()
    form = {
        "name": f"petra_{LEADING_AWAY.index(path)}",
        "display_name": "Petra",
        "password": PASSWORD,
        "next": path,
    }
    form["csrf"] = await browser.token("/sign-up")
    async with health.database.transaction("test") as tx:
        await tx.execute("DELETE FROM throttles")

    answer = await browser.request("POST", "/sign-up", data=form, follow=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/communities")


@pytest.mark.parametrize(
    "query",
    ["//evil.example", "%2f%2fevil.example", "/%5Cevil.example", "https://evil.example"],
)
async def test_aut_01_a_form_does_not_carry_another_place(health: Instance, query: str) -> None:
    for page in ("/sign-in", "/sign-up"):
        answer = await health.browser().get(f"{page}?next={query}")

        assert '<input type="hidden" name="next" value="">' in answer.text
    browser = health.browser()
    await browser.sign_in("mette")
    answer = await browser.get(f"/sign-in?next={query}", follow=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/")


async def test_aut_01_a_double_slash_in_escapes_stays_here(health: Instance) -> None:
    await health.member("hakon")
    browser = health.browser()
    form = {"name": "hakon", "password": PASSWORD, "next": "/%2f%2fevil.example"}
    form["csrf"] = await browser.token("/sign-in")

    answer = await browser.request("POST", "/sign-in", data=form)

    assert answer.path.lower() == "/%2f%2fevil.example"
    assert answer.status == 404


def test_aut_10_the_session_cookie_is_of_this_host_and_of_no_script() -> None:
    settings = Settings(origin="https://health.example", database="postgresql://a@db/health")
    opened, closed = Response(), Response()

    set_session(opened, settings, TOKEN)
    clear_session(closed, settings)

    cookie = opened.cookies["__Host-session"]
    assert cookie.value == TOKEN
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    gone = closed.cookies["__Host-session"]
    assert (gone.value, str(gone["max-age"]), gone["secure"]) == ("", "0", True)


async def test_aut_10_signing_in_gives_a_new_session_whatever_the_browser_sent(
    health: Instance,
) -> None:
    await health.member("katrin")
    browser = health.browser()
    browser.set_cookie("session", TOKEN)

    await browser.sign_in("katrin")

    assert browser.cookie("session") != TOKEN
    assert await accounts.find_signed_in(health.context, TOKEN) is None


async def test_aut_10_signing_out_ends_the_session_on_our_side(health: Instance) -> None:
    browser = await health.member_browser("lone")
    token = browser.cookie("session")

    answer = await browser.submit("/sign-out", page="/about")
    cookie_left = browser.cookie("session")
    browser.set_cookie("session", token)
    replayed = await browser.get("/settings", follow=False)

    assert "You are signed out." in answer.text
    assert cookie_left == ""
    assert (replayed.status, replayed.headers["Location"]) == (303, "/sign-in?next=/settings")


async def test_aut_10_a_session_ends_when_it_is_idle_and_when_it_is_old(
    cluster: Cluster,
) -> None:
    clock = TurnedClock()
    async with running(
        cluster, "treasury", clock=clock, work=False, session_idle_minutes=60, session_days=1
    ) as treasury:
        idle = await treasury.member_browser("magne")
        busy = await treasury.member_browser("nils")

        seen = []
        for _ in range(25):
            clock.turn(timedelta(minutes=59))
            seen.append((await busy.get("/settings", follow=False)).status)

        assert seen[:24] == [200] * 24
        assert seen[24] == 303
        assert (await idle.get("/settings", follow=False)).status == 303


def test_xss_13_every_form_declares_its_token() -> None:
    assert FORMS
    assert all(route.csrf for route in FORMS)
    assert all(route.method == "POST" for route in FORMS)


@pytest.mark.parametrize("route", FORMS, ids=lambda route: route.path)
async def test_xss_13_no_form_is_taken_without_its_token(
    health: Instance, operator: Browser, route: Route
) -> None:
    path, token = path_of(route), await operator.token("/about")
    home = {"Origin": health.origin}
    away = {"Origin": "https://evil.example"}
    attempts = [
        ({}, home),
        ({"csrf": ""}, home),
        ({"csrf": TOKEN}, home),
        ({"csrf": token}, away),
        ({"csrf": token}, {"Origin": "null"}),
        ({"csrf": token}, {"Sec-Fetch-Site": "cross-site"}),
    ]

    statuses = [
        (await operator.request("POST", path, data=form, headers=headers, follow=False)).status
        for form, headers in attempts
    ]

    assert statuses == [403] * len(attempts)


@pytest.mark.parametrize("route", FORMS, ids=lambda route: route.path)
async def test_xss_13_a_form_is_not_sent_by_following_a_link(
    health: Instance, route: Route
) -> None:
    also_read = any(each.path == route.path and each.method == "GET" for each in ROUTES)

    answer = await health.browser().get(path_of(route), follow=False)

    assert also_read or answer.status == 405
