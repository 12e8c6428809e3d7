"""Public posts by what their words link to."""

from moderation.visibility import Scope
from server.storage.database import Transaction
from server.storage.timelines import Line, Window, lines_from
from server.storage.visibility import listed


async def linking_to(tx: Transaction, scope: Scope, url: str, window: Window) -> list[Line]:
    """List public posts that link to an address, newest first; what it is compared by is a key.

    The links of posts are kept by a trigger on their words (migration 0202).
    """
    condition, arguments = listed(scope, post="p", first=5)
    rows = await tx.fetch(
        "SELECT p.id, false AS boosted FROM post_links k JOIN posts p ON p.id = k.post_id "
        "WHERE k.key = link_key($4) AND p.visibility = 'public' AND p.deleted_at IS NULL "
        f"AND {condition} AND {window.sql}",
        *window.arguments,
        url,
        *arguments,
    )
    return lines_from(rows, window)
