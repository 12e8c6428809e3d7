"""What the application and each request carry beside what aiohttp gives them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from schemas.records import Principal
from server.context import Context
from server.middleware.allowances import Allowances, Left
from server.middleware.declarations import Door, Route
from server.observability import Metrics
from server.storage.sessions import SignedIn
from server.storage.tokens import Client
from server.streaming import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A failure as it is told: to people as a page, to programs as JSON.

    `request_id` is for the operator, where the fault is ours.
    """

    status: int
    reason: str
    sentence: str
    todo: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None


RenderError = Callable[[web.Request, Problem], Awaitable[web.StreamResponse]]

CONTEXT: Final = web.AppKey("context", Context)
METRICS: Final = web.AppKey("metrics", Metrics)
#: Makes the page of a problem: handed in, because pages are above this layer.
RENDER_ERROR: Final = web.AppKey[RenderError]("render_error")
HUB: Final = web.AppKey("hub", Hub)
ALLOWANCES: Final = web.AppKey("allowances", Allowances)
DECLARED: Final = web.AppKey[dict[web.AbstractRoute, Route]]("declared")

REQUEST_ID: Final = web.RequestKey("request_id", str)
DOOR: Final = web.RequestKey[Door]("door")
#: The nonce for the scripts of this page.
NONCE: Final = web.RequestKey("nonce", str)
#: The client's address, as far as it can be known.
ADDRESS: Final = web.RequestKey("address", str)
#: Who is signed in, on pages and by a client's token.
SESSION: Final = web.RequestKey[SignedIn | None]("session")
#: The program whose token came with the request; the door of clients only.
CLIENT: Final = web.RequestKey[Client | None]("client")
#: What is left of how often whoever asks may ask; the door of clients only.
LEFT: Final = web.RequestKey[Left]("left")
#: The same as the gate wants it.
PRINCIPAL: Final = web.RequestKey[Principal]("principal")
#: The token for the forms of this page, of a member or of a guest.
CSRF: Final = web.RequestKey("csrf", str)
