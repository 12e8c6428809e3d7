"""Find posts by the words in them and by what is so of them, the most fitting first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from moderation.visibility import Scope
from server.storage import feeds, polls, posts
from server.storage.database import Transaction
from server.storage.feeds import Entry
from server.storage.visibility import heard, listed

Trait = Literal[
    "poll",
    "question",
    "discussion",
    "is-answer",
    "reply",
    "answer",
    "unanswered",
    "answered",
    "sensitive",
    "media",
    "link",
]
#: Where a page begins: behind what had this rank and this id, or this hashtag.
Place = tuple[float, int]

#: How many are counted, and judged by how well they fit: the latest.
MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """An account by its handle; the name is in lower case. No name: whoever asks."""

    name: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Those:
    """What is true of posts: each of `words` is a word or a phrase, and `tags` are slugs."""

    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[Who, ...] = ()
    communities: tuple[Who, ...] = ()
    topics: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()


NONE: Final = Those()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for, read from what they typed by `services.search_terms`.

    Of several authors, communities or topics one must be true, of all else each; of what is
    `unwanted` nothing may be. `since` is included, `until` is not.
    """

    wanted: Those = NONE
    unwanted: Those = NONE
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Words as PostgreSQL's tsquery, one for all languages; None where there are none.

    `nothing`: words were given, and none of them is one that can be looked for.
    """

    wanted: str | None
    unwanted: str | None
    nothing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A post that was found, and where it stands among the others."""

    entry: Entry
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPosts:
    """One page of posts; `many` are all that were found, counted to one above `MOST`."""

    many: int
    page: tuple[Ranked, ...]


# A post is kept in its own language, so words are looked for in all of them: each stems its own
# way, and most of them alike, which leaves few.
_LANGUAGES: Final = (
    "unnest(ARRAY(SELECT c.oid::regconfig FROM pg_ts_config c "
    "WHERE c.cfgnamespace = 'pg_catalog'::regnamespace)) AS l (language)"
)
_TERMS: Final = (
    "SELECT (SELECT string_agg(DISTINCT '(' || q.words || ')', ' | ') FROM (SELECT "
    f"websearch_to_tsquery(l.language, search_text($1))::text AS words FROM {_LANGUAGES}) q "
    "WHERE q.words <> '') AS wanted, "
    "(SELECT string_agg(DISTINCT '(' || q.words || ')', ' | ') FROM (SELECT "
    f"phraseto_tsquery(l.language, search_text(t.word))::text AS words FROM {_LANGUAGES} "
    "CROSS JOIN unnest($2::text[]) AS t (word)) q WHERE q.words <> '') AS unwanted"
)


async def terms(tx: Transaction, wanted: Wanted) -> Terms:
    """Make of words what PostgreSQL looks for; it drops those that every text has."""
    phrases = " ".join(f'"{word}"' for word in wanted.wanted.words)
    (row,) = await tx.fetch(_TERMS, phrases, list(wanted.unwanted.words))
    words = [f"({row['wanted']})"] if row["wanted"] else []
    unwanted = [row["unwanted"]] if row["unwanted"] else []
    return Terms(
        wanted=" & ".join([*words, *_tags(wanted.wanted)]) or None,
        unwanted=" | ".join([*unwanted, *_tags(wanted.unwanted)]) or None,
        nothing=bool(wanted.wanted.words) and not words,
    )


def _tags(those: Those) -> list[str]:
    return [quoted(f"#{slug}") for slug in those.tags]


