"""A client signs a member in, from the first request to the last (client-api.md 2)."""

import base64
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import pytest

from server.workers.housekeeping import clean_once
from tests.browser import PASSWORD, Browser
from tests.clients.apps import (
    VERIFIER,
    App,
    allowed,
    answered,
    challenge_of,
    registered,
    told,
)
from tests.clients.programs import Program, opened
from tests.instance import Instance

ME = "/api/v1/accounts/verify_credentials"
ICE_CUBES = "icecubesapp://"
TUSKY = "oauth2redirect://com.keylesspalace.tusky/"
IVORY = "com.tapbots.Ivory.10217:/request_token"
ANDROID = "mastodon-android-auth://callback"
ELK = "http://127.0.0.1:5314/api/127.0.0.1:8443/oauth/http%3A%2F%2F127.0.0.1%3A5314"
PHANPY = "https://phanpy.social/"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture(scope="module")
async def app(transport: Instance, guest: Program) -> App:
    return await registered(guest, PHANPY, website="https://phanpy.social")


@pytest.fixture(scope="module")
async def chris(transport: Instance) -> Browser:
    return await transport.member_browser("chris")


def as_form(**given: Any) -> dict[str, Any]:
    return {"data": given}


# Registering.


@pytest.mark.parametrize(
    ("redirects", "expected"),
    [
        ({"json": {"redirect_uris": ICE_CUBES}}, [ICE_CUBES]),
        ({"json": {"redirect_uris": [ICE_CUBES, ELK]}}, [ICE_CUBES, ELK]),
        ({"json": {"redirect_uris": f"{IVORY}\n{ELK}"}}, [IVORY, ELK]),
        ({"data": {"redirect_uris": f"{TUSKY} {OUT_OF_BAND}"}}, [TUSKY, OUT_OF_BAND]),
        ({"data": {"redirect_uris[]": ANDROID}}, [ANDROID]),
        (
            {"data": aiohttp.FormData([("redirect_uris[]", ELK), ("redirect_uris[]", IVORY)])},
            [ELK, IVORY],
        ),
        ({"params": {"redirect_uris": PHANPY}}, [PHANPY]),
    ],
)
async def test_an_app_names_its_addresses_in_any_spelling(
    guest: Program, redirects: dict[str, Any], expected: list[str]
) -> None:
    more = {"client_name": "Phanpy", "website": "https://phanpy.social"}
    redirects = dict(redirects)
    if redirects.get("json"):
        redirects["json"] = redirects["json"] | more
    else:
        redirects["params"] = redirects.get("params", {}) | more

    reply = await guest.ask("POST", "/api/v1/apps", **redirects)

    found = reply.json
    assert reply.status == 200
    assert found["redirect_uris"] == expected
    assert found["redirect_uri"] == "\n".join(expected)
    assert (found["name"], found["website"]) == ("Phanpy", "https://phanpy.social")
    assert found["scopes"] == ["read"]
    assert found["client_secret_expires_at"] == 0
    assert len(found["vapid_key"]) == 87  # a point, which clients subscribe with
    assert all(isinstance(found[name], str) for name in ("id", "client_id", "client_secret"))


@pytest.mark.parametrize(
    "scopes", ["read write push", "read+write+push", ["read", "write", "push"]]
)
async def test_scopes_are_apart_by_spaces_or_plus_signs(guest: Program, scopes: object) -> None:
    found = await guest.post(
        "/api/v1/apps/", client_name="x", redirect_uris=PHANPY, scopes=scopes
    )

    assert found["scopes"] == ["read", "write", "push"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"client_name": ""}, "client_name"),
        ({"client_name": None}, "client_name"),
        ({"redirect_uris": ""}, "redirect_uris"),
        ({"redirect_uris": [f"a{number}:" for number in range(21)]}, "redirect_uris"),
        ({"redirect_uris": f"{PHANPY} javascript:alert(1)"}, "redirect_uris"),
        ({"scopes": "read everything"}, "scopes"),
        ({"scopes": "admin:everything"}, "scopes"),
    ],
)
async def test_an_app_that_says_nonsense_is_not_registered(
    guest: Program, wrong: dict[str, object], field: str
) -> None:
    given = {"client_name": "Phanpy", "redirect_uris": PHANPY, "scopes": "read"} | wrong

    reply = await guest.ask("POST", "/api/v1/apps", json=given)

    assert reply.status == 422
    assert reply.json["error"].startswith("Validation failed: ")
    assert list(reply.json["details"]) == [field]


