"""Every setting is in the example for operators, and the example has no other."""

import re

from server.config import PREFIX, Settings
from tests.architecture.source import ROOT

EXAMPLE = ROOT / "deploy/env.example"
NAMED = re.compile(rf"^#? ?{PREFIX}([A-Z_]+)=", re.MULTILINE)
MENTIONED = re.compile(rf"{PREFIX}([A-Z_]*[A-Z])")
MANUALS = ("README.md", "deploy/README.md", "CONTRIBUTING.md", "FEDERATION.md", "SECURITY.md")
SETTINGS = {name.upper() for name in Settings.model_fields}


def test_the_example_has_every_setting_once_and_no_other():
    found = NAMED.findall(EXAMPLE.read_text())

    assert sorted(found) == sorted(SETTINGS)


def test_the_manuals_name_no_setting_that_is_not_there():
    for name in MANUALS:
        mentioned = set(MENTIONED.findall((ROOT / name).read_text()))

        assert mentioned - SETTINGS == set(), name


def test_every_setting_says_what_it_is_for():
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert silent == []
