"""Bytes to a JSON object, or a refusal: nothing that two readers could read in two ways."""

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from schemas.wire.vocabulary import RESTRUCTURING, BadDocument

DEEPEST: Final = 64
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1

_HOLDERS: Final = (dict, list)
# Past 64 bits orjson turns whole numbers into floats; no fraction or exponent, no float.
_MANY_DIGITS: Final = re.compile(rb"[0-9]{19}")
_LONG_NUMBER: Final = re.compile(rb"(?<![0-9.eE+-])-?[0-9]{19,}(?![0-9.eE])")


class BadJson(BadDocument):
    """A body that we will not read; `reason` says why, as in "duplicate-key"."""


def loads(body: bytes) -> dict[str, Any]:
    """Read a JSON object (security.md LDS-03, LDS-07, LDS-08, DEP-04).

    Raises:
        BadJson: no JSON by RFC 8259 (NaN, lone surrogates, a byte order mark), no object, a
            key given twice, a NUL, more than 64 levels, a whole number beyond 63 bits and
            sign, or a JSON-LD keyword that moves statements about.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadJson("json-malformed") from None
    if not isinstance(document, dict):
        raise BadJson("json-not-an-object")
    # Outside strings a colon stands for one member and nothing else; had a key been given
    # twice, fewer members would have been kept than were written.
    skeleton = _outside_strings(body)
    if any(not _SMALLEST <= int(found) <= _LARGEST for found in _long_numbers(skeleton)):
        raise BadJson("number-too-large")
    if skeleton.count(b":") != _members(document):
        raise BadJson("duplicate-key")
    # A NUL in a string is always written in this way; so is what only looks like one.
    if b"\\u0000" in body:
        _refuse_nul(document)
    return document


def _outside_strings(body: bytes) -> bytes:
    """Leave the strings out of what is JSON; in them a backslash escapes what follows it."""
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    return b"".join(plain.split(b'"')[::2])


def _long_numbers(skeleton: bytes) -> Iterator[bytes]:
    if _MANY_DIGITS.search(skeleton) is None:
        return
    for found in _LONG_NUMBER.finditer(skeleton):
        yield found[0][:21]  # a digit more than any we take, and few enough to convert


def _members(document: dict[str, Any]) -> int:
    """Count the members of every object in the document, level by level."""
    found = 0
    level: list[Any] = [document]
    for _depth in range(DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if not RESTRUCTURING.isdisjoint(value):
                    raise BadJson("json-ld-restructuring")
                found += len(value)
                below += [each for each in value.values() if isinstance(each, _HOLDERS)]
            else:
                below += [each for each in value if isinstance(each, _HOLDERS)]
        if not below:
            return found
        level = below
    raise BadJson("nesting-too-deep")


def _refuse_nul(value: object) -> None:
    # PostgreSQL has no place for it, and C programs stop reading there.
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text if "\0" in text:
                raise BadJson("nul-character")
            case dict() as members:
                waiting += [*members, *members.values()]
            case list() as entries:
                waiting += entries
            case _:
                pass
