"""Boosts: a person passes a post on to their followers, here or elsewhere."""

from typing import Any

from federation.audience import Addressing, Event
from federation.errors import FederationError, Unreachable
from federation.translate.incoming import announced_in
from federation.translate.outgoing_activities import announce_activity, undo_activity
from schemas.records import Actor, ActorKind, PostFacts, Surface, Visibility
from schemas.wire.activities import Activity
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import fanout, sharing, standing, wall_arrivals
from server.services.arrived import Arrived, Ignored
from server.services.errors import NotAllowed
from server.services.fanout import Happening
from server.services.posts import principal_of
from server.storage import actors, boosts, communities, follows, notifications
from server.storage import posts as stored
from server.storage.boosts import Boost
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def boost(context: Context, member: SignedIn, post_id: int) -> Boost:
    """Pass a post on that everybody may read; a second time changes nothing.

    Raises:
        NotFound: there is no such post for them.
        NotAllowed: "not-for-everybody", "moved".
    """
    actor = member.member.actor
    async with context.database.transaction("boosting.boost") as tx:
        released = await sharing.released(
            tx, context, post_id, principal_of(member), Surface.DECISION
        )
        facts = released.content.facts
        if facts.visibility is not Visibility.PUBLIC or facts.deleted_at is not None:
            raise NotAllowed("not-for-everybody", "Only what everybody may read is passed on.")
        if actor.moved_to is not None:
            raise NotAllowed("moved", "This account has moved. Write from the new one.")
        if (before := await boosts.find(tx, actor.id, facts.id)) is not None:
            return before
        now = context.now()
        uri = fanout.mint_activity(context)
        made = Boost(
            id=context.ids.mint(now),
            uri=uri,
            actor_id=actor.id,
            post_id=facts.id,
            boosted_at=now,
        )
        await boosts.add(tx, made)
        await _notify(tx, context, actor, facts)
        await _publish(tx, context, actor, facts, _announcement(made, actor, facts))
        return made


async def unboost(context: Context, member: SignedIn, post_id: int) -> None:
    """Pass a post on no longer; nothing happens where they did not."""
    actor = member.member.actor
    async with context.database.transaction("boosting.unboost") as tx:
        released = await sharing.released(
            tx, context, post_id, principal_of(member), Surface.DECISION
        )
        facts = released.content.facts
        taken = await boosts.take(tx, actor.id, facts.id)
        if taken is None:
            return
        document = undo_activity(
            fanout.mint_activity(context),
            actor=actor.uri,
            inner=_announcement(taken, actor, facts),
            public=True,
            published=context.now(),
        )
        await _publish(tx, context, actor, facts, document)


def _announcement(made: Boost, actor: Actor, facts: PostFacts) -> dict[str, Any]:
    addressed = Addressing((PUBLIC,), (fanout.followers_of(actor), facts.author_uri))
    return announce_activity(
        made.uri,
        community=actor.uri,
        inner=facts.uri,
        addressed=addressed,
        published=made.boosted_at,
    )


async def _publish(
    tx: Transaction, context: Context, actor: Actor, facts: PostFacts, document: dict[str, Any]
) -> None:
    """Tell the followers of whoever boosts, and the author."""
    author = await actors.get(tx, facts.author_id)
    wall = await communities.wall_of(tx, actor, now=context.now())
    happening = Happening(
        event=Event.BOOST,
        community=wall,
        about=facts.uri,
        visibility=Visibility.PUBLIC,
        facts=facts,
        called=(author,),
    )
    await fanout.publish(tx, context, actor, document, happening)


async def _notify(tx: Transaction, context: Context, actor: Actor, facts: PostFacts) -> None:
    await notifications.add(
        tx,
        member_id=facts.author_id,
        kind="boost",
        actor_id=actor.id,
        subject=facts.uri,
        post_id=facts.id,
        now=context.now(),
    )


async def is_boost(context: Context, arrived: Arrived) -> bool:
    """Say whether a person passes a post on, which is no more than praise (wire.md 6.1)."""
    if arrived.via is not None:
        return False
    async with context.database.reading() as tx:
        actor = await actors.find(tx, arrived.activity.actor)
    return actor is not None and actor.kind is ActorKind.PERSON


async def receive(context: Context, arrived: Arrived) -> None:
    """Keep a boost once; only of what everybody may read, by who may take part (ACT-10).

    What somebody passes on whom one of ours follows is fetched, where nobody brought it yet.
    """
    actor = await standing.actor_of(context, arrived)
    inside = announced_in(arrived.activity)
    uri = inside[0] if len(inside) == 1 and isinstance(inside[0], str) else ""
    await _fetch(context, actor, uri)

    async with arrived.effect() as tx:
        facts = await _boosted(tx, actor, uri)
        community = await communities.get(tx, facts.community_id)
        await standing.insist_on_member(tx, actor, community)
        now = context.now()
        made = Boost(
            id=context.ids.mint_past(min(arrived.activity.published or now, now)),
            uri=arrived.activity.id,
            actor_id=actor.id,
            post_id=facts.id,
            boosted_at=now,
        )
        if not await boosts.add(tx, made):
            raise Ignored("boosted-already")
        await _notify(tx, context, actor, facts)


async def take_back(tx: Transaction, arrived: Arrived, actor: Actor, inner: Activity) -> None:
    """Count a boost no longer; a community that stops passing a post on takes nothing here."""
    facts = await standing.post_of(tx, arrived, inner.object_id)
    if await boosts.take(tx, actor.id, facts.id) is None:
        raise Ignored("undone-already")


async def _fetch(context: Context, actor: Actor, uri: str) -> None:
    if not uri or context.home.is_ours(uri):
        return
    async with context.database.reading() as tx:
        if await stored.find_by_uri(tx, uri) or not await follows.has_local_follower(
            tx, actor.id
        ):
            return
    try:
        await wall_arrivals.fetch(context, uri)
    except Unreachable:
        raise
    except FederationError as error:
        raise Ignored(error.reason) from error


async def _boosted(tx: Transaction, actor: Actor, uri: str) -> PostFacts:
    """Find the post. What is not here, not ours, or not for everybody is all the same."""
    sealed = await stored.find_by_uri(tx, uri) if uri else None
    if sealed is None or sealed.facts.deleted_at is not None:
        raise Ignored("announce-of-no-community")
    facts = sealed.facts
    if facts.visibility is not Visibility.PUBLIC:
        raise Ignored("announce-of-no-community")
    if not facts.community_local and not await follows.has_local_follower(tx, actor.id):
        raise Ignored("announce-of-no-community")
    return facts
