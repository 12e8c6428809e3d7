"""What moderators of other programs have and we have not: no addresses, no ranks, no charts."""

from typing import Final

from aiohttp import web

from server.handlers.mastodon.answers import id_in, plain
from server.handlers.mastodon.statuses import missing
from server.services.errors import NotAllowed

_NO_ADDRESSES: Final = "We keep no addresses of members, so there is nothing to block by them."
_NOTHING_TO_JUDGE: Final = (
    "Nothing is shown here for being much talked of before people read it."
)


async def nothing(_request: web.Request) -> web.Response:
    """Answer for lists that are always empty, and figures that we do not gather."""
    return plain([])


async def none_of_these(request: web.Request) -> web.Response:
    """Answer for one of a list that is always empty."""
    id_in(request)
    raise missing()


async def no_addresses(_request: web.Request) -> web.Response:
    """Answer who would block by mail or network addresses."""
    raise NotAllowed("no-addresses-kept", _NO_ADDRESSES)


async def nothing_to_judge(_request: web.Request) -> web.Response:
    """Answer who would approve or reject what trends."""
    raise NotAllowed("nothing-to-judge", _NOTHING_TO_JUDGE)
