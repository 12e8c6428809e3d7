"""Count the statements that a page asks of the database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from asyncpg.connection import LoggedQuery

from server.storage.database import Transaction
from tests.instance import Browser, Instance

#: What is asked beside: around a transaction, by the driver once per connection, and by the
#: process for those who listen.
_BESIDE = (
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "typeinfo_tree",
    "current_setting('jit')",
    "FROM stream ",
)


async def statements(agency: Instance, browser: Browser, path: str) -> int:
    """Count what one page asks of the database, on every connection of the pool."""

    async def ask() -> int:
        return (await browser.get(path)).status

    return await counted(agency, ask)


async def counted(agency: Instance, ask: Callable[[], Awaitable[int]]) -> int:
    """Count what a request asks of the database; `ask` gives its status, which must be 200."""
    seen: list[str] = []

    def note(record: LoggedQuery) -> None:
        if not any(part in record.query for part in _BESIDE):
            seen.append(record.query)

    async with _every_connection(agency) as connections:
        for connection in connections:
            connection.add_query_logger(note)
    status = await ask()
    async with _every_connection(agency) as connections:
        for connection in connections:
            connection.remove_query_logger(note)
    assert status == 200
    return len(seen)


@asynccontextmanager
async def _every_connection(agency: Instance) -> AsyncIterator[list[Transaction]]:
    size = agency.context.settings.pool
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(agency.database.reading()) for _ in range(size)]
