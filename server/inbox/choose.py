"""An answer is accepted."""

from federation.audience import Event
from server.context import Context
from server.services import choices, fanout, standing
from server.services.arrived import Arrived, Dispatch, Ignored
from server.services.fanout import about_post
from server.storage import posts


async def on_choose(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Take over a ChooseAnswer of the asker or a steward (wire.md 2.3, ACT-23)."""
    actor = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        answer = await standing.post_of(tx, arrived, arrived.activity.object_id)
        community = await standing.community_of(tx, arrived, answer)
        root = await posts.find(tx, answer.root_id)
        target = arrived.activity.target_id
        if root is None or target not in (None, root.facts.uri):
            raise Ignored("answer-to-another-question")
        if not await choices.receive_choice(
            tx, context, actor, root.facts, answer, community, arrived.activity.id
        ):
            raise Ignored("not-theirs-to-accept")
        if community.actor.local:
            happening = about_post(Event.CHOICE, community, answer)
            await fanout.announce(tx, context, arrived.document, happening)
