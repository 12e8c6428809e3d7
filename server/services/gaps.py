"""Deleted posts of threads elsewhere: a place each, so that what replies to them is shown."""

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from federation.translate import sanitize
from federation.translate.incoming_posts import (
    UNKNOWN_LANGUAGE,
    IncomingPost,
    IncomingTombstone,
)
from schemas.records import Community, DeletedBy, Kind, Visibility
from server.context import Context
from server.services.newcomer import Parent
from server.storage.posts import NewPost
from server.storage.threads import Emptied

#: Where nobody says when a post was written, it stands just before what replies to it.
_BEFORE = timedelta(milliseconds=1)


def needed(
    gone: Mapping[str, IncomingTombstone],
    incoming: Mapping[str, IncomingPost],
    known: Container[str],
    root_uri: str,
) -> dict[str, IncomingTombstone]:
    """Choose the deleted posts that something living replies to, each with a place in time.

    One of which nobody says what it replied to replies to the first post.
    """
    found: dict[str, IncomingTombstone] = {}

    def is_gap(uri: str) -> bool:
        return uri in gone and uri not in incoming and uri not in known

    def is_there(uri: str | None) -> bool:
        return uri is not None and (uri in gone or uri in incoming or uri in known)

    for post in incoming.values():
        uri, moment = post.parent_uri, post.published_at
        walked: set[str] = set()
        while uri is not None and uri not in walked and is_gap(uri):
            walked.add(uri)
            left = gone[uri]
            before = found[uri].published_at if uri in found else None
            moment = left.published_at or min(before or moment, moment - _BEFORE)
            parent = left.parent_uri if is_there(left.parent_uri) else root_uri
            parent = None if uri == root_uri else parent
            found[uri] = replace(left, parent_uri=parent, published_at=moment)
            uri = parent
    return found


def placeholder(
    context: Context,
    left: IncomingTombstone,
    *,
    community: Community,
    parent: Parent | None,
    thread: str | None,
) -> NewPost:
    """Make a post without words in the place of one that is gone.

    Nobody says who wrote it, so it is the community's: see `storage.threads.GAP`.
    """
    now = context.now()
    published = min(left.published_at or now, now)
    post_id = context.ids.mint_past(published)
    is_private = Visibility.MEMBERS in (
        community.visibility,
        parent.visibility if parent else None,
    )
    return NewPost(
        id=post_id,
        uri=left.uri,
        kind=_kind(left, parent),
        author_id=community.id,
        community_id=community.id,
        root_id=parent.root_id if parent else post_id,
        parent_id=parent.id if parent else None,
        context=parent.context if parent else thread,
        visibility=Visibility.MEMBERS if is_private else Visibility.PUBLIC,
        title="",
        source="",
        html="",
        text="",
        clean_version=sanitize.VERSION,
        language=UNKNOWN_LANGUAGE,
        topic=None,
        published_at=published,
        received_at=now,
        announced_at=now,
    )


def emptied(left: IncomingTombstone, new: NewPost, *, now: datetime) -> Emptied:
    """Say when and by whom a post was deleted that is a place only."""
    by = DeletedBy.AUTHOR if left.removed_for is None else DeletedBy.MODERATOR
    at = min(left.deleted_at or now, now)
    return Emptied(id=new.id, at=at, by=by, reason=left.removed_for or "")


def _kind(left: IncomingTombstone, parent: Parent | None) -> Kind:
    if parent is None:
        is_known = left.kind is not None and left.kind.starts_thread
        return left.kind if left.kind and is_known else Kind.DISCUSSION
    if parent.kind is not Kind.QUESTION:
        return Kind.COMMENT
    return Kind.COMMENT if left.kind is Kind.COMMENT else Kind.ANSWER
