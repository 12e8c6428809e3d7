"""Change and withdraw what members wrote: what stood before stays, or a tombstone does."""

from dataclasses import replace

from federation.audience import (
    Addressing,
    Event,
    addressing,
    create_addressing,
    personal_addressing,
)
from federation.translate import sanitize
from federation.translate.outgoing_activities import delete_activity, update_activity
from schemas.records import Actor, Community, DeletedBy, Post, PostFacts, Surface, Visibility
from server.context import Context
from server.services import calling, fanout, sharing, storing, walls
from server.services.attaching import attach
from server.services.burying import bury
from server.services.calling import Written
from server.services.documents import document_of
from server.services.errors import Conflict, NotAllowed
from server.services.posts import (
    LONGEST_TITLE,
    Draft,
    checked,
    happening_of,
    known_topic,
    principal_of,
    warned,
)
from server.services.walls import Circle
from server.storage import communities, posts, stream
from server.storage.carried import Carried
from server.storage.database import Transaction
from server.storage.sessions import SignedIn
from server.storage.stream import Told


async def edit(context: Context, member: SignedIn, post_id: int, draft: Draft) -> PostFacts:
    """Change the words of one's own post; what stood before stays in its history."""
    async with context.database.reading() as tx:
        facts = await _own(tx, context, member, post_id)
    said = await calling.written(
        context, await checked(draft, facts.kind, titled=not facts.wall)
    )
    now = context.now()

    async with context.database.transaction("posts.edit") as tx:
        before = await _own_post(tx, context, member, post_id)
        facts = before.facts
        community = await communities.get(tx, facts.community_id)
        carried, called = await _carried_by_edit(tx, said, community, before)
        carried = warned(carried, draft, before)
        media = await attach(tx, context, facts.author_id, facts.id, draft.media)
        carried = replace(carried, media=media)

        changed = await posts.change(
            tx,
            facts.id,
            title=sanitize.plain(draft.title, limit=LONGEST_TITLE)
            if not facts.parent_id
            else "",
            source=draft.source,
            html=said.clean.html,
            text=said.clean.text,
            clean_version=said.clean.version,
            topic=known_topic(community, draft.topic),
            edited_at=now,
            carried=carried,
        )
        if not changed:
            return facts
        await storing.tell_called(tx, [(facts.id, carried)], now=now)
        await stream.tell(tx, Told.EDITED, [facts.id], now=now)
        sealed, document = await document_of(tx, context, facts.id, community)
        activity = update_activity(
            fanout.mint_activity(context),
            document,
            published=now,
            author_followers=fanout.followers_of(member.member.actor),
        )
        happening = happening_of(sealed.facts, community, Event.EDIT)
        happening = replace(happening, called=called)
        await fanout.publish(tx, context, member.member.actor, activity, happening)
        return sealed.facts


async def _carried_by_edit(
    tx: Transaction, said: Written, community: Community, before: Post
) -> tuple[Carried, tuple[Actor, ...]]:
    facts = before.facts
    if not community.wall:
        opens = facts.parent_id is None
        return await calling.carried_by(tx, said, community, facts.visibility, opens=opens)
    if facts.visibility is Visibility.PUBLIC:
        return walls.carried_by(said, Circle(), ()), said.people
    # Whom it names stays as it was: an edit lets nobody in, and puts nobody out.
    carried = walls.carried_by(said, Circle(visibility=facts.visibility), ())
    return replace(carried, mentions=before.mentions), ()


async def withdraw(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Delete one's own post: a tombstone stays, the words and their history go."""
    async with context.database.transaction("posts.withdraw") as tx:
        facts = await _own(tx, context, member, post_id)
        await take_down(tx, context, member.member.actor, facts)
        return facts


async def take_down(tx: Transaction, context: Context, author: Actor, facts: PostFacts) -> None:
    """Make a post of one of ours a tombstone by its author, and tell all who have a copy."""
    community = await communities.get(tx, facts.community_id)

    await bury(tx, context, facts, by=DeletedBy.AUTHOR, reason="")
    activity = delete_activity(
        fanout.mint_activity(context),
        actor=facts.author_uri,
        object_uri=facts.uri,
        addressed=create_addressing(
            _addressed_to_all(facts, community),
            author_followers=fanout.followers_of(author),
        ),
        published=context.now(),
        community=community.audience,
    )
    happening = happening_of(facts, community, Event.DELETE)
    await fanout.publish(tx, context, author, activity, happening)


def _addressed_to_all(facts: PostFacts, community: Community) -> Addressing:
    followers = fanout.followers_of(community.actor)
    if not community.wall:
        return addressing(facts.visibility, community=community.uri, followers=followers)
    # A Delete names an id and no words: whoever had the post is told, and need not be named.
    return personal_addressing(
        facts.visibility, followers=followers, called=(), quiet=facts.quiet
    )


async def _own(tx: Transaction, context: Context, member: SignedIn, post_id: int) -> PostFacts:
    return (await _own_post(tx, context, member, post_id)).facts


async def _own_post(tx: Transaction, context: Context, member: SignedIn, post_id: int) -> Post:
    released = await sharing.released(
        tx, context, post_id, principal_of(member), Surface.DECISION
    )
    facts = released.content.facts
    if facts.author_id != member.member.actor.id:
        raise NotAllowed("not-your-post", "Only its author can do that.")
    if facts.deleted_at is not None:
        raise Conflict("post-deleted", "It is deleted already.")
    return released.content
