"""Arrivals: what the inbox admitted, written down many at a time before anyone is answered."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from federation.inbox import VerifiedActivity
from schemas.records import AgencyState
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.storage import agencies, received, synchronization
from server.storage.received import Arrival
from server.storage.synchronization import Claim

log = structlog.get_logger()

MOST: Final = 64
WAIT: Final = 0.002  # seconds


@dataclass(slots=True)
class _Batch:
    arrivals: list[Arrival] = field(default_factory=list)
    knocks: dict[str, datetime] = field(default_factory=dict)
    claims: dict[str, Claim] = field(default_factory=dict)
    full: asyncio.Event = field(default_factory=asyncio.Event)


class Batcher:
    """Commits arrivals in groups: a commit costs the same for one as for sixty-four.

    One transaction at a time. While it commits, the next group gathers; and two groups that
    hold the same activities can never wait for each other.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writing = asyncio.Lock()
        self._batch: _Batch | None = None
        self._written: asyncio.Task[None] | None = None

    async def remember(self, verified: VerifiedActivity) -> None:
        """Return once the activity is committed, or was there already (SIG-11, DEL-02).

        Raises:
            DatabaseAway: it is not known to be committed; the sender must try again.
        """
        now = self._context.now()
        if self._batch is None or self._written is None:
            self._batch = _Batch()
            self._written = asyncio.create_task(self._write(self._batch))
        batch, written = self._batch, self._written
        batch.arrivals.append(_arrival(verified, now))
        if verified.agency is None and verified.activity.verb is ActivityType.FOLLOW:
            batch.knocks[verified.host] = now
        if verified.synchronization and verified.agency is AgencyState.ADMITTED:
            batch.claims[verified.actor_uri] = _claim(verified, now)
        if len(batch.arrivals) >= MOST:
            self._close(batch)
        # A sender that hangs up must not take the others of its group along.
        await asyncio.shield(written)

    async def _write(self, batch: _Batch) -> None:
        try:
            async with asyncio.timeout(WAIT):
                await batch.full.wait()
        except TimeoutError:
            pass
        async with self._writing:
            self._close(batch)
            async with self._context.database.transaction("inbox.remember") as tx:
                for host in sorted(batch.knocks):
                    await agencies.knock(tx, host, now=batch.knocks[host])
                if batch.claims:
                    await synchronization.remember(tx, batch.claims)
                new = await received.remember(tx, batch.arrivals)
                changed = []
                if new < len(batch.arrivals):
                    changed = await received.told_otherwise(tx, batch.arrivals)
        for uri in changed:
            log.warning("activity-told-otherwise", activity=uri)

    def _close(self, batch: _Batch) -> None:
        """Let nobody join this group any more."""
        batch.full.set()
        if self._batch is batch:
            self._batch = None


def _claim(verified: VerifiedActivity, now: datetime) -> Claim:
    return Claim(
        actor_uri=verified.actor_uri,
        host=verified.host,
        header=verified.synchronization,
        told_at=now,
    )


def _arrival(verified: VerifiedActivity, now: datetime) -> Arrival:
    return Arrival(
        actor_uri=verified.actor_uri,
        activity_uri=verified.activity.id,
        type=str(verified.activity.type),
        host=verified.host,
        raw=verified.raw,
        signature_hash=verified.signature_hash,
        received_at=now,
    )
