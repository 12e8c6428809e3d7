"""Name stewards, put people out of a community; every agency with a member is told."""

from datetime import datetime
from typing import Any

from federation.audience import Addressing, Event, decision_addressing
from federation.translate.outgoing_activities import (
    add_activity,
    block_activity,
    remove_activity,
    undo_activity,
)
from schemas.records import Community, Visibility
from server.context import Context
from server.services import fanout
from server.services.communities import governed
from server.services.errors import Invalid, NotAllowed
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


async def ban(
    context: Context,
    member: SignedIn,
    community_id: int,
    actor_id: int,
    reason: str,
    *,
    until: datetime | None = None,
) -> None:
    """Put somebody out of the community, for all agencies to see, until then or lifted.

    Raises:
        Invalid: field until, for a time that is over.
        NotAllowed: "is-a-steward".
    """
    if until is not None and until <= context.now():
        raise Invalid({"until": "Name a day that is still to come."})
    async with context.database.transaction("communities.ban") as tx:
        community = await governed(tx, member, community_id)
        if await communities.is_steward(tx, community.id, actor_id):
            raise NotAllowed("is-a-steward", "Release them as steward first.")
        document = await _block(tx, context, member, community, actor_id, reason, until=until)
        await follows.ban(
            tx, actor_id, community.id, str(document["id"]), now=context.now(), until=until
        )
        await _tell(tx, context, member, community, document, actor_id)
        await _log(tx, context, member, "ban", str(document["object"]), reason)


async def lift_ban(
    context: Context, member: SignedIn, community_id: int, actor_id: int
) -> None:
    """Let somebody ask to belong again."""
    async with context.database.transaction("communities.lift-ban") as tx:
        community = await governed(tx, member, community_id)
        edge = await follows.find(tx, actor_id, community.id)
        if edge is None or not await follows.lift_ban(tx, actor_id, community.id):
            raise NotAllowed("not-banned", "They were not put out, or it was lifted before.")
        block = await _block(tx, context, member, community, actor_id, "")
        block["id"] = edge.uri
        document = undo_activity(
            fanout.mint_activity(context),
            actor=voice_of(member, community).uri,
            inner=block,
            public=community.visibility is Visibility.PUBLIC,
            published=context.now(),
        )
        await _tell(tx, context, member, community, document, actor_id)
        await _log(tx, context, member, "lift-ban", str(block["object"]), "")


async def _block(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    community: Community,
    actor_id: int,
    reason: str,
    *,
    until: datetime | None = None,
) -> dict[str, Any]:
    person = await actors.get(tx, actor_id)
    return block_activity(
        fanout.mint_activity(context),
        actor=voice_of(member, community).uri,
        blocked=person.uri,
        community=community.uri,
        addressed=_addressed(community),
        published=context.now(),
        reason=reason,
        until=until,
    )


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
    build = add_activity if added else remove_activity
    document = build(
        fanout.mint_activity(context),
        actor=voice_of(member, community).uri,
        about=person.uri,
        target=community.actor.moderators or f"{community.uri}/moderators",
        community=community.uri,
        addressed=_addressed(community),
        published=context.now(),
    )
    await _tell(tx, context, member, community, document, actor_id)
    await _log(
        tx,
        context,
        member,
        "add-steward" if added else "remove-steward",
        person.uri,
        community.uri,
    )


def _addressed(community: Community) -> Addressing:
    return decision_addressing(
        community.visibility,
        community=community.uri,
        followers=fanout.followers_of(community.actor),
    )


async def _tell(
    tx: Transaction,
    context: Context,
    member: SignedIn,
    community: Community,
    document: dict[str, Any],
    actor_id: int,
) -> None:
    happening = Happening(
        event=Event.GOVERNANCE,
        community=community,
        about=community.uri,
        visibility=community.visibility,
        person=await actors.get(tx, actor_id),
    )
    await fanout.publish(tx, context, voice_of(member, community), document, happening)


async def _log(
    tx: Transaction, context: Context, member: SignedIn, act: str, about: str, reason: str
) -> None:
    await audit.append(
        tx,
        actor=member.member.actor.uri,
        act=act,
        about=about,
        reason=reason,
        now=context.now(),
    )
