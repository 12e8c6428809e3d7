"""What PieFed sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import (
    Choice,
    Hashtag,
    InteractionPolicy,
    Media,
    MediaKind,
    Permission,
    Poll,
    Reaction,
)
from schemas.records import ActorKind, Kind, Topic
from schemas.wire.vocabulary import ActivityType
from tests.wire.understanding import ANSWER, GROUP, POLL, QUESTION, Expected, check, documents

LARDER = "https://larder.example"
JARS = f"{LARDER}/c/preserves"
PANTRY = f"{LARDER}/f/pantry"
DEE = f"{LARDER}/u/dee"
CELLAR = f"{LARDER}/u/cellar"
POST = f"{LARDER}/post/640"
COMMENT = f"{LARDER}/comment/77"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "dee",
                "discoverable": True,
                "indexable": True,
                "header": f"{LARDER}/static/media/shelf.webp",
            },
        )
    ],
    "group": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.COMMUNITY,
                "asks_questions": True,
                "stewards_only": False,
                "several_answers": False,
                "moderators": f"{JARS}/moderators",
                "topics": (Topic(slug="labels", name="Labels"),),
            },
        )
    ],
    "feed": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.FEED,
                "name": "pantry",
                "display_name": "The pantry",
                "following": f"{PANTRY}/following",
                "moderators": f"{PANTRY}/moderators",
            },
        )
    ],
    "feed-following": [
        ("CollectionDocument", {"entries": (JARS, "https://orchard.example/c/beekeeping")})
    ],
    "feed-moderators": [("CollectionDocument", {"entries": (DEE,)})],
    **{
        f"announce-feed-{verb.lower()}": [
            (
                "Activity",
                {
                    "verb": verb,
                    "actor": PANTRY,
                    "object_id": "https://orchard.example/c/beekeeping",
                    "target_id": f"{PANTRY}/following",
                },
            )
        ]
        for verb in (ActivityType.ADD, ActivityType.REMOVE)
    },
    "follow-feed": [
        (
            "Activity",
            {"verb": ActivityType.FOLLOW, "object_id": "https://transport.example/f/starter"},
        )
    ],
    "announce-create-post": [
        (
            "IncomingPost",
            {
                "title": "Labels that survive a damp cellar?",
                "community_uri": JARS,
                "warning": "",
                "hashtags": (
                    Hashtag(slug="cellar", name="Cellar", href=f"{LARDER}/tag/cellar"),
                ),
                "media": (
                    Media(
                        url=f"{LARDER}/static/media/jar.webp",
                        kind=MediaKind.IMAGE,
                        alt="A jar without its label",
                    ),
                ),
                "policy": InteractionPolicy(quote=Permission.EVERYBODY),
                "locked": False,
            },
        )
    ],
    "create-answer": [
        (
            "IncomingPost",
            {
                "kind": Kind.ANSWER,
                "kind_stated": True,
                "answer_flag": True,
                "parent_uri": QUESTION,
                "community_uri": GROUP,
            },
        )
    ],
    "replies": [("CollectionDocument", {"total_items": 1})],
    "choose-answer": [
        (
            "Activity",
            {
                "verb": ActivityType.CHOOSE_ANSWER,
                "actor": DEE,
                "object_id": ANSWER,
                "target_id": None,
            },
        )
    ],
    "announce-choose-answer": [
        ("Activity", {"verb": ActivityType.CHOOSE_ANSWER, "object_id": ANSWER})
    ],
    "undo-choose-answer": [
        (
            "IncomingUndo",
            {
                "uri": f"{LARDER}/activities/answer/another-one",
                "type": ActivityType.CHOOSE_ANSWER,
                "object_uri": ANSWER,
            },
        )
    ],
    "undo-with-foreign-id": [
        ("IncomingUndo", {"uri": None, "type": ActivityType.LIKE, "object_uri": ANSWER})
    ],
    "poll": [
        (
            "IncomingPost",
            {
                "title": "Which lid?",
                "html": "<p>I have both kinds.</p>",
                "poll": Poll(
                    choices=(Choice(name="Screw", votes=3), Choice(name="Clip", votes=1)),
                    several=True,
                    closes_at=datetime(2026, 4, 9, tzinfo=UTC),
                    voters=4,
                ),
            },
        )
    ],
    "create-vote": [("IncomingVote", {"actor_uri": DEE, "poll_uri": POLL, "choice": "JSON"})],
    "poll-vote": [
        ("IncomingVote", {"actor_uri": DEE, "poll_uri": f"{LARDER}/post/641", "choice": "Clip"})
    ],
    "announce-vote-batch": [
        ("IncomingMark", {"post_uri": POST, "helpful": True}),
        ("Activity", {"verb": ActivityType.DISLIKE, "object_id": COMMENT}),
        ("IncomingUndo", {"type": ActivityType.LIKE, "object_uri": POST}),
    ],
    "announce-vote-list": [
        ("IncomingMark", {"post_uri": POST}),
        ("IncomingMark", {"post_uri": COMMENT}),
    ],
    "like-with-emoji": [
        ("IncomingMark", {"helpful": True, "reaction": Reaction(content="🫙")})
    ],
    "emoji-react": [
        (
            "IncomingReaction",
            {"actor_uri": DEE, "post_uri": ANSWER, "reaction": Reaction(content="🔥")},
        )
    ],
    "announce-post-for-microblogs": [(POST, {})],
    "update-post": [
        ("IncomingPost", {"uri": POST, "edited_at": datetime(2026, 4, 7, tzinfo=UTC)})
    ],
    "delete-by-moderator": [
        (
            "IncomingRemoval",
            {
                "actor_uri": CELLAR,
                "object_uri": COMMENT,
                "by_moderator": True,
                "reason": "Not about jars",
            },
        )
    ],
    "delete-by-author": [("IncomingRemoval", {"actor_uri": DEE, "by_moderator": False})],
    "lock": [("Activity", {"verb": ActivityType.LOCK, "object_id": POST})],
    "move-post": [
        (
            "IncomingMove",
            {
                "object_uri": POST,
                "origin_uri": JARS,
                "target_uri": f"{LARDER}/c/cellars",
                "is_of_account": False,
            },
        )
    ],
    "ban": [
        (
            "IncomingBan",
            {
                "person_uri": "https://spam.example/u/tin",
                "target_uri": JARS,
                "reason": "Tins",
                "until": datetime(2027, 1, 1, tzinfo=UTC),
                "removes_posts": False,
            },
        )
    ],
    "flag": [("IncomingFlag", {"object_uris": (ANSWER,), "reason": "Copied from a book"})],
    "add-featured": [
        (
            "Activity",
            {"verb": ActivityType.ADD, "object_id": POST, "target_id": f"{JARS}/featured"},
        )
    ],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "delete-person": [("IncomingRemoval", {"object_uri": DEE, "removes_posts": True})],
    "accept-quote": [
        ("IncomingApproval", {"actor_uri": DEE, "stamp_uri": f"{POST}/quote_authorization/1"})
    ],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("piefed")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_piefed_sends_is_understood_or_refused_by_name(name):
    check("piefed", name, EXPECTED[name])
