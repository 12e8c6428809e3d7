"""An account ends, by its member's wish or the operator's; all who have copies are told."""

from datetime import timedelta
from typing import Final

from federation.audience import Addressing, Event
from federation.translate.outgoing_activities import delete_activity
from schemas.records import Actor
from schemas.wire.vocabulary import PUBLIC
from server.context import Context
from server.services import accounts, changing, fanout, kudos, people, recognizing, telling
from server.services.errors import Conflict, NotAllowed
from server.services.fanout import Happening
from server.storage import (
    account_jobs,
    actors,
    audit,
    communities,
    endings,
    marks,
    members,
    reach,
    recognitions,
    scheduled,
)
from server.storage import posts as stored
from server.storage.account_jobs import Job, JobKind
from server.storage.database import Transaction
from server.storage.members import Member
from server.storage.sessions import SignedIn

LEASE: Final = timedelta(minutes=10)
#: What was withdrawn goes out before the account's own Delete, unless somebody is away so long.
_PATIENCE: Final = timedelta(hours=1)
_LOOK_AGAIN: Final = timedelta(seconds=30)
_AT_ONCE: Final = 50


async def end_own(context: Context, member: SignedIn, password: str) -> None:
    """End one's own account; it is done by a worker, and nobody can sign in from now on.

    Raises:
        Invalid: field password.
        NotAllowed: "last-steward", naming the communities.
    """
    await accounts.confirm_password(context, member.member, password)
    await _begin(context, member.member, by=member.member.actor.uri)


async def end_by_operator(context: Context, member: Member) -> None:
    """End an account on the operator's word.

    Raises:
        NotAllowed: "last-steward", naming the communities.
    """
    await _begin(context, member, by="operator")


async def communities_in_the_way(context: Context, member_id: int) -> list[str]:
    """Name the communities that need another steward before a member can go."""
    async with context.database.reading() as tx:
        return await endings.last_steward_of(tx, member_id)


async def _begin(context: Context, member: Member, *, by: str) -> None:
    now = context.now()
    async with context.database.transaction("ending.begin") as tx:
        if alone := await endings.last_steward_of(tx, member.id):
            sentence = f"Name another steward first in: {', '.join(alone)}."
            raise NotAllowed("last-steward", sentence)
        job_id = context.ids.mint(now)
        if not await account_jobs.ask(tx, job_id, member.id, JobKind.ENDING, now=now):
            raise Conflict("ends-already", "This account is being deleted already.")
        # No password has this hash.
        await members.change_password_hash(tx, member.id, "")
        await accounts.end_access(tx, member.id)
        await scheduled.forget_member(tx, member.id)
        await audit.append(tx, actor=by, act="end-account", about=member.actor.uri, now=now)


async def work_on(context: Context, job: Job) -> None:
    """Go on with an ending, from wherever it stands: each step is its own commit."""
    async with context.database.reading() as tx:
        actor = await actors.get(tx, job.member_id)
    if actor.deleted_at is None:
        while await _withdraw_some(context, job, actor):
            pass
        await recognizing.withdraw_of(context, actor)
        await _leave_everything(context, actor)
        if not await _is_time(context, job, actor):
            return
        await _say_goodbye(context, job, actor)
        return

    now = context.now()
    async with context.database.transaction("ending.keys") as tx:
        if not await reach.is_told(tx, actor.id):
            due_at = now + _LOOK_AGAIN
            await account_jobs.put_off(tx, job.id, reason="telling", due_at=due_at, now=now)
            return
        await endings.destroy_keys(tx, actor.id, now=now)
        await account_jobs.finish(tx, job.id, now=now)


async def _withdraw_some(context: Context, job: Job, actor: Actor) -> bool:
    """Withdraw some posts and marks; False when there was none left."""
    async with context.database.reading() as tx:
        written = await stored.by_author(tx, actor.id, limit=_AT_ONCE)
        marked = await endings.marked_by(tx, actor.id, limit=_AT_ONCE)
    for post_id in written:
        async with context.database.transaction("ending.post") as tx:
            sealed = await stored.find(tx, post_id)
            if sealed is not None:
                await changing.take_down(tx, context, actor, sealed.facts)
    for post_id in marked:
        async with context.database.transaction("ending.mark") as tx:
            await _unmark(tx, context, actor, post_id)
    async with context.database.transaction("ending.lease") as tx:
        steps = job.steps + len(written) + len(marked)
        lease_until = context.now() + LEASE
        await account_jobs.step(tx, job.id, steps=steps, of_steps=0, lease_until=lease_until)
    return bool(written or marked)


async def _unmark(tx: Transaction, context: Context, actor: Actor, post_id: int) -> None:
    sealed = await stored.find(tx, post_id)
    if sealed is None:
        return
    community = await communities.get(tx, sealed.facts.community_id)
    nothing = kudos.blank(actor, sealed.facts, context.now())
    await stored.lock_thread(tx, sealed.facts.root_id)
    await kudos.change_mark(tx, context, actor, sealed.facts, community, nothing)
    await marks.take(tx, actor.id, post_id)


async def _leave_everything(context: Context, actor: Actor) -> None:
    while True:
        async with context.database.reading() as tx:
            targets = await reach.targets(tx, actor.id, limit=_AT_ONCE)
        for target in targets:
            async with context.database.transaction("ending.edge") as tx:
                await communities.remove_steward(tx, target.id, actor.id)
                await people.unfollow_within(tx, context, actor, target)
        if len(targets) < _AT_ONCE:
            return


async def _is_time(context: Context, job: Job, actor: Actor) -> bool:
    """Let what was withdrawn arrive first: who hosts a community passes that on to others."""
    now = context.now()
    if now - job.asked_at >= _PATIENCE:
        return True
    async with context.database.transaction("ending.wait") as tx:
        if await reach.is_told(tx, actor.id):
            return True
        due_at = now + _LOOK_AGAIN
        await account_jobs.put_off(tx, job.id, reason="withdrawing", due_at=due_at, now=now)
    return False


async def _say_goodbye(context: Context, job: Job, actor: Actor) -> None:
    """Tell every inbox that ever got anything of theirs, and forget all but the name."""
    now = context.now()
    followers = fanout.followers_of(actor)

    async with context.database.transaction("ending.goodbye") as tx:
        known_to = await reach.holders(tx, actor.id) + await reach.followers(tx, actor.id)
        known_to += await recognitions.givers(tx, actor.id)
        document = delete_activity(
            fanout.mint_activity(context),
            actor=actor.uri,
            object_uri=actor.uri,
            addressed=Addressing((PUBLIC,), (followers,)),
            published=now,
        )
        await telling.tell(tx, context, actor, document, known_to)
        await pass_on(tx, context, actor, document)
        await actors.mark_deleted(tx, actor.uri, now=now)
        await endings.forget_edges(tx, actor.id)
        await endings.forget_notifications(tx, actor.id)
        await endings.forget_what_was_theirs(tx, actor.id)
        await account_jobs.forget_member(tx, actor.id)
        await account_jobs.put_off(
            tx, job.id, reason="telling", due_at=now + _LOOK_AGAIN, now=now
        )


async def pass_on(
    tx: Transaction, context: Context, actor: Actor, document: dict[str, object]
) -> None:
    """Let the communities of ours tell their members' agencies that an actor is gone.

    They got copies from us that its own server knows nothing of.
    """
    for community_id in await endings.communities_touched(tx, actor.id):
        community = await communities.get(tx, community_id)
        happening = Happening(
            event=Event.DELETE,
            community=community,
            about=actor.uri,
            visibility=community.visibility,
        )
        await fanout.announce(tx, context, document, happening)
