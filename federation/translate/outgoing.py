"""Record to document: what we tell the others. Posts here, the rest in its own modules."""

import re
from datetime import datetime
from typing import Any

from federation.audience import Addressing, addressing, personal_addressing
from federation.translate import sanitize
from federation.translate.outgoing_activities import (
    accept_activity,
    add_activity,
    announce_activity,
    block_activity,
    choose_answer_activity,
    create_activity,
    delete_activity,
    flag_activity,
    follow_activity,
    like_activity,
    lock_activity,
    reject_activity,
    remove_activity,
    undo_activity,
    update_activity,
    update_actor_activity,
)
from federation.translate.outgoing_actors import (
    STATE_NAMES,
    agency_document,
    community_document,
    feed_document,
    moderation_document,
    person_document,
    post_tag,
    timestamp,
)
from federation.translate.outgoing_parts import (
    emoji_tags,
    federated_html,
    hashtag_tags,
    is_poll,
    media_documents,
    mention_tags,
    picture,
    poll_terms,
    quote_terms,
)
from schemas.attached import Called
from schemas.gate import Released
from schemas.records import Actor, DeletedBy, Kind, Post, PostFacts, Visibility
from schemas.wire.collections import count
from schemas.wire.vocabulary import CONTEXT, HTML, MARKDOWN, PUBLIC, TOMBSTONE

__all__ = [
    "accept_activity",
    "add_activity",
    "agency_document",
    "announce_activity",
    "block_activity",
    "choose_answer_activity",
    "community_document",
    "create_activity",
    "delete_activity",
    "feed_document",
    "flag_activity",
    "follow_activity",
    "like_activity",
    "lock_activity",
    "moderation_document",
    "person_document",
    "post_document",
    "reject_activity",
    "remove_activity",
    "timestamp",
    "tombstone_in_thread",
    "undo_activity",
    "update_activity",
    "update_actor_activity",
]

_LONGEST_SUMMARY = 500
#: What a teaser says: the first two sentences (wire.md 6.5).
_TWO_SENTENCES = re.compile(r"(?:.*?[.!?…](?= |$)){2}")
#: Bytes of words in one document; with all the rest it stays below 256 kB.
_MOST_WORDS = 200_000
#: English names, as Lemmy's own list has them; a language that is not here is its own name.
_LANGUAGES = {
    "und": "Undetermined",
    "cy": "Cymraeg",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fr": "Français",
    "ga": "Gaeilge",
    "gd": "Gàidhlig",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
}


def post_document(
    released: Released[Post],
    *,
    community: Actor,
    parent_author: Actor | None = None,
    url: str | None = None,
    likes: int = 0,
    shares: int = 0,
) -> dict[str, Any]:
    """Build an Article, a Note, a poll's Question, or a Tombstone (wire.md 0.4, 0.5, 2.5).

    Args:
        released: what the gate let out; a bare record has no way here.
        community: the Group that it was posted to; its author, where it stands on their wall.
        parent_author: who wrote what it replies to.
        url: the page for people, where it is not the id.
        likes: how many live marks, shown for public posts only.
        shares: how many boosts, likewise.
    """
    post = released.content
    facts = post.facts
    if facts.deleted_at is not None:
        return _tombstone(post, facts.deleted_at)
    document = _opening(post, community, parent_author)
    document |= _words(post) | quote_terms(post.quote)
    document["url"] = url or facts.uri
    document |= _place_in_thread(post, community)
    document["tag"] = _tags(post, community, parent_author)
    document["attachment"] = media_documents(post.media)
    document |= {"sensitive": bool(post.sensitive or post.warning)}
    document |= {"replies": f"{facts.uri}/replies"}
    if facts.visibility is Visibility.PUBLIC:
        document |= _public_terms(facts.uri, likes, shares)
    return document | _times(facts)


def tombstone_in_thread(released: Released[Post], deleted_at: datetime) -> dict[str, Any]:
    """Build the Tombstone of a deleted post with the place that it had in its thread.

    For the list of the thread alone, so that what replies to it has something to hang on; the
    post's own server says no more than that it is gone. Only what a moderator removed has a
    `summary`: the reason, which may be empty.
    """
    post = released.content
    facts = post.facts
    document = _tombstone(post, deleted_at) | {"postKind": facts.kind.value}
    if facts.parent_uri is not None:
        document["inReplyTo"] = facts.parent_uri
    if facts.deleted_by is DeletedBy.MODERATOR:
        document["summary"] = post.reason
    return document


def _type(post: Post) -> str:
    # What is left of a poll has no choices any more.
    if is_poll(post) or (post.facts.kind is Kind.POLL and post.facts.deleted_at is not None):
        return "Question"
    # What nobody's thread is, and has no title, is a Note to everybody (wire.md 6.1).
    is_article = post.facts.kind.starts_thread and not post.facts.wall
    return "Article" if is_article else "Note"


def _tombstone(post: Post, deleted_at: datetime) -> dict[str, Any]:
    facts = post.facts
    return {
        "@context": CONTEXT,
        "id": facts.uri,
        "type": TOMBSTONE,
        "formerType": _type(post),
        "published": timestamp(facts.published_at),
        "deleted": timestamp(deleted_at),
    }


