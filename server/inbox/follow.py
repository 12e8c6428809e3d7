"""Someone follows a community or a person; Accept and Reject."""

import structlog

from federation.errors import FederationError
from federation.translate.incoming import activity_from, undo_from
from schemas.records import Actor, ActorKind, Follow, FollowState
from schemas.wire import strict
from schemas.wire.vocabulary import ActivityType
from server.context import Context
from server.services import (
    backfill,
    communities,
    curating,
    discovery,
    people,
    quotes,
    standing,
)
from server.services.arrived import Arrived, Dispatch, Ignored
from server.storage import actors, follows, notifications, received
from server.storage import communities as stored
from server.storage.database import Transaction

log = structlog.get_logger()


async def on_follow(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Let in, ask a steward, or let it wait for a moderator to admit the agency."""
    if arrived.via is not None:
        raise Ignored("follow-through-a-community")
    follower = await standing.actor_of(context, arrived)

    async with arrived.effect() as tx:
        if await _is_undone(tx, arrived):
            raise Ignored("follow-undone")
        target = await actors.find(tx, arrived.activity.object_id or "")
        if target is None or not target.local or target.deleted_at is not None:
            raise Ignored("target-unknown")
        if follower.suspended_at is not None:
            raise Ignored("actor-suspended")
        known = await follows.find_by_uri(tx, arrived.activity.id)
        if known and (known.follower_id, known.target_id) != (follower.id, target.id):
            raise Ignored("id-of-another-follow")
        community = await stored.find(tx, target.id)
        if community is not None:
            await communities.receive_follow(
                tx, context, follower, community, arrived.activity.id
            )
            return
        await _answer(tx, context, arrived, follower, target)


async def _answer(
    tx: Transaction, context: Context, arrived: Arrived, follower: Actor, target: Actor
) -> None:
    match target.kind:
        case ActorKind.PERSON:
            await people.accept_person_follow(
                tx, context, follower, target, arrived.activity.id, arrived.document
            )
        case ActorKind.FEED:
            await curating.receive_follow(
                tx, context, follower, target, arrived.activity.id, arrived.document
            )
        case ActorKind.MODERATION:
            await people.refuse_follow(tx, context, follower, target, arrived.document)
        case _:
            raise Ignored("target-unknown")


async def _is_undone(tx: Transaction, arrived: Arrived) -> bool:
    """Say whether an Undo overtook this Follow; nobody belongs who has left (DEL-05)."""
    early = await received.without_effect(
        tx, arrived.activity.actor, type_=ActivityType.UNDO, reason="follow-unknown"
    )
    return any(
        undo_from(activity_from(strict.loads(raw))).uri == arrived.activity.id for raw in early
    )


async def on_verdict(context: Context, arrived: Arrived, _dispatch: Dispatch) -> None:
    """Take an Accept or a Reject from whom we asked, and from nobody else (ACT-05)."""
    if arrived.via is not None:
        raise Ignored("verdict-through-a-community")
    if await quotes.is_about_a_quote(context, arrived):
        await quotes.take_verdict(context, arrived)
        return
    accepted = arrived.activity.verb is ActivityType.ACCEPT
    if accepted:
        await _meet(context, arrived)

    async with arrived.effect() as tx:
        follow = await _asked(tx, arrived)
        target = await actors.get(tx, follow.target_id)
        if target.uri != arrived.activity.actor:
            raise Ignored("verdict-of-another")
        state = FollowState.ACCEPTED if accepted else FollowState.REFUSED
        if not await follows.settle(
            tx, follow.follower_id, follow.target_id, state, now=context.now()
        ):
            raise Ignored("verdict-known")
        joined = await stored.find(tx, target.id) if accepted else None
        if joined is not None:
            await backfill.want(tx, context, joined, whole=True)
        if not await _is_news(tx, follow, target, accepted=accepted):
            return
        await notifications.add(
            tx,
            member_id=follow.follower_id,
            kind="let-in" if accepted else "refused",
            actor_id=target.id,
            subject=follow.uri,
            post_id=None,
            now=context.now(),
        )


async def _is_news(tx: Transaction, follow: Follow, target: Actor, *, accepted: bool) -> bool:
    """Say whether a member is told of it: not of a Feed: its communities tell."""
    if target.kind is ActorKind.FEED:
        return False
    # What somebody who moved belonged to went along to their new account.
    return accepted or (await actors.get(tx, follow.follower_id)).moved_to is None


async def _meet(context: Context, arrived: Arrived) -> None:
    """Read a community anew when it lets one of ours in: strangers do not see its stewards."""
    async with context.database.reading() as tx:
        follow = await follows.find_by_uri(tx, arrived.activity.object_id or "")
        community = await stored.find_by_uri(tx, arrived.activity.actor)
    if follow is None or community is None or community.actor.local:
        return
    if follow.target_id != community.id or follow.state is not FollowState.ASKED:
        return
    try:
        await discovery.refresh_actor(context, community.uri)
    except FederationError as error:
        log.info("community-not-met", agency=community.actor.host, reason=error.reason)


async def _asked(tx: Transaction, arrived: Arrived) -> Follow:
    uri = arrived.activity.object_id or ""
    follow = await follows.find_by_uri(tx, uri)
    if follow is None:
        # Some programs mint a new id for the Follow that they send back.
        follow = await _named(tx, arrived)
    if follow is None or not (await actors.get(tx, follow.follower_id)).local:
        raise Ignored("follow-unknown")
    return follow


async def _named(tx: Transaction, arrived: Arrived) -> Follow | None:
    embedded = arrived.activity.embedded or {}
    follower = await actors.find(tx, str(embedded.get("actor", "")))
    target = await actors.find(tx, arrived.activity.actor)
    if follower is None or target is None:
        return None
    return await follows.find(tx, follower.id, target.id)
