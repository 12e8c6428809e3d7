"""Somebody is put out of a community, or of all communities of a server; and let back in."""

from collections.abc import Sequence
from typing import Any

from federation.audience import Event
from federation.translate.incoming import IncomingBan, ban_from
from federation.uris import authority_of, same_origin
from schemas.records import Actor, Community
from schemas.wire.activities import Activity
from server.context import Context
from server.services import clearing, fanout, standing, stewardship
from server.services.arrived import Arrived, Ignored
from server.services.fanout import about_community
from server.storage import actors, bans, communities, follows
from server.storage.database import Transaction


async def put_out(context: Context, arrived: Arrived) -> None:
    """Put somebody out, on word of stewards; for a time, or with what they wrote (Lemmy)."""
    ban = ban_from(arrived.activity)
    actor = await standing.actor_of(context, arrived)
    if ban.until is not None and ban.until <= context.now():
        raise Ignored("ban-over")
    if ban.removes_posts:
        await _clear(context, arrived, actor, ban)

    async with arrived.effect() as tx:
        banned = await _person(tx, ban.person_uri)
        found = await _communities(tx, arrived, actor, ban.target_uri)
        for community in found:
            # A Block's id names one edge only: of several, each has one of its own.
            own = ban.uri if len(found) == 1 else ""
            uri = own or f"{community.uri}#ban-{banned.id}"
            await follows.ban(
                tx, banned.id, community.id, uri, now=context.now(), until=ban.until
            )
            await communities.remove_steward(tx, community.id, banned.id)
            await _pass_on(tx, context, arrived.document, community, banned)


async def lift(
    tx: Transaction, context: Context, arrived: Arrived, actor: Actor, inner: Activity
) -> None:
    """Take a ban back, on word of whoever could have made it."""
    found = await _communities(tx, arrived, actor, inner.target_id or "")
    person = await actors.find(tx, inner.object_id or "")
    lifted = [
        community
        for community in found
        if person is not None and await follows.lift_ban(tx, person.id, community.id)
    ]
    if person is None or not lifted:
        raise Ignored("undone-already")
    for community in lifted:
        await _pass_on(tx, context, arrived.document, community, person)


async def _person(tx: Transaction, uri: str) -> Actor:
    banned = await actors.find(tx, uri)
    if banned is None:
        raise Ignored("actor-unknown")
    return banned


async def _clear(context: Context, arrived: Arrived, actor: Actor, ban: IncomingBan) -> None:
    """Remove what they wrote there first: nobody comes back to it once the ban is told."""
    async with context.database.reading() as tx:
        banned = await _person(tx, ban.person_uri)
        found = await _communities(tx, arrived, actor, ban.target_uri)
    for community in found:

        async def theirs(tx: Transaction, community_id: int = community.id) -> list[int]:
            return await bans.posts_of(tx, banned.id, community_id, limit=clearing.AT_ONCE)

        await clearing.clear(context, theirs, reason=ban.reason)


async def _communities(
    tx: Transaction, arrived: Arrived, actor: Actor, target: str
) -> Sequence[Community]:
    """Find what somebody may put others out of, by the target of a Block.

    That is a community, or a server by its own actor: then those of its communities that the
    actor governs, which is all of them for the server itself.
    """
    community = await communities.find_by_uri(tx, target)
    if community is None and arrived.via is None:
        return await _of_server(tx, actor, target)
    if community is None or (arrived.via is not None and arrived.via.id != community.id):
        raise Ignored("not-a-ban-from-the-community")
    if arrived.via is None and not community.actor.local:
        raise Ignored("not-through-its-community")
    if not await stewardship.may_govern(tx, actor, community):
        raise Ignored("not-a-steward")
    return (community,)


async def _of_server(tx: Transaction, actor: Actor, target: str) -> Sequence[Community]:
    if actor.local or not same_origin(actor.uri, target):
        raise Ignored("not-a-ban-from-the-community")
    found = [
        await communities.get(tx, each)
        for each in await bans.communities_at(tx, authority_of(target))
    ]
    governed = [
        community
        for community in found
        if actor.uri == target or await stewardship.may_govern(tx, actor, community)
    ]
    if not governed:
        raise Ignored("not-a-steward")
    return governed


async def _pass_on(
    tx: Transaction,
    context: Context,
    document: dict[str, Any],
    community: Community,
    person: Actor,
) -> None:
    if not community.actor.local:
        return
    happening = about_community(Event.GOVERNANCE, community, person=person)
    await fanout.announce(tx, context, document, happening)
