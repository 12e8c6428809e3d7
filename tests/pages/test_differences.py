"""How a post's history compares two versions."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.handlers.pages.differences import changes

_TEXT = st.text(st.sampled_from("ab \n*"), max_size=60)


def _said(before: str, after: str) -> list[tuple[str, str]]:
    return [(change.kind, change.text) for change in changes(before, after)]


def test_a_word_that_changed_is_shown_among_those_that_stayed() -> None:
    said = _said("We meet on Monday.\n\nBring tea.", "We meet on Friday.\n\nBring tea.")

    assert said == [
        ("same", "We meet on "),
        ("removed", "Monday."),
        ("added", "Friday."),
        ("same", "\n\nBring tea."),
    ]


@given(before=_TEXT, after=_TEXT)
def test_nothing_is_lost_and_nothing_is_made_up(before: str, after: str) -> None:
    found = changes(before, after)

    assert "".join(each.text for each in found if each.kind != "added") == before
    assert "".join(each.text for each in found if each.kind != "removed") == after
    assert all(each.text for each in found)
    assert all(one.kind != two.kind for one, two in pairwise(found))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x " * 10_000, "x y " * 5_000),
        ("x\n" * 10_000, "x\ny\n" * 5_000),
        ("x " * 60 + "\n", ("x y " * 40 + "\n") * 60),
        (" " * 20_000, "\n" * 20_000),
        ("".join(f"{n} " for n in range(4000)), "".join(f"{n} " for n in range(4000, 0, -1))),
    ],
)
def test_a_text_made_to_be_slow_is_not_slow(before: str, after: str) -> None:
    started = time.process_time()

    found = changes(before, after)

    assert time.process_time() - started < 3
    assert "".join(each.text for each in found if each.kind != "added") == before