def _opening(post: Post, community: Actor, parent_author: Actor | None) -> dict[str, Any]:
    facts = post.facts
    to, cc = _addressed(post, community, parent_author)
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": facts.uri,
        "type": _type(post),
        "attributedTo": facts.author_uri,
        "to": list(to),
        "cc": list(cc),
        "postKind": facts.kind.value,
    }
    if not facts.wall:
        document["audience"] = community.uri
    if facts.context is not None:
        document["context"] = facts.context
    return document


def _addressed(post: Post, community: Actor, parent_author: Actor | None) -> Addressing:
    facts = post.facts
    followers = community.followers or f"{community.uri}/followers"
    called = [called.uri for called in post.mentions]
    if facts.wall:
        above = [parent_author.uri] if parent_author else []
        told = [uri for uri in (*above, *called) if uri != facts.author_uri]
        return personal_addressing(
            facts.visibility, followers=followers, called=told, quiet=facts.quiet
        )
    to, cc = addressing(
        facts.visibility,
        community=community.uri,
        followers=followers,
        parent_author=parent_author.uri if parent_author else None,
    )
    # What is for members stays with them, whoever is mentioned in it.
    told = called if facts.visibility is Visibility.PUBLIC else []
    return Addressing(to, tuple(dict.fromkeys([*cc, *told])))


def _words(post: Post) -> dict[str, Any]:
    language = post.language
    html = federated_html(post)
    document: dict[str, Any] = {
        "content": html,
        "mediaType": HTML,
        "language": {
            "identifier": language,
            "name": _LANGUAGES.get(language, language),
        },
    }
    # The same words three times: a long post has them once (conformance 16).
    size = len(html.encode())
    with_source = size + len(post.source.encode())
    if size + with_source <= _MOST_WORDS:
        document["contentMap"] = {language: html}
    if post.source and with_source <= _MOST_WORDS:
        document["source"] = {"content": post.source, "mediaType": MARKDOWN}
    return document


def _place_in_thread(post: Post, community: Actor) -> dict[str, Any]:
    if post.facts.kind.starts_thread:
        return _thread_terms(post, community)
    document = {"inReplyTo": post.facts.parent_uri, "answer": post.is_accepted}
    # Programs hide a reply with a summary behind it, so there is none but to warn.
    return document | ({"summary": _warning(post)} if post.warning else {})


def _thread_terms(post: Post, community: Actor) -> dict[str, Any]:
    facts = post.facts
    document = {} if facts.wall else _state(facts)
    if post.poll is not None and is_poll(post):
        document |= poll_terms(post.poll)
        # GoToSocial would hide the poll behind a name or a summary.
        document |= {"summary": _warning(post)} if post.warning else {}
    elif facts.wall:
        document |= {"summary": _warning(post)} if post.warning else {}
    else:
        document |= {"name": post.title, "summary": _summary(post, community)}
        document |= picture(post.media)
    if facts.kind is Kind.QUESTION:
        document["acceptedAnswer"] = list(post.accepted)
    return document | ({"duplicateOf": post.duplicate_of} if post.duplicate_of else {})


def _state(facts: PostFacts) -> dict[str, Any]:
    is_open = facts.locked_at is None
    return {
        "commentsEnabled": is_open,
        "locked": not is_open,
        "stickied": facts.pinned_at is not None,
    }


def _warning(post: Post) -> str:
    return sanitize.teaser(post.warning, limit=_LONGEST_SUMMARY)


def _summary(post: Post, community: Actor) -> str:
    """Write the line that Mastodon shows instead of the words, and others as a warning."""
    if post.warning:
        return _warning(post)
    place = community.display_name or community.name
    opening = f"{post.facts.kind.value.capitalize()} in {place}"
    said = post.text or post.title
    first = _TWO_SENTENCES.match(said)
    return sanitize.teaser(f"{opening}: {first[0] if first else said}", limit=_LONGEST_SUMMARY)


def _tags(post: Post, community: Actor, parent_author: Actor | None) -> list[dict[str, Any]]:
    # The mention of the community makes a Mastodon user's reply reach it.
    place = [] if post.facts.wall else [community]
    called = [parent_author, *place] if parent_author else place
    told = [Called(uri=actor.uri, handle=actor.handle) for actor in called]
    tags = mention_tags([*told, *post.mentions])
    if post.facts.kind is Kind.QUESTION:
        state = "answered" if post.accepted else "question"
        tags.append(post_tag(community.uri, state, STATE_NAMES[state]))
    if post.topic is not None:
        tags.append(post_tag(community.uri, post.topic.slug, post.topic.name))
    tags += hashtag_tags(post.hashtags, post_uri=post.facts.uri)
    return tags + emoji_tags(post.emojis)


def _public_terms(uri: str, likes: int, shares: int) -> dict[str, Any]:
    return {
        "searchableBy": PUBLIC,
        "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
        "likes": count(f"{uri}/likes", likes),
        "emojiReactions": f"{uri}/reactions",
        "shares": count(f"{uri}/shares", shares),
    }


def _times(facts: PostFacts) -> dict[str, Any]:
    published = timestamp(facts.published_at)
    if facts.edited_at is None:
        return {"published": published}
    edited = timestamp(facts.edited_at)
    # GoToSocial refuses what was edited before it was published; equal says nothing new.
    return {"published": published} | ({"updated": edited} if edited > published else {})
