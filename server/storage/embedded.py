"""A PostgreSQL server of our own in one directory: started, watched over and stopped."""

import asyncio
import contextlib
import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import subprocess
import tempfile
import threading
import time
from functools import cached_property, partial
from pathlib import Path

from server.storage import postgres_databases as databases
from server.storage import postgres_programs as programs
from server.storage.postgres_programs import (
    PATIENCE,
    SOCKET,
    STEP,
    SUPERUSER,
    Account,
    Answer,
    Binaries,
    EmbeddedError,
    NoPostgres,
    NotCopied,
    NotStarted,
    find_binaries,
)

__all__ = [
    "Binaries",
    "Cluster",
    "EmbeddedError",
    "NoPostgres",
    "NotCopied",
    "NotStarted",
    "find_binaries",
]

log = logging.getLogger(__name__)

LONGEST_SOCKET = 103  # bytes of its path: 107 on Linux, four fewer on macOS
LARGEST_LOG = 10_000_000
TICK = 0.2
SLOWEST_TICK = 10.0
ELSEWHERE = Path("/var/lib/commonlore")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "100",
    # A container's /dev/shm is 64 MB; parallel workers would fill it.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
THROWAWAY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",
}
# The server must not outlive us, not even kill -9: the kernel closes our end of the pipe, and
# this child asks the server to stop. PR_SET_PDEATHSIG would tie it to the thread that forked.
GUARD = 'read -r word || kill -INT "$1"'
REACH = 'cd "$1"'
# As the server's account, so that root never writes through a link which that account planted.
REWRITE = '{ echo "$1"; tail -n +2 "$2"; } >"$2.new" && mv "$2.new" "$2"'


