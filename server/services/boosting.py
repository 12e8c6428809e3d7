"""Boosts by people elsewhere: kept for the count of a public post in a community of ours."""

from federation.translate.incoming import announced_in
from schemas.records import Actor, ActorKind, PostFacts, Visibility
from schemas.wire.activities import Activity
from server.context import Context
from server.services import standing
from server.services.arrived import Arrived, Ignored
from server.storage import actors, boosts, communities
from server.storage import posts as stored
from server.storage.database import Transaction


async def is_boost(context: Context, arrived: Arrived) -> bool:
    """Say whether a person passes a post on, which is no more than praise (wire.md 6.1)."""
    if arrived.via is not None:
        return False
    async with context.database.reading() as tx:
        actor = await actors.find(tx, arrived.activity.actor)
    return actor is not None and actor.kind is ActorKind.PERSON


async def receive(context: Context, arrived: Arrived) -> None:
    """Count a boost once; only of what everybody may read, by who belongs there (ACT-10)."""
    actor = await standing.actor_of(context, arrived)
    inside = announced_in(arrived.activity)

    async with arrived.effect() as tx:
        facts = await _boosted(tx, inside[0] if len(inside) == 1 else None)
        community = await communities.get(tx, facts.community_id)
        await standing.insist_on_member(tx, actor, community)
        now = context.now()
        if not await boosts.add(
            tx, arrived.activity.id, actor_id=actor.id, post_id=facts.id, now=now
        ):
            raise Ignored("boosted-already")


async def take_back(tx: Transaction, arrived: Arrived, actor: Actor, inner: Activity) -> None:
    """Count a boost no longer; a community that stops passing a post on takes nothing here."""
    facts = await standing.post_of(tx, arrived, inner.object_id)
    if not await boosts.take(tx, actor.id, facts.id):
        raise Ignored("undone-already")


async def _boosted(tx: Transaction, inner: object) -> PostFacts:
    """Find the post. What is not here, not ours, or not for everybody is all the same."""
    sealed = await stored.find_by_uri(tx, inner) if isinstance(inner, str) else None
    if sealed is None or not sealed.facts.community_local:
        raise Ignored("announce-of-no-community")
    if sealed.facts.visibility is not Visibility.PUBLIC or sealed.facts.deleted_at is not None:
        raise Ignored("announce-of-no-community")
    return sealed.facts
