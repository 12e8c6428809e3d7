"""How far timelines were read, for all of a member's clients; preferences (client-api.md 7)."""

from aiohttp import web
from pydantic import Field

from schemas.mastodon.personal import Marker
from server.handlers.mastodon.accounts import signed_in
from server.handlers.mastodon.answers import number, plain
from server.handlers.mastodon.parameters import Many, Maybe, Parameters, read
from server.middleware import CONTEXT
from server.services import tagging
from server.services.errors import Conflict, Invalid
from server.storage import markers, members
from server.storage.markers import Marker as Stored


class _Wanted(Parameters):
    timeline: Many[str] = Field(default_factory=list)


class _Place(Parameters):
    """`version` is what the client saw last; another one since then is a conflict."""

    last_read_id: Maybe[str] = None
    version: Maybe[int] = None


class _Given(Parameters):
    home: _Place | None = None
    notifications: _Place | None = None


async def show(request: web.Request) -> web.Response:
    """GET /api/v1/markers?timeline[]=home&timeline[]=notifications."""
    context, member = request.app[CONTEXT], signed_in(request)
    given = await read(request, _Wanted)
    async with context.database.reading() as tx:
        found = await markers.of_member(tx, member.member.id, given.timeline)
    return plain({name: _shown(each) for name, each in found.items()})


def _shown(of: Stored) -> dict[str, object]:
    return Marker(
        last_read_id=str(of.last_read_id), version=of.version, updated_at=of.updated_at
    ).model_dump()


async def put(request: web.Request) -> web.Response:
    """POST /api/v1/markers: 409 where another client was there meanwhile."""
    given = await read(request, _Given)
    wanted = {
        name: (_last_read(place), place.version)
        for name, place in (("home", given.home), ("notifications", given.notifications))
        if place is not None
    }
    try:
        made = await tagging.mark(request.app[CONTEXT], signed_in(request), wanted)
    except Conflict as conflict:
        # The one 409 that clients know.
        return plain({"error": conflict.sentence}, status=409)
    return plain({name: _shown(each) for name, each in made.items()})


def _last_read(place: _Place) -> int:
    found = number(place.last_read_id)
    if found is None:
        raise Invalid({"last_read_id": "last_read_id is missing"})
    return found


async def preferences(request: web.Request) -> web.Response:
    """GET /api/v1/preferences."""
    context, member = request.app[CONTEXT], signed_in(request).member
    async with context.database.reading() as tx:
        defaults = await members.defaults(tx, member.id)
    return plain(
        {
            "posting:default:visibility": defaults.privacy,
            "posting:default:sensitive": defaults.sensitive,
            "posting:default:language": defaults.language or member.language,
            "posting:default:quote_policy": defaults.quote_policy,
            "reading:expand:media": "default",
            "reading:expand:spoilers": False,
            "reading:autoplay:gifs": False,
        }
    )
