"""What Mastodon sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import (
    Choice,
    Emoji,
    Hashtag,
    InteractionPolicy,
    Media,
    MediaKind,
    Permission,
    Poll,
    Quote,
)
from schemas.profiles import Details, ProfileField
from schemas.records import ActorKind, Kind, Visibility
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

KITES = "https://kites.example"
INES = f"{KITES}/users/ines"
NOTE = f"{INES}/statuses"
KITE = Emoji(
    shortcode="kite",
    url=f"{KITES}/emoji/kite.png",
    media_type="image/png",
    uri=f"{KITES}/emojis/7",
    updated_at=datetime(2025, 5, 4, 3, 2, 1, tzinfo=UTC),
)
CLOSES = datetime(2026, 5, 13, 7, 8, 9, tzinfo=UTC)
SCENE = Media(
    url=f"{KITES}/media/scene.jpg",
    kind=MediaKind.IMAGE,
    media_type="image/jpeg",
    alt="A junction with cones",
    blurhash="UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
    focus=(-0.25, 0.5),
    width=1200,
    height=800,
)
CONES = Media(url=f"{KITES}/media/cones.mp4", kind=MediaKind.VIDEO, media_type="video/mp4")

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "ines",
                "emojis": (KITE,),
                "avatar": f"{KITES}/system/ines.jpg",
                "header": f"{KITES}/system/bridge.jpg",
                "also_known_as": ("https://old.example/users/ines",),
                "moved_to": None,
                "discoverable": True,
                "indexable": False,
                "shared_inbox": f"{KITES}/inbox",
                "summary_text": "Counts cyclists for a living. #bikes",
                "details": Details(
                    fields=(ProfileField(name="Office", value="Room 12"),),
                    discoverable=True,
                ),
            },
        )
    ],
    "person-moved": [("IncomingActor", {"name": "before", "moved_to": INES})],
    "instance-actor": [("IncomingActor", {"kind": ActorKind.AGENCY, "name": "kites.example"})],
    "create-note-to-a-group": [
        (
            "IncomingPost",
            {
                "kind": Kind.DISCUSSION,
                "title": "Does a raised crossing slow buses down?",
                "mentions": (GROUP,),
                "community_uri": None,
                "candidates": (f"{INES}/followers", GROUP),
                "language": "en",
                "visibility": Visibility.PUBLIC,
                "hashtags": (Hashtag(slug="buses", name="buses", href=f"{KITES}/tags/buses"),),
                "policy": InteractionPolicy(quote=Permission.EVERYBODY),
                "warning": "",
                "context": f"{KITES}/contexts/401",
            },
        )
    ],
    "create-reply-with-pictures": [
        (
            "IncomingPost",
            {
                "kind": Kind.COMMENT,
                "parent_uri": QUESTION,
                "title": "",
                "warning": "A photo of a crash scene",
                "sensitive": True,
                "media": (SCENE, CONES),
                "emojis": (KITE,),
                "mentions": (ASKER, GROUP),
            },
        )
    ],
    "create-poll": [
        (
            "IncomingPost",
            {
                "title": "Which day suits a walk along the new path?",
                "html": "",
                "poll": Poll(
                    choices=(Choice(name="Tuesday", votes=1), Choice(name="Friday", votes=2)),
                    closes_at=CLOSES,
                    voters=3,
                ),
            },
        )
    ],
    "update-poll-closed": [
        (
            "IncomingPost",
            {
                "poll": Poll(
                    choices=(Choice(name="Tuesday", votes=1), Choice(name="Friday", votes=4)),
                    several=True,
                    closes_at=CLOSES,
                    closed_at=CLOSES,
                    voters=5,
                ),
                "edited_at": CLOSES,
            },
        )
    ],
    "create-vote": [
        (
            "IncomingVote",
            {"uri": f"{INES}#votes/9", "actor_uri": INES, "poll_uri": POLL, "choice": "JSON"},
        )
    ],
    "create-quote": [
        (
            "IncomingPost",
            {
                "quote": Quote(uri=QUESTION, stamp="https://health.example/stamps/1"),
                "html": "<p>Good question for our county too.</p>",
                "title": "Good question for our county too.",
            },
        )
    ],
    "quote-request": [
        (
            "IncomingQuoteRequest",
            {"actor_uri": INES, "quoted_uri": QUESTION, "quoting_uri": f"{NOTE}/404"},
        )
    ],
    "accept-quote": [
        (
            "IncomingApproval",
            {
                "actor_uri": INES,
                "request_uri": "https://health.example/activities/12",
                "stamp_uri": f"{INES}/quote_authorizations/6",
            },
        )
    ],
    "quote-authorization": [
        (
            "IncomingStamp",
            {
                "uri": f"{INES}/quote_authorizations/6",
                "author_uri": INES,
                "interacting_uri": "https://health.example/p/9",
                "target_uri": f"{NOTE}/401",
            },
        )
    ],
    "like": [
        (
            "IncomingMark",
            {
                "uri": f"{INES}#likes/31",
                "post_uri": ANSWER,
                "helpful": True,
                "kudos": None,
                "accepts": False,
                "reaction": None,
            },
        )
    ],
    "undo-like": [
        (
            "IncomingUndo",
            {"uri": f"{INES}#likes/31", "type": ActivityType.LIKE, "object_uri": ANSWER},
        )
    ],
    "boost": [(ANSWER, {})],
    "undo-boost": [("IncomingUndo", {"type": ActivityType.ANNOUNCE, "object_uri": ANSWER})],
    "follow-group": [
        ("Activity", {"verb": ActivityType.FOLLOW, "actor": INES, "object_id": GROUP})
    ],
    "undo-follow": [("IncomingUndo", {"type": ActivityType.FOLLOW, "object_uri": GROUP})],
    "update-note": [
        (
            "IncomingPost",
            {"uri": f"{NOTE}/401", "edited_at": datetime(2026, 5, 6, 10, tzinfo=UTC)},
        )
    ],
    "update-person": [("IncomingActor", {"uri": INES})],
    "delete-note": [("IncomingRemoval", {"object_uri": f"{NOTE}/401", "by_moderator": False})],
    "delete-person": [("IncomingRemoval", {"object_uri": INES, "actor_uri": INES})],
    "flag": [
        (
            "IncomingFlag",
            {
                "actor_uri": f"{KITES}/actor",
                "object_uris": (HELPER, ANSWER),
                "reason": "Sells number plates in every thread",
            },
        )
    ],
    "block.refused-block-from-nothing": "block-from-nothing",
    "move-account": [
        (
            "IncomingMove",
            {"object_uri": f"{KITES}/users/before", "target_uri": INES, "is_of_account": True},
        )
    ],
    "add-featured": [
        (
            "Activity",
            {
                "verb": ActivityType.ADD,
                "object_id": f"{NOTE}/401",
                "target_id": f"{INES}/collections/featured",
            },
        )
    ],
    "featured": [("CollectionDocument", {"total_items": 1})],
    "replies-page": [
        (
            "CollectionDocument",
            {
                "entries": (f"{NOTE}/402", ANSWER),
                "next": f"{NOTE}/401/replies?only_other_accounts=true&page=true",
            },
        )
    ],
    "tombstone": [("IncomingTombstone", {"uri": f"{NOTE}/401", "former_type": ""})],
    "question-without-choices.refused-poll-without-choices": "poll-without-choices",
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("mastodon")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_mastodon_sends_is_understood_or_refused_by_name(name):
    check("mastodon", name, EXPECTED[name])
