"""The suite of Mastodon.py: its source fetched and checked, and run against an instance."""

import asyncio
import hashlib
import json
import os
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).parent
_ROOT: Final = HERE.parents[2]
_LOCK: Final = _ROOT / "requirements-dev.lock"
_KEPT: Final = _ROOT / ".state/mastodonpy"
_LOCKED: Final = re.compile(
    r"^mastodon-py==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.MULTILINE
)
_HASH: Final = re.compile(r"sha256:([0-9a-f]{64})")
_IN_CI: Final = os.environ.get("CI") == "true"  # noqa: TID251 -- CI may not go without
#: Where the suite believes its server to be.
_WRITTEN: Final = "localhost:3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a test of the suite ended: passed, failed or skipped, and why not passed."""

    test: str
    outcome: str
    why: str


def source() -> Path:
    """Give the source distribution that the lock names; fetched once, never committed."""
    version, hashes = _locked()
    kept = _KEPT / f"mastodon_py-{version}.tar.gz"
    if not kept.exists():
        _KEPT.mkdir(parents=True, exist_ok=True)
        requirement = _KEPT / "requirement.txt"
        lines = [f"mastodon-py=={version}", *(f"--hash=sha256:{each}" for each in hashes)]
        requirement.write_text(" ".join(lines) + "\n")
    return kept


async def fetched() -> Path:
    """Ask the index for the source, unless it is here; skip where it cannot be asked."""
    kept = source()
    if not kept.exists():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "download"),
            *("--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes"),
            *("--dest", str(_KEPT), "--requirement", str(_KEPT / "requirement.txt")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output = (await process.communicate())[0].decode()
        assert "DO NOT MATCH THE HASHES" not in output, output
        if not kept.exists() and not _IN_CI:
            last = (output.strip().splitlines() or ["no answer"])[-1]
            pytest.skip(f"Mastodon.py's source cannot be fetched from the index: {last}")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() in _locked()[1]
    return kept


def _locked() -> tuple[str, list[str]]:
    """Read which version is pinned, and the hashes of its files."""
    found = _LOCKED.search(_LOCK.read_text())
    assert found is not None, "requirements-dev.lock names no mastodon-py"
    return found[1], _HASH.findall(found[2])


def unpacked(archive: Path, folder: Path, address: str) -> Path:
    """Unpack the tests, with our address for theirs and without recordings of their server."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    suite = next(folder.iterdir())
    for path in (suite / "tests").glob("*.py"):
        path.write_text(path.read_text().replace(_WRITTEN, address))
    for path in (suite / "tests/cassettes").iterdir():
        path.unlink()
    return suite


async def run(suite: Path, *, afresh: str, only: str = "") -> list[End]:
    """Run the suite in a process of its own; how each test ended."""
    notes = suite / "notes.jsonl"
    notes.touch()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(suite), "-q"),
        *("-p", "judging", "-p", "no:cacheprovider", "-p", "no:randomly", "--timeout", "60"),
        *(("-k", only) if only else ()),
        "tests",
        cwd=suite,
        env={
            "PATH": os.environ.get("PATH", ""),  # noqa: TID251 where the interpreter is found
            "PYTHONPATH": str(HERE / "beside"),
            "JUDGED_AFRESH": afresh,
            "JUDGED_NOTES": str(notes),
            "NO_PROXY": "*",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await process.communicate())[0].decode()
    assert process.returncode in {0, 1}, output
    return _ends(notes)


def _ends(notes: Path) -> list[End]:
    """Give one end of each test: the worst of its phases."""
    ends: dict[str, End] = {}
    for line in notes.read_text().splitlines():
        note = json.loads(line)
        before = ends.get(note["test"])
        if before is None or note["outcome"] == "failed":
            why = "\n".join(filter(None, (before.why if before else "", note["why"])))
            ends[note["test"]] = End(test=note["test"], outcome=note["outcome"], why=why)
    return list(ends.values())
