"""Remove what is over: sessions, tokens, limits, keys, files, activities dealt with."""

import asyncio
from datetime import timedelta
from typing import Final

from federation.signatures.knocking import REMEMBERED
from server.context import Context
from server.services import absence, clearing_media
from server.storage import (
    account_jobs,
    actors,
    authorizations,
    bans,
    health,
    knocks,
    marks,
    once,
    received,
    rotations,
    scheduled,
    sessions,
    silences,
    stream,
    synchronization,
    throttles,
    tokens,
)

_EVERY: Final = timedelta(minutes=10)
_GLANCE: Final = 1.0  # seconds between two looks at the clock, which a test may turn
_REFUSED_KEYS: Final = 10_000
#: A peer tries again for a week; twice that, and a copy of an activity is still known.
_REMEMBERED: Final = timedelta(days=14)
#: What an actor said of its followers is said again with its next post.
_CLAIMED: Final = timedelta(days=60)
#: So long two requests with one key are one (client-api.md 6).
_ONCE: Final = timedelta(hours=1)


async def clean_forever(context: Context) -> None:
    """Clean now, and again every ten minutes of the clock."""
    await absence.look_back(context)
    while True:
        await clean_once(context)
        due = context.now() + _EVERY
        while context.now() < due:  # noqa: ASYNC110 the clock may be turned by hand
            await asyncio.sleep(_GLANCE)


async def clean_once(context: Context) -> None:
    now = context.now()
    idle = timedelta(days=context.settings.token_idle_days)
    async with context.database.transaction("housekeeping") as tx:
        await health.give_sign_of_life(tx, now=now)
        await sessions.remove_expired(tx, now)
        await authorizations.remove_expired(tx, now)
        await tokens.remove_idle(tx, before=now - idle)
        await throttles.remove_ended(tx, now)
        await actors.forget_refused_keys(tx, now=now, keep=_REFUSED_KEYS)
        await synchronization.forget(tx, before=now - _CLAIMED)
        await knocks.forget(tx, before=now - REMEMBERED)
        await rotations.destroy_ended(tx, now=now)
        await account_jobs.forget(tx, now=now)
        await bans.end(tx, now=now)
        await silences.end_mutes(tx, now=now)
    async with context.database.transaction("housekeeping.inbox") as tx:
        await received.forget(tx, before=now - _REMEMBERED)
        await marks.forget_undone(tx, before=now - _REMEMBERED)
        await once.forget(tx, before=now - _ONCE)
        await scheduled.forget_keys(tx, before=now - _ONCE)
        await stream.forget(tx, before=now - _ONCE)
    await clearing_media.clear(context)
