"""Admitting and blocking agencies: what waited goes on, or ends both ways."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from federation.translate.outgoing_activities import follow_activity
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Role,
    Visibility,
)
from server.services import accounts, agencies, communities, people, profiles, sharing
from server.services.communities import CommunityDraft
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.storage import actors, audit, desk, follows
from server.storage import agencies as stored
from server.storage import communities as stored_communities
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.instance import PASSWORD, Instance, TurnedClock, running

HOST = "learning.transport.example"


@pytest.fixture(scope="module")
async def shared(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        yield instance


@pytest.fixture
async def health(shared: Instance) -> AsyncIterator[Instance]:
    """The instance, with nothing left of other tests that has to do with agencies."""
    yield shared
    async with shared.database.transaction("test") as tx:
        await tx.execute("DELETE FROM deliveries")
        await tx.execute(
            "DELETE FROM follows f USING actors a WHERE a.id IN "
            "(f.follower_id, f.target_id) AND NOT a.local"
        )
        await tx.execute("DELETE FROM agencies")


async def remote(
    instance: Instance, name: str, host: str = HOST, kind: ActorKind = ActorKind.PERSON
) -> Actor:
    """Let an actor elsewhere be known, as if it had been fetched."""
    uri = f"https://{host}/{'c/' if kind is ActorKind.COMMUNITY else '@'}{name}"
    actor = Actor(
        id=instance.context.ids.mint(instance.now()),
        uri=uri,
        kind=kind,
        name=name,
        host=host,
        local=False,
        display_name=name.title(),
        inbox=f"{uri}/inbox",
        published_at=instance.now(),
    )
    async with instance.database.transaction("test") as tx:
        if not await actors.add(tx, actor, now=instance.now()):
            found = await actors.find(tx, uri)
            assert found is not None
            return found
        if kind is ActorKind.COMMUNITY:
            await _add_community(tx, instance, actor)
    return actor


async def _add_community(tx: Any, instance: Instance, actor: Actor) -> None:
    await stored_communities.add(tx, Community(actor=actor), now=instance.now())


async def member(instance: Instance, name: str, role: Role = Role.MEMBER) -> SignedIn:
    async with instance.database.reading() as tx:
        known = await actors.find_local(tx, name)
    if known is None:
        await instance.member(name, role)
    token, _ = await accounts.sign_in(
        instance.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
    )
    found = await accounts.find_signed_in(instance.context, token)
    assert found is not None
    return found


async def community(instance: Instance, steward: SignedIn, name: str) -> Community:
    return await communities.open_community(
        instance.context,
        steward.member.actor,
        CommunityDraft(
            name=name,
            display_name=name.title(),
            summary="",
            charter="",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        ),
    )


async def asks(instance: Instance, follower: Actor, target: Actor, number: int = 1) -> str:
    """Let a Follow from elsewhere arrive."""
    uri = f"{follower.uri}/follows/{target.name}/{number}"
    document = follow_activity(
        uri, actor=follower.uri, target=target.uri, published=instance.now()
    )
    async with instance.database.transaction("test") as tx:
        await people.accept_person_follow(tx, instance.context, follower, target, uri, document)
    return uri


async def sent(instance: Instance, host: str = HOST) -> list[dict[str, Any]]:
    """List what waits to be delivered to an agency."""
    async with instance.database.reading() as tx:
        rows = await tx.fetch(
            "SELECT a.document FROM deliveries d JOIN activities a ON a.id = d.activity_id "
            "WHERE d.host = $1 AND d.state = 'waiting' ORDER BY d.id",
            host,
        )
    return [json.loads(row["document"]) for row in rows]


async def state_of(instance: Instance, follower: Actor, target: Actor) -> FollowState | None:
    async with instance.database.reading() as tx:
        found = await follows.find(tx, follower.id, target.id)
    return found.state if found else None


async def acts(instance: Instance) -> list[tuple[str, str, str, str]]:
    async with instance.database.reading() as tx:
        return [
            (each.actor, each.act, each.object, each.reason)
            for each in await audit.latest(tx, limit=5)
        ]


async def test_our_follow_waits_until_the_agency_is_admitted(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")

    state = await people.follow(health.context, amina, priya.id)
    before = await sent(health)
    async with health.database.reading() as tx:
        waiting = [(each.follower.id, each.target.id) for each in await agencies.knocks(tx)]
    host = await agencies.admit(
        health.context, f" {HOST.upper()} ", by=amina.member.id, reason="We know them"
    )

    assert (state, before, waiting) == (FollowState.ASKED, [], [(amina.member.id, priya.id)])
    assert host == HOST
    [follow] = await sent(health)
    assert (follow["type"], follow["actor"]) == ("Follow", amina.member.actor.uri)
    assert follow["object"] == priya.uri
    expected = (amina.member.actor.uri, "admit-agency", HOST, "We know them")
    assert (await acts(health))[0] == expected


async def test_their_follows_that_waited_are_taken_as_if_they_came_now(
    health: Instance,
) -> None:
    steward = await member(health, "berit", Role.STEWARD)
    reviews = await community(health, steward, "reviews")
    priya = await remote(health, "priya")
    uri = await asks(health, priya, steward.member.actor)
    async with health.database.transaction("test") as tx:
        await communities.receive_follow(
            tx, health.context, priya, reviews, f"{priya.uri}/follows/reviews"
        )
    waiting = await state_of(health, priya, steward.member.actor)

    await agencies.admit(health.context, HOST, by=None)

    assert waiting is FollowState.ASKED
    assert await state_of(health, priya, steward.member.actor) is FollowState.ACCEPTED
    assert await state_of(health, priya, reviews.actor) is FollowState.ACCEPTED
    answers = {(each["type"], each["actor"]) for each in await sent(health)}
    assert answers == {("Accept", steward.member.actor.uri), ("Accept", reviews.uri)}
    assert uri in {each["object"]["id"] for each in await sent(health)}
    assert (await acts(health))[0][:3] == ("operator", "admit-agency", HOST)


async def test_admitting_twice_sends_nothing_twice(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    await people.follow(health.context, amina, priya.id)
    await agencies.admit(health.context, HOST, by=amina.member.id)

    await agencies.admit(health.context, HOST, by=amina.member.id)

    assert len(await sent(health)) == 1


async def test_a_follow_that_went_out_before_goes_out_anew(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    await agencies.admit(health.context, HOST, by=amina.member.id)
    await people.follow(health.context, amina, priya.id)
    async with health.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'waiting'")

    await agencies.admit(health.context, HOST, by=amina.member.id)

    first, second = await sent(health)
    assert (first["type"], second["type"]) == ("Follow", "Follow")
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "in valid",
        "transport.example:",
        "a.example:x",
        "a.example:70000",
        "user@x.y",
        "https://x.y/path",
        "[::1",
        "1.2.3",
    ],
)
async def test_only_a_host_can_be_admitted(health: Instance, host: str) -> None:
    if host == "transport.example:":
        assert await agencies.admit(health.context, host, by=None) == "transport.example"
        return

    with pytest.raises(Invalid) as refusal:
        await agencies.admit(health.context, host, by=None)

    assert list(refusal.value.fields) == ["host"]


@pytest.mark.parametrize(
    ("typed", "stored_as"),
    [
        ("Learning.Transport.Example.", "learning.transport.example"),
        ("https://learning.transport.example/", "learning.transport.example"),
        ("learning.transport.example:443", "learning.transport.example"),
        ("learning.transport.example:08443", "learning.transport.example:8443"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
    ],
)
async def test_a_host_is_stored_in_its_one_spelling(
    health: Instance, typed: str, stored_as: str
) -> None:
    assert await agencies.admit(health.context, typed, by=None) == stored_as

    async with health.database.reading() as tx:
        found = await stored.find(tx, stored_as)
    assert found is not None
    assert found.state is AgencyState.ADMITTED


async def test_we_do_not_admit_or_block_ourselves(health: Instance) -> None:
    for host in (health.host, health.host.partition(":")[0]):
        with pytest.raises(Invalid) as refusal:
            await agencies.block(health.context, host, by=None, reason="Why not")
        assert list(refusal.value.fields) == ["host"]
    with pytest.raises(Invalid):
        await agencies.admit(health.context, health.host.upper(), by=None)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_a_block_says_why(health: Instance, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        await agencies.block(health.context, HOST, by=None, reason=reason)

    assert list(refusal.value.fields) == ["reason"]
    async with health.database.reading() as tx:
        assert await stored.find(tx, HOST) is None


async def test_below_a_blocked_domain_nobody_is_admitted(health: Instance) -> None:
    await agencies.block(health.context, "transport.example", by=None, reason="Spam")

    with pytest.raises(Invalid):
        await agencies.admit(health.context, HOST, by=None)

    async with health.database.reading() as tx:
        assert await stored.find(tx, HOST) is None
        assert await sharing.may_knock(tx, HOST) is AgencyState.BLOCKED


async def test_a_blocked_agency_is_told_why_and_gets_nothing_else(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    await agencies.admit(health.context, HOST, by=amina.member.id)
    await people.follow(health.context, amina, priya.id)
    theirs = await asks(health, priya, amina.member.actor)
    ours = (await sent(health))[0]["id"]

    await agencies.block(health.context, HOST, by=amina.member.id, reason="Sends spam")

    told = {each["type"]: each for each in await sent(health)}
    assert set(told) == {"Reject", "Undo"}
    assert (told["Reject"]["summary"], told["Reject"]["object"]["id"]) == ("Sends spam", theirs)
    assert told["Undo"]["object"]["id"] == ours
    expected = (amina.member.actor.uri, "block-agency", HOST, "Sends spam")
    assert (await acts(health))[0] == expected


async def test_people_of_a_blocked_agency_can_be_followed_by_nobody(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    await agencies.block(health.context, HOST, by=amina.member.id, reason="Spam")

    with pytest.raises(NotAllowed) as refusal:
        await people.follow(health.context, amina, priya.id)
    await asks(health, priya, amina.member.actor)

    assert refusal.value.reason == "agency-blocked"
    assert await state_of(health, priya, amina.member.actor) is None


async def test_unfollowing_is_told_only_to_whom_the_follow_went(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    await people.follow(health.context, amina, priya.id)

    await people.unfollow(health.context, amina, priya.id)
    nothing = await sent(health)
    await agencies.admit(health.context, HOST, by=amina.member.id)
    await people.follow(health.context, amina, priya.id)
    again = await people.follow(health.context, amina, priya.id)
    await people.unfollow(health.context, amina, priya.id)

    assert (nothing, again) == ([], FollowState.ASKED)
    assert [each["type"] for each in await sent(health)] == ["Follow", "Undo"]
    assert await state_of(health, amina.member.actor, priya) is None


async def test_only_a_person_who_is_there_can_be_followed(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    group = await remote(health, "rail", kind=ActorKind.COMMUNITY)
    gone = await remote(health, "gone")
    async with health.database.transaction("test") as tx:
        await actors.mark_deleted(tx, gone.uri, now=health.now())

    for target in (group.id, gone.id, 1):
        with pytest.raises(NotFound):
            await people.follow(health.context, amina, target)
    with pytest.raises(Conflict):
        await people.follow(health.context, amina, amina.member.id)


async def test_the_id_of_one_follow_is_not_taken_for_another(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    berit = await member(health, "berit", Role.STEWARD)
    priya = await remote(health, "priya")
    await agencies.admit(health.context, HOST, by=None)
    uri = await asks(health, priya, amina.member.actor)
    document = follow_activity(
        uri, actor=priya.uri, target=berit.member.actor.uri, published=health.now()
    )

    async with health.database.transaction("test") as tx:
        taken = await people.accept_person_follow(
            tx, health.context, priya, berit.member.actor, uri, document
        )

    assert not taken
    assert await state_of(health, priya, amina.member.actor) is FollowState.ACCEPTED
    assert await state_of(health, priya, berit.member.actor) is None


async def test_followers_elsewhere_hear_of_a_new_profile(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    stranger = await remote(health, "eve", "unknown.example")
    await agencies.admit(health.context, HOST, by=None)
    for follower in (priya, stranger):
        await asks(health, follower, amina.member.actor)
    async with health.database.transaction("test") as tx:
        await tx.execute("DELETE FROM deliveries")
    changes = profiles.Changes(
        display_name="Amina O.", about="Reviews.", time_zone="UTC", language="en"
    )

    for _ in range(2):
        amina = await member(health, "amina")
        await profiles.change(health.context, amina, changes, languages=frozenset({"en"}))

    [update] = await sent(health)
    assert (update["type"], update["object"]["name"]) == ("Update", "Amina O.")
    assert await sent(health, "unknown.example") == []


async def test_a_knock_stands_in_the_list_until_it_is_decided(health: Instance) -> None:
    amina = await member(health, "amina", Role.MODERATOR)
    priya = await remote(health, "priya")
    other = await remote(health, "eve", "blocked.example")
    await agencies.block(health.context, "blocked.example", by=None, reason="Spam")
    await asks(health, priya, amina.member.actor)
    await asks(health, other, amina.member.actor)

    async with health.database.reading() as tx:
        found = await desk.knocks(tx)
        figures = await desk.figures(tx)

    assert [each.follower.uri for each in found] == [priya.uri]
    assert figures[HOST].people >= 1


async def test_everybody_who_waits_is_let_in_however_many_wait(health: Instance) -> None:
    """More than one page of them, and all since the same moment."""
    person = await health.member("popular")
    async with health.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO actors (id, uri, kind, name, host, local, inbox, published_at, "
            "fetched_at) SELECT n, 'https://' || $1 || '/@fan' || n, 'person', 'fan' || n, $1, "
            "false, 'https://' || $1 || '/@fan' || n || '/inbox', $2, $2 "
            "FROM generate_series(1001, 1620) n",
            HOST,
            health.now(),
        )
        await tx.execute(
            "INSERT INTO follows (follower_id, target_id, uri, state, asked_at) "
            "SELECT id, $1, uri || '#follow', 'asked', $2 FROM actors "
            "WHERE id BETWEEN 1001 AND 1620",
            person.actor.id,
            health.now(),
        )

    await agencies.admit(health.context, HOST, by=None)

    async with health.database.reading() as tx:
        assert await follows.count_followers(tx, person.actor.id) == 620
