"""Write server/storage/schema.sql: what the migrations make, as PostgreSQL itself tells it."""

import asyncio
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from server.storage import migrate, postgres_programs
from server.storage.embedded import Cluster
from tests.architecture.source import ROOT

FILE: Final = ROOT / "server/storage/schema.sql"
#: The names of the roles in the file; those of the database it was read from give way.
DATABASE: Final = "commonlore"
#: A later pg_dump words some things otherwise; the file is that of the one in the lock files.
MAJOR: Final = 18

_HEAD: Final = "-- What the migrations make; written by `make schema`, for reading only.\n\n"
_NOISE: Final = re.compile(r"--|SET |SELECT pg_catalog\.set_config|\\(un)?restrict ")
# It records what was applied; the runner makes it and no migration does.
_NOT_OURS: Final = "--exclude-table=migrations"


def dumped(cluster: Cluster, database: str) -> str:
    """Give the schema of a database of a running cluster, the same from every run.

    Owners are left out, as all is the owner role's but `append_audit` (`migrate.py` says why).
    """
    binaries = postgres_programs.find_binaries()
    done = postgres_programs.run(
        [
            binaries.bin / "pg_dump",
            "--schema-only",
            "--no-owner",
            _NOT_OURS,
            f"--host={cluster.sockets}",
            "--port=5432",
            f"--username={postgres_programs.SUPERUSER}",
            "--no-password",
            f"--dbname={database}",
        ],
        account=cluster.account,
    )
    if done.returncode != 0:
        raise RuntimeError(postgres_programs.last_words(done.stderr))
    return _HEAD + _plain(done.stdout.decode().replace(database, DATABASE))


def _plain(text: str) -> str:
    """Drop what pg_dump says about itself, and every blank line but one."""
    lines = [line for line in text.splitlines() if not _NOISE.match(line)]
    statements = "\n".join(lines).strip()
    return re.sub(r"\n{3,}", "\n\n", statements) + "\n"


async def _from_nothing(directory: Path) -> str:
    cluster = Cluster(directory, durable=False)
    await asyncio.to_thread(cluster.start)
    try:
        await cluster.provision(DATABASE)
        await migrate.apply(
            cluster.url(DATABASE, f"{DATABASE}_owner"),
            app=f"{DATABASE}_app",
            audit=f"{DATABASE}_audit",
            now=datetime(2026, 1, 1, tzinfo=UTC),
        )
        return await asyncio.to_thread(dumped, cluster, DATABASE)
    finally:
        await asyncio.to_thread(cluster.stop)


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        FILE.write_text(asyncio.run(_from_nothing(Path(directory))))
    print(FILE.relative_to(ROOT))  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
