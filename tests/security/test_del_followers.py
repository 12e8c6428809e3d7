"""Who follows whom is the same at both agencies, whatever was lost on the way (FEP-8fcf)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any

import orjson
import pytest

from federation.errors import FederationError, Forbidden, Unauthentic
from federation.fetch import fetch_document
from federation.synchronization import Synchronization, digest_of, write_header
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    Role,
    Visibility,
)
from server.services.signing import sign_as_agency
from server.storage import actors, agencies, follows, synchronization
from server.storage.embedded import Cluster
from server.storage.synchronization import Claim
from server.workers.synchronization import synchronize_due
from tests.hostile_peer import ACTIVITY_JSON, HostilePeer, Reply
from tests.instance import Browser, Instance, TurnedClock, running, settle
from tests.stories import life

_PATIENCE = 20.0
_EDGE = (
    "SELECT f.state FROM follows f JOIN actors p ON p.id = f.follower_id "
    "JOIN actors t ON t.id = f.target_id WHERE p.name = $1 AND t.name = $2"
)
_CLAIM = "SELECT state, reason FROM follower_claims WHERE actor_uri = $1"
_LOSE = (
    "DELETE FROM follows f USING actors p, actors t WHERE p.id = f.follower_id "
    "AND t.id = f.target_id AND p.name = $1 AND t.name = $2"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two agencies that admitted each other; asha and ben of health belong to a community."""

    transport: Instance
    health: Instance
    clock: TurnedClock
    sam: Browser
    community: Community

    async def says(self) -> None:
        """Have something go from the community to health, with a digest, and compared there."""
        self.clock.turn(timedelta(minutes=11))
        await life.asks_in(self.sam, self.community.actor.name, "What now?", "Nothing.")
        await self.settled()
        self.clock.turn(timedelta(hours=1))
        await synchronize_due(self.health.context)
        await self.settled()

    async def settled(self) -> None:
        await settle(self.transport, self.health)

    async def edges(self, name: str) -> tuple[str | None, str | None]:
        """Say how somebody stands to the community: as transport knows it, and as health."""
        there = await life.value(self.transport, _EDGE, name, self.community.actor.name)
        return there, await life.value(self.health, _EDGE, name, self.community.actor.name)

    async def claim(self) -> tuple[Any, ...]:
        [claim] = await life.rows(self.health, _CLAIM, self.community.uri)
        return claim


async def lose(instance: Instance, name: str, community: str) -> None:
    """Lose an edge, as an older backup does."""
    async with instance.database.transaction("test") as tx:
        await tx.execute(_LOSE, name, community)


async def until(instance: Instance, question: str, *values: object) -> None:
    """Wait until a statement answers true; a loop of the instance may be at work on it."""
    deadline = monotonic() + _PATIENCE
    while not await life.value(instance, question, *values):
        assert monotonic() < deadline, question
        await synchronize_due(instance.context)


@pytest.fixture(scope="module")
async def pair(cluster: Cluster) -> AsyncIterator[Pair]:
    clock = TurnedClock()
    async with (
        running(cluster, "transport", clock=clock) as transport,
        running(cluster, "health", clock=clock) as health,
    ):
        await transport.admit(health)
        await health.admit(transport)
        sam = await transport.member_browser("sam", Role.STEWARD)
        steward = await life.finds(transport, f"@sam@{transport.host}")
        community = await life.opened(transport, steward, "road_safety")
        at = f"road_safety@{transport.host}"
        for name in ("asha", "ben"):
            browser = await health.member_browser(name)
            await browser.get(f"/find?q=!{at}")
            await browser.submit(f"/c/{at}/join")
        await settle(transport, health)
        yield Pair(
            transport=transport, health=health, clock=clock, sam=sam, community=community
        )


async def test_del_14_both_agree_and_nobody_is_asked(pair: Pair) -> None:
    await pair.says()

    assert await pair.claim() == ("agreed", "")
    assert await pair.edges("asha") == ("accepted", "accepted")
    assert await life.value(pair.health, "SELECT count(*) FROM reconciliations") == 0


