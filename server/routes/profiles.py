"""What members' clients ask about their own profile, and about who asks to follow them."""

from typing import Final

from server.handlers.mastodon import follow_requests, profile
from server.middleware.declarations import Route
from server.routes.client_route import client
from server.services.media_forms import LARGEST_PICTURE

_ID: Final = r"{id:\d+}"
_REQUEST: Final = f"/api/v1/follow_requests/{_ID}"
#: Both pictures, and what is said beside them.
PICTURES: Final = 2 * LARGEST_PICTURE + 1_000_000
PROFILES: Final[tuple[Route, ...]] = (
    *client(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        profile.update_credentials,
        "write:accounts",
        "member",
        body=PICTURES,
    ),
    *client(
        "DELETE",
        "/api/v1/profile/avatar",
        profile.remove_avatar,
        "write:accounts",
        "member",
        body=1000,
    ),
    *client(
        "DELETE",
        "/api/v1/profile/header",
        profile.remove_header,
        "write:accounts",
        "member",
        body=1000,
    ),
    *client("GET", "/api/v1/follow_requests", follow_requests.listed, "read:follows", "member"),
    *client(
        "POST", f"{_REQUEST}/authorize", follow_requests.authorize, "write:follows", "member"
    ),
    *client("POST", f"{_REQUEST}/reject", follow_requests.reject, "write:follows", "member"),
    *client(
        "POST",
        f"/api/v1/accounts/{_ID}/remove_from_followers",
        follow_requests.remove_follower,
        "write:follows",
        "member",
    ),
)
