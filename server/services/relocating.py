"""A thread goes to another community: both must be public, and both tell who follows them."""

from federation.audience import Addressing, Event
from federation.translate.outgoing_moves import move_activity
from schemas.records import Actor, Community, PostFacts, Visibility
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import fanout
from server.services.errors import Conflict, NotAllowed
from server.services.fanout import about_post
from server.services.stewardship import governed_thread, log_act, voice_of
from server.storage import communities, follows, posts, threads
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def places(context: Context, member: SignedIn, post_id: int) -> list[Actor]:
    """List where a member could move a thread to: what they joined of ours that is public."""
    async with context.database.reading() as tx:
        sealed = await posts.find(tx, post_id)
        joined = await communities.listed(tx, reader=member.member.id, mine=True)
    here = sealed.facts.community_id if sealed else 0
    found = (each.community for each in joined if each.community.id != here)
    return [each.actor for each in found if _takes(each)]


async def relocate(
    context: Context, member: SignedIn, post_id: int, target_id: int
) -> PostFacts:
    """Move a thread to another of our communities, for all agencies to see.

    Raises:
        NotAllowed: "not-a-steward", "not-a-member".
        Conflict: "not-a-thread", "not-to-there".
    """
    async with context.database.transaction("relocating.relocate") as tx:
        facts, origin = await governed_thread(tx, context, member, post_id)
        target = await communities.find(tx, target_id)
        if target is None or not await follows.is_member(tx, target.id, member.member.id):
            raise NotAllowed("not-a-member", "Join the other community first.")
        if not (_takes(target) and may_move(facts, origin, target)):
            raise Conflict("not-to-there", "A thread moves between public communities only.")

        await take_effect(tx, facts, origin, target)
        voice = voice_of(member, origin)
        document = move_activity(
            fanout.mint_activity(context),
            actor=voice.uri,
            about=facts.uri,
            origin=origin.uri,
            target=target.uri,
            addressed=Addressing((PUBLIC,), (origin.uri, target.uri)),
            published=context.now(),
        )
        await log_act(tx, context, member, "move-thread", facts.uri, target.uri)
        await fanout.publish(
            tx, context, voice, document, about_post(Event.GOVERNANCE, origin, facts)
        )
        await fanout.announce(
            tx, context, document, about_post(Event.GOVERNANCE, target, facts)
        )
        return facts


def may_move(facts: PostFacts, origin: Community, target: Community) -> bool:
    """Say whether a thread can go there: nothing that was for members gets other readers."""
    seen_by = {facts.visibility, origin.visibility, target.visibility}
    return origin.id != target.id and seen_by == {Visibility.PUBLIC}


def _takes(community: Community) -> bool:
    actor = community.actor
    open_ = actor.deleted_at is None and actor.suspended_at is None
    return actor.local and open_ and community.visibility is Visibility.PUBLIC


async def take_effect(
    tx: Transaction, facts: PostFacts, origin: Community, target: Community
) -> None:
    """Put a thread, with all that was said in it, under another community.

    Its context stays what it was: others know the thread by it.
    """
    for community_id in sorted((origin.id, target.id)):
        await communities.touch(tx, community_id, now=facts.published_at)
    await posts.lock_thread(tx, facts.root_id)
    await threads.relocate(tx, facts.root_id, target.id)


async def may_post(tx: Transaction, actor: Actor, community: Community) -> bool:
    """Say whether somebody may write in a community; elsewhere its host is to judge that."""
    if not community.actor.local:
        return True
    return await follows.is_member(tx, community.id, actor.id)
