"""Take out each guard in turn and see its tests fail: `python -m tests.guards [ROW...]`."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.guards.table import ROOT, Guard, guarded_rows, guards
from tests.security.write_table import Row

AT_ONCE: Final = 2
FLOOR: Final = 95  # per cent of the guards
_PARTS: Final = ("schemas", "federation", "moderation", "server", "tests", "deploy")
_LONGEST: Final = 240  # seconds for the tests of one row
_FAILED: Final = re.compile(r"^FAILED (\S+)", re.MULTILINE)
_SKIPPED: Final = shutil.ignore_patterns("__pycache__", "node_modules", ".hypothesis")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a row without its guard; `colour` is "red" as it should be."""

    row: str
    colour: str
    said: str

    @property
    def line(self) -> str:
        return f"{self.row}  {self.colour:5}  {self.said}"


def main() -> int:
    """Print a line for each row and the share that is red; 1 where that is below the floor."""
    wanted = set(sys.argv[1:])
    known = guards()
    chosen = [row for row in guarded_rows() if not wanted or row.id in wanted]
    results = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for result in pool.map(lambda row: _try(row, known.get(row.id, Guard())), chosen):
            print(result.line, flush=True)  # noqa: T201 - a command's output
            results.append(result)
    tried = [result for result in results if result.colour != "none"]
    red = sum(result.colour == "red" for result in tried)
    share = 100 * red / len(tried) if tried else 100.0
    print(  # noqa: T201 - a command's output
        f"{red} of {len(tried)} guards are missed when they are taken out: {share:.1f} %; "
        f"{len(results) - len(tried)} rows have none, and say why"
    )
    return int(share < FLOOR)


def _try(row: Row, guard: Guard) -> Result:
    if not guard.walls:
        why = guard.why_none or "in no table"
        return Result(row=row.id, colour="none" if guard.why_none else "green", said=why)
    astray = [wall.file for wall in guard.walls if wall.count() != 1]
    if astray:
        return Result(row=row.id, colour="green", said=f"not there once: {', '.join(astray)}")
    with _tree() as root:
        for wall in guard.walls:
            wall.take_out(root)
        return _judge(row, *_run(row, root))


@contextmanager
def _tree() -> Iterator[Path]:
    """Copy what the tests need, so that nothing of ours is ever changed."""
    with tempfile.TemporaryDirectory(prefix="guards-") as directory:
        root = Path(directory)
        for name in _PARTS:
            shutil.copytree(ROOT / name, root / name, ignore=_SKIPPED)
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy(path, root)
        yield root


def _run(row: Row, root: Path) -> tuple[int, str]:
    """Run the tests of one row in a tree of its own; give how it ended and what was said."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, file in row.tests:
        names[file].append(name)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--tb=line",
        "-p",
        "no:cacheprovider",
    ]
    command += ["-k", " or ".join(sorted({name for name, _ in row.tests}))]
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter, our own tests
            [*command, *(f"tests/{file}" for file in names)],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, ""
    return done.returncode, done.stdout.decode(errors="replace")


def _judge(row: Row, status: int, output: str) -> Result:
    """Only a test that failed counts: one that could not even begin says nothing."""
    failed = _FAILED.search(output)
    if status == 1 and failed is not None:
        return Result(row=row.id, colour="red", said=failed[1].rpartition("::")[2])
    if status == 0:
        return Result(row=row.id, colour="green", said="nobody missed it")
    last = output.strip().splitlines()[-1] if output.strip() else "no end within the time"
    return Result(row=row.id, colour="error", said=f"status {status}: {last}")


if __name__ == "__main__":
    sys.exit(main())
