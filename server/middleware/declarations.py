"""The words of the route table: what is declared for every route."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from schemas.records import Surface

#: "client" is a program of a member's choice that speaks the Mastodon API.
Door = Literal["page", "activitypub", "api", "client", "system"]
#: "signed" is another agency: its signature is about the body, so the handler verifies it.
Audience = Literal["anyone", "member", "steward", "moderator", "operator", "signed"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_READING = frozenset({"GET"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many requests in a window, counted per member or per client address."""

    times: int
    per: timedelta
    by: Literal["address", "member"] = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path.

    Args:
        activitypub: answers instead of `handler` when the Accept header asks for ActivityPub.
        body: the most bytes that a request may bring.
        scope: what a client's token must allow, as "read:statuses" (client-api.md 2.5).
        takes: what it reads beside its path: a query of GET and DELETE, else a body.
        gives: what it answers; who declares both is described at /api/openapi.json.
    """

    method: str
    path: str
    handler: Handler
    door: Door
    audience: Audience
    surface: Surface | None = None
    csrf: bool = False
    limit: Limit | None = None
    body: int = 0
    activitypub: Handler | None = None
    scope: str | None = None
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None

    def __post_init__(self) -> None:
        writes = self.method not in _READING
        if (self.door == "page" and writes) != self.csrf:
            raise ValueError(f"{self.name}: forms need a CSRF token, and nothing else has one")
        if writes != bool(self.body):
            raise ValueError(f"{self.name}: what writes declares how much it reads")
        if self.activitypub is not None and (self.door != "page" or writes):
            raise ValueError(f"{self.name}: only the GET of a page has an ActivityPub twin")
        if self.scope is not None and self.door != "client":
            raise ValueError(f"{self.name}: only a client's token has a scope")
        if (self.takes is None) != (self.gives is None):
            raise ValueError(f"{self.name}: what it takes is declared with what it gives")

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def door_for(self, request: web.Request) -> Door:
        """Say which door this very request comes through."""
        if self.activitypub is not None and wants_activitypub(request):
            return "activitypub"
        return self.door


def wants_activitypub(request: web.Request) -> bool:
    """Say whether another server asks: no browser names these types (ActivityPub 3.2)."""
    accept = request.headers.get("Accept", "").lower()
    return "application/activity+json" in accept or "application/ld+json" in accept


def wants_json(request: web.Request) -> bool:
    accept = request.headers.get("Accept", "").lower()
    return "json" in accept and "text/html" not in accept
