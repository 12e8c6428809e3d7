"""What Discourse sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.records import ActorKind, Kind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import ANSWER, GROUP, QUESTION, Expected, check, documents

LANTERN = "https://lantern.example/ap"
PEPA = f"{LANTERN}/actor/9e01"
LAMPS = f"{LANTERN}/actor/c4a7"
TOPIC = f"{LANTERN}/collection/14"
FIRST = f"{LANTERN}/object/01"
SECOND = f"{LANTERN}/object/02"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "pepa",
                "shared_inbox": f"{LANTERN}/users/inbox",
            },
        )
    ],
    "category": [
        ("IncomingActor", {"kind": ActorKind.COMMUNITY, "name": "lamps", "moderators": None})
    ],
    "create-article": [
        ("IncomingPost", {"title": "Oil or wax?", "community_uri": LAMPS, "context": TOPIC})
    ],
    "announce-topic": [(FIRST, {}), (SECOND, {})],
    "create-reply": [
        ("IncomingPost", {"kind": Kind.COMMENT, "parent_uri": QUESTION, "community_uri": None})
    ],
    "update-note": [
        (
            "IncomingPost",
            {"html": "<p>Wax, always.</p>", "edited_at": datetime(2026, 2, 4, tzinfo=UTC)},
        )
    ],
    "delete-note": [("IncomingRemoval", {"object_uri": SECOND, "by_moderator": False})],
    "like": [("IncomingMark", {"actor_uri": PEPA, "post_uri": ANSWER, "helpful": True})],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "actor": LAMPS, "object_id": GROUP})],
    "reject-follow": [
        (
            "Activity",
            {"verb": ActivityType.REJECT, "object_id": "https://health.example/activities/6"},
        )
    ],
    "tombstone": [("IncomingTombstone", {"uri": SECOND, "former_type": "Note"})],
    "collection": [("CollectionDocument", {"total_items": 2})],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("discourse")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_discourse_sends_is_understood_or_refused_by_name(name):
    check("discourse", name, EXPECTED[name])
