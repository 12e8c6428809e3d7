"""Announcements of the agency, as clients read them (client-api.md 4)."""

from typing import Any, Literal

from schemas.mastodon.accounts import CustomEmoji
from schemas.mastodon.entity import Entity, Moment, Numbered
from schemas.mastodon.statuses import Mention, StatusTag


class AnnouncementReaction(Entity):
    """One emoji; it has addresses only where it is a picture, and ours never are."""

    name: str
    count: int
    me: bool
    url: None = None
    static_url: None = None


class Announcement(Numbered):
    """All lists are always there: Tusky reads none of it otherwise."""

    content: str
    starts_at: Moment | None
    ends_at: Moment | None
    all_day: Literal[False] = False
    published_at: Moment
    updated_at: Moment
    read: bool
    mentions: tuple[Mention, ...]
    statuses: tuple[Any, ...] = ()
    tags: tuple[StatusTag, ...]
    emojis: tuple[CustomEmoji, ...] = ()
    reactions: tuple[AnnouncementReaction, ...]


class ReactionTold(Entity):
    """What listening clients are told of an emoji: how many there are now."""

    name: str
    count: int
    announcement_id: str
