"""Ways to tamper with a request that was signed: line, headers, signature, body."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

_TARGETS: Final = (
    "/",
    "/inbox/",
    "/inbox?",
    "/inbox?page=2",
    "/INBOX",
    "/%69nbox",
    "//inbox",
    "/./inbox",
    "/c/plaza/inbox",
    "/@bob/inbox",
    "/c/nobody/inbox",
    "http://transport.localhost/inbox",
)
_HEADERS: Final = (
    "Host",
    "Date",
    "Digest",
    "Content-Digest",
    "Content-Type",
    "Signature",
    "Signature-Input",
    "X-Forwarded-Host",
    "Forwarded",
    "Authorization",
    "Collection-Synchronization",
)
_PIECES: Final = (
    '"',
    '\\"',
    ",",
    ", ",
    ";",
    "=",
    "(",
    ")",
    " ",
    "\t",
    "\\",
    "\x7f",
    "\xff",
    "headers",
    'keyId="',
    'headers="date"',
    "(created)",
    "(request-target)",
    "@method",
    "created=1",
    "expires=9999999999",
    'alg="none"',
    'algorithm="hs2019"',
    'algorithm="hmac-sha256"',
    "sig2=:AAAA:",
    "hs2019",
    "SHA-256=",
    "sha-512=:AAAA:",
    "MD5=AAAA",
    "evil.localhost",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "99999999999999999999",
)
_PARTS: Final = re.compile(r'("[^"]*"|[,;=()\s])')


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A request as it goes over the wire."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value.strip(" \t") for key, value in self.headers if key.lower() == name]

    def says(self, covered: Sequence[str]) -> tuple[object, ...]:
        """Give everything that a signature over these components is about."""
        named = [(name, tuple(self.values(name))) for name in covered]
        return (self.method, self.target, self.body, tuple(self.values("host")), *named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One thing that is changed; numbers are taken modulo what there is."""

    how: str
    header: str = "Signature"
    where: int = 0
    text: str = ""


_text = st.one_of(
    st.sampled_from(_PIECES), st.text(st.characters(max_codepoint=255), max_size=3)
)
_edits = st.builds(
    Forgery,
    how=st.sampled_from(("insert", "cut", "swap", "replace")),
    header=st.sampled_from(("Signature", "Signature-Input", *_HEADERS[:7])),
    where=st.integers(0, 500),
    text=_text,
)
_whole = st.builds(
    Forgery,
    how=st.sampled_from(("drop", "again", "add", "shout")),
    header=st.sampled_from(_HEADERS),
    text=_text,
)
_bodies = st.builds(
    Forgery,
    how=st.sampled_from(("body-insert", "body-cut", "body-flip")),
    where=st.integers(0, 500),
    text=_text,
)
_lines = st.one_of(
    st.builds(Forgery, how=st.just("target"), text=st.sampled_from(_TARGETS)),
    st.builds(
        Forgery,
        how=st.just("method"),
        text=st.sampled_from(("GET", "PUT", "post", "DELETE", "PATCH", "OPTIONS")),
    ),
)
# A line that is wrong is refused before anything else is looked at, so few are.
forgeries = st.one_of(_edits, _edits, _edits, _whole, _edits, _bodies, _edits, _whole, _lines)


def covered_by(request: Signed) -> tuple[str, ...]:
    """Name the headers that its own, valid signature covers."""
    told = request.values("signature-input") or request.values("signature")
    listed = re.search(r'headers="([^"]*)"', told[0]) or re.search(r"\(([^)]*)\)", told[0])
    assert listed is not None
    names = [name.strip('"') for name in listed[1].split()]
    return tuple(name for name in names if name[0] not in "(@")


def forged(request: Signed, changes: Sequence[Forgery]) -> Signed:
    """Apply each change; none may break the framing of the request itself."""
    for change in changes:
        request = _changed(request, change)
    return request


def _changed(request: Signed, change: Forgery) -> Signed:
    match change.how:
        case "target":
            return replace(request, target=change.text)
        case "method":
            return replace(request, method=change.text)
        case "body-insert" | "body-cut" | "body-flip":
            return replace(request, body=_spoilt(request.body, change))
        case _:
            return replace(request, headers=_tampered(request.headers, change))


def _spoilt(body: bytes, change: Forgery) -> bytes:
    at = change.where % (len(body) + 1)
    match change.how:
        case "body-insert":
            return body[:at] + change.text.encode() + body[at:]
        case "body-cut":
            return body[:at] + body[at + 1 :]
        case _:
            return body[:at] + bytes(each ^ 1 for each in body[at : at + 1]) + body[at + 1 :]


def _tampered(
    headers: tuple[tuple[str, str], ...], change: Forgery
) -> tuple[tuple[str, str], ...]:
    text = re.sub(r"[\r\n\0]", "", change.text)
    same = [each for each in headers if each[0].lower() == change.header.lower()]
    others = tuple(each for each in headers if each not in same)
    if change.how == "add" or not same:
        return (*headers, (change.header, text))
    name, value = same[0]
    match change.how:
        case "drop":
            return others
        case "again":
            return (*headers, (name, value))
        case "shout":
            return (*others, (name.upper(), value))
        case _:
            return (*others, (name, _edited(value, replace(change, text=text))))


def _edited(value: str, change: Forgery) -> str:
    """Edit between or at the parts of a structured value, or at any letter of it."""
    parts = _PARTS.split(value) if change.where % 2 else list(value)
    at = change.where // 2 % (len(parts) or 1)
    match change.how:
        case "insert":
            parts.insert(at, change.text)
        case "cut":
            del parts[at : at + 1]
        case "swap":
            parts[at : at + 2] = reversed(parts[at : at + 2])
        case _:
            parts[at : at + 1] = [change.text]
    return "".join(parts)
