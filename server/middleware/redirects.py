"""Where a visitor may be sent: to paths of our own, whatever a parameter says (AUT-01)."""

import re
from typing import Final
from urllib.parse import quote

from aiohttp import web

# A second slash or a backslash would begin a host; browsers drop tabs and newlines unread.
_LOCAL: Final = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
# What an app asks for leads through the sign-in page, and may be long.
_LONGEST: Final = 4000


def local_path(text: str, otherwise: str = "/") -> str:
    """Give a path of ours as it stands, or `otherwise` for anything that might lead away."""
    if len(text) <= _LONGEST and _LOCAL.fullmatch(text):
        return text
    return otherwise


def sign_in_path(request: web.Request) -> str:
    """Name the sign-in page that leads back; a form's address is nothing to come back to."""
    if request.method not in {"GET", "HEAD"}:
        return "/sign-in"
    back = local_path(request.raw_path)
    return "/sign-in" if back == "/" else f"/sign-in?next={quote(back, safe='/')}"