async def test_an_app_with_an_odd_website_has_none(guest: Program) -> None:
    found = await guest.post(
        "/api/v1/apps", client_name="x", redirect_uris=PHANPY, website="javascript:alert(1)"
    )

    assert found["website"] is None


async def test_an_app_looks_at_itself(
    transport: Instance, guest: Program, app: App, amina: Program
) -> None:
    by_itself = await app_program(transport, app)

    alone = await by_itself.get("/api/v1/apps/verify_credentials")
    members = await amina.get("/api/v1/apps/verify_credentials")
    nobody = await guest.ask("GET", "/api/v1/apps/verify_credentials")

    assert (alone["name"], alone["website"]) == ("Elk", "https://phanpy.social")
    assert alone["redirect_uris"] == [PHANPY]
    assert "client_secret" not in alone
    assert members["name"] == "Tests"
    assert nobody.status == 401


async def app_program(transport: Instance, app: App) -> Program:
    reply = await app.token(None, grant_type="client_credentials")
    return opened(transport, Program(transport.origin, reply.json["access_token"]))


# Asking a member.


@pytest.mark.parametrize("redirect_uri", [ICE_CUBES, TUSKY, IVORY, ANDROID, ELK, PHANPY])
async def test_the_answer_goes_to_the_address_as_the_app_spelt_it(
    guest: Program, chris: Browser, redirect_uri: str
) -> None:
    app = await registered(guest, redirect_uri)

    answer = await answered(chris, app.path(state="a b&c=ü"))

    location = answer.headers["Location"]
    assert location.startswith(f"{redirect_uri}?code=")
    assert location.endswith("&state=a%20b%26c%3D%C3%BC")
    reply = await app.token(told(answer)["code"])
    assert reply.status == 200


async def test_an_address_with_a_query_keeps_it(guest: Program, chris: Browser) -> None:
    app = await registered(guest, "https://a.example/cb?x=%7e")

    answer = await answered(chris, app.path())

    assert answer.headers["Location"].startswith("https://a.example/cb?x=%7e&code=")


async def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(
    transport: Instance, app: App
) -> None:
    await transport.member("dora")
    browser = transport.browser()
    path = f"{app.path(state='a/b?c', lang='en')}&x=%7E+%2B"

    sent = await browser.get(path, follow=False)
    page = await browser.get(sent.headers["Location"])
    token = await browser.token("/sign-in")
    signed_in = await browser.request(
        "POST",
        "/sign-in",
        follow=False,
        data={"csrf": token, "name": "dora", "password": PASSWORD, "next": path},
    )
    consent = await browser.get(signed_in.headers["Location"])

    assert sent.headers["Location"] == f"/sign-in?next={quote(path, safe='/')}&lang=en"
    assert sent.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert f'name="next" value="{path.replace("&", "&amp;")}"' in page.text
    assert "An app wants to use your account" in page.text
    assert signed_in.headers["Location"] == path
    assert "Let Elk use your account?" in consent.text


async def test_the_app_may_have_somebody_sign_in_anew(chris: Browser, app: App) -> None:
    path = app.path(force_login="true", state="s")

    page = await chris.get(path)

    assert page.path.startswith("/sign-in?next=/oauth/authorize")
    assert "force_login" not in page.path
    assert "state%3Ds" in page.path
    assert "You are signed in as @chris" in page.text
    assert (await chris.get(app.path(force_login="false"))).path == app.path(
        force_login="false"
    )


