"""What goes with an actor who is gone: edges, notifications, keys. Name and id stay taken."""

from datetime import datetime
from typing import Final

from server.storage.database import Transaction


async def communities_touched(tx: Transaction, actor_id: int) -> list[int]:
    """List the communities of ours whose members may have copies of something of an actor."""
    rows = await tx.fetch(
        "SELECT c.actor_id FROM communities c JOIN actors a ON a.id = c.actor_id "
        "WHERE a.local AND NOT c.wall AND a.deleted_at IS NULL "
        "AND (EXISTS (SELECT FROM posts p "
        "WHERE p.community_id = c.actor_id AND p.author_id = $1) "
        "OR EXISTS (SELECT FROM follows f "
        "WHERE f.target_id = c.actor_id AND f.follower_id = $1 AND f.state = 'accepted')) "
        "ORDER BY c.actor_id LIMIT 10000",
        actor_id,
    )
    return [row["actor_id"] for row in rows]


async def last_steward_of(tx: Transaction, actor_id: int) -> list[str]:
    """Name the communities of ours that nobody else looks after."""
    rows = await tx.fetch(
        "SELECT coalesce(nullif(a.display_name, ''), a.name) AS name FROM stewards s "
        "JOIN actors a ON a.id = s.community_id WHERE s.actor_id = $1 AND a.local "
        "AND a.deleted_at IS NULL AND NOT EXISTS (SELECT FROM stewards o "
        "WHERE o.community_id = s.community_id AND o.actor_id <> $1) ORDER BY 1 LIMIT 100",
        actor_id,
    )
    return [row["name"] for row in rows]


async def marked_by(tx: Transaction, actor_id: int, *, limit: int) -> list[int]:
    """List the posts that somebody marked."""
    rows = await tx.fetch(
        "SELECT post_id FROM marks WHERE actor_id = $1 ORDER BY post_id LIMIT $2",
        actor_id,
        limit,
    )
    return [row["post_id"] for row in rows]


async def forget_edges(tx: Transaction, actor_id: int) -> None:
    """Forget whom an actor followed, who followed them, what they looked after, and earned."""
    await tx.execute("DELETE FROM follows WHERE $1 IN (follower_id, target_id)", actor_id)
    await tx.execute("DELETE FROM stewards WHERE actor_id = $1", actor_id)
    # Of ours the place in the list of withdrawn credentials is kept, and nothing else.
    await tx.execute(
        "DELETE FROM recognitions WHERE $1 IN (person_id, issuer_id) AND status_index IS NULL",
        actor_id,
    )
    await tx.execute(
        "UPDATE recognitions SET name = '', criteria = '', post_id = NULL "
        "WHERE person_id = $1 AND status_index IS NOT NULL",
        actor_id,
    )
    await tx.execute(
        "UPDATE actors SET also_known_as = '', moved_to = NULL WHERE id = $1", actor_id
    )


async def forget_notifications(tx: Transaction, member_id: int) -> None:
    await tx.execute("DELETE FROM notifications WHERE member_id = $1", member_id)
    await tx.execute("DELETE FROM severed_follows WHERE member_id = $1", member_id)


async def destroy_keys(tx: Transaction, actor_id: int, *, now: datetime) -> None:
    """Destroy the private halves of an actor's keys; their ids stay taken."""
    await tx.execute(
        "UPDATE actor_keys SET private_pem = NULL, revoked_at = coalesce(revoked_at, $2) "
        "WHERE actor_id = $1",
        actor_id,
        now,
    )


async def forget_what_was_theirs(tx: Transaction, member_id: int) -> None:
    """Forget what a member kept for themselves, and what others kept about them."""
    for statement in _THEIRS:
        await tx.execute(statement, member_id)


_THEIRS: Final = (
    "DELETE FROM bookmarks WHERE member_id = $1",
    "DELETE FROM mutes WHERE $1 IN (member_id, actor_id)",
    "DELETE FROM personal_blocks WHERE $1 IN (member_id, actor_id)",
    "DELETE FROM personal_domain_blocks WHERE member_id = $1",
    "DELETE FROM private_notes WHERE $1 IN (member_id, actor_id)",
    "DELETE FROM lists WHERE member_id = $1",
    "DELETE FROM list_entries WHERE actor_id = $1",
    "DELETE FROM filters WHERE member_id = $1",
    "DELETE FROM followed_hashtags WHERE member_id = $1",
    "DELETE FROM featured_hashtags WHERE member_id = $1",
    "DELETE FROM markers WHERE member_id = $1",
    "DELETE FROM pinned_posts WHERE author_id = $1",
    "DELETE FROM endorsements WHERE $1 IN (member_id, actor_id)",
    "DELETE FROM quiet_threads WHERE member_id = $1",
    "DELETE FROM dismissed_suggestions WHERE $1 IN (member_id, actor_id)",
    "DELETE FROM portraits WHERE actor_id = $1",
    "DELETE FROM scheduled_posts WHERE member_id = $1",
    "DELETE FROM announcement_dismissals WHERE member_id = $1",
    "DELETE FROM announcement_reactions WHERE member_id = $1",
    "DELETE FROM feed_joins WHERE member_id = $1",
    "DELETE FROM feed_curators WHERE actor_id = $1",
)
