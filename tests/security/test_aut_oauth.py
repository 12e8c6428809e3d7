"""AUT: what apps may be given, and to whom it leads (security.md 1.9)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import Role
from server.services import accounts, ending
from server.services.redirect_uris import answered as answer_at
from server.services.redirect_uris import is_fair
from server.storage.embedded import Cluster
from tests.browser import PASSWORD, Browser
from tests.clients.apps import VERIFIER, App, allowed, answered, challenge_of, registered
from tests.clients.programs import Program, opened
from tests.instance import Instance, TurnedClock, running

ME = "/api/v1/accounts/verify_credentials"
SITE = "https://app.example/cb"
HERE = "http://127.0.0.1:5314/cb"
HASHED: dict[str, str | None] = {
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def health(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=clock, work=False) as instance:
        yield instance


@pytest.fixture(scope="module")
async def guest(health: Instance) -> Program:
    return opened(health, Program(health.origin))


@pytest.fixture(scope="module")
async def app(guest: Program) -> App:
    return await registered(guest, SITE)


@pytest.fixture(scope="module")
async def kim(health: Instance) -> Browser:
    return await health.member_browser("kim")


def holder(health: Instance, token: str) -> Program:
    return opened(health, Program(health.origin, token))


async def works(health: Instance, token: str) -> bool:
    return (await holder(health, token).ask("GET", ME)).status == 200


async def connected(health: Instance, browser: Browser, app: App) -> str:
    reply = await app.token(await allowed(browser, app))
    token: str = reply.json["access_token"]
    assert await works(health, token)
    return token


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (SITE, f"{SITE}/"),
        (SITE, f"{SITE}?x=1"),
        (SITE, f"{SITE}#f"),
        (SITE, f"{SITE}/more"),
        (SITE, "https://app.example/c"),
        (SITE, "https://app.example/c%62"),
        (SITE, "https://app.example/x/../cb"),
        (SITE, "https://app.example:443/cb"),
        (SITE, "https://APP.example/cb"),
        (SITE, "https://app.example./cb"),
        (SITE, "https://kim@app.example/cb"),
        (SITE, "https://app.example@evil.example/cb"),
        (SITE, "https://app.example.evil.example/cb"),
        (SITE, "https://evil.example/cb"),
        (SITE, "http://app.example/cb"),
        (SITE, "//evil.example/cb"),
        (SITE, f" {SITE}"),
        (SITE, f"{SITE}\r\nSet-Cookie: a=b"),
        (SITE, "urn:ietf:wg:oauth:2.0:oob"),
        (SITE, "javascript:alert(1)"),
        (SITE, "https://app.exampl\u0435/cb"),
        (SITE, None),
        (HERE, "http://127.0.0.1:5315/cb"),
        (HERE, "http://localhost:5314/cb"),
        ("icecubesapp://", "icecubesapp:"),
        ("com.tapbots.Ivory.10217:/request_token", "com.tapbots.ivory.10217:/request_token"),
    ],
)
async def test_aut_02_an_address_that_is_not_the_apps_own_is_refused_on_a_page(
    guest: Program, kim: Browser, known: str, asked: str | None
) -> None:
    app = await registered(guest, known)
    path = app.path(redirect_uri=asked, state="s")

    page = await kim.get(path, follow=False)
    form = {"csrf": await kim.token(), "answer": "allow"}
    sent = await kim.request("POST", path, follow=False, data=form)

    for each in (page, sent):
        assert each.status == 400
        assert "Location" not in each.headers
        assert "Set-Cookie" not in each.headers
        assert 'rel="nofollow noopener noreferrer"' not in each.text  # the link to the app


@pytest.mark.parametrize(
    "more",
    [f"redirect_uri={SITE}", "redirect_uri=https://evil.example", "client_id=x", "state=x"],
)
async def test_aut_02_what_is_there_twice_leads_nowhere(
    kim: Browser, app: App, more: str
) -> None:
    page = await kim.get(f"{app.path(state='s')}&{more}", follow=False)

    assert page.status == 400
    assert "Location" not in page.headers
    assert "evil" not in page.text


async def test_aut_02_an_app_that_we_do_not_know_is_refused_before_anybody_signs_in(
    health: Instance, app: App
) -> None:
    page = await health.browser().get(app.path(client_id="nobody"), follow=False)

    assert page.status == 400
    assert "Location" not in page.headers
    assert "We do not know this app" in page.text


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/cb",
        "//app.example/cb",
        "app.example/cb",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.example/x",
        "about:blank",
        "view-source:https://a.example",
        "https://app.example/cb#fragment",
        "icecubesapp://#",
        "https://kim:pw@app.example/cb",
        "https://app.example@evil.example/cb",
        "https://app.example\\@evil.example/cb",
        "https:///cb",
        "https:",
        "https://[::1/cb",
        "https://app.example:port/cb",
        "http://app.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://10.0.0.1/cb",
        "https://app.example/c b",
        "https://app.example/\r\nSet-Cookie:a",
        "https://app.exampl\u0435/cb",
        'x:"onclick="',
        "x:<b>",
        f"x:{'a' * 2000}",
        "1x:",
    ],
)
def test_aut_02_no_app_is_registered_with_such_an_address(uri: str) -> None:
    assert not is_fair(uri)


@pytest.mark.parametrize(
    "uri",
    [
        SITE,
        HERE,
        "http://localhost/cb",
        "http://health.localhost:8101/cb",
        "http://[::1]:80/cb",
        "https://app.example:8443/?a=b&c=%7e",
        "icecubesapp://",
        "oauth2redirect://com.keylesspalace.tusky/",
        "com.tapbots.Ivory.10217:/request_token",
        "mastodon-android-auth://callback",
        "urn:ietf:wg:oauth:2.0:oob",
        "http://127.0.0.1:5314/api/127.0.0.1:8443/oauth/http%3A%2F%2F127.0.0.1%3A5314",
    ],
)
def test_aut_02_the_addresses_of_real_apps_are_taken(uri: str) -> None:
    assert is_fair(uri)


@given(
    uri=st.text(alphabet='abhtps:/?#@.\\% \r\n"<é[]', max_size=16),
    value=st.text(max_size=8).filter(lambda text: text.isprintable()),
)
def test_aut_02_an_answer_begins_with_the_address_and_is_a_header(uri: str, value: str) -> None:
    if not is_fair(uri):
        return

    location = answer_at(uri, [("state", value)])

    assert location.startswith(uri)
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location


async def test_aut_03_a_code_is_for_the_app_that_it_was_given_to(
    health: Instance, guest: Program, kim: Browser, app: App
) -> None:
    other = await registered(guest, SITE)
    code = await allowed(kim, app)

    stolen = await other.token(code)
    elsewhere = await app.token(code, redirect_uri=f"{SITE}?x")
    nowhere = await app.token(code, redirect_uri=None)
    own = await app.token(code)

    for each in (stolen, elsewhere, nowhere):
        assert (each.status, each.json["error"]) == (400, "invalid_grant")
    assert await works(health, own.json["access_token"])


async def test_aut_03_a_code_that_comes_again_ends_the_token_that_it_was_used_for(
    health: Instance, guest: Program, kim: Browser, app: App
) -> None:
    other = await registered(guest, SITE)
    code = await allowed(kim, app)
    token = (await app.token(code)).json["access_token"]

    by_other = await other.token(code)
    still = await works(health, token)
    again = await app.token(code)

    assert by_other.status == 400
    assert still
    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert not await works(health, token)
    assert (await app.token(code)).status == 400


async def test_aut_03_of_many_who_bring_a_code_at_once_one_gets_a_token_for_a_moment(
    health: Instance, kim: Browser, app: App
) -> None:
    code = await allowed(kim, app)

    replies = await asyncio.gather(*(app.token(code) for _ in range(4)))

    given = [each.json["access_token"] for each in replies if each.status == 200]
    assert len(given) == 1
    assert not await works(health, given[0])


@pytest.mark.parametrize(("after", "status"), [(299, 200), (300, 400)])
async def test_aut_03_a_code_lasts_five_minutes(
    clock: TurnedClock, kim: Browser, app: App, after: int, status: int
) -> None:
    code = await allowed(kim, app)

    clock.turn(timedelta(seconds=after))

    assert (await app.token(code)).status == status


@pytest.mark.parametrize(
    ("challenge", "verifier", "error"),
    [
        (HASHED, None, "invalid_request"),
        (HASHED, "b" * 43, "invalid_grant"),
        (HASHED, challenge_of(VERIFIER), "invalid_grant"),
        (HASHED, "short", "invalid_request"),
        ({}, VERIFIER, "invalid_request"),
    ],
)
async def test_aut_03_without_the_verifier_a_code_is_worth_nothing(
    kim: Browser,
    app: App,
    challenge: dict[str, str | None],
    verifier: str | None,
    error: str,
) -> None:
    code = await allowed(kim, app, **challenge)

    reply = await app.token(code, code_verifier=verifier)

    assert (reply.status, reply.json["error"]) == (400, error)


@pytest.mark.parametrize("method", ["plain", "s256", "S512", "", None])
async def test_aut_03_no_challenge_but_a_hashed_one_is_taken(
    kim: Browser, app: App, method: str | None
) -> None:
    path = app.path(code_challenge=VERIFIER, code_challenge_method=method)

    assert (await kim.get(path)).status == 400


async def test_aut_04_a_token_allows_no_more_than_the_app_registered_for(
    guest: Program, kim: Browser
) -> None:
    reader = await registered(guest, SITE, "read:accounts")

    pages = [await kim.get(reader.path(scope=scope)) for scope in ("read", "write", "push")]
    code = await allowed(kim, reader, scope="read:accounts")

    assert [page.status for page in pages] == [400, 400, 400]
    # What a client asks for at the end is not asked of anybody.
    assert (await reader.token(code, scope="read write")).json["scope"] == "read:accounts"


async def test_aut_05_changing_the_password_ends_apps_and_codes(
    health: Instance, app: App
) -> None:
    browser = await health.member_browser("lea")
    token, code = await connected(health, browser, app), await allowed(browser, app)

    await browser.submit(
        "/settings/password",
        {"password": PASSWORD, "new_password": "eight blue tricycles"},
        page="/settings",
    )

    assert not await works(health, token)
    assert (await app.token(code)).status == 400


async def test_aut_05_a_password_set_from_the_command_line_ends_apps_and_codes(
    health: Instance, app: App
) -> None:
    browser = await health.member_browser("mia")
    token, code = await connected(health, browser, app), await allowed(browser, app)

    member = await accounts.get_member(health.context, "mia")
    await accounts.set_password(health.context, member, "eight blue tricycles")

    assert not await works(health, token)
    assert (await app.token(code)).status == 400


async def test_aut_05_suspension_ends_apps_and_codes_also_after_it_is_lifted(
    health: Instance, app: App
) -> None:
    browser = await health.member_browser("nora")
    token, code = await connected(health, browser, app), await allowed(browser, app)
    member = await accounts.get_member(health.context, "nora")

    async with health.database.transaction("test") as tx:
        await accounts.suspend_member(tx, member.id, now=health.now())
    during = await works(health, token)
    async with health.database.transaction("test") as tx:
        await accounts.restore_member(tx, member.id)

    assert not during
    assert not await works(health, token)
    assert (await app.token(code)).status == 400


async def test_aut_05_an_account_that_ends_ends_its_apps(health: Instance, app: App) -> None:
    browser = await health.member_browser("olga")
    token, code = await connected(health, browser, app), await allowed(browser, app)

    await ending.end_by_operator(
        health.context, await accounts.get_member(health.context, "olga")
    )

    assert not await works(health, token)
    assert (await app.token(code)).status == 400


async def test_aut_05_a_member_ends_one_app_or_all_and_nobody_elses(
    health: Instance, app: App
) -> None:
    pia = await health.member_browser("pia")
    rita = await health.member_browser("rita", Role.STEWARD)
    first, second = await connected(health, pia, app), await connected(health, pia, app)
    others = await connected(health, rita, app)
    async with health.database.reading() as tx:
        ids = [
            row["id"]
            for row in await tx.fetch(
                "SELECT t.id FROM tokens t JOIN actors a ON a.id = t.member_id "
                "WHERE a.name IN ('pia', 'rita') ORDER BY t.id"
            )
        ]

    await pia.submit(f"/settings/apps/{ids[2]}/revoke", page="/settings/apps")
    page = await pia.submit(f"/settings/apps/{ids[0]}/revoke", page="/settings/apps")

    assert page.path == "/settings/apps"
    found = [await works(health, token) for token in (first, second, others)]
    assert found == [False, True, True]

    code = await allowed(pia, app)
    await pia.submit("/settings/apps/revoke", page="/settings/apps")

    assert [await works(health, token) for token in (second, others)] == [False, True]
    assert (await app.token(code)).status == 400


async def test_aut_15_neither_code_nor_token_nor_secret_is_in_the_database(
    health: Instance, kim: Browser, app: App
) -> None:
    token, code = await connected(health, kim, app), await allowed(kim, app)

    async with health.database.reading() as tx:
        rows = [
            str(row[0])
            for table in ("apps", "authorizations", "tokens")
            for row in await tx.fetch(f"SELECT {table}::text FROM {table}")  # noqa: S608 ours
        ]

    assert rows
    for secret in (token, code, app.secret):
        assert not any(secret in row or secret.encode().hex() in row for row in rows)


async def test_aut_15_a_consent_is_not_left_in_any_log(
    health: Instance, kim: Browser, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    code = await allowed(kim, app, state="a-state-of-theirs")
    token = await connected(health, kim, app)

    logged = "".join(capsys.readouterr())

    assert "/oauth/authorize" in logged
    for secret in (code, token, app.secret, "a-state-of-theirs"):
        assert secret not in logged


async def test_aut_06_an_address_registers_sixty_apps_in_an_hour(
    health: Instance, cluster: Cluster
) -> None:
    async with running(cluster, "busy", clock=TurnedClock(), work=False) as busy:
        stranger = opened(busy, Program(busy.origin))
        given = {"client_name": "x", "redirect_uris": "x:"}
        replies = [
            await stranger.ask("POST", f"/api/v1/apps{'/' * (number % 2)}", json=given)
            for number in range(61)
        ]

    assert [reply.status for reply in replies] == [200] * 60 + [429]
    assert replies[-1].headers["Retry-After"] == "3600"


async def test_aut_10_a_deny_and_an_allow_of_an_ended_session_give_nothing(
    health: Instance, app: App
) -> None:
    browser = await health.member_browser("sara")
    page = await browser.get(app.path())
    member = await accounts.get_member(health.context, "sara")
    await accounts.set_password(health.context, member, "eight blue tricycles")

    form = {"csrf": await browser.token(), "answer": "allow"}
    answer = await browser.request("POST", app.path(), follow=False, data=form)

    assert page.status == 200
    assert answer.headers["Location"] == "/sign-in"


async def test_xss_13_consent_is_not_given_from_another_site(kim: Browser, app: App) -> None:
    form = {"csrf": await kim.token(), "answer": "allow"}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}

    refused = await kim.request("POST", app.path(), follow=False, data=form, headers=headers)
    denied = await answered(kim, app.path(), "deny")

    assert refused.status == 403
    assert denied.status == 303
