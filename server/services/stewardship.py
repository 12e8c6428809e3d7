"""Remove, restore, lock and pin: what stewards and moderators do to posts."""

from typing import Any

from federation.audience import Addressing, Event, decision_addressing
from federation.translate.outgoing_activities import (
    add_activity,
    delete_activity,
    lock_activity,
    remove_activity,
    undo_activity,
)
from schemas.records import Actor, Community, DeletedBy, PostFacts, Role, Surface
from server.context import Context
from server.services import fanout, sharing
from server.services.burying import bury
from server.services.errors import Conflict, Invalid, NotAllowed
from server.services.fanout import about_post
from server.services.posts import principal_of
from server.storage import audit, communities, posts, threads
from server.storage.database import Transaction
from server.storage.sessions import SignedIn

LONGEST_REASON = 500


async def remove(context: Context, member: SignedIn, post_id: int, reason: str) -> PostFacts:
    """Take a post away with a reason; where the community is ours, everywhere."""
    reason = _reason(reason)

    async with context.database.transaction("stewardship.remove") as tx:
        facts, community = await _governed(tx, context, member, post_id)
        if not await bury(tx, context, facts, by=DeletedBy.MODERATOR, reason=reason):
            raise Conflict("post-deleted", "It is deleted already.")
        await log_act(tx, context, member, "remove-post", facts.uri, reason)
        if speaks_for(member, community):
            voice = voice_of(member, community)
            document = _removal(context, voice, facts, community)
            document["summary"] = reason
            await publish(tx, context, voice, document, facts, community, Event.REMOVAL)
        return facts


async def restore(context: Context, member: SignedIn, post_id: int, reason: str) -> PostFacts:
    """Give back what a moderator removed, to everybody who was told to take it away."""
    reason = _reason(reason)

    async with context.database.transaction("stewardship.restore") as tx:
        facts, community = await _governed(tx, context, member, post_id)

        if not await unbury(tx, facts):
            raise Conflict("not-removed", "There is nothing to restore; the author deleted it.")
        await log_act(tx, context, member, "restore-post", facts.uri, reason)
        if speaks_for(member, community):
            voice = voice_of(member, community)
            document = _undo(context, voice, _removal(context, voice, facts, community))
            await publish(tx, context, voice, document, facts, community, Event.RESTORATION)
        return facts


async def unbury(tx: Transaction, facts: PostFacts) -> bool:
    """Make a removed post readable again, here or on word from its community."""
    await posts.lock_thread(tx, facts.root_id)
    if not await posts.unbury(tx, facts.id):
        return False
    await posts.remove_tombstone(tx, facts.uri)
    await threads.recount(tx, {facts.root_id: facts.published_at})
    return True


async def lock(
    context: Context, member: SignedIn, post_id: int, *, locked: bool, reason: str = ""
) -> PostFacts:
    """Close a thread to replies, or open it again."""
    async with context.database.transaction("stewardship.lock") as tx:
        facts, community = await governed_thread(tx, context, member, post_id)

        await posts.lock(tx, facts.id, at=context.now() if locked else None)
        voice = voice_of(member, community)
        document = lock_activity(
            fanout.mint_activity(context),
            actor=voice.uri,
            about=facts.uri,
            community=community.uri,
            addressed=addressed_as(facts, community),
            published=context.now(),
            reason=reason,
        )
        if not locked:
            document = _undo(context, voice, document)
        await log_act(tx, context, member, "lock" if locked else "unlock", facts.uri, reason)
        await publish(tx, context, voice, document, facts, community, Event.GOVERNANCE)
        return facts


