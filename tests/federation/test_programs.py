"""What is not sent to single programs, because they would refuse it."""

from typing import Any

import pytest

from federation.programs import takes

INBOX = "https://orchard.example/inbox"
GROUP = "https://transport.example/c/roads"


def act(kind: str, about: object = "https://health.example/p/1") -> dict[str, Any]:
    return {"type": kind, "actor": f"{GROUP}/x", "object": about}


def wrote(kind: str, **more: object) -> dict[str, Any]:
    return act("Create", {"type": kind, **more})


CHOICE = act("ChooseAnswer")


@pytest.mark.parametrize(
    ("software", "activity", "expected"),
    [
        (None, CHOICE, True),
        ("piefed", CHOICE, True),
        ("commonlore", CHOICE, True),
        ("lemmy", CHOICE, False),
        ("Mbin", CHOICE, False),
        ("nodebb", act("Undo", CHOICE), False),
        ("piefed", act("Undo", CHOICE), True),
        ("lemmy", act("Undo", "https://health.example/activities/1"), True),
        ("lemmy", wrote("Article"), True),
        ("lemmy", wrote("Note", inReplyTo="https://health.example/p/1"), True),
        ("lemmy", wrote("Note", inReplyTo=None), False),
        ("lemmy", wrote("Question", oneOf=[]), False),
        ("lemmy", act("Create"), True),
        ("lemmy", act("Like"), True),
        ("lemmy", act("Flag"), True),
        ("piefed", act("Flag"), True),
        ("piefed", wrote("Note"), True),
        ("discourse", wrote("Article"), True),
        ("discourse", wrote("Question"), False),
        ("discourse", act("Lock"), False),
        ("discourse", act("Flag"), False),
        ("discourse", act("Undo", act("Lock")), False),
        ("discourse", act("Like"), False),
        ("discourse", act("Like", "https://orchard.example/ap/object/1"), True),
        ("discourse", act("Delete"), True),
        ("mastodon", act("Flag"), True),
        ("something-new", act("Lock"), True),
    ],
)
def test_what_a_program_refuses_is_not_sent_to_it(
    software: str | None, activity: dict[str, Any], expected: bool
) -> None:
    assert takes(software, activity, inbox=INBOX) is expected
