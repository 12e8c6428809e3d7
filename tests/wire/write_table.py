"""Write tests/wire/README.md: which test proves which item of the conformance list."""

from pathlib import Path
from typing import Final

from tests.wire.conformance import ITEMS

README: Final = Path(__file__).parent / "README.md"
_HEAD: Final = """\
# What we send, and what others send us

A folder for each program holds documents of our own writing in its shape: each is
understood, or refused for the reason in its name. `emitted.py` draws everything that leaves
us, and `profile.py` looks each document over.

The wire profile ends with a list of twenty-eight items. This says which test proves which;
`python -m tests.wire.write_table` writes it from `conformance.toml`.

| item | what must be so | tests |
|---|---|---|
"""


def table() -> str:
    """Build the whole file."""
    rows = []
    for item in ITEMS:
        by_module: dict[str, list[str]] = {}
        for module, test in item.tests:
            by_module.setdefault(module, []).append(f"`{test.removeprefix('test_')}`")
        named = "; ".join(f"{module}: {', '.join(each)}" for module, each in by_module.items())
        rows.append(f"| {item.number} | {item.says} | {named} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    README.write_text(table())
