"""Answers to clients: entities as JSON, and the links to the pages beside one."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

import orjson
from aiohttp import hdrs, web

from schemas.mastodon.entity import Entity, Numbered
from server.context import BOOST
from server.handlers.mastodon.parameters import Maybe, Parameters
from server.middleware import CONTEXT
from server.services.errors import NotFound
from server.storage.timelines import Window

_CURSORS: Final = frozenset({"max_id", "since_id", "min_id", "offset"})
_LARGEST_ID: Final = 2**63 - 1


class Page(Parameters):
    """Which part of a list: `min_id` is right after, `since_id` the newest since (1.4)."""

    max_id: Maybe[str] = None
    since_id: Maybe[str] = None
    min_id: Maybe[str] = None
    limit: Maybe[int] = None

    def at_most(self, most: int, usual: int) -> int:
        return max(1, min(self.limit if self.limit is not None else usual, most))

    def window(self, most: int = 40, usual: int = 20) -> Window:
        """Say which part of a timeline is asked for; a boost stands where its post stands."""
        found = self.window_of_ids(self.at_most(most, usual))
        return replace(found, below=_post_of(found.below), above=_post_of(found.above))

    def window_of_ids(self, limit: int) -> Window:
        """Say which part of what has ids of its own is asked for."""
        above = number(self.min_id)
        return Window(
            below=number(self.max_id),
            above=number(self.since_id) if above is None else above,
            rising=above is not None,
            limit=limit,
        )


def _post_of(of: int | None) -> int | None:
    return None if of is None else of & ~BOOST


def entity(of: Entity, *, status: int = 200) -> web.Response:
    return _json(of.model_dump_json().encode(), status=status)


def entities(of: Sequence[Entity], *, links: str | None = None) -> web.Response:
    body = b"[" + b",".join(each.model_dump_json().encode() for each in of) + b"]"
    return _json(body, links=links)


def plain(value: object, *, status: int = 200) -> web.Response:
    return _json(orjson.dumps(value), status=status)


def _json(body: bytes, *, status: int = 200, links: str | None = None) -> web.Response:
    response = web.Response(
        body=body, status=status, content_type="application/json", charset="utf-8"
    )
    if links:
        response.headers[hdrs.LINK] = links
    return response


def page_of(request: web.Request, of: Sequence[Numbered]) -> web.Response:
    """Answer with a page of what has ids of its own, and links to the pages beside it."""
    return entities(of, links=links(request, of[0].id, of[-1].id) if of else None)


def links(request: web.Request, first: object, last: object) -> str:
    """Write where the pages before and after are, with all that was asked for (1.4)."""
    context = request.app[CONTEXT]
    kept = [(key, value) for key, value in request.query.items() if key not in _CURSORS]
    scheme = "https" if context.settings.secure else "http"
    base = f"{scheme}://{request.host}{request.path}"

    def link(cursor: str, value: object, relation: str) -> str:
        return f'<{base}?{urlencode([*kept, (cursor, str(value))])}>; rel="{relation}"'

    return f"{link('max_id', last, 'next')}, {link('min_id', first, 'prev')}"


def number(text: str | None) -> int | None:
    """Read an id; None where there is none, or where it is none that anything here has."""
    if text is None or not text.isdecimal() or len(text) > len(str(_LARGEST_ID)):
        return None
    found = int(text)
    return found if found <= _LARGEST_ID else None


def id_in(request: web.Request, name: str = "id") -> int:
    """Read the id in the path.

    Raises:
        NotFound: "record-not-found".
    """
    found = number(request.match_info[name])
    if found is None:
        raise NotFound("record-not-found", "Record not found")
    return found
