"""AUT: what clients do for moderators is for moderators, now (security.md 1.9)."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from schemas.records import Role
from server.middleware.declarations import Route
from server.routes.admin import ADMIN
from server.services import accounts, clients, reporting, scopes
from server.services.errors import Invalid
from server.storage.embedded import Cluster
from tests.browser import PASSWORD, Browser
from tests.clients.apps import App, allowed, answered, registered, told
from tests.clients.programs import USUAL, Program, Reply, opened, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

STAFF: Final = (*USUAL, "admin:read", "admin:write")
NOT_ALLOWED: Final = {"error": "This action is not allowed"}
OUTSIDE: Final = {"error": "This action is outside the authorized scopes"}
REPORTS: Final = "/api/v1/admin/reports"
SITE: Final = "https://app.example/cb"
_ROUTES: Final = tuple(route for route in ADMIN if not route.path.endswith("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    here: Instance
    guest: Program
    browsers: dict[str, Browser]
    ids: dict[str, int]

    async def change_role(self, name: str, role: Role) -> None:
        member = await accounts.get_member(self.here.context, name)
        await accounts.change_role(self.here.context, member, role)

    async def count(self, sql: str) -> int:
        async with self.here.database.reading() as tx:
            return int(await tx.fetchval(sql))


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def house(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[House]:
    async with running(cluster, "staffed", clock=clock, work=False) as here:
        browsers = {
            "mara": await here.member_browser("mara", Role.MODERATOR),
            "ben": await here.member_browser("ben"),
        }
        await here.member("olga", Role.OPERATOR)
        await here.member("sten", Role.STEWARD)
        ben = await accounts.get_member(here.context, "ben")
        yield House(
            here=here,
            guest=opened(here, Program(here.origin)),
            browsers=browsers,
            ids={"ben": ben.id},
        )


@pytest.fixture(autouse=True)
def later(clock: TurnedClock) -> None:
    """Let the windows of the limits on clients pass between two tests."""
    clock.turn(60 * life.MINUTE)


async def _asked(program: Program, route: Route, number: int) -> Reply:
    path = re.sub(r"\{id:[^}]*\}", str(number), route.path)
    sent = {} if route.method == "GET" else {"json": {}}
    return await program.ask(route.method, path, **sent)


async def _statuses(house: House, program: Program) -> dict[str, int]:
    """Ask every admin route, about ben, and say what came; nothing may be done by it."""
    before = await house.count("SELECT count(*) FROM audit_events")
    found = {}
    for route in _ROUTES:
        reply = await _asked(program, route, house.ids["ben"])
        found[route.name] = reply.status
        assert "error" in reply.json
    assert await house.count("SELECT count(*) FROM audit_events") == before
    return found


@pytest.mark.parametrize("name", ["ben", "sten"])
async def test_aut_04_a_members_token_does_nothing_of_staff_whatever_it_says(
    house: House, name: str
) -> None:
    program = await program_of(house.here, name, STAFF)

    assert set((await _statuses(house, program)).values()) == {403}


async def test_aut_04_an_app_alone_does_nothing_of_staff(house: House) -> None:
    app = await program_of(house.here, None, USUAL)

    assert set((await _statuses(house, app)).values()) == {403}


async def test_aut_04_a_guest_does_nothing_of_staff(house: House) -> None:
    assert set((await _statuses(house, house.guest)).values()) == {401}


async def test_aut_04_a_moderator_without_the_scope_does_nothing_of_staff(house: House) -> None:
    program = await program_of(house.here, "mara", USUAL)

    assert set((await _statuses(house, program)).values()) == {403}
    assert (await program.ask("GET", REPORTS)).json == OUTSIDE


@pytest.mark.parametrize("scope", sorted(each for each in scopes.ALL if "admin:" in each))
async def test_aut_04_each_admin_scope_opens_its_own_routes_and_no_others(
    house: House, scope: str
) -> None:
    program = await program_of(house.here, "olga", (scope,))
    wide = {"admin:read": "admin:read:", "admin:write": "admin:write:"}.get(scope, scope + "!")

    for route in _ROUTES:
        is_open = route.scope == scope or (route.scope or "").startswith(wide)
        reply = await _asked(program, route, 1)
        assert (reply.json != OUTSIDE) == is_open, route.name


async def test_aut_04_a_demoted_moderators_token_is_worth_nothing_at_once(
    house: House,
) -> None:
    await house.here.member("dana", Role.MODERATOR)
    program = await program_of(house.here, "dana", STAFF)
    assert await program.get(REPORTS) == []

    await house.change_role("dana", Role.MEMBER)

    demoted = await program.ask("GET", REPORTS)
    assert (demoted.status, demoted.json) == (403, NOT_ALLOWED)
    assert set((await _statuses(house, program)).values()) == {403}


async def test_aut_05_a_suspended_moderators_token_is_over(house: House) -> None:
    dana = await house.here.member("danu", Role.MODERATOR)
    program = await program_of(house.here, "danu", STAFF)
    assert await program.get(REPORTS) == []

    olga = await life.signed_in(house.here.context, "olga")
    await reporting.suspend(
        house.here.context, olga, dana.id, suspended=True, reason="Left the agency"
    )

    assert (await program.ask("GET", REPORTS)).status == 401


async def _granted(house: House, browser: Browser, scope: str) -> tuple[App, str]:
    app = await registered(house.guest, SITE, " ".join(STAFF))
    code = await allowed(browser, app, scope=scope)
    return app, str((await app.token(code)).json["scope"])


async def test_aut_04_only_staff_gives_an_app_what_is_for_staff(house: House) -> None:
    scope = "read admin:read admin:write:reports"

    assert (await _granted(house, house.browsers["mara"], scope))[1] == scope
    assert (await _granted(house, house.browsers["ben"], scope))[1] == "read"


async def test_aut_04_a_member_who_is_asked_for_nothing_else_is_told_so(house: House) -> None:
    app = await registered(house.guest, SITE, " ".join(STAFF))

    page = await house.browsers["ben"].get(app.path(scope="admin:read"))

    assert page.status == 400
    assert "Only a moderator" in page.text


async def test_aut_04_consent_is_judged_by_the_role_at_that_moment(house: House) -> None:
    dani = await house.here.member_browser("dani", Role.MODERATOR)
    app = await registered(house.guest, SITE, " ".join(STAFF))
    path = app.path(scope="read admin:read")

    await house.change_role("dani", Role.MEMBER)
    code = told(await answered(dani, path))["code"]

    assert (await app.token(code)).json["scope"] == "read"


async def test_aut_04_an_app_in_its_own_name_is_given_nothing_of_staff(house: House) -> None:
    app = await registered(house.guest, SITE, " ".join(STAFF))

    both = await app.token(None, grant_type="client_credentials", scope="read admin:read")
    alone = await app.token(None, grant_type="client_credentials", scope="admin:read")

    assert both.json["scope"] == "read"
    assert (alone.status, alone.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("name", "wanted", "fits"),
    [
        ("ben", ("read", "admin:read"), False),
        ("sten", ("admin:write:reports",), False),
        ("mara", ("read", "admin:read"), True),
        ("olga", ("admin:write",), True),
    ],
)
async def test_aut_04_the_operator_gives_no_member_a_token_for_staff(
    house: House, name: str, wanted: Sequence[str], *, fits: bool
) -> None:
    context = house.here.context
    member = await accounts.get_member(context, name)

    if fits:
        assert await clients.give_by_operator(context, member, name="Script", scopes=wanted)
        return
    with pytest.raises(Invalid) as wrong:
        await clients.give_by_operator(context, member, name="Script", scopes=wanted)
    assert "scopes" in wrong.value.fields


async def test_aut_05_a_changed_password_ends_a_moderators_token(house: House) -> None:
    member = await house.here.member("dora", Role.MODERATOR)
    program = await program_of(house.here, "dora", STAFF)
    assert await program.get(REPORTS) == []

    await accounts.change_password(
        house.here.context, member, PASSWORD, "quite another one", keep_session=None
    )

    assert (await program.ask("GET", REPORTS)).status == 401
