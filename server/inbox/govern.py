"""A steward pins or locks a thread, or names a steward; a person pins to their profile."""

from typing import Final

from federation.audience import Event
from schemas.records import Actor, ActorKind, Community, PostFacts
from server.context import Context
from server.services import (
    containers,
    discovery,
    fanout,
    feed_changes,
    standing,
    stewardship,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_community, about_post
from server.storage import actors, communities, pins, posts
from server.storage.database import Transaction

#: Of one person elsewhere; other programs show more than we do.
_MOST_PINNED: Final = 20


async def on_lock(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        facts = await standing.post_of(tx, arrived, arrived.activity.object_id)
        community = await _governed(tx, arrived, actor, facts)
        await posts.lock(tx, facts.root_id, at=context.now())
        if arrived.activity.duplicate_of is not None:
            await posts.point_to(tx, facts.root_id, arrived.activity.duplicate_of)
        await _pass_on(tx, context, arrived, community, facts)


async def on_add(context: Context, arrived: Arrived, dispatch: Dispatch) -> None:
    """Pin a thread, name a steward, or add to a thread; the target says which (FEP-1b12)."""
    if await containers.owner(context, arrived):
        await containers.add(context, arrived, dispatch)
        return
    if (feed := await feed_changes.feed_of(context, arrived)) is not None:
        await feed_changes.take(context, arrived, feed)
        return
    await _change_list(context, arrived, adding=True)


async def on_remove(context: Context, arrived: Arrived, dispatch: Dispatch) -> None:
    community = await containers.owner(context, arrived)
    if community is not None:
        await containers.remove(context, arrived, community, dispatch)
        return
    if (feed := await feed_changes.feed_of(context, arrived)) is not None:
        await feed_changes.take(context, arrived, feed)
        return
    await _change_list(context, arrived, adding=False)


async def _change_list(context: Context, arrived: Arrived, *, adding: bool) -> None:
    actor = await standing.actor_of(context, arrived)
    about, target = arrived.activity.object_id or "", arrived.activity.target_id
    if target is None:
        raise Ignored("no-target")
    if actor.kind is ActorKind.PERSON and target == actor.featured:
        await _change_profile(context, arrived, actor, adding=adding)
        return
    # Judged before anybody is fetched: a stranger's word makes us ask nobody.
    async with context.database.reading() as tx:
        community = await _own_list(tx, arrived, actor, target)
    new_steward = None
    if target == community.actor.moderators and not context.home.is_ours(about):
        new_steward = await discovery.find_or_fetch_actor(context, about)

    async with arrived.effect() as tx:
        community = await _own_list(tx, arrived, actor, target)
        facts = None
        if target == community.actor.featured:
            facts = await standing.post_of(tx, arrived, about)
            if facts.community_id != community.id:
                raise Ignored("post-of-another-community")
            await posts.pin(tx, facts.id, at=context.now() if adding else None)
        else:
            steward = new_steward or await actors.find(tx, about)
            await _change_steward(tx, context, community, steward, adding=adding)
        await _pass_on(tx, context, arrived, community, facts)


async def _change_profile(
    context: Context, arrived: Arrived, actor: Actor, *, adding: bool
) -> None:
    """Take what a person pins to their own profile; hashtags are not kept."""
    uri = arrived.activity.object_id
    async with arrived.effect() as tx:
        sealed = await posts.find_by_uri(tx, uri) if uri else None
        if sealed is None or sealed.facts.author_id != actor.id:
            raise Ignored("not-a-post-of-the-actor")
        if adding:
            pin_id = context.ids.mint(context.now())
            await pins.add(tx, actor.id, sealed.facts.id, pin_id=pin_id, most=_MOST_PINNED)
        else:
            await pins.remove(tx, actor.id, sealed.facts.id)


async def _own_list(tx: Transaction, arrived: Arrived, actor: Actor, target: str) -> Community:
    community = await _owner_of(tx, arrived, target)
    if not await stewardship.may_govern(tx, actor, community):
        raise Ignored("not-a-steward")
    return community


async def _owner_of(tx: Transaction, arrived: Arrived, target: str) -> Community:
    """Find the community whose list it is (ACT-08): that which passed it on, or one of ours."""
    community = arrived.via or await communities.find_by_uri(tx, target.rpartition("/")[0])
    if community is None or target not in (
        community.actor.featured,
        community.actor.moderators,
    ):
        raise Ignored("not-a-list-of-the-community")
    if arrived.via is None and not community.actor.local:
        raise Ignored("not-through-its-community")
    return community


async def _change_steward(
    tx: Transaction,
    context: Context,
    community: Community,
    steward: Actor | None,
    *,
    adding: bool,
) -> None:
    if steward is None:
        raise Ignored("actor-unknown")
    if adding:
        await communities.add_steward(tx, community.id, steward.id, now=context.now())
    else:
        await communities.remove_steward(tx, community.id, steward.id)


async def _governed(
    tx: Transaction, arrived: Arrived, actor: Actor, facts: PostFacts
) -> Community:
    community = await standing.community_of(tx, arrived, facts)
    if not await stewardship.may_govern(tx, actor, community):
        raise Ignored("not-a-steward")
    return community


async def _pass_on(
    tx: Transaction,
    context: Context,
    arrived: Arrived,
    community: Community,
    facts: PostFacts | None,
) -> None:
    if not community.actor.local:
        return
    happening = (
        about_post(Event.GOVERNANCE, community, facts)
        if facts
        else about_community(Event.GOVERNANCE, community)
    )
    await fanout.announce(tx, context, arrived.document, happening)
