"""A thread elsewhere goes to another community (PieFed's Move)."""

from federation.audience import Event
from federation.translate.incoming import IncomingMove
from federation.uris import same_origin
from schemas.records import Actor, Community, PostFacts
from server.context import Context
from server.services import discovery, fanout, relocating, standing, stewardship
from server.services.arrived import Arrived, Ignored
from server.services.fanout import about_post
from server.storage import communities, posts
from server.storage.database import Transaction


async def on_thread(context: Context, arrived: Arrived, move: IncomingMove) -> None:
    """Move a thread, on word of whoever governs where it is and may write where it goes.

    Both communities announce it; the second time it is there already.
    """
    async with context.database.reading() as tx:
        facts = await _thread(tx, move.object_uri)
        origin = await communities.get(tx, facts.community_id)
    if arrived.via is None and not origin.actor.local:
        raise Ignored("not-through-its-community")
    actor = await standing.actor_of(context, arrived)
    if not origin.actor.local and actor.uri != origin.uri:
        await discovery.refresh_stewards(context, origin.actor)
    # Judged before the target is fetched: a stranger's word makes us ask nobody.
    async with context.database.reading() as tx:
        await _insist_on_steward(tx, actor, origin)

    target = await _target(context, move.target_uri)

    async with arrived.effect() as tx:
        facts = await _thread(tx, move.object_uri)
        origin = await communities.get(tx, facts.community_id)
        if origin.id == target.id:
            raise Ignored("moved-already")
        await _insist_on_leave(tx, arrived, actor, origin, target)
        if not relocating.may_move(facts, origin, target):
            raise Ignored("not-to-there")
        await relocating.take_effect(tx, facts, origin, target)
        for community in (origin, target):
            if community.actor.local:
                happening = about_post(Event.GOVERNANCE, community, facts)
                await fanout.announce(tx, context, arrived.document, happening)


async def _target(context: Context, uri: str) -> Community:
    async with context.database.reading() as tx:
        known = await communities.find_by_uri(tx, uri)
    if known is not None:
        return known
    if context.home.is_ours(uri):
        raise Ignored("target-unknown")
    group = await discovery.find_or_fetch_actor(context, uri)
    async with context.database.reading() as tx:
        found = await communities.find(tx, group.id)
    if found is None:
        raise Ignored("target-unknown")
    return found


async def _thread(tx: Transaction, uri: str) -> PostFacts:
    sealed = await posts.find_by_uri(tx, uri)
    if sealed is None:
        raise Ignored("move-of-another")
    if sealed.facts.parent_id is not None or sealed.facts.deleted_at is not None:
        raise Ignored("not-a-thread")
    return sealed.facts


async def _insist_on_leave(
    tx: Transaction, arrived: Arrived, actor: Actor, origin: Community, target: Community
) -> None:
    """Let nobody take a thread away, or put one where it is not wanted (ACT-21).

    A community elsewhere agrees by announcing it, or by being where the origin is.
    """
    via = arrived.via
    if via is not None and via.id not in {origin.id, target.id}:
        raise Ignored("post-of-another-community")
    await _insist_on_steward(tx, actor, origin)
    if not await relocating.may_post(tx, actor, target):
        raise Ignored("not-a-member")
    agreed = same_origin(origin.uri, target.uri) or (via is not None and via.id == target.id)
    if not target.actor.local and not agreed:
        raise Ignored("target-has-not-agreed")


async def _insist_on_steward(tx: Transaction, actor: Actor, origin: Community) -> None:
    if not await stewardship.may_govern(tx, actor, origin):
        raise Ignored("not-a-steward")
