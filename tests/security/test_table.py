"""The table of known faults is complete and true."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.security.write_table import CLASSES, TABLE, Row, find_tests, rows, table

ROWS = rows()
#: How many rows each class of the threat table has.
COUNTS = dict(
    zip(CLASSES, (25, 20, 24, 9, 16, 17, 13, 20, 16, 7, 6, 25, 8), strict=True),
)


def test_every_row_is_there_once_and_in_order():
    wanted = [
        f"{kind}-{number:02}" for kind in CLASSES for number in range(1, COUNTS[kind] + 1)
    ]

    assert [row.id for row in ROWS] == wanted
    assert len(ROWS) == 206


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_is_tested_or_says_why_not(row):
    assert row.contradictions == []
    assert row.about


def test_no_test_is_named_after_a_row_that_is_not_there():
    known = {row.id for row in ROWS}
    kinds = {name.partition("-")[0] for name in known}

    strays = [name for name in find_tests() if name.partition("-")[0] in kinds]

    assert set(strays) - known == set()


def test_no_two_tests_of_a_row_have_one_name_in_one_file():
    twice = [name for row in ROWS for name, count in Counter(row.tests).items() if count > 1]

    assert twice == []


def test_the_table_is_up_to_date():
    assert TABLE.read_text() == table(ROWS), "run `make map`"


TESTED = Row(id="SIG-01", about="x", tests=(("test_sig_01_x", "security/test_sig.py"),))
UNTESTED = replace(TESTED, tests=())


@pytest.mark.parametrize(
    ("row", "status", "contradictions"),
    [
        (TESTED, "tested", 0),
        (replace(TESTED, rest="media"), "tested; later: media", 0),
        (replace(UNTESTED, later="media"), "later: media", 0),
        (replace(UNTESTED, not_applicable="none"), "not applicable: none", 0),
        (replace(TESTED, later="media"), "tested", 1),
        (replace(UNTESTED, later="media", not_applicable="none"), "later: media", 1),
        (replace(UNTESTED, later="media", rest="media"), "later: media", 1),
        (UNTESTED, "not tested yet", 1),
    ],
)
def test_a_row_has_one_status_or_contradicts_itself(row, status, contradictions):
    assert row.status == status
    assert len(row.contradictions) == contradictions


def test_a_test_is_found_by_its_name_and_its_file(tmp_path):
    (tmp_path / "test_a.py").write_text(
        "async def test_sig_05_one():\n    pass\n# test_sig_06_no\n"
    )

    assert find_tests(tmp_path) == {"SIG-05": [("test_sig_05_one", "test_a.py")]}
