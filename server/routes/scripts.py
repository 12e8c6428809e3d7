"""What scripts ask rather than people's clients: several accounts, to join, year's reports."""

from datetime import timedelta
from typing import Final

from server.handlers.mastodon import several, signing_up, telling, yearly
from server.middleware.declarations import Limit, Route
from server.routes.client_route import client

_REPORTS: Final = "/api/v1/annual_reports"
_YEAR: Final = rf"{_REPORTS}/{{year:\d{{4}}}}"
_SMALL: Final = 16_000  # bytes
#: Beside the limit of the use case, which counts what was filled in well.
_JOINING: Final = Limit(times=60, per=timedelta(hours=1))
SCRIPTS: Final[tuple[Route, ...]] = (
    *client("GET", "/health", telling.health),
    *client("GET", "/api/v1/accounts", several.listed, "read:accounts"),
    *client(
        "POST",
        "/api/v1/accounts",
        signing_up.create,
        "write:accounts",
        body=_SMALL,
        limit=_JOINING,
    ),
    # Reports on a year.
    *client("GET", _REPORTS, yearly.listed, "read:accounts", "member"),
    *client("GET", _YEAR, yearly.none, "read:accounts", "member"),
    *client("GET", f"{_YEAR}/state", yearly.state, "read:accounts", "member"),
    *client("POST", f"{_YEAR}/generate", yearly.generate, "write:accounts", "member"),
    *client("POST", f"{_YEAR}/read", yearly.none, "write:accounts", "member"),
)
