"""A clock two hours off: who refuses us is named, nobody is believed, nothing is lost."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from server import doctor
from server.storage import health as storage_health
from server.storage.embedded import Cluster
from tests.faults.pairs import COMMUNITY, acquainted, posts_at
from tests.instance import TurnedClock, running, settle
from tests.stories import life

_WAITING = "SELECT last_reason, last_status FROM deliveries WHERE state = 'waiting'"


@pytest.mark.parametrize("hours", [2, -2])
async def test_a_clock_two_hours_off_is_named_and_costs_nothing(
    cluster: Cluster, hours: int
) -> None:
    right, wrong = TurnedClock(), TurnedClock()
    async with (
        running(cluster, "transport", clock=wrong) as transport,
        running(cluster, "health", clock=right) as health,
    ):
        pair = await acquainted(transport, health, right)
        wrong.turn(timedelta(hours=hours))

        with capture_logs() as logged:
            await life.asks_in(pair.sam, COMMUNITY, "What time is it?", "I wonder.")
            await life.asks_in(pair.asha, pair.at, "Are you there?", "I wait.")
            await settle(transport, health)
        async with transport.database.reading() as tx:
            refusers = await storage_health.refusers_of_our_clock(tx)
        [finding] = doctor.of_refusers(refusers)

        # Each side refuses the other: who is wrong is for people to find out.
        for each in (transport, health):
            assert set(await life.rows(each, _WAITING)) == {("clock-refused", 401)}
        reasons = {line.get("reason") for line in logged if line["event"] == "not-delivered"}
        assert reasons == {"clock-refused"}
        assert (finding.level, health.host in finding.found) == ("fail", True)
        assert len(await posts_at(transport)) == 1

        wrong.turn(timedelta(hours=-hours))
        for _ in range(5):
            for clock in (right, wrong):
                clock.turn(timedelta(hours=1))
            await settle(transport, health)
        here, there = await posts_at(transport), await posts_at(health)
        assert here == there
        assert {title for _, title, *_ in here} == {"What time is it?", "Are you there?"}
        assert await life.rows(transport, _WAITING) == []
