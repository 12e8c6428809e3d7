"""Many posts are removed at once: each in its own commit, and each can be restored."""

from collections.abc import Awaitable, Callable

from schemas.records import DeletedBy
from server.context import Context
from server.services.burying import bury
from server.storage import posts
from server.storage.database import Transaction

#: How many posts are looked up at once.
AT_ONCE = 200


async def clear(
    context: Context, find: Callable[[Transaction], Awaitable[list[int]]], *, reason: str
) -> None:
    """Remove, as a moderator's, whatever is found until nothing is; anew after any death.

    It is told by the one activity that asked for it, and not post by post.
    """
    while True:
        async with context.database.reading() as tx:
            ids = await find(tx)
        for post_id in ids:
            async with context.database.transaction("posts.clear") as tx:
                sealed = await posts.find(tx, post_id)
                if sealed is not None:
                    await bury(tx, context, sealed.facts, by=DeletedBy.MODERATOR, reason=reason)
        if len(ids) < AT_ONCE:
            return
