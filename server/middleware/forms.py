"""Whether a form comes from a page of ours: its token, and what the browser says (XSS-13)."""

from secrets import compare_digest
from typing import Final

from aiohttp import hdrs, web

from server.middleware.keys import CONTEXT, CSRF
from server.services.errors import NotAllowed

#: "none" is a form that is sent again from the history.
_OURS: Final = frozenset({"same-origin", "none"})
_SENTENCE: Final = "This form was open for too long. Load the page again and send it once more."
_ELSEWHERE: Final = "This form was not on a page of ours."


async def check(request: web.Request) -> None:
    """Refuse a form without the token of its visitor, or from another site.

    Raises:
        NotAllowed: "cross-site-form" or "csrf-token".
        HTTPBadRequest: a body that is no form at all.
    """
    _check_origin(request)
    given = (await read(request)).get("csrf", "")
    expected = request[CSRF]
    if not isinstance(given, str) or not compare_digest(given.encode(), expected.encode()):
        raise NotAllowed("csrf-token", _SENTENCE)


async def read(request: web.Request) -> dict[str, object]:
    """Read a form; the handler's own `request.post()` gives the same, already read."""
    try:
        return dict(await request.post())
    except (ValueError, LookupError, AssertionError) as error:
        # What aiohttp raises for charsets, percent-escapes and multipart that are none.
        raise web.HTTPBadRequest from error


def _check_origin(request: web.Request) -> None:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in _OURS:
        raise NotAllowed("cross-site-form", _ELSEWHERE)
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None:
        return
    # The host was judged at the door: it is ours, under whichever name.
    scheme = "https" if request.app[CONTEXT].settings.secure else "http"
    if origin != f"{scheme}://{request.host.lower()}":
        raise NotAllowed("cross-site-form", _ELSEWHERE)
