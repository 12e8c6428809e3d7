"""An activity whose lease ran out has its effect once, whoever is quicker."""

from server.storage import received
from tests.inbox_scene import opened


async def test_an_activity_that_another_worker_settled_is_left_alone(cluster):
    async with opened(cluster) as scene:
        now = scene.here.now()
        arrival = received.Arrival(
            actor_uri="https://health.example/@ada",
            activity_uri="https://health.example/activities/1",
            type="Like",
            host="health.example",
            raw=b"{}",
            signature_hash=b"1",
            received_at=now,
        )
        async with scene.here.database.transaction("test") as tx:
            await received.remember(tx, [arrival])
            limits = received.Limits(actors=1, each=1, together=1, size=1)
            [event] = await received.lock_lines(tx, limits, but=[], now=now)
            assert await received.hold(tx, event.id)
            await received.settle(tx, event.id, reason="", now=now)

            assert not await received.hold(tx, event.id)
            await received.settle(tx, event.id, reason="too-late", now=now)

        rows = await scene.fetch("SELECT state, reason FROM inbox_events")
        assert rows == [("done", "")]
