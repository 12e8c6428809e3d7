"""Document to list: which communities a Feed elsewhere gathers, and how that changes."""

from dataclasses import dataclass
from typing import Any, Final

from federation.errors import Malformed
from federation.translate.incoming import announced_in, embedded_activity_from
from federation.translate.reading import read
from federation.uris import same_origin
from schemas.wire.activities import Activity
from schemas.wire.collections import parse_collection
from schemas.wire.reading import link_or_none
from schemas.wire.vocabulary import LIMITS, ActivityType

#: So many communities of one Feed are taken; the rest of its list is left there.
MOST: Final = LIMITS["communities of a Feed"].at


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFeedList:
    """Which communities a Feed lists, each once, and how many it says they are."""

    communities: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFeedChange:
    """A community that comes into the list of a Feed, or goes from it."""

    community: str
    adding: bool


def feed_list_from(document: dict[str, Any], *, feed: str) -> IncomingFeedList:
    """Read the list of a Feed: ids, or communities of which only the id counts (wire.md 4.4).

    Raises:
        Malformed: "feed-list-elsewhere": it is not on the Feed's own origin (ORI-16); or as
            `parse_collection`.
    """
    collection = read(parse_collection, document)
    if not same_origin(collection.id, feed):
        raise Malformed("feed-list-elsewhere")
    links = (link_or_none(entry) for entry in collection.entries)
    named = list(dict.fromkeys(link for link in links if link is not None))
    return IncomingFeedList(
        communities=tuple(named[:MOST]), total=max(collection.total_items, len(named))
    )


def feed_changes_from(
    activity: Activity, *, feed: str, following: str | None
) -> tuple[IncomingFeedChange, ...]:
    """Read what a Feed announces about its list, or says without an Announce around it.

    Nobody but the Feed changes its list, and nothing but its own list (ACT-08).

    Args:
        activity: of the Feed.
        feed: its id.
        following: its list; PieFed names the Feed in its place, too.

    Raises:
        Malformed: "feed-change-of-another", "feed-change-elsewhere", "feed-change-of-nothing".
    """
    if activity.verb is not ActivityType.ANNOUNCE:
        return (_change(activity, feed=feed, following=following),)
    inside = [entry for entry in announced_in(activity) if isinstance(entry, dict)]
    return tuple(
        _change(embedded_activity_from(entry), feed=feed, following=following)
        for entry in inside
    )


def _change(activity: Activity, *, feed: str, following: str | None) -> IncomingFeedChange:
    if activity.actor != feed:
        raise Malformed("feed-change-of-another")
    if activity.target_id not in {following, feed}:
        raise Malformed("feed-change-elsewhere")
    community = activity.object_id
    is_known = activity.verb in {ActivityType.ADD, ActivityType.REMOVE}
    if not is_known or community is None:
        raise Malformed("feed-change-of-nothing")
    return IncomingFeedChange(community=community, adding=activity.verb is ActivityType.ADD)
