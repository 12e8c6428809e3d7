"""What a member sees of the apps that may use their account, and how they end it."""

from datetime import timedelta

import pytest

from tests.browser import Browser
from tests.clients.apps import App, allowed, registered
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance

PAGE = "/settings/apps"


@pytest.fixture(scope="module")
async def chris(transport: Instance) -> Browser:
    return await transport.member_browser("chris")


@pytest.fixture(scope="module")
async def app(guest: Program) -> App:
    return await registered(
        guest,
        "icecubesapp://",
        client_name="Ice <Cubes>",
        website="https://icecubes.example/about",
    )


async def test_apps_are_listed_with_what_they_may_and_since_when(
    transport: Instance, chris: Browser, app: App
) -> None:
    nothing = await chris.get(PAGE)
    token = (await app.token(await allowed(chris, app))).json["access_token"]
    transport.context.clock.turn(timedelta(hours=3))
    await opened(transport, Program(transport.origin, token)).get("/api/v1/instance")
    transport.context.clock.turn(timedelta(hours=1))

    page = (await chris.get(PAGE)).text

    assert "No app is connected" in nothing.text
    assert "Ice \u2039Cubes\u203a" in page
    assert 'href="https://icecubes.example/about"' in page
    assert "Write and act in your name" in page
    assert ">4 hours ago</time>" in page
    assert ">1 hour ago</time>" in page
    assert "Disconnect all" not in page  # there is one
    assert f'href="{PAGE}"' in (await chris.get("/settings")).text


async def test_what_was_not_used_for_long_is_no_longer_listed(
    transport: Instance, chris: Browser
) -> None:
    await program_of(transport, "chris")
    async with transport.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE tokens SET seen_at = $1 WHERE id = (SELECT max(id) FROM tokens)",
            transport.now() - timedelta(days=61),
        )

    assert "Tests" not in (await chris.get(PAGE)).text


async def test_an_app_is_disconnected_once(
    transport: Instance, chris: Browser, app: App
) -> None:
    token = (await app.token(await allowed(chris, app))).json["access_token"]
    async with transport.database.reading() as tx:
        newest = await tx.fetchval("SELECT max(id) FROM tokens")

    done = await chris.submit(f"{PAGE}/{newest}/revoke", page=PAGE)
    again = await chris.submit(f"{PAGE}/{newest}/revoke", page=PAGE)

    assert (done.status, done.path) == (200, PAGE)
    assert "That app is disconnected." in done.text
    assert (again.status, "disconnected already" in again.text) == (404, True)
    program = opened(transport, Program(transport.origin, token))
    me = await program.ask("GET", "/api/v1/accounts/verify_credentials")
    assert me.status == 401
    assert (await chris.submit(f"{PAGE}/nonsense/revoke", page=PAGE)).status == 404


async def test_all_apps_are_disconnected_at_once(
    transport: Instance, chris: Browser, app: App
) -> None:
    first = await program_of(transport, "chris")
    await app.token(await allowed(chris, app))

    assert "Disconnect all" in (await chris.get(PAGE)).text
    done = await chris.submit(f"{PAGE}/revoke", page=PAGE)

    assert "No app is connected any more." in done.text
    assert "Disconnect</" not in done.text
    me = await first.ask("GET", "/api/v1/accounts/verify_credentials")
    assert me.status == 401


async def test_a_guest_signs_in_first(transport: Instance) -> None:
    page = await transport.browser().get(PAGE, follow=False)

    assert page.headers["Location"] == f"/sign-in?next={PAGE}"
