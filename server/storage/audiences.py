"""Who may read a post, changed: the post, what is below it, and the activities about them."""

from datetime import datetime

from server.storage.database import Transaction

_BELOW = (
    "WITH RECURSIVE below AS (SELECT id FROM posts WHERE id = $1 "
    "UNION SELECT p.id FROM posts p JOIN below b ON p.parent_id = b.id)"
)


async def narrow(tx: Transaction, post_id: int, *, edited_at: datetime | None) -> None:
    """Keep a post for members, the replies below it, and the activities that quote them."""
    await tx.execute(
        f"{_BELOW}, told AS (UPDATE activities SET visibility = 'members' FROM below "
        "WHERE activities.post_id = below.id AND visibility = 'public') "
        "UPDATE posts SET visibility = 'members', edited_at = CASE posts.id WHEN $1 "
        "THEN greatest(edited_at, $2) ELSE edited_at END FROM below "
        "WHERE posts.id = below.id AND (posts.id = $1 OR visibility = 'public')",
        post_id,
        edited_at,
    )


async def widen(tx: Transaction, post_id: int, *, edited_at: datetime | None) -> None:
    """Show one post to everybody; what replies to it stays as its own authors addressed it."""
    await tx.execute(
        "UPDATE posts SET visibility = 'public', edited_at = greatest(edited_at, $2) "
        "WHERE id = $1",
        post_id,
        edited_at,
    )
