"""Decisions say where they stand, and are numbered without a gap."""

import re

import pytest

from tests.architecture.source import ROOT, shown

DECISIONS = sorted(ROOT.glob("*/decisions/*.md"))
STATUS = re.compile(r"^Status: (Proposed|Accepted|Superseded by (\d{4}))$", re.MULTILINE)
PARTS = ["## Context", "## Decision", "## Consequences"]
LONGEST = 70


@pytest.mark.parametrize("path", DECISIONS, ids=shown)
def test_a_decision_says_where_it_stands(path):
    found = STATUS.findall(path.read_text())

    assert len(found) == 1
    successor = found[0][1]
    assert not successor or list(path.parent.glob(f"{successor}-*.md"))


@pytest.mark.parametrize("path", DECISIONS, ids=shown)
def test_a_decision_is_one_page_of_three_parts(path):
    lines = path.read_text().splitlines()

    assert lines[0].startswith("# ")
    assert [line for line in lines if line.startswith("## ")] == PARTS
    assert len(lines) <= LONGEST


@pytest.mark.parametrize("folder", sorted({path.parent for path in DECISIONS}), ids=shown)
def test_decisions_are_numbered_without_a_gap(folder):
    numbers = [int(path.name[:4]) for path in sorted(folder.glob("*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))
