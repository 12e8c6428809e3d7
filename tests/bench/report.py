"""What was measured, as a table for people and as JSON lines for comparing runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

Better = Literal["more", "less"]

_NONE = "-"
_HEAD = ("figure", "ours", "unit", "limit", "ratio", "target", "", "CPU ms", "p50 ms", "p99 ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Args:
        ours: the median of `rounds`; None where it could not be measured, as `note` says.
        limit: what bare pieces reach in the same run, in the same unit.
        target: what performance.md says that we must reach.
        better: whether more or less of the unit is better.
        cpu_ms: of the server per operation, without PostgreSQL.
    """

    name: str
    unit: str
    ours: float | None
    rounds: tuple[float, ...] = ()
    limit: float | None = None
    target: float | None = None
    better: Better = "more"
    cpu_ms: float | None = None
    p50: float | None = None
    p99: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How ours stands to the limit; 1 is as good as bare pieces."""
        if self.ours is None or not self.limit:
            return None
        return self.ours / self.limit

    @property
    def verdict(self) -> str:
        """Say "met" or "missed"; nothing where there is no target."""
        if self.ours is None:
            return "not measured"
        if self.target is None:
            return ""
        reached = (
            self.ours >= self.target if self.better == "more" else self.ours <= self.target
        )
        return "met" if reached else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What all figures of a run have in common."""

    at: str
    quick: bool
    cores: int
    busy: float  # part of the machine that others used just before


def middle(values: Sequence[float]) -> float:
    """Give the median of the rounds."""
    return float(median(values))


def table(figures: Sequence[Figure]) -> str:
    """Lay figures out in columns, with the notes under them."""
    lines = [_HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    laid = [_laid(line, widths) for line in lines]
    laid.insert(1, "-" * len(laid[0].rstrip()))
    notes = [f"  {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join(line.rstrip() for line in [*laid, *notes]) + "\n"


def _laid(line: Sequence[str], widths: Sequence[int]) -> str:
    texts = {0, 2, 6}  # figure, unit and verdict; numbers stand at the right
    cells = [
        cell.ljust(width) if column in texts else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]
    return "  ".join(cells)


def _cells(figure: Figure) -> tuple[str, ...]:
    target = number(figure.target)
    if figure.target is not None:
        target = ("≥ " if figure.better == "more" else "≤ ") + target
    return (
        figure.name,
        number(figure.ours),
        figure.unit,
        number(figure.limit),
        _NONE if figure.ratio is None else f"{figure.ratio:.2f}",
        target,
        figure.verdict,
        number(figure.cpu_ms),
        number(figure.p50),
        number(figure.p99),
    )


def number(value: float | None) -> str:
    """Write a number with three figures that say something, or a dash for none."""
    if value is None:
        return _NONE
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def json_lines(figures: Sequence[Figure], run: Run) -> str:
    """Write one line for each figure; every line stands for itself."""
    lines = [
        json.dumps(
            asdict(run) | asdict(figure) | {"ratio": figure.ratio, "verdict": figure.verdict},
            ensure_ascii=False,
        )
        for figure in figures
    ]
    return "".join(line + "\n" for line in lines)


def keep(directory: Path, figures: Sequence[Figure], run: Run) -> Path:
    """Add a run to the file of its day."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{run.at[:10]}.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json_lines(figures, run))
    return path
