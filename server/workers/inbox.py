"""Process remembered activities: in order per actor, several actors at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import activity_from
from schemas.records import AgencyState
from schemas.wire import strict
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.inbox import HANDLERS, together
from server.services.arrived import Arrived, Ignored
from server.services.sharing import may_knock
from server.storage import actors, received
from server.storage.database import DatabaseAway, DatabaseSlow, Transaction
from server.storage.received import Event, Limits

log = structlog.get_logger()

_LEASE = timedelta(minutes=2)
_TOGETHER = Limits(actors=64, each=50, together=100, size=8_000_000)
_TRIES = 8
_WAITS = tuple(timedelta(seconds=each) for each in (2, 10, 30, 120, 600, 1800, 3600))
_IDLE = 1.0
#: What a suspended actor may still do: take things away (ACT-16).
_TAKING_BACK = frozenset({ActivityType.DELETE, ActivityType.UNDO, ActivityType.REJECT})


@dataclass(slots=True)
class _Hand:
    """The lines under way in one process: each takes a slot, whatever the others do."""

    slots: int
    lines: dict[asyncio.Task[None], list[Event]] = field(default_factory=dict)
    bell: asyncio.Task[None] | None = None

    @property
    def free(self) -> int:
        return self.slots - len(self.lines)

    @property
    def free_for_retries(self) -> int:
        """What is tried again has met trouble before: half of the slots are not for it."""
        again = sum(events[0].attempts > 0 for events in self.lines.values())
        return max(0, min(self.free, max(1, self.slots // 2) - again))

    @property
    def actors(self) -> list[str]:
        return [events[0].actor_uri for events in self.lines.values() if not events[0].attempts]

    def collect(self) -> None:
        self.lines = {task: events for task, events in self.lines.items() if not task.done()}

    async def wait(self, context: Context) -> None:
        """Return when a line ends, something arrives, or it is time to look again."""
        if self.bell is None or self.bell.done():
            self.bell = asyncio.create_task(context.bell.wait("inbox", _IDLE))
        # With every slot taken there is little to do for what arrives.
        heard = {self.bell} if self.free else set()
        await asyncio.wait(
            {*heard, *self.lines}, timeout=_IDLE, return_when=asyncio.FIRST_COMPLETED
        )


async def process_forever(context: Context) -> None:
    """Claim, process, settle; wake when something arrives or falls due.

    Lines do not wait for each other: one that hangs takes its slot, and the others go on.
    """
    hand = _Hand(context.settings.workers)
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                hand.collect()
                if not await _turn(context, hand, group):
                    await hand.wait(context)
    finally:
        if hand.bell is not None:
            hand.bell.cancel()


async def process_due(context: Context) -> int:
    """Process what is due once, to its end; return how many activities that were."""
    async with asyncio.TaskGroup() as group:
        return await _turn(context, _Hand(context.settings.workers), group)


async def _turn(context: Context, hand: _Hand, group: asyncio.TaskGroup) -> int:
    """Claim what the free slots can take, and start it; return how many that were."""
    try:
        claimed = await _claim_somehow(context, hand)
    except DatabaseAway as error:
        # The lines in hand have the same trouble, and go on when it is over.
        log.warning("inbox-waits", reason=str(error))
        return 0
    for line in claimed.lines:
        hand.lines[group.create_task(_process_line(context, line))] = line
    return claimed.done + sum(len(line) for line in claimed.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """Lines that are leased to us, and how many activities had their effect already."""

    lines: list[list[Event]]
    done: int = 0


async def _claim_somehow(context: Context, hand: _Hand) -> _Claimed:
    try:
        return await _claim(context, hand)
    except DatabaseAway:
        raise
    except Exception:
        log.exception("inbox-together-failed")
    return await _claim_each(context, hand)


async def _claim(context: Context, hand: _Hand) -> _Claimed:
    """Give plain new posts their effect together, and lease lines of everything else."""
    now = context.now()
    async with context.database.transaction("inbox.claim") as tx:
        events = await received.lock_lines(tx, _TOGETHER, but=hand.actors, now=now)
        done = await together.give_effect(tx, context, events) if events else set()
        if done:
            context.faults.at("inbox.together")
        rest = [event for event in events if event.id not in done]
        lines = await _lease(tx, hand, rest, now=now)
    return _Claimed(lines=lines, done=len(done))


async def _claim_each(context: Context, hand: _Hand) -> _Claimed:
    """Lease lines, and give nothing its effect: one among them fails, and only that one may."""
    now = context.now()
    async with context.database.transaction("inbox.lease") as tx:
        events = await received.lock_lines(tx, _TOGETHER, but=hand.actors, now=now)
        return _Claimed(lines=await _lease(tx, hand, events, now=now))


async def _lease(
    tx: Transaction, hand: _Hand, events: list[Event], *, now: datetime
) -> list[list[Event]]:
    """Keep as many lines as there are free slots; the others stay where they are."""
    again = await received.lock_retries(tx, limit=hand.free_for_retries, now=now)
    by_actor = sorted(events, key=lambda event: (event.actor_uri, event.id))
    lines = [list(line) for _, line in groupby(by_actor, key=lambda event: event.actor_uri)]
    lines.sort(key=lambda line: line[0].id)
    kept = [*([event] for event in again), *lines][: hand.free]
    if kept:
        ids = [event.id for line in kept for event in line]
        await received.lease(tx, ids, until=now + _LEASE)
    return kept


async def _process_line(context: Context, events: list[Event]) -> None:
    for event in events:
        await process(context, event)


async def process(context: Context, event: Event) -> None:
    """Give one activity its effect, or settle it with the reason why it has none."""
    try:
        await _settle_somehow(context, event)
    except DatabaseAway:
        # Its lease runs out, and it is processed when the database is back.
        log.warning("inbox-database-away", activity=event.activity_uri)


async def _settle_somehow(context: Context, event: Event) -> None:
    try:
        await _give_effect(context, event)
    except Ignored as ignored:
        await _settle(context, event, ignored.reason)
    except Unreachable as away:
        await _try_again(context, event, away.reason, asked_for=away.retry_after)
    except FederationError as refusal:
        await _settle(context, event, refusal.reason)
    except DatabaseSlow:
        log.warning("inbox-too-slow", activity=event.activity_uri)
        await _try_again(context, event, "too-slow")
    except DatabaseAway:
        raise
    except Exception:
        log.exception("inbox-failed", activity=event.activity_uri, type=event.type)
        await _try_again(context, event, "failed")


async def _give_effect(context: Context, event: Event) -> None:
    document = strict.loads(event.raw)
    activity = activity_from(document)
    if activity.verb is None or activity.verb not in HANDLERS:
        raise Ignored("type-not-acted-on")
    async with context.database.reading() as tx:
        # It may have come before its agency was blocked, and waited here since.
        if await may_knock(tx, event.host) is AgencyState.BLOCKED:
            raise Ignored("agency-blocked")

    @asynccontextmanager
    async def effect() -> AsyncIterator[Transaction]:
        async with context.database.transaction("inbox.effect") as tx:
            if not await received.hold(tx, event.id):
                raise Ignored("settled-already")
            yield tx
            await received.settle(tx, event.id, reason="", now=context.now())

    arrived = Arrived(
        activity=activity,
        document=document,
        via=None,
        effect=effect,
        received_at=event.received_at,
    )
    await _dispatch(context, arrived)


async def _dispatch(context: Context, arrived: Arrived) -> None:
    verb = arrived.activity.verb
    if verb is None or verb not in HANDLERS:
        raise Ignored("type-not-acted-on")
    if verb not in _TAKING_BACK:
        await _insist_on_active(context, arrived.activity.actor)
    await HANDLERS[verb](context, arrived, _dispatch)


async def _insist_on_active(context: Context, uri: str) -> None:
    """Hold the suspended to it by every way: what a community passes on comes here, too."""
    async with context.database.reading() as tx:
        actor = await actors.find(tx, uri)
    if actor is not None and actor.suspended_at is not None:
        raise Ignored("actor-suspended")


async def _settle(context: Context, event: Event, reason: str) -> None:
    log.info("inbox-ignored", activity=event.activity_uri, type=event.type, reason=reason)
    context.metrics.refusals.labels(reason).inc()
    async with context.database.transaction("inbox.settle") as tx:
        await received.settle(tx, event.id, reason=reason, now=context.now())


async def _try_again(
    context: Context, event: Event, reason: str, *, asked_for: float | None = None
) -> None:
    """Try again as the schedule says, or when an origin asked us to, if that is later."""
    now = context.now()
    async with context.database.transaction("inbox.settle") as tx:
        if event.attempts + 1 >= _TRIES:
            await received.park(tx, event.id, reason=reason, now=now)
            return
        asked = min(timedelta(seconds=asked_for or 0), _WAITS[-1])
        wait = max(_WAITS[min(event.attempts, len(_WAITS) - 1)], asked)
        await received.retry(tx, event.id, reason=reason, next_at=now + wait)
