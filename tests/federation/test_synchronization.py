"""The digest and the header of FEP-8fcf."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.synchronization import (
    LONGEST,
    Synchronization,
    digest_of,
    read_header,
    write_header,
)

FOLLOWERS = "https://example.org/users/1/followers"
URL = "https://example.org/users/1/followers_synchronization"
#: The example of FEP-8fcf.
DIGEST = "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"
HEADER = f'collectionId="{FOLLOWERS}", url="{URL}", digest="{DIGEST}"'
THERE = ("https://testing.example.org/users/1", "https://testing.example.org/users/2")


def test_del_14_the_digest_is_the_one_of_the_proposal() -> None:
    assert digest_of(THERE) == DIGEST


def test_nobody_is_all_zeros_and_twice_is_once() -> None:
    assert digest_of([]) == "0" * 64
    assert digest_of([*THERE, *THERE]) == DIGEST


@given(st.lists(st.text(), max_size=5), st.randoms())
def test_the_order_of_followers_does_not_matter(uris: list[str], chance: Random) -> None:
    shuffled = list(uris)
    chance.shuffle(shuffled)

    assert digest_of(shuffled) == digest_of(uris)


def test_the_header_of_the_proposal_is_read_and_written() -> None:
    told = read_header(HEADER, followers=FOLLOWERS)

    assert told == Synchronization(collection=FOLLOWERS, url=URL, digest=DIGEST)
    assert write_header(told) == HEADER


@pytest.mark.parametrize(
    "value",
    [
        f'digest="{DIGEST}",url="{URL}",collectionId="{FOLLOWERS}"',
        HEADER.replace(DIGEST, DIGEST.upper()),
        f'{HEADER}, more="1"',
    ],
)
def test_it_is_read_in_any_order_and_case_with_what_is_unknown(value: str) -> None:
    told = read_header(value, followers=FOLLOWERS)

    assert told.digest == DIGEST


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "synchronization-malformed"),
        ("nonsense", "synchronization-malformed"),
        (f'collectionId="{FOLLOWERS}", url="{URL}"', "synchronization-malformed"),
        (HEADER.replace(DIGEST, "c33f"), "synchronization-malformed"),
        (HEADER.replace(DIGEST, "g" * 64), "synchronization-malformed"),
        (f'{HEADER}, digest="{DIGEST}"', "synchronization-malformed"),
        (HEADER.replace("users", 'us"ers'), "synchronization-malformed"),
        (f'{HEADER}, more="{"x" * LONGEST}"', "synchronization-malformed"),
        (HEADER.replace("users/1", "users/2"), "synchronization-of-another"),
        (HEADER.replace(URL, "https://victim.example/f"), "synchronization-of-another"),
        (HEADER.replace(URL, URL + "#part"), "synchronization-of-another"),
        (HEADER.replace(URL, "http://example.org/users"), "synchronization-of-another"),
        (HEADER.replace(URL, "nonsense"), "synchronization-of-another"),
    ],
)
def test_del_14_a_header_that_is_not_the_senders_own_is_refused(
    value: str, reason: str
) -> None:
    with pytest.raises(Malformed) as refused:
        read_header(value, followers=FOLLOWERS)

    assert refused.value.reason == reason


def test_a_sender_without_followers_says_nothing_of_them() -> None:
    with pytest.raises(Malformed):
        read_header(HEADER, followers=None)


@given(st.text(max_size=200))
def test_whatever_comes_is_read_or_refused(value: str) -> None:
    try:
        told = read_header(value, followers=FOLLOWERS)
    except Malformed:
        return
    assert told.collection == FOLLOWERS
