"""Give and take back helpful and kudos: one live Like per actor and post."""

from dataclasses import replace
from datetime import datetime

from federation.audience import Event, mark_addressing
from federation.translate.incoming import IncomingMark
from federation.translate.outgoing_activities import like_activity, undo_activity
from federation.translate.sanitize import plain
from federation.uris import same_origin
from schemas.records import (
    KUDOS_EMOJI,
    Actor,
    Community,
    Kudos,
    Mark,
    PostFacts,
    Surface,
    Visibility,
)
from server.context import Context
from server.services import fanout, sharing
from server.services.errors import Conflict, Invalid, NotAllowed
from server.services.fanout import about_post
from server.services.posts import principal_of
from server.storage import communities, follows, marks, notifications, posts, received
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

LONGEST_NOTE = 300


async def mark_helpful(
    context: Context, member: SignedIn, post_id: int, *, helpful: bool
) -> PostFacts:
    """Say that a post helped, or no longer."""
    async with context.database.transaction("kudos.helpful") as tx:
        facts, community = await _markable(tx, context, member, post_id)
        current = await marks.find(tx, member.member.actor.id, facts.id)
        wanted = replace(
            current or blank(member.member.actor, facts, context.now()), helpful=helpful
        )
        await change_mark(tx, context, member.member.actor, facts, community, wanted)
        return facts


async def give_kudos(
    context: Context, member: SignedIn, post_id: int, category: str, note: str
) -> PostFacts:
    """Thank with a reason; a second time replaces the first."""
    emoji = KUDOS_EMOJI.get(category)
    if emoji is None:
        raise Invalid({"category": "Choose what it did for you."})
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": f"The note may have {LONGEST_NOTE} characters."})
    kudos = Kudos(category=category, emoji=emoji, note=plain(note, limit=LONGEST_NOTE))

    async with context.database.transaction("kudos.give") as tx:
        facts, community = await _markable(tx, context, member, post_id)
        current = await marks.find(tx, member.member.actor.id, facts.id)
        wanted = replace(
            current or blank(member.member.actor, facts, context.now()), kudos=kudos
        )
        await change_mark(tx, context, member.member.actor, facts, community, wanted)
        return facts


