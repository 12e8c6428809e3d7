"""What members find and show, from clients and pages: profiles, trends, suggestions."""

from datetime import timedelta
from typing import Final

from server.handlers.mastodon import showing, suggesting, tags, trends
from server.handlers.pages import showing as pages
from server.middleware.declarations import Audience, Handler, Limit, Route
from server.routes.client_route import client


def _own(method: str, path: str, handler: Handler, scope: str) -> tuple[Route, ...]:
    return client(method, f"/api/{path}", handler, scope, "member")


def _open(path: str, handler: Handler, scope: str) -> tuple[Route, ...]:
    return client("GET", f"/api/{path}", handler, scope)


_ID: Final = r"{id:\d+}"
FINDING: Final[tuple[Route, ...]] = (
    # What a profile shows.
    *_own("POST", f"v1/statuses/{_ID}/pin", showing.pin, "write:accounts"),
    *_own("POST", f"v1/statuses/{_ID}/unpin", showing.unpin, "write:accounts"),
    *(
        route
        for names, handler in (
            (("pin", "endorse"), showing.endorse),
            (("unpin", "unendorse"), showing.unendorse),
        )
        for name in names
        for route in _own("POST", f"v1/accounts/{_ID}/{name}", handler, "write:accounts")
    ),
    *_own("GET", "v1/endorsements", showing.endorsed, "read:accounts"),
    *_open(f"v1/accounts/{_ID}/endorsements", showing.endorsed_by, "read:accounts"),
    *_own("GET", "v1/featured_tags/suggestions", tags.suggested, "read:accounts"),
    *_own("POST", "v1/tags/{name}/feature", tags.feature_named, "write:accounts"),
    *_own("POST", "v1/tags/{name}/unfeature", tags.unfeature_named, "write:accounts"),
    # Whom one might follow.
    *_own("GET", "v2/suggestions", suggesting.listed, "read:accounts"),
    *_own("GET", "v1/suggestions", suggesting.listed_v1, "read:accounts"),
    *_own("DELETE", f"v1/suggestions/{_ID}", suggesting.dismiss, "write:accounts"),
    *client("GET", "/api/v1/directory", suggesting.directory),
    *_own(
        "GET",
        "v1/accounts/familiar_followers",
        suggesting.familiar_followers,
        "read:follows",
    ),
    # What is much discussed, and who links to what.
    *client("GET", "/api/v1/trends", trends.tags),
    *client("GET", "/api/v1/trends/tags", trends.tags),
    *client("GET", "/api/v1/trends/statuses", trends.statuses),
    *client("GET", "/api/v1/trends/links", trends.linked),
    *_open("v1/timelines/link", trends.linking, "read:statuses"),
    # Threads of which one wants to hear no more.
    *_own("POST", f"v1/statuses/{_ID}/mute", showing.mute, "write:mutes"),
    *_own("POST", f"v1/statuses/{_ID}/unmute", showing.unmute, "write:mutes"),
)


def _form(path: str, handler: Handler, audience: Audience = "member") -> Route:
    return Route(
        method="POST",
        path=path,
        handler=handler,
        door="page",
        audience=audience,
        csrf=True,
        limit=Limit(times=200, per=timedelta(minutes=10), by="member"),
        body=16_000,
    )


FINDING_PAGES: Final[tuple[Route, ...]] = (
    _form("/p/{id}/profile", pages.pin),
    _form("/p/{id}/quiet", pages.quiet),
    _form("/@{name}/recommend", pages.recommend),
    _form("/tags/{name}/profile", pages.show_hashtag),
    _form("/suggestions/dismiss", pages.dismiss),
    _form("/moderation/trends", pages.switch_trends, "moderator"),
)
