"""Emoji under a post, and a thread that is closed for it was asked before, as documents."""

from datetime import UTC, datetime

import pytest

from federation.audience import Addressing
from federation.translate.incoming import activity_from, reaction_from
from federation.translate.outgoing_activities import lock_activity
from federation.translate.outgoing_parts import reaction_document
from schemas.attached import Emoji, Reaction

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
ACTOR = "https://lands.example/@helper"
POST = "https://health.example/p/1042"
PARTY = Emoji(shortcode="party", url="https://lands.example/party.png", media_type="image/png")


@pytest.mark.parametrize(
    "reaction", [Reaction(content="🎉"), Reaction(content=":party:", custom=PARTY)]
)
def test_a_listed_emoji_is_read_as_what_was_given(reaction):
    written = reaction_document("https://lands.example/likes/1", ACTOR, POST, reaction)

    read = reaction_from(activity_from(written), now=NOW)

    assert (read.actor_uri, read.post_uri, read.reaction) == (ACTOR, POST, reaction)


@pytest.mark.parametrize("before", [None, "https://health.example/p/7"])
def test_a_lock_says_where_the_question_was_asked_before(before):
    written = lock_activity(
        "https://lands.example/activities/1",
        actor=ACTOR,
        about=POST,
        community="https://lands.example/c/roads",
        addressed=Addressing(("https://lands.example/c/roads",), ()),
        published=NOW,
        duplicate_of=before,
    )

    assert activity_from(written).duplicate_of == before
    assert ("duplicateOf" in written) is (before is not None)
