"""Apply migrations, once, in order, and give the roles their rights."""

import asyncio
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import asyncpg

from server.storage.database import DatabaseAway

#: Any number, as long as nobody else uses it for an advisory lock in this database.
_LOCK = 0x434F4D4D4F4E
_PATIENCE = 120.0


class MigrationChanged(Exception):
    """A migration that was applied here has another content now."""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known() -> list[Migration]:
    """List the migrations in this release, in order."""
    found = [
        Migration(int(match[1]), match[2], entry.read_text())
        for entry in files("server.storage").joinpath("migrations").iterdir()
        if (match := re.fullmatch(r"(\d{4})_(\w+)\.sql", entry.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


async def pending(url: str) -> list[Migration]:
    """List what `apply` would do; readable by the app role as well."""
    connection = await _open(url)
    try:
        done = await _applied(connection)
    finally:
        await connection.close()
    return [migration for migration in known() if migration.number not in done]


async def apply(owner_url: str, *, app: str, audit: str, now: datetime) -> list[Migration]:
    """Apply what is missing as the owner, then grant; return what was applied.

    `app` and `audit` are role names. Several processes may call this at once: one works, the
    others wait. The lock is polled, because a waiting pg_advisory_lock holds a snapshot.
    """
    connection = await _open(owner_url)
    try:
        await _lock(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations (number integer PRIMARY KEY, "
            "name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL)"
        )
        done = await _applied(connection)
        missing = _missing(done)
        for migration in missing:
            await _apply_one(connection, migration, now)
        await _grant(connection, app=app, audit=audit)
        return missing
    finally:
        await connection.close()


def _missing(done: dict[int, str]) -> list[Migration]:
    missing = []
    for migration in known():
        digest = done.get(migration.number)
        if digest is None:
            missing.append(migration)
        elif digest != migration.digest:
            raise MigrationChanged(
                f"{migration.number:04} {migration.name} is not what was applied"
            )
    return missing


async def _open(url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as error:
        raise DatabaseAway(str(error)) from error


async def _lock(connection: asyncpg.Connection) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not await connection.fetchval(  # noqa: ASYNC110 the lock is PostgreSQL's
            "SELECT pg_try_advisory_lock($1)", _LOCK
        ):
            await asyncio.sleep(0.05)


async def _applied(connection: asyncpg.Connection) -> dict[int, str]:
    if not await connection.fetchval("SELECT to_regclass('migrations') IS NOT NULL"):
        return {}
    rows = await connection.fetch("SELECT number, digest FROM migrations")
    return {row["number"]: row["digest"] for row in rows}


async def _apply_one(
    connection: asyncpg.Connection, migration: Migration, now: datetime
) -> None:
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '5s'")
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO migrations (number, name, digest, applied_at) VALUES ($1, $2, $3, $4)",
            migration.number,
            migration.name,
            migration.digest,
            now,
        )


async def _grant(connection: asyncpg.Connection, *, app: str, audit: str) -> None:
    """App reads and writes all but the log; audit adds to the log and does nothing else."""
    app_role, audit_role = _quoted(app), _quoted(audit)
    async with connection.transaction():
        await connection.execute(
            f"GRANT USAGE ON SCHEMA public TO {app_role}, {audit_role};"
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "
            f"{app_role};"
            f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app_role};"
            f"REVOKE INSERT, UPDATE, DELETE ON audit_events, migrations FROM {app_role};"
            f"GRANT INSERT, SELECT ON audit_events TO {audit_role};"
            f"GRANT USAGE ON SEQUENCE audit_events_id_seq TO {audit_role};"
            f"GRANT CREATE ON SCHEMA public TO {audit_role};"
            f"ALTER FUNCTION append_audit OWNER TO {audit_role};"
            f"REVOKE CREATE ON SCHEMA public FROM {audit_role};"
            f"REVOKE ALL ON FUNCTION append_audit FROM PUBLIC;"
            f"GRANT EXECUTE ON FUNCTION append_audit TO {app_role}"
        )


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
