"""A real instance on a real socket, and a browser for it; two make a federation."""

import asyncio
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Protocol, Self

import aiohttp
from yarl import URL

from federation.session import OutgoingLimits
from schemas.records import AgencyState, Role
from server import app
from server.config import Settings
from server.context import Context
from server.middleware import Route
from server.routes import ROUTES
from server.services import accounts
from server.storage import agencies
from server.storage.database import Database, connect
from server.storage.embedded import Cluster
from server.storage.members import Member
from tests.browser import PASSWORD, Answer, Browser, Loopback

__all__ = ["PASSWORD", "Answer", "Browser", "Loopback"]

TEMPLATE = "template_commonlore"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACTIVITY_JSON = "application/activity+json"

_ROOT = Path(__file__).parents[1]
_PATIENCE = 20.0
_STARTING = 60.0  # seconds for a process on a machine that has much else to do
_GLANCE = 0.02
_INBOX_LEFT = (
    "SELECT type || ' of ' || actor_uri || ' tried ' || attempts || ' ' || reason "
    "FROM inbox_events WHERE state = 'waiting' AND (next_at <= $1 OR attempts = 0)"
)
_DELIVERIES_LEFT = (
    "SELECT 'delivery to ' || d.inbox || ' tried ' || d.attempts || ' ' || d.last_reason "
    "FROM deliveries d LEFT JOIN origins o ON o.origin = d.origin "
    "WHERE d.place IN ('new', 'leased') OR (d.place = 'first' AND d.next_at <= $1 "
    "AND coalesce(o.open_until <= $1, true) AND coalesce(o.pause_until <= $1, true) "
    "AND o.paused_at IS NULL)"
)
_JOBS_LEFT = (
    "SELECT kind || ' of ' || member_id || ' ' || reason FROM account_jobs "
    "WHERE state = 'waiting' AND due_at <= $1"
)
_SCHEDULED_LEFT = (
    "SELECT 'to be published ' || id FROM scheduled_posts "
    "WHERE refused_at IS NULL AND due_at <= $1 AND leased_until <= $1"
)
_FILLS_LEFT = "SELECT 'to fetch at ' || origin FROM fill_origins WHERE due_at <= $1"


class TurnedClock:
    """A clock that moves by hand only; instances that share it agree on the time."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def turn(self, by: timedelta) -> None:
        self._now += by


class FileHand:
    """Turns the clock that subprocesses read from a file."""

    def __init__(self, path: Path, start: datetime = START) -> None:
        self.path = path
        self._write(start)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text())

    def turn(self, by: timedelta) -> None:
        self._write(self.now() + by)

    def _write(self, moment: datetime) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(moment.isoformat())
        fresh.replace(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """An instance in the event loop of the test."""

    name: str
    context: Context
    _stack: AsyncExitStack

    @property
    def origin(self) -> str:
        return self.context.home.origin

    @property
    def host(self) -> str:
        """What handles end with: NAME.localhost:PORT."""
        return self.context.home.authority

    @property
    def database(self) -> Database:
        return self.context.database

    def now(self) -> datetime:
        return self.context.now()

    def wake(self) -> None:
        """Ring the bells, so that the loops look at the clock now."""
        for channel in ("inbox", "deliveries", "backfill", "accounts"):
            self.context.bell.ring(channel)

    def closes(self, close: Callable[[], Awaitable[None]]) -> None:
        """Have something closed with the instance."""
        self._stack.push_async_callback(close)

    def browser(self) -> Browser:
        """Open a browser of a guest; it is closed with the instance."""
        browser = Browser(self.origin)
        self.closes(browser.client.close)
        return browser

    async def member(self, name: str, role: Role = Role.MEMBER) -> Member:
        return await accounts.add_member(
            self.context, name=name, display_name=name.title(), password=PASSWORD, role=role
        )

    async def member_browser(self, name: str, role: Role = Role.MEMBER) -> Browser:
        """Make a member, and open a browser in which they are signed in."""
        await self.member(name, role)
        browser = self.browser()
        token, _csrf = await accounts.sign_in(
            self.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
        )
        browser.set_cookie("session", token)
        return browser

    async def admit(self, *others: "Instance") -> None:
        """Admit other agencies here; for what one decides alone, and no activity tells."""
        async with self.database.transaction("test") as tx:
            for other in others:
                await agencies.decide(
                    tx, other.host, AgencyState.ADMITTED, by=None, reason="", now=self.now()
                )


class Settling(Protocol):
    """What `settle` needs of an instance, in this process or in its own."""

    @property
    def name(self) -> str: ...
    @property
    def database(self) -> Database: ...
    def now(self) -> datetime: ...
    def wake(self) -> None: ...


async def settle(*instances: Settling, patience: float = _PATIENCE) -> None:
    """Wait until nothing is on its way between instances; fail with what is left."""
    deadline = monotonic() + patience
    quiet = 0
    for each in instances:
        each.wake()
    while quiet < 2:  # twice: between two databases a row may be in neither
        await asyncio.sleep(_GLANCE)
        left = [line for each in instances for line in await _left(each)]
        quiet = 0 if left else quiet + 1
        if monotonic() > deadline:
            raise AssertionError("not settled:\n" + "\n".join(left))


async def _left(instance: Settling) -> list[str]:
    async with instance.database.reading() as tx:
        inbox = await tx.fetch(_INBOX_LEFT, instance.now())
        deliveries = await tx.fetch(_DELIVERIES_LEFT, instance.now())
        fills = await tx.fetch(_FILLS_LEFT, instance.now())
        jobs = await tx.fetch(_JOBS_LEFT, instance.now())
        due = await tx.fetch(_SCHEDULED_LEFT, instance.now())
    left = (*inbox, *deliveries, *fills, *jobs, *due)
    return [f"{instance.name}: {row[0]}" for row in left]


@asynccontextmanager
async def running(
    cluster: Cluster,
    name: str,
    *,
    clock: TurnedClock,
    work: bool = True,
    table: tuple[Route, ...] = ROUTES,
    limits: OutgoingLimits | None = None,
    patience: app.Patience | None = None,
    **settings: object,
) -> AsyncIterator[Instance]:
    """Run an instance on a free port, with an empty database of its own."""
    async with (
        cloned(cluster) as url,
        living(
            name,
            url,
            clock=clock,
            port=0,
            parts=app.Parts(
                work=work,
                table=table,
                limits=limits or OutgoingLimits(),
                patience=patience or app.Patience(),
            ),
            **settings,
        ) as instance,
    ):
        yield instance


@asynccontextmanager
async def living(
    name: str,
    url: str,
    *,
    clock: TurnedClock,
    port: int,
    parts: app.Parts | None = None,
    **settings: object,
) -> AsyncIterator[Instance]:
    """Run an instance on a database that stays, and on a port of its own where it is not 0."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        bound = listener.getsockname()[1]
        values = Settings.model_validate(_settings(name, bound, url) | settings)
        async with (
            app.running(
                values, clock=clock, parts=replace(parts or app.Parts(), listener=listener)
            ) as context,
            AsyncExitStack() as browsers,
        ):
            yield Instance(name=name, context=context, _stack=browsers)


