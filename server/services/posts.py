"""Publish, edit and withdraw posts and answers; ours and those that others tell us of."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation.audience import Event, addressing, create_addressing
from federation.translate import sanitize
from federation.translate.incoming_posts import IncomingPost
from federation.translate.outgoing import post_document
from federation.translate.outgoing_activities import (
    create_activity,
    delete_activity,
    update_activity,
)
from federation.uris import context_of
from schemas.gate import SealedPost
from schemas.records import (
    Actor,
    Community,
    DeletedBy,
    Kind,
    MemberPrincipal,
    PostFacts,
    Surface,
)
from server.context import Context
from server.services import fanout, sharing
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.fanout import Happening, about_post
from server.services.newcomer import newcomer
from server.services.storing import store_all
from server.storage import actors, communities, follows, posts
from server.storage.database import Transaction
from server.storage.posts import NewPost
from server.storage.sessions import SignedIn

LONGEST_TITLE = 200
LONGEST_SOURCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a member wrote: Markdown, and for a thread its title and topic's slug."""

    source: str
    title: str = ""
    topic: str | None = None


def principal_of(member: SignedIn) -> MemberPrincipal:
    return MemberPrincipal(
        actor_id=member.member.actor.id, role=member.member.role, joined=member.joined
    )


async def publish_thread(
    context: Context, member: SignedIn, community_id: int, kind: Kind, draft: Draft
) -> PostFacts:
    """Start a thread in a community that the member belongs to."""
    clean = await _checked(draft, titled=True)
    now = context.now()
    post_id = context.ids.mint(now)
    uri = context.home.post(post_id)

    async with context.database.transaction("posts.publish") as tx:
        community = await _joined_community(tx, member, community_id)
        new = NewPost(
            id=post_id,
            uri=uri,
            kind=kind,
            author_id=member.member.actor.id,
            community_id=community.id,
            root_id=post_id,
            parent_id=None,
            context=context_of(community.uri, uri),
            visibility=community.visibility,
            title=sanitize.plain(draft.title, limit=LONGEST_TITLE),
            source=draft.source,
            html=clean.html,
            text=clean.text,
            clean_version=clean.version,
            language=member.member.language,
            topic=_known_topic(community, draft.topic),
            published_at=now,
            received_at=now,
        )
        return await _publish(tx, context, member.member.actor, community, new)


async def publish_reply(
    context: Context, member: SignedIn, parent_id: int, kind: Kind, draft: Draft
) -> PostFacts:
    """Answer a question, or comment on any post, in a thread that is open."""
    clean = await _checked(draft, titled=False)
    now = context.now()
    post_id = context.ids.mint(now)

    async with context.database.transaction("posts.publish") as tx:
        parent = await _readable(tx, context, member, parent_id)
        community = await _joined_community(tx, member, parent.community_id)
        await _open_thread(tx, parent)
        if kind is Kind.ANSWER and (parent.kind is not Kind.QUESTION):
            raise NotAllowed("answers-go-to-questions", "Only a question can be answered.")
        new = NewPost(
            id=post_id,
            uri=context.home.post(post_id),
            kind=kind,
            author_id=member.member.actor.id,
            community_id=community.id,
            root_id=parent.root_id,
            parent_id=parent.id,
            context=parent.context,
            visibility=parent.visibility,
            title="",
            source=draft.source,
            html=clean.html,
            text=clean.text,
            clean_version=clean.version,
            language=member.member.language,
            topic=None,
            published_at=now,
            received_at=now,
        )
        return await _publish(tx, context, member.member.actor, community, new)


async def _publish(
    tx: Transaction, context: Context, author: Actor, community: Community, new: NewPost
) -> PostFacts:
    await store_all(tx, context, [new])
    sealed, document = await document_of(tx, context, new.id, community)
    if community.actor.local:
        await posts.mark_announced(tx, new.id, now=context.now())
    activity = create_activity(
        fanout.mint_activity(context), document, author_followers=fanout.followers_of(author)
    )
    await fanout.publish(tx, context, author, activity, _happening(sealed.facts, community))
    return sealed.facts


def _happening(facts: PostFacts, community: Community, event: Event | None = None) -> Happening:
    if event is None:
        event = Event.POST if facts.kind.starts_thread else Event.REPLY
    return about_post(event, community, facts)


async def document_of(
    tx: Transaction, context: Context, post_id: int, community: Community
) -> tuple[SealedPost, dict[str, Any]]:
    """Build the ActivityPub document of one of our posts for its community's agencies."""
    sealed = await posts.find(tx, post_id)
    if sealed is None:
        raise NotFound("post-not-found")
    parent_author = None
    if sealed.facts.parent_id is not None:
        parent = await posts.find(tx, sealed.facts.parent_id)
        parent_author = await actors.get(tx, parent.facts.author_id) if parent else None
    released = sharing.for_audience(context, sealed, community)
    return sealed, post_document(
        released,
        community=community.actor,
        parent_author=parent_author,
        likes=released.content.helpful,
    )


async def receive(
    tx: Transaction,
    context: Context,
    incoming: IncomingPost,
    *,
    author: Actor,
    community: Community,
    parent: PostFacts | None,
) -> PostFacts | None:
    """Store a post that another agency told us of; None when it is known or deleted already."""
    new = newcomer(context, incoming, author=author, community=community, parent=parent)
    if new.id not in await store_all(tx, context, [new]):
        return None
    sealed = await posts.find(tx, new.id)
    return sealed.facts if sealed else None


