"""The table of guards: for each row of known faults, the code that keeps us from having it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.security.write_table import Row, rows

TABLE: Final = Path(__file__).parent / "guards.toml"
ROOT: Final = Path(__file__).parents[2]
#: The classes whose guards are taken out one by one. What is confidential, and who is who, is
#: tested by tables that are made of the routes: each route there is a guard of its own; but
#: not what apps are given (AUT-02, AUT-03).
CLASSES: Final = (
    *("SIG", "ORI", "ACT", "LDS", "FET", "DOS", "XSS", "DOM", "MED", "DEL", "DEP"),
    *("AUT-02", "AUT-03"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """A piece of code that is there exactly once, and what stands there without the guard."""

    file: str
    code: str
    without: str

    def count(self, root: Path = ROOT) -> int:
        """Say how often the code is there; once, or nobody knows what was taken out."""
        path = root / self.file
        return path.read_text().count(self.code) if path.is_file() else 0

    def taken_out(self, root: Path = ROOT) -> str:
        """Give the file as it reads without the guard."""
        return (root / self.file).read_text().replace(self.code, self.without)

    def take_out(self, root: Path) -> None:
        (root / self.file).write_text(self.taken_out(root))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a row is guarded by: walls that are taken out together, or why there is none."""

    walls: tuple[Wall, ...] = ()
    why_none: str = ""


def guards() -> dict[str, Guard]:
    """Read the table; a row has `why_none`, or one wall or more."""
    return {name: _guard(said) for name, said in tomllib.loads(TABLE.read_text()).items()}


def guarded_rows() -> list[Row]:
    """List the rows that are tested, and so must have a guard or a reason."""
    return [row for row in rows() if row.tests and row.id.startswith(CLASSES)]


def _guard(said: dict[str, Any]) -> Guard:
    if "why_none" in said:
        return Guard(why_none=said["why_none"])
    return Guard(walls=tuple(Wall(**wall) for wall in said["walls"]))
