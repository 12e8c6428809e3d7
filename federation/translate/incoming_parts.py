"""Document to parts of a post: media, poll, quote, custom emoji, hashtags, who may do what."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.reading import settled_time
from schemas.attached import (
    Called,
    Choice,
    Emoji,
    Hashtag,
    InteractionPolicy,
    Media,
    MediaKind,
    Permission,
    Poll,
    Quote,
    Reaction,
)
from schemas.wire.activities import Activity
from schemas.wire.objects import PostDocument
from schemas.wire.parts import Attachment, PolicyDocument, RuleDocument, Tag
from schemas.wire.vocabulary import DOCUMENT_TYPES, LIMITS, MISSKEY_QUOTE, PUBLIC, ObjectType

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_SHORTCODE = re.compile(r":?([A-Za-z0-9_.+-]{1,64})(?:@[A-Za-z0-9.-]{1,253})?:?")
_HASHTAG = re.compile(r"[^\W_](?:[\w·]{0,99})")
_LONGEST_REACTION = 16
_NOT_IN_EMOJI = re.compile(r"[^\W\d_]|[\s<>&\"']")
_HALVES_OF_FLAGS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_KEYCAP = "\u20e3"
#: What everybody else calls an image, a video or a sound, whatever its media type says.
_KINDS = {
    "Image": MediaKind.IMAGE,
    "Video": MediaKind.VIDEO,
    "Audio": MediaKind.AUDIO,
    "Link": MediaKind.LINK,
    "Page": MediaKind.LINK,
}
_PICTURED = frozenset(MediaKind) - {MediaKind.FILE, MediaKind.LINK}


def media_of(found: PostDocument) -> tuple[Media, ...]:
    """Read what is attached (wire.md 0.4, 6.1); each address once, where it may be opened."""
    kept: dict[str, Media] = {}
    for attachment in found.attachment:
        url = sanitize.link(attachment.address)
        if url is not None and attachment.type != "PropertyValue":
            kept.setdefault(url, _medium(attachment, url))
    return tuple(kept.values())


def _medium(attachment: Attachment, url: str) -> Media:
    written = attachment.media_type.lower().partition(";")[0].strip()
    media_type = written if _MEDIA_TYPE.fullmatch(written) else ""
    blurhash = attachment.blurhash
    return Media(
        url=url,
        kind=_kind(attachment.type, media_type),
        media_type=media_type,
        alt=sanitize.plain(attachment.description, limit=LIMITS["alt text"].at),
        blurhash=blurhash if _BLURHASH.fullmatch(blurhash) else "",
        focus=attachment.focal_point,
        width=attachment.width or None,
        height=attachment.height or None,
    )


def _kind(written: str, media_type: str) -> MediaKind:
    # Mastodon calls everything a Document, and Lemmy links to pictures.
    main = media_type.partition("/")[0]
    if main in {kind.value for kind in _PICTURED}:
        return MediaKind(main)
    return _KINDS.get(written, MediaKind.FILE)


def poll_of(found: PostDocument, *, now: datetime) -> Poll | None:
    """Read what can be voted for (FEP-9967); None where it is no poll.

    Raises:
        Malformed: "poll-without-choices", "poll-choices-repeated".
    """
    if ObjectType.QUESTION not in found.type:
        return None
    offered = found.any_of or found.one_of
    limit = LIMITS["choice"].at
    choices = tuple(
        Choice(name=name, votes=choice.votes)
        for choice in offered
        if (name := sanitize.plain(choice.name, limit=limit))
    )
    if not choices:
        raise Malformed("poll-without-choices")
    if len({choice.name for choice in choices}) < len(choices):
        # A vote names its choice, so there would be no saying for which it was.
        raise Malformed("poll-choices-repeated")
    return Poll(
        choices=choices,
        several=bool(found.any_of),
        closes_at=found.end_time,
        closed_at=_closed_at(found, now),
        voters=found.voters_count,
    )


def _closed_at(found: PostDocument, now: datetime) -> datetime | None:
    if found.closed is False or found.closed is None:
        return None
    closed = found.end_time if found.closed is True else found.closed
    return settled_time(closed, now)


def quote_of(found: PostDocument) -> Quote | None:
    """Read which post is quoted, by whichever of its five names (FEP-044f, FEP-e232)."""
    linked = (tag.href for tag in found.tag if _quotes(tag))
    offered = (found.quote, found.quote_url, found.quote_uri, found.misskey_quote, *linked)
    uri = next((uri for uri in offered if uri is not None and uri != found.id), None)
    if uri is None:
        return None
    return Quote(uri=uri, stamp=found.quote_authorization if found.quote else None)


def _quotes(tag: Tag) -> bool:
    main = tag.media_type.partition(";")[0].strip().lower()
    return tag.type == "Link" and (tag.rel == MISSKEY_QUOTE or main in DOCUMENT_TYPES)


def emojis_of(tags: Iterable[Tag]) -> tuple[Emoji, ...]:
    """Read custom emoji (wire.md 6.6); each shortcode once."""
    kept: dict[str, Emoji] = {}
    for tag in tags:
        shortcode = _SHORTCODE.fullmatch(tag.name)
        url = sanitize.link(tag.icon.url) if tag.icon else None
        if tag.type != "Emoji" or tag.icon is None or shortcode is None or url is None:
            continue
        media_type = tag.icon.media_type.lower()
        emoji = Emoji(
            shortcode=shortcode[1],
            url=url,
            media_type=media_type if _MEDIA_TYPE.fullmatch(media_type) else "",
            uri=tag.id,
            updated_at=tag.updated,
        )
        kept.setdefault(emoji.shortcode, emoji)
    return tuple(kept.values())


def hashtags_of(tags: Iterable[Tag]) -> tuple[Hashtag, ...]:
    """Read hashtags, each once however it is capitalised."""
    kept: dict[str, Hashtag] = {}
    for tag in tags:
        hashtag = hashtag_named(tag.name, href=sanitize.link(tag.href))
        if tag.type == "Hashtag" and hashtag is not None:
            kept.setdefault(hashtag.slug, hashtag)
    return tuple(kept.values())


def hashtag_named(written: str, *, href: str | None = None) -> Hashtag | None:
    """Make a hashtag of what somebody wrote, with or without the #; None where it is none.

    The slug is NFKC and lower case, as Mastodon compares them.
    """
    name = unicodedata.normalize("NFKC", written.strip().removeprefix("#"))
    if not _HASHTAG.fullmatch(name) or name.isdecimal():
        return None
    return Hashtag(slug=name.lower(), name=name, href=href)


def called_in(found: PostDocument) -> tuple[Called, ...]:
    """Read who is mentioned, each once; the handle is only how it was written."""
    limit = LIMITS["preferredUsername"].at * 2
    kept: dict[str, Called] = {}
    for tag in found.mentions:
        if tag.href and tag.href not in kept:
            handle = sanitize.plain(tag.name, limit=limit)
            kept[tag.href] = Called(uri=tag.href, handle=handle)
    return tuple(kept.values())


def policy_of(found: PolicyDocument | None) -> InteractionPolicy:
    """Read what strangers may do with a post (GoToSocial, FEP-044f)."""
    policy = found or PolicyDocument()
    return InteractionPolicy(
        like=_permission(policy.can_like),
        reply=_permission(policy.can_reply),
        announce=_permission(policy.can_announce),
        quote=_permission(policy.can_quote),
    )


def _permission(rule: RuleDocument | None) -> Permission | None:
    if rule is None:
        return None
    if PUBLIC in (*rule.automatic_approval, *rule.always):
        return Permission.EVERYBODY
    if rule.manual_approval or rule.approval_required:
        return Permission.ON_REQUEST
    return Permission.NOBODY


def reaction_of(activity: Activity) -> Reaction | None:
    """Read the one emoji of a Like or of its relatives (FEP-c0e0, Misskey, Pleroma).

    None where there is none, or one whose picture did not come along.
    """
    content = (activity.content or activity.misskey_reaction).strip()
    shortcode = _SHORTCODE.fullmatch(content) if content.startswith(":") else None
    if shortcode is not None:
        custom = next((e for e in emojis_of(activity.tag) if e.shortcode == shortcode[1]), None)
        return Reaction(content=f":{shortcode[1]}:", custom=custom) if custom else None
    if not is_emoji(content):
        return None
    return Reaction(content=content)


def is_emoji(content: str) -> bool:
    """Say whether this is one emoji (FEP-c0e0).

    A sign, its tone, and what is joined to it; or a flag of two halves, or a keycap.
    """
    if not 0 < len(content) <= _LONGEST_REACTION or _NOT_IN_EMOJI.search(content):
        return False
    signs = [sign for sign in content if unicodedata.category(sign) == "So"]
    halves = sum(sign in _HALVES_OF_FLAGS for sign in signs)
    seen = len(signs) - halves - content.count("\u200d")
    return (seen, halves) in {(1, 0), (0, 2)} or (not signs and content.endswith(_KEYCAP))
