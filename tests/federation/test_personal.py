"""What people write outside communities, as Mastodon reads and writes it."""

from dataclasses import replace

import pytest

from federation.audience import Addressing, create_addressing, personal_addressing
from federation.translate import outgoing
from federation.translate.incoming_posts import personal_visibility, post_from
from schemas.attached import Called
from schemas.records import Kind, Visibility
from schemas.wire.vocabulary import PUBLIC
from tests.federation.test_outgoing import (
    ASKER,
    ASKING,
    HELPER,
    HELPING,
    NOW,
    QUESTION,
    facts,
    released,
)

FOLLOWERS = f"{ASKER}/followers"


def wall(**changes):
    """Give the facts of a post on the asker's own wall."""
    own = replace(
        facts(Kind.DISCUSSION), community_id=1, community_uri=ASKER, context=None, wall=True
    )
    return replace(own, **changes)


@pytest.mark.parametrize(
    ("visibility", "quiet", "expected"),
    [
        (Visibility.PUBLIC, False, Addressing((PUBLIC,), (FOLLOWERS, HELPER))),
        (Visibility.PUBLIC, True, Addressing((FOLLOWERS,), (PUBLIC, HELPER))),
        (Visibility.MEMBERS, False, Addressing((FOLLOWERS,), (HELPER,))),
        (Visibility.DIRECT, False, Addressing((HELPER,), ())),
    ],
)
def test_whom_it_is_for_goes_out_and_comes_back(visibility, quiet, expected):
    addressed = personal_addressing(
        visibility, followers=FOLLOWERS, called=[HELPER, HELPER], quiet=quiet
    )
    about = wall(visibility=visibility, quiet=quiet)
    called = (Called(uri=HELPER, handle="@helper@lands.example"),)

    document = outgoing.post_document(
        released(about, title="", mentions=called), community=ASKING
    )
    read = post_from(document, now=NOW)

    assert addressed == expected
    assert Addressing(tuple(document["to"]), tuple(document["cc"])) == expected
    assert personal_visibility(read, followers=FOLLOWERS) == (visibility, quiet)
    assert create_addressing(expected, author_followers=FOLLOWERS) == expected


def test_it_is_a_note_without_a_title_a_teaser_or_a_community():
    document = outgoing.post_document(released(wall(), title=""), community=ASKING)

    assert document["type"] == "Note"
    assert not {"name", "summary", "audience", "commentsEnabled", "context"} & document.keys()
    assert document["tag"] == []


def test_a_warning_stands_before_it():
    document = outgoing.post_document(
        released(wall(), title="", warning="Loud", sensitive=True), community=ASKING
    )

    assert (document["summary"], document["sensitive"]) == ("Loud", True)


def test_a_reply_names_whom_it_answers_and_nobody_twice():
    about = replace(
        facts(Kind.COMMENT), community_uri=HELPER, context=None, wall=True, parent_uri=QUESTION
    )
    document = outgoing.post_document(
        released(about, mentions=(Called(uri=ASKER, handle="@asker@health.example"),)),
        community=HELPING,
        parent_author=ASKING,
    )

    assert document["inReplyTo"] == QUESTION
    assert document["cc"] == [f"{HELPER}/followers", ASKER]
    assert [tag["href"] for tag in document["tag"]] == [ASKER]


def test_its_create_names_no_audience():
    document = outgoing.post_document(released(wall(), title=""), community=ASKING)

    activity = outgoing.create_activity(f"{ASKER}#1", document, author_followers=FOLLOWERS)

    assert "audience" not in activity
    assert activity["cc"] == [FOLLOWERS]


@pytest.mark.parametrize(
    ("named", "title"), [(True, "A title"), (False, "We hold crash records")]
)
def test_a_title_that_is_the_beginning_of_the_words_is_known_for_it(named, title):
    document = outgoing.post_document(released(wall(), title=""), community=ASKING)

    read = post_from(document | ({"name": title} if named else {}), now=NOW)

    assert (read.named, read.title) == (named, title)
