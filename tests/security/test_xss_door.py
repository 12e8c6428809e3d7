"""XSS-09 and XSS-13 at the door: headers of every answer, and tokens of every form."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web  # noqa: TID251 handlers to be let in to

from server import app
from server.config import Settings
from server.middleware import CSRF, NONCE, Route
from server.routes import ROUTES
from server.storage.embedded import Cluster
from tests.instance import (
    ACTIVITY_JSON,
    Browser,
    Instance,
    TurnedClock,
    cloned,
    free_port,
    running,
)

CSP = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


async def _form(request: web.Request) -> web.StreamResponse:
    field = f'<input type="hidden" name="csrf" value="{request[CSRF]}">{request[NONCE]}'
    return web.Response(text=field, content_type="text/html")


async def _take(request: web.Request) -> web.StreamResponse:
    return web.Response(text="taken")


async def _strict(request: web.Request) -> web.StreamResponse:
    return web.Response(headers={"Content-Security-Policy": "sandbox"})


async def _fail(request: web.Request) -> web.StreamResponse:
    raise RuntimeError


def _get(path: str, handler: object) -> Route:
    return Route(method="GET", path=path, handler=handler, door="page", audience="anyone")


TABLE = (
    *(route for route in ROUTES if route.door == "system"),
    _get("/form", _form),
    _get("/strict", _strict),
    _get("/fail", _fail),
    Route(
        method="POST",
        path="/form",
        handler=_take,
        door="page",
        audience="anyone",
        csrf=True,
        body=100_000,
    ),
)


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock(), table=TABLE) as instance:
        yield instance


@pytest.fixture(scope="module")
async def member(house: Instance) -> Browser:
    return await house.member_browser("ayla")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/form", "text/html"),
        ("/fail", "text/html"),
        ("/nowhere", "text/html"),
        ("/nowhere", ACTIVITY_JSON),
        ("/healthz", "*/*"),
        ("/static/nothing", "*/*"),
    ],
)
async def test_xss_09_every_answer_has_every_header(
    house: Instance, path: str, accept: str
) -> None:
    answer = await house.browser().get(path, accept=accept)

    policy = answer.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([\w-]{22})'", policy)
    assert nonce is not None
    assert policy == CSP.format(nonce=nonce[1])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Server"] == "Commonlore"


async def test_xss_09_each_page_has_a_nonce_of_its_own(house: Instance) -> None:
    browser = house.browser()

    pages = [await browser.get("/form") for _ in range(2)]

    nonces = [page.text[-22:] for page in pages]
    assert len(set(nonces)) == 2
    for page, nonce in zip(pages, nonces, strict=True):
        assert f"'nonce-{nonce}'" in page.headers["Content-Security-Policy"]


async def test_xss_09_a_stricter_policy_of_a_handler_stays(house: Instance) -> None:
    answer = await house.browser().get("/strict")

    assert answer.headers["Content-Security-Policy"] == "sandbox"


async def test_xss_09_with_https_everything_is_secure(
    cluster: Cluster, house: Instance
) -> None:
    port = free_port()
    host = "learn.agency.example"
    async with cloned(cluster) as url:
        settings = Settings(origin=f"https://{host}", database=url, listen=f"127.0.0.1:{port}")
        parts = app.Parts(work=False, table=TABLE)
        async with (
            app.running(settings, clock=TurnedClock(), parts=parts),
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/form", headers={"Host": host}) as secure,
        ):
            plain = await house.browser().get("/form")

    assert "Strict-Transport-Security" not in plain.headers
    hsts = secure.headers["Strict-Transport-Security"]
    assert hsts == "max-age=63072000; includeSubDomains"
    assert secure.headers["Set-Cookie"].startswith("__Host-guest=")
    assert secure.headers["Set-Cookie"].endswith("; HttpOnly; Path=/; SameSite=Lax; Secure")


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "ümlaut", "\x00"])
async def test_xss_13_a_form_without_its_token_does_nothing(
    house: Instance, member: Browser, token: str
) -> None:
    for browser in (house.browser(), member):
        await browser.get("/form")
        answer = await browser.request("POST", "/form", data={"csrf": token})
        without = await browser.request("POST", "/form", data={})

        assert (answer.status, without.status) == (403, 403)


async def test_xss_13_a_form_with_its_token_is_taken(house: Instance, member: Browser) -> None:
    for browser in (house.browser(), member):
        answer = await browser.submit("/form", page="/form")

        assert (answer.status, answer.text) == (200, "taken")


async def test_xss_13_the_token_of_one_visitor_is_not_that_of_another(
    house: Instance, member: Browser
) -> None:
    guest = house.browser()
    theirs, ours = await guest.token("/form"), await member.token("/form")

    crossed = [
        (await guest.request("POST", "/form", data={"csrf": ours})).status,
        (await member.request("POST", "/form", data={"csrf": theirs})).status,
    ]

    assert crossed == [403, 403]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://house.localhost.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_xss_13_a_form_from_another_site_does_nothing_even_with_the_token(
    house: Instance, headers: dict[str, str]
) -> None:
    browser = house.browser()
    form = {"csrf": await browser.token("/form")}

    answer = await browser.request("POST", "/form", data=form, headers=headers)

    assert answer.status == 403


async def test_xss_13_the_names_that_development_adds_are_origins_too(house: Instance) -> None:
    browser = house.browser()
    form = {"csrf": await browser.token("/form")}
    port = house.host.rpartition(":")[2]
    alias = {"Host": f"localhost:{port}", "Origin": f"http://localhost:{port}"}

    answer = await browser.request("POST", "/form", data=form, headers=alias)

    assert answer.status == 200


async def test_xss_13_a_guest_s_cookie_is_out_of_reach_of_scripts(house: Instance) -> None:
    answer = await house.browser().get("/form")

    (cookie,) = answer.cookies
    assert cookie.startswith("guest=")
    assert "; HttpOnly; Path=/; SameSite=Lax" in cookie


URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"


def _part(headers: str, body: str = "x") -> bytes:
    return f"--b\r\n{headers}\r\n\r\n{body}\r\n--b--\r\n".encode()


NAMED = 'Content-Disposition: form-data; name="csrf"'


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"%", URLENCODED),
        (b"csrf=%ff%fe", URLENCODED),
        (b"csrf=\xff", f"{URLENCODED}; charset=utf-8"),
        (b"csrf=x", f"{URLENCODED}; charset=nonsense"),
        (b"csrf=x", f"{URLENCODED}; charset=base64"),
        (b"csrf=x", f"{URLENCODED}; charset=idna"),
        (b"--b\r\n", MULTIPART),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=" + "b" * 100),
        (_part(f"{NAMED}\r\nContent-Transfer-Encoding: base64", "!"), MULTIPART),
        (_part(f"{NAMED}\r\nContent-Encoding: x"), MULTIPART),
        (_part(f"{NAMED}\r\nContent-Type: text/plain; charset=nonsense"), MULTIPART),
        (_part(f'{NAMED}; filename="f"'), MULTIPART),
        (_part("Content-Disposition: form-data"), MULTIPART),
        (_part("Content-Type: multipart/mixed; boundary=c", "--c\r\n\r\n--c--"), MULTIPART),
        (b"{}", "application/json"),
    ],
)
async def test_xss_13_what_is_no_form_is_refused_and_breaks_nothing(
    house: Instance, body: bytes, media_type: str
) -> None:
    browser = house.browser()

    answer = await browser.request(
        "POST", "/form", data=body, headers={"Content-Type": media_type}
    )

    assert answer.status in {400, 403, 413}
