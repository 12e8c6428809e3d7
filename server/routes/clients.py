"""What members' clients may ask: the Mastodon API, each path with a slash at its end, too."""

from datetime import timedelta
from typing import Final

from aiohttp import hdrs

from schemas.records import Surface
from server.handlers.mastodon import (
    accounts,
    apps,
    instance,
    oauth,
    pictures,
    statuses,
    timelines,
)
from server.middleware.declarations import Audience, Handler, Limit, Route

_LARGEST: Final = 300_000  # bytes, of what has no files
_SMALL: Final = 16_000  # bytes
#: Apps stay for ever, so nobody may make heaps of them; an office has one address.
_REGISTERING: Final = Limit(times=60, per=timedelta(hours=1))
_FETCHING_TOKENS: Final = Limit(times=120, per=timedelta(minutes=10))


def _client(
    method: str,
    path: str,
    handler: Handler,
    scope: str | None = None,
    audience: Audience = "anyone",
    *,
    body: int = _LARGEST,
    limit: Limit | None = None,
) -> tuple[Route, ...]:
    return tuple(
        Route(
            method=method,
            path=each,
            handler=handler,
            door="client",
            audience=audience,
            surface=Surface.API,
            scope=scope,
            body=0 if method == hdrs.METH_GET else body,
            limit=limit,
        )
        for each in (path, f"{path}/")
    )


_ID: Final = r"{id:\d+}"
CLIENTS: Final = (
    *_client("GET", "/api/v2/instance", instance.instance),
    *_client("GET", "/api/v1/instance", instance.instance_v1),
    *_client("GET", "/api/v1/custom_emojis", instance.nothing),
    *_client("GET", r"/avatars/{hue:\d{1,3}}/{letters}.png", pictures.avatar),
    *_client("GET", "/avatars/header.png", pictures.header),
    # Signing in.
    *_client("POST", "/api/v1/apps", apps.create, body=_SMALL, limit=_REGISTERING),
    *_client("GET", "/api/v1/apps/verify_credentials", apps.verify_credentials),
    *_client("GET", "/.well-known/oauth-authorization-server", oauth.metadata),
    *_client("POST", "/oauth/token", oauth.give_token, body=_SMALL, limit=_FETCHING_TOKENS),
    *_client(
        "POST", "/oauth/revoke", oauth.take_token_back, body=_SMALL, limit=_FETCHING_TOKENS
    ),
    *_client("GET", "/oauth/userinfo", oauth.user_info, "profile", "member"),
    *_client("POST", "/oauth/userinfo", oauth.user_info, "profile", "member", body=_SMALL),
    # Accounts. What is fixed stands before what is an id.
    *_client(
        "GET",
        "/api/v1/accounts/verify_credentials",
        accounts.verify_credentials,
        "read:accounts",
        "member",
    ),
    *_client("GET", "/api/v1/accounts/lookup", accounts.lookup, "read:accounts"),
    *_client(
        "GET",
        "/api/v1/accounts/relationships",
        accounts.relationships,
        "read:follows",
        "member",
    ),
    *_client("GET", f"/api/v1/accounts/{_ID}", accounts.show, "read:accounts"),
    *_client("GET", f"/api/v1/accounts/{_ID}/statuses", accounts.statuses, "read:statuses"),
    *_client("GET", f"/api/v1/accounts/{_ID}/followers", accounts.followers, "read:accounts"),
    *_client("GET", f"/api/v1/accounts/{_ID}/following", accounts.following, "read:accounts"),
    # Timelines.
    *_client("GET", "/api/v1/timelines/home", timelines.home, "read:statuses", "member"),
    *_client("GET", "/api/v1/timelines/public", timelines.public, "read:statuses"),
    *_client("GET", "/api/v1/timelines/tag/{tag}", timelines.tag, "read:statuses"),
    *_client("GET", "/api/v1/favourites", timelines.favourites, "read:favourites", "member"),
    # Statuses.
    *_client("GET", "/api/v1/statuses", statuses.several, "read:statuses"),
    *_client("GET", f"/api/v1/statuses/{_ID}", statuses.show, "read:statuses"),
    *_client("GET", f"/api/v1/statuses/{_ID}/context", statuses.thread, "read:statuses"),
    *_client(
        "GET", f"/api/v1/statuses/{_ID}/source", statuses.source, "read:statuses", "member"
    ),
    *_client("GET", f"/api/v1/statuses/{_ID}/history", statuses.history, "read:statuses"),
    *_client(
        "GET", f"/api/v1/statuses/{_ID}/favourited_by", statuses.favourited_by, "read:accounts"
    ),
    *_client(
        "GET", f"/api/v1/statuses/{_ID}/reblogged_by", statuses.reblogged_by, "read:accounts"
    ),
)
