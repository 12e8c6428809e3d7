"""What BadgeFed sends: each document is understood, or refused by name."""

import pytest

from federation.translate.incoming_recognition import (
    IncomingAward,
    IncomingRecognition,
    award_from_badge,
)
from schemas.records import ActorKind
from tests.wire.understanding import (
    FOLDER,
    HELPER,
    Expected,
    check,
    documents,
    understood_file,
)

BADGES = "https://badges.example"
ACADEMY = f"{BADGES}/actors/badges.example/academy"

EXPECTED: dict[str, list[Expected] | str] = {
    "organization": [("IncomingActor", {"kind": ActorKind.PERSON, "name": "academy"})],
    "create-badge": [
        (
            "IncomingRecognition",
            {
                "uri": f"{BADGES}/grant/1",
                "issuer_uri": ACADEMY,
                "credential_uri": f"{BADGES}/openbadge/1",
                "people": (HELPER,),
            },
        )
    ],
    "create-badge-linked": [
        (
            "IncomingRecognition",
            {"badge": f"{BADGES}/grant/2/badgeclass", "people": (HELPER,)},
        )
    ],
    "create-badge-for-a-hash.refused-recipient-hashed": "recipient-hashed",
    "create-badge-by-mail.refused-recipient-not-a-url": "recipient-not-a-url",
    "create-badge-kept-elsewhere.refused-credential-other-origin": "credential-other-origin",
    "delete-badge": [
        ("IncomingRemoval", {"actor_uri": ACADEMY, "object_uri": f"{BADGES}/grant/1"})
    ],
}


def test_every_document_is_looked_at():
    assert documents("badgefed") == sorted([*EXPECTED, "announce"])


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_understood_or_refused(name):
    check("badgefed", name, EXPECTED[name])


def test_what_is_announced_is_looked_at_where_it_is():
    assert understood_file(FOLDER / "badgefed/announce.json") == (f"{BADGES}/grant/1",)


def test_a_badge_says_what_it_is_for():
    [told] = understood_file(FOLDER / "badgefed" / "create-badge.json")

    assert isinstance(told, IncomingRecognition)
    assert isinstance(told.badge, dict)
    assert award_from_badge(told.badge, told) == IncomingAward(
        person_uri=HELPER, name="Open day helper", criteria="Helped visitors for a day."
    )
