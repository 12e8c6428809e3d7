"""Filters as clients show them, and what a status says of those that it meets."""

from collections.abc import Sequence
from datetime import datetime

from schemas.mastodon.personal import (
    Filter,
    FilterKeyword,
    FilterResult,
    FilterShort,
    FilterStatus,
    FilterV1,
)
from schemas.records import Post
from server.services import filtering
from server.services.filtering import Match
from server.storage.filters import Action, Keyword, Place
from server.storage.filters import Filter as Stored

# As Mastodon lists them.
_ORDER = tuple(Place)


def filtered(of: Post, mine: Sequence[Stored], now: datetime) -> tuple[FilterResult, ...]:
    """Say which filters a post meets anywhere; clients know where they show it."""
    return tuple(_result(each, of) for each in filtering.met(mine, of, None, now=now))


def _result(match: Match, of: Post) -> FilterResult:
    return FilterResult(
        filter=FilterShort(**_common(match.filter)),
        keyword_matches=match.keywords or None,
        status_matches=(str(of.facts.id),) if match.named else None,
    )


def entity_of(of: Stored) -> Filter:
    return Filter(
        **_common(of),
        keywords=tuple(keyword_of(each) for each in of.keywords),
        statuses=tuple(
            FilterStatus(id=str(each.id), status_id=str(each.post_id)) for each in of.posts
        ),
    )


def _common(of: Stored) -> dict[str, object]:
    return {
        "id": str(of.id),
        "title": of.title,
        "context": tuple(place.value for place in _ORDER if place in of.contexts),
        "expires_at": of.expires_at,
        "filter_action": of.action.value,
    }


def keyword_of(of: Keyword) -> FilterKeyword:
    return FilterKeyword(id=str(of.id), keyword=of.keyword, whole_word=of.whole_word)


def first_version(of: Stored, word: Keyword) -> FilterV1:
    common = _common(of)
    return FilterV1(
        id=str(word.id),
        phrase=word.keyword,
        context=common["context"],
        whole_word=word.whole_word,
        expires_at=of.expires_at,
        irreversible=of.action is Action.HIDE,
    )
