"""Write tests/security/README.md: every known fault, and the tests that we are without it."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TABLE: Final = HERE / "README.md"
ROWS: Final = HERE / "rows.toml"
TESTS: Final = HERE.parent

CLASSES: Final = {
    "SIG": "signatures and keys",
    "ORI": "origin and identity",
    "ACT": "who may do what",
    "LDS": "JSON and proofs",
    "FET": "outgoing requests",
    "DOS": "exhaustion",
    "XSS": "content",
    "VIS": "confidentiality",
    "AUT": "accounts",
    "DOM": "domains and blocks",
    "MED": "media",
    "DEL": "delivery",
    "DEP": "dependencies",
}
_NAMED: Final = re.compile(r"^ *(?:async )?def (test_([a-z]{3})_([0-9]{2})_\w+)", re.MULTILINE)
_STATUSES: Final = ("later", "not_applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One class of fault. `tests` are names of functions, with the file each is in."""

    id: str
    about: str
    tests: tuple[tuple[str, str], ...]
    later: str = ""
    not_applicable: str = ""
    rest: str = ""

    @property
    def status(self) -> str:
        """Say how it stands; a row that nobody has settled says so, and fails the test."""
        if self.tests:
            return f"tested; later: {self.rest}" if self.rest else "tested"
        if self.later:
            return f"later: {self.later}"
        if self.not_applicable:
            return f"not applicable: {self.not_applicable}"
        return "not tested yet"

    @property
    def contradictions(self) -> list[str]:
        """Say what is claimed of this row that cannot be."""
        wrong = []
        said = [name for name in _STATUSES if getattr(self, name)]
        if self.tests and said:
            wrong.append(f"{self.id} has tests and says {said[0]}: make it `rest` or drop it")
        if len(said) > 1:
            wrong.append(f"{self.id} says {' and '.join(said)}")
        if self.rest and not self.tests:
            wrong.append(f"{self.id} says what rests, and nothing is tested")
        if not self.tests and not said:
            wrong.append(f"{self.id} has neither a test nor a reason")
        return wrong


def find_tests(folder: Path = TESTS) -> Mapping[str, list[tuple[str, str]]]:
    """Find the tests that are named after a row, anywhere in our tests."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for name, kind, number in _NAMED.findall(path.read_text()):
            found[f"{kind.upper()}-{number}"].append(
                (name, path.relative_to(folder).as_posix())
            )
    return found


def rows() -> list[Row]:
    tests = find_tests()
    return [
        Row(
            id=name,
            about=said["class"],
            tests=tuple(sorted(tests.get(name, []))),
            later=said.get("later", ""),
            not_applicable=said.get("not_applicable", ""),
            rest=said.get("rest", ""),
        )
        for name, said in tomllib.loads(ROWS.read_text()).items()
    ]


def table(shown: list[Row]) -> str:
    counts = [
        f"{sum(row.status.startswith(start) for row in shown)} {start}"
        for start in ("tested", "later", "not applicable", "not tested yet")
    ]
    lines = [
        "# Known faults, and the tests that we are without them",
        "",
        "Every row is a way in which a server of this kind has failed, or a hardening",
        "class. A test is named after its row: `test_sig_05_…` proves something of SIG-05.",
        "`make map` writes this file from the names of the tests",
        "and from `rows.toml`; `test_table.py` holds it to both. **Later** names the issue",
        "that brings the feature with its tests: what is not there cannot be attacked, nor is",
        "it claimed.",
        "",
        f"{len(shown)} rows: {', '.join(counts)}.",
    ]
    for kind, title in CLASSES.items():
        lines += [
            "",
            f"## {kind}: {title}",
            "",
            "| id | class | status | tests |",
            "|---|---|---|---|",
        ]
        lines += [_line(row) for row in shown if row.id.startswith(kind)]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    files: dict[str, list[str]] = defaultdict(list)
    for name, path in row.tests:
        files[path].append(f"`{name[len('test_xxx_00_') :]}`")
    tests = "; ".join(f"{path}: {', '.join(names)}" for path, names in files.items())
    return f"| {row.id} | {row.about} | {row.status} | {tests} |".replace("|  |", "| |")


def main() -> None:
    TABLE.write_text(table(rows()))
    print(TABLE.name)  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
