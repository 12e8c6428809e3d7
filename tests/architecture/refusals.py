"""Every reason for which something is refused, read from the source."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from federation import errors as federation_errors
from server.services import errors as server_errors
from tests.architecture.source import calls, modules, parsed, shown

#: Class to what its HTTP answer is; "" where it never reaches one.
STATUSES: Final[Mapping[str, str]] = {
    **{
        name: str(found.status)
        for module in (federation_errors, server_errors)
        for name, found in vars(module).items()
        if isinstance(found, type) and issubclass(found, Exception)
    },
    "Gone": "410",
    "BadDocument": "400",
    "BadJson": "400",
    "Ignored": "",
}
#: These show what is wrong field by field; their reason is a word of its own, or "invalid".
_BY_FIELD: Final = "Invalid"


class Refusal(NamedTuple):
    reason: str
    kind: str


def refusals(package: str) -> dict[Refusal, list[str]]:
    """Give each refusal that a package raises, with the modules that do."""
    found: dict[Refusal, set[str]] = defaultdict(set)
    for path in modules(package):
        for refusal in _in(path):
            found[refusal].add(shown(path))
    return {refusal: sorted(found[refusal]) for refusal in sorted(found)}


def _in(path: Path) -> Iterator[Refusal]:
    constants = _constants(parsed(path))
    for name, call in calls(path):
        if name not in STATUSES:
            continue
        for reason in _reasons(_given(name, call), constants):
            yield Refusal(reason, name)


def _given(name: str, call: ast.Call) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == "reason":
            return keyword.value
    if name == _BY_FIELD:
        return ast.Constant("invalid")
    return call.args[0] if call.args else None


def _reasons(value: ast.expr | None, constants: Mapping[str, str]) -> Iterator[str]:
    """Give the reasons that an expression may be; one handed on from elsewhere is none here."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _reasons(body, constants)
            yield from _reasons(orelse, constants)
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts
            )
        case ast.Name(id=name) if name in constants:
            yield constants[name]
        case _:
            pass


def _constants(module: ast.Module) -> dict[str, str]:
    found = {}
    for node in module.body:
        match node:
            case (
                ast.Assign(
                    targets=[ast.Name(id=name)],
                    value=ast.Constant(value=str(text)),
                )
                | ast.AnnAssign(
                    target=ast.Name(id=name),
                    value=ast.Constant(value=str(text)),
                )
            ):
                found[name] = text
            case _:
                pass
    return found
