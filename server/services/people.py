"""Follow people, here and elsewhere; take Follows of ours; tell followers of a new profile."""

from typing import Any

from federation.audience import Addressing
from federation.translate.outgoing_activities import (
    accept_activity,
    follow_activity,
    reject_activity,
    undo_activity,
    update_actor_activity,
)
from schemas.records import Actor, ActorKind, AgencyState, FollowState
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import communities, fanout, sharing, telling
from server.services.errors import Conflict, NotAllowed, NotFound
from server.storage import (
    activities,
    actors,
    agencies,
    details,
    follows,
    lists,
    notifications,
    silences,
)
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def follow(context: Context, member: SignedIn, person_id: int) -> FollowState:
    """Follow a person: ours accept at once or are asked, others answer for themselves.

    Of an agency that nobody has admitted yet: the Follow waits here, visibly.

    Raises:
        NotFound: "person-not-found".
        Conflict: "follows-oneself".
        NotAllowed: "agency-blocked", "not-to-be-followed": one of the two blocked the other.
    """
    me = member.member.actor

    async with context.database.transaction("people.follow") as tx:
        person = await _person(tx, person_id)
        if person.id == me.id:
            raise Conflict("follows-oneself", "You cannot follow yourself.")
        if await sharing.may_knock(tx, person.host) is AgencyState.BLOCKED:
            raise NotAllowed("agency-blocked", "Our moderators blocked that agency.")
        if not await _hear_each_other(tx, me, person):
            raise NotAllowed("not-to-be-followed", "You cannot follow this person.")
        return await follow_within(tx, context, me, person)


async def follow_within(
    tx: Transaction, context: Context, me: Actor, person: Actor
) -> FollowState:
    """Follow a person in the transaction of something larger; checked is who they are.

    Nothing happens where one of the two blocked the other.
    """
    if not await _hear_each_other(tx, me, person):
        return FollowState.REFUSED
    before = await follows.find(tx, me.id, person.id)
    if before is not None and before.state is not FollowState.REFUSED:
        return before.state

    uri = fanout.mint_activity(context)
    await follows.ask(tx, me.id, person.id, uri, now=context.now())
    if not person.local:
        await communities.send_follow(tx, context, me, person, uri)
        return FollowState.ASKED
    if (await details.find(tx, person.id)).locked:
        await _ask(tx, context, me, person, uri)
        return FollowState.ASKED
    await let_follow(tx, context, me, person)
    return FollowState.ACCEPTED


async def _hear_each_other(tx: Transaction, me: Actor, person: Actor) -> bool:
    return await silences.hears(tx, me.id, person.id) and await silences.hears(
        tx, person.id, me.id
    )


async def unfollow(context: Context, member: SignedIn, person_id: int) -> None:
    """Follow a person no longer, or take back the wish to.

    Raises:
        NotFound: "person-not-found".
    """
    me = member.member.actor

    async with context.database.transaction("people.unfollow") as tx:
        person = await _known(tx, person_id)
        await lists.forget(tx, me.id, person.id)
        await unfollow_within(tx, context, me, person)


async def unfollow_within(tx: Transaction, context: Context, me: Actor, target: Actor) -> None:
    """End a Follow of a person or a community in the transaction of something larger."""
    removed = await follows.remove(tx, me.id, target.id)
    if removed is None or target.local:
        return
    if await activities.find_by_uri(tx, removed.uri) is None:
        return  # it waited here, so nobody there knows of it
    inner = follow_activity(
        removed.uri, actor=me.uri, target=target.uri, published=removed.asked_at
    )
    document = undo_activity(
        fanout.mint_activity(context),
        actor=me.uri,
        inner=inner,
        public=True,
        published=context.now(),
    )
    await fanout.send_to(tx, context, me, document, [target], about=target.uri)


