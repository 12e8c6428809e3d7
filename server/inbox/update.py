"""A post or an actor changed."""

from federation.audience import Event
from federation.translate.incoming import authored_post
from federation.translate.reading import settled_time
from schemas.wire.reading import lenient_type_name
from schemas.wire.vocabulary import ActorType
from server.context import Context
from server.services import (
    audiences,
    discovery,
    duplicates,
    fanout,
    feed_changes,
    newcomer,
    polls,
    quotes,
    revising,
    standing,
    storing,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_post

_ACTORS = frozenset(ActorType)


async def on_update(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Take over an edit by the author; an actor is fetched anew from its own server."""
    document = arrived.activity.embedded
    if document is None:
        raise Ignored("update-without-object")
    if (kind := lenient_type_name(document.get("type"))) in _ACTORS:
        await (feed_changes.refresh if kind == ActorType.FEED else _refresh)(context, arrived)
        return
    incoming = authored_post(arrived.activity, document, now=context.now())
    incoming = await audiences.confirmed(context, incoming)
    incoming = await quotes.proven_edit(context, incoming)
    told_at = settled_time(arrived.activity.published, context.now())

    async with arrived.effect() as tx:
        facts = await standing.post_of(tx, arrived, incoming.uri)
        community = await standing.community_of_own(tx, arrived, facts)
        if facts.author_uri != incoming.author_uri or facts.author_local:
            raise Ignored("not-theirs-to-edit")
        if facts.deleted_at is not None:
            # Nor passed on: others may have kept no tombstone, and would show it again.
            raise Ignored("post-deleted")
        changed = await revising.take_over(tx, facts, incoming, now=context.now())
        if changed:
            carried = newcomer.carried_by(incoming)
            await storing.tell_called(tx, [(facts.id, carried)], now=context.now())
        changed |= await quotes.take_over(tx, facts, incoming)
        changed |= await duplicates.take_over(tx, facts, incoming)
        changed |= await polls.take_over(tx, facts, incoming, told_at=told_at)
        addressed = await audiences.take_over(tx, facts, incoming, community)
        if not changed and addressed == facts and not community.actor.local:
            raise Ignored("edit-not-newer")
        if community.actor.local:
            # Also where only its state changed: others read accepted answers from the Update.
            happening = about_post(Event.EDIT, community, addressed)
            await fanout.announce(tx, context, arrived.document, happening)


async def _refresh(context: Context, arrived: Arrived) -> None:
    if arrived.activity.object_id != arrived.activity.actor:
        raise Ignored("update-of-another")
    await discovery.refresh_actor(context, arrived.activity.actor)

    async with arrived.effect():
        pass
