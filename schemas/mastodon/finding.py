"""What helps members to find things: links that many share, and whom they might follow."""

from typing import Literal

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity
from schemas.mastodon.personal import TagHistory
from schemas.mastodon.statuses import Card

#: Closed, as clients know them (Mastodon 4.3).
Source = Literal[
    "featured",
    "most_followed",
    "most_interactions",
    "similar_to_recently_followed",
    "friends_of_friends",
]


class TrendingLink(Card):
    """A link that many share; its title is what they call it."""

    history: tuple[TagHistory, ...]


class Suggestion(Entity):
    """Whom a member might follow; `source` is what older clients read instead of `sources`."""

    source: Literal["staff", "past_interactions", "global"]
    sources: tuple[Source, ...]
    account: Account
