"""What GoToSocial sends: each document is understood, or refused by name."""

from datetime import UTC, datetime

import pytest

from schemas.attached import Choice, InteractionPolicy, Media, MediaKind, Permission, Poll
from schemas.records import ActorKind, JoinRule, Kind, Visibility
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

SHED = "https://shed.example"
WIM = f"{SHED}/users/wim"
NOTE = f"{WIM}/statuses/01A"

EXPECTED: dict[str, list[Expected] | str] = {
    "person": [
        (
            "IncomingActor",
            {
                "kind": ActorKind.PERSON,
                "name": "wim",
                "join": JoinRule.APPROVAL,
                "visibility": Visibility.PUBLIC,
                "shared_inbox": None,
                "discoverable": False,
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
                "source": "",
                "language": "nl",
                "warning": "",
                "visibility": Visibility.PUBLIC,
                "media": (
                    Media(
                        url=f"{SHED}/fileserver/range.jpg",
                        kind=MediaKind.IMAGE,
                        media_type="image/jpeg",
                        alt="A chart of ranges",
                        blurhash="LNABop~qIUM{_3M{RjRj%MM{j[t7",
                        focus=(0.5, -0.5),
                    ),
                ),
                "policy": InteractionPolicy(
                    like=Permission.EVERYBODY,
                    reply=Permission.ON_REQUEST,
                    announce=Permission.NOBODY,
                ),
            },
        )
    ],
    "create-votes": [
        ("IncomingVote", {"uri": f"{WIM}#votes/01B", "poll_uri": POLL, "choice": "CSV"}),
        ("IncomingVote", {"uri": f"{WIM}#votes/01C", "poll_uri": POLL, "choice": "JSON"}),
    ],
    "create-poll": [
        (
            "IncomingPost",
            {
                "title": "Glue?",
                "html": "<p>Glue?<br>Or screws?</p>",
                "poll": Poll(
                    choices=(Choice(name="Glue"), Choice(name="Screws")),
                    closes_at=datetime(2026, 8, 11, tzinfo=UTC),
                    voters=0,
                ),
            },
        )
    ],
    "like": [("IncomingMark", {"post_uri": ANSWER, "helpful": True})],
    "undo-like-by-id": [
        ("IncomingUndo", {"actor_uri": WIM, "uri": f"{SHED}/users/wim/liked/01E", "type": None})
    ],
    "accept-reply": [
        (
            "IncomingApproval",
            {
                "request_uri": "https://health.example/p/9",
                "stamp_uri": f"{WIM}/authorizations/01G",
            },
        )
    ],
    "reply-authorization": [
        (
            "IncomingStamp",
            {
                "author_uri": WIM,
                "interacting_uri": "https://health.example/p/9",
                "target_uri": NOTE,
            },
        )
    ],
    "flag": [("IncomingFlag", {"object_uris": (HELPER, ANSWER), "reason": "Sells glue"})],
    "follow": [("Activity", {"verb": ActivityType.FOLLOW, "object_id": GROUP})],
    "boost": [(ANSWER, {})],
    "delete-note": [("IncomingRemoval", {"object_uri": NOTE, "by_moderator": False})],
    "block.refused-block-from-nothing": "block-from-nothing",
    "move": [
        (
            "IncomingMove",
            {"is_of_account": True, "target_uri": "https://kites.example/users/wim"},
        )
    ],
    "featured": [("CollectionDocument", {"entries": (NOTE,)})],
}


def test_each_document_has_a_row_and_each_row_a_document():
    assert sorted(EXPECTED) == documents("gotosocial")


@pytest.mark.parametrize("name", EXPECTED)
def test_what_gotosocial_sends_is_understood_or_refused_by_name(name):
    check("gotosocial", name, EXPECTED[name])
