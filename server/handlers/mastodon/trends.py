"""What is much discussed, and who links to what (client-api.md 5)."""

from typing import Final

from aiohttp import web

from federation import uris
from federation.errors import Malformed
from moderation.visibility import Scope
from schemas.mastodon.finding import TrendingLink
from schemas.mastodon.personal import TagHistory
from schemas.records import Surface
from server.handlers.mastodon.answers import Page, entities
from server.handlers.mastodon.offsets import Part, part_of
from server.handlers.mastodon.parameters import Maybe, read
from server.handlers.mastodon.status_entities import timeline
from server.handlers.mastodon.statuses import missing, reader_of
from server.handlers.mastodon.tag_entities import history, tags_of
from server.handlers.mastodon.timelines import answer
from server.middleware import CONTEXT
from server.services import sharing
from server.storage import links, trends
from server.storage.database import Transaction
from server.storage.timelines import Line, Window
from server.storage.trends import Trend

_MOST: Final = 20
_USUAL: Final = 10
_MOST_STATUSES: Final = 40


async def tags(request: web.Request) -> web.Response:
    """GET /api/v1/trends/tags, and /api/v1/trends as it was called before."""
    context, given = request.app[CONTEXT], await read(request, Part)
    member_id = reader_of(request).member_id
    limit, offset = given.at_most(_MOST, _USUAL), given.behind
    async with context.database.reading() as tx:
        found = await trends.listed_of(tx, "hashtag", offset=offset, limit=limit)
        named = [(each.subject, each.name) for each in found]
        shown = await tags_of(tx, context, member_id, named)
    return part_of(request, shown, offset=offset, limit=limit)


async def statuses(request: web.Request) -> web.Response:
    """GET /api/v1/trends/statuses: threads in which many took part."""
    context, given = request.app[CONTEXT], await read(request, Part)
    reader = reader_of(request)
    scope = sharing.scope(context, reader.principal, Surface.API)
    limit, offset = given.at_most(_MOST_STATUSES, 20), given.behind
    async with context.database.reading() as tx:
        lines = await trends.threads(tx, scope, offset=offset, limit=limit)
        shown = await timeline(tx, context, reader, lines)
    return part_of(request, shown, offset=offset, limit=limit)


async def linked(request: web.Request) -> web.Response:
    """GET /api/v1/trends/links: what many posts link to.

    Pages elsewhere are not fetched: a link has the title that posts give it, and no picture.
    """
    context, given = request.app[CONTEXT], await read(request, Part)
    limit, offset = given.at_most(_MOST, _USUAL), given.behind
    async with context.database.reading() as tx:
        found = await trends.listed_of(tx, "link", offset=offset, limit=limit)
        days = await history(tx, context, "link", [each.subject for each in found])
    shown = [_link(each, days[each.subject]) for each in found]
    return part_of(request, shown, offset=offset, limit=limit)


def _link(of: Trend, history: tuple[TagHistory, ...]) -> TrendingLink:
    origin = _origin(of.url)
    return TrendingLink(
        url=of.url,
        title=of.name or of.url,
        description="",
        provider_name=origin.partition("://")[2],
        provider_url=f"{origin}/" if origin else "",
        history=history,
    )


def _origin(url: str) -> str:
    try:
        return uris.origin_of(url)
    except Malformed:
        return ""


class _Linking(Page):
    url: Maybe[str] = None


async def linking(request: web.Request) -> web.Response:
    """GET /api/v1/timelines/link?url=…: public posts whose words link to an address.

    Raises:
        NotFound: "record-not-found", where no post does that everybody may read.
    """
    given = await read(request, _Linking)
    url = given.url
    if url is None:
        return entities([])

    async def find(tx: Transaction, scope: Scope, window: Window) -> list[Line]:
        found = await links.linking_to(tx, scope, url, window)
        if not found and window.below is None and window.above is None:
            raise missing()
        return found

    return await answer(request, given.window(), find)
