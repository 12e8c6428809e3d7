"""A request as it was received, and what its signature claims."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request exactly as it came over the wire, before anything is believed.

    Args:
        method: such as "POST".
        target: path with query, raw: neither decoded nor normalised.
        headers: name and value in order of arrival, duplicates kept, names in any case.
        body: the raw bytes; empty when there is none.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)

    def fields(self) -> dict[str, list[str]]:
        """Group the values by lower-case name, surrounding blanks off (RFC 9110, 5.5)."""
        fields: dict[str, list[str]] = {}
        for name, value in self.headers:
            # Case folding beyond ASCII would let look-alike names pass for ours.
            if name.isascii():
                fields.setdefault(name.lower(), []).append(value.strip(" \t"))
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a well-formed signature says; nothing of it is proven until `verify` returns.

    Args:
        key_id: http(s) URL of the key that is said to have signed.
        algorithm: the label sent with it, or None; never decides how we verify (SIG-13).
        covered: lower-case names of the signed parts, in order.
        candidates: the byte strings of which one must have been signed (SIG-08).
        signature: the decoded signature.
        signature_hash: SHA-256 of the signature, hex, for the replay cache (SIG-11).
        valid_until: from here on the same request is refused for its age; a replay cache
            that remembers the hash until then misses nothing.
    """

    key_id: str
    algorithm: str | None
    covered: tuple[str, ...]
    candidates: tuple[bytes, ...] = field(repr=False)
    signature: bytes = field(repr=False)
    signature_hash: str
    valid_until: datetime
