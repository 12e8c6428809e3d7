"""Posts, answers, revisions, tombstones. Yields sealed posts only."""

from dataclasses import dataclass
from datetime import datetime

from schemas.attached import Poll, Quote
from schemas.gate import SealedPost
from schemas.records import (
    DeletedBy,
    Kind,
    Post,
    PostFacts,
    Revision,
    Topic,
    Visibility,
)
from server.storage import polls
from server.storage.carried import NOTHING, Carried, fields_from, json_of, quote_from
from server.storage.database import Row, Transaction

FACTS = (
    "p.id, p.uri, p.kind, p.author_id, au.uri AS author_uri, au.local AS author_local, "
    "p.community_id, co.uri AS community_uri, co.local AS community_local, p.root_id, "
    "ro.uri AS root_uri, p.parent_id, pa.uri AS parent_uri, p.context, p.visibility, "
    "p.published_at, p.edited_at, p.deleted_at, p.deleted_by, p.locked_at, p.pinned_at, "
    "p.announced_at, co.kind = 'person' AS wall, p.quiet, CASE WHEN p.visibility <> 'public' "
    "THEN ARRAY(SELECT ad.actor_id FROM addressees ad WHERE ad.post_id = p.id) END "
    "AS addressed, CASE WHEN p.visibility <> 'public' THEN ARRAY(SELECT DISTINCT ah.host "
    "FROM addressees ad JOIN actors ah ON ah.id = ad.actor_id WHERE ad.post_id = p.id) END "
    "AS addressed_hosts"
)
WORDS = (
    "p.title, p.source, p.html, p.text, p.language, p.topic, tp.name AS topic_name, p.reason, "
    "p.answers, p.helpful, p.carried::text AS carried, p.duplicate_of, p.quote_uri, "
    "p.quote_stamp, p.quote_state, "
    "(SELECT coalesce(array_agg(an.uri ORDER BY aa.chosen_at, an.uri), '{}') "
    "FROM accepted_answers aa JOIN posts an ON an.id = aa.answer_id "
    "WHERE aa.question_id = p.id) AS accepted, "
    "EXISTS (SELECT FROM accepted_answers ac WHERE ac.answer_id = p.id) AS is_accepted, "
    f"{polls.POLL}"
)
FROM = (
    "FROM posts p JOIN actors au ON au.id = p.author_id JOIN actors co ON co.id = "
    "p.community_id "
    "JOIN posts ro ON ro.id = p.root_id LEFT JOIN posts pa ON pa.id = p.parent_id "
    "LEFT JOIN topics tp ON tp.community_id = p.community_id AND tp.slug = p.topic"
)

# Calling an enumeration costs five times as much, and a thread has hundreds of rows.
_KINDS = {kind.value: kind for kind in Kind}
_VISIBILITIES = {visibility.value: visibility for visibility in Visibility}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post to be written: as its author made it, words cleaned."""

    id: int
    uri: str
    kind: Kind
    author_id: int
    community_id: int
    root_id: int
    parent_id: int | None
    context: str | None
    visibility: Visibility
    title: str
    source: str
    html: str
    text: str
    clean_version: int
    language: str
    topic: str | None
    published_at: datetime
    received_at: datetime
    edited_at: datetime | None = None
    locked_at: datetime | None = None
    poll: Poll | None = None
    carried: Carried = NOTHING
    quote: Quote | None = None
    duplicate_of: str | None = None
    announced_at: datetime | None = None
    original: bytes | None = None
    quiet: bool = False
    #: Whom a post that is not public names; its author too, where it is private.
    addressed: frozenset[int] = frozenset()


def facts_from(row: Row) -> PostFacts:
    return PostFacts(
        id=row["id"],
        uri=row["uri"],
        kind=_KINDS[row["kind"]],
        author_id=row["author_id"],
        author_uri=row["author_uri"],
        author_local=row["author_local"],
        community_id=row["community_id"],
        community_uri=row["community_uri"],
        community_local=row["community_local"],
        root_id=row["root_id"],
        root_uri=row["root_uri"],
        parent_id=row["parent_id"],
        parent_uri=row["parent_uri"],
        context=row["context"],
        visibility=_VISIBILITIES[row["visibility"]],
        published_at=row["published_at"],
        edited_at=row["edited_at"],
        deleted_at=row["deleted_at"],
        deleted_by=DeletedBy(row["deleted_by"]) if row["deleted_by"] else None,
        locked_at=row["locked_at"],
        pinned_at=row["pinned_at"],
        announced_at=row["announced_at"],
        wall=row["wall"],
        quiet=row["quiet"],
        addressed=frozenset(row["addressed"] or ()),
        addressed_hosts=frozenset(row["addressed_hosts"] or ()),
    )


def post_from(row: Row) -> SealedPost:
    topic = (
        Topic(slug=row["topic"], name=row["topic_name"] or row["topic"])
        if row["topic"]
        else None
    )
    return SealedPost(
        Post(
            facts=facts_from(row),
            title=row["title"],
            source=row["source"],
            html=row["html"],
            text=row["text"],
            language=row["language"],
            topic=topic,
            reason=row["reason"],
            accepted=tuple(row["accepted"]),
            is_accepted=row["is_accepted"],
            answers=row["answers"],
            helpful=row["helpful"],
            poll=polls.poll_from(row["poll"]),
            quote=quote_from(row),
            duplicate_of=row["duplicate_of"],
            **fields_from(row["carried"]),
        )
    )


async def find(tx: Transaction, post_id: int) -> SealedPost | None:
    row = await tx.fetchrow(f"SELECT {FACTS}, {WORDS} {FROM} WHERE p.id = $1", post_id)
    return post_from(row) if row else None


async def find_by_uri(tx: Transaction, uri: str) -> SealedPost | None:
    row = await tx.fetchrow(f"SELECT {FACTS}, {WORDS} {FROM} WHERE p.uri = $1", uri)
    return post_from(row) if row else None


async def lock_thread(tx: Transaction, root_id: int) -> None:
    """Let one change of a thread's counts and marks happen after another."""
    await tx.execute("SELECT FROM posts WHERE id = $1 FOR NO KEY UPDATE", root_id)


