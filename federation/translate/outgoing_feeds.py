"""Record to document: what a collection of communities tells those who follow it."""

from datetime import datetime
from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import (
    activity_document,
    addressed_to,
    announce_activity,
)
from schemas.wire.vocabulary import PUBLIC, ActivityType


def list_change(
    uri: str,
    *,
    feed: str,
    following: str,
    followers: str,
    community: str,
    adding: bool,
    published: datetime,
) -> dict[str, Any]:
    """Build the Add or Remove of one community, as PieFed writes and reads it (wire.md 4.4).

    Args:
        uri: the id of the activity.
        feed: the Feed, which alone changes its list.
        following: its list.
        followers: the collection of whoever follows it.
        community: what comes into the list, or goes from it.
        adding: which of the two.
        published: when.
    """
    verb = ActivityType.ADD if adding else ActivityType.REMOVE
    # Objects, where a community's own Add has the ids alone: PieFed looks into them.
    about = {"type": "Group", "id": community}
    document = activity_document(uri, verb, feed, about, published)
    document["target"] = {"type": "Collection", "id": following}
    return document | addressed_to(Addressing((PUBLIC,), (followers,)))


def announced_change(
    uri: str, change: dict[str, Any], *, feed: str, followers: str, published: datetime
) -> dict[str, Any]:
    """Wrap a change of the list, for PieFed takes it from an Announce alone."""
    return announce_activity(
        uri,
        community=feed,
        inner=change,
        addressed=Addressing((PUBLIC,), (followers,)),
        published=published,
    )
