"""The conformance list of the wire profile: each item, and the tests that prove it."""

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
TESTS: Final = HERE.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item; `tests` are names of functions, each behind the file it is in."""

    number: int
    says: str
    tests: tuple[tuple[str, str], ...]


def _items() -> tuple[Item, ...]:
    told = tomllib.loads((HERE / "conformance.toml").read_text())["item"]
    return tuple(
        Item(
            number=each["number"],
            says=each["says"],
            tests=tuple(_place(test) for test in each["tests"]),
        )
        for each in told
    )


def _place(test: str) -> tuple[str, str]:
    module, _, name = test.partition("::")
    return module, name


ITEMS: Final = _items()


@cache
def named_in(module: str) -> frozenset[str]:
    """Name the tests in a file of ours, without running it."""
    tree = ast.parse((TESTS / module).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))
