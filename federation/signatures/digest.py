"""Digest of a body, made and checked: RFC 3230 for draft-cavage, RFC 9530 for RFC 9421."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from hmac import compare_digest

from federation.errors import Malformed, Unauthentic

# SHA-256 must be there; SHA-512 beside it must be right too. Others prove nothing.
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}

# A member of a Content-Digest dictionary, "sha-256=:…:"; no algorithm of RFC 9530 has more.
_MEMBER = re.compile(r"([a-z][a-z0-9_.*-]{0,31})=:([A-Za-z0-9+/=]*):")
_COMMA = re.compile(r"[ \t]*,[ \t]*")


def digest_of(body: bytes) -> str:
    """Return the value of the Digest header, "SHA-256=" and padded base64 (RFC 3230, 4.3.2)."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def check_digest(header_values: Sequence[str], body: bytes) -> None:
    """Refuse a body that is not the one the Digest header names (SIG-05).

    Args:
        header_values: every Digest header of the request, in order; each may be a list.
        body: the raw bytes as received.

    Raises:
        Unauthentic: "digest-missing", "digest-malformed", "digest-unsupported",
            "digest-duplicated" or "digest-mismatch".
    """
    digests = _read(header_values)
    if "sha-256" not in digests:
        raise Unauthentic("digest-unsupported" if digests else "digest-missing")
    for algorithm, claimed in digests.items():
        known = _HASHES.get(algorithm)
        if known is not None and not compare_digest(known(body).digest(), _decode(claimed)):
            raise Unauthentic("digest-mismatch")


def content_digest_of(body: bytes) -> str:
    """Return the value of the Content-Digest header, "sha-256=:…:" (RFC 9530, 2)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_content_digest(header_values: Sequence[str], body: bytes) -> None:
    """Refuse a body that is not the one the Content-Digest header names (RFC 9530; SIG-23).

    SHA-256 or SHA-512 must be there, and each that is there must be right; others prove
    nothing.

    Args:
        header_values: every Content-Digest header of the request, in order.
        body: the raw bytes as received.

    Raises:
        Malformed: "content-digest-malformed".
        Unauthentic: "digest-duplicated", "digest-unsupported" or "digest-mismatch".
    """
    digests = _read_members(header_values)
    known = digests.keys() & _HASHES.keys()
    if not known:
        raise Unauthentic("digest-unsupported")
    for algorithm in known:
        if not compare_digest(_HASHES[algorithm](body).digest(), digests[algorithm]):
            raise Unauthentic("digest-mismatch")


def _read_members(header_values: Sequence[str]) -> dict[str, bytes]:
    digests: dict[str, bytes] = {}
    for text in (part for value in header_values for part in _COMMA.split(value)):
        member = _MEMBER.fullmatch(text)
        if member is None:
            raise Malformed("content-digest-malformed")
        if member[1] in digests:
            raise Unauthentic("digest-duplicated")
        try:
            digests[member[1]] = base64.b64decode(member[2], validate=True)
        except binascii.Error as error:
            raise Malformed("content-digest-malformed") from error
    return digests


def _read(header_values: Sequence[str]) -> dict[str, str]:
    digests: dict[str, str] = {}
    for instance in (part.strip(" \t") for value in header_values for part in value.split(",")):
        algorithm, equals, claimed = instance.partition("=")
        if not (algorithm and equals):
            raise Unauthentic("digest-malformed")
        if algorithm.lower() in digests:
            raise Unauthentic("digest-duplicated")
        digests[algorithm.lower()] = claimed
    return digests


def _decode(claimed: str) -> bytes:
    try:
        return base64.b64decode(claimed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthentic("digest-malformed") from error
