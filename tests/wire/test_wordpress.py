"""What WordPress sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Hashtag, InteractionPolicy, Media, MediaKind, Permission
from schemas.records import ActorKind, Kind
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import ANSWER, ASKER, GROUP, QUESTION, Expected, check, documents

FERRY = "https://ferry.example"
EDDA = f"{FERRY}/?author=2"
BLOG = f"{FERRY}/?author=0"
POST = f"{FERRY}/?p=33"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "edda",
                "uri": EDDA,
                "url": f"{FERRY}/author/edda/",
            },
        )
    ],
    "blog": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.COMMUNITY,
                "name": "news",
                "stewards_only": True,
                "moderators": f"{FERRY}/wp-json/activitypub/1.0/collections/moderators",
            },
        )
    ],
    "create-article": [
        (
            "IncomingPost",
            {
                "kind": Kind.DISCUSSION,
                "title": "A winter timetable",
                "community_uri": None,
                "warning": "",
                "language": "en",
                "text": "Fewer boats. A boat",
                "media": (
                    Media(
                        url=f"{FERRY}/boat.jpg",
                        kind=MediaKind.IMAGE,
                        media_type="image/jpeg",
                        alt="A boat",
                    ),
                ),
                "hashtags": (
                    Hashtag(slug="winter", name="winter", href=f"{FERRY}/tag/winter/"),
                ),
                "policy": InteractionPolicy(quote=Permission.EVERYBODY),
                "url": f"{FERRY}/2026/11/winter/",
            },
        )
    ],
    "article-by-the-blog": [("IncomingPost", {"author_uri": BLOG, "community_uri": BLOG})],
    "create-comment": [
        (
            "IncomingPost",
            {"kind": Kind.COMMENT, "parent_uri": QUESTION, "candidates": (ASKER, GROUP)},
        )
    ],
    "update-article": [
        ("IncomingPost", {"uri": POST, "edited_at": datetime(2026, 11, 3, tzinfo=UTC)})
    ],
    "delete-article": [("IncomingRemoval", {"object_uri": POST, "by_moderator": False})],
    "announce-by-the-blog": [(POST, {})],
    "like": [("IncomingMark", {"post_uri": ANSWER, "helpful": True})],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "accept-follow": [
        (
            "Activity",
            {"verb": ActivityType.ACCEPT, "object_id": "https://health.example/activities/7"},
        )
    ],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "outbox": [
        (
            "CollectionDocument",
            {
                "total_items": 1,
                "first": f"{FERRY}/wp-json/activitypub/1.0/actors/2/outbox?page=1",
            },
        )
    ],
    "tombstone": [("IncomingTombstone", {"uri": POST})],
    "person-gone": [
        ("IncomingTombstone", {"uri": f"{FERRY}/?author=3", "former_type": "Person"})
    ],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("wordpress")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_wordpress_sends_is_understood_or_refused_by_name(name):
    check("wordpress", name, EXPECTED[name])
