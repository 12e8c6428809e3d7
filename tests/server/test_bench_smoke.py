"""The bench can be started: what it writes down, and one of its limits for a moment."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.bench import limits, report
from tests.bench.report import Better, Figure, Run

RUN = Run(at="2026-03-02T09:00:00+00:00", quick=True, cores=2, busy=0.04)
MET = Figure(
    name="actor document", unit="1/s", ours=6000.0, limit=12000.0, target=5000, cpu_ms=0.15
)
MISSED = Figure(
    name="one post to 200 hosts", unit="s", ours=0.5, limit=0.125, target=0.4, better="less"
)
BROKEN = Figure(name="sending", unit="", ours=None, note="no time was left")


def test_a_table_says_what_was_met_missed_and_not_measured() -> None:
    figures = [MET, MISSED, BROKEN]

    head, rule, *lines = report.table(figures).splitlines()

    assert head.split() == [
        *("figure", "ours", "unit", "limit", "ratio", "target"),
        *("CPU", "ms", "p50", "ms", "p99", "ms"),
    ]
    assert set(rule) == {"-"}
    assert lines[0].split() == [
        *("actor", "document", "6,000", "1/s", "12,000", "0.50", "≥", "5,000", "met"),
        *("0.15", "-", "-"),
    ]
    assert lines[1].split()[5:] == [
        *("0.5", "s", "0.125", "4.00", "≤", "0.4", "missed", "-", "-", "-")
    ]
    assert "not measured" in lines[2]
    assert lines[3] == "  sending: no time was left"


@pytest.mark.parametrize(
    ("ours", "target", "better", "verdict"),
    [
        (5.0, 5.0, "more", "met"),
        (4.9, 5.0, "more", "missed"),
        (5.0, 5.0, "less", "met"),
        (5.1, 5.0, "less", "missed"),
        (5.0, None, "more", ""),
        (None, 5.0, "more", "not measured"),
    ],
)
def test_a_target_is_met_from_the_side_that_is_better(
    ours: float | None, target: float | None, better: Better, verdict: str
) -> None:
    figure = Figure(name="x", unit="1/s", ours=ours, target=target, better=better)

    said = figure.verdict

    assert said == verdict


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "-"), (0.0, "0"), (0.0123, "0.0123"), (45.67, "45.7"), (12345.6, "12,346")],
)
def test_a_number_has_three_figures_that_say_something(
    value: float | None, written: str
) -> None:
    assert report.number(value) == written


def test_runs_of_one_day_are_kept_as_lines_in_one_file(tmp_path: Path) -> None:
    directory = tmp_path / "bench"

    report.keep(directory, [MET], RUN)
    path = report.keep(directory, [MISSED, BROKEN], RUN)

    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert path.name == "2026-03-02.jsonl"
    assert [line["name"] for line in kept] == [MET.name, MISSED.name, BROKEN.name]
    assert [line["verdict"] for line in kept] == ["met", "missed", "not measured"]
    assert kept[0]["ratio"] == 0.5
    assert kept[2]["ratio"] is None
    assert all(line["at"] == RUN.at and line["quick"] for line in kept)


def test_a_limit_is_a_rate_with_its_cost() -> None:
    figure = limits.piece("SHA-256", lambda: sha256(b"commonlore"), 1, 0.1)

    assert figure.ours == figure.rounds[0] > 0
    assert figure.cpu_ms is not None
    assert figure.target is None
