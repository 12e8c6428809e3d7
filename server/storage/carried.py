"""What a post carries beyond its words, as the one value that stands beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import orjson

from schemas.attached import (
    Called,
    Emoji,
    Hashtag,
    Media,
    MediaKind,
    Permission,
    Quote,
    QuoteState,
)
from server.storage.database import Row

__all__ = [
    "NOTHING",
    "Carried",
    "emoji_from",
    "fields_from",
    "from_json",
    "json_of",
    "json_of_emoji",
    "quote_from",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What comes and goes with the words of a post; `quotable` is who may quote it.

    None as `quotable` where its author said nothing of that.
    """

    warning: str = ""
    sensitive: bool = False
    media: tuple[Media, ...] = ()
    hashtags: tuple[Hashtag, ...] = ()
    mentions: tuple[Called, ...] = ()
    emojis: tuple[Emoji, ...] = ()
    quotable: Permission | None = None


#: Most posts are words and nothing else.
NOTHING = Carried()


def json_of(carried: Carried) -> str:
    """Write it, without what is not there: for a post that is only words, "{}"."""
    if carried is NOTHING:
        return "{}"
    written: dict[str, Any] = {
        "warning": carried.warning,
        "sensitive": carried.sensitive,
        "media": [_present(_medium(each)) for each in carried.media],
        "hashtags": [
            _present({"slug": each.slug, "name": each.name, "href": each.href})
            for each in carried.hashtags
        ],
        "mentions": [{"uri": each.uri, "handle": each.handle} for each in carried.mentions],
        "emojis": [_emoji(each) for each in carried.emojis],
        "quotable": carried.quotable,
    }
    return _dumped(written)


def from_json(written: str) -> Carried:
    """Read what `json_of` wrote."""
    if written == "{}":
        return NOTHING
    found: dict[str, Any] = orjson.loads(written)
    quotable = found.get("quotable")
    return Carried(
        warning=found.get("warning", ""),
        sensitive=found.get("sensitive", False),
        media=tuple(_medium_from(each) for each in _listed(found, "media")),
        hashtags=tuple(Hashtag(**each) for each in _listed(found, "hashtags")),
        mentions=tuple(Called(**each) for each in _listed(found, "mentions")),
        emojis=tuple(_emoji_from(each) for each in _listed(found, "emojis")),
        quotable=Permission(quotable) if quotable else None,
    )


def fields_from(written: str) -> Mapping[str, Any]:
    """Read what a `Post` has of it, by the names of its fields."""
    if written == "{}":
        return {}
    carried = from_json(written)
    return {each.name: getattr(carried, each.name) for each in fields(carried)}


def quote_from(row: Row) -> Quote | None:
    """Read what a post quotes from its own columns."""
    if row["quote_uri"] is None:
        return None
    state = row["quote_state"]
    return Quote(
        uri=row["quote_uri"],
        stamp=row["quote_stamp"],
        state=QuoteState(state) if state else None,
    )


def json_of_emoji(emoji: Emoji | None) -> str | None:
    return None if emoji is None else _dumped(_emoji(emoji))


def emoji_from(written: str | None) -> Emoji | None:
    return None if written is None else _emoji_from(orjson.loads(written))


def _dumped(written: Mapping[str, Any]) -> str:
    return orjson.dumps(_present(written)).decode()


def _present(written: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if value}


def _listed(found: Mapping[str, Any], name: str) -> Iterable[dict[str, Any]]:
    listed: Iterable[dict[str, Any]] = found.get(name, ())
    return listed


def _medium(media: Media) -> dict[str, Any]:
    return {
        "url": media.url,
        "kind": media.kind.value,
        "media_type": media.media_type,
        "alt": media.alt,
        "blurhash": media.blurhash,
        "focus": list(media.focus) if media.focus else None,
        "width": media.width,
        "height": media.height,
        "size": media.size,
    }


def _medium_from(found: Mapping[str, Any]) -> Media:
    focus = found.get("focus")
    told = {"kind": MediaKind(found["kind"]), "focus": (focus[0], focus[1]) if focus else None}
    return Media(**{**found, **told})


def _emoji(emoji: Emoji) -> dict[str, Any]:
    return _present(
        {
            "shortcode": emoji.shortcode,
            "url": emoji.url,
            "media_type": emoji.media_type,
            "uri": emoji.uri,
            "updated_at": emoji.updated_at.isoformat() if emoji.updated_at else None,
        }
    )


def _emoji_from(found: Mapping[str, Any]) -> Emoji:
    updated = found.get("updated_at")
    moment = {"updated_at": datetime.fromisoformat(updated) if updated else None}
    return Emoji(**{**found, **moment})
