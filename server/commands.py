"""Commands of operators about what goes out: see it, pause, resume, try and drop it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, TypeVar

import typer

from federation.uris import authority_of
from server.context import Context
from server.services import outgoing
from server.storage import origins
from server.storage.origins import Backlog

T = TypeVar("T")

_MOST: Final = 1000


class WithContext(Protocol):
    """Runs a use case with a context, and tells refusals in a sentence."""

    def __call__(self, use: Callable[[Context], Awaitable[T]]) -> T: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the subcommands of `deliveries` are about: a host or an origin, or all."""

    run: WithContext
    where: str


#: Its context's `obj` is a `WithContext`.
deliveries_cli = typer.Typer(help="What goes out to other servers.", add_completion=False)


@deliveries_cli.callback(invoke_without_command=True)
def show(
    asked: typer.Context,
    origin: Annotated[str, typer.Option(help="Only there: a host or an origin.")] = "",
) -> None:
    """List the servers that we deliver to, with what waits for each."""
    run: WithContext = asked.obj
    asked.obj = Asked(run=run, where=origin)
    if asked.invoked_subcommand is None:
        for each in run(lambda context: _listed(context, origin)):
            typer.echo(_line(each))


@deliveries_cli.command("pause")
def pause(
    asked: typer.Context,
    reason: Annotated[str, typer.Option(help="For the log of acts.")] = "",
) -> None:
    """Send nothing there until resumed; what waits is kept."""

    async def each(context: Context, origin: str) -> str:
        await outgoing.pause(context, origin, by=None, reason=reason)
        return f"{origin} is paused; what waits is kept until you resume."

    _for_each(asked, each)


@deliveries_cli.command("resume")
def resume(asked: typer.Context) -> None:
    """Go on after a pause."""

    async def each(context: Context, origin: str) -> str:
        await outgoing.resume(context, origin, by=None)
        return f"{origin} is resumed; what waited goes now."

    _for_each(asked, each)


@deliveries_cli.command("retry")
def retry(asked: typer.Context) -> None:
    """Try at once, whatever the breaker says."""

    async def each(context: Context, origin: str) -> str:
        await outgoing.try_now(context, origin, by=None)
        return f"{origin} is tried now."

    _for_each(asked, each)


@deliveries_cli.command("drop")
def drop(
    asked: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; else say how many.")] = False,
    reason: Annotated[str, typer.Option(help="For the log of acts.")] = "",
) -> None:
    """Never send what waits there. This cannot be undone."""

    async def each(context: Context, origin: str) -> str:
        heap = await outgoing.heap(context, origin)
        if not yes:
            return f"{origin}: {heap.count} deliveries wait. Add --yes to drop them."
        dropped = await outgoing.drop(
            context, origin, through=heap.through, by=None, reason=reason
        )
        return f"{origin}: {dropped} deliveries are dropped."

    _for_each(asked, each)


def _for_each(
    asked: typer.Context,
    act: Callable[[Context, str], Awaitable[str]],
) -> None:
    given: Asked = asked.obj
    named = given.where
    if not named:
        raise typer.BadParameter("Say where: `deliveries --origin HOST …`.")

    async def do(context: Context) -> list[str]:
        return [await act(context, each) for each in await _named(context, named)]

    done = given.run(do)
    for line in done:
        typer.echo(line)
    if not done:
        typer.echo(f"We have never delivered anything to {named}.", err=True)
        raise typer.Exit(1)


async def _named(context: Context, named: str) -> list[str]:
    """Find the origins of a host, or the one that was spelt out."""
    host = authority_of(named if "://" in named else f"https://{named}")
    async with context.database.reading() as tx:
        found = await origins.of_host(tx, host)
    return [each for each in found if "://" not in named or each == named.rstrip("/")]


async def _listed(context: Context, named: str) -> list[Backlog]:
    now = context.now()
    only = await _named(context, named) if named else None
    async with context.database.reading() as tx:
        if only is None:
            return await origins.heaviest(tx, after=None, limit=_MOST, now=now)
        found = [await origins.find(tx, each, now=now) for each in only]
    return [each for each in found if each is not None]


def _line(each: Backlog) -> str:
    parts = [
        f"{each.waiting} waiting",
        f"{each.given_up} given up",
        "paused" if each.paused_at else f"breaker {'open' if each.open_until else 'closed'}",
    ]
    if each.oldest_at:
        parts.append(f"oldest since {each.oldest_at:%Y-%m-%d %H:%M}")
    if each.retried:
        parts.append(f"tried {each.most_attempts} times at most")
    if each.failing_since:
        parts.append(f"failing since {each.failing_since:%Y-%m-%d %H:%M}")
    why = f" ({each.reason})" if each.reason else ""
    return f"{each.origin}: {', '.join(parts)}{why}"
