"""Empty the delivery queue, fairly per origin, each attempt signed anew."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from federation.delivery import (
    Delivered,
    Gone,
    Health,
    Outcome,
    Refused,
    RetryLater,
    after,
    deliver,
    next_wait,
)
from federation.signatures.knocking import Manner
from server.context import Context
from server.services import signing
from server.storage import deliveries, lanes, synchronization
from server.storage.database import DatabaseAway
from server.storage.deliveries import Due, Settlement
from server.workers.digests import Digests

log = structlog.get_logger()

CHANNEL = "deliveries"

# Longer than one attempt may take (30 s) and the settlement of it.
_LEASE = timedelta(minutes=2)
# An attempt that waits for an answer for so long leaves its sender to others; up to so many
# attempts for each sender may wait like that, so hosts that are silent hold nobody up.
_PATIENT = 0.25  # seconds
_WAITING_SHARE = 16
# Of four senders one may be busy with origins that fail; the others are for the living.
_FAILING_SHARE = 4
_NOT_FOUND_TRIES = 3
_RAISED_TRIES = 8
_OUTAGE = timedelta(days=1)
_SWEEP_EVERY = timedelta(minutes=5)
_AWAY_PAUSE = 1.0
_SHORTEST_WAIT = 0.05
# The clock may be turned by hand, so something that waits is looked after every second.
_WAIT_WITH_WORK = 1.0
_WAIT_WITHOUT = 15.0
_GRACE = 20.0
_GRACE_CANCELLED = 5.0

_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    due: Due
    outcome: Outcome


@dataclass(slots=True)
class _Round:
    """What one worker has in hand; lost with it, and then found again by its lease."""

    sending: dict[asyncio.Task[Outcome], Due] = field(default_factory=dict)
    began: dict[asyncio.Task[Outcome], float] = field(default_factory=dict)
    ended: list[Attempt] = field(default_factory=list)
    unsent: list[Due] = field(default_factory=list)
    digests: Digests = field(default_factory=Digests)
    bell: asyncio.Task[None] | None = None
    sweep_at: datetime | None = None

    def room(self, senders: int) -> tuple[int, int]:
        """Say how many more may be sent, and how many of them to origins that fail."""
        early = asyncio.get_running_loop().time() - _PATIENT
        busy = sum(began > early for began in self.began.values())
        free = max(0, min(senders - busy, _WAITING_SHARE * senders - len(self.sending)))
        failing = sum(due.failing for due in self.sending.values())
        return free, min(free, max(1, senders // _FAILING_SHARE) - failing)

    def collect(self) -> None:
        for task in [task for task in self.sending if task.done()]:
            due = self.sending.pop(task)
            del self.began[task]
            if task.cancelled():
                self.unsent.append(due)
            else:
                self.ended.append(Attempt(due=due, outcome=_outcome(task, due)))


async def deliver_forever(context: Context) -> None:
    """Deliver until cancelled; then let sends end, or give their leases back (DEL-23)."""
    hand = _Round()
    try:
        while True:
            try:
                await _turn(context, hand)
            except DatabaseAway as error:
                log.warning("deliveries-wait", reason=str(error))
                await asyncio.sleep(_AWAY_PAUSE)
    finally:
        await _stop(context, hand)


def settlement(due: Due, outcome: Outcome, *, now: datetime, jitter: float) -> Settlement:
    """Decide what becomes of a delivery after an attempt (DEL-07, DEL-08, DEL-19)."""
    match outcome:
        case Delivered(status=status):
            return Settlement(due=due, state="delivered", next_at=now, status=status)
        case Gone():
            return Settlement(
                due=due,
                state="refused",
                next_at=now,
                status=410,
                reason="gone",
                inbox_gone=True,
            )
        case Refused(status=status, reason=reason):
            return Settlement(
                due=due, state="refused", next_at=now, status=status, reason=reason
            )
        case RetryLater():
            return _again(due, outcome, now=now, jitter=jitter)


def _again(due: Due, outcome: RetryLater, *, now: datetime, jitter: float) -> Settlement:
    not_found = due.not_found + (outcome.reason == "not-found")
    wait = next_wait(due.attempts + 1, age=now - due.enqueued_at, jitter=jitter)
    state: deliveries.State = "waiting"
    if not_found >= _NOT_FOUND_TRIES or (outcome.ours and due.attempts + 1 >= _RAISED_TRIES):
        state = "refused"
    elif wait is None:
        state = "expired"
    return Settlement(
        due=due,
        state=state,
        next_at=now + max(wait or timedelta(0), outcome.wait or timedelta(0)),
        status=outcome.status,
        reason=outcome.reason,
        not_found=not_found,
    )


async def _turn(context: Context, hand: _Round) -> None:
    """Settle what has ended, start what is due, then wait until something happens."""
    hand.collect()
    if hand.ended:
        await _settle(context, hand)
    free, failing = hand.room(context.settings.senders)
    seconds = _PATIENT
    if free:
        due_at = await _start(context, hand, free, failing)
        seconds = _seconds(due_at, now=context.now())
    await _sweep(context, hand)
    await _wait(context, hand, seconds)


async def _start(context: Context, hand: _Round, free: int, failing: int) -> datetime | None:
    """Claim and send; say when there is more to do."""
    now = context.now()
    async with context.database.transaction("delivery.claim") as tx:
        hand.unsent = await deliveries.claim(
            tx, limit=free, failing=failing, now=now, lease_until=now + _LEASE
        )
        manners = await signing.manners(
            tx, context, {(due.actor_id, due.origin) for due in hand.unsent}
        )
        headers = await hand.digests.pick(tx, context, hand.unsent, now=now)
        due_at = await deliveries.next_due(tx)
    for due in hand.unsent:
        manner = manners.get((due.actor_id, due.origin))
        task = asyncio.create_task(_send(context, due, manner, headers.get(due.id, "")))
        hand.sending[task] = due
        hand.began[task] = asyncio.get_running_loop().time()
    hand.unsent = []
    return due_at


async def _send(context: Context, due: Due, manner: Manner | None, header: str) -> Outcome:
    if manner is None:
        return RetryLater(reason="no-signing-key", ours=True)
    context.faults.at("delivery.before-send")
    outcome = await deliver(
        context.session,
        inbox=due.inbox,
        body=due.document,
        sign=signing.sign_in_manner(context, manner),
        now=context.now,
        synchronization=header,
    )
    context.faults.at("delivery.after-send")
    return outcome


def _outcome(task: asyncio.Task[Outcome], due: Due) -> Outcome:
    error = task.exception()
    if error is None:
        return task.result()
    log.error("delivery-raised", delivery=due.id, agency=due.host, exc_info=error)
    return RetryLater(reason="send-raised", ours=True)


async def _settle(context: Context, hand: _Round) -> None:
    """Write down in one transaction everything that has ended."""
    now = context.now()
    ended = list(hand.ended)
    settlements = [
        settlement(each.due, each.outcome, now=now, jitter=_chance.uniform(-1, 1))
        for each in ended
    ]
    async with context.database.transaction("delivery.settle") as tx:
        before = await lanes.lock(tx, {each.due.origin for each in ended})
        healths = dict(before)
        for each in ended:
            healths[each.due.origin] = after(healths[each.due.origin], each.outcome, now=now)
        back = [origin for origin in before if _is_back(before[origin], healths[origin])]
        if back:
            await deliveries.hasten(tx, back)
        if long_away := _long_away(ended, before, healths, now=now):
            await synchronization.welcome(tx, long_away, now=now)
        await deliveries.settle(tx, settlements, healths, now=now)
    del hand.ended[: len(ended)]
    for settled in settlements:
        if settled.state != "delivered":
            hand.digests.forget(settled.due)
        _report(settled)


def _is_back(before: Health, now: Health) -> bool:
    return before.open_until is not None and now.open_until is None


def _long_away(
    ended: Sequence[Attempt],
    before: Mapping[str, Health],
    healths: Mapping[str, Health],
    *,
    now: datetime,
) -> list[str]:
    """Name the agencies that are back after so long that we may have missed each other."""
    long = {origin for origin in before if _was_away(before[origin], healths[origin], now=now)}
    return sorted({each.due.host for each in ended if each.due.origin in long})


def _was_away(before: Health, health: Health, *, now: datetime) -> bool:
    """Say whether this success is the first after more than a day of failures.

    Where little is sent the breaker need never have opened; and one that answered, if only to
    refuse, before its first success has failed no less long.
    """
    since = before.failing_since
    if since is None and before.open_until is not None:
        since = before.last_success_at
    return since is not None and health.last_success_at == now and now - since > _OUTAGE


def _report(settled: Settlement) -> None:
    if settled.state == "delivered":
        return
    log.info(
        "not-delivered",
        delivery=settled.due.id,
        agency=settled.due.host,
        state=settled.state,
        attempts=settled.due.attempts + 1,
        reason=settled.reason,
    )


async def _sweep(context: Context, hand: _Round) -> None:
    """Give up, every few minutes, what has met a closed door for seven days."""
    now = context.now()
    if hand.sweep_at is not None and now < hand.sweep_at:
        return
    async with context.database.transaction("delivery.expire") as tx:
        given_up = await deliveries.expire(tx, now=now)
    if given_up:
        log.warning("deliveries-expired", count=given_up)
    else:
        hand.sweep_at = now + _SWEEP_EVERY


async def _wait(context: Context, hand: _Round, seconds: float) -> None:
    """Return when a send ends, at the bell, or after so many seconds."""
    if hand.bell is not None and hand.bell.done():
        await hand.bell
        hand.bell = None
    if hand.bell is None:
        hand.bell = asyncio.create_task(context.bell.wait(CHANNEL, _WAIT_WITHOUT))
    await asyncio.wait(
        {hand.bell, *hand.sending},
        timeout=seconds,
        return_when=asyncio.FIRST_COMPLETED,
    )


def _seconds(due_at: datetime | None, *, now: datetime) -> float:
    if due_at is None:
        return _WAIT_WITHOUT
    return min(max((due_at - now).total_seconds(), _SHORTEST_WAIT), _WAIT_WITH_WORK)


async def _stop(context: Context, hand: _Round) -> None:
    """Let sends end, cancel those that do not, and give back what was not sent."""
    if hand.bell is not None:
        hand.bell.cancel()
        await asyncio.wait({hand.bell})
    if hand.sending:
        _, late = await asyncio.wait(hand.sending, timeout=_GRACE)
        for task in late:
            task.cancel()
        await asyncio.wait(hand.sending, timeout=_GRACE_CANCELLED)
    hand.collect()
    try:
        if hand.ended:
            await _settle(context, hand)
        if hand.unsent:
            async with context.database.transaction("delivery.release") as tx:
                await deliveries.release(tx, hand.unsent, now=context.now())
    except DatabaseAway as error:
        log.warning("deliveries-left-to-their-lease", reason=str(error))