async def test_the_page_names_the_app_what_it_could_do_and_where_it_leads(
    guest: Program, chris: Browser
) -> None:
    site = await registered(guest, PHANPY, website="https://phanpy.social/about")
    here = await registered(guest, ELK)
    on_device = await registered(guest, ICE_CUBES, client_name="Ice <b>Cubes")

    pages = [
        (await chris.get(each.path(scope="read write:media"))).text
        for each in (site, here, on_device)
    ]

    for page in pages:
        assert "Read everything that you can read" in page
        assert "Upload pictures and files" in page
        assert "Write and act in your name" not in page
        assert "@chris@transport" in page
    assert 'href="https://phanpy.social/about"' in pages[0]
    assert "<code>phanpy.social</code>" in pages[0]
    assert "A program on this device" in pages[1]
    assert "<code>icecubesapp:</code>" in pages[2]
    assert "<b>Cubes" not in pages[2]


async def test_what_is_within_another_scope_is_not_said_twice(chris: Browser, app: App) -> None:
    page = (await chris.get(app.path(scope="write write:media follow write:follows"))).text

    assert "Upload pictures and files" not in page
    assert "Follow people and join communities" not in page
    assert page.count('<ul class="powers">') == 1
    assert len(re.findall(r"<li><svg", page.partition('class="powers"')[2])) == 2


async def test_a_member_may_say_no(chris: Browser, guest: Program, app: App) -> None:
    by_code = await registered(guest, OUT_OF_BAND)

    answer = await answered(chris, app.path(state="s"), "deny")
    unclear = await answered(chris, app.path(), "")
    without = await answered(chris, by_code.path(), "deny")

    assert told(answer) == {
        "error": "access_denied",
        "error_description": "The member denied it.",
        "state": "s",
    }
    assert told(unclear)["error"] == "access_denied"
    assert without.headers["Location"] == "/"


async def test_a_code_is_shown_where_nothing_can_be_sent(
    transport: Instance, guest: Program, chris: Browser
) -> None:
    app = await registered(guest, OUT_OF_BAND, "read write follow")
    path = f"/oauth/authorize/?{app.query(scope='read write follow')}"

    shown = await answered(chris, path)
    code = await allowed(chris, app, scope="read write follow")
    token = await app.token(code)

    assert shown.status == 200
    assert shown.headers["Cache-Control"] == "no-store"
    assert "Copy this code into Elk" in shown.text
    member = opened(transport, Program(transport.origin, token.json["access_token"]))
    assert (await member.get(ME))["username"] == "chris"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "töken"}, "invalid_request"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"scope": "read admin:read"}, "invalid_scope"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_what_cannot_be_granted_is_told_on_a_page_and_leads_nowhere_by_itself(
    chris: Browser, transport: Instance, app: App, changes: dict[str, str | None], error: str
) -> None:
    path = app.path(**({"state": "s"} | changes))

    page = await chris.get(path, follow=False)
    guests = await transport.browser().get(path, follow=False)

    for each in (page, guests):
        assert each.status == 400
        assert "Location" not in each.headers
        assert f"<code>{error}</code>" in each.text


async def test_a_link_on_that_page_tells_the_app(chris: Browser, app: App) -> None:
    page = await chris.get(app.path(scope="nothing", state="s"))

    found = re.search(r'class="govuk-button" href="([^"]+)"', page.text)
    assert found is not None
    assert found[1].startswith(f"{PHANPY}?error=invalid_scope&amp;error_description=")
    assert found[1].endswith("&amp;state=s")


async def test_an_address_that_is_too_long_to_come_back_to_is_refused(
    chris: Browser, app: App
) -> None:
    page = await chris.get(app.path(state="s" * 4000))

    assert page.status == 400
    assert "too long" in page.text


async def test_without_a_scope_an_app_may_read(guest: Program, chris: Browser) -> None:
    app = await registered(guest, PHANPY)
    reader = await registered(guest, PHANPY, "write")

    code = await allowed(chris, app, scope=None)
    refused = await chris.get(reader.path(scope=None))

    assert (await app.token(code)).json["scope"] == "read"
    assert refused.status == 400


async def test_the_pages_do_not_hinder_the_way_back(chris: Browser, app: App) -> None:
    consent = await chris.get(app.path())
    answer = await answered(chris, app.path())
    sign_in = await chris.get("/sign-in?again=1")
    other = await chris.get("/about")

    for each in (consent, answer):
        assert "form-action" not in each.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in each.headers["Content-Security-Policy"]
        assert each.headers["Cache-Control"] == "no-store"
    for each in (sign_in, other):
        assert "form-action 'self'" in each.headers["Content-Security-Policy"]
    for each in (consent, answer, sign_in):
        assert each.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert other.headers["Cross-Origin-Opener-Policy"] == "same-origin"


