"""The command line: serve, work, migrate, members, communities, agencies, keys, queues."""

import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer

from schemas.records import JoinRule, Role, Visibility
from server import app, commands, community_commands, doctor, key_commands, processes
from server.config import Settings, WrongSetting, explain, read_settings
from server.context import Context, SystemClock
from server.demo import run as demonstration
from server.observability import configure_logging
from server.services import accounts, agencies, communities, ending
from server.services.errors import Invalid, Refusal
from server.storage import agencies as known_agencies
from server.storage import opening, received
from server.storage.database import DatabaseAway
from server.storage.embedded import EmbeddedError
from server.storage.opening import NotOpened

T = TypeVar("T")

_WRONG_SETTING: Final = 2


def _commands(meaning: str) -> typer.Typer:
    return typer.Typer(
        help=meaning, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )


cli = _commands("One agency's instance of Commonlore.")
member_cli = _commands("People with an account here.")
community_cli = _commands("Communities of practice.")
agency_cli = _commands("Other agencies: who may exchange with us.")
inbox_cli = _commands("What other agencies sent us.")
cli.add_typer(member_cli, name="member")
cli.add_typer(community_cli, name="community")
cli.add_typer(agency_cli, name="agency")
cli.add_typer(inbox_cli, name="inbox")
cli.add_typer(commands.deliveries_cli, name="deliveries")
cli.add_typer(key_commands.keys_cli, name="keys")
community_cli.command("fetch")(community_commands.fetch)
community_cli.command("list")(community_commands.show)

Child = Annotated[int | None, typer.Option(hidden=True)]


@cli.command()
def serve(
    *,
    work: Annotated[bool, typer.Option(help="Also run the background work.")] = True,
    web: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="So many web processes, and one that works."),
    ] = None,
    child: Child = None,
) -> None:
    """Answer requests, until SIGTERM or Ctrl-C."""
    settings = _settings()
    configure_logging(settings.log)
    if web is not None:
        _run(processes.supervise(settings, web=web))
        return
    _serve(settings, app.Parts(work=work), child)


@cli.command()
def work(*, child: Child = None) -> None:
    """Run the background work only: what came in, what goes out, housekeeping."""
    settings = _settings()
    configure_logging(settings.log)
    _serve(settings, app.Parts(web=False), child)


@cli.command()
def migrate() -> None:
    """Bring the database to this release; COMMONLORE_DATABASE_OWNER names the owner role."""
    settings = _settings()
    if not settings.database:
        _with_context(_nothing)
        typer.echo("The embedded database is migrated.")
        return
    done = _run(opening.apply_migrations(settings, now=SystemClock().now()))
    for name in done:
        typer.echo(f"applied {name}")
    typer.echo("The database is migrated.")


@cli.command()
def demo(
    *,
    exit_when_ready: Annotated[bool, typer.Option(help="Stop once all is up.")] = False,
    reset: Annotated[bool, typer.Option(help="Throw the demo's data away first.")] = False,
    state: Annotated[Path, typer.Option(help="Where the data is kept.")] = Path(".state"),
    first_port: Annotated[int, typer.Option(help="The first of three ports.")] = 8101,
) -> None:
    """Run three agencies on this machine, with lived-in content, until Ctrl-C."""
    options = demonstration.Options(
        state=state.resolve(),
        exit_when_ready=exit_when_ready,
        reset=reset,
        ports=demonstration.ports_from(first_port),
    )
    with _told_in_sentences():
        raise typer.Exit(processes.run(demonstration.run(options)))


@cli.command("settings")
def show_settings() -> None:
    """List every setting, its value and its meaning."""
    for name, value, source, meaning in explain(_settings()):
        typer.echo(f"{name}={value}  ({source})\n    {meaning}")


@cli.command("doctor")
def look_over() -> None:
    """Look the instance over; exit with 1 when something must be done."""
    settings = _settings()
    configure_logging("text", level=logging.ERROR)
    failed = False

    async def examine() -> None:
        nonlocal failed
        async for finding in doctor.examine(settings):
            failed = failed or finding.level == "fail"
            todo = f"\n      {finding.todo}" if finding.todo else ""
            typer.echo(f"{finding.level:<5} {finding.about}: {finding.found}{todo}")

    _run(examine())
    raise typer.Exit(1 if failed else 0)


@inbox_cli.command("redrive")
def redrive() -> None:
    """Process again what was set aside because it failed every time."""

    async def drive(context: Context) -> int:
        async with context.database.transaction("inbox.redrive") as tx:
            return await received.redrive(tx, now=context.now())

    typer.echo(f"{_with_context(drive)} activities will be processed again.")


@member_cli.command("add")
def add_member(
    name: str,
    *,
    role: Role = Role.MEMBER,
    display_name: Annotated[str, typer.Option(help="The name to show.")] = "",
    time_zone: str = "UTC",
) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    password = _password()

    async def add(context: Context) -> str:
        member = await accounts.add_member(
            context,
            name=name,
            display_name=display_name,
            password=password,
            role=role,
            time_zone=time_zone,
        )
        return member.actor.handle

    typer.echo(f"{_with_context(add)} can sign in.")


