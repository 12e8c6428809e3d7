"""Bytes to a JSON object, or a refusal: nothing that two readers could read in two ways."""

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from schemas.wire.vocabulary import RESTRUCTURING, BadDocument

DEEPEST: Final = 64
_SMALLEST: Final = -(2**63)
_LARGEST: Final = 2**63 - 1

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
# Past 64 bits orjson turns whole numbers into floats; no fraction or exponent, no float.
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
    skeleton = _STRING.sub(b"", body)
    if any(not _SMALLEST <= int(found) <= _LARGEST for found in _long_numbers(skeleton)):
        raise BadJson("number-too-large")
    if skeleton.count(b":") != sum(len(members) for members in _objects(document)):
        raise BadJson("duplicate-key")
    return document


def _long_numbers(skeleton: bytes) -> Iterator[bytes]:
    for found in _LONG_NUMBER.finditer(skeleton):
        yield found[0][:21]  # a digit more than any we take, and few enough to convert


def _objects(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk over every object in the document, refusing on the way what no string may hold."""
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        match value:
            case str():
                _refuse_nul(value)
                continue
            case dict():
                _judge_keys(value)
                yield value
                inside: list[object] = list(value.values())
            case list():
                inside = value
            case _:
                continue
        if depth > DEEPEST:
            raise BadJson("nesting-too-deep")
        waiting.extend((each, depth + 1) for each in inside)


def _judge_keys(members: dict[str, Any]) -> None:
    if not RESTRUCTURING.isdisjoint(members):
        raise BadJson("json-ld-restructuring")
    for key in members:
        _refuse_nul(key)


def _refuse_nul(text: str) -> None:
    # PostgreSQL has no place for it, and C programs stop reading there.
    if "\0" in text:
        raise BadJson("nul-character")
