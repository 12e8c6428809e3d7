"""What clients show of posts beside the posts: counts, and what the reader did with them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from moderation.visibility import Scope
from schemas.attached import QuoteState
from schemas.records import Actor
from server.storage import actors, feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.visibility import listed, readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Counts of a post, whom it replies to, and what the reader said of it."""

    replies: int = 0
    boosts: int = 0
    quotes: int = 0
    parent_author: int | None = None
    helped: bool = False
    boosted: bool = False
    kept: bool = False
    pinned: bool = False
    quiet: bool = False
    chosen: tuple[int, ...] = ()


async def beside(
    tx: Transaction, post_ids: Sequence[int], *, reader: int | None
) -> dict[int, Beside]:
    """Count for each of these posts, in one statement."""
    rows = await tx.fetch(
        "SELECT p.id, pa.author_id AS parent_author, "
        "(SELECT count(*) FROM posts r WHERE r.parent_id = p.id AND r.deleted_at IS NULL) "
        "AS replies, (SELECT count(*) FROM boosts b WHERE b.post_id = p.id) AS boosts, "
        "(SELECT count(*) FROM quote_stamps s WHERE s.quoted_id = p.id "
        "AND s.revoked_at IS NULL) AS quotes, "
        "EXISTS (SELECT FROM marks m WHERE m.post_id = p.id AND m.actor_id = $2 "
        "AND m.helpful) AS helped, "
        "EXISTS (SELECT FROM boosts o WHERE o.post_id = p.id AND o.actor_id = $2) AS boosted, "
        "EXISTS (SELECT FROM bookmarks k WHERE k.post_id = p.id AND k.member_id = $2) AS kept, "
        "EXISTS (SELECT FROM pinned_posts n WHERE n.post_id = p.id "
        "AND n.author_id = p.author_id) AS pinned, EXISTS (SELECT FROM quiet_threads q "
        "WHERE q.root_id = p.root_id AND q.member_id = $2) AS quiet, "
        "ARRAY(SELECT v.position FROM poll_votes v WHERE v.post_id = p.id "
        "AND v.actor_id = $2 ORDER BY 1) AS chosen "
        "FROM posts p LEFT JOIN posts pa ON pa.id = p.parent_id WHERE p.id = ANY($1)",
        list(post_ids),
        reader,
    )
    return {
        row["id"]: Beside(
            replies=row["replies"],
            boosts=row["boosts"],
            quotes=row["quotes"],
            parent_author=row["parent_author"],
            helped=row["helped"],
            boosted=row["boosted"],
            kept=row["kept"],
            pinned=row["pinned"],
            quiet=row["quiet"],
            chosen=tuple(row["chosen"]),
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Emoji:
    """An emoji under a post: how many people gave it, some of them, and whether the reader."""

    content: str
    people: int
    some: tuple[int, ...]
    mine: bool


async def emoji(
    tx: Transaction, post_ids: Sequence[int], *, reader: int | None
) -> dict[int, list[Emoji]]:
    """Count what stands in marks and beside them under each of these posts, most given first.

    A mark stands under its emoji: ✅ where it accepts, that of its kudos, or another.
    """
    rows = await tx.fetch(
        "SELECT post_id, content, count(DISTINCT actor_id) AS people, "
        "(array_agg(DISTINCT actor_id))[1:10] AS some, "
        "coalesce(bool_or(actor_id = $2), false) AS mine FROM ("
        "SELECT m.post_id, m.actor_id, CASE WHEN m.accepts THEN '✅' "
        "ELSE coalesce(m.emoji, m.reaction) END AS content FROM marks m "
        "WHERE m.post_id = ANY($1) UNION ALL "
        "SELECT r.post_id, r.actor_id, r.content FROM reactions r WHERE r.post_id = ANY($1)"
        ") g WHERE content IS NOT NULL GROUP BY post_id, content "
        'ORDER BY people DESC, content COLLATE "C"',
        list(post_ids),
        reader,
    )
    found: dict[int, list[Emoji]] = defaultdict(list)
    for row in rows:
        found[row["post_id"]].append(
            Emoji(
                content=row["content"],
                people=row["people"],
                some=tuple(row["some"]),
                mine=row["mine"],
            )
        )
    return found


async def pointed_to(
    tx: Transaction, scope: Scope, post_ids: Sequence[int]
) -> dict[int, dict[str, Entry]]:
    """Read what posts quote, and the first accepted answer of questions, by "quote", "answer".

    As far as they are here for the reader; a quote only with its author's permission.
    """
    condition, arguments = listed(scope, post="p", first=3)
    rows = await tx.fetch(
        f"SELECT w.from_id, w.what, {feeds.FIELDS} {posts.FROM} JOIN ("
        "SELECT q.id AS from_id, 'quote' AS what, t.id AS to_id FROM posts q "
        "JOIN posts t ON t.uri = q.quote_uri WHERE q.id = ANY($1) "
        "AND (q.quote_state = $2 OR q.author_id = t.author_id) UNION ALL "
        "(SELECT DISTINCT ON (a.question_id) a.question_id, 'answer', a.answer_id "
        "FROM accepted_answers a WHERE a.question_id = ANY($1) "
        "ORDER BY a.question_id, a.chosen_at)) w ON w.to_id = p.id "
        f"WHERE p.deleted_at IS NULL AND {condition}",
        list(post_ids),
        QuoteState.APPROVED,
        *arguments,
    )
    found: dict[int, dict[str, Entry]] = defaultdict(dict)
    for row, entry in zip(rows, feeds.entries_from(rows), strict=True):
        found[row["from_id"]][row["what"]] = entry
    return found


async def entries(tx: Transaction, scope: Scope, post_ids: Sequence[int]) -> dict[int, Entry]:
    """Read posts that are not gone, as far as the reader may."""
    condition, arguments = readable(scope, post="p", first=2)
    rows = await tx.fetch(
        f"SELECT {feeds.FIELDS} {posts.FROM} WHERE p.id = ANY($1) AND p.deleted_at IS NULL "
        f"AND {condition}",
        list(post_ids),
        *arguments,
    )
    return {entry.post.facts.id: entry for entry in feeds.entries_from(rows)}


async def called(tx: Transaction, uris: Sequence[str]) -> dict[str, Actor]:
    return await actors.find_many(tx, uris) if uris else {}
