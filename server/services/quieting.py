"""Threads of which a member wants to be told nothing more; nobody else knows of it."""

from schemas.records import PostFacts, Surface
from server.context import Context
from server.services import sharing
from server.services.posts import principal_of
from server.storage import quiet_threads
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def mute(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Hear nothing more of the thread that a post is in.

    Raises:
        NotFound: "post-not-found": there is none, or it is not theirs to read.
    """
    async with context.database.transaction("quieting.mute") as tx:
        facts = await _readable(tx, context, member, post_id)
        await quiet_threads.add(tx, member.member.id, facts.root_id)
        return facts


async def unmute(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Hear of a thread again.

    Raises:
        NotFound: "post-not-found".
    """
    async with context.database.transaction("quieting.unmute") as tx:
        facts = await _readable(tx, context, member, post_id)
        await quiet_threads.remove(tx, member.member.id, facts.root_id)
        return facts


async def _readable(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> PostFacts:
    released = await sharing.released(tx, context, post_id, principal_of(member), Surface.PAGE)
    return released.content.facts
