"""What became of an activity is told to the agency that sent it, and to nobody else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from schemas.records import AgencyState
from server.storage import received
from server.storage.embedded import Cluster
from tests.hostile_peer import HostilePeer
from tests.reading_house import House, Reply, Stranger, cloned, house, stranger

ID = "https://lands.example/activities/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    health: House
    lands: Stranger
    parks: Stranger
    event: int

    @property
    def actor(self) -> str:
        return f"https://{self.lands.host}/@ada"

    async def ask(self, asker: Stranger | None, **more: str) -> Reply:
        query = urlencode({"actor": self.actor, "id": ID} | more)
        return await self.health.get(f"/activity_result?{query}", asker)


@pytest.fixture
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    async with (
        cloned(cluster) as url,
        HostilePeer() as peer,
        house(url, "health") as health,
    ):
        lands = await stranger(peer, "lands", health.context)
        parks = await stranger(peer, "parks", health.context)
        await health.decides(lands.host)
        await health.decides(parks.host)
        arrival = received.Arrival(
            actor_uri=f"https://{lands.host}/@ada",
            activity_uri=ID,
            type="Like",
            host=lands.host,
            raw=b"{}",
            signature_hash=b"1",
            received_at=health.context.now(),
        )
        async with health.context.database.transaction("test") as tx:
            await received.remember(tx, [arrival])
            event = int(await tx.fetchval("SELECT id FROM inbox_events"))
        yield Scene(health=health, lands=lands, parks=parks, event=event)


async def _settle(scene: Scene, reason: str) -> None:
    async with scene.health.context.database.transaction("test") as tx:
        await received.settle(tx, scene.event, reason=reason, now=scene.health.context.now())


@pytest.mark.parametrize(("reason", "state"), [("", "processed"), ("not-a-member", "refused")])
async def test_the_sender_is_told_what_became_of_it(scene, reason, state):
    before = await scene.ask(scene.lands)
    await _settle(scene, reason)
    after = await scene.ask(scene.lands)

    assert before.json == {"activity": ID, "state": "received", "reason": ""}
    assert after.json == {"activity": ID, "state": state, "reason": reason}
    assert after.headers["Cache-Control"] == "private, no-store"


async def test_what_could_not_be_processed_is_refused(scene):
    async with scene.health.context.database.transaction("test") as tx:
        await received.park(tx, scene.event, reason="failed", now=scene.health.context.now())

    assert (await scene.ask(scene.lands)).json["state"] == "refused"


async def test_nobody_else_is_told_so_much_as_that_it_came(scene):
    await _settle(scene, "")

    other = await scene.ask(scene.parks)
    unknown = await scene.ask(scene.parks, id="https://lands.example/activities/2")

    assert (other.status, other.body) == (unknown.status, unknown.body)
    assert other.status == 404
    assert (await scene.ask(None)).status == 401


async def test_where_all_may_ask_an_agency_that_is_not_admitted_proves_nothing(scene):
    await _settle(scene, "")
    await scene.health.decides(scene.lands.host, AgencyState.WAITING)

    assert (await scene.ask(scene.lands)).status == 403


@pytest.mark.parametrize("broken", ["", "\n", "x" * 3000])
async def test_a_question_without_an_id_is_none(scene, broken):
    status = (await scene.ask(scene.lands, id=broken)).status

    assert status == (404 if broken == "" else 400)