async def accept_person_follow(
    tx: Transaction,
    context: Context,
    follower: Actor,
    person: Actor,
    follow_uri: str,
    document: dict[str, Any],
) -> bool:
    """Let somebody from elsewhere follow one of ours, and tell them; twice is the same as once.

    It waits, visibly, where nobody has admitted their agency yet, and where the member decides
    who follows them. False, and nothing happens, for a person who is gone or suspended or
    blocked the follower, for a blocked agency, and for an id that is another Follow's already.
    `document` is the Follow as it came.
    """
    state = await sharing.may_knock(tx, follower.host)
    if state is AgencyState.BLOCKED or not await _takes(tx, follower, person, follow_uri):
        return False

    follow = await follows.ask(tx, follower.id, person.id, follow_uri, now=context.now())
    if not sharing.may_send(context, state, public=True):
        await agencies.knock(tx, follower.host, now=context.now())
        return True
    is_new = follow.state is FollowState.ASKED
    if is_new and (await details.find(tx, person.id)).locked:
        await _ask(tx, context, follower, person, follow_uri)
        return True
    await let_follow(tx, context, follower, person)
    accept = accept_activity(
        fanout.mint_activity(context),
        actor=person.uri,
        follow=document,
        published=context.now(),
    )
    await fanout.send_to(tx, context, person, accept, [follower], about=follower.uri)
    return True


async def _takes(tx: Transaction, follower: Actor, person: Actor, follow_uri: str) -> bool:
    """Say whether somebody may ask a person of ours at all, by a Follow of this id."""
    if not person.local or person.kind is not ActorKind.PERSON:
        return False
    if person.deleted_at is not None or person.suspended_at is not None:
        return False
    known = await follows.find_by_uri(tx, follow_uri)
    if known and (known.follower_id, known.target_id) != (follower.id, person.id):
        return False
    return await silences.hears(tx, person.id, follower.id)


async def refuse_follow(
    tx: Transaction, context: Context, follower: Actor, target: Actor, document: dict[str, Any]
) -> None:
    """Answer a Follow, `document` as it came, of whom nobody can follow."""
    reject = reject_activity(
        fanout.mint_activity(context),
        actor=target.uri,
        follow=document,
        published=context.now(),
    )
    await fanout.send_to(tx, context, target, reject, [follower], about=follower.uri)


async def _ask(
    tx: Transaction, context: Context, follower: Actor, person: Actor, follow_uri: str
) -> None:
    """Ask a member of ours who decides who follows them."""
    await notifications.add(
        tx,
        member_id=person.id,
        kind="asks-to-follow",
        actor_id=follower.id,
        subject=follow_uri,
        post_id=None,
        now=context.now(),
    )


async def let_follow(tx: Transaction, context: Context, follower: Actor, person: Actor) -> None:
    """Have somebody follow a member of ours from now on; their own server is told apart."""
    now = context.now()
    await follows.settle(tx, follower.id, person.id, FollowState.ACCEPTED, now=now)
    await notifications.add(
        tx,
        member_id=person.id,
        kind="follow",
        actor_id=follower.id,
        subject=follower.uri,
        post_id=None,
        now=now,
    )


async def _person(tx: Transaction, person_id: int) -> Actor:
    person = await _known(tx, person_id)
    if person.deleted_at is not None or person.suspended_at is not None:
        raise NotFound("person-not-found", "There is no such person.")
    return person


async def _known(tx: Transaction, person_id: int) -> Actor:
    try:
        person = await actors.get(tx, person_id)
    except LookupError:
        raise NotFound("person-not-found", "There is no such person.") from None
    if person.kind is not ActorKind.PERSON:
        raise NotFound("person-not-found", "There is no such person.")
    return person


async def tell_followers(
    tx: Transaction,
    context: Context,
    actor: Actor,
    document: dict[str, Any],
    *,
    public: bool = True,
) -> None:
    """Tell followers elsewhere that an actor of ours has changed; they fetch it anew."""
    told = await follows.recipients(
        tx, actor.id, unadmitted=public and context.settings.open_federation
    )
    update = update_actor_activity(
        fanout.mint_activity(context),
        document,
        addressed=Addressing((PUBLIC,) if public else (), (fanout.followers_of(actor),)),
        published=context.now(),
    )
    await telling.tell(tx, context, actor, update, told)
