"""Process remembered activities: in order per actor, several actors at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import groupby

import structlog

from federation.errors import FederationError, Unreachable
from federation.translate.incoming import activity_from
from schemas.records import AgencyState
from schemas.wire import strict
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.inbox import HANDLERS
from server.services.arrived import Arrived, Ignored
from server.services.sharing import may_knock
from server.storage import actors, received
from server.storage.database import DatabaseAway, Transaction
from server.storage.received import Event

log = structlog.get_logger()

_LEASE = timedelta(minutes=2)
_EACH = 50
_TRIES = 8
_WAITS = tuple(timedelta(seconds=each) for each in (2, 10, 30, 120, 600, 1800, 3600))
_IDLE = 1.0
#: What a suspended actor may still do: take things away (ACT-16).
_TAKING_BACK = frozenset({ActivityType.DELETE, ActivityType.UNDO, ActivityType.REJECT})


async def process_forever(context: Context) -> None:
    """Claim, process, settle; wake when something arrives or falls due."""
    while True:
        if not await process_due(context):
            await context.bell.wait("inbox", _IDLE)


async def process_due(context: Context) -> int:
    """Process what is due once; return how many activities that were."""
    now = context.now()
    async with context.database.transaction("inbox.claim") as tx:
        events = await received.claim(
            tx,
            actors=context.settings.workers,
            each=_EACH,
            now=now,
            lease_until=now + _LEASE,
        )
    by_actor = sorted(events, key=lambda event: (event.actor_uri, event.id))
    async with asyncio.TaskGroup() as group:
        for _actor, line in groupby(by_actor, key=lambda event: event.actor_uri):
            group.create_task(_process_line(context, list(line)))
    return len(events)


async def _process_line(context: Context, events: list[Event]) -> None:
    for event in events:
        await process(context, event)


async def process(context: Context, event: Event) -> None:
    """Give one activity its effect, or settle it with the reason why it has none."""
    try:
        await _give_effect(context, event)
    except Ignored as ignored:
        await _settle(context, event, ignored.reason)
    except Unreachable as away:
        await _try_again(context, event, away.reason)
    except FederationError as refusal:
        await _settle(context, event, refusal.reason)
    except DatabaseAway:
        # Its lease runs out, and it is processed when the database is back.
        log.warning("inbox-database-away", activity=event.activity_uri)
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

    await _dispatch(
        context, Arrived(activity=activity, document=document, via=None, effect=effect)
    )


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


async def _try_again(context: Context, event: Event, reason: str) -> None:
    now = context.now()
    async with context.database.transaction("inbox.settle") as tx:
        if event.attempts + 1 >= _TRIES:
            await received.park(tx, event.id, reason=reason, now=now)
            return
        wait = _WAITS[min(event.attempts, len(_WAITS) - 1)]
        await received.retry(tx, event.id, reason=reason, next_at=now + wait)
