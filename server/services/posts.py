"""Publish posts and answers; ours and those that others tell us of."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from federation.audience import (
    Event,
)
from federation.translate import sanitize
from federation.translate.incoming_posts import IncomingPost
from federation.translate.outgoing_activities import (
    create_activity,
)
from federation.uris import context_of
from schemas.attached import Permission, Poll
from schemas.records import (
    Actor,
    Community,
    Kind,
    MemberPrincipal,
    Post,
    PostFacts,
    Surface,
)
from server.context import Context
from server.services import calling, fanout, quoting, sharing, storing, walls
from server.services.attaching import Chosen, attach
from server.services.calling import Written
from server.services.documents import document_of
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound
from server.services.fanout import Happening, about_post
from server.services.newcomer import newcomer
from server.services.walls import Circle
from server.storage import communities, follows, once, posts
from server.storage.carried import Carried
from server.storage.database import Transaction
from server.storage.posts import NewPost
from server.storage.sessions import SignedIn

LONGEST_TITLE = 200
LONGEST_SOURCE = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a member wrote: Markdown; for a thread its title, topic's slug, and poll.

    `quotes` is the id of a post that it quotes, `warning` a line to be read before the words;
    None leaves it, and whether it is `sensitive`, as it was. With `once`, what has the same key
    was written once, however often it is sent.
    `media` is None where an edit leaves the files as they are, `quotable` likewise. `circle` is
    heeded outside of communities.
    """

    source: str
    title: str = ""
    topic: str | None = None
    poll: Poll | None = None
    quotes: int | None = None
    media: tuple[Chosen, ...] | None = None
    circle: Circle = field(default_factory=Circle)
    warning: str | None = None
    sensitive: bool | None = None
    once: str | None = None
    quotable: Permission | None = None


def principal_of(member: SignedIn) -> MemberPrincipal:
    return MemberPrincipal(
        actor_id=member.member.actor.id, role=member.member.role, joined=member.joined
    )


async def publish_thread(
    context: Context, member: SignedIn, community_id: int, kind: Kind, draft: Draft
) -> PostFacts:
    """Start a thread in a community that the member belongs to."""
    said = await calling.written(context, await checked(draft, kind))
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
            html=said.clean.html,
            text=said.clean.text,
            clean_version=said.clean.version,
            language=member.member.language,
            topic=known_topic(community, draft.topic),
            published_at=now,
            received_at=now,
            poll=draft.poll,
        )
        return await _publish(tx, context, member, community, new, said, draft)


async def publish_alone(
    context: Context, member: SignedIn, kind: Kind, draft: Draft
) -> PostFacts:
    """Write outside communities, for those in the draft's circle."""
    said = await calling.written(context, await checked(draft, kind, titled=False))
    now = context.now()
    post_id = context.ids.mint(now)
    author, circle = member.member.actor, draft.circle

    async with context.database.transaction("posts.publish") as tx:
        _insist_on_staying(member)
        wall = await communities.wall_of(tx, author, now=now)
        new = NewPost(
            id=post_id,
            uri=context.home.post(post_id),
            kind=kind,
            author_id=author.id,
            community_id=wall.id,
            root_id=post_id,
            parent_id=None,
            context=None,
            visibility=circle.visibility,
            title=sanitize.plain(draft.title, limit=LONGEST_TITLE),
            source=draft.source,
            html=said.clean.html,
            text=said.clean.text,
            clean_version=said.clean.version,
            language=member.member.language,
            topic=None,
            published_at=now,
            received_at=now,
            poll=draft.poll,
        )
        return await _publish(tx, context, member, wall, new, said, draft)


async def publish_reply(
    context: Context, member: SignedIn, parent_id: int, kind: Kind, draft: Draft
) -> PostFacts:
    """Answer a question, or comment on any post, in a thread that is open."""
    said = await calling.written(context, await checked(draft, kind))

    async with context.database.transaction("posts.publish") as tx:
        return await reply_within(tx, context, member, parent_id, kind, draft, said)


async def reply_within(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    parent_id: int,
    kind: Kind,
    draft: Draft,
    said: Written,
) -> PostFacts:
    """Reply as `publish_reply` does, in a transaction that is open already."""
    parent = await _readable(tx, context, member, parent_id)
    if parent.wall:
        _insist_on_staying(member)
        community = await communities.wall_of(tx, member.member.actor, now=context.now())
        circle = await walls.circle_of_reply(tx, parent, draft.circle, said.people)
        draft = replace(draft, circle=circle)
    else:
        community = await _joined_community(tx, member, parent.community_id)
    await _open_thread(tx, parent)
    if kind is Kind.ANSWER and (parent.kind is not Kind.QUESTION):
        raise NotAllowed("answers-go-to-questions", "Only a question can be answered.")
    now = context.now()
    post_id = context.ids.mint(now)
    new = NewPost(
        id=post_id,
        uri=context.home.post(post_id),
        kind=kind,
        author_id=member.member.actor.id,
        community_id=community.id,
        root_id=parent.root_id,
        parent_id=parent.id,
        context=parent.context,
        visibility=draft.circle.visibility if parent.wall else parent.visibility,
        title="",
        source=draft.source,
        html=said.clean.html,
        text=said.clean.text,
        clean_version=said.clean.version,
        language=member.member.language,
        topic=None,
        published_at=now,
        received_at=now,
        poll=draft.poll,
    )
    return await _publish(tx, context, member, community, new, said, draft)


