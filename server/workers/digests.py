"""Which deliveries carry a digest of followers: the first to an agency in ten minutes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from federation.uris import authority_of
from server.context import Context
from server.services import synchronizing
from server.storage.database import Transaction
from server.storage.deliveries import Due

_EVERY: Final = timedelta(minutes=10)
MOST: Final = 10_000
# What is for followers names their collection; what names only another's costs a look.
_FOLLOWERS: Final = b'/followers"'

_Pair = tuple[int, str]


@dataclass(slots=True)
class Digests:
    """What one worker told whom, and when; lost with it, and then told once more."""

    told: dict[_Pair, datetime] = field(default_factory=dict)

    async def pick(
        self, tx: Transaction, context: Context, dues: Sequence[Due], *, now: datetime
    ) -> dict[int, str]:
        """Give the header of FEP-8fcf for some of the deliveries, by their id."""
        if len(self.told) > MOST:
            self.told.clear()
        first: dict[_Pair, Due] = {}
        for due in dues:
            pair = _pair(due)
            if pair is not None and self._is_due(pair, now) and _FOLLOWERS in due.document:
                first.setdefault(pair, due)
        if not first:
            return {}
        headers = await synchronizing.headers(tx, context, first.keys())
        self.told |= dict.fromkeys(first, now)
        return {first[pair].id: header for pair, header in headers.items()}

    def forget(self, due: Due) -> None:
        """Tell it once more: this delivery did not arrive."""
        pair = _pair(due)
        if pair is not None:
            self.told.pop(pair, None)

    def _is_due(self, pair: _Pair, now: datetime) -> bool:
        told_at = self.told.get(pair)
        return told_at is None or now - told_at >= _EVERY


def _pair(due: Due) -> _Pair | None:
    """Give sender and agency, where its people are where its inbox is (FEP-8fcf)."""
    return (due.actor_id, due.host) if authority_of(due.origin) == due.host else None
