"""What members' clients may ask: the Mastodon API, each path with a slash at its end, too."""

from datetime import timedelta
from typing import Final

from server.handlers.mastodon import (
    accounts,
    acting,
    apps,
    instance,
    media,
    notifications,
    oauth,
    pictures,
    push,
    reports,
    searching,
    statuses,
    streaming,
    timelines,
    writing,
)
from server.middleware.declarations import Handler, Limit, Route
from server.routes.client_route import client as _client
from server.services.media_forms import LARGEST_FILM

_SMALL: Final = 16_000  # bytes
#: Apps stay for ever, so nobody may make heaps of them; an office has one address.
_REGISTERING: Final = Limit(times=60, per=timedelta(hours=1))
_FETCHING_TOKENS: Final = Limit(times=120, per=timedelta(minutes=10))


def _acts(path: str, handler: Handler, scope: str) -> tuple[Route, ...]:
    return _client("POST", path, handler, scope, "member")


_NEWS: Final = "/api/v1/notifications"
_GROUPS: Final = "/api/v2/notifications"
_PUSH: Final = "/api/v1/push/subscription"
_ID: Final = r"{id:\d+}"
_UPLOAD: Final = LARGEST_FILM + 1_000_000
CLIENTS: Final = (
    *(
        route
        for version in ("v1", "v2")
        for route in _client(
            "POST",
            f"/api/{version}/media",
            media.bring,
            "write:media",
            "member",
            body=_UPLOAD,
        )
    ),
    *_client("GET", f"/api/v1/media/{_ID}", media.show, "write:media", "member"),
    *_client("PUT", f"/api/v1/media/{_ID}", media.describe, "write:media", "member"),
    *_client(
        "DELETE", f"/api/v1/media/{_ID}", media.discard, "write:media", "member", body=1000
    ),
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
    *_client("GET", "/api/v1/accounts/search", searching.accounts_search, "read:accounts"),
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
    *_client("GET", f"/api/v1/statuses/{_ID}/quotes", timelines.quotes, "read:statuses"),
    # Search.
    *_client("GET", "/api/v2/search", searching.search, "read:search"),
    *_client("GET", "/api/v1/search", searching.search_v1, "read:search"),
    # Writing and acting.
    *_client("POST", "/api/v1/statuses", writing.create, "write:statuses", "member"),
    *_client("PUT", f"/api/v1/statuses/{_ID}", writing.edit, "write:statuses", "member"),
    *_client("DELETE", f"/api/v1/statuses/{_ID}", writing.delete, "write:statuses", "member"),
    *_client("GET", f"/api/v1/polls/{_ID}", writing.poll, "read:statuses"),
    *_client("POST", f"/api/v1/polls/{_ID}/votes", writing.vote, "write:statuses", "member"),
    *_acts(f"/api/v1/statuses/{_ID}/favourite", acting.favourite, "write:favourites"),
    *_acts(f"/api/v1/statuses/{_ID}/unfavourite", acting.unfavourite, "write:favourites"),
    *_acts(f"/api/v1/statuses/{_ID}/reblog", acting.reblog, "write:statuses"),
    *_acts(f"/api/v1/statuses/{_ID}/unreblog", acting.unreblog, "write:statuses"),
    *_acts(f"/api/v1/accounts/{_ID}/follow", acting.follow, "write:follows"),
    *_acts(f"/api/v1/accounts/{_ID}/unfollow", acting.unfollow, "write:follows"),
    *_acts("/api/v1/reports", reports.report, "write:reports"),
    *(
        route
        for path in (
            f"/api/v1/pleroma/statuses/{_ID}/reactions/{{emoji}}",
            f"/api/v1/statuses/{_ID}/emoji_reactions/{{emoji}}",
        )
        for method, handler in (("PUT", acting.react), ("DELETE", acting.unreact))
        for route in _client(method, path, handler, "write:favourites", "member")
    ),
    # Notifications.
    *_client("GET", _NEWS, notifications.listed, "read:notifications", "member"),
    *_client(
        "GET", f"{_NEWS}/unread_count", notifications.unread, "read:notifications", "member"
    ),
    *_acts(f"{_NEWS}/clear", notifications.clear, "write:notifications"),
    *_client("GET", f"{_NEWS}/{_ID}", notifications.show, "read:notifications", "member"),
    *_acts(f"{_NEWS}/{_ID}/dismiss", notifications.dismiss, "write:notifications"),
    *_client("GET", _GROUPS, notifications.groups, "read:notifications", "member"),
    *_client(
        "GET", f"{_GROUPS}/unread_count", notifications.unread, "read:notifications", "member"
    ),
    *(
        route
        for method, scope in (("GET", "read"), ("PATCH", "write"))
        for path in (f"{_GROUPS}/policy", f"{_NEWS}/policy")
        for route in _client(
            method, path, notifications.policy, f"{scope}:notifications", "member"
        )
    ),
    *_client("GET", f"{_NEWS}/requests", instance.nothing, "read:notifications", "member"),
    *_client(
        "GET", f"{_GROUPS}/{{key}}", notifications.show_group, "read:notifications", "member"
    ),
    *_client(
        "GET",
        f"{_GROUPS}/{{key}}/accounts",
        notifications.people_of_group,
        "read:notifications",
        "member",
    ),
    *_acts(f"{_GROUPS}/{{key}}/dismiss", notifications.dismiss_group, "write:notifications"),
    # Listening. Which streams a token opens is its member's reading: the scope is for all.
    *_client("GET", "/api/v1/streaming", streaming.web_socket, "read:statuses", "member"),
    *_client("GET", "/api/v1/streaming/health", streaming.health),
    *_client(
        "GET", r"/api/v1/streaming/{name:[a-z/]+}", streaming.events, "read:statuses", "member"
    ),
    # Push: one subscription of each token.
    *_client("POST", _PUSH, push.subscribe, "push", "member", body=_SMALL),
    *_client("GET", _PUSH, push.show, "push", "member"),
    *_client("PUT", _PUSH, push.change, "push", "member", body=_SMALL),
    *_client("DELETE", _PUSH, push.unsubscribe, "push", "member", body=_SMALL),
)