async def take_back_kudos(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    async with context.database.transaction("kudos.take-back") as tx:
        facts, community = await _markable(tx, context, member, post_id)
        current = await marks.find(tx, member.member.actor.id, facts.id)
        if current is not None:
            wanted = replace(current, kudos=None)
            await change_mark(tx, context, member.member.actor, facts, community, wanted)
        return facts


async def change_mark(
    tx: Transaction,
    context: Context,
    actor: Actor,
    facts: PostFacts,
    community: Community,
    wanted: Mark,
) -> None:
    """Make it what one of ours marks: Undo of the old Like, then one with a new id."""
    current = await marks.find(tx, actor.id, facts.id)
    says_something = wanted.helpful or wanted.kudos is not None or wanted.accepts
    if current is None and not says_something:
        return
    if current is not None and replace(wanted, uri="", given_at=current.given_at) == replace(
        current, uri=""
    ):
        return
    if current is not None:
        await marks.take(tx, actor.id, facts.id)
        await _publish_undo(tx, context, actor, facts, community, current)
    if says_something:
        now = context.now()
        mark = replace(wanted, uri=fanout.mint_activity(context), given_at=now)
        await marks.put(tx, actor.id, facts.id, mark)
        await _notify(tx, context, actor, facts, mark)
        document = like_activity(
            mark,
            addressed=mark_addressing(
                facts.visibility, community=community.uri, author=facts.author_uri
            ),
            community=community.audience,
        )
        await fanout.publish(
            tx, context, actor, document, about_post(Event.MARK, community, facts)
        )


async def _publish_undo(
    tx: Transaction,
    context: Context,
    actor: Actor,
    facts: PostFacts,
    community: Community,
    mark: Mark,
) -> None:
    inner = like_activity(
        mark,
        addressed=mark_addressing(
            facts.visibility, community=community.uri, author=facts.author_uri
        ),
        community=community.audience,
    )
    document = undo_activity(
        fanout.mint_activity(context),
        actor=actor.uri,
        inner=inner,
        public=facts.visibility is Visibility.PUBLIC,
        published=context.now(),
    )
    await fanout.publish(tx, context, actor, document, about_post(Event.MARK, community, facts))


async def receive(
    tx: Transaction, context: Context, actor: Actor, facts: PostFacts, incoming: IncomingMark
) -> bool:
    """Take over a Like from elsewhere; False when it is nothing new or one's own praise."""
    mark = await take_over(tx, actor, facts, incoming)
    if mark is not None:
        await _notify(tx, context, actor, facts, mark)
    return mark is not None


async def take_over(
    tx: Transaction, actor: Actor, facts: PostFacts, incoming: IncomingMark
) -> Mark | None:
    """Do as `receive`, and tell nobody; None when it is nothing new or one's own praise."""
    if facts.author_id == actor.id or facts.deleted_at is not None:
        return None
    await posts.lock_thread(tx, facts.root_id)
    if await marks.is_undone(tx, incoming.uri, actor.uri):
        return None
    current = await marks.find(tx, actor.id, facts.id)
    if current is not None and current.given_at > incoming.given_at:
        return None
    if current is not None and current.uri == incoming.uri:
        return None
    mark = Mark(
        uri=incoming.uri,
        actor_uri=incoming.actor_uri,
        post_uri=facts.uri,
        helpful=incoming.helpful,
        kudos=incoming.kudos,
        accepts=incoming.accepts,
        reaction=incoming.reaction,
        given_at=incoming.given_at,
    )
    await marks.put(tx, actor.id, facts.id, mark)
    return mark


async def take_back_unnamed(
    tx: Transaction,
    context: Context,
    actor: Actor,
    facts: PostFacts,
    *,
    uri: str,
    published: datetime | None,
) -> bool:
    """Take back the one Like of an actor whose Undo names it by an id that nobody has seen.

    PieFed mints a new one for what it takes back. An id that came before is of an older Like,
    and so is one that was made before ours: what replaced it stays.
    """
    current = await marks.find(tx, actor.id, facts.id)
    if current is None or (published is not None and published < current.given_at):
        return False
    if await marks.is_undone(tx, uri, actor.uri) or await received.is_known(tx, actor.uri, uri):
        return False
    await marks.take(tx, actor.id, facts.id, uri=current.uri)
    await note_undone(tx, context, actor, current.uri)
    return True


async def note_undone(tx: Transaction, context: Context, actor: Actor, uri: str) -> bool:
    """Remember that a Like is taken back which is not here: it may come yet (DEL-05).

    False when that is known, and for an id that is no such Like's.
    """
    if not same_origin(uri, actor.uri) or await marks.find_by_uri(tx, uri) is not None:
        return False
    return await marks.note_undone(tx, uri, actor.uri, now=context.now())


async def _notify(
    tx: Transaction, context: Context, actor: Actor, facts: PostFacts, mark: Mark
) -> None:
    if mark.kudos is None and not mark.helpful:
        return
    await notifications.add(
        tx,
        member_id=facts.author_id,
        kind="kudos" if mark.kudos else "helpful",
        actor_id=actor.id,
        subject=facts.uri,
        post_id=facts.id,
        now=context.now(),
    )


def blank(actor: Actor, facts: PostFacts, now: datetime) -> Mark:
    """Give a mark that says nothing yet."""
    return Mark(uri="", actor_uri=actor.uri, post_uri=facts.uri, given_at=now)


async def _markable(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> tuple[PostFacts, Community]:
    released = await sharing.released(
        tx, context, post_id, principal_of(member), Surface.DECISION
    )
    facts = released.content.facts
    if facts.author_id == member.member.actor.id:
        raise NotAllowed("own-post", "Thanks are for what others wrote.")
    if facts.deleted_at is not None:
        raise Conflict("post-deleted", "It was deleted meanwhile.")
    is_member = await follows.is_member(tx, facts.community_id, member.member.actor.id)
    if not facts.wall and not is_member:
        raise NotAllowed("not-a-member", "Join the community first; then you can thank people.")
    # Two marks of one person at the same moment come one after the other.
    await posts.lock_thread(tx, facts.root_id)
    return facts, await communities.get(tx, facts.community_id)
