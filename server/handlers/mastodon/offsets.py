"""Lists that go on by a number of entries, such as trends (client-api.md 1.4)."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from schemas.mastodon.entity import Entity
from server.handlers.mastodon.answers import entities
from server.handlers.mastodon.parameters import Maybe, Parameters
from server.middleware import CONTEXT

_FARTHEST: Final = 10_000


class Part(Parameters):
    """Which part of a list; absurd numbers become the nearest that are not."""

    limit: Maybe[int] = None
    offset: Maybe[int] = None

    def at_most(self, most: int, usual: int) -> int:
        return max(1, min(self.limit if self.limit is not None else usual, most))

    @property
    def behind(self) -> int:
        return max(0, min(self.offset or 0, _FARTHEST))


def part_of(
    request: web.Request, of: Sequence[Entity], *, offset: int, limit: int
) -> web.Response:
    """Answer with a part of a list, and links to the parts beside it."""
    links = []
    if len(of) == limit:
        links.append(f'<{_address(request, offset + limit)}>; rel="next"')
    if offset and of:
        links.append(f'<{_address(request, max(0, offset - limit))}>; rel="prev"')
    return entities(of, links=", ".join(links) or None)


def _address(request: web.Request, offset: int) -> str:
    scheme = "https" if request.app[CONTEXT].settings.secure else "http"
    kept = [(key, value) for key, value in request.query.items() if key != "offset"]
    query = urlencode([*kept, ("offset", str(offset))])
    return f"{scheme}://{request.host}{request.path}?{query}"
