"""Commands of operators about communities elsewhere: fetch their past, see how far it is."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar

import typer

from server.context import Context
from server.services import backfill
from server.storage import backfills
from server.storage.backfills import Fetching

T = TypeVar("T")


class WithContext(Protocol):
    """Runs a use case with a context, and tells refusals in a sentence."""

    def __call__(self, use: Callable[[Context], Awaitable[T]]) -> T: ...


def fetch(
    asked: typer.Context,
    community: Annotated[str, typer.Argument(help="!NAME@HOST, or its address.")],
    *,
    whole: Annotated[
        bool, typer.Option("--whole", help="All there ever was; else what is new since.")
    ] = False,
) -> None:
    """Fetch a community's past again: what is missing here, and what was refused."""
    run: WithContext = asked.obj

    async def ask(context: Context) -> str:
        return await backfill.ask_again(context, community, whole=whole)

    handle = run(ask)
    what = "All threads" if whole else "The threads that changed since we last asked"
    typer.echo(
        f"{what} will be fetched of !{handle}, one after another, by the process that works. "
        "`commonlore community list` says how far it is."
    )


def show(asked: typer.Context) -> None:
    """List the communities elsewhere whose past is fetched, and how far each is."""
    run: WithContext = asked.obj

    async def read(context: Context) -> list[Fetching]:
        async with context.database.reading() as tx:
            return await backfills.fetching(tx)

    for each in run(read):
        typer.echo(_line(each))


def _line(each: Fetching) -> str:
    progress = each.progress
    state = "listing" if progress.ended_at is None else f"listed {progress.ended_at:%Y-%m-%d}"
    parts = [
        f"refused ({each.reason})" if each.reason else state,
        f"{progress.threads} threads",
        f"{progress.waiting} waiting",
        f"{progress.refused} refused",
        f"{progress.posts} posts",
    ]
    return f"!{each.handle}: {', '.join(parts)}"
