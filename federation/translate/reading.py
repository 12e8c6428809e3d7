"""What all readers of documents share: refusals, times that cannot be in the future, topics."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

from federation.errors import Malformed
from federation.translate.sanitize import plain
from federation.uris import same_origin
from schemas.records import Topic
from schemas.wire.parts import Tag
from schemas.wire.reading import truncated
from schemas.wire.vocabulary import BadDocument

T = TypeVar("T")

#: State of a thread in the guise of tags; never what the thread is about.
STATE_TAGS = frozenset({"question", "answered", "solved"})

_SLUG = re.compile(r"[^\W_][\w-]{0,63}")
_LONGEST_TOPIC = 128


def read(parse: Callable[[dict[str, Any]], T], document: dict[str, Any]) -> T:
    """Read a document with a parser of `schemas.wire`.

    Raises:
        Malformed: with the reason that the parser gave.
    """
    try:
        return parse(document)
    except BadDocument as error:
        raise Malformed(error.reason) from error


def settled_time(found: datetime | None, now: datetime) -> datetime:
    """Take a time that somebody else wrote; it is never in the future (product.md 4)."""
    latest = truncated(now.astimezone(UTC))
    return latest if found is None else min(found, latest)


def on_origin_of(uri: str, link: str | None) -> str | None:
    """Keep a link only where it leads to the origin of its actor (ORI-16, ORI-18)."""
    return link if link is not None and same_origin(uri, link) else None


def topics(pairs: Iterable[tuple[str, str]]) -> tuple[Topic, ...]:
    """Make topics of (slug, name), each slug once; what is no slug is dropped."""
    found: dict[str, Topic] = {}
    for written, name in pairs:
        slug = written.lower()
        if _SLUG.fullmatch(slug) and slug not in found:
            found[slug] = Topic(slug=slug, name=plain(name, limit=_LONGEST_TOPIC) or slug)
    return tuple(found.values())


def topic_tags(tags: Iterable[Tag]) -> Iterable[tuple[str, str]]:
    """Give slug and name of the tags by which communities sort posts (Lemmy 1.0, PieFed)."""
    return (
        (tag.preferred_username, tag.name)
        for tag in tags
        if tag.type == "CommunityPostTag" and tag.preferred_username.lower() not in STATE_TAGS
    )
