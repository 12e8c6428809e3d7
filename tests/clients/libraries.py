"""Hold an answer against the types that libraries of clients declare."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from types import NoneType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from mastodon.types_base import AttribAccessDict, MaybeSnowflakeIdType, NonPaginatableList
from toot import entities as toot

#: What libraries declare as always there, and Mastodon itself does not always say.
_MORE_THAN_MASTODON: Final = frozenset(
    {
        "CustomEmoji.category",
        # What a status says of a filter has none of these.
        "Filter.keywords",
        "Filter.statuses",
        "FilterV2.keywords",
        "FilterV2.statuses",
        # A number there, and what reads it as one insists on that.
        "NotificationGroup.most_recent_notification_id",
        "FilterResult.status_matches",
        "FilterKeyword.whole_word",
        "MediaAttachment.blurhash",
        "MediaAttachment.description",
        "MediaAttachment.meta",
        "Relationship.languages",
        "FeaturedTag.statuses_count",
        "FeaturedTag.last_status_at",
        # There it is what was sent, with neither an id nor votes.
        "ScheduledStatusParams.poll",
        "Report.rules_ids",  # the library's own spelling
        "Tag.history",
    }
)
#: What came after the version of the API that we announce.
_LATER: Final = frozenset(
    {
        "Account.feature_approval",
        "Account.show_featured",
        "Account.show_media",
        "Account.show_media_replies",
        "InstanceAccountConfiguration.max_avatar_description_length",
        "InstanceAccountConfiguration.max_header_description_length",
        "NotificationPolicy.for_bots",
        "Role.collection_limit",
        "SearchV2.collections",
        "Status.tagged_collections",
    }
)
_LEFT_OUT: Final = _MORE_THAN_MASTODON | _LATER
_MOMENTS: Final = (date, datetime)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(T|$)")


def complaints(cls: type, seen: Any) -> list[str]:
    """Say what a library's type makes of an entity wrongly; and have the library read it."""
    found = list(_of(cls, seen, cls.__name__))
    if issubclass(cls, AttribAccessDict):
        cls(**seen)
    else:
        toot.from_dict(cls, seen)
    return found


@cache
def _hints(cls: type) -> dict[str, Any]:
    return {name: hint for name, hint in get_type_hints(cls).items() if name[0] != "_"}


def _of(hint: Any, value: Any, where: str) -> Iterator[str]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Union:
        judged = [list(_of(each, value, where)) for each in inner if each is not NoneType]
        if (value is not None or NoneType not in inner) and all(judged):
            yield from judged[0]
    elif hint is Any:
        return
    elif origin is not None:
        yield from _of_many(origin, inner, value, where)
    elif isinstance(hint, type) and _is_entity(hint):
        yield from _of_entity(hint, value, where)
    elif not _is_a(hint, value):
        yield f"{where}: {value!r} is no {hint}"


def _is_entity(hint: type) -> bool:
    return hint is not AttribAccessDict and bool(
        issubclass(hint, AttribAccessDict) or hint.__module__ == toot.__name__
    )


def _of_many(origin: Any, inner: Any, value: Any, where: str) -> Iterator[str]:
    if not issubclass(origin, dict):
        yield from _of_list(inner, value, where)
    elif not isinstance(value, dict):
        yield f"{where}: {value!r} is no object"


def _of_list(inner: tuple[Any, ...], value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {value!r} is no list"
        return
    for place, each in enumerate(value):
        yield from _of(inner[0], each, f"{where}[{place}]")


def _of_entity(cls: type, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{where}: {value!r} is no {cls.__name__}"
        return
    for name, hint in _hints(cls).items():
        if f"{cls.__name__}.{name}" not in _LEFT_OUT:
            yield from _of(hint, value.get(name), f"{where}.{name}")


def _is_a(hint: Any, value: Any) -> bool:
    if hint in _MOMENTS:
        return isinstance(value, str) and bool(_MOMENT.match(value))
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is MaybeSnowflakeIdType:
        return isinstance(value, str) and value.isdecimal()
    if hint is AttribAccessDict:
        return isinstance(value, dict)
    if hint is NonPaginatableList:
        return isinstance(value, list)
    return isinstance(value, hint)
