"""Record to document: what a member shows on their profile, and that it changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import (
    Reference,
    activity_document,
    addressed_to,
)
from schemas.wire.vocabulary import ActivityType


def feature_activity(
    uri: str,
    verb: ActivityType,
    *,
    actor: str,
    about: Reference,
    target: str,
    addressed: Addressing,
    published: datetime,
) -> dict[str, Any]:
    """Build the Add of a post or a hashtag to a profile, or its Remove (Mastodon).

    `about` is the uri of a post, or a Hashtag; both name the collection `featured`.
    """
    document = activity_document(uri, verb, actor, about, published)
    return document | {"target": target} | addressed_to(addressed)


def hashtag_document(name: str, url: str) -> dict[str, Any]:
    """Build a hashtag as profiles show it (Mastodon)."""
    return {"type": "Hashtag", "name": f"#{name}", "href": url}


def featured_tags(shown: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Build what the collection `featuredTags` lists, from names and addresses (Mastodon)."""
    return [hashtag_document(name, url) for name, url in shown]
