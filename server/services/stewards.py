"""Name stewards and release them; every agency with a member is told."""

from federation.audience import Event, decision_addressing
from federation.translate.outgoing_activities import add_activity, remove_activity
from schemas.records import Community
from server.context import Context
from server.services import fanout
from server.services.communities import governed
from server.services.errors import NotAllowed
from server.services.fanout import Happening
from server.services.stewardship import voice_of
from server.storage import actors, audit, communities, follows
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def add_steward(
    context: Context, member: SignedIn, community_id: int, actor_id: int
) -> None:
    """Name somebody who belongs to the community its steward; every agency is told."""
    async with context.database.transaction("communities.steward") as tx:
        community = await governed(tx, member, community_id)
        if not await follows.is_member(tx, community.id, actor_id):
            raise NotAllowed("not-a-member", "Only somebody who belongs here can be a steward.")
        await communities.add_steward(tx, community.id, actor_id, now=context.now())
        await _tell_stewards(tx, context, member, community, actor_id, added=True)


async def remove_steward(
    context: Context, member: SignedIn, community_id: int, actor_id: int
) -> None:
    async with context.database.transaction("communities.steward") as tx:
        community = await governed(tx, member, community_id)
        if len(await communities.stewards(tx, community.id)) == 1:
            raise NotAllowed("last-steward", "A community needs a steward; name another first.")
        await communities.remove_steward(tx, community.id, actor_id)
        await _tell_stewards(tx, context, member, community, actor_id, added=False)


async def _tell_stewards(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    community: Community,
    actor_id: int,
    *,
    added: bool,
) -> None:
    person = await actors.get(tx, actor_id)
    voice = voice_of(member, community)
    build = add_activity if added else remove_activity
    document = build(
        fanout.mint_activity(context),
        actor=voice.uri,
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
    happening = Happening(
        event=Event.GOVERNANCE,
        community=community,
        about=person.uri,
        visibility=community.visibility,
    )
    await fanout.publish(tx, context, voice, document, happening)
    await audit.append(
        tx,
        actor=member.member.actor.uri,
        act="add-steward" if added else "remove-steward",
        about=person.uri,
        reason=community.uri,
        now=context.now(),
    )