@member_cli.command("password")
def set_password(name: str) -> None:
    """Set a password, and end every session of the member."""
    password = _password()

    async def change(context: Context) -> None:
        member = await accounts.get_member(context, name)
        await accounts.set_password(context, member, password)

    _with_context(change)
    typer.echo("The password is set, and every session has ended.")


@member_cli.command("role")
def change_role(name: str, role: Role) -> None:
    """Change what a member may do here."""

    async def change(context: Context) -> None:
        member = await accounts.get_member(context, name)
        await accounts.change_role(context, member, role)

    _with_context(change)


@member_cli.command("delete")
def delete_member(
    name: str,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False,
) -> None:
    """Delete an account: posts, marks, memberships; all who have copies are told."""
    if not yes:
        _fail("This cannot be undone. Say it again with --yes.")

    async def delete(context: Context) -> str:
        member = await accounts.get_member(context, name)
        await ending.end_by_operator(context, member)
        return member.actor.handle

    typer.echo(f"{_with_context(delete)} cannot sign in any more, and is being deleted.")


@member_cli.command("invite")
def invite(
    *,
    role: Annotated[Role, typer.Option(help="What they may do here.")] = Role.MEMBER,
    days: Annotated[int, typer.Option(help="So many days it is good for, at most 90.")] = 14,
) -> None:
    """Print an address with which one person can sign up, once."""

    async def make(context: Context) -> str:
        code = await accounts.invite(context, None, role, days)
        return f"{context.home.origin}/sign-up?invitation={code}"

    typer.echo(_with_context(make))


@community_cli.command("add")
def add_community(
    name: str,
    *,
    display_name: Annotated[str, typer.Option(help="The name to show.")],
    steward: Annotated[str, typer.Option(help="The member who looks after it.")],
    summary: str = "",
    join: JoinRule = JoinRule.OPEN,
    visibility: Visibility = Visibility.PUBLIC,
) -> None:
    """Open a community."""
    draft = communities.CommunityDraft(
        name=name,
        display_name=display_name,
        summary=summary,
        charter="",
        topics=(),
        join=join,
        visibility=visibility,
    )

    async def add(context: Context) -> str:
        member = await accounts.get_member(context, steward)
        return (await communities.open_community(context, member.actor, draft)).uri

    typer.echo(f"{_with_context(add)} is open.")


@agency_cli.command("admit")
def admit_agency(host: str, *, reason: str = "") -> None:
    """Exchange with an agency; what waited for it goes on."""

    async def admit(context: Context) -> str:
        return await agencies.admit(context, host, by=None, reason=reason)

    typer.echo(f"{_with_context(admit)} is admitted.")


@agency_cli.command("block")
def block_agency(host: str, *, reason: Annotated[str, typer.Option()]) -> None:
    """Exchange nothing with an agency and whatever is below its domain."""

    async def block(context: Context) -> str:
        return await agencies.block(context, host, by=None, reason=reason)

    typer.echo(f"{_with_context(block)} is blocked.")


@agency_cli.command("resync")
def resync_agency(host: str) -> None:
    """Send an agency that was away for over a week what was given up meanwhile."""

    async def send(context: Context) -> int:
        return await agencies.resync(context, host)

    typer.echo(f"{_with_context(send)} activities will be sent again.")


@agency_cli.command("list")
def list_agencies() -> None:
    """List the agencies that we know, and how we stand to each."""

    async def read(context: Context) -> list[known_agencies.Agency]:
        async with context.database.reading() as tx:
            return await known_agencies.all_of(tx)

    for each in _with_context(read):
        typer.echo(f"{each.state:<9} {each.host}  {each.name}")


def main() -> None:
    cli(obj=_with_context)


def _serve(settings: Settings, parts: app.Parts, number: int | None) -> None:
    if number is None:
        _run(processes.serve(settings, parts))
        return
    shared = app.Parts(web=parts.web, work=parts.work, shared_port=True, supervise=False)
    _run(processes.serve(settings, shared, child=processes.Child(number=number)))


def _settings() -> Settings:
    try:
        return read_settings()
    except WrongSetting as wrong:
        _fail(str(wrong), status=_WRONG_SETTING)


def _with_context(use: Callable[[Context], Awaitable[T]]) -> T:
    settings = _settings()
    configure_logging("text", level=logging.ERROR)

    async def run() -> T:
        async with app.context_of(settings) as context:
            return await use(context)

    with _told_in_sentences():
        return processes.run(run())


def _run(coroutine: processes.Running[T]) -> T:
    with _told_in_sentences():
        return processes.run(coroutine)


@contextlib.contextmanager
def _told_in_sentences() -> Iterator[None]:
    """End with one sentence where the operator can do something about it."""
    try:
        yield
    except Invalid as invalid:
        _fail("\n".join(f"{field}: {said}" for field, said in invalid.fields.items()))
    except Refusal as refusal:
        _fail(refusal.sentence)
    except (NotOpened, EmbeddedError, DatabaseAway, OSError) as error:
        _fail(str(error))


async def _nothing(_context: Context) -> None:
    return


def _password() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\r\n")


def _fail(sentence: str, *, status: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


if __name__ == "__main__":
    main()
