"""The list of what of the suite does not pass here, and of what it skips by itself, by name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
LIST: Final = HERE / "listed.toml"
TABLE: Final = HERE.parent / "README.md"

_HEAD: Final = """\
# Mastodon.py's own tests, run live

`make mastodonpy` takes the source of Mastodon.py at the version that `requirements-dev.lock`
pins, checks its hash, and runs the tests in it against a real instance, over HTTP. Nothing of
them is kept here. What they record is asked of us anew; what they only play (answers of other
servers, by which they test the library alone) is played. Every test passes but for these. The
run fails where one of these passes, where one fails for another reason than is given, and
where a test fails that is not named here.

`python -m tests.clients.mastodonpy.write_table` writes this page from `mastodonpy/listed.toml`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Tests that end alike: `shows` stands in what each of them says of its failure."""

    why: str
    shows: str
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All of the list: what fails for good reasons, what waits, what the suite skips itself."""

    differs: tuple[Group, ...]
    waits: tuple[Group, ...]
    skipped: tuple[Group, ...]


def read() -> Listed:
    stored = tomllib.loads(LIST.read_text())
    return Listed(
        **{name: tuple(map(_group, stored.get(name, ()))) for name in Listed.__slots__}
    )


def _group(stored: Mapping[str, str | list[str]]) -> Group:
    return Group(
        why=str(stored["why"]), shows=str(stored["shows"]), tests=tuple(stored["tests"])
    )


def names(groups: tuple[Group, ...]) -> dict[str, Group]:
    """Give the group of each test; a test is in one."""
    found = [(test, group) for group in groups for test in group.tests]
    assert len(dict(found)) == len(found), "a test is listed twice"
    return dict(found)


def table(listed: Listed) -> str:
    """Write the page that people read."""
    parts = [
        _HEAD,
        _section("What does not pass, and why", listed.differs),
        _section("What waits for something that is being built", listed.waits),
        _section("What the suite skips by itself", listed.skipped),
    ]
    return "\n".join(filter(None, parts))


def _section(title: str, groups: tuple[Group, ...]) -> str:
    if not groups:
        return ""
    lines = [f"## {title} ({len(names(groups))})", "", "| test | reason |", "|---|---|"]
    for group in groups:
        lines += [f"| `{test}` | {group.why} |" for test in group.tests]
    return "\n".join((*lines, ""))
