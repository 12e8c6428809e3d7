"""What Lemmy sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Hashtag, Media, MediaKind
from schemas.records import ActorKind, JoinRule, Kind, Topic, Visibility
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import ANSWER, ASKER, GROUP, QUESTION, Expected, check, documents

ORCHARD = "https://orchard.example"
BEES = f"{ORCHARD}/c/beekeeping"
ROSA = f"{ORCHARD}/u/rosa"
WARDEN = f"{ORCHARD}/u/warden"
POST = f"{ORCHARD}/post/2201"
COMMENT = f"{ORCHARD}/comment/9001"
POLLEN = "https://spam.example/u/pollen"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "rosa",
                "summary_source": "Two hives",
                "avatar": f"{ORCHARD}/pictrs/rosa.webp",
            },
        )
    ],
    "bot": [("IncomingActor", {"kind": ActorKind.PERSON, "name": "hivebot"})],
    "group": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.COMMUNITY,
                "charter": "<p>Be kind to bees.</p><h2>Rules</h2>",
                "summary_text": "Everything that hums",
                "moderators": f"{BEES}/moderators",
                "topics": (Topic(slug="swarm", name="Swarms"),),
                "join": JoinRule.OPEN,
                "visibility": Visibility.PUBLIC,
            },
        )
    ],
    "group-private": [
        (
            "IncomingActor",
            {
                "join": JoinRule.APPROVAL,
                "visibility": Visibility.MEMBERS,
                "discoverable": False,
            },
        )
    ],
    "site": [("IncomingActor", {"kind": ActorKind.AGENCY, "uri": f"{ORCHARD}/"})],
    "page": [
        (
            "IncomingPost",
            {
                "kind": Kind.DISCUSSION,
                "kind_stated": False,
                "title": "Moving a hive by two metres",
                "community_uri": BEES,
                "source": "They came back to the *old* spot.",
                "language": "en",
                "topic": Topic(slug="swarm", name="Swarms"),
                "media": (Media(url="https://bees.example/moving", kind=MediaKind.LINK),),
                "hashtags": (Hashtag(slug="beekeeping", name="beekeeping", href=POST),),
                "warning": "",
            },
        )
    ],
    "page-linked-only": [
        ("IncomingPost", {"title": "A map of wild nests", "text": "https://maps.example/nests"})
    ],
    "page-markdown-without-title": [
        (
            "IncomingPost",
            {
                "title": "Smoke or no smoke?",
                "text": "@beekeeping@orchard.example Smoke or no smoke? I use none.",
            },
        )
    ],
    "announce-create-page": [
        ("IncomingPost", {"uri": POST, "author_uri": ROSA, "community_uri": BEES})
    ],
    "announce-bare-page": [(POST, {})],
    "announce-update-page": [
        (
            "IncomingPost",
            {
                "title": "Moving a hive by two metres, again",
                "edited_at": datetime(2026, 3, 5, tzinfo=UTC),
            },
        )
    ],
    "create-comment": [
        (
            "IncomingPost",
            {
                "kind": Kind.COMMENT,
                "parent_uri": QUESTION,
                "community_uri": GROUP,
                "title": "",
                "mentions": (ASKER,),
                "answer_flag": False,
            },
        )
    ],
    "like": [("IncomingMark", {"actor_uri": ROSA, "post_uri": ANSWER, "helpful": True})],
    "dislike": [("Activity", {"verb": ActivityType.DISLIKE, "object_id": ANSWER})],
    "announce-like": [("IncomingMark", {"actor_uri": ROSA, "post_uri": POST})],
    "undo-like": [("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": ANSWER})],
    "undo-dislike": [("IncomingUndo", {"type": ActivityType.DISLIKE, "object_uri": ANSWER})],
    "delete-by-author": [
        (
            "IncomingRemoval",
            {"actor_uri": ROSA, "object_uri": COMMENT, "by_moderator": False, "reason": ""},
        )
    ],
    "announce-removal": [
        (
            "IncomingRemoval",
            {
                "actor_uri": WARDEN,
                "object_uri": POST,
                "by_moderator": True,
                "reason": "Off topic: wasps",
            },
        )
    ],
    "announce-restore": [
        ("IncomingUndo", {"actor_uri": WARDEN, "type": ActivityType.DELETE, "object_uri": POST})
    ],
    "delete-with-replies": [("IncomingRemoval", {"by_moderator": True, "with_replies": True})],
    "announce-lock": [
        (
            "Activity",
            {
                "verb": ActivityType.LOCK,
                "actor": WARDEN,
                "object_id": POST,
                "summary": "Settled",
            },
        )
    ],
    "announce-unlock": [("IncomingUndo", {"type": ActivityType.LOCK, "object_uri": POST})],
    "add-featured": [
        (
            "Activity",
            {"verb": ActivityType.ADD, "object_id": POST, "target_id": f"{BEES}/featured"},
        )
    ],
    "remove-featured": [
        (
            "Activity",
            {"verb": ActivityType.REMOVE, "object_id": POST, "target_id": f"{BEES}/featured"},
        )
    ],
    "add-moderator": [
        (
            "Activity",
            {"verb": ActivityType.ADD, "object_id": ROSA, "target_id": f"{BEES}/moderators"},
        )
    ],
    "remove-moderator": [
        (
            "Activity",
            {"verb": ActivityType.REMOVE, "object_id": ROSA, "target_id": f"{BEES}/moderators"},
        )
    ],
    "announce-ban": [
        (
            "IncomingBan",
            {
                "person_uri": POLLEN,
                "target_uri": BEES,
                "reason": "Sells honey",
                "until": datetime(2026, 12, 1, tzinfo=UTC),
                "removes_posts": True,
            },
        )
    ],
    "announce-unban": [
        ("IncomingUndo", {"type": ActivityType.BLOCK, "object_uri": POLLEN, "target_uri": BEES})
    ],
    "ban-from-site": [
        (
            "IncomingBan",
            {
                "person_uri": POLLEN,
                "target_uri": f"{ORCHARD}/",
                "until": None,
                "removes_posts": False,
            },
        )
    ],
    "flag": [
        (
            "IncomingFlag",
            {"actor_uri": ROSA, "object_uris": (ANSWER,), "reason": "Names a patient"},
        )
    ],
    "announce-flag": [("IncomingFlag", {"object_uris": (COMMENT,)})],
    "resolve": [
        (
            "IncomingResolution",
            {
                "actor_uri": WARDEN,
                "flag_uri": f"{ORCHARD}/activities/flag/0000002a",
                "object_uris": (ANSWER,),
            },
        )
    ],
    "warn": [
        (
            "Activity",
            {"verb": ActivityType.WARN, "object_id": ROSA, "summary": "Please stay civil"},
        )
    ],
    "update-group": [("IncomingActor", {"uri": BEES})],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "accept-follow": [
        (
            "Activity",
            {
                "verb": ActivityType.ACCEPT,
                "actor": BEES,
                "object_id": "https://health.example/activities/5",
            },
        )
    ],
    "reject-follow": [
        (
            "Activity",
            {"verb": ActivityType.REJECT, "object_id": "https://health.example/activities/5"},
        )
    ],
    "group-follows-group": [
        ("Activity", {"verb": ActivityType.FOLLOW, "actor": BEES, "object_id": GROUP})
    ],
    "outbox": [("CollectionDocument", {"total_items": 1})],
    "moderators": [("CollectionDocument", {"entries": (WARDEN, ROSA)})],
    "featured": [("CollectionDocument", {"total_items": 1})],
    "followers": [("CollectionDocument", {"total_items": 3120, "entries": ()})],
    "feed": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.FEED,
                "name": "garden",
                "summary_text": "What a new gardener reads first.",
                "following": f"{ORCHARD}/m/garden/following",
            },
        )
    ],
    "feed-following": [
        (
            "CollectionDocument",
            {"total_items": 2, "entries": (BEES, "https://larder.example/c/preserves")},
        )
    ],
    "update-feed": [("IncomingActor", {"uri": f"{ORCHARD}/m/garden"})],
    "create-for-another.refused-author-not-actor": "author-not-actor",
    "tombstone": [("IncomingTombstone", {"uri": COMMENT})],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("lemmy")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_lemmy_sends_is_understood_or_refused_by_name(name):
    check("lemmy", name, EXPECTED[name])
