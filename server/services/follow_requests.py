"""Who asks to follow a member that decides it: let in, refused, or followers no longer."""

from typing import Any

from federation.translate.outgoing_activities import (
    accept_activity,
    follow_activity,
    reject_activity,
)
from schemas.records import Actor, ActorKind, Follow, FollowState
from server.context import Context
from server.services import fanout, people
from server.services.errors import NotFound
from server.storage import actors, follow_requests, follows, notifications
from server.storage.database import Transaction
from server.storage.follows import Asked
from server.storage.sessions import SignedIn
from server.storage.timelines import Window

_MOST_AT_ONCE = 200


async def waiting(
    tx: Transaction, context: Context, member_id: int, window: Window
) -> list[Actor]:
    """List who asks to follow a member, but for those whose agency must be admitted first."""
    return await follow_requests.listed(
        tx, member_id, window, unadmitted=context.settings.open_federation
    )


async def count(tx: Transaction, context: Context, member_id: int) -> int:
    return await follow_requests.count(
        tx, member_id, unadmitted=context.settings.open_federation
    )


async def authorize(context: Context, member: SignedIn, follower_id: int) -> None:
    """Let somebody follow who asked to, and tell their server.

    Raises:
        NotFound: "record-not-found": nobody waits by that id, or their agency waits as well.
    """
    async with context.database.transaction("follow-requests.authorize") as tx:
        asked = await _asked(tx, context, member, follower_id)
        await _let_in(tx, context, asked)


async def reject(context: Context, member: SignedIn, follower_id: int) -> None:
    """Refuse somebody who asked to follow, and tell their server; they may ask again.

    Raises:
        NotFound: "record-not-found".
    """
    async with context.database.transaction("follow-requests.reject") as tx:
        asked = await _asked(tx, context, member, follower_id)
        now = context.now()
        me = asked.target
        await follows.settle(tx, follower_id, me.id, FollowState.REFUSED, now=now)
        await _tell(tx, context, asked, "refused")
        await _refuse(tx, context, me, asked.follower, asked.follow)


async def remove_follower(context: Context, member: SignedIn, follower_id: int) -> None:
    """Have somebody follow no longer; nothing happens where they do not.

    Raises:
        NotFound: "record-not-found".
    """
    async with context.database.transaction("follow-requests.remove") as tx:
        try:
            follower = await actors.get(tx, follower_id)
        except LookupError:
            raise _missing() from None
        if follower.kind is not ActorKind.PERSON or follower.deleted_at is not None:
            raise _missing()
        await end_theirs(tx, context, member.member.actor, follower)


async def end_theirs(tx: Transaction, context: Context, me: Actor, follower: Actor) -> None:
    """End a Follow of a member, asked or accepted, in the transaction of something larger.

    Why is not said: it is nobody's business but the member's.
    """
    theirs = await follows.remove(tx, follower.id, me.id)
    if theirs is not None:
        await _refuse(tx, context, me, follower, theirs)


async def let_all_in(tx: Transaction, context: Context, me: Actor) -> None:
    """Let in who waits, as many as are let in at once: the member decides it no longer."""
    for asked in await follow_requests.asked(
        tx,
        me.id,
        unadmitted=context.settings.open_federation,
        limit=_MOST_AT_ONCE,
    ):
        await _let_in(tx, context, asked)


async def _asked(
    tx: Transaction, context: Context, member: SignedIn, follower_id: int
) -> Asked:
    found = await follow_requests.asked(
        tx,
        member.member.id,
        unadmitted=context.settings.open_federation,
        limit=1,
        only=follower_id,
    )
    if not found:
        raise _missing()
    return found[0]


async def _let_in(tx: Transaction, context: Context, asked: Asked) -> None:
    me, follower, now = asked.target, asked.follower, context.now()
    await people.let_follow(tx, context, follower, me)
    if follower.local:
        await _tell(tx, context, asked, "let-in")
        return
    document = accept_activity(
        fanout.mint_activity(context),
        actor=me.uri,
        follow=_document(asked.follow, follower, me),
        published=now,
    )
    await fanout.send_to(tx, context, me, document, [follower], about=follower.uri)


async def _tell(tx: Transaction, context: Context, asked: Asked, kind: str) -> None:
    """Tell a member of ours what became of what they asked."""
    await notifications.add(
        tx,
        member_id=asked.follower.id,
        kind=kind,
        actor_id=asked.target.id,
        subject=asked.follow.uri,
        post_id=None,
        now=context.now(),
    )


async def _refuse(
    tx: Transaction, context: Context, me: Actor, follower: Actor, follow: Follow
) -> None:
    if follower.local:
        return
    document = reject_activity(
        fanout.mint_activity(context),
        actor=me.uri,
        follow=_document(follow, follower, me),
        published=context.now(),
    )
    await fanout.send_to(tx, context, me, document, [follower], about=follower.uri)


def _document(follow: Follow, follower: Actor, me: Actor) -> dict[str, Any]:
    return follow_activity(
        follow.uri, actor=follower.uri, target=me.uri, published=follow.asked_at
    )


def _missing() -> NotFound:
    return NotFound("record-not-found", "Record not found")
