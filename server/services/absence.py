"""Notice that it was us who were away, or set back to a backup; then ask what we missed."""

from datetime import timedelta
from typing import Final

import structlog

from server.context import Context
from server.storage import agencies, health, synchronization

log = structlog.get_logger()

#: What was sent meanwhile is sent again by whoever saw us fail; what had reached us before our
#: database was set back is not, and longer than this no start takes.
_LONG: Final = timedelta(hours=1)


async def look_back(context: Context) -> None:
    """At a start: after a long absence, have every admitted agency asked (DEL-22)."""
    now = context.now()
    async with context.database.transaction("absence.look-back") as tx:
        before = await health.give_sign_of_life(tx, now=now)
        if before is None or now - before <= _LONG:
            return
        hosts = await agencies.admitted(tx)
        await synchronization.welcome(tx, hosts, now=now)
    log.warning("was-away", since=before.isoformat(), agencies=len(hosts))
