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
from schemas.records import Actor, Community, Visibility
from server.context import Context
from server.services import fanout
from server.services.communities import governed
from server.services.errors import Invalid, NotAllowed
from server.services.fanout import about_community
from server.services.stewardship import log_act, voice_of
from server.storage import actors, communities, follows
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
        person = await actors.get(tx, actor_id)
        document = _block(context, member, community, person, reason, until=until)
        await follows.ban(
            tx, actor_id, community.id, str(document["id"]), now=context.now(), until=until
        )
        await _tell(tx, context, member, community, document, person)
        await log_act(tx, context, member, "ban", person.uri, reason)


async def lift_ban(
    context: Context, member: SignedIn, community_id: int, actor_id: int
) -> None:
    """Let somebody ask to belong again."""
    async with context.database.transaction("communities.lift-ban") as tx:
        community = await governed(tx, member, community_id)
        edge = await follows.find(tx, actor_id, community.id)
        if edge is None or not await follows.lift_ban(tx, actor_id, community.id):
            raise NotAllowed("not-banned", "They were not put out, or it was lifted before.")
        person = await actors.get(tx, actor_id)
        block = _block(context, member, community, person, "")
        block["id"] = edge.uri
        document = undo_activity(
            fanout.mint_activity(context),
            actor=voice_of(member, community).uri,
            inner=block,
            public=community.visibility is Visibility.PUBLIC,
            published=context.now(),
        )
        await _tell(tx, context, member, community, document, person)
        await log_act(tx, context, member, "lift-ban", person.uri, "")


def _block(
    context: Context,
    member: SignedIn,
    community: Community,
    person: Actor,
    reason: str,
    *,
    until: datetime | None = None,
) -> dict[str, Any]:
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
    await _tell(tx, context, member, community, document, person)
    act = "add-steward" if added else "remove-steward"
    await log_act(tx, context, member, act, person.uri, community.uri)


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
    person: Actor,
) -> None:
    happening = about_community(Event.GOVERNANCE, community, person=person)
    await fanout.publish(tx, context, voice_of(member, community), document, happening)
