"""Questions that are like one that somebody is about to ask."""

from typing import Final

from moderation.visibility import Scope
from server.storage import feeds, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.search import MOST
from server.storage.visibility import heard, listed

#: How much of a question's words another must have, in its title or, for half, in its text.
_ENOUGH: Final = 0.5
_NEAREST: Final = 40


def _quoted(lexeme: str) -> str:
    """Write a lexeme as a tsquery has it, whatever is in it."""
    return f"'''' || replace(replace({lexeme}, '\\', '\\\\'), '''', '''''') || ''''"


async def questions(tx: Transaction, scope: Scope, title: str, *, limit: int) -> list[Entry]:
    """List questions that may be read, those that have most of the words first.

    Of the latest that share a word, those whose titles rank highest are held against it, each
    in its own language.
    """
    condition, arguments = listed(scope, post="p", first=3)
    rows = await tx.fetch(
        "WITH asked AS MATERIALIZED (SELECT string_agg(DISTINCT l.lexeme, ' | ')::tsquery "
        "AS words FROM "
        f"(SELECT {_quoted('t.lexeme')} AS lexeme FROM pg_ts_config c, "
        "unnest(to_tsvector(c.oid::regconfig, search_text($1))) t "
        "WHERE c.cfgnamespace = 'pg_catalog'::regnamespace) l), "
        "matched AS MATERIALIZED (SELECT w.post_id FROM post_words w "
        "WHERE w.words @@ (SELECT words FROM asked)), "
        "found AS (SELECT p.id, p.language FROM matched JOIN posts p "
        "ON p.id = matched.post_id JOIN actors au ON au.id = p.author_id "
        "JOIN actors co ON co.id = p.community_id WHERE p.kind = 'question' "
        f"AND p.deleted_at IS NULL AND {heard('au')} AND {heard('co')} AND {condition} "
        f"ORDER BY p.id DESC LIMIT {MOST}), "
        "latest AS (SELECT found.*, w.words FROM found JOIN post_words w ON w.post_id = id), "
        "near AS (SELECT latest.*, ts_rank('{0.05, 0.1, 0.3, 1}', latest.words, asked.words) "
        f"AS rank FROM latest, asked ORDER BY rank DESC, id DESC LIMIT {_NEAREST}), "
        "judged AS (SELECT near.id, near.rank, (SELECT avg(CASE "
        "WHEN near.words @@ (t.word || ':A')::tsquery THEN 1 "
        "WHEN near.words @@ t.word::tsquery THEN 0.5 ELSE 0 END) FROM (SELECT "
        f"{_quoted('lexeme')} AS word FROM "
        "unnest(to_tsvector(search_language(near.language), search_text($1)))) t) AS share "
        "FROM near), "
        f"alike AS (SELECT * FROM judged WHERE share >= {_ENOUGH} "
        "ORDER BY share DESC, rank DESC, id DESC LIMIT $2) "
        f"SELECT {feeds.FIELDS} {posts.FROM} JOIN alike ON alike.id = p.id "
        "WHERE p.id = ANY(ARRAY(SELECT id FROM alike)) "
        "ORDER BY alike.share DESC, alike.rank DESC, p.id DESC",
        title,
        limit,
        *arguments,
    )
    return feeds.entries_from(rows)