@asynccontextmanager
async def cloned(cluster: Cluster) -> AsyncIterator[str]:
    """Give the URL of a fresh, migrated database, as its app role."""
    database = f"i{secrets.token_hex(6)}"
    await cluster.clone(TEMPLATE, database)
    try:
        yield cluster.url(database, f"{TEMPLATE}_app")
    finally:
        await cluster.drop(database)


def _settings(name: str, port: int, url: str) -> dict[str, object]:
    return {
        "origin": f"http://{name}.localhost:{port}",
        "name": name.title(),
        "database": url,
        "development_networks": "127.0.0.0/8",
        "pool": 5,
        "media": Path(tempfile.gettempdir()) / "commonlore-tests-media",
    }


@dataclass(slots=True, kw_only=True)
class ProcessInstance:
    """The same as a process of its own, `python -m server serve`, that may be killed."""

    name: str
    origin: str
    database: Database
    clock: FileHand
    environment: dict[str, str]
    arguments: tuple[str, ...] = ("serve",)
    output: Path
    process: asyncio.subprocess.Process | None = field(default=None)

    @property
    def host(self) -> str:
        return URL(self.origin).authority

    def now(self) -> datetime:
        return self.clock.now()

    def wake(self) -> None:
        """Nothing to ring from here: the loops look for themselves every second."""

    async def start(self, *, fault: str = "") -> Self:
        """Start the process, and wait until it answers; it kills itself at a fault point."""
        with self.output.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "server",
                *self.arguments,
                cwd=_ROOT,
                env=self.environment | ({"COMMONLORE_FAULT": fault} if fault else {}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        await self._until_ready()
        return self

    async def ended(self) -> int:
        """Wait until the process is gone, by whatever hand; give its exit status."""
        assert self.process is not None
        async with asyncio.timeout(_STARTING):
            return await self.process.wait()

    async def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the process if it still runs; give its exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.ended()

    async def _until_ready(self) -> None:
        assert self.process is not None
        deadline = monotonic() + _STARTING
        url = URL(self.origin).with_host("127.0.0.1") / "readyz"
        async with aiohttp.ClientSession() as client:
            while self.process.returncode is None and monotonic() < deadline:
                if await is_ready(client, url):
                    return
                await asyncio.sleep(_GLANCE)
        raise AssertionError(f"{self.name} did not start:\n{self.output.read_text()}")


async def is_ready(client: aiohttp.ClientSession, url: URL) -> bool:
    try:
        async with client.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


@asynccontextmanager
async def process_instance(
    cluster: Cluster,
    name: str,
    *,
    directory: Path,
    clock: FileHand,
    arguments: tuple[str, ...] = ("serve",),
    **settings: str,
) -> AsyncIterator[ProcessInstance]:
    """Start an instance as a process; its log is `directory`/NAME.log."""
    async with cloned(cluster) as url, connect(url, size=2) as database:
        values = _settings(name, free_port(), url) | {"clock_file": str(clock.path)} | settings
        instance = ProcessInstance(
            name=name,
            origin=str(values["origin"]),
            database=database,
            clock=clock,
            environment=environment_of(values),
            arguments=arguments,
            output=directory / f"{name}.log",
        )
        try:
            yield await instance.start()
        finally:
            await instance.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(values: Mapping[str, object]) -> dict[str, str]:
    """Give a process these settings and no other of ours."""
    kept = {name: value for name, value in os.environ.items() if "COMMONLORE_" not in name}
    return kept | {f"COMMONLORE_{name.upper()}": str(value) for name, value in values.items()}
