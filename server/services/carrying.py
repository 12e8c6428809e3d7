"""What a proven Move carries into a community of ours: membership, stewardship, and bans."""

from datetime import datetime
from typing import Any, Final

from federation.audience import Event, decision_addressing
from federation.translate.outgoing_activities import (
    add_activity,
    block_activity,
    follow_activity,
    reject_activity,
    remove_activity,
)
from schemas.records import Actor, Community
from server.context import Context
from server.services import fanout
from server.services.fanout import about_community
from server.storage import communities, follows, moves, notifications
from server.storage.database import Transaction

_MOVED: Final = "This account has moved; its membership went along."


async def is_proven_member(tx: Transaction, community: Community, newcomer: Actor) -> bool:
    """Say whether somebody belongs here already, by the account that they moved from."""
    return bool(await moves.former(tx, newcomer.id, community.id))


async def hand_over(
    tx: Transaction, context: Context, community: Community, newcomer: Actor
) -> None:
    """Give what the accounts before it were in a community to one that was just let in."""
    for old in await moves.former(tx, newcomer.id, community.id):
        if await communities.is_steward(tx, community.id, old.id):
            now = context.now()
            await communities.add_steward(tx, community.id, newcomer.id, now=now)
            await communities.remove_steward(tx, community.id, old.id)
            await _tell_steward(tx, context, community, newcomer, added=True)
            await _tell_steward(tx, context, community, old, added=False)
        await _end(tx, context, community, old)


async def carry_ban(
    tx: Transaction,
    context: Context,
    community: Community,
    old: Actor,
    new: Actor,
    *,
    until: datetime | None,
) -> None:
    """Put somebody out under their new account as well; the community itself says so."""
    document = block_activity(
        fanout.mint_activity(context),
        actor=community.uri,
        blocked=new.uri,
        community=community.uri,
        addressed=decision_addressing(
            community.visibility,
            community=community.uri,
            followers=fanout.followers_of(community.actor),
        ),
        published=context.now(),
        reason=f"Moved from {old.uri}",
        until=until,
    )
    uri = str(document["id"])
    await follows.ban(tx, new.id, community.id, uri, now=context.now(), until=until)
    await communities.remove_steward(tx, community.id, new.id)
    await _tell(tx, context, community, document, new)
    for steward in await communities.stewards(tx, community.id):
        await notifications.add(
            tx,
            member_id=steward.id,
            kind="moved",
            actor_id=old.id,
            subject=new.uri,
            post_id=None,
            now=context.now(),
        )


async def _end(tx: Transaction, context: Context, community: Community, old: Actor) -> None:
    ended = await follows.remove(tx, old.id, community.id)
    if ended is None or old.local:
        return
    now = context.now()
    follow = follow_activity(
        ended.uri, actor=old.uri, target=community.uri, published=ended.asked_at
    )
    document = reject_activity(
        fanout.mint_activity(context),
        actor=community.uri,
        follow=follow,
        published=now,
        reason=_MOVED,
    )
    await fanout.send_to(tx, context, community.actor, document, [old], about=old.uri)


async def _tell_steward(
    tx: Transaction, context: Context, community: Community, person: Actor, *, added: bool
) -> None:
    build = add_activity if added else remove_activity
    document = build(
        fanout.mint_activity(context),
        actor=community.uri,
        about=person.uri,
        target=community.actor.moderators or f"{community.uri}/moderators",
        community=community.uri,
        addressed=decision_addressing(
            community.visibility,
            community=community.uri,
            followers=fanout.followers_of(community.actor),
        ),
        published=context.now(),
    )
    await _tell(tx, context, community, document, person)


async def _tell(
    tx: Transaction,
    context: Context,
    community: Community,
    document: dict[str, Any],
    person: Actor,
) -> None:
    happening = about_community(Event.GOVERNANCE, community, person=person)
    await fanout.publish(tx, context, community.actor, document, happening)
