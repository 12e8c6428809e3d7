"""What a client's search finds (client-api.md 7)."""

from typing import Any

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity
from schemas.mastodon.statuses import Status


class Tag(Entity):
    """A hashtag; nobody counts here how it was used day by day."""

    name: str
    url: str
    history: tuple[dict[str, Any], ...] = ()
    following: bool = False


class Search(Entity):
    """Always all three lists, whichever were asked for."""

    accounts: tuple[Account, ...] = ()
    statuses: tuple[Status, ...] = ()
    hashtags: tuple[Tag, ...] = ()
