"""Open the database that the settings name: embedded or external, migrated before use."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import unquote, urlsplit

import asyncpg

from server.config import PREFIX, Settings
from server.storage import migrate
from server.storage.database import DatabaseAway
from server.storage.embedded import Cluster, EmbeddedError

_LONGEST_STEM = 30


class NotOpened(Exception):
    """The start stops with this one sentence; it says what to do."""


def embedded_name(authority: str) -> str:
    """Name the database of an origin: readable, and never that of another origin."""
    stem = re.sub(r"[^a-z0-9]+", "_", authority.lower()).strip("_")[:_LONGEST_STEM]
    digest = hashlib.sha256(authority.encode()).hexdigest()[:6]
    return f"at_{stem}_{digest}"


@asynccontextmanager
async def opened(
    settings: Settings, *, now: datetime, supervise: bool = True
) -> AsyncIterator[str]:
    """Give the URL of the app role; the embedded server runs as long as the block.

    `supervise` is False in a child process, whose parent looks after the embedded server.

    Raises:
        NotOpened: it cannot be reached, or has not been migrated.
    """
    if settings.database:
        await _prepare_external(settings, now=now)
        yield settings.database
        return
    cluster = Cluster(settings.state / "postgresql")
    try:
        await asyncio.to_thread(cluster.start)
    except EmbeddedError as error:
        raise NotOpened(str(error)) from error
    watching = asyncio.create_task(cluster.watch()) if supervise else None
    try:
        yield await _prepare_embedded(cluster, settings, now=now)
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
        await asyncio.to_thread(cluster.stop)


async def apply_migrations(settings: Settings, *, now: datetime) -> list[str]:
    """Migrate an external database as its owner; give the names of what was applied.

    Raises:
        NotOpened: no owner is set, or it cannot be done as that role.
    """
    if not settings.database_owner:
        raise NotOpened(f"Set {PREFIX}DATABASE_OWNER: migrations need the owner role.")
    app = unquote(urlsplit(settings.database).username or "")
    if not app:
        raise NotOpened(
            f"{PREFIX}DATABASE must name the app role: postgresql://ROLE@HOST/NAME."
        )
    audit = f"{app.removesuffix('_app')}_audit"
    with _in_a_sentence():
        done = await migrate.apply(settings.database_owner, app=app, audit=audit, now=now)
    return [f"{migration.number:04} {migration.name}" for migration in done]


async def _prepare_external(settings: Settings, *, now: datetime) -> None:
    if settings.database_owner:
        await apply_migrations(settings, now=now)
        return
    with _in_a_sentence():
        pending = await migrate.pending(settings.database)
    if pending:
        raise NotOpened(
            f"The database lacks {len(pending)} migrations: run `commonlore migrate` "
            f"with {PREFIX}DATABASE_OWNER set."
        )


async def _prepare_embedded(cluster: Cluster, settings: Settings, *, now: datetime) -> str:
    name = embedded_name(settings.authority)
    with _in_a_sentence():
        await cluster.provision(name)
        owner_url = cluster.url(name, f"{name}_owner")
        await migrate.apply(owner_url, app=f"{name}_app", audit=f"{name}_audit", now=now)
    return cluster.url(name, f"{name}_app")


@contextlib.contextmanager
def _in_a_sentence() -> Iterator[None]:
    try:
        yield
    except DatabaseAway as error:
        raise NotOpened(f"PostgreSQL cannot be reached: {error}.") from error
    except migrate.MigrationChanged as error:
        raise NotOpened(f"Migration {error}; this database needs another release.") from error
    except asyncpg.PostgresError as error:
        raise NotOpened(f"PostgreSQL refuses: {error}.") from error
