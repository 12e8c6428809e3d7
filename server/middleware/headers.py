"""Security headers, the same on everything that leaves (security.md XSS-09)."""

from typing import Final

from aiohttp import hdrs, web

from server.middleware.keys import CONTEXT, DOOR, LEFT, NONCE, REQUEST_ID

_CSP: Final = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "browsing-topics=(), camera=(), display-capture=(), geolocation=(), microphone=(), "
        "payment=(), usb=()"
    ),
    hdrs.SERVER: "Commonlore",
}
#: What lets programs in browsers ask: they bring a token, never a cookie (client-api.md 1.3).
_FOR_CLIENTS: Final = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "Authorization, Content-Type, Idempotency-Key",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: (
        "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id"
    ),
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}
_HSTS: Final = "max-age=63072000; includeSubDomains"


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer has; a stricter CSP that the handler chose stays (XSS-07)."""
    headers = response.headers
    headers.update(_ALWAYS)
    headers.setdefault("Content-Security-Policy", _CSP.format(nonce=request[NONCE]))
    headers["X-Request-Id"] = request[REQUEST_ID]
    if request.app[CONTEXT].settings.secure:
        headers["Strict-Transport-Security"] = _HSTS
    if request[DOOR] == "client":
        headers.update(_FOR_CLIENTS)
        headers.setdefault(hdrs.CACHE_CONTROL, "private, no-store")
        if LEFT in request:
            headers.update(request[LEFT].headers)
    if request[DOOR] == "page":
        headers.setdefault(hdrs.CACHE_CONTROL, "private, no-cache")
