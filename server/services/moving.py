"""People move to another account: what they say first, what is checked, what is carried."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from schemas.records import Actor, Community, FollowState
from server.context import Context
from server.services import carrying, communities, fanout, people
from server.storage import communities as stored
from server.storage import follows, moves, notifications
from server.storage.database import Transaction
from server.storage.follows import Asked

#: An account moves once in so long, ours and those elsewhere (ACT-09).
COOLDOWN: Final = timedelta(days=30)
_MOST_FOLLOWERS: Final = 5000

log = structlog.get_logger()


def is_too_soon(context: Context, moved_at: datetime | None) -> bool:
    return moved_at is not None and context.now() - moved_at < COOLDOWN


async def take_effect(tx: Transaction, context: Context, old: Actor, new: Actor) -> None:
    """Carry to a new account what is ours to carry; both accounts have said so, and it is seen.

    Our members who follow the old one follow the new one. In communities of ours bans hold for
    both; memberships wait for the new one's Follow, unless it came or the account is ours.
    """
    await moves.add(tx, old.id, new.id, now=context.now())
    followers = await moves.followers_here(tx, old.id, limit=_MOST_FOLLOWERS)
    for follower in followers:
        await _follow_on(tx, context, follower, old, new)
    for place in await moves.places(tx, old.id):
        community = await stored.get(tx, place.community_id)
        if place.state is FollowState.BANNED:
            await carrying.carry_ban(tx, context, community, old, new, until=place.until)
            continue
        await _carry_membership(tx, context, community, new)
    log.info("account-moved", old=old.host, new=new.host, followers=len(followers))


async def _follow_on(
    tx: Transaction, context: Context, follower: Actor, old: Actor, new: Actor
) -> None:
    if follower.id != new.id:
        await people.follow_within(tx, context, follower, new)
    await people.unfollow_within(tx, context, follower, old)
    await notifications.add(
        tx,
        member_id=follower.id,
        kind="moved",
        actor_id=old.id,
        subject=new.uri,
        post_id=None,
        now=context.now(),
    )


async def _carry_membership(
    tx: Transaction, context: Context, community: Community, new: Actor
) -> None:
    edge = await follows.find(tx, new.id, community.id)
    if edge is None and new.local:
        uri = fanout.mint_activity(context)
        edge = await follows.ask(tx, new.id, community.id, uri, now=context.now())
    if edge is None:
        return  # they ask by their own server, and are let in at once
    if edge.state is FollowState.ACCEPTED:
        await carrying.hand_over(tx, context, community, new)
    elif edge.state is FollowState.ASKED:
        waiting = Asked(follow=edge, follower=new, target=community.actor)
        await communities.settle_waiting(tx, context, waiting)
