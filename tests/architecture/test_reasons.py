"""Every reason for a refusal is in the README of its folder, and is spelt like a code."""

import re

import pytest

from tests.architecture.refusals import refusals
from tests.architecture.source import ROOT

CODE = re.compile(r"[a-z0-9…]+(-[a-z0-9…]+)*")
PACKAGES = ("schemas", "federation", "server")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_reason_is_in_the_readme_of_its_folder(package):
    readme = (ROOT / package / "README.md").read_text()

    missing = [
        each.reason for each in refusals(package) if f"| `{each.reason}` |" not in readme
    ]

    assert missing == [], "run `make map`"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_reason_is_a_code_and_no_sentence(package):
    assert [each for each in refusals(package) if not CODE.fullmatch(each.reason)] == []


def test_a_reason_is_found_however_it_is_written():
    found = {refusal.reason for refusal in refusals("federation")}

    assert {"digest-mismatch", "covered-header-missing", "agency-not-admitted"} <= found
    assert len(found) > 30


def test_moderation_refuses_nothing_by_exception():
    assert refusals("moderation") == {}
