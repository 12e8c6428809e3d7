"""What members and their clients ask for what has its time: posts for later, announcements."""

from typing import Final

from server.handlers.mastodon import announcements, scheduled
from server.routes.client_route import client

_ID: Final = r"{id:\d+}"
_ANNOUNCEMENTS: Final = "/api/v1/announcements"
_SCHEDULED: Final = "/api/v1/scheduled_statuses"
TIMED: Final = (
    *client("GET", _ANNOUNCEMENTS, announcements.listed, None, "member"),
    *client(
        "POST",
        f"{_ANNOUNCEMENTS}/{_ID}/dismiss",
        announcements.dismiss,
        "write:accounts",
        "member",
    ),
    *(
        route
        for method, handler in (
            ("PUT", announcements.react),
            ("DELETE", announcements.take_back),
        )
        for route in client(
            method,
            f"{_ANNOUNCEMENTS}/{_ID}/reactions/{{emoji}}",
            handler,
            "write:favourites",
            "member",
        )
    ),
    *client("GET", _SCHEDULED, scheduled.listed, "read:statuses", "member"),
    *client("GET", f"{_SCHEDULED}/{_ID}", scheduled.show, "read:statuses", "member"),
    *client("PUT", f"{_SCHEDULED}/{_ID}", scheduled.move, "write:statuses", "member"),
    *client("DELETE", f"{_SCHEDULED}/{_ID}", scheduled.cancel, "write:statuses", "member"),
)
