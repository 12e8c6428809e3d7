"""Commands of operators about tokens of programs: give one, list a member's, end one."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Protocol, TypeVar

import typer

from server.context import Context
from server.services import accounts, clients, scopes
from server.storage.tokens import Held

T = TypeVar("T")


class WithContext(Protocol):
    """Runs a use case with a context, and tells refusals in a sentence."""

    def __call__(self, use: Callable[[Context], Awaitable[T]]) -> T: ...


#: Its context's `obj` is a `WithContext`.
token_cli = typer.Typer(
    help="Tokens with which programs act for a member.",
    no_args_is_help=True,
    add_completion=False,
)


@token_cli.command("create")
def create(
    asked: typer.Context,
    member: str,
    *,
    allowing: Annotated[
        str, typer.Option("--scopes", help='What it allows, such as "read write".')
    ],
    name: Annotated[str, typer.Option(help="What the member reads in their list.")] = "Script",
) -> None:
    """Print a token for a script; it is shown this once."""
    run: WithContext = asked.obj

    async def give(context: Context) -> str:
        found = await accounts.get_member(context, member)
        wanted = scopes.asked(allowing, otherwise=())
        return await clients.give_by_operator(context, found, name=name, scopes=wanted)

    typer.echo(run(give))


@token_cli.command("list")
def list_tokens(asked: typer.Context, member: str) -> None:
    """List what may act for a member, last used first."""
    run: WithContext = asked.obj

    async def read(context: Context) -> list[Held]:
        found = await accounts.get_member(context, member)
        return await clients.connected(context, found.id)

    for each in run(read):
        typer.echo(
            f"{each.id}  {each.app}: {' '.join(each.scopes)}, "
            f"since {each.created_at:%Y-%m-%d}, last used {each.seen_at:%Y-%m-%d %H:%M} UTC"
        )


@token_cli.command("revoke")
def revoke(asked: typer.Context, token: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """End a token, by its number in the list."""
    run: WithContext = asked.obj

    async def end(context: Context) -> None:
        await clients.end_by_operator(context, token)

    run(end)
    typer.echo(f"{token} has ended.")
