"""Followers elsewhere are told what an actor of ours is now, in its own words."""

from schemas.records import Actor, Anonymous
from server.context import Context
from server.services import people, reading
from server.storage import actors, communities, details
from server.storage.database import Transaction
from server.storage.served import Known


async def tell(tx: Transaction, context: Context, actor: Actor) -> None:
    """Tell who follows a person or a community of ours; agencies have no followers."""
    if actor.kind.speaks_for_agency:
        return
    known = Known(
        actor=actor,
        keys=await actors.public_keys(tx, actor.id, now=context.now()),
        community=await communities.find(tx, actor.id),
        details=await details.find(tx, actor.id),
    )
    document = reading.actor_document(context, known, Anonymous())
    await people.tell_followers(tx, context, actor, document, public=not known.is_private)
