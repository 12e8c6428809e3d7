"""Judge the combined coverage: every branch of the pure packages, nearly all of the server."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coverage import Coverage
from coverage.exceptions import NoDataError
from coverage.results import Analysis

ROOT: Final = Path(__file__).parents[1]
#: Percent of lines and branches together, as `coverage report` counts them.
FLOORS: Final = {"schemas": 100.0, "federation": 100.0, "moderation": 100.0, "server": 95.0}
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run reached of one module: lines and branches, and where it did not come."""

    name: str
    reached: int
    possible: int
    missing: str

    @property
    def package(self) -> str:
        return self.name.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    package: str
    percent: float
    floor: float
    gaps: tuple[Measured, ...]

    @property
    def holds(self) -> bool:
        return self.percent >= self.floor


def verdicts(measured: Iterable[Measured]) -> list[Verdict]:
    """Judge each package; one of which nothing was measured has reached nothing."""
    modules: dict[str, list[Measured]] = defaultdict(list)
    for module in measured:
        modules[module.package].append(module)
    return [_verdict(package, floor, modules[package]) for package, floor in FLOORS.items()]


def _verdict(package: str, floor: float, modules: list[Measured]) -> Verdict:
    possible = sum(module.possible for module in modules)
    reached = sum(module.reached for module in modules)
    gaps = sorted(
        (module for module in modules if module.reached < module.possible),
        key=lambda module: (module.reached - module.possible, module.name),
    )
    percent = 100 * reached / possible if possible else 0.0
    return Verdict(package=package, percent=percent, floor=floor, gaps=tuple(gaps))


def table(judged: Iterable[Verdict]) -> Iterator[str]:
    """Give the lines of a report: totals, and where a package that falls short does so."""
    judged = list(judged)
    yield f"{'package':<12}{'covered':>9}{'floor':>8}"
    for verdict in judged:
        # Cut, not rounded: 99.96 is not 100.
        percent = int(verdict.percent * 10) / 10
        short = "" if verdict.holds else "  falls short"
        yield f"{verdict.package:<12}{percent:>8.1f}%{verdict.floor:>7.0f}%{short}"
    for verdict in judged:
        if not verdict.holds:
            yield from (f"  {gap.name}: {gap.missing}" for gap in verdict.gaps[:_SHOWN])


def measured_in(coverage: Coverage) -> Iterator[Measured]:
    for path in sorted(coverage.get_data().measured_files()):
        found = Path(path)
        # Templates are measured, too: Jinja names them in its line tables.
        if found.suffix == ".py" and found.is_relative_to(ROOT) and found.exists():
            yield _measured(coverage._analyze(path), found)  # noqa: SLF001 - branches have no public way


def _measured(analysis: Analysis, path: Path) -> Measured:
    numbers = analysis.numbers
    branches = analysis.missing_branch_arcs()
    jumps = [
        f"{line}->{to if to > 0 else 'exit'}" for line, ends in branches.items() for to in ends
    ]
    lines = [str(line) for line in sorted(analysis.missing)]
    return Measured(
        name=path.relative_to(ROOT).as_posix(),
        reached=numbers.n_executed + numbers.n_executed_branches,
        possible=numbers.n_statements + numbers.n_branches,
        missing=", ".join([*lines, *jumps]),
    )


def main() -> int:
    coverage = Coverage()
    coverage.load()
    try:
        judged = verdicts(measured_in(coverage))
    except NoDataError:
        judged = verdicts([])
    print(*table(judged), sep="\n")  # noqa: T201 - a command's output
    return 0 if all(verdict.holds for verdict in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
