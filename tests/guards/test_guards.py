"""The table of guards is complete, and each stands where it says; `make guards` tries them."""

import pytest

from tests.guards.table import CLASSES, Guard, Wall, guarded_rows, guards

GUARDS = guards()
ROWS = guarded_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_that_is_tested_has_a_guard_or_says_why_none(row):
    guard = GUARDS.get(row.id, Guard())

    assert bool(guard.walls) is not bool(guard.why_none)


def test_no_guard_is_of_a_row_that_is_not_tested():
    assert set(GUARDS) - {row.id for row in ROWS} == set()


@pytest.mark.parametrize("name", GUARDS)
def test_each_wall_stands_in_its_file_once(name):
    assert [wall.file for wall in GUARDS[name].walls if wall.count() != 1] == []


@pytest.mark.parametrize("name", GUARDS)
def test_without_its_guard_a_file_is_still_python(name):
    for wall in GUARDS[name].walls:
        if wall.file.endswith(".py"):
            compile(wall.taken_out(), wall.file, "exec")


def test_nearly_every_row_of_these_classes_has_one():
    without = [name for name, guard in GUARDS.items() if not guard.walls]

    assert len(without) * 20 <= len(ROWS)
    assert {row.id.partition("-")[0] for row in ROWS} == {
        each.partition("-")[0] for each in CLASSES
    }


def test_a_wall_that_is_not_there_is_missed(tmp_path):
    (tmp_path / "a.py").write_text("if no:\n    pass\nif no:\n    pass\n")

    counts = [
        Wall(file=file, code=code, without="").count(tmp_path)
        for file, code in (("a.py", "if no:"), ("a.py", "if yes:"), ("b.py", "if no:"))
    ]

    assert counts == [2, 0, 0]
