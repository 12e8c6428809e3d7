"""What Akkoma sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Choice, Emoji, Media, MediaKind, Poll, Quote, Reaction
from schemas.records import ActorKind, Kind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import (
    ANSWER,
    ASKER,
    GROUP,
    HELPER,
    POLL,
    QUESTION,
    Expected,
    check,
    documents,
)

MOSS = "https://moss.example"
TOVE = f"{MOSS}/users/tove"
NOTE = f"{MOSS}/objects/11aa"
FERN = Emoji(
    shortcode="fern",
    url=f"{MOSS}/emoji/fern.png",
    uri=f"{MOSS}/emoji/fern.png",
    updated_at=datetime(1970, 1, 1, tzinfo=UTC),
)

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "tove",
                "summary_text": "Walks slowly",
                "shared_inbox": f"{MOSS}/inbox",
            },
        )
    ],
    "create-reply": [
        (
            "IncomingPost",
            {
                "kind": Kind.COMMENT,
                "parent_uri": QUESTION,
                "mentions": (ASKER,),
                "quote": Quote(uri="https://health.example/p/9"),
                "source": "",
                "sensitive": False,
                "media": (
                    Media(
                        url=f"{MOSS}/media/ferns.png",
                        kind=MediaKind.IMAGE,
                        media_type="image/png",
                        alt="Ferns",
                    ),
                ),
            },
        )
    ],
    "update-note": [
        ("IncomingPost", {"uri": NOTE, "edited_at": datetime(2026, 10, 10, 11, tzinfo=UTC)})
    ],
    "poll": [
        (
            "IncomingPost",
            {
                "title": "Moss or fern?",
                "html": "",
                "poll": Poll(
                    choices=(Choice(name="Moss", votes=2), Choice(name="Fern")),
                    several=True,
                    closed_at=datetime(2026, 10, 12, tzinfo=UTC),
                ),
            },
        )
    ],
    "create-vote": [("IncomingVote", {"actor_uri": TOVE, "poll_uri": POLL, "choice": "CSV"})],
    "vote-as-answer.refused-not-a-post": "not-a-post",
    "emoji-react": [
        ("IncomingReaction", {"post_uri": ANSWER, "reaction": Reaction(content="🌿")})
    ],
    "emoji-react-custom": [
        (
            "IncomingReaction",
            {"post_uri": ANSWER, "reaction": Reaction(content=":fern:", custom=FERN)},
        )
    ],
    "undo-emoji-react": [
        (
            "IncomingUndo",
            {
                "type": ActivityType.EMOJI_REACT,
                "object_uri": ANSWER,
                "uri": f"{MOSS}/activities/22bc",
            },
        )
    ],
    "like": [("IncomingMark", {"post_uri": ANSWER, "helpful": True})],
    "boost": [(ANSWER, {})],
    "flag": [("IncomingFlag", {"object_uris": (HELPER, ANSWER), "reason": "Off his head"})],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "delete-note": [("IncomingRemoval", {"object_uri": NOTE})],
    "delete-person": [("IncomingRemoval", {"object_uri": TOVE, "actor_uri": TOVE})],
    "tombstone": [("IncomingTombstone", {"uri": NOTE, "former_type": "Note"})],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("akkoma")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_akkoma_sends_is_understood_or_refused_by_name(name):
    check("akkoma", name, EXPECTED[name])
