"""The Signature header of draft-cavage-12, read strictly: what is ambiguous is refused."""

import base64
import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from federation.errors import Unauthentic

# Generous for a 8192-bit signature, a long key URL and every header a request may carry.
LONGEST_HEADER = 8192
LONGEST_KEY_ID = 2048
ALGORITHMS = frozenset({"rsa-sha256", "hs2019", "ed25519"})
PSEUDO_HEADERS = frozenset({"(request-target)", "(created)", "(expires)"})

_NAMES = frozenset({"keyId", "algorithm", "headers", "signature", "created", "expires"})
_TIMES = frozenset({"created", "expires"})
# Anchored matches without nested repetition, so that reading is linear. No backslash in a
# quoted string: two readers would disagree about what a quoted-pair means.
_PARAMETER = re.compile(r'([A-Za-z]+)=(?:"([ !#-\[\]-~]*)"|([0-9]+))')
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_TIME = re.compile(r"0|[1-9][0-9]{0,11}")
_FIELD_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of one signature; times are seconds since 1970."""

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    signature: bytes = field(repr=False)
    created: int | None
    expires: int | None


def read_parameters(header: str) -> Parameters:
    """Read the value of a Signature header (draft-cavage-12, 2.1 and 4.1; SIG-12).

    Raises:
        Unauthentic: "signature-malformed", "signature-parameter-unknown", "-duplicated" or
            "-missing", "signature-time-malformed", "algorithm-unsupported",
            "covered-malformed", "covered-duplicated", "key-id-unusable".
    """
    found = _split(header)
    # The draft lets `headers` be left out; then only the time is signed, which proves nothing.
    if not {"keyId", "signature", "headers"} <= found.keys():
        raise Unauthentic("signature-parameter-missing")
    algorithm = found.get("algorithm")
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise Unauthentic("algorithm-unsupported")
    return Parameters(
        key_id=read_key_id(found["keyId"]),
        algorithm=algorithm,
        covered=_covered(found["headers"]),
        signature=_signature(found["signature"]),
        created=read_seconds(found["created"]) if "created" in found else None,
        expires=read_seconds(found["expires"]) if "expires" in found else None,
    )


def read_key_id(text: str) -> str:
    """Take the id of a key, which must be an http(s) URL (SIG-03).

    Raises:
        Unauthentic: "key-id-unusable".
    """
    try:
        url = urlsplit(text)
        usable = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError as error:
        raise Unauthentic("key-id-unusable") from error
    if not usable or "@" in url.netloc or " " in text or len(text) > LONGEST_KEY_ID:
        raise Unauthentic("key-id-unusable")
    return text


def read_seconds(text: str) -> int:
    """Read a time in whole seconds since 1970 (SIG-09).

    Raises:
        Unauthentic: "signature-time-malformed".
    """
    if _TIME.fullmatch(text) is None:
        raise Unauthentic("signature-time-malformed")
    return int(text)


def _split(header: str) -> dict[str, str]:
    if len(header) > LONGEST_HEADER:
        raise Unauthentic("signature-malformed")
    found: dict[str, str] = {}
    position = 0
    while True:
        name, value, end = _parameter(header, position)
        if name in found:
            raise Unauthentic("signature-parameter-duplicated")
        found[name] = value
        if end == len(header):
            return found
        comma = _COMMA.match(header, end)
        if comma is None:
            raise Unauthentic("signature-malformed")
        position = comma.end()


def _parameter(header: str, position: int) -> tuple[str, str, int]:
    found = _PARAMETER.match(header, position)
    if found is None:
        raise Unauthentic("signature-malformed")
    name, quoted, bare = found.groups()
    if name not in _NAMES:
        raise Unauthentic("signature-parameter-unknown")
    # Lemmy's library quotes the two times, the draft does not; both are clear.
    if bare is not None and name not in _TIMES:
        raise Unauthentic("signature-malformed")
    return name, quoted if bare is None else bare, found.end()


def _covered(text: str) -> tuple[str, ...]:
    covered = tuple(text.lower().split(" "))
    for name in covered:
        if name not in PSEUDO_HEADERS and _FIELD_NAME.fullmatch(name) is None:
            raise Unauthentic("covered-malformed")
    if len(set(covered)) < len(covered):
        raise Unauthentic("covered-duplicated")
    return covered


def _signature(text: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Unauthentic("signature-malformed") from error
    if not signature:
        raise Unauthentic("signature-malformed")
    return signature
