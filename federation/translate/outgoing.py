"""Record to document: what we tell the others. Posts here, the rest in its own modules."""

from datetime import datetime
from typing import Any

from federation.audience import addressing
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
    person_document,
    post_tag,
    timestamp,
)
from schemas.gate import Released
from schemas.records import Actor, Kind, Post, PostFacts, Visibility
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
    "flag_activity",
    "follow_activity",
    "like_activity",
    "lock_activity",
    "person_document",
    "post_document",
    "reject_activity",
    "remove_activity",
    "timestamp",
    "undo_activity",
    "update_activity",
    "update_actor_activity",
]

_LONGEST_SUMMARY = 500
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
    """Build an Article, a Note, or the Tombstone of one (wire.md 0.4, 0.5).

    Args:
        released: what the gate let out; a bare record has no way here.
        community: the Group that it was posted to.
        parent_author: who wrote what it replies to.
        url: the page for people, where it is not the id.
        likes: how many live marks, shown for public posts only.
        shares: how many boosts, likewise.
    """
    post = released.content
    facts = post.facts
    if facts.deleted_at is not None:
        return _tombstone(facts, facts.deleted_at)
    document = _opening(facts, community, parent_author)
    document |= _words(post)
    document["url"] = url or facts.uri
    if facts.kind.starts_thread:
        document |= _thread_terms(post, community)
    else:
        document |= {"inReplyTo": facts.parent_uri, "answer": post.is_accepted}
    document["tag"] = _tags(post, community, parent_author)
    document["attachment"] = []
    document |= {"sensitive": False, "replies": f"{facts.uri}/replies"}
    if facts.visibility is Visibility.PUBLIC:
        document |= _public_terms(facts.uri, likes, shares)
    return document | _times(facts)


def _type(kind: Kind) -> str:
    return "Article" if kind.starts_thread else "Note"


def _tombstone(facts: PostFacts, deleted_at: datetime) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "id": facts.uri,
        "type": TOMBSTONE,
        "formerType": _type(facts.kind),
        "published": timestamp(facts.published_at),
        "deleted": timestamp(deleted_at),
    }


def _opening(facts: PostFacts, community: Actor, parent_author: Actor | None) -> dict[str, Any]:
    to, cc = addressing(
        facts.visibility,
        community=community.uri,
        followers=community.followers or f"{community.uri}/followers",
        parent_author=parent_author.uri if parent_author else None,
    )
    document: dict[str, Any] = {
        "@context": CONTEXT,
        "id": facts.uri,
        "type": _type(facts.kind),
        "attributedTo": facts.author_uri,
        "to": list(to),
        "cc": list(cc),
        "audience": community.uri,
        "postKind": facts.kind.value,
    }
    if facts.context is not None:
        document["context"] = facts.context
    return document


def _words(post: Post) -> dict[str, Any]:
    language = post.language
    document: dict[str, Any] = {
        "content": post.html,
        "mediaType": HTML,
        "language": {
            "identifier": language,
            "name": _LANGUAGES.get(language, language),
        },
    }
    # The same words three times: a long post has them once (conformance 16).
    size = len(post.html.encode())
    with_source = size + len(post.source.encode())
    if size + with_source <= _MOST_WORDS:
        document["contentMap"] = {language: post.html}
    if post.source and with_source <= _MOST_WORDS:
        document["source"] = {"content": post.source, "mediaType": MARKDOWN}
    return document


def _thread_terms(post: Post, community: Actor) -> dict[str, Any]:
    facts = post.facts
    is_open = facts.locked_at is None
    document: dict[str, Any] = {
        "name": post.title,
        "summary": _summary(post, community),
        "commentsEnabled": is_open,
        "locked": not is_open,
        "stickied": facts.pinned_at is not None,
    }
    if facts.kind is Kind.QUESTION:
        document["acceptedAnswer"] = list(post.accepted)
    return document


def _summary(post: Post, community: Actor) -> str:
    """Write the line that Mastodon shows instead of the words, and others as a warning."""
    place = community.display_name or community.name
    opening = f"{post.facts.kind.value.capitalize()} in {place}"
    whole = f"{opening}: {post.text or post.title}"
    return sanitize.teaser(whole, limit=_LONGEST_SUMMARY)


def _tags(post: Post, community: Actor, parent_author: Actor | None) -> list[dict[str, Any]]:
    # The mention of the community makes a Mastodon user's reply reach it.
    called = [parent_author, community] if parent_author else [community]
    tags = [
        {"type": "Mention", "href": actor.uri, "name": actor.handle}
        for actor in dict.fromkeys(called)
    ]
    if post.facts.kind is Kind.QUESTION:
        state = "answered" if post.accepted else "question"
        tags.append(post_tag(community.uri, state, STATE_NAMES[state]))
    if post.topic is not None:
        tags.append(post_tag(community.uri, post.topic.slug, post.topic.name))
    return tags


def _public_terms(uri: str, likes: int, shares: int) -> dict[str, Any]:
    return {
        "searchableBy": PUBLIC,
        "interactionPolicy": {"canQuote": {"automaticApproval": [PUBLIC]}},
        "likes": count(f"{uri}/likes", likes),
        "shares": count(f"{uri}/shares", shares),
    }


def _times(facts: PostFacts) -> dict[str, Any]:
    published = timestamp(facts.published_at)
    if facts.edited_at is None:
        return {"published": published}
    edited = timestamp(facts.edited_at)
    # GoToSocial refuses what was edited before it was published; equal says nothing new.
    return {"published": published} | ({"updated": edited} if edited > published else {})
