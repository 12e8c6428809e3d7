"""Files named by the hash of their content: written aside, flushed, then moved into place."""

import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ASIDE: Final = "incoming"
_PIECE: Final = 1_048_576  # bytes
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SHARDS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file that is on the disk for good: the hash of its content, and its size in bytes."""

    hash: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of such files. Every method waits for the disk: call it in a thread.

    No name in it comes from anybody but us (MED-02).
    """

    path: Path

    def aside(self) -> Path:
        """Give a name for a file that is still being written, on the same disk."""
        folder = self.path / _ASIDE
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder / secrets.token_hex(16)

    def flush(self, written: Path) -> Blob:
        """Bring a file that was written to the disk, whatever happens to the machine."""
        digest, size = hashlib.sha256(), 0
        with written.open("r+b") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
            os.fsync(file.fileno())
        return Blob(hash=digest.hexdigest(), size=size)

    def move_in(self, written: Path, name: str) -> None:
        """Give a flushed file its place; a file of the same name had the same content."""
        place = self.find(name)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written.replace(place)
        for folder in (place.parent, self.path):
            _flush_folder(folder)

    def find(self, name: str) -> Path:
        """Say where a file is, if it is there.

        Raises:
            ValueError: no hash, which nothing but a defect of ours could ask for.
        """
        if not _HASH.fullmatch(name):
            raise ValueError("no name of a file of ours")
        return self.path / name[:2] / name

    def remove(self, name: str) -> None:
        self.find(name).unlink(missing_ok=True)

    def abandoned(self, *, older_than: float) -> Iterator[Path]:
        """List what was begun and left, such as by a process that died; in seconds."""
        return _older(self.path / _ASIDE, older_than)

    def shard(self, number: int, *, older_than: float) -> list[str]:
        """Name the files in one of 256 parts, but not the newest; in seconds."""
        part = self.path / f"{number % _SHARDS:02x}"
        return [path.name for path in _older(part, older_than) if _HASH.fullmatch(path.name)]


def _older(folder: Path, seconds: float) -> Iterator[Path]:
    # The time of files is that of the system, whatever clock the instance has.
    now = time.time()
    with contextlib.suppress(FileNotFoundError):
        for path in list(folder.iterdir()):
            with contextlib.suppress(FileNotFoundError):
                if now - path.stat().st_mtime > seconds:
                    yield path


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
