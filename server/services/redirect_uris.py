"""Where apps take what was allowed: which addresses they may name, and how one is answered."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

#: Asks for a page with the code, for programs that nothing can be sent to.
OUT_OF_BAND: Final = "urn:ietf:wg:oauth:2.0:oob"

_LONGEST: Final = 2000
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
# No space and no control: it becomes a header. No fragment: ours would be behind it. No
# backslash, quotes or angles: browsers do not agree on what they mean.
_WRITTEN: Final = re.compile(r"[!$-;=?-\[\]^_a-z|{}~]+")
#: Browsers run or read these themselves.
_REFUSED: Final = frozenset(
    {
        "about",
        "blob",
        "data",
        "file",
        "filesystem",
        "intent",
        "javascript",
        "vbscript",
        "view-source",
    }
)


def is_fair(uri: str) -> bool:
    """Say whether an app may be registered with this address (AUT-02, client-api.md 2.2).

    It is kept and compared byte for byte, so it is not made better here either. Any scheme is
    an app's on somebody's device; http reaches this very device only.
    """
    scheme = scheme_of(uri)
    if scheme is None or scheme in _REFUSED or len(uri) > _LONGEST:
        return False
    if not _WRITTEN.fullmatch(uri):
        return False
    return _is_fair_on_the_web(uri) if scheme in {"http", "https"} else True


def _is_fair_on_the_web(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises, but only when asked for
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or is_loopback(parts.hostname)


def host_of(uri: str) -> str:
    """Name the host that the answer goes to; nothing where the URI has none."""
    try:
        return urlsplit(uri).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def scheme_of(uri: str) -> str | None:
    found = _SCHEME.match(uri)
    return found[0].lower() if found else None


def answered(uri: str, answer: Iterable[tuple[str, str]]) -> str:
    """Write the answer behind an address, which stays as the app spelt it.

    Nothing may take it apart and put it together again: yarl and urllib lower schemes, drop
    empty hosts and undo escapes, and then no app knows it (client-api.md 2.3).
    """
    joint = "&" if "?" in uri else "?"
    return f"{uri}{joint}{urlencode(list(answer), quote_via=quote)}"