async def pin(context: Context, member: SignedIn, post_id: int, *, pinned: bool) -> PostFacts:
    """Keep a thread on top of its community, or no longer."""
    async with context.database.transaction("stewardship.pin") as tx:
        facts, community = await governed_thread(tx, context, member, post_id)

        await posts.pin(tx, facts.id, at=context.now() if pinned else None)
        voice = voice_of(member, community)
        build = add_activity if pinned else remove_activity
        document = build(
            fanout.mint_activity(context),
            actor=voice.uri,
            about=facts.uri,
            target=community.actor.featured or f"{community.uri}/featured",
            community=community.uri,
            addressed=addressed_as(facts, community),
            published=context.now(),
        )
        await log_act(tx, context, member, "pin" if pinned else "unpin", facts.uri, "")
        await publish(tx, context, voice, document, facts, community, Event.GOVERNANCE)
        return facts


async def may_govern(tx: Transaction, actor: Actor, community: Community) -> bool:
    """Say whether an actor's moderation of a community counts (ACT-21): only its stewards'."""
    gone = actor.suspended_at is not None or actor.deleted_at is not None
    if gone or community.wall:
        return False
    return actor.id == community.id or await communities.is_steward(tx, community.id, actor.id)


def speaks_for(member: SignedIn, community: Community) -> bool:
    """Say whether an act is the community's: a steward's, or a moderator's of its host."""
    if community.id in member.stewards:
        return True
    return community.actor.local and member.member.role.reaches(Role.MODERATOR)


def voice_of(member: SignedIn, community: Community) -> Actor:
    """Say who acts for all to see: the steward, or the community on a moderator's word.

    Other agencies believe its stewards and the community itself, and nobody else (ACT-21).
    """
    return member.member.actor if community.id in member.stewards else community.actor


async def _governed(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> tuple[PostFacts, Community]:
    released = await sharing.released(
        tx, context, post_id, principal_of(member), Surface.DECISION
    )
    facts = released.content.facts
    community = await communities.get(tx, facts.community_id)
    if community.id not in member.stewards and not member.member.role.reaches(Role.MODERATOR):
        raise NotAllowed("not-a-steward", "Only a steward or a moderator can do that.")
    return facts, community


async def governed_thread(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> tuple[PostFacts, Community]:
    facts, community = await _governed(tx, context, member, post_id)
    if facts.parent_id is not None or facts.deleted_at is not None:
        raise Conflict("not-a-thread", "That can be done to a whole thread only.")
    if facts.wall:
        raise NotAllowed("not-in-a-community", "That can be done in a community only.")
    if not speaks_for(member, community):
        raise NotAllowed("not-a-steward", "Only the community's stewards can do that.")
    return facts, community


def _removal(
    context: Context, voice: Actor, facts: PostFacts, community: Community
) -> dict[str, Any]:
    return delete_activity(
        fanout.mint_activity(context),
        actor=voice.uri,
        object_uri=facts.uri,
        addressed=addressed_as(facts, community),
        published=context.now(),
        community=community.uri,
        reason="removed",
    )


def _undo(context: Context, voice: Actor, inner: dict[str, Any]) -> dict[str, Any]:
    # Embedded also where the post is for members: a Delete and a Lock have ids and no words of
    # it (VIS-06), and the id of one that another steward made leads nowhere.
    return undo_activity(
        fanout.mint_activity(context),
        actor=voice.uri,
        inner=inner,
        public=True,
        published=context.now(),
    )


def addressed_as(facts: PostFacts, community: Community) -> Addressing:
    return decision_addressing(
        facts.visibility,
        community=community.uri,
        followers=fanout.followers_of(community.actor),
    )


async def publish(
    tx: Transaction,
    context: Context,
    voice: Actor,
    document: dict[str, Any],
    facts: PostFacts,
    community: Community,
    event: Event,
) -> None:
    happening = about_post(event, community, facts)
    await fanout.publish(tx, context, voice, document, happening)


def _reason(text: str) -> str:
    if not text.strip():
        raise Invalid({"reason": "Say why: the author and the log will read it."})
    if len(text) > LONGEST_REASON:
        raise Invalid({"reason": f"The reason may have {LONGEST_REASON} characters."})
    return text.strip()


async def log_act(
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
