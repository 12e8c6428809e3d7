"""Commands of operators about the keys that our own actors sign with: list and change them."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, Final, Protocol, TypeVar

import typer

from server.context import Context
from server.services import rotation
from server.storage.rotations import OwnKey

T = TypeVar("T")

_DAY: Final = 24


class WithContext(Protocol):
    """Runs a use case with a context, and tells refusals in a sentence."""

    def __call__(self, use: Callable[[Context], Awaitable[T]]) -> T: ...


#: Its context's `obj` is a `WithContext`.
keys_cli = typer.Typer(
    help="The keys that our own actors sign with.", no_args_is_help=True, add_completion=False
)

Named = Annotated[
    str,
    typer.Option(
        "--actor",
        help="A member, a community, `actor` (the agency itself), or `moderation`.",
    ),
]


@keys_cli.command("list")
def list_keys(asked: typer.Context, *, actor: Named = "") -> None:
    """List the keys that are published, which of them sign, and until when."""
    run: WithContext = asked.obj

    async def read(context: Context) -> list[str]:
        found = await rotation.own_keys(context, actor or None)
        return [_line(key, now=context.now()) for key in found]

    for line in run(read):
        typer.echo(line)


@keys_cli.command("rotate")
def rotate_keys(
    asked: typer.Context,
    *,
    actor: Named = "",
    everybody: Annotated[
        bool, typer.Option("--all", help="All actors of this agency.")
    ] = False,
    overlap: Annotated[
        int,
        typer.Option(
            min=0,
            max=14 * _DAY,
            help="Hours until the new keys sign, and as many until the old ones end. "
            "0: the old ones are stolen, and end now.",
        ),
    ] = _DAY,
) -> None:
    """Change keys: the new ones are published now, sign later, and the old ones end after."""
    run: WithContext = asked.obj
    if bool(actor) is everybody:
        raise typer.BadParameter("name an actor with --actor, or say --all")
    hours = timedelta(hours=overlap)

    async def change(context: Context) -> str:
        if everybody:
            done, left = await rotation.rotate_all(context, overlap=hours)
            under_way = f" {left} are being changed already." if left else ""
            return f"{done} actors have new keys.{under_way}"
        signs_at = await rotation.rotate(context, actor, overlap=hours)
        return (
            f"{actor} has new keys. They sign from {_spelt(signs_at)}, "
            f"and the old ones end at {_spelt(signs_at + hours)}."
        )

    typer.echo(run(change))


def _line(key: OwnKey, *, now: datetime) -> str:
    waits = key.signs_at is not None and key.signs_at > now
    state = f"signs from {_spelt(key.signs_at)}" if waits and key.signs_at else "signs"
    if key.ends_at is not None:
        state = f"ends at {_spelt(key.ends_at)}"
    return f"{key.key_id}  {key.kind}, made {_spelt(key.made_at)}, {state}"


def _spelt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
