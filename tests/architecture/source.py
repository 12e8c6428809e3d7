"""Our own source, as the tests of the architecture read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("schemas", "federation", "moderation", "server")


def modules(*packages: str) -> list[Path]:
    """List the modules of our packages, or of those named, in the order of their paths."""
    found = (path for name in packages or PACKAGES for path in (ROOT / name).rglob("*.py"))
    return sorted(path for path in found if "built" not in path.parts)


def shown(path: Path) -> str:
    """Name a file as it is written in documents: from the root, with slashes."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def docstring(path: Path) -> str:
    return ast.get_docstring(parsed(path), clean=False) or ""


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Give every call in a module with the last name of what is called."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node
                case _:
                    pass


def imported(path: Path) -> set[str]:
    """Give what a module imports anywhere: the full names of modules, and their packages."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module)):
                names.add(module)
            case _:
                pass
    return names | {name.partition(".")[0] for name in names}


def named(path: Path) -> set[str]:
    """Give every name and attribute that a module mentions."""
    mentioned: set[str] = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                mentioned.add(name)
            case ast.ImportFrom(names=aliases):
                mentioned |= {alias.name for alias in aliases}
            case _:
                pass
    return mentioned
