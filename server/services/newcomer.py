"""A post from elsewhere, as the row that it becomes here."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

import orjson

from federation.translate.incoming_posts import (
    IncomingPost,
    personal_visibility,
    settled_kind,
)
from schemas.attached import Quote, QuoteState
from schemas.records import Actor, Community, Kind, PostFacts, Visibility
from server.context import Context
from server.storage.carried import NOTHING, Carried
from server.storage.posts import NewPost


class Parent(Protocol):
    """What a reply takes over from the post that it replies to."""

    @property
    def id(self) -> int: ...
    @property
    def root_id(self) -> int: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def context(self) -> str | None: ...
    @property
    def visibility(self) -> Visibility: ...


def newcomer(
    context: Context,
    incoming: IncomingPost,
    *,
    author: Actor,
    community: Community,
    parent: Parent | None,
    announced_at: datetime | None = None,
    named: Collection[Actor] = (),
) -> NewPost:
    """Settle what a post's server left open: its kind, its audience, its place in time.

    On a wall, `named` are those whom it is addressed to one by one, as far as we know them.
    """
    now, wall = context.now(), community.wall
    published = min(incoming.published_at, now)
    post_id = context.ids.mint_past(published)
    visibility, quiet = _audience(incoming, author, community, parent)
    private = wall and visibility is not Visibility.PUBLIC
    return NewPost(
        id=post_id,
        uri=incoming.uri,
        kind=_kind(incoming, community, parent),
        author_id=author.id,
        community_id=community.id,
        root_id=parent.root_id if parent else post_id,
        parent_id=parent.id if parent else None,
        context=parent.context if parent else incoming.context,
        visibility=visibility,
        title=incoming.title if parent is None and (incoming.named or not wall) else "",
        source=incoming.source,
        html=incoming.bare_html,
        text=incoming.bare_text,
        clean_version=incoming.sanitizer,
        language=incoming.language,
        topic=incoming.topic.slug if incoming.topic else None,
        published_at=published,
        received_at=now,
        edited_at=incoming.edited_at,
        locked_at=now if incoming.locked and parent is None else None,
        announced_at=announced_at,
        poll=incoming.poll if incoming.kind is Kind.POLL else None,
        original=original_of(incoming) if community.actor.local else None,
        carried=carried_by(incoming),
        quote=quote_of(incoming),
        duplicate_of=incoming.duplicate_of if parent is None else None,
        quiet=quiet,
        addressed=frozenset(each.id for each in (author, *named)) if private else frozenset(),
    )


def _audience(
    incoming: IncomingPost, author: Actor, community: Community, parent: Parent | None
) -> tuple[Visibility, bool]:
    if community.wall:
        followers = author.followers or f"{author.uri}/followers"
        return personal_visibility(incoming, followers=followers)
    if Visibility.MEMBERS in (community.visibility, parent.visibility if parent else None):
        return Visibility.MEMBERS, False
    return incoming.visibility, False


def meant_for(incoming: IncomingPost) -> list[str]:
    """List the communities that a post may be meant for, best first (ACT-08)."""
    given = (incoming.community_uri, *incoming.candidates, *incoming.mentions)
    return list(dict.fromkeys(uri for uri in given if uri))


def carried_by(incoming: IncomingPost) -> Carried:
    """Say what a post from elsewhere carries beyond its words."""
    carried = Carried(
        warning=incoming.warning,
        sensitive=incoming.sensitive,
        media=incoming.media,
        hashtags=incoming.hashtags,
        mentions=incoming.called,
        emojis=incoming.emojis,
        quotable=incoming.policy.quote,
    )
    return NOTHING if carried == NOTHING else carried


def quote_of(incoming: IncomingPost) -> Quote | None:
    """Take over what is quoted, and a stamp only where it was proven (ACT-13)."""
    quote = incoming.quote
    if quote is None or quote.state is QuoteState.APPROVED:
        return quote
    return Quote(uri=quote.uri)


def original_of(incoming: IncomingPost) -> bytes | None:
    """Give the document of a post as its author proved it, if they did."""
    return None if incoming.original is None else orjson.dumps(incoming.original)


def facts_of(
    new: NewPost, author: Actor, community: Community, parent: PostFacts | None
) -> PostFacts:
    """Say of a new post what its row will say, so that nobody need read it."""
    return PostFacts(
        id=new.id,
        uri=new.uri,
        kind=new.kind,
        author_id=author.id,
        author_uri=author.uri,
        author_local=author.local,
        community_id=community.id,
        community_uri=community.uri,
        community_local=community.actor.local,
        root_id=new.root_id,
        root_uri=parent.root_uri if parent else new.uri,
        parent_id=new.parent_id,
        parent_uri=parent.uri if parent else None,
        context=new.context,
        visibility=new.visibility,
        published_at=new.published_at,
        edited_at=new.edited_at,
        locked_at=new.locked_at,
        announced_at=new.announced_at,
    )


def _kind(incoming: IncomingPost, community: Community, parent: Parent | None) -> Kind:
    if community.wall and parent is None and incoming.parent_uri is not None:
        # What it replies to is not to be had: to us it begins a thread.
        return Kind.POLL if incoming.kind is Kind.POLL else Kind.DISCUSSION
    if parent is None and community.asks_questions and not incoming.kind_stated:
        return Kind.QUESTION if incoming.kind is Kind.DISCUSSION else incoming.kind
    return settled_kind(incoming, parent.kind if parent else None)
