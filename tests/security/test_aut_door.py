"""AUT-01, AUT-07 and AUT-10 at the door of every page."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web  # noqa: TID251 handlers to be let in to
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from server.config import Settings
from server.middleware import ADDRESS, PRINCIPAL, Route, cookies
from server.middleware.redirects import local_path
from server.middleware.visitors import client_address
from server.services import accounts
from server.storage.embedded import Cluster
from tests.instance import Instance, TurnedClock, running

PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


async def _who(request: web.Request) -> web.StreamResponse:
    return web.json_response({"who": str(request[PRINCIPAL]), "address": request[ADDRESS]})


TABLE = (Route(method="GET", path="/who", handler=_who, door="page", audience="anyone"),)


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock(), table=TABLE) as instance:
        yield instance


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "\\\\evil.example",
        "%2f%2fevil.example",
        "https://evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/" + "a" * 4000,
    ],
)
def test_aut_01_a_parameter_leads_to_no_other_site(text: str) -> None:
    assert local_path(text, "/home") == "/home"


@pytest.mark.parametrize("text", ["/", "/c/roads", "/p/1?a=b&c=//d#e", "/%2f%2fevil.example"])
def test_aut_01_a_path_of_ours_stays_as_it_is(text: str) -> None:
    assert local_path(text) == text


@given(st.text(alphabet="/\\%2f:@.?#ev\t\n il", max_size=12))
def test_aut_01_wherever_any_text_leads_it_is_here(text: str) -> None:
    ours = URL("https://learn.agency.example/")

    assert ours.join(URL(local_path(text))).host == ours.host


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Who is no proxy of ours can write what they like.
        ("198.51.100.7", ("127.0.0.1",), "198.51.100.7"),
        ("198.51.100.7", (), "198.51.100.7"),
        # The right-most hop that is no proxy; what stands further left is the client's word.
        ("127.0.0.1", ("203.0.113.5",), "203.0.113.5"),
        ("127.0.0.1", ("192.0.2.66, 203.0.113.5",), "203.0.113.5"),
        ("127.0.0.1", ("192.0.2.66", "203.0.113.5"), "203.0.113.5"),
        ("127.0.0.1", ("192.0.2.66, 203.0.113.5, 10.0.0.9",), "203.0.113.5"),
        ("fd00::1", ("2001:db8::5",), "2001:db8::5"),
        # Nothing but proxies: the first of them.
        ("127.0.0.1", ("10.1.1.1, 10.0.0.9",), "10.1.1.1"),
        # What is no address ends the search at the last that was one.
        ("127.0.0.1", ("unknown",), "127.0.0.1"),
        ("127.0.0.1", ("203.0.113.5, , 10.0.0.9",), "10.0.0.9"),
        ("127.0.0.1", ("203.0.113.5:1234",), "127.0.0.1"),
        (None, ("203.0.113.5",), ""),
    ],
)
def test_aut_07_the_client_is_the_last_hop_that_is_no_proxy_of_ours(
    peer: str | None, forwarded: tuple[str, ...], client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == client


async def test_aut_07_without_proxies_no_header_is_believed(house: Instance) -> None:
    answer = await house.browser().get(
        "/who",
        x_forwarded_for="203.0.113.5",
        forwarded="for=203.0.113.5",
        client_ip="203.0.113.5",
        x_real_ip="203.0.113.5",
    )

    assert json.loads(answer.text)["address"] == "127.0.0.1"


async def test_aut_07_a_proxy_that_the_settings_name_is_believed(cluster: Cluster) -> None:
    async with running(
        cluster, "proxied", clock=TurnedClock(), table=TABLE, trusted_proxies="127.0.0.1/32"
    ) as proxied:
        answer = await proxied.browser().get("/who", x_forwarded_for="192.0.2.1, 203.0.113.5")

    assert json.loads(answer.text)["address"] == "203.0.113.5"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (
            "https://learn.agency.example",
            "__Host-session=t; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax; Secure",
        ),
        (
            "http://localhost:8100",
            "session=t; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax",
        ),
    ],
)
def test_aut_10_the_cookie_is_for_our_own_pages_only(origin: str, expected: str) -> None:
    settings = Settings(origin=origin, database="postgresql://app@db/lore")
    response = web.Response()

    cookies.set_session(response, settings, "t")

    assert response.cookies.output(header="").strip() == expected


def test_aut_10_signing_out_takes_the_cookie_away() -> None:
    response = web.Response()

    cookies.clear_session(response, Settings())

    assert "Max-Age=0" in response.cookies.output()


async def test_aut_10_a_session_that_ended_on_the_server_signs_nobody_in(
    house: Instance,
) -> None:
    browser = await house.member_browser("ayla")
    before = json.loads((await browser.get("/who")).text)["who"]
    member = await accounts.get_member(house.context, "ayla")

    await accounts.set_password(house.context, member, "eight blue tricycles")

    assert before.startswith("MemberPrincipal")
    assert json.loads((await browser.get("/who")).text)["who"] == "Anonymous()"


@pytest.mark.parametrize(
    ("visits", "after", "still"),
    [
        (1, timedelta(days=6), True),
        (1, timedelta(days=8), False),
        (5, timedelta(days=5), True),
        (7, timedelta(days=5), False),
    ],
    ids=["idle a while", "idle too long", "often here", "here for too long"],
)
async def test_aut_10_a_session_ends_when_idle_and_at_last_in_any_case(
    house: Instance, visits: int, after: timedelta, *, still: bool
) -> None:
    browser = await house.member_browser(f"berta_{visits}_{after.days}")

    for _ in range(visits):
        house.context.clock.turn(after)
        answer = await browser.get("/who")

    assert json.loads(answer.text)["who"].startswith("MemberPrincipal") is still


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 43, "ü" * 43, "x" * 5000, "a'; DROP--" * 4]
)
async def test_aut_10_a_made_up_token_is_nobody(house: Instance, token: str) -> None:
    answer = await house.browser().get("/who", cookie=f"session={token}")

    assert answer.status == 200
    assert json.loads(answer.text)["who"] == "Anonymous()"
