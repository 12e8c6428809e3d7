"""Document to post: what another agency, or any other server, says that somebody wrote."""

import re
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.reading import read, settled_time, topic_tags, topics
from federation.uris import same_origin
from schemas.records import Kind, Topic, Visibility
from schemas.wire.activities import Activity
from schemas.wire.objects import PostDocument, parse_post, parse_tombstone
from schemas.wire.vocabulary import (
    LIMITS,
    MARKDOWN,
    PUBLIC,
    TOMBSTONE,
    ObjectType,
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
UNKNOWN_LANGUAGE = "und"  # BCP 47: undetermined
_END_OF_LINE = re.compile(r"<br>|</(?:p|h[2-6]|li|pre|blockquote|td|th)>|<hr>")
_SHOWN_ATTACHMENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingPost:
    """A post as its author's server tells it; `html` is clean.

    `community_uri` is what `audience` says; `candidates` are other URIs that may be the
    community, best first, and `mentions` those to try last (see `audience.resolve_community`).
    `kind` of a reply is settled with `settled_kind`, once the parent is known.
    `sanitizer` is the version that cleaned `html`.
    """

    uri: str
    kind: Kind
    kind_stated: bool
    author_uri: str
    community_uri: str | None
    candidates: tuple[str, ...]
    mentions: tuple[str, ...]
    parent_uri: str | None
    context: str | None
    title: str
    html: str
    text: str
    source: str
    language: str
    sanitizer: int
    visibility: Visibility
    published_at: datetime
    edited_at: datetime | None
    accepted: tuple[str, ...]
    answer_flag: bool
    locked: bool
    topic: Topic | None
    to: tuple[str, ...]
    cc: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingTombstone:
    """What is left of a deleted thing; `former_type` is "" where nobody said."""

    uri: str
    former_type: str
    deleted_at: datetime | None


def post_from(document: dict[str, Any], *, now: datetime) -> IncomingPost:
    """Read a thread starter, an answer or a comment (wire.md 0.4, 0.5, 1.10).

    Raises:
        Malformed: "not-a-post", "poll-vote", "post-empty", "author-other-origin",
            "text-too-long", or a property and what is wrong with it ("attributed-to-several").
    """
    found = read(parse_post, document)
    _refuse_what_is_no_post(found)
    language = _language(found)
    clean = _cleaned(found, language)
    title = _title(found, clean)
    if not clean.text and not title:
        raise Malformed("post-empty")
    kind, stated = _kind(found)
    published = settled_time(found.published, now)
    return IncomingPost(
        uri=found.id,
        kind=kind,
        kind_stated=stated,
        author_uri=found.attributed_to,
        community_uri=_community(found),
        candidates=_candidates(found),
        mentions=tuple(tag.href for tag in found.mentions if tag.href),
        parent_uri=found.in_reply_to,
        context=found.context,
        title=title,
        html=clean.html,
        text=clean.text,
        source=_source(found),
        language=language,
        sanitizer=clean.version,
        visibility=visibility_of(found.to, found.cc),
        published_at=published,
        edited_at=_edited_at(found, published, now),
        accepted=found.accepted_answer if kind is Kind.QUESTION else (),
        answer_flag=found.answer is True,
        locked=found.locked is True or found.comments_enabled is False,
        topic=next(iter(topics(topic_tags(found.tag))), None),
        to=found.to,
        cc=found.cc,
    )


def authored_post(
    activity: Activity, document: dict[str, Any], *, now: datetime
) -> IncomingPost:
    """Read a post that came in a Create or an Update of its author (ORI-07).

    Raises:
        Malformed: "author-not-actor", or as `post_from`.
    """
    post = post_from(document, now=now)
    if post.author_uri != activity.actor:
        raise Malformed("author-not-actor")
    return post


def settled_kind(post: IncomingPost, parent_kind: Kind | None) -> Kind:
    """Say what a post is, now that its parent is known (wire.md 0.5).

    A reply straight to a question answers it unless it says that it is a comment; so answers
    arrive from programs that have no word for them. Nothing else has answers.
    """
    if post.parent_uri is None:
        return post.kind
    if parent_kind is not Kind.QUESTION:
        return Kind.COMMENT
    return post.kind if post.kind_stated else Kind.ANSWER


def visibility_of(to: tuple[str, ...], cc: tuple[str, ...]) -> Visibility:
    """Read addressing; whatever does not say "everybody" is for members (VIS-13).

    Takes normalised recipients: `schemas.wire.reading` has turned all public forms into one.
    """
    return Visibility.PUBLIC if PUBLIC in to or PUBLIC in cc else Visibility.MEMBERS


def tombstone_from(document: dict[str, Any]) -> IncomingTombstone:
    """Read what is left of a deleted thing (ActivityStreams, FEP-4f05).

    Raises:
        Malformed: "not-a-tombstone", or a property and what is wrong with it.
    """
    found = read(parse_tombstone, document)
    if TOMBSTONE not in found.type:
        raise Malformed("not-a-tombstone")
    return IncomingTombstone(
        uri=found.id, former_type=found.former_type, deleted_at=found.deleted
    )


def _refuse_what_is_no_post(found: PostDocument) -> None:
    if not set(found.type) & set(ObjectType) or TOMBSTONE in found.type:
        raise Malformed("not-a-post")
    if not same_origin(found.id, found.attributed_to):
        raise Malformed("author-other-origin")
    # Mastodon's vote in a poll is a reply with the option as its name and no words.
    if found.in_reply_to is not None and found.name and not found.content:
        raise Malformed("poll-vote")


def _kind(found: PostDocument) -> tuple[Kind, bool]:
    stated = Kind(found.post_kind) if found.post_kind in set(Kind) else None
    if found.in_reply_to is None:
        return (stated, True) if stated and stated.starts_thread else (Kind.DISCUSSION, False)
    if stated is Kind.ANSWER or (stated is None and found.answer is True):
        return Kind.ANSWER, True
    return Kind.COMMENT, stated is Kind.COMMENT


def _community(found: PostDocument) -> str | None:
    if len(found.audience) == 1 and found.audience[0] != PUBLIC:
        return found.audience[0]
    return found.group


def _candidates(found: PostDocument) -> tuple[str, ...]:
    offered = [found.group, *found.audience, *found.to, *found.cc, found.target]
    return tuple(dict.fromkeys(uri for uri in offered if uri and uri != PUBLIC))


def _language(found: PostDocument) -> str:
    offered = [found.language.identifier] if found.language else []
    if len(found.content_map) == 1:
        offered.extend(found.content_map)
    return next(filter(_LANGUAGE.fullmatch, offered), UNKNOWN_LANGUAGE)


def _cleaned(found: PostDocument, language: str) -> sanitize.Clean:
    words = found.content or found.content_map.get(language, "")
    words = words or next(iter(found.content_map.values()), "")
    links = _attached(found, words)
    if found.media_type == MARKDOWN:
        # Lemmy may send its own Markdown as the content.
        words = sanitize.from_markdown(words).html
    return sanitize.from_html(words + links)


def _attached(found: PostDocument, words: str) -> str:
    """Show what is attached as links, so that a link post from Lemmy keeps its link."""
    shown = [
        f'<p><a href="{escape(address)}">{escape(attachment.name or address)}</a></p>'
        for attachment in found.attachment[:_SHOWN_ATTACHMENTS]
        if (address := attachment.address) and address not in words
    ]
    return "".join(shown)


def _title(found: PostDocument, clean: sanitize.Clean) -> str:
    if found.in_reply_to is not None:
        return ""
    name = sanitize.plain(found.name, limit=LIMITS["title"].at)
    return name or _title_from_content(found, clean.html)


def _title_from_content(found: PostDocument, html: str) -> str:
    """Take the first line without the mention that brought it here (Lemmy's rule)."""
    called = {tag.name.lower() for tag in found.mentions}
    called |= {"@" + name.removeprefix("@").partition("@")[0] for name in called}
    for piece in _END_OF_LINE.split(html):
        words = sanitize.from_html(piece).text.split()
        while words and words[0].lower() in called:
            words.pop(0)
        while words and words[-1].lower() in called:
            words.pop()
        if words:
            return sanitize.teaser(" ".join(words), limit=LIMITS["title from content"].at)
    return ""


def _source(found: PostDocument) -> str:
    if found.source is None or found.source.media_type != MARKDOWN:
        return ""
    return found.source.content[: LIMITS["source"].at]


def _edited_at(found: PostDocument, published: datetime, now: datetime) -> datetime | None:
    if found.updated is None:
        return None
    edited = settled_time(found.updated, now)
    return edited if edited > published else None
