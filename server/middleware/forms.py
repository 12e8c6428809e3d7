"""Whether a form comes from a page of ours: its token, and what the browser says (XSS-13)."""

from secrets import compare_digest
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http import HttpProcessingError
from multidict import MultiDict

from server.middleware import uploads
from server.middleware.keys import CONTEXT, CSRF
from server.services.errors import NotAllowed

#: "none" is a form that is sent again from the history.
_OURS: Final = frozenset({"same-origin", "none"})
_SENTENCE: Final = "This form was open for too long. Load the page again and send it once more."
_ELSEWHERE: Final = "This form was not on a page of ours."
FORM: Final = web.RequestKey[uploads.Form]("form")


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


async def read(request: web.Request) -> uploads.Form:
    """Read a form once; whoever asks again is given the same.

    Raises:
        HTTPBadRequest: a body that is no form at all.
        HTTPRequestEntityTooLarge: more parts or more text than a form has (DOS-14).
    """
    known = request.get(FORM)
    if known is None:
        known = request[FORM] = await _read(request)
    return known


async def _read(request: web.Request) -> uploads.Form:
    try:
        if request.content_type == "multipart/form-data":
            return await uploads.read(request)
        if (request.content_length or 0) > uploads.MOST_TEXT:
            raise web.HTTPRequestEntityTooLarge(
                max_size=uploads.MOST_TEXT, actual_size=request.content_length or 0
            )
        sent = await request.post()
        return MultiDict((name, text) for name, text in sent.items() if isinstance(text, str))
    except (ValueError, LookupError, AssertionError, HttpProcessingError) as error:
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