def quoted(word: str) -> str:
    """Write a word as a tsquery has it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


_TRAITS: Final[dict[Trait, str]] = {
    "poll": polls.HAS_POLL,
    "question": "p.kind = 'question'",
    "discussion": "p.kind = 'discussion'",
    "is-answer": "p.kind = 'answer'",
    "reply": "p.parent_id IS NOT NULL",
    "answer": "(p.kind = 'question' AND p.answers > 0)",
    "unanswered": "(p.kind = 'question' AND p.answers = 0)",
    "answered": "EXISTS (SELECT FROM accepted_answers x WHERE x.question_id = p.id)",
    "sensitive": (
        "(coalesce(p.carried ->> 'warning', '') <> '' "
        "OR coalesce((p.carried ->> 'sensitive')::boolean, false))"
    ),
    "media": "coalesce(jsonb_array_length(p.carried -> 'media'), 0) > 0",
    # Handles and hashtags are links, too; theirs say so by their class.
    "link": "p.html ~ '<a (?![^>]*class=\"[^\"]*(mention|hashtag))'",
}


class _Where:
    """Conditions on posts as SQL, with their arguments."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.arguments: list[object] = []

    def holds(self, sql: str, *arguments: object, unless: bool = False) -> None:
        """Add one; each `{}` in it is the number of the next argument."""
        places = []
        for argument in arguments:
            self.arguments.append(argument)
            places.append(f"${len(self.arguments)}")
        told = sql.format(*places) if arguments else sql
        self.conditions.append(f"NOT ({told})" if unless else told)

    def is_one_of(
        self, column: str, kind: str, those: Sequence[Who], me: int | None, *, unless: bool
    ) -> None:
        if those:
            self.holds(
                column + " = ANY(ARRAY(SELECT a.id FROM unnest({}::text[], {}::text[]) "
                "AS w (name, host) JOIN actors a ON a.host = w.host AND lower(a.name) = w.name "
                f"WHERE a.kind = '{kind}') || " + "{}::bigint[])",
                [who.name for who in those],
                [who.host for who in those],
                [me] if me is not None and any(not who.name for who in those) else [],
                unless=unless,
            )


def _where(scope: Scope, wanted: Wanted, found: Terms) -> _Where:
    where = _Where()
    condition, arguments = listed(scope, post="p", first=1)
    where.arguments += arguments
    where.conditions += [condition, heard("au"), heard("co"), "p.deleted_at IS NULL"]
    if found.nothing:
        where.holds("false")
    _add(where, wanted.wanted, scope.author, unless=False)
    _add(where, wanted.unwanted, scope.author, unless=True)
    if wanted.since is not None:
        where.holds("p.published_at >= {}", wanted.since)
    if wanted.until is not None:
        where.holds("p.published_at < {}", wanted.until)
    return where


def _add(where: _Where, those: Those, me: int | None, *, unless: bool) -> None:
    for trait in those.traits:
        where.holds(_TRAITS[trait], unless=unless)
    where.is_one_of("p.author_id", "person", those.authors, me, unless=unless)
    where.is_one_of("p.community_id", "community", those.communities, None, unless=unless)
    if those.topics:
        where.holds(
            "EXISTS (SELECT FROM posts r LEFT JOIN topics t ON t.slug = r.topic "
            "AND t.community_id = r.community_id WHERE r.id = p.root_id "
            "AND (lower(r.topic) = ANY({0}::text[]) OR lower(t.name) = ANY({0}::text[])))",
            list(those.topics),
            unless=unless,
        )


