"""Tell members' programs of notifications while these are closed, as soon as there are any."""

import structlog

from server.context import Context
from server.services import pushing
from server.services.pushing import Compose
from server.storage import pushes
from server.storage.database import DatabaseAway

log = structlog.get_logger()

_GLANCE = 5.0  # seconds between two looks at what is to be tried again


async def push_forever(context: Context, compose: Compose) -> None:
    while True:
        try:
            while await pushing.send_due(context, compose):
                pass
        except DatabaseAway as error:
            log.warning("push-waits", reason=str(error))
        await context.bell.wait(pushes.CHANNEL, _GLANCE)
