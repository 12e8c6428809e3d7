"""AUT: accounts and sessions (security.md 1.9), as far as the services answer for it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from federation.session import OutgoingSettings, Session
from federation.uris import Home
from schemas.records import Actor, ActorKind, Role
from server.config import Settings
from server.context import Context, Faults, Ids
from server.services import accounts
from server.services.accounts import SignUp
from server.services.errors import Invalid, NotAllowed, TooMany
from server.storage import actors, members, sessions
from server.storage.database import Bell, Database, connect

ORIGIN = "https://transport.example"
PASSWORD = "gritting cold bridges"  # noqa: S105 -- of nobody
OTHER_PASSWORD = "seventeen orange cones"  # noqa: S105 -- of nobody
WRONG = "not my password"
TRIES = 3
OFFICE = 5


@dataclass
class HandClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with connect(database_url, size=6) as database:
        yield database


@pytest.fixture
def context(database: Database, clock: HandClock) -> Context:
    home = Home(ORIGIN)
    return Context(
        settings=Settings(
            origin=ORIGIN,
            database="postgresql://app@db/transport",
            registration="open",
            sign_in_tries=TRIES,
        ),
        home=home,
        clock=clock,
        ids=Ids(1),
        database=database,
        bell=Bell("", ()),
        session=Session(OutgoingSettings(user_agent="Commonlore")),
        faults=Faults(""),
        agency_id=1,
        moderation_id=2,
    )


@pytest.fixture
async def ingrid(context: Context) -> members.Member:
    return await given_member(context, "ingrid")


async def given_member(context: Context, name: str) -> members.Member:
    return await accounts.add_member(
        context, name=name, display_name=name.title(), password=PASSWORD
    )


async def sign_in(
    context: Context,
    name: str = "ingrid",
    password: str = PASSWORD,
    address: str = "192.0.2.7",
) -> str:
    token, _csrf = await accounts.sign_in(
        context, name, password, address=address, user_agent=""
    )
    return token


async def session_of(context: Context, token: str) -> int | None:
    found = await accounts.find_signed_in(context, token)
    return found.session_id if found else None


async def test_aut_05_changing_the_password_ends_all_other_sessions(
    context: Context, ingrid: members.Member
) -> None:
    here, elsewhere = await sign_in(context), await sign_in(context)
    session = await session_of(context, here)

    await accounts.change_password(
        context, ingrid, PASSWORD, OTHER_PASSWORD, keep_session=session
    )

    assert await session_of(context, here) == session
    assert await session_of(context, elsewhere) is None
    with pytest.raises(Invalid):
        await sign_in(context, password=PASSWORD)
    assert await sign_in(context, password=OTHER_PASSWORD)


async def test_aut_05_a_password_set_from_the_command_line_ends_every_session(
    context: Context, ingrid: members.Member
) -> None:
    token = await sign_in(context)
    kofis = await sign_in(context, (await given_member(context, "kofi")).actor.name)

    await accounts.set_password(context, ingrid, OTHER_PASSWORD)

    assert await session_of(context, token) is None
    assert await session_of(context, kofis) is not None
    with pytest.raises(Invalid):
        await accounts.set_password(context, ingrid, "short")


async def test_aut_05_suspension_ends_every_session_also_after_it_is_lifted(
    context: Context, ingrid: members.Member
) -> None:
    token = await sign_in(context)
    async with context.database.transaction("when") as tx:
        await accounts.suspend_member(tx, ingrid.id, now=context.now())

    with pytest.raises(Invalid) as guess:
        await sign_in(context, password=WRONG)
    with pytest.raises(NotAllowed) as refusal:
        await sign_in(context)
    async with context.database.transaction("when") as tx:
        await accounts.restore_member(tx, ingrid.id)

    assert (guess.value.reason, refusal.value.reason) == ("wrong-password", "suspended")
    assert await session_of(context, token) is None
    assert await sign_in(context)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE actors SET suspended_at = $1", "UPDATE actors SET deleted_at = $1"],
)
async def test_aut_05_no_session_answers_for_an_actor_who_is_out(
    context: Context, ingrid: members.Member, statement: str
) -> None:
    token = await sign_in(context)

    async with context.database.transaction("when") as tx:
        await tx.execute(statement, context.now())

    assert await session_of(context, token) is None


async def test_aut_05_a_sign_in_under_way_with_the_old_password_gets_no_session(
    context: Context, ingrid: members.Member
) -> None:
    async with context.database.transaction("given") as tx:
        await members.change_password_hash(tx, ingrid.id, "$another$hash")
        # The change is not committed, so the old hash is still what is read and verified.
        signing_in = asyncio.create_task(sign_in(context))
        await until_somebody_waits_for_a_lock(context)

    with pytest.raises(Invalid):
        await signing_in
    async with context.database.reading() as tx:
        assert await sessions.of_member(tx, ingrid.id) == []


async def until_somebody_waits_for_a_lock(context: Context) -> None:
    statement = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"
    async with asyncio.timeout(30), context.database.reading() as tx:
        # The round trip to the database is the pause between two looks.
        while not await tx.fetchval(statement):
            continue


async def test_aut_06_an_account_pauses_after_wrong_passwords_from_anywhere(
    context: Context, clock: HandClock, ingrid: members.Member
) -> None:
    for number in range(TRIES):
        with pytest.raises(Invalid):
            await sign_in(context, password=WRONG, address=f"192.0.2.{number}")

    with pytest.raises(TooMany) as pause:
        await sign_in(context, address="198.51.100.1")
    clock.turn(minutes=15)

    assert pause.value.retry_after == 900
    assert await sign_in(context)


async def test_aut_06_names_that_nobody_has_pause_as_well(context: Context) -> None:
    for _try in range(TRIES):
        with pytest.raises(Invalid):
            await sign_in(context, "nobody_here")

    with pytest.raises(TooMany):
        await sign_in(context, "nobody_here")


async def test_aut_06_tries_at_the_same_moment_are_all_counted(
    context: Context, ingrid: members.Member
) -> None:
    outcomes = await asyncio.gather(
        *(sign_in(context, password=WRONG) for _try in range(TRIES + 3)),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes].count(Invalid) == TRIES
    assert [type(outcome) for outcome in outcomes].count(TooMany) == 3


async def test_aut_06_an_address_pauses_and_an_own_account_does_not_reset_it(
    context: Context, ingrid: members.Member
) -> None:
    for number in range(TRIES * OFFICE):
        await sign_in(context, address="2001:db8::1") if number == 4 else None
        with pytest.raises(Invalid):
            await sign_in(context, f"person{number}", address=f"2001:db8::{number + 2:x}")

    with pytest.raises(TooMany):
        await sign_in(context, address="2001:db8::ffff")
    assert await sign_in(context, address="2001:db8:0:1::1")


async def test_aut_06_right_passwords_do_not_use_up_an_offices_tries(
    context: Context, ingrid: members.Member
) -> None:
    for _try in range(TRIES * OFFICE + 1):
        assert await sign_in(context)


async def test_aut_06_the_right_password_clears_the_account(
    context: Context, ingrid: members.Member
) -> None:
    for _round in range(2):
        for _try in range(TRIES - 1):
            with pytest.raises(Invalid):
                await sign_in(context, password=WRONG)
        assert await sign_in(context)


async def test_aut_06_guessing_the_old_password_pauses_its_change(
    context: Context, ingrid: members.Member
) -> None:
    async def change(old: str) -> None:
        await accounts.change_password(context, ingrid, old, OTHER_PASSWORD, keep_session=None)

    fields: list[str] = []
    for _try in range(TRIES):
        with pytest.raises(Invalid) as refusal:
            await change(WRONG)
        fields += refusal.value.fields

    assert fields == ["old"] * TRIES
    with pytest.raises(TooMany):
        await change(PASSWORD)


async def test_aut_06_five_sign_ups_in_half_an_hour_from_one_address(
    context: Context, clock: HandClock
) -> None:
    async def sign_up(name: str, password: str = PASSWORD) -> None:
        form = SignUp(
            name=name, display_name="", password=password, invitation=None, time_zone="UTC"
        )
        await accounts.sign_up(context, form, address="192.0.2.7")

    for number in range(5):
        await sign_up(f"person{number}")
        with pytest.raises(Invalid):
            await sign_up("mistyped", "short")

    with pytest.raises(TooMany):
        await sign_up("person5")
    clock.turn(minutes=30)
    await sign_up("person5")


async def test_aut_10_signing_out_ends_the_session_on_the_server(
    context: Context, ingrid: members.Member
) -> None:
    token, other = await sign_in(context), await sign_in(context)
    session = await session_of(context, token)
    assert session is not None

    await accounts.sign_out(context, session, ingrid.id)

    assert await session_of(context, token) is None
    assert await session_of(context, other) is not None


async def test_aut_10_a_session_ends_when_nobody_comes(
    context: Context, clock: HandClock, ingrid: members.Member
) -> None:
    context = replace(
        context, settings=context.settings.model_copy(update={"session_idle_minutes": 30})
    )
    token = await sign_in(context)

    clock.turn(minutes=29)
    assert await session_of(context, token) is not None
    clock.turn(minutes=29)
    assert await session_of(context, token) is not None
    clock.turn(minutes=30)
    assert await session_of(context, token) is None


async def test_aut_10_a_session_ends_however_often_somebody_comes(
    context: Context, clock: HandClock, ingrid: members.Member
) -> None:
    token = await sign_in(context)

    for _day in range(context.settings.session_days - 1):
        clock.turn(days=1)
        assert await session_of(context, token) is not None
    clock.turn(days=1)

    assert await session_of(context, token) is None


@pytest.mark.parametrize(
    "name",
    [
        *("admin", "Admin", "adm1n", "__admin__", "agency", "actor", "inbox", "moderator"),
        *("m0derators", "host_meta", "..", "__", "a", "x" * 31, "in.grid", "in-grid"),
        *("../ingrid", "ingrid@x", "in grid", "ingrid\x00", "ing\u200brid"),
        *("\u0456ngrid", "\uff21\uff24\uff2d\uff29\uff2e"),
    ],
)
async def test_aut_14_reserved_and_confusable_names_are_refused(
    context: Context, name: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        await given_member(context, name)

    assert "name" in refusal.value.fields


async def test_aut_14_a_deleted_name_stays_taken(
    context: Context, ingrid: members.Member
) -> None:
    async with context.database.transaction("given") as tx:
        await actors.mark_deleted(tx, ingrid.actor.uri, now=context.now())

    with pytest.raises(Invalid) as refusal:
        await given_member(context, "INGRID")
    with pytest.raises(Invalid):
        await sign_in(context)

    assert refusal.value.reason == "name-taken"


async def test_aut_14_a_communitys_name_is_taken(context: Context) -> None:
    async with context.database.transaction("given") as tx:
        community = Actor(
            id=101,
            uri=context.home.community("road_safety"),
            kind=ActorKind.COMMUNITY,
            name="road_safety",
            host=context.home.authority,
            local=True,
            published_at=context.now(),
        )
        await actors.add(tx, community, now=context.now())

    with pytest.raises(Invalid) as refusal:
        await given_member(context, "road_safety")

    assert refusal.value.reason == "name-taken"


async def test_aut_14_of_two_who_want_a_name_at_once_one_gets_it(context: Context) -> None:
    outcomes = await asyncio.gather(
        *(given_member(context, "ingrid") for _person in range(2)), return_exceptions=True
    )

    (refusal,) = (outcome for outcome in outcomes if isinstance(outcome, Invalid))
    assert refusal.reason == "name-taken"
    assert sum(isinstance(outcome, members.Member) for outcome in outcomes) == 1


async def test_aut_15_no_secret_is_in_the_database_in_clear(
    context: Context, ingrid: members.Member
) -> None:
    token = await sign_in(context)
    code = await accounts.invite(context, None, Role.MEMBER, 7)
    with pytest.raises(Invalid):
        await sign_in(context, "typed in the name field: " + OTHER_PASSWORD)

    async with context.database.reading() as tx:
        stored = await tx.fetchval(
            "SELECT concat((SELECT string_agg(m::text, ' ') FROM members m), "
            "(SELECT string_agg(s::text, ' ') FROM sessions s), "
            "(SELECT string_agg(i::text, ' ') FROM invitations i), "
            "(SELECT string_agg(t::text, ' ') FROM throttles t))"
        )

    assert "$argon2id$" in stored
    assert accounts.hash_of(token).hex() in stored
    assert "sign-in-account:" in stored
    for secret in (token, code, PASSWORD, OTHER_PASSWORD):
        assert secret not in stored
    assert await accounts.find_signed_in(context, accounts.hash_of(token).hex()) is None


def test_aut_15_a_form_does_not_show_its_password_in_a_log() -> None:
    form = SignUp(
        name="ingrid", display_name="", password=PASSWORD, invitation=None, time_zone="UTC"
    )

    assert PASSWORD not in repr(form)
