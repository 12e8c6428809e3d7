"""Document to post: what another agency, or any other server, says that somebody wrote."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.incoming_parts import (
    called_in,
    emojis_of,
    hashtags_of,
    media_of,
    policy_of,
    poll_of,
    quote_of,
)
from federation.translate.incoming_words import UNKNOWN_LANGUAGE, words_of
from federation.translate.reading import read, settled_time, topic_tags, topics
from federation.uris import same_origin
from schemas.attached import Called, Emoji, Hashtag, InteractionPolicy, Media, Poll, Quote
from schemas.records import Kind, Topic, Visibility
from schemas.wire.activities import Activity
from schemas.wire.objects import PostDocument, parse_post, parse_tombstone
from schemas.wire.vocabulary import LIMITS, PUBLIC, TOMBSTONE, ObjectType

__all__ = [
    "UNKNOWN_LANGUAGE",
    "IncomingPost",
    "IncomingTombstone",
    "authored_post",
    "personal_visibility",
    "post_from",
    "settled_kind",
    "tombstone_from",
    "visibility_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingPost:
    """A post as its author's server tells it; `html` is clean.

    `community_uri` is what `audience` says; `candidates` are other URIs that may be the
    community, best first, and `mentions` those to try last (conformance 3).
    `kind` of a reply is settled with `settled_kind`, once the parent is known.
    `sanitizer` is the version that cleaned `html`. `called` is `mentions` with the handles.
    `warning` is a line to be read before the words; an Article's summary is one only where it
    is `sensitive`. `policy` is what its author lets strangers do with it. `html` and `text` end
    with links to what is attached; `bare_html` and `bare_text` are for whoever shows `media`.
    `named`: its title is what it is called, and not the beginning of its words.
    `original` is the document where its author has proven it, so that others may be shown it.
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
    bare_html: str
    bare_text: str
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
    url: str | None
    warning: str
    sensitive: bool
    media: tuple[Media, ...]
    poll: Poll | None
    quote: Quote | None
    hashtags: tuple[Hashtag, ...]
    called: tuple[Called, ...]
    emojis: tuple[Emoji, ...]
    policy: InteractionPolicy
    duplicate_of: str | None
    named: bool = True
    original: dict[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingTombstone:
    """What is left of a deleted thing; `former_type` is "" where nobody said.

    The list of its thread says more: where it stood, what it was, and `removed_for`, the reason
    of a moderator. That is None where its author deleted it.
    """

    uri: str
    former_type: str = ""
    kind: Kind | None = None
    parent_uri: str | None = None
    removed_for: str | None = None
    published_at: datetime | None = None
    deleted_at: datetime | None = None


def post_from(document: dict[str, Any], *, now: datetime) -> IncomingPost:
    """Read a thread starter, a poll, an answer or a comment (wire.md 0.4, 0.5, 1.10, 2.5).

    Raises:
        Malformed: "not-a-post", "poll-vote", "poll-without-choices", "poll-choices-repeated",
            "post-empty", "author-other-origin", "text-too-long", or a property and what is
            wrong with it ("attributed-to-several").
    """
    found = read(parse_post, document)
    _refuse_what_is_no_post(found)
    quote = quote_of(found)
    words = words_of(found, quotes=quote is not None)
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
        title=words.title,
        html=words.html,
        text=words.text,
        bare_html=words.bare_html,
        bare_text=words.bare_text,
        source=words.source,
        language=words.language,
        sanitizer=words.sanitizer,
        visibility=visibility_of(found.to, found.cc),
        published_at=published,
        edited_at=_edited_at(found, published, now),
        accepted=found.accepted_answer if kind is Kind.QUESTION else (),
        answer_flag=found.answer is True,
        locked=found.locked is True or found.comments_enabled is False,
        topic=next(iter(topics(topic_tags(found.tag))), None),
        to=found.to,
        cc=found.cc,
        url=sanitize.link(found.url),
        warning=_warning(found),
        sensitive=found.sensitive is True,
        media=media_of(found),
        poll=poll_of(found, now=now),
        quote=quote,
        hashtags=hashtags_of(found.tag),
        called=called_in(found),
        emojis=emojis_of(found.tag),
        policy=policy_of(
            found.interaction_policy,
            author=found.attributed_to,
            addressed=(*found.to, *found.cc),
        ),
        duplicate_of=found.duplicate_of,
        named=bool(found.name) or kind is Kind.POLL,
        original=document if isinstance(document.get("proof"), dict) else None,
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


def personal_visibility(post: IncomingPost, *, followers: str) -> tuple[Visibility, bool]:
    """Read the addressing of what somebody wrote outside communities, as Mastodon writes it.

    Gives whom it is for, and whether it is quiet: for everybody, and in no public list.

    Args:
        post: what they wrote.
        followers: their collection of followers.
    """
    if PUBLIC in post.to:
        return Visibility.PUBLIC, False
    if PUBLIC in post.cc:
        return Visibility.PUBLIC, True
    if followers in (*post.to, *post.cc):
        return Visibility.MEMBERS, False
    return Visibility.DIRECT, False


def tombstone_from(document: dict[str, Any]) -> IncomingTombstone:
    """Read what is left of a deleted thing (ActivityStreams, FEP-4f05).

    Raises:
        Malformed: "not-a-tombstone", or a property and what is wrong with it.
    """
    found = read(parse_tombstone, document)
    if TOMBSTONE not in found.type:
        raise Malformed("not-a-tombstone")
    reason = found.summary
    longest = LIMITS["reason"].at
    return IncomingTombstone(
        uri=found.id,
        former_type=found.former_type,
        kind=Kind(found.post_kind) if found.post_kind in set(Kind) else None,
        parent_uri=found.in_reply_to,
        removed_for=None if reason is None else sanitize.plain(reason, limit=longest),
        published_at=found.published,
        deleted_at=found.deleted,
    )


def _refuse_what_is_no_post(found: PostDocument) -> None:
    if not set(found.type) & set(ObjectType) or TOMBSTONE in found.type:
        raise Malformed("not-a-post")
    if not same_origin(found.id, found.attributed_to):
        raise Malformed("author-other-origin")
    # Mastodon's vote in a poll is a reply with the option as its name and no words.
    said = found.content or found.content_map
    if found.in_reply_to is not None and found.name and not said:
        raise Malformed("poll-vote")


def _kind(found: PostDocument) -> tuple[Kind, bool]:
    stated = Kind(found.post_kind) if found.post_kind in set(Kind) else None
    if found.in_reply_to is None:
        if ObjectType.QUESTION in found.type:
            return Kind.POLL, True
        is_known = stated in {Kind.QUESTION, Kind.DISCUSSION}
        return (stated, True) if stated and is_known else (Kind.DISCUSSION, False)
    if stated is Kind.ANSWER or (stated is None and found.answer is True):
        return Kind.ANSWER, True
    return Kind.COMMENT, stated is Kind.COMMENT


def _community(found: PostDocument) -> str | None:
    if len(found.audience) == 1 and found.audience[0] != PUBLIC:
        return found.audience[0]
    return found.group


def _candidates(found: PostDocument) -> tuple[str, ...]:
    offered = [found.group, *found.audience, *found.to, *found.cc]
    if found.target is not None:
        # Smithereen names a group's wall, and with it whose it is (FEP-400e).
        offered += [found.target.attributed_to, found.target.id]
    return tuple(dict.fromkeys(uri for uri in offered if uri and uri != PUBLIC))


def _warning(found: PostDocument) -> str:
    # An Article's summary says what it is about; a Note has one to warn (Mastodon).
    warns = found.sensitive is True or {ObjectType.NOTE, ObjectType.QUESTION} & set(found.type)
    if not warns:
        return ""
    written = sanitize.from_html(found.summary[: LIMITS["summary"].at]).text
    return sanitize.plain(written, limit=LIMITS["warning"].at)


def _edited_at(found: PostDocument, published: datetime, now: datetime) -> datetime | None:
    if found.updated is None:
        return None
    edited = settled_time(found.updated, now)
    return edited if edited > published else None