async def test_del_22_a_membership_that_its_community_lost_is_asked_for_once_more(
    pair: Pair,
) -> None:
    await lose(pair.transport, "ben", "road_safety")

    await pair.says()

    assert await pair.claim() == ("settled", "")
    assert await pair.edges("ben") == ("accepted", "accepted")
    await pair.says()
    assert await pair.claim() == ("agreed", "")


async def test_del_14_what_is_lost_there_again_is_given_up_here(pair: Pair) -> None:
    await lose(pair.transport, "ben", "road_safety")

    await pair.says()

    assert await pair.edges("ben") == (None, None)
    told = await life.rows(
        pair.health,
        "SELECT n.kind FROM notifications n JOIN actors a ON a.id = n.member_id "
        "WHERE a.name = 'ben' ORDER BY n.id DESC LIMIT 1",
    )
    assert told == [("refused",)]


async def test_del_22_a_membership_that_its_member_lost_ends_at_the_community(
    pair: Pair,
) -> None:
    carla = await pair.health.member_browser("carla")
    await carla.submit(f"/c/road_safety@{pair.transport.host}/join")
    await pair.settled()
    before = await pair.edges("carla")
    await lose(pair.health, "carla", "road_safety")

    await pair.says()

    assert before == ("accepted", "accepted")
    assert await pair.edges("carla") == (None, None)


async def test_del_14_an_accept_that_got_lost_is_taken_from_the_list(pair: Pair) -> None:
    async with pair.health.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE follows f SET state = 'asked' FROM actors p WHERE p.id = f.follower_id "
            "AND p.name = 'asha'"
        )

    await pair.says()

    assert await pair.edges("asha") == ("accepted", "accepted")


async def test_del_14_a_list_other_than_what_was_claimed_costs_nobody_a_membership(
    pair: Pair,
) -> None:
    header = write_header(
        Synchronization(
            collection=f"{pair.community.uri}/followers",
            url=f"{pair.community.uri}/followers/synchronization",
            digest="0" * 64,
        )
    )
    await claimed(pair.health, pair.community.uri, pair.transport.host, header)
    pair.clock.turn(timedelta(hours=2))
    await until(pair.health, "SELECT state = 'settled' FROM follower_claims")

    assert await pair.claim() == ("settled", "list-changed")
    assert await pair.edges("asha") == ("accepted", "accepted")


async def test_where_a_post_of_others_went_is_for_them_to_say(pair: Pair) -> None:
    moderator = await pair.health.member_browser("modest", Role.MODERATOR)
    theirs = await life.path_at(pair.health, await life.newest(pair.transport, "sam"))

    shown = await moderator.get(f"{theirs}/deliveries")

    assert shown.status == 404


async def test_an_agency_is_asked_once_an_hour(pair: Pair) -> None:
    header = write_header(
        Synchronization(
            collection=f"{pair.community.uri}/followers",
            url=f"{pair.community.uri}/followers/synchronization",
            digest="1" * 64,
        )
    )
    await claimed(pair.health, pair.community.uri, pair.transport.host, header)
    pair.clock.turn(timedelta(minutes=5))
    await until(pair.health, "SELECT state <> 'waiting' FROM follower_claims")
    await synchronize_due(pair.health.context)
    soon = await pair.claim()
    pair.clock.turn(timedelta(hours=1))
    await until(pair.health, "SELECT state <> 'differs' FROM follower_claims")

    assert soon == ("differs", "")
    assert await pair.claim() == ("settled", "list-changed")


async def claimed(instance: Instance, actor_uri: str, host: str, header: str) -> None:
    claim = Claim(actor_uri=actor_uri, host=host, header=header, told_at=instance.now())
    async with instance.database.transaction("test") as tx:
        await synchronization.remember(tx, {actor_uri: claim})


async def listed_for(instance: Instance, url: str, *, signed: bool = True) -> dict[str, Any]:
    sign = sign_as_agency(instance.context) if signed else None
    return await fetch_document(instance.context.session, url, sign=sign)


