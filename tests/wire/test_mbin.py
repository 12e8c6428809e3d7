"""What Mbin sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Hashtag, Media, MediaKind
from schemas.records import ActorKind, Kind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import (
    ANSWER,
    ASKER,
    GROUP,
    HELPER,
    QUESTION,
    Expected,
    check,
    documents,
)

QUARRY = "https://quarry.example"
WALLS = f"{QUARRY}/m/drystone"
OLA = f"{QUARRY}/u/ola"
THREAD = f"{WALLS}/t/51/-"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {"kind": ActorKind.PERSON, "name": "ola", "shared_inbox": f"{QUARRY}/f/inbox"},
        )
    ],
    "group": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.COMMUNITY,
                "charter": "<p>Walls</p>\n<h3>Rules</h3><p>No mortar.</p>",
                "featured": f"{WALLS}/pinned",
                "moderators": f"{WALLS}/moderators",
                "indexable": False,
            },
        )
    ],
    "announce-create-thread": [
        (
            "IncomingPost",
            {
                "title": "Which hammer for granite",
                "community_uri": WALLS,
                "warning": "",
                "media": (
                    Media(
                        url=f"{QUARRY}/media/hammer.jpg",
                        kind=MediaKind.IMAGE,
                        media_type="image/jpeg",
                        alt="A hammer",
                        blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj",
                        focus=(0.0, 0.0),
                    ),
                ),
            },
        )
    ],
    "create-comment": [
        (
            "IncomingPost",
            {
                "kind": Kind.COMMENT,
                "parent_uri": QUESTION,
                "community_uri": None,
                "candidates": (ASKER, GROUP, f"{OLA}/followers"),
                "language": "en",
            },
        )
    ],
    "microblog": [
        (
            "IncomingPost",
            {
                "kind": Kind.DISCUSSION,
                "title": "First wall of the year done.",
                "community_uri": WALLS,
                "hashtags": (Hashtag(slug="walls", name="walls", href=f"{QUARRY}/tag/walls"),),
            },
        )
    ],
    "like": [("IncomingMark", {"post_uri": ANSWER, "helpful": True})],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "boost": [(ANSWER, {})],
    "announce-lock": [("Activity", {"verb": ActivityType.LOCK, "object_id": THREAD})],
    "add-pinned": [
        (
            "Activity",
            {"verb": ActivityType.ADD, "object_id": THREAD, "target_id": f"{WALLS}/pinned"},
        )
    ],
    "remove-moderator": [
        (
            "Activity",
            {
                "verb": ActivityType.REMOVE,
                "object_id": f"{QUARRY}/u/kay",
                "target_id": f"{WALLS}/moderators",
            },
        )
    ],
    "flag": [("IncomingFlag", {"object_uris": (HELPER, ANSWER), "reason": "Spam"})],
    "ban": [
        (
            "IncomingBan",
            {
                "person_uri": "https://spam.example/u/lime",
                "target_uri": WALLS,
                "until": datetime(2027, 1, 1, tzinfo=UTC),
                "removes_posts": True,
            },
        )
    ],
    "delete-thread": [("IncomingRemoval", {"object_uri": THREAD, "by_moderator": False})],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "outbox": [("CollectionDocument", {"total_items": 0, "entries": ()})],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("mbin")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_mbin_sends_is_understood_or_refused_by_name(name):
    check("mbin", name, EXPECTED[name])
