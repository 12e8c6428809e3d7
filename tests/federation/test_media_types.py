"""Content-Type headers, honest and otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.media_types import UNKNOWN, MediaType, is_jrd, parse_media_type


@pytest.mark.parametrize(
    ("header", "essence", "profiles"),
    [
        ("text/html", "text/html", set()),
        (" Text/HTML ; Charset=UTF-8 ;", "text/html", set()),
        ('a/b; profile="x y"; q=1', "a/b", {"x", "y"}),
        ('a/b; note="one; two"; profile=x', "a/b", {"x"}),
        ('a/b; profile=""', "a/b", set()),
    ],
)
def test_a_media_type_has_an_essence_and_profiles(
    header: str, essence: str, profiles: set[str]
) -> None:
    expected = MediaType(essence=essence, profiles=frozenset(profiles))

    assert parse_media_type(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";",
        "json",
        "a/b/c",
        "a/b, c/d",
        "a/b; x",
        "a/b;; x=1",
        'a/b; x="1',
        'a/b; x="1"2',
        "a/b; profile=x; Profile=y",
        "a/b; x=" + "y" * 512,
    ],
)
def test_a_header_that_two_readers_could_read_in_two_ways_is_unknown(header: str) -> None:
    assert parse_media_type(header) == UNKNOWN


@given(st.text(max_size=80))
def test_any_header_is_read_or_unknown(header: str) -> None:
    assert parse_media_type(header).essence == parse_media_type(header).essence.lower()


def test_webfinger_is_jrd_or_plain_json() -> None:
    assert is_jrd(parse_media_type("application/jrd+json; charset=utf-8"))
    assert is_jrd(parse_media_type("application/json"))
    assert not is_jrd(parse_media_type("text/html"))