class Cluster:
    """One server on one directory.

    Args:
        directory: where everything is kept; as root, data moves to /var/lib/commonlore when
            the server's account cannot reach it.
        durable: False is for tests: fast, lost at a power cut, and what had to be put outside
            the directory is deleted by `stop`.
        binaries: which PostgreSQL; `find_binaries()` unless told.
    """

    def __init__(
        self, directory: Path, *, durable: bool = True, binaries: Binaries | None = None
    ) -> None:
        self._directory = directory.absolute()
        self._durable = durable
        self._given = binaries
        self._turn = threading.Lock()
        self._wanted = False
        self._lock: int | None = None  # held: we supervise; None while wanted: another does
        self._server: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @cached_property
    def account(self) -> Account | None:
        """Whom the server runs as; None is ourselves."""
        for data in (self._directory / "data", self._elsewhere / "data"):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                owner = data.stat()
                if os.geteuid() == 0:
                    return Account(owner.st_uid, owner.st_gid)
                if owner.st_uid != os.geteuid():
                    raise NotStarted(f"{data} is another account's: start as that one or root.")
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam(name)
                return Account(entry.pw_uid, entry.pw_gid)
        raise NotStarted("As root the server needs an account named postgres or nobody.")

    @cached_property
    def home(self) -> Path:
        """Where data and log are: the directory, or as root a place the account can reach."""
        self._directory.mkdir(parents=True, exist_ok=True)
        reach = programs.shell(REACH, self._directory, account=self.account)
        if reach.returncode == 0:
            return self._directory
        home = self._elsewhere
        log.warning(
            "%s is closed to PostgreSQL's account: data is in %s", self._directory, home
        )
        programs.make_open(home.parent)
        programs.make_open(home)
        return home

    @property
    def data(self) -> Path:
        return self.home / "data"

    @cached_property
    def sockets(self) -> Path:
        """The directory of the socket: its path short enough, open to nobody else."""
        near = self.home / "socket"
        if len(os.fsencode(near / SOCKET)) <= LONGEST_SOCKET:
            return near
        runtime = Path("/run")
        if self.account is None or not runtime.is_dir():
            runtime = Path(tempfile.gettempdir())
        return runtime / f"commonlore-{os.geteuid()}-{self._elsewhere.name}"

    @property
    def _elsewhere(self) -> Path:
        path = os.fsencode(self._directory.resolve())
        return ELSEWHERE / hashlib.sha256(path).hexdigest()[:16]

    @property
    def _log(self) -> Path:
        return self.home / "postgresql.log"

    @cached_property
    def _binaries(self) -> Binaries:
        found = self._given or find_binaries()
        written = self.data / "PG_VERSION"
        if written.exists() and int(written.read_text()) != found.major:
            raise NoPostgres(
                f"{self.data} was made by PostgreSQL {written.read_text().strip()} and this is "
                f"{found.major}: dump it with the old version, restore it into the new one."
            )
        return found

    @cached_property
    def _bin(self) -> Path:
        """The programs where the account can run them; root's home may be closed to it."""
        place = self._binaries.bin
        if programs.can_run(place, self.account):
            return place
        copy = programs.copy_programs(place, self.home)
        if not programs.can_run(copy, self.account):
            raise NoPostgres(f"PostgreSQL's account cannot run the programs in {place}.")
        return copy

    def start(self) -> None:
        """Return when the server answers, be it ours or another supervisor's. Blocks."""
        with self._turn:
            if self._wanted:
                return
            self._wanted = True
            try:
                self._attach_or_launch()
            except BaseException:
                self._wanted = False
                self._shut_down()
                raise

    def stop(self) -> None:
        """Stop the server, leave nothing behind; one we only attached to keeps running."""
        self._wanted = False  # before the lock, so that a start under way gives up
        with self._turn:
            self._shut_down()

    async def watch(self) -> None:
        """Start the server again whenever it dies. Run it as a task, cancel it before `stop`.

        An attached server is taken over when its supervisor has gone.
        """
        pause = TICK
        while True:
            await asyncio.sleep(pause)
            repaired = await asyncio.to_thread(self._repair)
            pause = min(2 * pause, SLOWEST_TICK) if repaired else TICK

    def _attach_or_launch(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._take_lock():
            answer = programs.ask(self.sockets / SOCKET)
            if answer is Answer.READY:
                return
            if answer is Answer.LATER:
                deadline = time.monotonic() + PATIENCE
            if not self._wanted or time.monotonic() > deadline:
                raise NotStarted(f"Another supervisor of {self.home} does not make it answer.")
            time.sleep(STEP)
        self._launch()

    def _take_lock(self) -> bool:
        """Lock the directory itself: no file to leave behind, and our death lets go of it."""
        held = os.open(self.home, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return False
        self._lock = held
        return True

    def _launch(self) -> None:
        self._initialise()
        self._clear_the_way()
        deadline = time.monotonic() + PATIENCE
        while True:
            server, logged_before = self._spawn()
            if self._answers(server):
                return
            self._forget()
            said = self._log.read_bytes()[logged_before:]
            # Backends of a killed server hold its memory until they notice; that passes.
            if b"shared memory block" not in said or time.monotonic() > deadline:
                raise NotStarted(f"PostgreSQL ended at once: {programs.last_words(said)}")
            time.sleep(5 * STEP)

    def _initialise(self) -> None:
        initdb = self._bin / "initdb"  # first, as it refuses data of another version
        if (self.data / "PG_VERSION").exists():
            return
        fresh = self.home / "data.new"  # renamed when whole: a kill in between leaves no half
        if fresh.exists():
            shutil.rmtree(fresh)
        programs.make_private(fresh, self.account)
        command: list[str | Path] = [initdb, "-D", fresh, "-U", SUPERUSER, "-E", "UTF8"]
        command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
        # From 17 on Unicode comes with PostgreSQL, and the system's locales do not matter.
        if self._binaries.major >= 17:  # noqa: PLR2004  said in the line above
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command.append("--locale=C.UTF-8")
        command.append("--data-checksums" if self._durable else "--no-sync")
        done = programs.run(command, account=self.account)
        if done.returncode != 0:
            raise NotStarted(f"initdb failed: {programs.last_words(done.stderr)}")
        fresh.rename(self.data)

    def _clear_the_way(self) -> None:
        """Stop a server that lost its supervisor; disarm what a dead one left behind."""
        pid_file = self.data / "postmaster.pid"
        pid = programs.recorded_pid(pid_file)
        if pid and programs.works_in(pid, self.data):
            log.warning("PostgreSQL without a supervisor is stopped: process %d", pid)
            programs.end(partial(os.kill, pid), lambda: not programs.works_in(pid, self.data))
        elif pid and programs.exists(pid):
            # The number is another process's now, and PostgreSQL would refuse to start. Its
            # parent's number it takes for stale, and it still checks the old memory block.
            programs.shell(REWRITE, str(os.getpid()), pid_file, account=self.account)
        if programs.ask(self.sockets / SOCKET) is not Answer.NONE:
            raise NotStarted(f"A server answers in {self.sockets} that is not on {self.data}.")
        self._sweep()
        programs.make_private(self.sockets, self.account)

    def _sweep(self) -> None:
        for name in (SOCKET, f"{SOCKET}.lock"):
            (self.sockets / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.sockets.rmdir()

    def _spawn(self) -> tuple[subprocess.Popen[bytes], int]:
        settings = SETTINGS | ({} if self._durable else THROWAWAY)
        if self._binaries.major >= 18:  # noqa: PLR2004  the first with processes for reading
            settings |= {"io_method": "sync"}
        command: list[str | Path] = [
            self._bin / "postgres",
            "-D",
            self.data,
            "-k",
            self.sockets,
        ]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as out:
            if out.tell() > LARGEST_LOG:
                out.truncate(0)
            logged_before = self._log.stat().st_size
            server = programs.spawn(command, account=self.account, out=out, listens=False)
            self._server = server
            guard = ["/bin/sh", "-c", GUARD, "sh", str(server.pid)]
            self._guard = programs.spawn(guard, account=self.account, out=out, listens=True)
        return server, logged_before

    def _answers(self, server: subprocess.Popen[bytes]) -> bool:
        """Wait until the server answers; False when it ended instead."""
        deadline = time.monotonic() + PATIENCE
        while server.poll() is None:
            answer = programs.ask(self.sockets / SOCKET)
            if answer is Answer.READY:
                return True
            if answer is Answer.LATER:
                deadline = time.monotonic() + PATIENCE
            if not self._wanted or time.monotonic() > deadline:
                raise NotStarted(f"PostgreSQL does not answer; see {self._log}.")
            time.sleep(STEP)
        return False

    def _repair(self) -> bool:
        """Start the server again if it has died; say whether that was tried."""
        with self._turn:
            if not self._wanted or (self._lock is None and not self._take_lock()):
                return False
            if self._server is not None and self._server.poll() is None:
                return False
            log.warning("PostgreSQL has died and is started again: %s", self.home)
            self._forget()
            try:
                self._launch()
            except (EmbeddedError, OSError):
                log.exception("PostgreSQL could not be started again; it will be tried later")
            return True

    def _forget(self) -> None:
        """Reap the guard of an ended server, before its number means another process."""
        if self._guard is not None:
            self._guard.communicate(b"done\n")
        self._server = self._guard = None

    def _shut_down(self) -> None:
        if self._server is not None:
            server = self._server
            programs.end(server.send_signal, lambda: server.poll() is not None)
            self._forget()
            self._sweep()
        if self._lock is None:
            return
        if not self._durable and self.home != self._directory:
            shutil.rmtree(self.home)
        os.close(self._lock)
        self._lock = None

    def url(self, database: str, role: str) -> str:
        """Name a database for asyncpg, over the socket."""
        return databases.url(self.sockets, database, role)

    async def provision(self, database: str) -> None:
        """Make a database and its roles (owner, app, audit) where they are missing."""
        await databases.provision(self.sockets, database)

    async def clone(self, template: str, database: str) -> None:
        """Copy a provisioned database that nobody is connected to; it keeps the same roles."""
        # Measured: copying files is a fifth faster, but its checkpoints wait for a real disk.
        strategy = databases.Strategy.WAL_LOG if self._durable else databases.Strategy.FILE_COPY
        await databases.clone(self.sockets, template, database, strategy)

    async def drop(self, database: str) -> None:
        """Delete a database, whoever is connected, and its roles unless clones need them."""
        await databases.drop(self.sockets, database)

    async def dump(self, database: str, file: Path) -> None:
        """Write a database to a file in pg_dump's custom format; replaced only when whole."""
        command = self._client("pg_dump", databases.ours(database))
        await asyncio.to_thread(programs.dump, command, file, self.account)

    async def restore(self, database: str, file: Path) -> None:
        """Read a dump into an empty database of the name it was dumped from, all or nothing."""
        await databases.provision(self.sockets, database)
        command = self._client("pg_restore", database)
        command.append(f"--role={database}_owner")
        await asyncio.to_thread(programs.restore, command, file, self.account)

    def _client(self, program: str, database: str) -> list[str | Path]:
        where = (f"--host={self.sockets}", "--port=5432", f"--username={SUPERUSER}")
        return [self._bin / program, *where, "--no-password", f"--dbname={database}"]