async def test_del_14_an_agency_is_told_of_its_own_people_and_of_nobody_else(
    pair: Pair, cluster: Cluster
) -> None:
    steward = await life.finds(pair.transport, f"@sam@{pair.transport.host}")
    secret = await life.opened(
        pair.transport, steward, "secrets", visibility=Visibility.MEMBERS
    )
    url = f"{pair.community.uri}/followers/synchronization"

    own = await listed_for(pair.health, url)
    closed = await listed_for(pair.health, f"{secret.uri}/followers/synchronization")
    person = await listed_for(pair.health, f"{steward.uri}/followers/synchronization")

    assert own["orderedItems"] == [f"{pair.health.origin}/@asha"]
    assert closed["orderedItems"] == person["orderedItems"] == []
    for nobody in (f"{steward.uri}x", pair.community.uri.replace("/c/", "/@")):
        with pytest.raises(FederationError):
            await listed_for(pair.health, f"{nobody}/followers/synchronization")
    with pytest.raises(Forbidden):
        await listed_for(pair.health, url, signed=False)
    async with running(cluster, "stranger", clock=pair.clock) as stranger:
        with pytest.raises((Forbidden, Unauthentic)):
            await listed_for(stranger, url)


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock()) as instance:
        await instance.member_browser("mia", Role.STEWARD)
        yield instance


def turn(house: Instance, **by: float) -> None:
    clock = house.context.clock
    assert isinstance(clock, TurnedClock)
    clock.turn(timedelta(**by))


async def met(house: Instance, peer: HostilePeer, name: str) -> Actor:
    """Have mia follow somebody at a peer that we admitted."""
    uri, now = peer.url(name, "/u"), house.now()
    someone = Actor(
        id=house.context.ids.mint(now),
        uri=uri,
        kind=ActorKind.PERSON,
        name=name,
        host=peer.authority(name),
        local=False,
        inbox=f"{uri}/inbox",
        followers=f"{uri}/followers",
        published_at=now,
    )
    mia = await life.finds(house, f"@mia@{house.host}")
    async with house.database.transaction("test") as tx:
        await agencies.decide(
            tx, someone.host, AgencyState.ADMITTED, by=None, reason="", now=now
        )
        await actors.add(tx, someone, now=now)
        await follows.ask(tx, mia.id, someone.id, f"{house.origin}/f/{name}", now=now)
        await follows.settle(tx, mia.id, someone.id, FollowState.ACCEPTED, now=now)
    return someone


def page(url: str, people: list[str], **further: object) -> Reply:
    document = {"id": url, "type": "OrderedCollection", "orderedItems": people} | further
    return Reply(headers=(("Content-Type", ACTIVITY_JSON),), body=orjson.dumps(document))


async def asked_for(house: Instance, peer: HostilePeer, name: str, people: list[str]) -> Actor:
    """Let a peer claim that these follow somebody, and ask it for the list."""
    someone = await met(house, peer, name)
    turn(house, seconds=1)
    told = Synchronization(
        collection=f"{someone.uri}/followers",
        url=peer.url(name, "/list"),
        digest=digest_of(people),
    )
    await claimed(house, someone.uri, someone.host, write_header(told))
    turn(house, minutes=1)
    await until(
        house,
        "SELECT state NOT IN ('waiting', 'differs') OR EXISTS (SELECT FROM reconciliations r "
        "WHERE r.host = $2 AND r.due_at > $3) FROM follower_claims WHERE actor_uri = $1",
        someone.uri,
        someone.host,
        house.now(),
    )
    return someone