async def test_a_form_without_its_token_lets_nobody_in(chris: Browser, app: App) -> None:
    refused = await chris.request("POST", app.path(), data={"answer": "allow"}, follow=False)

    assert refused.status == 403


async def test_a_form_of_a_session_that_ended_lets_nobody_in(
    transport: Instance, app: App
) -> None:
    browser = transport.browser()

    answer = await browser.request("POST", app.path(), data={"answer": "allow"}, follow=False)

    assert answer.headers["Location"].startswith("/sign-in")


# Tokens.


async def test_a_token_is_what_clients_expect(
    transport: Instance, chris: Browser, app: App
) -> None:
    code = await allowed(
        chris,
        app,
        code_challenge=challenge_of(VERIFIER),
        code_challenge_method="S256",
    )

    reply = await app.token(code, code_verifier=VERIFIER)

    token = reply.json
    assert reply.status == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert set(token) == {"access_token", "token_type", "scope", "created_at"}
    assert (token["token_type"], token["scope"]) == ("Bearer", "read write follow push")
    assert token["created_at"] == int(transport.now().timestamp())
    member = opened(transport, Program(transport.origin, token["access_token"]))
    assert (await member.get(ME))["username"] == "chris"


async def test_a_client_proves_itself_in_the_body_or_by_basic(
    guest: Program, chris: Browser, app: App
) -> None:
    by_json = {
        "grant_type": "authorization_code",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "redirect_uri": app.redirect_uri,
        "code": await allowed(chris, app),
    }
    by_basic = {
        "grant_type": "authorization_code",
        "redirect_uri": app.redirect_uri,
        "code": await allowed(chris, app),
    }
    header = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()

    first = await guest.ask("POST", "/oauth/token", json=by_json)
    second = await guest.ask(
        "POST", "/oauth/token/", data=by_basic, headers={"Authorization": f"Basic {header}"}
    )

    assert (first.status, second.status) == (200, 200)


async def test_an_app_gets_a_token_of_its_own(guest: Program, app: App) -> None:
    usual = await app.token(None, grant_type="client_credentials")
    narrow = await app.token(None, grant_type="client_credentials", scope="read:statuses")
    wide = await app.token(None, grant_type="client_credentials", scope="profile")

    assert usual.json["scope"] == "read"
    assert narrow.json["scope"] == "read:statuses"
    assert (wide.status, wide.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "x" * 43}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
    ],
)
async def test_what_is_refused_is_told_in_the_words_of_oauth(
    app: App, changes: dict[str, str | None], status: int, error: str
) -> None:
    reply = await app.token("x", **changes)

    assert (reply.status, reply.json["error"]) == (status, error)
    assert set(reply.json) == {"error", "error_description"}
    assert reply.json["error_description"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in reply.headers


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b"{", "headers": {"Content-Type": "application/json"}},
        {"json": {"grant_type": ["a"]}},
        {"data": [("grant_type", "a"), ("grant_type", "b")]},
    ],
)
async def test_what_cannot_be_read_is_an_invalid_request(
    guest: Program, sent: dict[str, Any]
) -> None:
    reply = await guest.ask("POST", "/oauth/token", **sent)

    assert (reply.status, reply.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "credentials", ["", "nonsense", "ä", base64.b64encode(b"\xff:x").decode(), "YQ==", "YTpi"]
)
async def test_a_basic_header_that_proves_nothing_is_asked_for_again(
    guest: Program, credentials: str
) -> None:
    reply = await guest.ask(
        "POST",
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": f"Basic {credentials}"},
    )

    assert (reply.status, reply.json["error"]) == (401, "invalid_client")
    assert reply.headers.get("WWW-Authenticate", "Basic").startswith("Basic")


async def test_a_client_gives_its_token_back(
    transport: Instance, chris: Browser, app: App
) -> None:
    token = (await app.token(await allowed(chris, app))).json["access_token"]
    member = opened(transport, Program(transport.origin, token))
    await member.get(ME)

    done, again = await app.revoke(token), await app.revoke(token)

    assert [(each.status, each.json) for each in (done, again)] == [(200, {}), (200, {})]
    refused = await member.ask("GET", ME)
    assert (refused.status, refused.json) == (401, {"error": "The access token is invalid"})


