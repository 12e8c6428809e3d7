"""Databases on the embedded server: made with their three roles, copied, deleted."""

import contextlib
import re
from collections.abc import AsyncIterator
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import asyncpg

from server.storage.postgres_programs import SUPERUSER

_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,40}")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,46}")
_NOT_OURS = frozenset({"postgres", "template0", "template1"})


class Strategy(StrEnum):
    WAL_LOG = "WAL_LOG"
    FILE_COPY = "FILE_COPY"


def ours(database: str) -> str:
    """Return a name that is safe in a statement and not one of PostgreSQL's own databases."""
    if not _DATABASE.fullmatch(database) or database in _NOT_OURS:
        raise ValueError(f"{database!r} cannot name a database of ours")
    return database


def url(sockets: Path, database: str, role: str) -> str:
    """Name a database for asyncpg, over the socket in that directory."""
    if not _DATABASE.fullmatch(database) or not _ROLE.fullmatch(role):
        raise ValueError(f"{role!r} in {database!r}: a name is not one of ours")
    # With the port, or asyncpg would take PGPORT from the environment.
    return f"postgresql://{role}@/{database}?host={quote(str(sockets))}&port=5432"


@contextlib.asynccontextmanager
async def _superuser(sockets: Path) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url(sockets, "postgres", SUPERUSER), timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def provision(sockets: Path, database: str) -> None:
    """Make a database and its roles (owner, app, audit) where they are missing."""
    owner, app, audit = (f"{ours(database)}_{role}" for role in ("owner", "app", "audit"))
    async with _superuser(sockets) as connection:
        # Two processes that start at once take turns; the end of the session lets go.
        await connection.execute("SELECT pg_advisory_lock(hashtext('commonlore provision'))")
        roles = await connection.fetch(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY($1)", [owner, app, audit]
        )
        there = {row["rolname"] for row in roles}
        for role, may in ((owner, "LOGIN"), (app, "LOGIN"), (audit, "NOLOGIN")):
            if role not in there:
                await connection.execute(f'CREATE ROLE "{role}" {may}')
        await connection.execute(f'GRANT "{audit}" TO "{owner}"')
        if not await _exists(connection, database):
            await connection.execute(f'CREATE DATABASE "{database}" OWNER "{owner}"')
        await connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
        await _let_in(connection, database, app)


async def clone(sockets: Path, template: str, database: str, strategy: Strategy) -> None:
    """Copy a provisioned database that nobody is connected to; it keeps the same roles."""
    async with _superuser(sockets) as connection:
        await connection.execute(
            f'CREATE DATABASE "{ours(database)}" OWNER "{ours(template)}_owner" '
            f'TEMPLATE "{template}" STRATEGY {strategy}'
        )
        # Rights on the database itself are not copied.
        await _let_in(connection, database, f"{template}_app")


async def drop(sockets: Path, database: str) -> None:
    """Delete a database, whoever is connected, and its roles unless clones need them."""
    async with _superuser(sockets) as connection:
        await connection.execute(f'DROP DATABASE IF EXISTS "{ours(database)}" WITH (FORCE)')
        with contextlib.suppress(asyncpg.DependentObjectsStillExistError):
            await connection.execute(
                f'DROP ROLE IF EXISTS "{database}_owner", "{database}_app", "{database}_audit"'
            )


async def _exists(connection: asyncpg.Connection, database: str) -> bool:
    found = await connection.fetchval(
        "SELECT datname FROM pg_database WHERE datname = $1", database
    )
    return found is not None


async def _let_in(connection: asyncpg.Connection, database: str, app: str) -> None:
    await connection.execute(f'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{app}"')
