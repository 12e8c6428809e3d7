"""What Misskey sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Choice, Emoji, Poll, Quote, Reaction
from schemas.records import ActorKind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import (
    ANSWER,
    GROUP,
    HELPER,
    POLL,
    QUESTION,
    Expected,
    check,
    documents,
)

PAPER = "https://paper.example"
MOE = f"{PAPER}/users/9moe"
CRANE = Emoji(
    shortcode="crane",
    url=f"{PAPER}/files/crane.webp",
    media_type="image/webp",
    uri=f"{PAPER}/emojis/crane",
    updated_at=datetime(2025, 1, 1, tzinfo=UTC),
)

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "moe",
                "emojis": (CRANE,),
                "summary_text": "Folds",
                "header": None,
            },
        )
    ],
    "create-note-with-quote": [
        (
            "IncomingPost",
            {
                "title": "see this",
                "mentions": (GROUP,),
                "quote": Quote(uri=QUESTION),
                "source": "",
            },
        )
    ],
    "create-poll": [
        (
            "IncomingPost",
            {
                "title": "Which fold?",
                "poll": Poll(choices=(Choice(name="Valley", votes=1), Choice(name="Mountain"))),
            },
        )
    ],
    "like-with-reaction": [
        (
            "IncomingMark",
            {"post_uri": ANSWER, "helpful": True, "reaction": Reaction(content="🗞️")},
        )
    ],
    "like-with-custom-emoji": [
        (
            "IncomingMark",
            {"helpful": True, "reaction": Reaction(content=":crane:", custom=CRANE)},
        )
    ],
    "emoji-reaction": [
        (
            "IncomingReaction",
            {"actor_uri": MOE, "post_uri": ANSWER, "reaction": Reaction(content="🎏")},
        )
    ],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "create-vote": [
        (
            "IncomingVote",
            {
                "poll_uri": POLL,
                "choice": "CSV",
                "given_at": datetime(2026, 9, 10, 2, tzinfo=UTC),
            },
        )
    ],
    "renote": [(ANSWER, {})],
    "flag": [
        (
            "IncomingFlag",
            {
                "object_uris": (HELPER,),
                "reason": "Note: https://lands.example/p/88 ----- Unkind",
            },
        )
    ],
    "delete-note": [
        ("IncomingRemoval", {"object_uri": f"{PAPER}/notes/a1", "by_moderator": False})
    ],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "reaction-without-picture.refused-reaction-without-emoji": "reaction-without-emoji",
    "block.refused-block-from-nothing": "block-from-nothing",
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("misskey")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_misskey_sends_is_understood_or_refused_by_name(name):
    check("misskey", name, EXPECTED[name])