async def edit(context: Context, member: SignedIn, post_id: int, draft: Draft) -> PostFacts:
    """Change the words of one's own post; what stood before stays in its history."""
    async with context.database.reading() as tx:
        facts = await _own(tx, context, member, post_id)
    clean = await _checked(draft, titled=facts.kind.starts_thread)
    now = context.now()

    async with context.database.transaction("posts.edit") as tx:
        facts = await _own(tx, context, member, post_id)
        community = await communities.get(tx, facts.community_id)

        changed = await posts.change(
            tx,
            facts.id,
            title=sanitize.plain(draft.title, limit=LONGEST_TITLE)
            if not facts.parent_id
            else "",
            source=draft.source,
            html=clean.html,
            text=clean.text,
            clean_version=clean.version,
            topic=_known_topic(community, draft.topic),
            edited_at=now,
        )
        if not changed:
            return facts
        sealed, document = await document_of(tx, context, facts.id, community)
        activity = update_activity(
            fanout.mint_activity(context),
            document,
            published=now,
            author_followers=fanout.followers_of(member.member.actor),
        )
        happening = _happening(sealed.facts, community, Event.EDIT)
        await fanout.publish(tx, context, member.member.actor, activity, happening)
        return sealed.facts


async def receive_edit(
    tx: Transaction, facts: PostFacts, incoming: IncomingPost, *, now: datetime
) -> bool:
    """Take over an edit by the author; False when ours is as new, or says the same."""
    return await posts.change(
        tx,
        facts.id,
        title=incoming.title if facts.parent_id is None else "",
        source=incoming.source,
        html=incoming.html,
        text=incoming.text,
        clean_version=incoming.sanitizer,
        topic=incoming.topic.slug if incoming.topic else None,
        edited_at=incoming.edited_at or now,
    )


async def withdraw(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Delete one's own post: a tombstone stays, the words and their history go."""
    now = context.now()

    async with context.database.transaction("posts.withdraw") as tx:
        facts = await _own(tx, context, member, post_id)
        community = await communities.get(tx, facts.community_id)

        await bury(tx, facts, by=DeletedBy.AUTHOR, reason="", now=now)
        activity = delete_activity(
            fanout.mint_activity(context),
            actor=facts.author_uri,
            object_uri=facts.uri,
            addressed=create_addressing(
                addressing(
                    facts.visibility,
                    community=community.uri,
                    followers=fanout.followers_of(community.actor),
                ),
                author_followers=fanout.followers_of(member.member.actor),
            ),
            published=now,
            community=community.uri,
        )
        happening = _happening(facts, community, Event.DELETE)
        await fanout.publish(tx, context, member.member.actor, activity, happening)
        return facts


async def bury(
    tx: Transaction, facts: PostFacts, *, by: DeletedBy, reason: str, now: datetime
) -> bool:
    """Make a post a tombstone; the loss of an accepted answer opens its question again."""
    await posts.lock_thread(tx, facts.root_id)
    await posts.add_tombstone(tx, facts.uri, actor_uri=facts.author_uri, now=now)
    if not await posts.bury(tx, facts.id, by=by, reason=reason, now=now) and not (
        by is DeletedBy.AUTHOR and await posts.forget_removed(tx, facts.id)
    ):
        return False
    if by is DeletedBy.AUTHOR:
        await posts.forget_revisions(tx, facts.id)
    for question_id in await posts.accepted_in(tx, facts.id):
        await posts.reopen(tx, question_id, facts.id)
    await posts.recount(tx, facts.root_id, moment=facts.published_at)
    return True


async def _own(tx: Transaction, context: Context, member: SignedIn, post_id: int) -> PostFacts:
    facts = await _readable(tx, context, member, post_id)
    if facts.author_id != member.member.actor.id:
        raise NotAllowed("not-your-post", "Only its author can do that.")
    if facts.deleted_at is not None:
        raise Conflict("post-deleted", "It is deleted already.")
    return facts


async def _readable(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> PostFacts:
    released = await sharing.released(
        tx, context, post_id, principal_of(member), Surface.DECISION
    )
    return released.content.facts


async def _open_thread(tx: Transaction, parent: PostFacts) -> None:
    if parent.deleted_at is not None:
        raise Conflict("post-deleted", "What you reply to was deleted meanwhile.")
    root = await posts.find(tx, parent.root_id)
    if root is None or root.facts.locked_at is not None:
        raise NotAllowed("thread-locked", "This thread is locked; it takes no more replies.")


async def _joined_community(tx: Transaction, member: SignedIn, community_id: int) -> Community:
    community = await communities.find(tx, community_id)
    if community is None or community.actor.deleted_at or community.actor.suspended_at:
        raise NotFound("community-not-found", "There is no such community.")
    if not await follows.is_member(tx, community.id, member.member.actor.id):
        raise NotAllowed("not-a-member", "Join the community first; then you can write in it.")
    return community


def _known_topic(community: Community, slug: str | None) -> str | None:
    return slug if slug in {topic.slug for topic in community.topics} else None


async def _checked(draft: Draft, *, titled: bool) -> sanitize.Clean:
    wrong = {}
    if titled and not sanitize.plain(draft.title, limit=LONGEST_TITLE):
        wrong["title"] = "Give it a title: one line that says what you want to know."
    if len(draft.title) > LONGEST_TITLE:
        wrong["title"] = f"The title may have {LONGEST_TITLE} characters; this one has more."
    if len(draft.source) > LONGEST_SOURCE:
        wrong["source"] = f"The text may have {LONGEST_SOURCE} characters; this one has more."
        raise Invalid(wrong)
    # Long texts take long enough to be felt by others; nothing is open while it runs.
    clean = await asyncio.to_thread(sanitize.from_markdown, draft.source)
    if not clean.text:
        wrong["source"] = "Write something; there is no text yet."
    if wrong:
        raise Invalid(wrong)
    return clean