async def thread(tx: Transaction, root_id: int, *, limit: int = 2000) -> list[SealedPost]:
    """Read a thread in the order that every agency shows: published, then uri."""
    rows = await tx.fetch(
        f"SELECT {FACTS}, {WORDS} {FROM} WHERE p.root_id = $1 ORDER BY p.published_at, p.uri "
        'COLLATE "C" LIMIT $2',
        root_id,
        limit,
    )
    return [post_from(row) for row in rows]


async def change(
    tx: Transaction,
    post_id: int,
    *,
    title: str,
    source: str,
    html: str,
    text: str,
    clean_version: int,
    topic: str | None,
    edited_at: datetime,
    carried: Carried,
) -> bool:
    """Write an edit and keep what stood before; False when it is older, or says the same."""
    status = await tx.execute(
        "WITH before AS (SELECT id, title, source, html, coalesce(edited_at, published_at) "
        "AS at "
        "FROM posts WHERE id = $1 AND deleted_at IS NULL "
        "AND coalesce(edited_at, published_at) < $8 "
        "AND (title, html, topic, carried) IS DISTINCT FROM ($2, $4, $7, $9::jsonb) "
        "FOR UPDATE), "
        "kept AS (INSERT INTO revisions (post_id, number, title, source, html, written_at) "
        "SELECT id, (SELECT count(*) FROM revisions WHERE post_id = $1), title, source, "
        "html, at "
        "FROM before) "
        "UPDATE posts SET title = $2, source = $3, html = $4, text = $5, clean_version = $6, "
        "topic = $7, edited_at = $8, carried = $9 FROM before WHERE posts.id = before.id",
        post_id,
        title,
        source,
        html,
        text,
        clean_version,
        topic,
        edited_at,
        json_of(carried),
    )
    return status == "UPDATE 1"


async def revisions(tx: Transaction, post_id: int) -> list[Revision]:
    """List what stood before each edit, oldest first."""
    rows = await tx.fetch(
        "SELECT number, title, source, html, written_at FROM revisions WHERE post_id = $1 "
        "ORDER BY number LIMIT 200",
        post_id,
    )
    return [Revision(**dict(row)) for row in rows]


async def bury(
    tx: Transaction, post_id: int, *, by: DeletedBy, reason: str, now: datetime
) -> bool:
    """Make a tombstone; a moderator's removal keeps the words aside for restoring."""
    status = await tx.execute(
        "WITH gone AS (SELECT id, title, source, html, text, carried FROM posts "
        "WHERE id = $1 AND deleted_at IS NULL FOR UPDATE), "
        "kept AS (INSERT INTO removed_posts (post_id, title, source, html, text, carried) "
        "SELECT id, title, source, html, text, carried FROM gone WHERE $2 = 'moderator' "
        "ON CONFLICT (post_id) DO UPDATE SET title = excluded.title, source = excluded.source, "
        "html = excluded.html, text = excluded.text, carried = excluded.carried) "
        "UPDATE posts SET deleted_at = $4, deleted_by = $2, reason = $3, title = '', "
        "source = '', html = '', text = '', carried = '{}', pinned_at = NULL, "
        "quote_uri = CASE WHEN $2 = 'author' THEN NULL ELSE quote_uri END "
        "FROM gone WHERE posts.id = gone.id",
        post_id,
        by,
        reason,
        now,
    )
    return status == "UPDATE 1"


async def forget_removed(tx: Transaction, post_id: int) -> bool:
    """Let the author's deletion have the last word over a moderator's removal."""
    status = await tx.execute(
        "WITH kept AS (DELETE FROM removed_posts WHERE post_id = $1) "
        "UPDATE posts SET deleted_by = 'author', reason = '', quote_uri = NULL "
        "WHERE id = $1 AND deleted_by = 'moderator'",
        post_id,
    )
    return status == "UPDATE 1"


