"""Record to document: a vote in a poll, which goes to nobody but whoever asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import activity_document, addressed_to
from schemas.wire.vocabulary import ActivityType


def vote_activity(
    uri: str, *, voter: str, poll: str, asker: str, choice: str, published: datetime
) -> dict[str, Any]:
    """Build a vote for one choice; who chooses several sends as many (FEP-9967).

    It is the one reply of ours that has a name, has no words and does not say when it was
    published: by these three everybody tells votes from replies (wire.md 2.5).

    Args:
        uri: the id of the activity; the vote itself is below it.
        voter: the actor.
        poll: the id of the `Question`.
        asker: who wrote it; nobody else is told.
        choice: as the poll names it.
        published: when.
    """
    vote = {
        "id": f"{uri}#vote",
        "type": "Note",
        "attributedTo": voter,
        "inReplyTo": poll,
        "name": choice,
        "to": [asker],
        "cc": [],
    }
    document = activity_document(uri, ActivityType.CREATE, voter, vote, published)
    return document | addressed_to(Addressing((asker,), ()))


def vote_activities(
    uris: Sequence[str],
    *,
    voter: str,
    poll: str,
    asker: str,
    choices: Sequence[str],
    published: datetime,
) -> list[dict[str, Any]]:
    """Build the votes of somebody who chose several things, one activity for each."""
    return [
        vote_activity(
            uri, voter=voter, poll=poll, asker=asker, choice=choice, published=published
        )
        for uri, choice in zip(uris, choices, strict=True)
    ]
