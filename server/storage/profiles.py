"""What clients show of actors beside what they say of themselves: counts, and what they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from schemas.profiles import UNSAID, Details
from schemas.records import JoinRule, Visibility
from server.storage import details
from server.storage.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Counts of public posts alone; `join` and `visibility` are of communities."""

    followers: int = 0
    following: int = 0
    posts: int = 0
    last_post_on: date | None = None
    join: JoinRule | None = None
    visibility: Visibility | None = None
    details: Details = UNSAID


async def of_actors(tx: Transaction, actor_ids: Sequence[int]) -> dict[int, Profile]:
    """Count for each of these, in one statement; a community's posts are its threads."""
    rows = await tx.fetch(
        f"SELECT a.id, c.join_rule, c.visibility, {details.FIELDS}, "
        "(SELECT count(*) FROM follows f WHERE f.target_id = a.id "
        "AND f.state = 'accepted') AS followers, "
        "(SELECT count(*) FROM follows f WHERE f.follower_id = a.id "
        "AND f.state = 'accepted' AND NOT EXISTS (SELECT FROM community_feeds e "
        "WHERE e.actor_id = f.target_id)) AS following, w.posts, w.last_on "
        "FROM actors a LEFT JOIN communities c ON c.actor_id = a.id AND NOT c.wall "
        "LEFT JOIN actor_details d ON d.actor_id = a.id "
        # Two halves, of which one is empty: each of them has an index, and a choice has none.
        "CROSS JOIN LATERAL (SELECT count(*) AS posts, max(q.published_at)::date AS last_on "
        "FROM (SELECT p.published_at FROM posts p WHERE c.actor_id IS NULL "
        "AND p.author_id = a.id AND p.visibility = 'public' AND p.deleted_at IS NULL "
        "UNION ALL SELECT p.published_at FROM posts p WHERE c.actor_id IS NOT NULL "
        "AND p.community_id = a.id AND p.parent_id IS NULL AND p.visibility = 'public' "
        "AND p.deleted_at IS NULL) q) w "
        "WHERE a.id = ANY($1)",
        list(actor_ids),
    )
    return {
        row["id"]: Profile(
            followers=row["followers"],
            following=row["following"],
            posts=row["posts"],
            last_post_on=row["last_on"],
            join=JoinRule(row["join_rule"]) if row["join_rule"] else None,
            visibility=Visibility(row["visibility"]) if row["visibility"] else None,
            details=details.details_from(row),
        )
        for row in rows
    }