async def forget_revisions(tx: Transaction, post_id: int) -> None:
    await tx.execute("DELETE FROM revisions WHERE post_id = $1", post_id)


async def unbury(tx: Transaction, post_id: int) -> bool:
    """Give back what a moderator removed; False when there is nothing to give back."""
    status = await tx.execute(
        "WITH kept AS (DELETE FROM removed_posts WHERE post_id = $1 "
        "RETURNING post_id, title, source, html, text, carried) "
        "UPDATE posts SET deleted_at = NULL, deleted_by = NULL, reason = '', title = "
        "kept.title, source = kept.source, html = kept.html, text = kept.text, "
        "carried = kept.carried FROM kept "
        "WHERE posts.id = kept.post_id AND posts.deleted_by = 'moderator'",
        post_id,
    )
    return status == "UPDATE 1"


async def add_tombstone(tx: Transaction, uri: str, *, actor_uri: str, now: datetime) -> None:
    await tx.execute(
        "INSERT INTO tombstones (uri, actor_uri, deleted_at) VALUES ($1, $2, $3) "
        "ON CONFLICT (uri) DO NOTHING",
        uri,
        actor_uri,
        now,
    )


async def remove_tombstone(tx: Transaction, uri: str) -> None:
    await tx.execute("DELETE FROM tombstones WHERE uri = $1", uri)


async def is_tombstone(tx: Transaction, uri: str) -> bool:
    return bool(await tx.fetchval("SELECT true FROM tombstones WHERE uri = $1", uri))


async def lock(tx: Transaction, post_id: int, *, at: datetime | None) -> None:
    """Lock a thread; with None open it again, whatever it was closed for."""
    await tx.execute(
        "UPDATE posts SET locked_at = $2, duplicate_of = CASE WHEN $2::timestamptz IS NULL "
        "THEN NULL ELSE duplicate_of END WHERE id = $1",
        post_id,
        at,
    )


async def point_to(tx: Transaction, post_id: int, original_uri: str) -> bool:
    """Say of a thread where its question was asked before; False where that is known."""
    status = await tx.execute(
        "UPDATE posts SET duplicate_of = $2 WHERE id = $1 AND parent_id IS NULL "
        "AND uri <> $2 AND duplicate_of IS DISTINCT FROM $2",
        post_id,
        original_uri,
    )
    return status == "UPDATE 1"


async def pin(tx: Transaction, post_id: int, *, at: datetime | None) -> None:
    await tx.execute("UPDATE posts SET pinned_at = $2 WHERE id = $1", post_id, at)


async def mark_announced(tx: Transaction, post_id: int, *, now: datetime) -> bool:
    """Note that the community passed it on; False when it had done so before."""
    status = await tx.execute(
        "UPDATE posts SET announced_at = $2 WHERE id = $1 AND announced_at IS NULL",
        post_id,
        now,
    )
    return status == "UPDATE 1"


async def accept(
    tx: Transaction,
    question_id: int,
    answer_id: int,
    *,
    chosen_by: int,
    uri: str,
    now: datetime,
) -> bool:
    status = await tx.execute(
        "INSERT INTO accepted_answers (question_id, answer_id, chosen_by, uri, chosen_at) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        question_id,
        answer_id,
        chosen_by,
        uri,
        now,
    )
    return status == "INSERT 0 1"


async def reopen(tx: Transaction, question_id: int, answer_id: int) -> bool:
    status = await tx.execute(
        "DELETE FROM accepted_answers WHERE question_id = $1 AND answer_id = $2",
        question_id,
        answer_id,
    )
    return status == "DELETE 1"


async def choice(tx: Transaction, question_id: int, answer_id: int) -> tuple[str, int] | None:
    """Find the ChooseAnswer's uri and who chose."""
    row = await tx.fetchrow(
        "SELECT uri, chosen_by FROM accepted_answers WHERE question_id = $1 AND answer_id = $2",
        question_id,
        answer_id,
    )
    return (row["uri"], row["chosen_by"]) if row else None


async def accepted_in(tx: Transaction, answer_id: int) -> list[int]:
    """List the questions for which an answer is accepted."""
    rows = await tx.fetch(
        "SELECT question_id FROM accepted_answers WHERE answer_id = $1", answer_id
    )
    return [row["question_id"] for row in rows]


async def reopen_all(tx: Transaction, question_id: int, *, but: int) -> None:
    await tx.execute(
        "DELETE FROM accepted_answers WHERE question_id = $1 AND answer_id <> $2",
        question_id,
        but,
    )


async def by_author(tx: Transaction, author_id: int, *, limit: int) -> list[int]:
    rows = await tx.fetch(
        "SELECT id FROM posts WHERE author_id = $1 "
        "AND deleted_by IS DISTINCT FROM 'author' ORDER BY id LIMIT $2",
        author_id,
        limit,
    )
    return [row["id"] for row in rows]
