"""`make bench`: first what bare pieces reach here, then what ours does, in one run."""

import argparse
import asyncio
import os
import signal
import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from server.storage.embedded import Cluster
from tests.bench import (
    figures,
    growth,
    houses,
    limits,
    processes,
    report,
    searching,
    signed_in,
)
from tests.bench.children import Child, child
from tests.bench.figures import Figures, Stand
from tests.bench.limits import Effort
from tests.bench.report import Figure, Run

PLACE = Path(".state/bench")
WHOLE = Effort()
QUICK = Effort(seconds=0.2, creates=48, crowd=50, past=200, old=2_000, backlog=10_000)
STAGES = (
    figures.starting,
    figures.reading,
    figures.receiving,
    figures.receiving_steadily,
    figures.refusing,
    figures.sending,
    figures.passing_on,
    figures.growing,
    searching.finding,
    signed_in.serving_clients,
    growth.backfilling,
    growth.growing_old,
    growth.waiting_long,
    growth.reaching_a_thousand,
)
_BUDGET, _QUICK_BUDGET = 900.0, 90.0  # seconds, ends and beginnings included
_CROWDED = 0.15
_INTERRUPTED = 130


@dataclass(slots=True)
class Clerk:
    """Collects figures as they come, and watches the time."""

    end: float
    bare: list[Figure] = field(default_factory=list)
    ours: list[Figure] = field(default_factory=list)

    async def take(self, stage: str, figures: Figures) -> None:
        """Take what a stage yields; what fails or comes too late is written down as that."""
        left = self.end - monotonic()
        self.say(f"{stage} ({left:.0f} s left)")
        try:
            async with asyncio.timeout(left), aclosing(figures) as found:
                async for figure in found:
                    self.ours.append(figure)
        except TimeoutError as late:
            self._miss(stage, str(late) or "no time was left")
        except Exception as error:  # noqa: BLE001 the other figures are still worth having
            self._miss(stage, f"{type(error).__name__}: {error}")

    def _miss(self, stage: str, why: str) -> None:
        self.ours.append(Figure(name=stage, unit="", ours=None, note=why))

    def say(self, what: str) -> None:
        sys.stderr.write(f"bench: {what}\n")


async def measure(clerk: Clerk, effort: Effort) -> None:
    """Measure everything; whatever was started is stopped, however this ends."""
    clerk.say("limits")
    clerk.bare += await asyncio.to_thread(limits.pieces, effort.rounds, effort.seconds / 5)
    async with (
        houses.durable_cluster(PLACE) as (cluster, place),
        child("tests.bench.load") as driver,
    ):
        clerk.bare += await limits.database(cluster, effort)
        clerk.bare += await limits.servers(cluster, driver, effort)
        await _measure_ours(clerk, effort, cluster, place, driver)


async def _measure_ours(
    clerk: Clerk, effort: Effort, cluster: Cluster, place: Path, driver: Child
) -> None:
    async with houses.opened(cluster, "transport", place) as house:
        stand = Stand(
            cluster=cluster,
            directory=place,
            driver=driver,
            house=house,
            effort=effort,
            limits={each.name: each.ours for each in clerk.bare if each.ours is not None},
        )
        for stage in STAGES:
            await clerk.take(stage.__name__.replace("_", " "), stage(stand))


async def main(*, quick: bool) -> None:
    """Run once, print the tables, and keep the figures."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    clerk = Clerk(monotonic() + (_QUICK_BUDGET if quick else _BUDGET))
    run = Run(
        at=houses.now().isoformat(),
        quick=quick,
        cores=os.cpu_count() or 1,
        busy=await processes.busy_part(),
    )
    try:
        await measure(clerk, QUICK if quick else WHOLE)
    finally:
        _finish(clerk, run)


def _finish(clerk: Clerk, run: Run) -> None:
    if not clerk.bare:
        return
    path = report.keep(PLACE, [*clerk.bare, *clerk.ours], run)
    sys.stdout.write(f"Limits: bare pieces, {run.cores} cores\n\n{report.table(clerk.bare)}")
    sys.stdout.write(f"\nOurs, as it ships\n\n{report.table(clerk.ours)}\n{path}\n")
    if run.busy > _CROWDED:
        sys.stdout.write(
            f"Others used {run.busy:.0%} of this machine: throw these figures away.\n"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a minute or two, rough figures")
    try:
        asyncio.run(main(quick=parser.parse_args().quick))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(_INTERRUPTED)
