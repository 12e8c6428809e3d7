"""Every module says in one line what it is, and none is longer than a reader's patience."""

import pytest

from tests.architecture.source import PACKAGES, ROOT, docstring, modules, shown

LONGEST_DOCSTRING = 96
LONGEST_MODULE = 400
OURS = modules()


@pytest.mark.parametrize("path", OURS, ids=shown)
def test_a_module_says_in_one_line_what_it_is(path):
    said = docstring(path)

    assert said, "it has no docstring"
    assert "\n" not in said
    assert len(said) <= LONGEST_DOCSTRING
    assert said.endswith("."), "it is no sentence"


@pytest.mark.parametrize("path", OURS, ids=shown)
def test_a_module_is_at_most_400_lines(path):
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_no_two_modules_say_the_same():
    said = [docstring(path) for path in OURS]

    assert len(set(said)) == len(said)


def test_every_folder_with_modules_is_a_package():
    folders = {path.parent for path in OURS} - {ROOT / "server/static"}

    assert [shown(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
    assert {folder.relative_to(ROOT).parts[0] for folder in folders} == set(PACKAGES)
