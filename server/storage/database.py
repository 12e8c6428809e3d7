"""Pool and transactions: the way to the database, and what happens when it goes away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg
import structlog
from asyncpg.pool import PoolConnectionProxy

log = structlog.get_logger()

#: What every storage function takes first. It is open: commit comes when the block ends.
Transaction: TypeAlias = PoolConnectionProxy
#: A row as it comes; it becomes a record before it leaves its module.
Row: TypeAlias = asyncpg.Record | Mapping[str, Any]

_STATEMENT_TIMEOUT = "15s"
_SEARCH_TIMEOUT = "2s"
_ACQUIRE_TIMEOUT = 5.0


class DatabaseAway(Exception):
    """PostgreSQL cannot be reached, is stopping or has no room; it may be tried again."""


class DatabaseSlow(DatabaseAway):
    """A statement took longer than it may; what asked for it may be the reason."""


_AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # No room on the disk, no memory, no more connections: nothing that another try would spoil.
    asyncpg.InsufficientResourcesError,
)


# What PostgreSQL says, without a code of its own, where a quota rather than the disk is full.
_NO_ROOM = "could not extend file"


async def _no_reset(_connection: asyncpg.Connection) -> None:
    # Nothing here uses session state on pooled connections, and the reset halves throughput.
    return


@dataclass(frozen=True, slots=True)
class Database:
    """A pool as the app role; `at` is told the name of each fault point that is reached.

    Where it does not keep, all that its transactions did is undone at their end: who asks is
    told what would be refused, and nothing has happened.
    """

    pool: asyncpg.Pool
    at: Callable[[str], None]
    keeps: bool = True

    @asynccontextmanager
    async def transaction(self, name: str) -> AsyncIterator[Transaction]:
        """Run a block in one transaction; `name` is the fault point around its commit."""
        async with self._connection() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                yield connection
            except BaseException:
                await _roll_back(transaction)
                raise
            if not self.keeps:
                await _roll_back(transaction)
                return
            self.at(f"{name}.before-commit")
            await transaction.commit()
            self.at(f"{name}.after-commit")

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """Read with statements that each stand for themselves."""
        async with self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def searching(self) -> AsyncIterator[Transaction]:
        """Read what people ask for in words of their own; DatabaseSlow where that is dear.

        Each statement is planned for its very words, as some are everywhere and some nowhere,
        and joins in the order in which it is written: words first, which an index knows.
        """
        async with self._connection() as connection, connection.transaction(readonly=True):
            await connection.execute(
                f"SET LOCAL statement_timeout = '{_SEARCH_TIMEOUT}'; "
                "SET LOCAL plan_cache_mode = force_custom_plan; "
                "SET LOCAL join_collapse_limit = 1"
            )
            yield connection

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Transaction]:
        try:
            connection = await self.pool.acquire(timeout=_ACQUIRE_TIMEOUT)
        except _AWAY as error:
            raise DatabaseAway(type(error).__name__) from error
        try:
            yield connection
        except asyncpg.QueryCanceledError as error:
            raise DatabaseSlow(type(error).__name__) from error
        except asyncpg.InternalServerError as error:
            if _NO_ROOM not in str(error):
                raise
            raise DatabaseAway("no room") from error
        except _AWAY as error:
            if isinstance(error, OSError | TimeoutError) and not connection.is_closed():
                raise
            raise DatabaseAway(type(error).__name__) from error
        finally:
            await self.pool.release(connection)


async def _roll_back(transaction: Any) -> None:
    try:
        await transaction.rollback()
    except _AWAY as error:
        log.info("rollback-lost", kind=type(error).__name__)


@asynccontextmanager
async def connect(
    url: str, *, size: int, at: Callable[[str], None] = lambda _point: None
) -> AsyncIterator[Database]:
    """Open the pool; it fills as it is used, so a start does not wait for the database."""
    pool = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        reset=_no_reset,
        command_timeout=20,
        server_settings={
            "statement_timeout": _STATEMENT_TIMEOUT,
            "application_name": "commonlore",
        },
    )
    async with pool:
        yield Database(pool, at)


class Bell:
    """Rings when another process or transaction notifies one of the channels.

    Holds a connection of its own, and comes back by itself when the database does.
    """

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = url
        self._events = {channel: asyncio.Event() for channel in channels}

    def ring(self, channel: str) -> None:
        self._events[channel].set()

    async def wait(self, channel: str, seconds: float) -> None:
        """Return at the next ring, or after so many seconds."""
        event = self._events[channel]
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return
        finally:
            event.clear()

    async def listen(self) -> None:
        """Keep listening until cancelled."""
        while True:
            try:
                await self._listen_once()
            except _AWAY as error:
                log.warning("bell-lost", kind=type(error).__name__)
            await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=_ACQUIRE_TIMEOUT)
        try:
            ended = asyncio.Event()
            connection.add_termination_listener(lambda _connection: ended.set())
            for channel, event in self._events.items():
                await connection.add_listener(channel, lambda *_heard, event=event: event.set())
                event.set()
            await ended.wait()
        finally:
            await connection.close(timeout=1)
