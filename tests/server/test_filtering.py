"""Words of filters are looked for plainly: whole or within others, whatever their case."""

from datetime import UTC, datetime, timedelta
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.attached import Choice, Poll
from schemas.records import Kind, Post, PostFacts, Visibility
from server.services.filtering import contains, hides, met
from server.storage.filters import Action, Filter, FilteredPost, Keyword, Place

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "keyword", "whole_word", "found"),
    [
        ("the river is deep", "river", True, True),
        ("the rivers are deep", "river", True, False),
        ("the rivers are deep", "river", False, True),
        ("rivers, river", "river", True, True),
        ("a_river", "river", True, False),
        ("read c++ now", "C++", True, True),
        ("c++x", "c++", True, True),
        ("objc++", "c++", True, False),
        ("die STRASSE", "straße", True, True),
        ("İstanbul", "i\u0307stanbul", True, True),
        ("anything", ".*", False, False),
        ("(a+)+$", "(a+)+$", True, True),
        ("two  words", "two words", True, False),
        ("", "river", False, False),
        ("naïve élan", "élan", True, True),
        ("河が深い", "深い", True, False),
        ("河が深い", "深い", False, True),
    ],
)
def test_a_word_is_found_as_it_stands(
    text: str, keyword: str, *, whole_word: bool, found: bool
) -> None:
    assert contains(text.casefold(), keyword, whole_word) is found


@given(st.text(), st.text(min_size=1), st.text())
def test_what_is_within_is_found_whatever_it_is(before: str, word: str, after: str) -> None:
    text = (before + word + after).casefold()

    assert contains(text, word, whole_word=False) is (word.casefold() in text)


def test_dos_no_word_makes_the_search_slow() -> None:
    text = "a" * 20_000

    started = perf_counter()
    assert not contains(text, "a" * 100, whole_word=True)

    assert perf_counter() - started < 1.0


def _post(**fields: object) -> Post:
    facts = PostFacts(
        id=7,
        uri="https://health.example/p/7",
        kind=Kind.POLL,
        visibility=Visibility.PUBLIC,
        author_id=1,
        author_uri="https://health.example/@a",
        author_local=True,
        community_id=2,
        community_uri="https://health.example/c/b",
        community_local=True,
        root_id=7,
        root_uri="https://health.example/p/7",
        published_at=NOW,
    )
    return Post(facts=facts, **fields)


def _filter(**fields: object) -> Filter:
    common = {
        "id": 1,
        "title": "Mud",
        "contexts": frozenset({Place.HOME}),
        "action": Action.HIDE,
        "expires_at": None,
        "keywords": (Keyword(id=2, keyword="mud", whole_word=True),),
    }
    return Filter(**(common | fields))


@pytest.mark.parametrize(
    "post",
    [
        _post(title="Mud?"),
        _post(warning="mud inside"),
        _post(text="So much MUD."),
        _post(poll=Poll(choices=(Choice(name="Sand"), Choice(name="Mud")))),
    ],
    ids=["title", "warning", "text", "poll"],
)
def test_a_filter_looks_at_all_that_is_read(post: Post) -> None:
    [match] = met([_filter()], post, Place.HOME, now=NOW)

    assert (match.keywords, match.named) == (("mud",), False)
    assert hides([match])


def test_a_filter_works_where_and_until_when_it_is_meant_to() -> None:
    post = _post(text="mud")
    ended = _filter(expires_at=NOW)
    lasting = _filter(expires_at=NOW + timedelta(seconds=1))

    assert met([_filter()], post, Place.THREAD, now=NOW) == ()
    assert met([ended], post, Place.HOME, now=NOW) == ()
    assert len(met([lasting], post, Place.HOME, now=NOW)) == 1
    assert len(met([_filter()], post, None, now=NOW)) == 1


def test_a_filter_names_single_posts() -> None:
    named = _filter(keywords=(), posts=(FilteredPost(id=3, post_id=7),), action=Action.WARN)

    [match] = met([named], _post(text="Nothing"), Place.HOME, now=NOW)

    assert (match.keywords, match.named) == ((), True)
    assert not hides([match])
