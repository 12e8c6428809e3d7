"""JSON that can be read in one way only."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire import strict

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0@"), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(document=st.dictionaries(TEXT, VALUES, max_size=5))
@pytest.mark.parametrize("ascii_only", [True, False])
def test_any_honest_object_is_read_as_it_was_written(
    document: dict[str, Any], *, ascii_only: bool
) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode()

    assert strict.loads(body) == document


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_body_is_read_or_refused_with_a_reason(body: bytes) -> None:
    try:
        strict.loads(body)
    except strict.BadJson:
        return

    assert json.loads(body) == strict.loads(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "json-malformed"),
        (b"{", "json-malformed"),
        (b'{"a":NaN}', "json-malformed"),
        (b'{"a":Infinity}', "json-malformed"),
        (b'{"a":1e999}', "json-malformed"),
        (b'{"a":' + b"9" * 5000 + b"}", "json-malformed"),
        (b'{"a":"\\ud800"}', "json-malformed"),
        (b'{"a":"\xff"}', "json-malformed"),
        (b"\xef\xbb\xbf{}", "json-malformed"),
        (b'{"a":1}{"a":1}', "json-malformed"),
        (b"[" * 5000, "json-malformed"),
        (b"[]", "json-not-an-object"),
        (b'"x"', "json-not-an-object"),
        (b"null", "json-not-an-object"),
        (b'{"id":1,"id":2}', "duplicate-key"),
        (b'{"id":1,"\\u0069d":1}', "duplicate-key"),
        (b'{"a":[{"x\\":":1,"x\\":":2}]}', "duplicate-key"),
        (b'{"a":"\\u0000"}', "nul-character"),
        (b'{"a\\u0000":1}', "nul-character"),
        (b'{"a":[["\\u0000"]]}', "nul-character"),
        (b'{"a":9223372036854775808}', "number-too-large"),
        (b'{"a":-9223372036854775809}', "number-too-large"),
        (b'{"a":[18446744073709551616]}', "number-too-large"),
        (b'{"a":' + b"9" * 40 + b"}", "number-too-large"),
        (b'{"@graph":[]}', "json-ld-restructuring"),
        (b'{"a":[{"@included":{}}]}', "json-ld-restructuring"),
        (b'{"a":{"b":{"@reverse":{}}}}', "json-ld-restructuring"),
        (b'{"a":' + b"[" * 64 + b"]" * 64 + b"}", "nesting-too-deep"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(strict.BadJson) as refused:
        strict.loads(body)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":[9223372036854775807,-9223372036854775808]}',
        b'{"a":12345678901234567890.5,"b":1e-12345678901234567890}',
        b'{"a":":","b":"\\":","c":"99999999999999999999","d":{"a":1}}',
        b'{"a":' + b"[" * 63 + b"]" * 63 + b"}",
        b'{"a":"@graph"}',
    ],
)
def test_what_only_looks_odd_is_read(body: bytes) -> None:
    assert strict.loads(body) == json.loads(body)


def test_what_only_looks_like_a_nul_is_taken() -> None:
    document = strict.loads(rb'{"a": ["C:\\u0000", {"b": 1}]}')

    assert document == {"a": [r"C:\u0000", {"b": 1}]}
