"""How an instance is: well, by its figures, in its language; whom it blocks is not told."""

from typing import Final

from aiohttp import web
from babel import Locale

from schemas.mastodon.told import Language, Week
from server.handlers.mastodon.answers import entities, plain
from server.handlers.mastodon.statuses import missing
from server.middleware import CONTEXT
from server.services import figures

#: Nobody is told how often members sign in: agencies that have few would tell who.
_UNTOLD: Final = "0"


async def health(_request: web.Request) -> web.Response:
    """GET /health: what clients look at before they blame themselves."""
    return web.Response(text="OK")


async def activity(request: web.Request) -> web.Response:
    """GET /api/v1/instance/activity: twelve weeks, the latest first."""
    weeks = await figures.weeks(request.app[CONTEXT])
    return entities(
        [
            Week(
                week=str(int(each.begins_at.timestamp())),
                statuses=str(each.posts),
                logins=_UNTOLD,
                registrations=str(each.joined),
            )
            for each in weeks
        ]
    )


async def languages(request: web.Request) -> web.Response:
    """GET /api/v1/instance/languages: the one in which our pages speak."""
    code = request.app[CONTEXT].settings.language
    return entities([Language(code=code, name=Locale.parse(code).get_display_name() or code)])


async def translations(_request: web.Request) -> web.Response:
    """GET /api/v1/instance/translation_languages: nothing is translated."""
    return plain({})


async def blocked(_request: web.Request) -> web.Response:
    """GET /api/v1/instance/domain_blocks: whom we do not hear is told to nobody.

    Raises:
        NotFound: "record-not-found".
    """
    raise missing()
