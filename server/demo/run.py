"""Three agencies on this machine: start them, fill them once, keep them up until Ctrl-C."""

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from federation.errors import FederationError
from federation.session import OutgoingSettings, Session
from server.config import outer_environment
from server.context import SystemClock
from server.demo import content as contents
from server.demo.content import Content
from server.demo.seed import PASSWORD, Player
from server.demo.visitors import DemoStopped
from server.storage.embedded import Cluster

_AGENCIES = ("transport", "health", "treasury")
_READY_IN = 60.0
_GLANCE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `commonlore demo` was told; `ports` by agency's key."""

    state: Path
    exit_when_ready: bool = False
    reset: bool = False
    ports: Mapping[str, int]


def ports_from(first: int) -> dict[str, int]:
    return {key: first + place for place, key in enumerate(_AGENCIES)}


async def run(options: Options, out: TextIO = sys.stdout) -> int:
    """Run the demo; give the exit status."""
    began = time.monotonic()
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    folder = options.state / "demo"
    seeded = folder / "seeded"
    if options.reset or (folder.exists() and not seeded.exists()):
        # What was begun and not finished is begun again.
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    content = contents.load()
    cluster = Cluster(folder / "postgresql")
    show = _Progress(out)
    show.line("starting PostgreSQL")
    await asyncio.to_thread(cluster.start)
    try:
        async with _agencies(cluster, content, options, folder, seeded=seeded.exists()) as up:
            if not seeded.exists():
                await _until(stop, _seed(content, up, folder, show))
                if stop.is_set():
                    return 130
                seeded.write_text(datetime.now(UTC).isoformat())  # noqa: TID251
            show.end()
            _print_doors(content, up, out, seconds=time.monotonic() - began)
            if not options.exit_when_ready:
                await stop.wait()
    except DemoStopped as problem:
        show.end()
        print(f"The demo stopped: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    finally:
        await asyncio.to_thread(cluster.stop)
    return 0


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, unless somebody stops it."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return
    await task


@asynccontextmanager
async def _agencies(
    cluster: Cluster, content: Content, options: Options, folder: Path, *, seeded: bool
) -> AsyncIterator[dict[str, str]]:
    """Start the three instances as real processes; give their origins by agency's key."""
    origins = {key: f"http://{key}.localhost:{port}" for key, port in options.ports.items()}
    processes = []
    try:
        environments = {}
        for agency in content.agencies:
            await cluster.provision(agency.key)
            environment = _environment(cluster, agency, origins[agency.key], folder)
            environments[agency.key] = environment
            processes.append(await _start(environment, folder / f"{agency.key}.log"))
        async with _session() as session:
            await asyncio.gather(*(_ready(session, origin) for origin in origins.values()))
        if not seeded:
            await asyncio.gather(
                *(
                    _appoint(environments[agency.key], folder, content, name, role)
                    for agency in content.agencies
                    for name, role in _appointed(content, agency)
                )
            )
        yield origins
    finally:
        await _stop(processes)


def _environment(
    cluster: Cluster, agency: contents.Agency, origin: str, folder: Path
) -> dict[str, str]:
    return outer_environment() | {
        "COMMONLORE_ORIGIN": origin,
        "COMMONLORE_NAME": agency.name,
        "COMMONLORE_DESCRIPTION": agency.about,
        "COMMONLORE_DATABASE": cluster.url(agency.key, f"{agency.key}_app"),
        "COMMONLORE_DATABASE_OWNER": cluster.url(agency.key, f"{agency.key}_owner"),
        "COMMONLORE_REGISTRATION": "open",
        "COMMONLORE_DEVELOPMENT_NETWORKS": "127.0.0.0/8",
        "COMMONLORE_CLOCK_FILE": str(folder / "clock"),
        # The demo plays six months in a minute; its people stay signed in meanwhile.
        "COMMONLORE_SESSION_IDLE_MINUTES": str(366 * 24 * 60),
        "COMMONLORE_SESSION_DAYS": "366",
    }


async def _command(
    environment: Mapping[str, str], log: Path, *arguments: str, given: str = ""
) -> None:
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            *arguments,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
        await process.communicate(given.encode())
    if process.returncode:
        raise DemoStopped(f"`commonlore {' '.join(arguments)}` failed; see {log}")


def _appointed(content: Content, agency: contents.Agency) -> list[tuple[str, str]]:
    """List whom an operator appoints: moderators, and the stewards who open communities."""
    founders = {contents.founder(content, each).name for each in content.communities}
    people = [person.name for person in content.people if person.agency == agency.key]
    moderators = [(name, "moderator") for name in agency.moderators]
    return moderators + [
        (name, "steward")
        for name in people
        if name in founders and name not in agency.moderators
    ]


async def _appoint(
    environment: Mapping[str, str], folder: Path, content: Content, name: str, role: str
) -> None:
    person = next(person for person in content.people if person.name == name)
    log = folder / f"{person.agency}.log"
    arguments = ("member", "add", name, "--role", role, "--display-name", person.display)
    await _command(environment, log, *arguments, given=f"{PASSWORD}\n")


async def _start(environment: Mapping[str, str], log: Path) -> asyncio.subprocess.Process:
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "server",
            "serve",
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C in the terminal is for us; we stop them in order.
            start_new_session=True,
        )


