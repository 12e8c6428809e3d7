"""What a database says, put back as it was; whether each change was its signer's to make."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from server.storage.database import Database, connect
from server.storage.embedded import Cluster
from server.storage.postgres_programs import SUPERUSER

Row = tuple[Any, ...]
State = Mapping[str, frozenset[Row]]

#: Who is answerable stands first, then where; whatever follows is compared as it is.
LINES: Final = {
    "posts": "SELECT a.uri, c.uri, p.uri, p.visibility, p.title, p.source, p.html, "
    "p.deleted_at, p.locked_at, p.pinned_at, p.root_id, p.parent_id FROM posts p "
    "JOIN actors a ON a.id = p.author_id JOIN actors c ON c.id = p.community_id",
    "revisions": "SELECT a.uri, c.uri, p.uri, r.title, r.source, r.html FROM revisions r "
    "JOIN posts p ON p.id = r.post_id JOIN actors a ON a.id = p.author_id "
    "JOIN actors c ON c.id = p.community_id",
    "marks": "SELECT a.uri, c.uri, p.uri, m.uri FROM marks m "
    "JOIN actors a ON a.id = m.actor_id JOIN posts p ON p.id = m.post_id "
    "JOIN actors c ON c.id = p.community_id",
    "boosts": "SELECT a.uri, c.uri, p.uri, b.uri FROM boosts b "
    "JOIN actors a ON a.id = b.actor_id JOIN posts p ON p.id = b.post_id "
    "JOIN actors c ON c.id = p.community_id",
    "poll_votes": "SELECT a.uri, c.uri, p.uri, v.position FROM poll_votes v "
    "JOIN actors a ON a.id = v.actor_id JOIN posts p ON p.id = v.post_id "
    "JOIN actors c ON c.id = p.community_id",
    "follows": "SELECT a.uri, b.uri, f.state FROM follows f "
    "JOIN actors a ON a.id = f.follower_id JOIN actors b ON b.id = f.target_id",
    "reports": "SELECT a.uri, '', r.comment FROM reports r "
    "JOIN actors a ON a.id = r.reporter_id",
    "stewards": "SELECT c.uri, c.uri, a.uri FROM stewards s "
    "JOIN actors a ON a.id = s.actor_id JOIN actors c ON c.id = s.community_id",
    "tombstones": "SELECT t.actor_uri, coalesce(c.uri, ''), t.uri FROM tombstones t "
    "LEFT JOIN posts p ON p.uri = t.uri LEFT JOIN actors c ON c.id = p.community_id",
    "undone_marks": "SELECT actor_uri, '', uri FROM undone_marks",
    "accepted_answers": "SELECT a.uri, c.uri, p.uri, r.uri, t.uri FROM accepted_answers t "
    "JOIN actors a ON a.id = t.chosen_by JOIN posts p ON p.id = t.question_id "
    "JOIN posts r ON r.id = t.answer_id JOIN actors c ON c.id = p.community_id",
    "notifications": "SELECT a.uri, coalesce(c.uri, ''), n.kind, n.subject "
    "FROM notifications n JOIN actors a ON a.id = n.actor_id "
    "LEFT JOIN posts p ON p.id = n.post_id LEFT JOIN actors c ON c.id = p.community_id",
    "actors": "SELECT uri, '', name, host, kind, local, display_name, summary, inbox, "
    "shared_inbox, followers, deleted_at, suspended_at FROM actors",
    "keys": "SELECT a.uri, '', k.key_id, k.public_pem, k.revoked_at FROM actor_keys k "
    "JOIN actors a ON a.id = k.actor_id",
    "communities": "SELECT a.uri, a.uri, c.charter, c.join_rule, c.visibility "
    "FROM communities c JOIN actors a ON a.id = c.actor_id",
}
_TABLES: Final = (
    "SELECT c.table_name, string_agg(quote_ident(c.column_name), ', ') "
    "FROM information_schema.columns c JOIN information_schema.tables t "
    "USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE' "
    "AND c.table_schema = 'public' AND c.is_generated = 'NEVER' "
    "AND c.table_name NOT IN ('audit_events', 'migrations') GROUP BY 1"
)

_SINCE: Final = "FROM public.inbox_events WHERE id NOT IN (SELECT id FROM kept.inbox_events)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The database of a scene, as its superuser. `kept` is how it was, and shall be again."""

    database: Database
    again: str
    kept: State = field(repr=False)

    async def put_back(self) -> None:
        async with self.database.reading() as tx:
            await tx.execute(self.again)

    async def arrived(self) -> list[bytes]:
        """List the bodies that were taken since."""
        async with self.database.reading() as tx:
            return [bytes(row["raw"]) for row in await tx.fetch(f"SELECT raw {_SINCE}")]

    async def became(self) -> dict[str, int]:
        """Count the activities that came since, by what became of them."""
        async with self.database.reading() as tx:
            rows = await tx.fetch(
                f"SELECT trim(state || ' ' || reason), count(*) {_SINCE} GROUP BY 1"
            )
        return {str(row[0]): int(row[1]) for row in rows}

    async def read(self) -> State:
        return await _read(self.database)


