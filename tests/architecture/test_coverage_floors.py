"""The floors of coverage hold where they are reached, and name what is missing where not."""

from coverage import Coverage

from tests.architecture.source import ROOT
from tests.coverage_floors import FLOORS, Measured, measured_in, table, verdicts


def measured(name, reached, possible, missing=""):
    return Measured(name=name, reached=reached, possible=possible, missing=missing)


FULL = [measured(f"{package}/x.py", 10, 10) for package in FLOORS]


def test_full_coverage_holds():
    assert all(verdict.holds for verdict in verdicts(FULL))


def test_one_branch_of_ten_thousand_is_missed_in_a_pure_package():
    judged = verdicts([*FULL, measured("federation/y.py", 9_999, 10_000, "7->9")])

    assert [verdict.package for verdict in judged if not verdict.holds] == ["federation"]
    lines = list(table(judged))
    assert "  federation/y.py: 7->9" in lines
    assert [line for line in lines if "falls short" in line and "99.9%" in line]


def test_the_server_may_miss_five_in_a_hundred():
    enough = verdicts([*FULL[:3], measured("server/y.py", 95, 100)])
    too_few = verdicts([*FULL[:3], measured("server/y.py", 94, 100)])

    assert all(verdict.holds for verdict in enough)
    assert not all(verdict.holds for verdict in too_few)


def test_a_package_that_nobody_measured_falls_short():
    assert not any(verdict.holds for verdict in verdicts([]))


def test_lines_and_branches_are_counted_as_coverage_does(tmp_path):
    module = ROOT / "schemas/gate.py"
    data = str(tmp_path / "data")
    coverage = Coverage(data_file=data, config_file=False, branch=True, include=[str(module)])
    first = next(
        n for n, line in enumerate(module.read_text().splitlines(), 1) if "import" in line
    )
    coverage.get_data().add_arcs({str(module): [(-1, 1), (1, first)]})

    (found,) = measured_in(coverage)

    assert found.name == "schemas/gate.py"
    assert 0 < found.reached < found.possible
    assert found.missing
