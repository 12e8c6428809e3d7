"""Digest of a body, made and checked (RFC 3230, as draft-cavage signatures use it)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from hmac import compare_digest

from federation.errors import Unauthentic

# SHA-256 must be there; SHA-512 beside it must be right too. Others prove nothing.
_HASHES = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}


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