async def test_del_14_a_list_in_pages_is_read_whole(house: Instance) -> None:
    # Nobody knows the second here: else both sides would agree, and nothing would be asked.
    listed = [f"{house.origin}/@mia", f"{house.origin}/@nobody"]
    async with HostilePeer() as peer:
        url = peer.url("paged", "/list")
        peer.tells(url, page(url, [], first=f"{url}/1"))
        for number in range(1, 9):
            more = {"next": f"{url}/{number + 1}"} if number < 8 else {}
            at = f"{url}/{number}"
            own = {7: listed[:1], 8: listed[1:]}.get(number, [])
            peer.tells(at, page(at, [f"https://else.example/{number}", *own], **more))

        someone = await asked_for(house, peer, "paged", listed)
        await until(
            house,
            "SELECT state <> 'differs' FROM follower_claims WHERE actor_uri = $1",
            someone.uri,
        )

        # Without the last pages it would be another list than the one that was claimed.
        assert await life.rows(house, _CLAIM, someone.uri) == [("settled", "")]
        assert await life.value(house, _EDGE, "mia", "paged") == "accepted"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("endless", "list-too-long"),
        ("elsewhere", "list-page-elsewhere"),
        ("circle", "list-page-elsewhere"),
        ("partial", "list-not-whole"),
        ("gone", "gone-at-origin"),
    ],
)
async def test_del_14_a_list_that_cannot_be_had_whole_costs_nobody_a_follow(
    house: Instance, name: str, reason: str
) -> None:
    async with HostilePeer() as peer:
        url = peer.url(name, "/list")
        away = peer.url("victim", "/list")
        lists: dict[str, list[tuple[str, dict[str, Any]]]] = {
            "endless": [
                (f"{url}/{n}" if n else url, {"next": f"{url}/{n + 1}"}) for n in range(12)
            ],
            "elsewhere": [(url, {"next": away})],
            "circle": [(url, {"next": url})],
            "partial": [(url, {"totalItems": 3})],
            "gone": [],
        }
        for at, further in lists[name]:
            peer.tells(at, page(at, [], **further))

        someone = await asked_for(house, peer, name, [])
        await until(
            house,
            "SELECT state = 'ignored' FROM follower_claims WHERE actor_uri = $1",
            someone.uri,
        )

        assert await life.rows(house, _CLAIM, someone.uri) == [("ignored", reason)]
        assert await life.value(house, _EDGE, "mia", name) == "accepted"
        assert not [each for each in peer.requests if each.host == peer.authority("victim")]


async def test_a_server_that_is_away_is_asked_again_an_hour_later(house: Instance) -> None:
    async with HostilePeer() as peer:
        url = peer.url("away", "/list")
        peer.tells(url, Reply(status=503))
        someone = await asked_for(house, peer, "away", [f"{house.origin}/@nobody"])
        first = await life.rows(house, _CLAIM, someone.uri)
        peer.tells(url, page(url, [f"{house.origin}/@nobody"]))
        turn(house, hours=1)
        await until(
            house,
            "SELECT state = 'settled' FROM follower_claims WHERE actor_uri = $1",
            someone.uri,
        )

        assert first == [("differs", "")]
        # Of nobody there is no follow to take back; mia is asked for.
        assert await life.value(house, _EDGE, "mia", "away") == "asked"


async def test_claims_of_strangers_and_of_others_are_left_alone(house: Instance) -> None:
    async with HostilePeer() as peer:
        someone = await met(house, peer, "liar")
        told = Synchronization(
            collection=f"{peer.url('victim', '/u')}/followers",
            url=peer.url("victim", "/list"),
            digest="0" * 64,
        )
        await claimed(house, someone.uri, someone.host, write_header(told))
        await claimed(house, peer.url("unknown", "/u"), someone.host, write_header(told))
        turn(house, minutes=1)
        await until(house, "SELECT count(*) = 0 FROM follower_claims WHERE state = 'waiting'")

        assert await life.rows(house, _CLAIM, someone.uri) == [
            ("ignored", "synchronization-of-another")
        ]
        assert await life.rows(house, _CLAIM, peer.url("unknown", "/u")) == [
            ("ignored", "actor-unknown")
        ]
        assert peer.requests == []


async def welcomed(instance: Instance, host: str) -> None:
    """Have an agency be back from more than a day away, and wait until it was asked."""
    async with instance.database.transaction("test") as tx:
        await synchronization.welcome(tx, [host], now=instance.now())
    await until(
        instance,
        "SELECT bool_and(back_at IS NULL) FROM reconciliations WHERE host = $1",
        host,
    )


async def test_del_10_after_an_outage_memberships_that_were_lost_are_asked_for_anew(
    pair: Pair,
) -> None:
    async with pair.health.database.transaction("test") as tx:
        # Health has heard no digest; it knows where our own program lists followers.
        await tx.execute("DELETE FROM follower_claims")
        await tx.execute("UPDATE agencies SET software = 'commonlore'")
    await lose(pair.transport, "asha", "road_safety")
    pair.clock.turn(timedelta(hours=2))

    await welcomed(pair.health, pair.transport.host)
    await pair.settled()

    assert await pair.edges("asha") == ("accepted", "accepted")


