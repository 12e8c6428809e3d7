"""What our documents say about the source is what the source says."""

import pytest

from tests.architecture.source import ROOT, modules, shown
from tests.architecture.write_map import BLOCKS, block_in, map_of_modules, written


@pytest.mark.parametrize(("name", "block"), list(BLOCKS))
def test_what_is_generated_in_a_document_is_up_to_date(name, block):
    found = block_in((ROOT / name).read_text(), block)

    assert found == BLOCKS[name, block](), f"{name}: run `make map`"


def test_the_map_shows_every_module_and_no_other():
    lines = map_of_modules().splitlines()

    drawn = [line.split()[0] for line in lines if line.split()[0].endswith(".py")]
    there = [path.name for path in modules() if path.name != "__init__.py"]
    assert sorted(drawn) == sorted(there)


def test_a_block_is_replaced_and_nothing_around_it():
    text = "before\n<!-- map: x -->\nold\n<!-- end of map -->\nafter"

    new = written(text, "map", r"\1 new")

    assert new == text.replace("old", r"\1 new")
    assert written(text.replace("old\n", ""), "map", r"\1 new") == new
    assert block_in(new, "map") == r"\1 new"


@pytest.mark.parametrize("text", ["", "<!-- map: a -->\nx\n<!-- end of map -->\n" * 2])
def test_markers_that_are_not_there_once_are_an_error(text):
    with pytest.raises(ValueError, match="markers of map"):
        block_in(text, "map")


def test_files_are_named_from_the_root():
    assert shown(ROOT / "server" / "routes.py") == "server/routes.py"
