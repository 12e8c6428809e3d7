"""A wheel in an environment of its own, and the agency that an operator makes of it."""

import asyncio
import re
import ssl
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import aiohttp
from yarl import URL

from server.storage.embedded import Cluster
from server.storage.postgres_programs import ENVIRONMENT, SUPERUSER, find_binaries
from tests.browser import Browser, Loopback
from tests.hostile_peer import PrivateAuthority
from tests.instance import free_port
from tests.tls_proxy import TlsProxy

ROOT = Path(__file__).parents[2]
VISITOR = "127.0.0.9"  # a loopback address that is not the proxy's own

_PATIENCE = 60.0
_GLANCE = 0.05


async def run(
    *command: str | Path, cwd: Path, env: Mapping[str, str] | None = None, said: str = ""
) -> str:
    """Run a program with no variables but ours; give what it printed, or fail with it."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env=ENVIRONMENT | dict(env or {}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate(said.encode())
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{printed!s}"
    return printed.decode()


async def until(is_so: Callable[[], Awaitable[bool]], about: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not await is_so():
        assert time.monotonic() < deadline, f"not in time: {about}"
        await asyncio.sleep(_GLANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A server that is nobody's but the operator's, and asks for passwords."""

    cluster: Cluster
    directory: Path

    async def sql(self, sql: str, database: str = "postgres", role: str = SUPERUSER) -> str:
        url = self.cluster.url(database, role)
        program = find_binaries().bin / "psql"
        arguments = ("--no-psqlrc", "--no-password", "-tAc", sql, url)
        return (await run(program, *arguments, cwd=self.directory)).strip()

    async def ask_for_passwords(self) -> None:
        rules = f"local all {SUPERUSER} trust\nlocal all all scram-sha-256\n"
        (self.cluster.data / "pg_hba.conf").write_text(rules)
        await self.sql("SELECT pg_reload_conf()")

    async def refuses(self, database: str, role: str) -> bool:
        try:
            await self.sql("SELECT 1", database, role)
        except AssertionError as refused:
            return "no password supplied" in str(refused)
        return False

    async def make_database(self, name: str) -> None:
        """Do as the manual says: roles.sql, with the passwords in the environment."""
        passwords = {"OWNER_PASSWORD": f"{name} owner", "APP_PASSWORD": f"{name} app"}
        await run(
            find_binaries().bin / "psql",
            *("--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-v", f"database={name}"),
            *("-f", ROOT / "deploy/roles.sql", self.cluster.url("postgres", SUPERUSER)),
            cwd=self.directory,
            env=passwords,
        )

    def url(self, name: str, role: str) -> str:
        url = self.cluster.url(name, f"{name}_{role}")
        return url.replace("@", f":{name}%20{role}@", 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An environment with the wheel and what requirements.lock lists; nothing else."""

    home: Path

    @property
    def python(self) -> Path:
        return self.home / "bin/python"

    @property
    def command(self) -> Path:
        return self.home / "bin/commonlore"


@dataclass(slots=True, kw_only=True)
class Agency:
    name: str
    origin: str
    installed: Installation
    directory: Path
    settings: dict[str, str]
    trust: ssl.SSLContext
    _stack: AsyncExitStack

    @property
    def host(self) -> str:
        return URL(self.origin).authority

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    async def commonlore(self, *arguments: str, said: str = "", **more: str) -> str:
        """Run a command of the console script, with the settings of this agency."""
        env = self.settings | {f"COMMONLORE_{key.upper()}": each for key, each in more.items()}
        command = self.installed.command
        return await run(command, *arguments, cwd=self.directory, env=env, said=said)

    async def serve(self) -> None:
        """Start `commonlore serve`; the end of the test ends it as systemd would."""
        with self.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                self.installed.command,
                "serve",
                cwd=self.directory,
                env=ENVIRONMENT | self.settings,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._stack.push_async_callback(self._stop, process)
        guest = self.guest()

        async def is_ready() -> bool:
            assert process.returncode is None, self.log.read_text()
            return (await guest.get("/readyz")).status == 200

        await until(is_ready, f"{self.name} answers")

    async def _stop(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(_PATIENCE):
            status = await process.wait()
        said = self.log.read_text()
        assert status == 0, said
        assert "Traceback" not in said, said

    def guest(self) -> Browser:
        visitor = Visitor(self.origin, self.trust)
        self._stack.push_async_callback(visitor.client.close)
        return visitor

    async def member(self, name: str) -> Browser:
        visitor = self.guest()
        signed_in = await visitor.sign_in(name)
        assert signed_in.status == 200, signed_in.text
        return visitor


class Visitor(Browser):
    """A browser that trusts the test's authority, and comes from an address of its own."""

    def __init__(self, origin: str, trust: ssl.SSLContext) -> None:
        self._origin = origin
        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=Loopback(), ssl=trust, local_addr=(VISITOR, 0)
            ),
            timeout=aiohttp.ClientTimeout(total=30),
        )


def _locked() -> Iterator[Distribution]:
    """Give what requirements.lock names and this platform has."""
    names = re.findall(
        r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE
    )
    assert names
    for name in names:
        try:
            yield distribution(name)
        except PackageNotFoundError:
            continue  # for another platform


def _only(directory: Path, pattern: str) -> Path:
    (found,) = directory.glob(pattern)
    return found


def _link(packages: Path) -> None:
    """Put the locked dependencies, and no tool of ours, into an environment."""
    for each in _locked():
        tops = {file.parts[0] for file in each.files or ()} - {"..", "__pycache__"}
        for top in tops:
            there = packages / top
            if not there.exists():
                there.symlink_to(Path(str(each.locate_file(top))))


async def build(directory: Path) -> Path:
    """Build the wheel from this tree, and give its path."""
    command = ("-m", "hatchling", "build", "--target", "wheel", "--directory", directory)
    await run(sys.executable, *command, cwd=ROOT)
    return _only(directory, "commonlore-*.whl")


async def install(wheel: Path, home: Path) -> Installation:
    """Make an environment with the wheel and the locked dependencies, without a network."""
    installation = Installation(home=home)
    here = home.parent
    await run(sys.executable, "-m", "venv", "--without-pip", home, cwd=here)
    pip = ("-m", "pip", "--disable-pip-version-check", "--python", installation.python)
    act = ("install", "--quiet", "--no-deps", "--no-index", "--no-cache-dir", wheel)
    await run(sys.executable, *pip, *act, cwd=here)
    _link(_only(home, "lib/python*/site-packages"))
    return installation


@asynccontextmanager
async def behind_tls(
    name: str, installed: Installation, postgres: Postgres, authority: PrivateAuthority
) -> AsyncIterator[Agency]:
    listen = free_port()
    tls = authority.vouch(f"{name}.localhost")
    async with TlsProxy(tls=tls, behind=listen) as proxy, AsyncExitStack() as stack:
        origin = f"https://{name}.localhost:{proxy.port}"
        settings = {
            "origin": origin,
            "name": f"Agency of {name}",
            "listen": f"127.0.0.1:{listen}",
            "database": postgres.url(name, "app"),
            "trusted_proxies": "127.0.0.1/32",
            "ca_file": str(authority.bundle),
            "development_networks": "127.0.0.0/8",
            "pool": "3",
        }
        yield Agency(
            name=name,
            origin=origin,
            installed=installed,
            directory=postgres.directory,
            settings={f"COMMONLORE_{key.upper()}": each for key, each in settings.items()},
            trust=ssl.create_default_context(cafile=authority.bundle),
            _stack=stack,
        )
