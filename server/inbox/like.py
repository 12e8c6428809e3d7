"""Someone gives kudos, says that a post helped, or puts an emoji under it."""

from federation.audience import Event
from federation.translate.incoming import mark_from, reaction_from
from server.context import Context
from server.services import fanout, kudos, reacting, standing
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_post


async def on_like(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Make it the one live mark of its actor on the post (product.md)."""
    incoming = mark_from(arrived.activity, now=context.now())
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        facts = await standing.post_of(tx, arrived, incoming.post_uri)
        community = await standing.community_of(tx, arrived, facts)
        await standing.insist_on_member(tx, actor, community)
        if not await kudos.receive(tx, context, actor, facts, incoming):
            raise Ignored("mark-says-nothing-new")
        if community.actor.local:
            await fanout.announce(
                tx, context, arrived.document, about_post(Event.MARK, community, facts)
            )


async def on_react(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Keep an emoji beside the one mark of its giver."""
    incoming = reaction_from(arrived.activity, now=context.now())
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        facts = await standing.post_of(tx, arrived, incoming.post_uri)
        community = await standing.community_of(tx, arrived, facts)
        await standing.insist_on_member(tx, actor, community)
        if not await reacting.receive(tx, actor, facts, incoming):
            raise Ignored("mark-says-nothing-new")
        if community.actor.local:
            await fanout.announce(
                tx, context, arrived.document, about_post(Event.MARK, community, facts)
            )