async def _ready(session: Session, origin: str) -> None:
    deadline = time.monotonic() + _READY_IN
    while time.monotonic() < deadline:
        try:
            found = await session.get(f"{origin}/readyz", accept="*/*")
        except FederationError:
            await asyncio.sleep(_GLANCE)
            continue
        if found.status == 200:  # noqa: PLR2004
            return
        await asyncio.sleep(_GLANCE)
    raise DemoStopped(f"{origin} did not start; see its log in the state folder")


async def _stop(processes: list[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            process.terminate()
    for process in processes:
        try:
            await asyncio.wait_for(process.wait(), 30)
        except TimeoutError:
            process.kill()
            await process.wait()


def _session() -> Session:
    return Session(
        OutgoingSettings(
            user_agent="Commonlore demo",
            development_networks=("127.0.0.0/8",),
        )
    )


async def _seed(
    content: Content, origins: dict[str, str], folder: Path, show: "_Progress"
) -> None:
    clock = folder / "clock"
    async with _session() as session:
        player = Player(
            content=content,
            origins=origins,
            session=session,
            clock=clock,
            now=SystemClock().now(),
            tell=show.line,
            appointed=frozenset(
                name for agency in content.agencies for name, _ in _appointed(content, agency)
            ),
        )
        await player.play()
    clock.unlink()


class _Progress:
    """One line that is written over on a terminal, and now and then elsewhere."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._last = 0.0

    def line(self, text: str) -> None:
        if self._out.isatty():
            self._out.write(f"\r\033[K{text[: shutil.get_terminal_size().columns - 1]}")
        elif time.monotonic() - self._last > 5:  # noqa: PLR2004
            self._last = time.monotonic()
            self._out.write(text + "\n")
        self._out.flush()

    def end(self) -> None:
        if self._out.isatty():
            self._out.write("\r\033[K")


def _print_doors(
    content: Content, origins: Mapping[str, str], out: TextIO, *, seconds: float
) -> None:
    lines = [f"Three agencies are up ({seconds:.1f} s). Everybody's password: {PASSWORD}", ""]
    for agency in content.agencies:
        people = [person.name for person in content.people if person.agency == agency.key]
        member = next(name for name in people if name not in agency.moderators)
        lines += [
            f"  {agency.name:<24} {origins[agency.key]}",
            f"  {'':<24} sign in at {origins[agency.key]}/sign-in",
            f"  {'':<24} as {member}, or as moderator {agency.moderators[0]}",
        ]
    lines += ["", "Stop with Ctrl-C; what you write is kept. Start over with --reset.", ""]
    out.write("\n".join(lines))
    out.flush()
