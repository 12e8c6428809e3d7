"""Every folder with tests is in one half of the suite, and in one only."""

from itertools import chain

from tests.halves import HALVES, ROOT


def test_each_folder_with_tests_is_run_in_one_half() -> None:
    folders = {
        path.relative_to(ROOT).parts[1]
        for path in (ROOT / "tests").rglob("test_*.py")
        if "node_modules" not in path.parts
    }

    run = [folder.removeprefix("tests/") for folder in chain(*HALVES)]

    assert sorted(run) == sorted(folders)
