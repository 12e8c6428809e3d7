"""Accounts on a real database: signing up and in, sessions, profiles, invitations."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

from federation.session import OutgoingSettings, Session
from federation.signatures.keys import KeyKind
from federation.uris import Home
from schemas.records import Actor, ActorKind, Role
from server.config import Settings
from server.context import Context, Faults, Ids
from server.services import accounts, names, passwords, throttling
from server.services.accounts import SignUp
from server.services.errors import Invalid, NotAllowed, NotFound, TooMany
from server.storage import actors, members, sessions, throttles
from server.storage.database import Bell, Database, connect

ORIGIN = "https://transport.example"
PASSWORD = "gritting cold bridges"  # noqa: S105 -- of nobody


@dataclass
class HandClock:
    """Stands still until it is turned."""

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
    async with connect(database_url, size=4) as database:
        yield database


@pytest.fixture
def context(database: Database, clock: HandClock) -> Context:
    home = Home(ORIGIN)
    return Context(
        settings=Settings(
            origin=ORIGIN, database="postgresql://app@db/transport", registration="open"
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


def with_settings(context: Context, **changes: object) -> Context:
    return replace(context, settings=context.settings.model_copy(update=changes))


FORM = SignUp(
    name="ingrid",
    display_name="Ingrid Solberg",
    password=PASSWORD,
    invitation=None,
    time_zone="Europe/Oslo",
)


async def sign_up(context: Context, **filled_in: Any) -> members.Member:
    return await accounts.sign_up(context, replace(FORM, **filled_in), address="192.0.2.7")


async def sign_in(
    context: Context, name: str = "ingrid", password: str = PASSWORD
) -> tuple[str, str]:
    return await accounts.sign_in(
        context, name, password, address="192.0.2.7", user_agent="Firefox"
    )


async def signed_in(context: Context, token: str) -> sessions.SignedIn:
    found = await accounts.find_signed_in(context, token)
    assert found is not None
    return found


async def test_whoever_signs_up_is_an_actor_with_two_key_pairs(context: Context) -> None:
    member = await sign_up(context, name=" @Ingrid ", display_name="  Ingrid   Solberg ")

    async with context.database.reading() as tx:
        actor = await actors.find_local(tx, "ingrid")
        assert actor == member.actor
        assert (actor.uri, actor.inbox) == (f"{ORIGIN}/@ingrid", f"{ORIGIN}/@ingrid/inbox")
        assert (actor.display_name, actor.kind) == ("Ingrid Solberg", ActorKind.PERSON)
        assert {
            key.kind for key in await actors.public_keys(tx, actor.id, now=context.now())
        } == set(KeyKind)
        rings = await actors.signing_keys(tx, {actor.id}, now=context.now())
        assert rings[actor.id][KeyKind.RSA].key_id == f"{ORIGIN}/@ingrid#main-key"
        assert await members.get(tx, actor.id) == member
    assert (member.role, member.time_zone) == (Role.MEMBER, "Europe/Oslo")


async def test_a_form_says_what_is_wrong_at_each_field(context: Context) -> None:
    wrong = {
        "name": "in grid",
        "display_name": "\u202eIngrid",
        "password": "short",
        "time_zone": "../etc/passwd",
    }

    with pytest.raises(Invalid) as refusal:
        await sign_up(context, **wrong)

    assert set(refusal.value.fields) == set(wrong)
    assert all(sentence.endswith(".") for sentence in refusal.value.fields.values())


@pytest.mark.parametrize(
    "time_zone", ["", "Mars/Olympus", "\x00", "/etc/localtime", "a" * 9000]
)
async def test_a_time_zone_is_one_that_exists(context: Context, time_zone: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await sign_up(context, time_zone=time_zone)

    assert list(refusal.value.fields) == ["time_zone"]


@pytest.mark.parametrize("display_name", ["x" * 61, "Ingrid\x00", "\ud800"])
async def test_a_name_to_show_can_be_shown(context: Context, display_name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await sign_up(context, display_name=display_name)

    assert list(refusal.value.fields) == ["display_name"]


async def test_without_a_name_to_show_the_name_is_shown(context: Context) -> None:
    member = await sign_up(context, display_name=" ")

    assert member.actor.display_name == "ingrid"


@pytest.mark.parametrize(
    ("password", "acceptable"),
    [
        ("eleven char", False),
        ("twelve chars", True),
        ("é" * 11, False),
        ("x" * 201, False),
        ("Password1234", False),
        ("ababababababab", False),
        ("INGRID_SOLBERG", False),
        ("ingrid solberg", False),
        ("ingrid solberg's own", True),
    ],
)
def test_a_password_is_long_and_no_first_guess(password: str, acceptable: bool) -> None:
    sentence = passwords.what_is_wrong(password, "ingrid_solberg", "Ingrid Solberg")

    assert (sentence is None) == acceptable


async def test_a_password_is_the_same_from_every_keyboard() -> None:
    password_hash = await passwords.make_hash("caf\u00e9 by the bridge")

    assert await passwords.is_right(password_hash, "cafe\u0301 by the bridge")
    assert not await passwords.is_right(password_hash, "cafe by the bridge")
    assert not await passwords.is_right("not a hash at all", "cafe by the bridge")


async def test_nobody_signs_up_where_registration_is_closed(context: Context) -> None:
    closed = with_settings(context, registration="closed")

    with pytest.raises(NotAllowed) as refusal:
        await sign_up(closed)

    assert refusal.value.reason == "registration-closed"


async def test_the_operator_adds_members_whoever_may_sign_up(context: Context) -> None:
    closed = with_settings(context, registration="closed")

    member = await accounts.add_member(
        closed, name="dele", display_name="Dele", password=PASSWORD, role=Role.OPERATOR
    )

    assert member.role is Role.OPERATOR
    with pytest.raises(Invalid):
        await accounts.add_member(closed, name="admin", display_name="", password=PASSWORD)


async def test_an_invitation_lets_one_person_in_with_its_role(
    context: Context, clock: HandClock
) -> None:
    dele = await accounts.add_member(
        context, name="dele", display_name="Dele", password=PASSWORD, role=Role.MODERATOR
    )
    context = with_settings(context, registration="invitation")
    code = await accounts.invite(context, dele, Role.STEWARD, 7)

    with pytest.raises(Invalid):
        await sign_up(context)
    with pytest.raises(Invalid):
        await sign_up(context, invitation="guessed")
    ingrid = await sign_up(context, invitation=code)
    with pytest.raises(Invalid) as refusal:
        await sign_up(context, name="kofi", invitation=code)

    assert ingrid.role is Role.STEWARD
    assert list(refusal.value.fields) == ["invitation"]


async def test_of_two_with_one_invitation_one_gets_an_account(context: Context) -> None:
    code = await accounts.invite(context, None, Role.MEMBER, 1)

    outcomes = await asyncio.gather(
        *(sign_up(context, name=name, invitation=code) for name in ("ingrid", "kofi")),
        return_exceptions=True,
    )

    (refusal,) = (outcome for outcome in outcomes if isinstance(outcome, Invalid))
    assert list(refusal.fields) == ["invitation"]
    async with context.database.reading() as tx:
        found = [await actors.find_local(tx, name) for name in ("ingrid", "kofi")]
    assert found.count(None) == 1


async def test_an_old_invitation_lets_nobody_in(context: Context, clock: HandClock) -> None:
    code = await accounts.invite(context, None, Role.MEMBER, 7)
    clock.turn(days=7)

    with pytest.raises(Invalid) as refusal:
        await sign_up(context, invitation=code)

    assert list(refusal.value.fields) == ["invitation"]


@pytest.mark.parametrize(
    ("by", "role", "days", "reason"),
    [
        (Role.STEWARD, Role.MEMBER, 7, "not-a-moderator"),
        (Role.MODERATOR, Role.OPERATOR, 7, "role-too-high"),
        (Role.MODERATOR, Role.MEMBER, 0, "invalid"),
        (Role.OPERATOR, Role.MEMBER, 91, "invalid"),
    ],
)
async def test_who_may_invite_whom(
    context: Context, by: Role, role: Role, days: int, reason: str
) -> None:
    member = await accounts.add_member(
        context, name="dele", display_name="", password=PASSWORD, role=by
    )

    with pytest.raises((NotAllowed, Invalid)) as refusal:
        await accounts.invite(context, member, role, days)

    assert refusal.value.reason == reason


@pytest.mark.parametrize("name", ["ingrid", "Ingrid", "@ingrid", "@ingrid@transport.example"])
async def test_a_member_signs_in_however_they_write_their_name(
    context: Context, name: str
) -> None:
    member = await sign_up(context)

    token, csrf = await sign_in(context, name)

    found = await signed_in(context, token)
    assert (found.member, found.csrf) == (member, csrf)
    assert (found.joined, found.stewards, found.unread) == (frozenset(), frozenset(), 0)
    assert (await accounts.get_member(context, "@Ingrid")) == member
    with pytest.raises(NotFound):
        await accounts.get_member(context, "no body")


@pytest.mark.parametrize("name", ["kofi", "in grid", "\x00", "\ud800", "x" * 10_000])
async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    context: Context, name: str
) -> None:
    await sign_up(context)

    with pytest.raises(Invalid) as wrong_name:
        await sign_in(context, name)
    with pytest.raises(Invalid) as wrong_password:
        await sign_in(context, "ingrid", "\ud800 wrong")

    assert wrong_name.value.fields == wrong_password.value.fields
    assert wrong_name.value.reason == wrong_password.value.reason == "wrong-password"


async def test_a_session_knows_communities_and_unread_notifications(context: Context) -> None:
    member = await sign_up(context)
    token, _ = await sign_in(context)
    kofi = await sign_up(context, name="kofi")
    await _given_two_communities(context, member, kofi)

    found = await signed_in(context, token)

    assert (found.joined, found.stewards) == (frozenset({101}), frozenset({102}))
    assert found.unread == 2


async def _given_two_communities(
    context: Context, member: members.Member, kofi: members.Member
) -> None:
    """Give 101, joined; 102, asked to join and looked after; two notifications to read."""
    now = context.now()
    async with context.database.transaction("given") as tx:
        for number, name in ((101, "incident_reviews"), (102, "road_safety")):
            community = Actor(
                id=number,
                uri=context.home.community(name),
                kind=ActorKind.COMMUNITY,
                name=name,
                host=context.home.authority,
                local=True,
                published_at=now,
            )
            await actors.add(tx, community, now=now)
            await tx.execute(
                "INSERT INTO communities (actor_id, join_rule, visibility, active_at) "
                "VALUES ($1, 'open', 'public', $2)",
                number,
                now,
            )
        await tx.executemany(
            "INSERT INTO follows (follower_id, target_id, uri, state, asked_at) "
            "VALUES ($1, $2, $3, $4, $5)",
            [
                (member.id, 101, f"{ORIGIN}/activities/1", "accepted", now),
                (member.id, 102, f"{ORIGIN}/activities/2", "asked", now),
                (member.id, kofi.id, f"{ORIGIN}/activities/3", "accepted", now),
            ],
        )
        await tx.execute(
            "INSERT INTO stewards (community_id, actor_id, since) VALUES (102, $1, $2)",
            member.id,
            now,
        )
        await tx.executemany(
            "INSERT INTO notifications (member_id, kind, actor_id, subject, happened_at) "
            "VALUES ($1, 'answer', $2, $3, $4)",
            [(member.id, kofi.id, subject, now) for subject in ("seen", "new", "newer")],
        )
        await tx.execute(
            "UPDATE members SET seen_notifications = "
            "(SELECT min(id) FROM notifications) WHERE actor_id = $1",
            member.id,
        )


async def test_a_visit_is_noted_once_a_minute(context: Context, clock: HandClock) -> None:
    member = await sign_up(context)
    token, _ = await sign_in(context)
    began = clock.now()

    seen = []
    for _visit in range(3):
        clock.turn(seconds=40)
        await signed_in(context, token)
        async with context.database.reading() as tx:
            (session,) = await sessions.of_member(tx, member.id)
        seen.append(session.seen_at - began)

    assert seen == [timedelta(0), timedelta(seconds=80), timedelta(seconds=80)]


async def test_members_see_their_sessions_and_end_one(
    context: Context, clock: HandClock
) -> None:
    ingrid, kofi = await sign_up(context), await sign_up(context, name="kofi")
    laptop, _ = await sign_in(context)
    clock.turn(minutes=5)
    phone, _ = await sign_in(context)
    async with context.database.reading() as tx:
        newest, oldest = await sessions.of_member(tx, ingrid.id)

    with pytest.raises(NotFound):
        await accounts.sign_out(context, oldest.id, kofi.id)
    await accounts.sign_out(context, oldest.id, ingrid.id)

    assert newest.user_agent == "Firefox"
    assert await accounts.find_signed_in(context, laptop) is None
    assert (await signed_in(context, phone)).session_id == newest.id


async def test_the_session_seen_the_longest_time_ago_makes_room(
    context: Context, clock: HandClock
) -> None:
    member = await sign_up(context)
    async with context.database.transaction("given") as tx:
        for number in (1, 2, 3):
            clock.turn(minutes=1)
            moment = clock.now()
            row = sessions.SessionRow(
                id=number, user_agent="", created_at=moment, seen_at=moment, expires_at=moment
            )
            await sessions.add(
                tx, row, token_hash=bytes([number]), member_id=member.id, csrf=""
            )

        await sessions.remove_oldest(tx, member.id, keep=2)
        kept = [row.id for row in await sessions.of_member(tx, member.id)]
        await sessions.remove_expired(tx, clock.now())

        assert kept == [3, 2]
        assert await sessions.of_member(tx, member.id) == []


async def test_a_hash_with_old_parameters_is_renewed_at_sign_in(context: Context) -> None:
    member = await sign_up(context)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with context.database.transaction("given") as tx:
        await members.change_password_hash(tx, member.id, weak)

    await sign_in(context)

    async with context.database.reading() as tx:
        found = await members.find_by_name(tx, "ingrid")
    assert found is not None
    assert not passwords.is_outdated(found[1])
    await sign_in(context)


async def test_a_profile_is_cleaned_and_checked(context: Context) -> None:
    member = await sign_up(context)

    async with context.database.transaction("when") as tx:
        actor = await accounts.change_profile(
            tx, member, display_name=" Ingrid S. ", summary="**Winter** <script>x</script>"
        )
        with pytest.raises(Invalid) as refusal:
            await accounts.change_profile(tx, member, display_name="x" * 61, summary="x" * 2001)

    assert actor.display_name == "Ingrid S."
    assert "<strong>Winter</strong>" in actor.summary
    assert "<script" not in actor.summary
    assert actor.summary_source == "**Winter** <script>x</script>"
    assert set(refusal.value.fields) == {"display_name", "summary"}


async def test_roles_and_settings_hold_from_the_next_request_on(context: Context) -> None:
    member = await sign_up(context)
    token, _ = await sign_in(context)

    async with context.database.transaction("when") as tx:
        await members.change_role(tx, member.id, Role.MODERATOR)
        await members.change_settings(tx, member.id, language="nb", time_zone="Atlantic/Faroe")

    found = (await signed_in(context, token)).member
    assert (found.role, found.language, found.time_zone) == (
        Role.MODERATOR,
        "nb",
        "Atlantic/Faroe",
    )


async def test_a_member_who_is_not_there_is_a_mistake_of_ours(context: Context) -> None:
    async with context.database.reading() as tx:
        with pytest.raises(LookupError):
            await members.get(tx, 404)


async def test_a_limit_opens_again_when_its_window_ends(
    context: Context, clock: HandClock
) -> None:
    async def act(key: str = "key") -> None:
        await throttling.check(context, key, limit=2, window=timedelta(minutes=10))

    await act()
    clock.turn(minutes=4)
    await act()
    with pytest.raises(TooMany) as refusal:
        await act()
    await act("another")
    clock.turn(minutes=6)
    await act()

    assert refusal.value.retry_after == 360


async def test_counters_are_forgotten_when_their_window_has_ended(
    context: Context, clock: HandClock
) -> None:
    await throttling.check(context, "old", limit=1, window=timedelta(minutes=1))
    clock.turn(minutes=1)
    await throttling.check(context, "new", limit=1, window=timedelta(minutes=1))

    async with context.database.transaction("when") as tx:
        await throttles.remove_ended(tx, clock.now())

        assert [row["key"] for row in await tx.fetch("SELECT key FROM throttles")] == ["new"]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_customer_counts_as_one(address: str, network: str) -> None:
    assert throttling.network_of(address) == network


@pytest.mark.parametrize(
    "name", ["ingrid", "jo", "road_safety", "hr_team7", "adminka", "person5"]
)
def test_ordinary_names_may_be_taken(name: str) -> None:
    assert names.what_is_wrong(name) is None


def test_no_name_is_a_wrong_name() -> None:
    assert names.what_is_wrong("") == "Enter a name."
