"""An agency that owes activities to inboxes, its clock turned by hand, its workers real."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic

from federation.session import OutgoingLimits, Session
from federation.signatures.keys import generate_rsa
from federation.uris import Home
from schemas.records import Actor, ActorKind, Visibility
from server.config import Settings
from server.context import Context, Faults, Ids
from server.storage import activities, actors, deliveries, owed
from server.storage.activities import Sent
from server.storage.database import Bell, connect
from server.storage.deliveries import Due
from server.storage.owed import Target
from server.workers.delivery import deliver_forever
from tests.hostile_peer import outgoing

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORIGIN = "https://transport.example"
INGRID = f"{ORIGIN}/@ingrid"
KEY = generate_rsa(f"{INGRID}#main-key", INGRID)

_PATIENCE = 20.0
_GLANCE = 0.01


@dataclass(slots=True)
class Clock:
    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(slots=True)
class PostOffice:
    """`owe` what is to be sent, `working` to have it sent, then look at the rows."""

    context: Context
    clock: Clock
    sent: dict[int, str] = field(default_factory=dict)

    async def owe(
        self, *inboxes: str, lane: str = "a", actor_id: int = 1, host: str = "health.example"
    ) -> int:
        """Owe a new activity to inboxes; its document says its own number."""
        activity_id = self.context.ids.mint(self.clock.now())
        async with self.context.database.transaction("test") as tx:
            await activities.add(tx, self.activity(activity_id, actor_id))
            await owed.enqueue(
                tx,
                activity_id,
                [Target(inbox=inbox, host=host) for inbox in inboxes],
                lane=lane,
                now=self.clock.now(),
            )
        self.context.bell.ring("deliveries")
        return activity_id

    def activity(self, activity_id: int, actor_id: int = 1, post_id: int | None = None) -> Sent:
        uri = f"{ORIGIN}/activities/{activity_id}"
        return Sent(
            id=activity_id,
            uri=uri,
            actor_id=actor_id,
            type="Create",
            object_uri=f"{ORIGIN}/p/1",
            post_id=post_id,
            community_id=None,
            visibility=Visibility.PUBLIC,
            document=json.dumps({"id": activity_id}).encode(),
            published_at=self.clock.now(),
        )

    async def claim(self, limit: int = 100, failing: int = 100) -> list[Due]:
        now = self.clock.now()
        async with self.context.database.transaction("test") as tx:
            return await deliveries.claim(
                tx,
                limit=limit,
                failing=failing,
                now=now,
                lease_until=now + timedelta(minutes=2),
            )

    async def rows(self) -> list[tuple[str, str, int, str]]:
        """List (state, place, attempts, reason) of every delivery, oldest first."""
        async with self.context.database.reading() as tx:
            rows = await tx.fetch(
                "SELECT state, place, attempts, last_reason FROM deliveries ORDER BY id"
            )
        return [tuple(row) for row in rows]

    async def states(self) -> list[str]:
        return [state for state, *_ in await self.rows()]

    async def next_at(self, delivery: int = 0) -> datetime:
        async with self.context.database.reading() as tx:
            found = await tx.fetch("SELECT next_at FROM deliveries ORDER BY id")
        moment: datetime = found[delivery]["next_at"]
        return moment

    async def health(self) -> deliveries.OriginHealth:
        async with self.context.database.reading() as tx:
            [health] = await deliveries.summary(tx)
        return health

    async def quiet(self) -> None:
        """Wait until nothing is new, leased or due by the clock."""
        await self.until_rows(
            "SELECT NOT EXISTS (SELECT FROM deliveries d LEFT JOIN origins o "
            "ON o.origin = d.origin WHERE d.place IN ('new', 'leased') OR (d.place = 'first' "
            "AND d.next_at <= $1 AND coalesce(o.open_until <= $1, true) "
            "AND coalesce(o.pause_until <= $1, true) AND o.paused_at IS NULL))"
        )

    async def until_rows(self, question: str) -> None:
        """Wait until a statement, given the time, answers true."""
        deadline = monotonic() + _PATIENCE
        self.context.bell.ring("deliveries")
        while True:
            async with self.context.database.reading() as tx:
                needs_time = "$1" in question
                found = await tx.fetchval(question, *[self.clock.now()] * needs_time)
            if found:
                return
            assert monotonic() < deadline, question
            await asyncio.sleep(_GLANCE)

    async def until(self, question: Callable[[], bool]) -> None:
        deadline = monotonic() + _PATIENCE
        while not question():
            assert monotonic() < deadline
            await asyncio.sleep(_GLANCE)

    @asynccontextmanager
    async def working(self, workers: int = 1) -> AsyncIterator[list[asyncio.Task[None]]]:
        """Have workers deliver; those that were not stopped are stopped at the end.

        Each has a bell of its own, as processes do.
        """
        channels = ("deliveries",)
        contexts = [self.context] + [
            replace(self.context, bell=Bell("", channels)) for _ in range(workers - 1)
        ]
        tasks = [asyncio.create_task(deliver_forever(each)) for each in contexts]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            for task in tasks:
                assert task.cancelled(), task.exception()


@asynccontextmanager
async def post_office(
    url: str, *, limits: OutgoingLimits | None = None, senders: int = 16
) -> AsyncIterator[PostOffice]:
    """Open a post office on a database, where Ingrid (1) has a key and Nobody (2) has none."""
    clock = Clock()
    home = Home(ORIGIN)
    settings = Settings(origin=ORIGIN, database="postgresql://app@db/x", senders=senders)
    async with (
        connect(url, size=6) as database,
        Session(outgoing(limits=limits)) as session,
    ):
        async with database.transaction("test") as tx:
            for number, name in ((1, "ingrid"), (2, "nobody")):
                await actors.add(tx, _actor(number, name), now=START)
            await actors.add_key_pair(tx, 1, KEY, now=START)
        yield PostOffice(
            context=Context(
                settings=settings,
                home=home,
                clock=clock,
                ids=Ids(1),
                database=database,
                bell=Bell("", ("deliveries",)),
                session=session,
                faults=Faults(""),
                agency_id=1,
                moderation_id=2,
            ),
            clock=clock,
        )


def _actor(number: int, name: str) -> Actor:
    return Actor(
        id=number,
        uri=f"{ORIGIN}/@{name}",
        kind=ActorKind.PERSON,
        name=name,
        host="transport.example",
        local=True,
        published_at=START,
    )