@asynccontextmanager
async def kept(cluster: Cluster, database_url: str) -> AsyncIterator[Ledger]:
    """Keep a copy of every table of a database, to be put back as often as is needed."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    async with connect(cluster.url(name, SUPERUSER), size=1) as database:
        async with database.reading() as tx:
            tables = [tuple(row) for row in await tx.fetch(_TABLES)]
            await tx.execute("CREATE SCHEMA kept")
            for table, _ in tables:
                await tx.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
        yield Ledger(database=database, again=_put_back(tables), kept=await _read(database))


def _put_back(tables: Collection[tuple[str, str]]) -> str:
    """Write what puts every table back, with neither triggers nor foreign keys in the way."""
    steps = ["BEGIN", "SET LOCAL session_replication_role = replica"]
    for table, columns in tables:
        steps.append(f"DELETE FROM public.{table}")  # noqa: S608 -- names of our own
        into = f"INSERT INTO public.{table} ({columns}) OVERRIDING SYSTEM VALUE "
        steps.append(f"{into}SELECT {columns} FROM kept.{table}")  # noqa: S608 -- as above
    return "; ".join([*steps, "COMMIT"])


async def _read(database: Database) -> State:
    async with database.reading() as tx:
        return {
            name: frozenset(tuple(row) for row in await tx.fetch(sql))
            for name, sql in LINES.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Who may do what: the signer, the places it governs, and whoever it passes on.

    `passes_on` is the community that the signer is, if it is one: what it passes on of others
    is confirmed at their origin, and stands in that community.
    """

    signer: str
    governs: frozenset[str]
    passes_on: str | None
    home: str
    words: Mapping[str, str]

    def lies(self, before: State, after: State) -> list[str]:
        """Name each change that this signer may not make, and all words in a wrong mouth."""
        wrong = []
        for table, rows in after.items():
            known = {row[0] for row in before["actors"]}
            for row in rows ^ before[table]:
                if table in {"actors", "keys"} and row[0] not in known:
                    if row[0].startswith(self.home):
                        wrong.append(f"{table}: one of ours came from outside: {row}")
                elif not self._may(row, table):
                    wrong.append(f"{table}: not {self.signer}'s: {row}")
            wrong += [f"{table}: {said}" for row in rows for said in self._misquoted(row)]
        return wrong

    def _may(self, row: Row, table: str) -> bool:
        who, where = row[0], row[1]
        if who == self.signer or where in self.governs:
            return True
        if table == "follows":
            return where == self.signer
        if self.passes_on is None:
            return False
        return where == self.passes_on or table in {"tombstones", "undone_marks"}

    def _misquoted(self, row: Row) -> list[str]:
        text = " ".join(str(each) for each in row[2:])
        return [
            f"the words of {uri} in the mouth of {row[0]}: {row}"
            for mark, uri in self.words.items()
            if mark in text and uri != row[0]
        ]
