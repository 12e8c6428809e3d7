"""What every request passes: failures to answers, who asks, limits, request logs."""

from server.middleware.declarations import Door, Handler, Limit, Route
from server.middleware.keys import (
    ADDRESS,
    CLIENT,
    CONTEXT,
    CSRF,
    HUB,
    METRICS,
    NONCE,
    PRINCIPAL,
    RENDER_ERROR,
    REQUEST_ID,
    SESSION,
    Problem,
)

__all__ = [
    "ADDRESS",
    "CLIENT",
    "CONTEXT",
    "CSRF",
    "HUB",
    "METRICS",
    "NONCE",
    "PRINCIPAL",
    "RENDER_ERROR",
    "REQUEST_ID",
    "SESSION",
    "Door",
    "Handler",
    "Limit",
    "Problem",
    "Route",
]
