"""What members keep for themselves: filters, lists, hashtags, markers (client-api.md 7)."""

from typing import Literal

from schemas.mastodon.accounts import Account
from schemas.mastodon.entity import Entity, Moment, Numbered

FilterContext = Literal["home", "notifications", "public", "thread", "account"]
#: Closed: one word more, and some clients drop the whole page (client-api.md 0.5).
FilterAction = Literal["warn", "hide", "blur"]


class FilterKeyword(Numbered):
    keyword: str
    whole_word: bool


class FilterStatus(Numbered):
    status_id: str


class FilterShort(Numbered):
    """A filter as a status names it: without its keywords and statuses."""

    title: str
    context: tuple[FilterContext, ...]
    expires_at: Moment | None
    filter_action: FilterAction


class Filter(FilterShort):
    keywords: tuple[FilterKeyword, ...]
    statuses: tuple[FilterStatus, ...]


class FilterV1(Numbered):
    """One word of a filter, as the first version of the API knew it; the id is the word's."""

    phrase: str
    context: tuple[FilterContext, ...]
    whole_word: bool
    expires_at: Moment | None
    irreversible: bool


class FilterResult(Entity):
    filter: FilterShort
    keyword_matches: tuple[str, ...] | None
    status_matches: tuple[str, ...] | None


class MutedAccount(Account):
    mute_expires_at: Moment | None


class List(Numbered):
    title: str
    replies_policy: Literal["followed", "list", "none"]
    exclusive: bool


class TagHistory(Entity):
    """Uses on a day; all three are strings (client-api.md 4)."""

    day: str
    uses: str
    accounts: str


class Tag(Numbered):
    name: str
    url: str
    history: tuple[TagHistory, ...] = ()
    following: bool
    featuring: bool


class FeaturedTag(Numbered):
    """`statuses_count` is a string, and `last_status_at` a date."""

    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


class Marker(Entity):
    """`version` is a number, `last_read_id` a string."""

    last_read_id: str
    version: int
    updated_at: Moment
