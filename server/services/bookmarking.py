"""Keep posts for oneself, or no longer; nobody else is told."""

from schemas.records import PostFacts, Surface
from server.context import Context
from server.services import sharing
from server.services.errors import NotFound
from server.services.posts import principal_of
from server.storage import bookmarks
from server.storage.database import Transaction
from server.storage.sessions import SignedIn


async def keep(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Keep a post that the member may read.

    Raises:
        NotFound: "post-not-found": there is none, it is gone, or it is not theirs to read.
    """
    async with context.database.transaction("bookmarks.keep") as tx:
        facts = await _readable(tx, context, member, post_id)
        await bookmarks.add(
            tx, member.member.id, facts.id, bookmark_id=context.ids.mint(context.now())
        )
        return facts


async def drop(context: Context, member: SignedIn, post_id: int) -> PostFacts:
    """Keep a post no longer.

    Raises:
        NotFound: "post-not-found".
    """
    async with context.database.transaction("bookmarks.drop") as tx:
        facts = await _readable(tx, context, member, post_id)
        await bookmarks.remove(tx, member.member.id, facts.id)
        return facts


async def _readable(
    tx: Transaction, context: Context, member: SignedIn, post_id: int
) -> PostFacts:
    released = await sharing.released(tx, context, post_id, principal_of(member), Surface.PAGE)
    if released.content.facts.deleted_at is not None:
        raise NotFound("post-not-found", "There is no such post, or it is not for you to read.")
    return released.content.facts
