"""Lock files name versions and hashes, and no place on the network."""

import json
import re

import pytest

from tests.architecture.source import ROOT
from tests.npm import CLIENTS, FEDIFY

REQUIREMENTS = sorted(ROOT.glob("requirements*.lock"))
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s;]+( ; .+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_line_of_a_lock_file_is_a_version_or_its_hash(path):
    lines = path.read_text().splitlines()

    assert [
        line for line in lines if not (PINNED.fullmatch(line) or HASH.fullmatch(line))
    ] == []


def test_there_are_lock_files_for_running_building_and_developing():
    names = [path.name for path in REQUIREMENTS]

    assert names == ["requirements-build.lock", "requirements-dev.lock", "requirements.lock"]


@pytest.mark.parametrize("folder", [ROOT, FEDIFY, CLIENTS], ids=lambda folder: folder.name)
def test_an_npm_lock_names_no_place(folder):
    locked = json.loads((folder / "package-lock.json").read_text())

    outside = {name: each for name, each in locked["packages"].items() if name}
    assert outside
    assert [name for name, each in outside.items() if "resolved" in each] == []
    assert [name for name, each in outside.items() if "integrity" not in each] == []
    assert "://" not in json.dumps(locked)
