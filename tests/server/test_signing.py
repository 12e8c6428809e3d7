"""How requests of ours are signed: by what is known of the origin, and with the keys of now."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from federation.signatures.knocking import Manner
from schemas.records import AgencyState
from server.context import Context
from server.services.signing import sign_as_agency, sign_in_manner
from server.storage import actors, agencies
from server.storage.database import connect
from server.storage.embedded import Cluster
from server.workers.housekeeping import clean_once
from tests.hostile_peer import HostilePeer, Reply
from tests.instance import Instance, TurnedClock, running
from tests.post_office import PostOffice, post_office

RSA, ED25519 = "#main-key", "#ed25519-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    here: Instance
    peer: HostilePeer
    clock: TurnedClock

    @property
    def context(self) -> Context:
        return self.here.context

    async def fetch(self) -> int:
        """Fetch something of the peer, signed by the agency."""
        url = self.peer.url("health", "/p/1")
        sign = sign_as_agency(self.context)
        return (await self.context.session.get(url, accept="*/*", sign=sign)).status

    async def learns_software(self, software: str) -> None:
        now, host = self.here.now(), self.peer.authority("health")
        async with self.here.database.transaction("test") as tx:
            await agencies.decide(tx, host, AgencyState.ADMITTED, by=None, reason="", now=now)
            await agencies.remember_software(
                tx, host, software=software, version="1", name="", now=now
            )

    def knocks(self) -> list[tuple[str, str]]:
        """By which scheme and key the peer was asked since the last look."""
        told = [knock_of(request.headers) for request in self.peer.requests]
        self.peer.requests.clear()
        return told


def knock_of(headers: Mapping[str, str]) -> tuple[str, str]:
    said = headers.get("signature-input")
    text = said or headers["signature"]
    return ("rfc9421" if said else "cavage", ED25519 if ED25519 in text else RSA)


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with (
        HostilePeer() as peer,
        running(cluster, "transport", clock=clock, work=False) as here,
    ):
        peer.publishes(peer.url("health", "/p/1"))
        yield Scene(here=here, peer=peer, clock=clock)


def counted(context: Context) -> dict[tuple[str, str], float]:
    return {
        (sample.labels["scheme"], sample.labels["result"]): sample.value
        for metric in context.metrics.second_knocks.collect()
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


async def test_what_an_origin_takes_is_remembered_for_seven_days(scene: Scene) -> None:
    scene.peer.insists("health", on_rfc9421=True)

    assert await scene.fetch() == 200
    assert scene.knocks() == [("cavage", RSA), ("rfc9421", RSA)]
    scene.clock.turn(timedelta(days=6, hours=23))
    assert await scene.fetch() == 200
    assert scene.knocks() == [("rfc9421", RSA)]
    scene.clock.turn(timedelta(hours=1))
    assert await scene.fetch() == 200
    assert scene.knocks() == [("cavage", RSA), ("rfc9421", RSA)]

    assert counted(scene.context) == {("rfc9421", "opened"): 2.0}


async def test_an_origin_that_takes_the_draft_is_not_written_down(scene: Scene) -> None:
    assert await scene.fetch() == 200
    assert await scene.fetch() == 200

    assert scene.knocks() == [("cavage", RSA), ("cavage", RSA)]
    async with scene.here.database.reading() as tx:
        assert await tx.fetchval("SELECT count(*) FROM knocks") == 0


async def test_commonlore_is_spoken_to_by_the_standard_and_with_ed25519(scene: Scene) -> None:
    await scene.learns_software("commonlore")

    assert await scene.fetch() == 200

    assert scene.knocks() == [("rfc9421", ED25519)]


async def test_another_program_is_spoken_to_like_an_unknown_one(scene: Scene) -> None:
    await scene.learns_software("mastodon")

    assert await scene.fetch() == 200

    assert scene.knocks() == [("cavage", RSA)]


async def test_an_older_commonlore_is_met_where_it_is(scene: Scene) -> None:
    await scene.learns_software("commonlore")
    scene.peer.insists("health", on_rfc9421=False)

    assert await scene.fetch() == 200
    assert await scene.fetch() == 200

    assert scene.knocks() == [("rfc9421", ED25519), ("cavage", RSA), ("cavage", RSA)]


async def test_an_origin_that_changes_its_mind_is_believed(scene: Scene) -> None:
    scene.peer.insists("health", on_rfc9421=True)
    await scene.fetch()
    scene.peer.insists("health", on_rfc9421=False)
    await scene.fetch()
    scene.knocks()

    await scene.fetch()

    assert scene.knocks() == [("cavage", RSA)]


async def test_an_origin_that_refuses_both_teaches_nothing(scene: Scene) -> None:
    scene.peer.tells(scene.peer.url("health", "/p/1"), Reply(status=401))

    for _ in range(2):
        assert await scene.fetch() == 401
        assert scene.knocks() == [("cavage", RSA), ("rfc9421", RSA)]

    assert counted(scene.context) == {("rfc9421", "refused"): 2.0}


async def test_what_is_no_longer_remembered_is_cleaned_up(scene: Scene) -> None:
    scene.peer.insists("health", on_rfc9421=True)
    await scene.fetch()
    scene.clock.turn(timedelta(days=7))

    await clean_once(scene.context)

    async with scene.here.database.reading() as tx:
        assert await tx.fetchval("SELECT count(*) FROM knocks") == 0


async def test_a_memory_that_cannot_be_kept_undoes_nothing(scene: Scene) -> None:
    scene.peer.insists("health", on_rfc9421=True)
    async with connect(scene.context.settings.database, size=1) as closed:
        pass
    away = replace(scene.context, database=closed)
    async with scene.here.database.reading() as tx:
        rings = await actors.signing_keys(tx, {away.agency_id}, now=scene.here.now())
    sign = sign_in_manner(away, Manner(keys=rings[away.agency_id]))

    url = scene.peer.url("health", "/p/1")
    fetched = await away.session.get(url, accept="*/*", sign=sign)

    assert fetched.status == 200
    async with scene.here.database.reading() as tx:
        assert await tx.fetchval("SELECT count(*) FROM knocks") == 0


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[PostOffice]:
    async with post_office(database_url) as office:
        yield office


async def test_a_delivery_knocks_twice_and_the_next_one_once(office: PostOffice) -> None:
    async with HostilePeer() as peer:
        inbox = peer.url("health", "/inbox")
        peer.tells(inbox, Reply(status=202))
        peer.insists("health", on_rfc9421=True)

        async with office.working():
            for _ in range(2):
                await office.owe(inbox)
                await office.quiet()

    assert await office.states() == ["delivered", "delivered"]
    assert [knock_of(request.headers)[0] for request in peer.requests] == [
        "cavage",
        "rfc9421",
        "rfc9421",
    ]
    assert peer.requests[0].body == peer.requests[1].body
    assert counted(office.context) == {("rfc9421", "opened"): 1.0}
