"""A post or an actor is gone."""

from federation.audience import Event
from federation.errors import Gone
from federation.translate.incoming import IncomingRemoval, removal_from
from federation.uris import same_origin
from schemas.records import Actor, Community, DeletedBy, PostFacts
from schemas.wire.vocabulary import TOMBSTONE
from server.context import Context
from server.services import (
    clearing,
    confirming,
    ending,
    fanout,
    quotes,
    recognized,
    standing,
    stewardship,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.burying import bury
from server.services.fanout import about_post
from server.storage import actors, bans, endings, follows, marks
from server.storage import posts as stored
from server.storage.database import Transaction

#: How many posts of a deleted person are looked up at once.
_AT_ONCE = 200


async def on_delete(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Make a tombstone: of the author's own post, or, by a steward, with a reason (ACT-03)."""
    removal = removal_from(arrived.activity)
    if removal.object_uri == removal.actor_uri:
        await _forget_actor(context, arrived)
        return
    if arrived.via is None and await _takes_back(context, arrived):
        return
    actor = await standing.actor_of(context, arrived)
    await _insist_on_gone(context, arrived, actor, removal)
    if removal.with_replies:
        await _clear_replies(context, arrived, actor, removal)

    async with arrived.effect() as tx:
        sealed = await stored.find_by_uri(tx, removal.object_uri)
        if sealed is None:
            await _remember(tx, context, removal)
            return
        facts = sealed.facts
        if arrived.via is not None and facts.community_id != arrived.via.id:
            raise Ignored("post-of-another-community")
        community = await standing.community_of_own(tx, arrived, facts)
        by = await _by_whom(tx, actor, facts, community, removal)
        if not await bury(tx, context, facts, by=by, reason=removal.reason):
            raise Ignored("deleted-already")
        if community.actor.local:
            happening = about_post(
                Event.DELETE if by is DeletedBy.AUTHOR else Event.REMOVAL, community, facts
            )
            await fanout.announce(tx, context, arrived.document, happening)


async def _takes_back(context: Context, arrived: Arrived) -> bool:
    """Take it where what is deleted is no post: a stamp, or a recognition."""
    if await quotes.take_revocation(context, arrived):
        return True
    return await recognized.take_back(context, arrived)


async def _by_whom(
    tx: Transaction,
    actor: Actor,
    facts: PostFacts,
    community: Community,
    removal: IncomingRemoval,
) -> DeletedBy:
    """Say as what an actor deletes: a steward who gives a reason does so as one (wire.md 1.2).

    Also where the post is their own, or what one agency could restore would be lost elsewhere.
    """
    governs = await stewardship.may_govern(tx, actor, community)
    if facts.author_id == actor.id:
        return DeletedBy.MODERATOR if governs and removal.by_moderator else DeletedBy.AUTHOR
    if not governs:
        raise Ignored("not-theirs-to-delete")
    return DeletedBy.MODERATOR


async def _clear_replies(
    context: Context, arrived: Arrived, actor: Actor, removal: IncomingRemoval
) -> None:
    """Remove what replies to a post, where a steward says so; an author cannot (Lemmy 1.0)."""
    async with context.database.reading() as tx:
        facts = await standing.post_of(tx, arrived, removal.object_uri)
        community = await standing.community_of_own(tx, arrived, facts)
        by = await _by_whom(tx, actor, facts, community, removal)
    if by is not DeletedBy.MODERATOR:
        return

    async def replies(tx: Transaction) -> list[int]:
        return await bans.replies_under(tx, facts.id, limit=clearing.AT_ONCE)

    await clearing.clear(context, replies, reason=removal.reason)


async def _insist_on_gone(
    context: Context, arrived: Arrived, actor: Actor, removal: IncomingRemoval
) -> None:
    """Look at the origin before a post counts as deleted that we never saw (ACT-03).

    A neighbour on its author's server could say so of any. Nobody is asked on word of somebody
    who is nobody's fellow here: what they write would not be taken either.
    """
    uri = removal.object_uri
    async with context.database.reading() as tx:
        if await stored.find_by_uri(tx, uri) or await stored.is_tombstone(tx, uri):
            return
        is_fellow = arrived.via is not None or await follows.is_fellow(tx, actor.id)
    if not is_fellow or not same_origin(removal.actor_uri, uri):
        raise Ignored("not-theirs-to-delete")
    try:
        document = await confirming.fetch(context, uri)
    except Gone:
        return
    if document.get("type") != TOMBSTONE and document.get("attributedTo") != actor.uri:
        raise Ignored("not-theirs-to-delete")


async def _remember(tx: Transaction, context: Context, removal: IncomingRemoval) -> None:
    """Keep a late Create from bringing back what its own server deleted first (ACT-19)."""
    await stored.add_tombstone(
        tx, removal.object_uri, actor_uri=removal.actor_uri, now=context.now()
    )


async def _forget_actor(context: Context, arrived: Arrived) -> None:
    async with context.database.reading() as tx:
        actor = await actors.find(tx, arrived.activity.actor)
    if actor is None:
        raise Ignored("actor-unknown")
    if arrived.activity.remove_data is not False:
        # Lemmy lets people leave and their posts stay; it says so, and nobody else does.
        while await _empty_some(context, actor.id):
            pass
        while await _unmark_some(context, actor.id):
            pass

    async with arrived.effect() as tx:
        await ending.pass_on(tx, context, actor, arrived.document)
        await actors.mark_deleted(tx, actor.uri, now=context.now())
        await endings.forget_edges(tx, actor.id)


async def _unmark_some(context: Context, actor_id: int) -> bool:
    """Take some marks of somebody who is gone, each in its own commit; False at the end."""
    async with context.database.reading() as tx:
        ids = await endings.marked_by(tx, actor_id, limit=_AT_ONCE)
    for post_id in ids:
        async with context.database.transaction("inbox.unmark") as tx:
            await marks.take(tx, actor_id, post_id)
    return bool(ids)


async def _empty_some(context: Context, author_id: int) -> bool:
    """Make some of an author's posts tombstones, each in its own commit; False at the end."""
    async with context.database.reading() as tx:
        ids = await stored.by_author(tx, author_id, limit=_AT_ONCE)
    for post_id in ids:
        async with context.database.transaction("inbox.forget") as tx:
            sealed = await stored.find(tx, post_id)
            if sealed is not None:
                await bury(tx, context, sealed.facts, by=DeletedBy.AUTHOR, reason="")
    return bool(ids)
