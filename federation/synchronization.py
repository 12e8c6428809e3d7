"""Followers synchronisation (FEP-8fcf): a digest of followers, the header that carries it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from federation.errors import Malformed
from federation.uris import same_origin

#: Signed where it is sent, and believed only where it was signed.
HEADER: Final = "Collection-Synchronization"
#: Of the value, in characters.
LONGEST: Final = 4096
#: Whoever has more followers at one server than this does without (our own rule).
MOST_FOLLOWERS: Final = 10_000

_PARAMETER: Final = re.compile(r'\s*([A-Za-z]{1,32})="([^"\\]*)"\s*(?:,|$)')
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_NAMES: Final = frozenset({"collectionId", "url", "digest"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronization:
    """What a sender says of its followers at our server (FEP-8fcf, the HTTP header).

    Args:
        collection: the id of the sender's followers collection.
        url: where the part of it that is at our server can be read, with a signature.
        digest: of that part, 64 hexadecimal digits in lower case.
    """

    collection: str
    url: str
    digest: str


def digest_of(followers: Iterable[str]) -> str:
    """Give the digest of a part of a followers collection: XOR of the SHA-256 of each id.

    Args:
        followers: their ids; one that comes twice counts once.
    """
    total = 0
    for uri in set(followers):
        total ^= int.from_bytes(sha256(uri.encode()).digest())
    return f"{total:064x}"


def write_header(told: Synchronization) -> str:
    """Spell the value of the header (FEP-8fcf; draft-cavage-12 4.1)."""
    return f'collectionId="{told.collection}", url="{told.url}", digest="{told.digest}"'


def read_header(value: str, *, followers: str | None) -> Synchronization:
    """Read the header of a delivery, and hold it to what FEP-8fcf has a receiver check.

    Args:
        value: as it was received and signed.
        followers: the followers collection of the sender, as its own document names it.

    Raises:
        Malformed: "synchronization-malformed"; "synchronization-of-another" where it is not
            the sender's own collection, or the part is to be read somewhere else.
    """
    found = _parameters(value)
    told = Synchronization(
        collection=found["collectionId"], url=found["url"], digest=found["digest"].lower()
    )
    if _DIGEST.fullmatch(told.digest) is None:
        raise Malformed("synchronization-malformed")
    is_there = same_origin(told.url, told.collection) and "#" not in told.url
    if told.collection != followers or not is_there:
        raise Malformed("synchronization-of-another")
    return told


def _parameters(value: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    if len(value) > LONGEST:
        raise Malformed("synchronization-malformed")
    while position < len(value):
        parameter = _PARAMETER.match(value, position)
        if parameter is None or parameter[1] in found:
            raise Malformed("synchronization-malformed")
        found[parameter[1]] = parameter[2]
        position = parameter.end()
    if not found.keys() >= _NAMES:
        raise Malformed("synchronization-malformed")
    return found
