"""Publish what members wrote for later, when its time comes: once, or they are told why not."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from server.context import Context
from server.services import scheduling
from server.services.catalogue import noted
from server.services.errors import Conflict, Refusal
from server.services.scheduling import Read
from server.storage import notifications, once, scheduled, sessions
from server.storage.database import DatabaseAway
from server.storage.scheduled import Scheduled
from server.storage.sessions import SignedIn

log = structlog.get_logger()

_PAUSE: Final = 2.0  # seconds
_LEASE: Final = timedelta(minutes=5)
_WAIT: Final = timedelta(minutes=2)
_TRIES: Final = 5
#: A client that lost an answer sends the same again within this time (client-api.md 6).
_ONCE: Final = timedelta(hours=1)
_SUSPENDED: Final = noted("Your account was suspended when this was to be published.")
_FAILED: Final = noted("Something went wrong on our side each time that we tried.")


async def publish_forever(context: Context, read: Read) -> None:
    while True:
        try:
            await publish_due(context, read)
        except DatabaseAway as error:
            log.warning("scheduled-wait", reason=str(error))
        await asyncio.sleep(_PAUSE)


async def publish_due(context: Context, read: Read) -> None:
    """Publish all that is due, the longest due first."""
    while await publish_one(context, read):
        pass


async def publish_one(context: Context, read: Read) -> bool:
    """Publish what is due longest; False when nothing is."""
    now = context.now()
    async with context.database.transaction("scheduled.claim") as tx:
        due = await scheduled.claim(tx, now=now, lease_until=now + _LEASE)
        member = await sessions.acting(tx, due.member_id) if due else None
    if due is None:
        return False
    try:
        await _publish(context, member, due, read)
    except DatabaseAway:
        # Its lease runs out, and then it is tried again.
        log.warning("scheduled-database-away", scheduled=due.id)
    except Exception:
        log.exception("scheduled-failed", scheduled=due.id)
        await _again(context, due)
    return True


async def _publish(
    context: Context, member: SignedIn | None, due: Scheduled, read: Read
) -> None:
    if member is None:
        await _refuse(context, due, _SUSPENDED)
        return
    key = once.of_scheduled(due.id)
    try:
        await scheduling.publish(context, member, due, read, once=key)
    except Conflict as before:
        # Somebody died between publishing it and noting that.
        if before.reason != "done-already":
            await _refuse(context, due, before.sentence)
            return
    except Refusal as refusal:
        log.info("scheduled-refused", scheduled=due.id, reason=refusal.reason)
        await _refuse(context, due, refusal.sentence)
        return
    client_key = due.key if due.created_at > context.now() - _ONCE else None
    async with context.database.transaction("scheduled.settle") as tx:
        await scheduled.settle(tx, due.id)
        await once.hand_over(tx, due.member_id, key, client_key, done_at=due.created_at)


async def _refuse(context: Context, due: Scheduled, why: str) -> None:
    """Keep the words and files for their member, and tell them."""
    now = context.now()
    async with context.database.transaction("scheduled.refuse") as tx:
        await scheduled.refuse(tx, due.id, why, now=now)
        await notifications.add(
            tx,
            member_id=due.member_id,
            kind="not-published",
            actor_id=context.agency_id,
            subject=f"{due.id} {due.due_at.isoformat()}",
            post_id=None,
            now=now,
        )


async def _again(context: Context, due: Scheduled) -> None:
    if due.attempts >= _TRIES:
        await _refuse(context, due, _FAILED)
        return
    until = context.now() + _WAIT * due.attempts
    async with context.database.transaction("scheduled.again") as tx:
        await scheduled.put_off(tx, due.id, until=until)
