"""XSS-05: whatever somebody's server names, a guest is led to https there or nowhere."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from federation.interaction import fill
from federation.session import Session
from server.storage.embedded import Cluster
from tests.hostile_peer import outgoing
from tests.inbox_scene import Town, populated
from tests.instance import Browser

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
THING = "https://learn.example/c/roads"
#: No setting of development: as agencies run it.
PUBLIC = Session(outgoing(networks=()))


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def ask(town: Town, *templates: object, typed: str = "") -> tuple[Browser, str, object]:
    """Let a guest ask a server that names these templates; give the page and its headers."""
    scene = town.scene
    scene.clock.turn(timedelta(hours=1))
    handle = f"eve@{scene.peer.authority('social')}"
    scene.peer.offers(
        handle, *({"rel": SUBSCRIBE, "template": template} for template in templates)
    )
    guest = scene.here.browser()
    form = {"uri": town.roads.uri, "handle": typed or handle}
    answer = await guest.submit("/take-part", form, page="/sign-in")
    return guest, answer.text, answer


BAD = (
    "javascript:alert(1)//{uri}",
    "JavaScript:alert(1)//{uri}",
    "java\tscript:alert(1)//{uri}",
    " javascript:alert(1)//{uri}",
    "\x01javascript:alert(1)//{uri}",
    "javascript://social.example/%0aalert(1)//{uri}",
    "data:text/html,<script>alert(1)</script>{uri}",
    "vbscript:msgbox(1){uri}",
    "file:///etc/passwd?{uri}",
    "ftp://social.example/{uri}",
    "//social.example/{uri}",
    "/\\social.example/{uri}",
    "/authorize_interaction?uri={uri}",
    "{uri}",
    "{uri}//social.example/",
    "https:{uri}",
    "https://{uri}",
    "https://{uri}/?u={uri}",
    "https://{uri}.evil.example/",
    "https://social.example{uri}",
    "https://social.example@evil.example/{uri}",
    "https://social.example/?u={+uri}",
    "https://social.example/?u={uri",
    "https://social.example/?u={uri}}",
    "https://social.example/#{uri}",
    "https://social.example/\r\nSet-Cookie: a=b?u={uri}",
    "https://social.example/?u=",
    "https://social.example/authorize_interaction",
    "",
)


@pytest.mark.parametrize("template", BAD)
async def test_xss_05_a_bad_template_leads_nowhere(town: Town, template: str) -> None:
    _, text, answer = await ask(town, template)

    assert answer.status == 422
    assert "Location" not in answer.headers
    assert "Refresh" not in answer.headers
    assert "names an address that we send nobody to" in text
    for part in ("javascript", "vbscript", "data:text", "evil.example", "social.example"):
        assert f'href="{part}' not in text.lower()
        assert f"//{part}" not in text.lower()


@pytest.mark.parametrize(
    "template",
    [
        *BAD,
        "http://social.example/?u={uri}",
        "HTTP://social.example/?u={uri}",
        "https://localhost/?u={uri}",
        "https://127.0.0.1/?u={uri}",
        "https://2130706433/?u={uri}",
        "https://[::1]/?u={uri}",
        "https://10.0.0.8/?u={uri}",
        "https://router.lan/?u={uri}",
        "https://intranet/?u={uri}",
        "https://social.example:8443/?u={uri}",
    ],
)
def test_xss_05_only_public_https_with_the_placeholder_is_a_template(template: str) -> None:
    assert fill(PUBLIC, template, {"uri": THING}) is None


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        (
            "https://social.example/authorize_interaction?uri={uri}",
            "https://social.example/authorize_interaction?uri=",
        ),
        ("HTTPS://Social.Example/?{x}u={uri}", "https://social.example/?u="),
    ],
)
def test_xss_05_what_is_filled_in_is_encoded_whole(template: str, filled: str) -> None:
    hostile = "https://learn.example/p/1?a=b&c=\"><script>'#x"

    assert fill(PUBLIC, template, {"uri": hostile}) == filled + (
        "https%3A%2F%2Flearn.example%2Fp%2F1%3Fa%3Db%26c%3D%22%3E%3Cscript%3E%27%23x"
    )


async def test_xss_05_a_bad_template_is_passed_over_for_a_good_one(town: Town) -> None:
    good = town.scene.peer.url("social", "/open?u={uri}")

    _, text, answer = await ask(town, "javascript:alert(1)//{uri}", good)

    assert answer.status == 200
    assert "javascript:" not in text
    assert f'href="{good.partition("{")[0]}http%3A%2F%2F' in text


async def test_xss_05_what_a_template_says_is_text_in_the_page(town: Town) -> None:
    breaking = town.scene.peer.url("social", "/'\"><script>alert(1)</script>?u={uri}")

    _, text, _ = await ask(town, breaking)

    assert "<script>alert" not in text


async def test_xss_05_nobody_is_sent_on_by_an_address_alone(town: Town) -> None:
    guest = town.scene.here.browser()
    handle = f"eve@{town.scene.peer.authority('social')}"
    town.scene.peer.offers(
        handle, {"rel": SUBSCRIBE, "template": town.scene.peer.url("social", "/?u={uri}")}
    )
    before = len(town.scene.peer.requests)

    pages = [
        await guest.get(path)
        for path in (
            f"/take-part?uri={town.roads.uri}&handle={handle}",
            "/take-part?uri=https://evil.example/",
            "/take-part?uri=javascript:alert(1)",
            "/take-part",
        )
    ]

    assert [page.status for page in pages] == [200, 404, 404, 404]
    assert [page.path.partition("?")[0] for page in pages] == ["/take-part"] * 4
    assert not [page for page in pages if "evil.example" in page.text]
    assert not [page for page in pages if "javascript:" in page.text]
    assert len(town.scene.peer.requests) == before


async def test_xss_05_what_a_member_brings_along_stays_on_our_pages(town: Town) -> None:
    member = await town.scene.here.member_browser("nadia")

    pages = [
        await member.get(f"/authorize_interaction?uri={uri}", follow=False)
        for uri in ("javascript:alert(1)", "//evil.example", "https://evil.example/%0d%0ax")
    ]

    assert [page.status for page in pages] == [303] * 3
    assert [page.headers["Location"].partition("=")[0] for page in pages] == ["/find?q"] * 3
