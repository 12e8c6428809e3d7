"""Write what the source knows better into our documents: map, reasons, limits, threats."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from schemas.wire.vocabulary import LIMITS, TERMS, ActivityType
from server.inbox import HANDLERS
from tests.architecture.refusals import STATUSES, refusals
from tests.architecture.source import PACKAGES, ROOT, docstring, modules, named, shown
from tests.security import write_table

_WIDTH: Final = 34


def map_of_modules() -> str:
    """Draw our packages as a tree: each folder and module with its docstring beside it."""
    lines: list[str] = []
    for package in PACKAGES:
        lines += _folder(ROOT / package, depth=0)
    return "\n".join(["```text", *lines, "```"])


def _folder(folder: Path, *, depth: int) -> list[str]:
    inside = [
        path for path in modules(folder.relative_to(ROOT).parts[0]) if folder in path.parents
    ]
    if not inside:
        return []
    about = docstring(folder / "__init__.py") if (folder / "__init__.py").exists() else ""
    lines = [_line(f"{folder.name}/", about, depth)]
    here = [path for path in inside if path.parent == folder and path.name != "__init__.py"]
    lines += [_line(path.name, docstring(path), depth + 1) for path in here]
    below = {folder / path.relative_to(folder).parts[0] for path in inside} - set(inside)
    for path in sorted(below):
        lines += _folder(path, depth=depth + 1)
    return lines


def _line(name: str, about: str, depth: int) -> str:
    return f"{'  ' * depth + name:<{_WIDTH}}{about}".rstrip()


def reasons_of(package: str) -> str:
    """Make a table of everything that a package refuses."""
    rows = ["| reason | class | status | where |", "|---|---|---|---|"]
    for refusal, where in refusals(package).items():
        places = ", ".join(f"`{path.removeprefix(package + '/')}`" for path in where)
        status = STATUSES[refusal.kind]
        rows.append(f"| `{refusal.reason}` | {refusal.kind} | {status} | {places} |")
    return "\n".join(rows)


def limits() -> str:
    rows = ["| property | limit | what is over it |", "|---|---|---|"]
    rows += [
        f"| {name} | {limit.at:,} | {'is cut' if limit.over == 'cut' else 'is refused'} |"
        for name, limit in LIMITS.items()
    ]
    return "\n".join(rows)


def activities() -> str:
    """Make a table of the activities we know: sent, taken, or known and not acted on."""
    builders = (ROOT / "federation/translate").glob("outgoing*.py")
    sent = set().union(*(named(path) for path in builders))
    rows = ["| activity | sent | taken | handler |", "|---|---|---|---|"]
    for kind in ActivityType:
        handler = HANDLERS.get(kind)
        where = f"`{handler.__module__.replace('.', '/')}.py`" if handler else ""
        taken = "yes" if handler else "not acted on"
        rows.append(f"| `{kind}` | {'yes' if kind.name in sent else ''} | {taken} | {where} |")
    return "\n".join(rows)


def terms() -> str:
    rows = ["| term | stands for |", "|---|---|"]
    for name, meaning in TERMS.items():
        full = meaning["@id"] if isinstance(meaning, dict) else meaning
        rows.append(f"| `{name}` | `{full}` |")
    return "\n".join(rows)


#: File and block to what belongs between its markers.
BLOCKS: Final[dict[tuple[str, str], Callable[[], str]]] = {
    ("README.md", "map"): map_of_modules,
    ("FEDERATION.md", "activities"): activities,
    ("FEDERATION.md", "limits"): limits,
    ("FEDERATION.md", "terms"): terms,
    ("schemas/README.md", "reasons"): lambda: reasons_of("schemas"),
    ("federation/README.md", "reasons"): lambda: reasons_of("federation"),
    ("server/README.md", "reasons"): lambda: reasons_of("server"),
}


def _pattern(block: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {block}: [^\n]* -->\n)(.*?)(<!-- end of {block} -->)", re.DOTALL)


def block_in(text: str, block: str) -> str:
    """Give what stands between the markers of a block.

    Raises:
        ValueError: the markers are not there exactly once.
    """
    found = _pattern(block).findall(text)
    if len(found) != 1:
        raise ValueError(f"the markers of {block} are there {len(found)} times")
    return str(found[0][1]).removesuffix("\n")


def written(text: str, block: str, content: str) -> str:
    """Give a text with a block's content put in.

    Raises:
        ValueError: as `block_in` does.
    """
    block_in(text, block)
    return _pattern(block).sub(lambda found: f"{found[1]}{content}\n{found[3]}", text)


def main() -> None:
    for (name, block), make in BLOCKS.items():
        path = ROOT / name
        text = path.read_text()
        path.write_text(written(text, block, make()))
        print(f"{shown(path)}: {block}")  # noqa: T201 - a command's output
    write_table.main()


if __name__ == "__main__":
    main()