async def test_no_client_takes_anothers_token(
    transport: Instance, guest: Program, chris: Browser, app: App
) -> None:
    other = await registered(guest, PHANPY)
    token = (await app.token(await allowed(chris, app))).json["access_token"]
    member = opened(transport, Program(transport.origin, token))

    anothers = await other.revoke(token)
    unproven = await app.revoke(token, client_secret=other.secret)
    nothing = await guest.ask(
        "POST",
        "/oauth/revoke",
        json={"client_id": app.client_id, "client_secret": app.secret},
    )

    assert (anothers.status, anothers.json["error"]) == (403, "unauthorized_client")
    assert (unproven.status, unproven.json["error"]) == (401, "invalid_client")
    assert (nothing.status, nothing.json["error"]) == (400, "invalid_request")
    assert (await member.ask("GET", ME)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_app_learns_who_signed_in(
    transport: Instance, guest: Program, chris: Browser, method: str
) -> None:
    app = await registered(guest, PHANPY, "profile read")
    known = (await app.token(await allowed(chris, app, scope="profile"))).json["access_token"]
    reader = (await app.token(await allowed(chris, app, scope="read"))).json["access_token"]

    reply = await opened(transport, Program(transport.origin, known)).ask(
        method, "/oauth/userinfo"
    )
    refused = await opened(transport, Program(transport.origin, reader)).ask(
        method, "/oauth/userinfo"
    )

    found = reply.json
    assert reply.status == 200
    assert found["sub"] == f"{transport.origin}/@chris"
    assert (found["preferred_username"], found["name"]) == ("chris", "Chris")
    assert found["iss"] == transport.origin
    assert set(found) == {"iss", "sub", "name", "preferred_username", "profile", "picture"}
    assert refused.status == 403
    assert (await guest.ask(method, "/oauth/userinfo")).status == 401


async def test_clients_find_everything(transport: Instance, guest: Program) -> None:
    found = await guest.get("/.well-known/oauth-authorization-server")

    assert found["issuer"] == transport.origin
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert found["response_types_supported"] == ["code"]
    assert {"read", "write", "follow", "push", "profile"} <= set(found["scopes_supported"])
    for name in ("authorization", "token", "revocation", "userinfo"):
        assert found[f"{name}_endpoint"].startswith(f"{transport.origin}/oauth/")
    assert found["app_registration_endpoint"] == f"{transport.origin}/api/v1/apps"


async def test_what_is_asked_in_the_name_of_nobody_has_no_account(
    transport: Instance, app: App
) -> None:
    program = await app_program(transport, app)

    assert (await program.ask("GET", ME)).status == 401


async def test_everything_is_also_found_with_parameters_in_the_query(
    guest: Program, app: App
) -> None:
    query = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": app.client_id,
            "client_secret": app.secret,
        }
    )

    assert (await guest.ask("POST", f"/oauth/token?{query}")).status == 200


async def test_a_code_that_nobody_fetched_and_a_token_nobody_used_are_cleared_away(
    transport: Instance, chris: Browser, app: App
) -> None:
    await allowed(chris, app)
    token = (await app.token(await allowed(chris, app))).json["access_token"]
    async with transport.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE tokens SET seen_at = $1 WHERE id = (SELECT max(id) FROM tokens)",
            transport.now() - timedelta(days=61),
        )
        await tx.execute("UPDATE authorizations SET expires_at = $1", transport.now())

    await clean_once(transport.context)

    async with transport.database.reading() as tx:
        codes = await tx.fetchval("SELECT count(*) FROM authorizations")
        held = await tx.fetchval(
            "SELECT count(*) FROM tokens WHERE seen_at < $1",
            transport.now() - timedelta(days=60),
        )
        apps = await tx.fetchval("SELECT count(*) FROM apps")
    assert (codes, held) == (0, 0)
    assert apps > 1
    member = opened(transport, Program(transport.origin, token))
    assert (await member.ask("GET", ME)).status == 401