async def _publish(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    community: Community,
    new: NewPost,
    said: Written,
    draft: Draft,
) -> PostFacts:
    author, chosen = member.member.actor, None
    if draft.quotes is not None:
        chosen = await quoting.choose(
            tx, context, principal_of(member), author, draft.quotes, community, new.uri
        )
    if community.wall:
        called = walls.told(author, said, draft.circle)
        await walls.insist_on_reach(tx, context, draft.circle, called)
        carried = walls.carried_by(said, draft.circle, called)
        addressed = walls.addressed(author, draft.circle, called)
        new = replace(new, quiet=draft.circle.quiet, addressed=addressed)
    else:
        carried, called = await calling.carried_by(
            tx, said, community, new.visibility, opens=new.parent_id is None
        )
    if draft.media:
        media = await attach(tx, context, author.id, new.id, draft.media)
        carried = replace(carried, media=media)
    carried = warned(carried, draft)
    new = replace(new, carried=carried, quote=chosen.quote if chosen else None)
    await storing.store_all(tx, context, [new])
    if draft.once is not None and not await once.note(
        tx, author.id, draft.once, new.id, now=context.now()
    ):
        raise Conflict("done-already", "This was sent before, and is there.")
    sealed, document = await document_of(tx, context, new.id, community)
    if community.actor.local:
        await posts.mark_announced(tx, new.id, now=context.now())
    activity = create_activity(
        fanout.mint_activity(context), document, author_followers=fanout.followers_of(author)
    )
    happening = replace(happening_of(sealed.facts, community), called=called)
    await fanout.publish(tx, context, author, activity, happening)
    if chosen is not None:
        await quoting.follow_up(tx, context, author, new, chosen)
    return sealed.facts


def warned(carried: Carried, draft: Draft, before: Post | None = None) -> Carried:
    warning, sensitive = draft.warning, draft.sensitive
    if warning is None:
        warning = before.warning if before else ""
    if sensitive is None:
        sensitive = before.sensitive if before else False
    warning = sanitize.plain(warning, limit=LONGEST_TITLE)
    quotable = quoting.kept(draft.quotable, before.quotable if before else None)
    sensitive = sensitive or bool(warning)
    return replace(carried, warning=warning, sensitive=sensitive, quotable=quotable)


def happening_of(
    facts: PostFacts, community: Community, event: Event | None = None
) -> Happening:
    if event is None:
        event = Event.POST if facts.kind.starts_thread else Event.REPLY
    return about_post(event, community, facts)


async def receive(
    tx: Transaction,
    context: Context,
    incoming: IncomingPost,
    *,
    author: Actor,
    community: Community,
    parent: PostFacts | None,
    named: Collection[Actor] = (),
) -> PostFacts | None:
    """Store a post that another agency told us of; None when it is known or deleted already."""
    new = newcomer(
        context, incoming, author=author, community=community, parent=parent, named=named
    )
    if new.id not in await storing.store_all(tx, context, [new]):
        return None
    sealed = await posts.find(tx, new.id)
    return sealed.facts if sealed else None


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


def _insist_on_staying(member: SignedIn) -> None:
    if member.member.actor.moved_to is not None:
        raise NotAllowed("moved", "This account has moved. Write from the new one.")


async def _joined_community(tx: Transaction, member: SignedIn, community_id: int) -> Community:
    _insist_on_staying(member)
    community = await communities.find(tx, community_id)
    if (
        community is None
        or community.wall
        or community.actor.deleted_at
        or community.actor.suspended_at
    ):
        raise NotFound("community-not-found", "There is no such community.")
    if not await follows.is_member(tx, community.id, member.member.actor.id):
        raise NotAllowed("not-a-member", "Join the community first; then you can write in it.")
    return community


def known_topic(community: Community, slug: str | None) -> str | None:
    return slug if slug in {topic.slug for topic in community.topics} else None


async def checked(draft: Draft, kind: Kind, *, titled: bool = True) -> sanitize.Clean:
    wrong = {}
    if titled and kind.starts_thread and not sanitize.plain(draft.title, limit=LONGEST_TITLE):
        wrong["title"] = "Give it a title: one line that says what you want to know."
    if len(draft.title) > LONGEST_TITLE:
        wrong["title"] = f"The title may have {LONGEST_TITLE} characters; this one has more."
    if len(draft.source) > LONGEST_SOURCE:
        wrong["source"] = f"The text may have {LONGEST_SOURCE} characters; this one has more."
        raise Invalid(wrong)
    # Long texts take long enough to be felt by others; nothing is open while it runs.
    clean = await asyncio.to_thread(sanitize.from_markdown, draft.source)
    # What a poll asks is its title.
    if not clean.text and kind is not Kind.POLL:
        wrong["source"] = "Write something; there is no text yet."
    if wrong:
        raise Invalid(wrong)
    return clean
