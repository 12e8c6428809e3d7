"""What NodeBB sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Hashtag
from schemas.records import ActorKind, Kind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import ANSWER, GROUP, HELPER, QUESTION, Expected, check, documents

TOWER = "https://tower.example"
BELLS = f"{TOWER}/category/4"
UNO = f"{TOWER}/uid/12"
TOPIC = f"{TOWER}/topic/90"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "uno",
                "avatar": f"{TOWER}/assets/uno.png",
                "header": None,
            },
        )
    ],
    "category": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.COMMUNITY,
                "moderators": f"{BELLS}/moderators",
                "followers": None,
                "featured": None,
            },
        )
    ],
    "announce-bare-article": [(f"{TOWER}/post/300", {})],
    "announce-create-article": [
        (
            "IncomingPost",
            {
                "title": "How often to change ropes",
                "community_uri": BELLS,
                "context": TOPIC,
                "warning": "",
                "source": "Ropes fray where they touch. **Yearly?**",
                "hashtags": (Hashtag(slug="ropes", name="ropes", href=f"{TOWER}/tags/ropes"),),
            },
        )
    ],
    "create-reply": [
        (
            "IncomingPost",
            {
                "kind": Kind.COMMENT,
                "parent_uri": QUESTION,
                "title": "",
                "warning": "",
                "community_uri": GROUP,
                "context": f"{GROUP}/t/abc",
            },
        )
    ],
    "like": [("IncomingMark", {"post_uri": ANSWER, "helpful": True})],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "flag": [("IncomingFlag", {"object_uris": (ANSWER, HELPER), "reason": "Rude"})],
    "delete-post": [("IncomingRemoval", {"object_uri": f"{TOWER}/post/301"})],
    "update-post": [
        (
            "IncomingPost",
            {"uri": f"{TOWER}/post/300", "edited_at": datetime(2026, 7, 9, tzinfo=UTC)},
        )
    ],
    "move-topic": [
        (
            "IncomingMove",
            {"object_uri": TOPIC, "origin_uri": BELLS, "target_uri": f"{TOWER}/category/5"},
        )
    ],
    "remove-topic": [
        ("Activity", {"verb": ActivityType.REMOVE, "object_id": TOPIC, "target_id": BELLS})
    ],
    "context": [
        ("CollectionDocument", {"entries": (f"{TOWER}/post/300", f"{TOWER}/post/302")})
    ],
    "category-follows-group": [
        ("Activity", {"verb": ActivityType.FOLLOW, "actor": BELLS, "object_id": GROUP})
    ],
    "tombstone": [
        (
            "IncomingTombstone",
            {"former_type": "Note", "deleted_at": datetime(2026, 7, 9, tzinfo=UTC)},
        )
    ],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("nodebb")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_nodebb_sends_is_understood_or_refused_by_name(name):
    check("nodebb", name, EXPECTED[name])
