"""The archive of a community, and what an entry of an outbox names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire.archive import ArchivedThread, archive, archive_page, listed_thread

ROOT = "https://health.example/p/1"
CONTEXT = "https://transport.example/c/roads/t/abc"
POST: dict[str, Any] = {"type": "Article", "id": ROOT, "context": CONTEXT}
CREATE: dict[str, Any] = {"type": "Create", "object": POST}
WHOLE = ArchivedThread(root=ROOT, context=CONTEXT, digest="", updated="")
BARE = ArchivedThread(root=ROOT, context=None, digest="", updated="")


@pytest.mark.parametrize(
    ("entry", "thread"),
    [
        (ROOT, BARE),
        (POST, WHOLE),
        (CREATE, WHOLE),
        ({"type": "Announce", "object": CREATE}, WHOLE),
        ({"type": "Announce", "object": ROOT}, BARE),
        ({"id": ROOT, "context": ["x"], "digest": 3, "updated": 4}, BARE),
        ({"id": ROOT, "context": "x:y"}, BARE),
    ],
)
def test_an_entry_names_the_thread_inside_it(
    entry: str | dict[str, Any], thread: ArchivedThread
) -> None:
    assert listed_thread(entry) == thread


@pytest.mark.parametrize(
    "entry",
    [
        "not a uri",
        {},
        {"id": 3},
        {"id": ["https://health.example/p/1"]},
        {"type": "Note", "id": ROOT, "inReplyTo": "https://health.example/p/0"},
        {"type": "Like", "object": ROOT},
        {"type": "Announce", "object": {"type": "Create", "object": None}},
        {"type": "Announce", "object": [POST]},
    ],
)
def test_what_names_no_thread_is_left_out(entry: str | dict[str, Any]) -> None:
    assert listed_thread(entry) is None


def test_a_page_is_read_as_it_was_written() -> None:
    thread = ArchivedThread(
        root=ROOT, context=CONTEXT, digest="0a", updated="2026-03-02T09:00:00Z"
    )
    uri = "https://transport.example/c/roads/archive"

    page = archive_page(f"{uri}?after=1-1", archive=uri, threads=[thread], next_page=f"{uri}?x")
    last = archive_page(f"{uri}?x", archive=uri, threads=[], next_page=None)

    assert [listed_thread(entry) for entry in page["orderedItems"]] == [thread]
    assert (page["partOf"], page["next"]) == (uri, f"{uri}?x")
    assert "next" not in last


def test_the_head_says_how_many_there_are_and_where_they_begin() -> None:
    head = archive("https://transport.example/a", total=3, first="https://transport.example/b")

    assert (head["totalItems"], head["first"]) == (3, "https://transport.example/b")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "id", "object", "context", "inReplyTo", "digest"]),
                inner | st.sampled_from(["Announce", "Create", ROOT]),
                max_size=4,
            )
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, str | dict))
)
def test_any_entry_is_a_thread_or_nothing(entry: str | dict[str, Any]) -> None:
    found = listed_thread(entry)

    assert found is None or found.root.startswith("http")