async def find(
    tx: Transaction,
    scope: Scope,
    wanted: Wanted,
    found: Terms,
    *,
    behind: Place | None = None,
    limit: int = 20,
) -> FoundPosts:
    """Find posts: those that fit best first where there are words, else the latest.

    How well they fit is judged among the latest `MOST`. The last one of a full page is the
    place behind which the next begins.
    """
    where = _where(scope, wanted, found)
    condition, arguments = " AND ".join(where.conditions), where.arguments
    first = len(arguments) + 1
    by_words = found.wanted is not None or found.unwanted is not None
    source = "matched JOIN posts p ON p.id = matched.post_id" if by_words else "posts p"
    rows = await tx.fetch(
        "WITH matched AS MATERIALIZED (SELECT w.post_id FROM post_words w "
        f"WHERE (${first}::text IS NULL OR w.words @@ ${first}::text::tsquery) "
        f"AND (${first + 4}::text IS NULL OR NOT w.words @@ ${first + 4}::text::tsquery)), "
        f"found AS MATERIALIZED (SELECT p.id FROM {source} "
        "JOIN actors au ON au.id = p.author_id JOIN actors co ON co.id = p.community_id "
        f"WHERE {condition} "
        f"ORDER BY p.id DESC LIMIT {MOST + 1}), "
        # Twice as long is not half as good: 1 divides by the logarithm of the length.
        f"ranked AS (SELECT id, CASE WHEN ${first}::text IS NULL THEN 0 ELSE "
        f"ts_rank(w.words, ${first}::text::tsquery, 1) END::float8 AS rank FROM "
        f"(SELECT * FROM found ORDER BY id DESC LIMIT {MOST}) latest "
        "JOIN post_words w ON w.post_id = latest.id), "
        f"shown AS (SELECT id, rank FROM ranked WHERE ${first + 1}::float8 IS NULL OR "
        f"(rank, id) < (${first + 1}, ${first + 2}::bigint) "
        f"ORDER BY rank DESC, id DESC LIMIT ${first + 3}) "
        "SELECT m.many, e.* FROM (SELECT count(*) AS many FROM found) m LEFT JOIN LATERAL "
        f"(SELECT {feeds.FIELDS}, shown.rank {posts.FROM} JOIN shown ON shown.id = p.id "
        "WHERE p.id = ANY(ARRAY(SELECT id FROM shown))) e "
        "ON true ORDER BY e.rank DESC, e.id DESC",
        *arguments,
        found.wanted,
        behind[0] if behind else None,
        behind[1] if behind else None,
        limit,
        found.unwanted,
    )
    entries = feeds.entries_from(row for row in rows if row["id"] is not None)
    return FoundPosts(
        many=rows[0]["many"],
        page=tuple(
            Ranked(entry=entry, place=(row["rank"], row["id"]))
            for entry, row in zip(entries, rows, strict=False)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is shown of a post that was found: words that were released, and their language."""

    language: str
    title: str
    text: str


#: Around each word that was found: control characters, which no text may have.
BEGIN: Final = "\x02"
END: Final = "\x03"
# What `search_text` in the database takes for spaces, and what stands for it meanwhile.
_NO_LETTERS: Final = (
    "<>\u2039\u203a\xab\xbb\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b"
    "\u2026\u2013\u2014\xb7\u2022\xbf\xa1\u3001\u3002\uff0c"
)
_STAND_INS: Final = "".join(map(chr, (1, *range(4, 9), *range(14, 14 + len(_NO_LETTERS) - 6))))
_BACK: Final = str.maketrans(_STAND_INS, _NO_LETTERS)
_LONGEST: Final = 20_000
_MARKS: Final = f"StartSel={BEGIN}, StopSel={END}"


async def marked(
    tx: Transaction, found: Terms, shown: Sequence[Shown]
) -> list[tuple[str, str]]:
    """Put `BEGIN` and `END` around the words that were found, in titles and in cuttings."""
    rows = await tx.fetch(
        "SELECT ts_headline(search_language(s.language), translate(s.title, $5, $8), "
        "$4::text::tsquery, $6) AS title, ts_headline(search_language(s.language), "
        "translate(s.text, $5, $8), $4::text::tsquery, $7) AS text "
        "FROM unnest($1::text[], $2::text[], $3::text[]) "
        "WITH ORDINALITY AS s (language, title, text, place) ORDER BY s.place",
        [each.language for each in shown],
        [each.title for each in shown],
        [each.text[:_LONGEST] for each in shown],
        found.wanted,
        _NO_LETTERS + BEGIN + END + _STAND_INS,
        f"{_MARKS}, HighlightAll=true",
        f'{_MARKS}, MaxFragments=2, MinWords=12, MaxWords=28, FragmentDelimiter=" … "',
        _STAND_INS,
    )
    return [(row["title"].translate(_BACK), row["text"].translate(_BACK)) for row in rows]
