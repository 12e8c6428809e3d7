"""Something is taken back."""

from typing import Final

from federation.audience import Event
from federation.errors import Gone
from federation.translate.incoming import embedded_activity_from, undo_from
from federation.uris import same_origin
from schemas.records import Actor, Community, FollowState, PostFacts
from schemas.wire.activities import Activity
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.services import (
    banning,
    boosting,
    choices,
    confirming,
    fanout,
    kudos,
    reacting,
    standing,
    stewardship,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_post
from server.storage import actors, follows, marks, posts, reactions
from server.storage.database import Transaction

_REACTIONS: Final = frozenset({ActivityType.EMOJI_REACT, ActivityType.EMOJI_REACTION})
#: What it is for others where something is taken back that is not a Like.
_EVENTS: Final[dict[ActivityType | None, Event]] = {
    ActivityType.DELETE: Event.RESTORATION,
    ActivityType.CHOOSE_ANSWER: Event.REOPENING,
}


async def on_undo(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Take back what the same actor did (ACT-04); match on actor, type and object."""
    try:
        inner = await _what(context, arrived)
    except Gone:
        await _note_gone(context, arrived)
        return
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        if inner.verb is ActivityType.FOLLOW:
            await _unfollow(tx, arrived, actor, inner)
            return
        if inner.verb is ActivityType.BLOCK:
            await banning.lift(tx, context, arrived, actor, inner)
            return
        if inner.verb is ActivityType.ANNOUNCE:
            await boosting.take_back(tx, arrived, actor, inner)
            return
        facts = await standing.post_of(tx, arrived, inner.object_id)
        community = await standing.community_of(tx, arrived, facts)
        if inner.verb is ActivityType.LIKE:
            event = Event.MARK
            changed = await _unlike(tx, context, actor, inner, facts)
        elif inner.verb in _REACTIONS:
            event = Event.MARK
            changed = await reacting.take_back(tx, context, actor, facts, inner)
        else:
            event = _EVENTS.get(inner.verb, Event.GOVERNANCE)
            changed = await _take_back(tx, context, actor, inner, facts, community)
        if changed and community.actor.local:
            happening = about_post(event, community, facts)
            await fanout.announce(tx, context, arrived.document, happening)


async def _unlike(
    tx: Transaction, context: Context, actor: Actor, inner: Activity, facts: PostFacts
) -> bool:
    """Take a Like back; False when it is not here, and is remembered for when it comes."""
    uri = inner.id or None
    await posts.lock_thread(tx, facts.root_id)
    taken = await marks.take(tx, actor.id, facts.id, uri=uri)
    if not taken and uri is not None:
        taken = await kudos.take_back_unnamed(
            tx, context, actor, facts, uri=uri, published=inner.published
        )
    noted = uri is not None and await kudos.note_undone(tx, context, actor, uri)
    if not taken and not noted:
        raise Ignored("undone-already")
    return taken


async def _note_gone(context: Context, arrived: Arrived) -> None:
    """Remember an id that is taken back and gone at its origin: it may be a Like's to come."""
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        uri = undo_from(arrived.activity).uri or ""
        if not await kudos.note_undone(tx, context, actor, uri):
            raise Ignored("undone-already")


async def _what(context: Context, arrived: Arrived) -> Activity:
    """Read what is taken back; an id alone is asked of its own server (VIS-06)."""
    undone = undo_from(arrived.activity)
    if undone.activity is not None:
        return undone.activity
    uri = undone.uri or ""
    async with context.database.reading() as tx:
        known = await marks.find_by_uri(tx, uri)
        reaction = await reactions.find_by_uri(tx, uri)
        follow = await follows.find_by_uri(tx, uri)
        follower = await actors.get(tx, follow.follower_id) if follow else None
        target = await actors.get(tx, follow.target_id) if follow else None
    if known is not None:
        return _rebuilt(arrived, ActivityType.LIKE, uri, known[0].actor_uri, known[0].post_uri)
    if reaction is not None:
        return _rebuilt(arrived, ActivityType.EMOJI_REACT, uri, *reaction)
    if follow is not None and follower is not None and target is not None:
        if follow.state is FollowState.BANNED:
            # A ban is told of by its Block, and any steward may lift it.
            return _rebuilt(
                arrived,
                ActivityType.BLOCK,
                uri,
                arrived.activity.actor,
                follower.uri,
                target=target.uri,
            )
        return _rebuilt(arrived, ActivityType.FOLLOW, uri, follower.uri, target.uri)
    if not same_origin(uri, arrived.activity.actor):
        raise Ignored("undo-of-another")
    inner = embedded_activity_from(await confirming.fetch(context, uri))
    return _same_actor(arrived, inner)


def _rebuilt(
    arrived: Arrived,
    verb: ActivityType,
    uri: str,
    actor_uri: str,
    about: str,
    *,
    target: str | None = None,
) -> Activity:
    told = {"type": verb.value, "actor": actor_uri, "object": about, "target": target}
    # The id of a Block that another steward made is not this actor's to give.
    own = {"id": uri} if same_origin(uri, actor_uri) else {}
    inner = embedded_activity_from(told | own)
    return _same_actor(arrived, inner)


def _same_actor(arrived: Arrived, inner: Activity) -> Activity:
    if inner.actor != arrived.activity.actor:
        raise Ignored("undo-of-another")
    return inner


async def _unfollow(tx: Transaction, arrived: Arrived, actor: Actor, inner: Activity) -> None:
    target = await actors.find(tx, inner.object_id or "")
    if target is None or arrived.via is not None:
        raise Ignored("target-unknown")
    if await follows.remove(tx, actor.id, target.id) is None:
        raise Ignored("follow-unknown")


async def _take_back(
    tx: Transaction,
    context: Context,
    actor: Actor,
    inner: Activity,
    facts: PostFacts,
    community: Community,
) -> bool:
    await posts.lock_thread(tx, facts.root_id)
    match inner.verb:
        case ActivityType.CHOOSE_ANSWER:
            done = await _reopen(tx, context, actor, facts, community)
        case ActivityType.LOCK | ActivityType.DELETE:
            done = await _forgive(tx, actor, inner, facts, community)
        case _:
            raise Ignored("undo-of-nothing-here")
    if not done:
        raise Ignored("undone-already")
    return done


async def _reopen(
    tx: Transaction, context: Context, actor: Actor, answer: PostFacts, community: Community
) -> bool:
    root = await posts.find(tx, answer.root_id)
    return root is not None and await choices.receive_reopening(
        tx, context, actor, root.facts, answer, community
    )


async def _forgive(
    tx: Transaction, actor: Actor, inner: Activity, facts: PostFacts, community: Community
) -> bool:
    if not await stewardship.may_govern(tx, actor, community):
        raise Ignored("not-a-steward")
    if inner.verb is ActivityType.DELETE:
        return await stewardship.unbury(tx, facts)
    await posts.lock(tx, facts.root_id, at=None)
    return True
