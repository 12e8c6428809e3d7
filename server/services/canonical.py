"""A thread in the one form that every agency shows: the same bytes wherever it is asked."""

from collections import defaultdict
from typing import Any

import rfc8785

from federation.translate.outgoing import timestamp
from schemas.attached import Poll
from schemas.gate import Released
from schemas.records import Mark, Post, Principal, Surface
from server.context import Context
from server.services import sharing
from server.services.errors import NotFound
from server.storage import marks, posts, reactions
from server.storage.database import Transaction


async def thread(
    tx: Transaction, context: Context, root_uri: str, principal: Principal
) -> bytes:
    """Serialise a thread by RFC 8785: posts by (published, uri), with accepted marks and kudos.

    Only facts that travel are in it; local ids and times of receipt are not.
    """
    root = await posts.find_by_uri(tx, root_uri)
    if root is None or root.facts.parent_id is not None:
        raise NotFound("thread-not-found", "There is no such thread here.")
    sealed = await posts.thread(tx, root.facts.id)
    released = [sharing.release(context, each, principal, Surface.API) for each in sealed]
    readable = {each.content.facts.id: each for each in released if each is not None}
    if not readable:
        raise NotFound("thread-not-found", "There is no such thread here.")
    by_post: dict[int, list[Mark]] = defaultdict(list)
    for given in await marks.on_thread(tx, root.facts.id):
        by_post[given.post_id].append(given.mark)
    emoji: dict[int, list[reactions.Given]] = defaultdict(list)
    for one in await reactions.on_thread(tx, root.facts.id):
        emoji[one.post_id].append(one)
    return rfc8785.dumps(
        [_post(each, by_post[number], emoji[number]) for number, each in readable.items()]
    )


def _post(
    released: Released[Post], given: list[Mark], emoji: list[reactions.Given]
) -> dict[str, Any]:
    post = released.content
    facts = post.facts
    return {
        "id": facts.uri,
        "kind": facts.kind.value,
        "author": facts.author_uri,
        "community": facts.community_uri,
        "inReplyTo": facts.parent_uri,
        "visibility": facts.visibility.value,
        "title": post.title,
        "html": post.html,
        "topic": post.topic.slug if post.topic else None,
        "published": timestamp(facts.published_at),
        "edited": timestamp(facts.edited_at) if facts.edited_at else None,
        "deletedBy": facts.deleted_by.value if facts.deleted_by else None,
        "reason": post.reason,
        "locked": facts.locked_at is not None,
        "pinned": facts.pinned_at is not None,
        "accepted": sorted(post.accepted),
        "poll": _poll(post.poll) if post.poll else None,
        "marks": [] if facts.deleted_at else [_mark(each) for each in given],
    } | ({} if facts.deleted_at else _carried(post, emoji))


def _carried(post: Post, emoji: list[reactions.Given]) -> dict[str, Any]:
    """Tell what is there beyond the words; of most posts nothing is.

    Whom a post calls is in its words, and whether a quote may be shown is each agency's to
    find out.
    """
    written: dict[str, Any] = {
        "warning": post.warning,
        "sensitive": post.sensitive,
        "media": sorted([each.url, each.kind.value, each.alt] for each in post.media),
        "hashtags": sorted(each.slug for each in post.hashtags),
        "emoji": sorted(each.shortcode for each in post.emojis),
        "quote": post.quote.uri if post.quote else None,
        "duplicateOf": post.duplicate_of,
        "reactions": sorted([each.actor_uri, each.reaction.content] for each in emoji),
    }
    return {name: value for name, value in written.items() if value}


def _poll(poll: Poll) -> dict[str, Any]:
    return {
        "choices": [[choice.name, choice.votes] for choice in poll.choices],
        "several": poll.several,
        "closes": timestamp(poll.closes_at) if poll.closes_at else None,
        "voters": poll.voters,
    }


def _mark(mark: Mark) -> dict[str, Any]:
    kudos = mark.kudos
    return {
        "actor": mark.actor_uri,
        "given": timestamp(mark.given_at),
        "helpful": mark.helpful,
        "accepts": mark.accepts,
        "kudos": None
        if kudos is None
        else {"category": kudos.category, "emoji": kudos.emoji, "note": kudos.note},
    }
