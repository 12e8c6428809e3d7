"""Parts of a post to document: media, polls, quotes, tags, and words that all can read."""

import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

from federation.translate import tables
from federation.translate.outgoing_actors import timestamp
from federation.uris import origin_of
from schemas.attached import (
    Called,
    Emoji,
    Hashtag,
    Media,
    MediaKind,
    Poll,
    Quote,
    Reaction,
)
from schemas.records import Kind, Post

#: Nobody refuses these three; a type `Video` makes Lemmy throw the whole post away.
_TYPES: Final = {
    MediaKind.LINK: "Link",
    MediaKind.IMAGE: "Image",
    MediaKind.VIDEO: "Document",
    MediaKind.AUDIO: "Document",
    MediaKind.FILE: "Document",
}
_ORDER: Final = list(_TYPES)
_HASHTAG: Final = re.compile(r"(<a class=\"mention hashtag\"[^<>]* rel=\")(?!tag )")


def is_poll(post: Post) -> bool:
    """Say whether a post goes out as a `Question`: with choices and an end, or not at all."""
    poll = post.poll
    return bool(post.facts.kind is Kind.POLL and poll and poll.choices and poll.closes_at)


def federated_html(post: Post) -> str:
    """Write the words of a post for programs that know less than we do (wire.md 2.5, 6.1).

    A poll begins with its title. A reply has lists for its tables: others throw those away,
    and the source still has them. Whoever knows no quotes gets a link.
    """
    html = post.html
    if not post.facts.kind.starts_thread:
        html = tables.as_lists(html)
    if is_poll(post) and post.title:
        html = f"<p>{escape(post.title, quote=False)}</p>{html}"
    if post.quote is not None:
        address = escape(post.quote.uri)
        link = f'<a href="{address}">{address}</a>'
        html = f'<p class="quote-inline">RE: {link}</p>{html}'
    # Mastodon would make a preview of the page of a hashtag.
    return _HASHTAG.sub(r"\1tag ", html)


def media_documents(media: Iterable[Media]) -> list[dict[str, Any]]:
    """Write what is attached: links first, for Lemmy makes the first one the post's own."""
    return [_medium(each) for each in sorted(media, key=lambda each: _ORDER.index(each.kind))]


def picture(media: Iterable[Media]) -> dict[str, Any]:
    """Write which picture stands for the post, if one does."""
    first = next((each for each in media if each.kind is MediaKind.IMAGE), None)
    return {} if first is None else {"image": {"type": "Image", "url": first.url}}


def _medium(media: Media) -> dict[str, Any]:
    written = _TYPES[media.kind]
    document: dict[str, Any] = {"type": written}
    document["href" if written == "Link" else "url"] = media.url
    # Mastodon reads the alt text from the one, GoToSocial from the other.
    optional: dict[str, Any] = {
        "mediaType": media.media_type,
        "name": media.alt,
        "summary": media.alt,
        "blurhash": media.blurhash,
        "focalPoint": list(media.focus) if media.focus else None,
        "width": media.width,
        "height": media.height,
    }
    return document | {name: value for name, value in optional.items() if value}


def poll_terms(poll: Poll) -> dict[str, Any]:
    """Write what can be voted for, and how it stands (FEP-9967)."""
    document: dict[str, Any] = {
        "anyOf" if poll.several else "oneOf": [
            {
                "type": "Note",
                "name": choice.name,
                "replies": {"type": "Collection", "totalItems": choice.votes},
            }
            for choice in poll.choices
        ]
    }
    if poll.closes_at is not None:
        document["endTime"] = timestamp(poll.closes_at)
    if poll.closed_at is not None:
        document["closed"] = timestamp(poll.closed_at)
    return document | ({} if poll.voters is None else {"votersCount": poll.voters})


def quote_terms(quote: Quote | None) -> dict[str, Any]:
    """Write what is quoted under each of the names that programs read (FEP-044f)."""
    if quote is None:
        return {}
    names = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")
    document = dict.fromkeys(names, quote.uri)
    return document | ({} if quote.stamp is None else {"quoteAuthorization": quote.stamp})


def mention_tags(called: Iterable[Called]) -> list[dict[str, Any]]:
    """Write whom a post calls, each once."""
    each_once = {one.uri: one for one in called}
    return [
        {"type": "Mention", "href": one.uri, "name": one.handle} for one in each_once.values()
    ]


def hashtag_tags(hashtags: Iterable[Hashtag], *, post_uri: str) -> list[dict[str, Any]]:
    """Write hashtags; one that has no page of its own has one at the post's server."""
    return [
        {
            "type": "Hashtag",
            "href": hashtag.href or f"{origin_of(post_uri)}/tags/{hashtag.slug}",
            "name": f"#{hashtag.name}",
        }
        for hashtag in hashtags
    ]


def reaction_document(
    uri: str, actor: str, post_uri: str, reaction: Reaction
) -> dict[str, Any]:
    """Write an emoji that somebody put under a post, for the list of them (FEP-c0e0)."""
    document: dict[str, Any] = {
        "id": uri,
        "type": "EmojiReact",
        "actor": actor,
        "object": post_uri,
        "content": reaction.content,
    }
    return document | ({"tag": [_emoji(reaction.custom)]} if reaction.custom else {})


def emoji_tags(emojis: Iterable[Emoji]) -> list[dict[str, Any]]:
    """Write custom emoji (wire.md 6.6)."""
    return [_emoji(emoji) for emoji in emojis]


def _emoji(emoji: Emoji) -> dict[str, Any]:
    icon = {"type": "Image", "url": emoji.url}
    if emoji.media_type:
        icon["mediaType"] = emoji.media_type
    document: dict[str, Any] = {"type": "Emoji", "name": f":{emoji.shortcode}:", "icon": icon}
    if emoji.uri is not None:
        document["id"] = emoji.uri
    if emoji.updated_at is not None:
        document["updated"] = timestamp(emoji.updated_at)
    return document
