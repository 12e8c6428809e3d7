"""Read what somebody typed to find an actor: a handle in any dress, or a URL."""

import re
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from federation import uris
from federation.errors import Malformed
from federation.uris import Uri

_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.~-]{0,62}[A-Za-z0-9_])?")
_LONGEST: Final = uris.LONGEST_URI
_FEED: Final = "~"


@dataclass(frozen=True, slots=True)
class Handle:
    """name@host; the host is canonical, with the port where there is one (product.md 5).

    A Feed of PieFed may share its name with a community: `is_feed` says that it was asked for
    with the sign that PieFed puts before it, which its WebFinger asks for (wire.md 4.4).
    """

    name: str
    host: str
    is_feed: bool = False

    @override
    def __str__(self) -> str:
        return f"{_FEED if self.is_feed else ''}{self.name}@{self.host}"

    def is_same(self, other: "Handle") -> bool:
        """Say whether two handles mean one account; names are compared without case."""
        return self.host == other.host and self.name.lower() == other.name.lower()


def parse_handle(text: str) -> Handle | Uri | None:
    """Read !name@host, @name@host, ~name@host, acct:name@host or an http(s) URL (wire.md 4.3).

    None for everything else; a URL comes back as it was typed, without its fragment.
    """
    typed = text.strip()
    if len(typed) > _LONGEST:
        return None
    if re.match(r"https?://", typed, re.IGNORECASE):
        return _url(typed)
    dressed = re.sub(r"^acct:", "", typed, count=1, flags=re.IGNORECASE)
    bare = re.sub(rf"^[@!{_FEED}]", "", dressed, count=1)
    name, at, host = bare.partition("@")
    if not at or not _NAME.fullmatch(name) or re.search(r"[/?#@]", host):
        return None
    try:
        authority = uris.authority_of(f"https://{host}")
    except Malformed:
        return None
    return Handle(name, authority, is_feed=dressed.startswith(_FEED))


def _url(typed: str) -> Uri | None:
    address = typed.partition("#")[0]
    try:
        uris.parse(address)
    except Malformed:
        return None
    return Uri(address)