async def test_an_agency_without_lists_is_asked_for_what_it_never_answered(
    house: Instance,
) -> None:
    async with HostilePeer() as peer:
        known = await met(house, peer, "listless")
        peer.tells(f"{known.uri}/inbox", Reply(status=202))
        mia = await life.finds(house, f"@mia@{house.host}")
        async with house.database.transaction("test") as tx:
            await follows.settle(tx, mia.id, known.id, FollowState.ASKED, now=house.now())
        turn(house, hours=2)

        await welcomed(house, known.host)
        await settle(house)

        [request] = [each for each in peer.requests if each.body]
        assert orjson.loads(request.body)["type"] == "Follow"
        assert await life.value(house, _EDGE, "mia", "listless") == "asked"


async def test_del_14_an_agency_that_was_blocked_meanwhile_is_asked_nothing(
    house: Instance,
) -> None:
    async with HostilePeer() as peer:
        someone = await met(house, peer, "outlaw")
        told = Synchronization(
            collection=f"{someone.uri}/followers",
            url=peer.url("outlaw", "/list"),
            digest="0" * 64,
        )
        async with house.database.transaction("test") as tx:
            await agencies.decide(
                tx, someone.host, AgencyState.BLOCKED, by=None, reason="", now=house.now()
            )
        await claimed(house, someone.uri, someone.host, write_header(told))
        turn(house, hours=2)
        await until(
            house,
            "SELECT state = 'ignored' FROM follower_claims WHERE actor_uri = $1",
            someone.uri,
        )
        turn(house, hours=2)
        await welcomed(house, someone.host)

        assert await life.rows(house, _CLAIM, someone.uri) == [
            ("ignored", "agency-not-admitted")
        ]
        assert peer.requests == []


async def test_del_10_an_agency_that_is_back_gets_what_was_given_up_and_is_asked_anew(
    house: Instance,
) -> None:
    async with HostilePeer() as peer:
        someone, browser = await lost_for_a_week(house, peer)
        lost = await life.value(
            house,
            "SELECT count(*) FROM deliveries WHERE state = 'expired' AND host = $1",
            someone.host,
        )

        # It is back, with an older backup: it knows nothing of mia.
        peer.tells(f"{someone.uri}/inbox", Reply(status=202))
        url = peer.url("returner", "/list")
        peer.tells(url, page(url, []))
        peer.requests.clear()
        await life.asks_in(browser, "returners", "Is it back?", "Yes.")
        turn(house, hours=12)
        await settle(house)
        await until(
            house,
            "SELECT back_at IS NULL FROM reconciliations WHERE host = $1",
            someone.host,
        )
        await settle(house)

        got = [orjson.loads(each.body)["type"] for each in peer.requests if each.body]
        assert lost == 6
        assert sorted(got) == ["Announce"] * 7 + ["Follow"]
        # It is not doubted here until it is refused there.
        assert await life.value(house, _EDGE, "mia", "returner") == "accepted"


async def lost_for_a_week(house: Instance, peer: HostilePeer) -> tuple[Actor, Browser]:
    """Have a member of a community be away until all that was for them is given up."""
    mia = await life.finds(house, f"@mia@{house.host}")
    browser = house.browser()
    await browser.sign_in("mia")
    community = await life.opened(house, mia, "returners")
    someone = await met(house, peer, "returner")
    told = Synchronization(
        collection=f"{someone.uri}/followers",
        url=peer.url("returner", "/list"),
        digest=digest_of([mia.uri]),
    )
    await claimed(house, someone.uri, someone.host, write_header(told))
    async with house.database.transaction("test") as tx:
        await follows.ask(tx, someone.id, community.id, f"{someone.uri}/1", now=house.now())
        await follows.settle(
            tx, someone.id, community.id, FollowState.ACCEPTED, now=house.now()
        )
    peer.tells(f"{someone.uri}/inbox", Reply(status=503))
    for number in range(6):
        await life.asks_in(browser, "returners", f"Lost {number}", "Away.")
    for _ in range(18):
        await settle(house)
        turn(house, hours=12)
    await settle(house)
    await browser.sign_in("mia")
    return someone, browser
