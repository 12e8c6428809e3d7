"""Reports on a member's year, which nobody gets here: nobody is measured (client-api.md 5)."""

from aiohttp import web

from server.handlers.mastodon.answers import plain
from server.handlers.mastodon.statuses import missing


async def listed(_request: web.Request) -> web.Response:
    """GET /api/v1/annual_reports."""
    return plain({"annual_reports": [], "accounts": [], "statuses": []})


async def none(_request: web.Request) -> web.Response:
    """GET /api/v1/annual_reports/{year}, and that it was read: there is none.

    Raises:
        NotFound: "record-not-found".
    """
    raise missing()


async def state(_request: web.Request) -> web.Response:
    """GET /api/v1/annual_reports/{year}/state: no year is one of which there is a report."""
    return plain({"state": "ineligible"})


async def generate(_request: web.Request) -> web.Response:
    """POST /api/v1/annual_reports/{year}/generate: nothing is made, as the state said."""
    return plain({})
