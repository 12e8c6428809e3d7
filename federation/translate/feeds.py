"""Feeds: actors that stand for several communities, to be followed at once (wire.md 4.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.outgoing_actors import timestamp
from federation.translate.reading import on_origin_of, read, settled_time
from schemas.wire.actors import parse_actor
from schemas.wire.collections import ordered_collection
from schemas.wire.vocabulary import CONTEXT, LIMITS

FEED = "Feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingFeed:
    """A feed as its server tells it; `following` lists the communities that are in it."""

    uri: str
    name: str
    display_name: str
    summary: str
    following: str | None
    moderators: str | None
    inbox: str | None
    url: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed of ours, such as a starter pack; its collections are below it."""

    uri: str
    name: str
    display_name: str
    shared_inbox: str
    published_at: datetime


def feed_from(document: dict[str, Any], *, now: datetime) -> IncomingFeed:
    """Read a feed of Lemmy 1.0 or PieFed; links to other origins are left out (ORI-16).

    Raises:
        Malformed: "not-a-feed", or a property and what is wrong with it.
    """
    found = read(parse_actor, document)
    if FEED not in found.type:
        raise Malformed("not-a-feed")
    limit = LIMITS["summary"].at
    return IncomingFeed(
        uri=found.id,
        name=sanitize.plain(found.preferred_username, limit=LIMITS["preferredUsername"].at),
        display_name=sanitize.plain(found.name, limit=LIMITS["name"].at),
        summary=sanitize.from_html(found.summary[:limit]).html,
        following=on_origin_of(found.id, found.following),
        moderators=on_origin_of(found.id, found.moderators or found.attributed_to),
        inbox=on_origin_of(found.id, found.inbox),
        url=sanitize.link(found.url),
        published_at=settled_time(found.published, now),
    )


def feed_document(feed: Feed, *, public_key: dict[str, str]) -> dict[str, Any]:
    """Build a feed that Lemmy 1.0 and PieFed can follow (wire.md 4.4).

    Args:
        feed: one of ours.
        public_key: as `publicKey` stands on an actor.
    """
    return {
        "@context": CONTEXT,
        "id": feed.uri,
        "type": FEED,
        "preferredUsername": feed.name,
        "name": feed.display_name,
        "attributedTo": f"{feed.uri}/moderators",
        "moderators": f"{feed.uri}/moderators",
        "following": f"{feed.uri}/following",
        "followers": f"{feed.uri}/followers",
        "inbox": f"{feed.uri}/inbox",
        "outbox": f"{feed.uri}/outbox",
        "endpoints": {"sharedInbox": feed.shared_inbox},
        "publicKey": public_key,
        "url": feed.uri,
        "published": timestamp(feed.published_at),
    }


def feed_members(feed: Feed, communities: Iterable[str]) -> dict[str, Any]:
    """Build the list of the communities in a feed."""
    return ordered_collection(f"{feed.uri}/following", list(communities))
