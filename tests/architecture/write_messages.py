"""Write server/locales/commonlore.pot: every sentence that a page may show, for translators."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from server.handlers.pages.words import DOMAIN
from tests.architecture.source import ROOT

TEMPLATE: Final = ROOT / "server" / "locales" / f"{DOMAIN}.pot"

_IN_TEMPLATES: Final[dict[str, Any]] = {"_": None, "gettext": None, "ngettext": (1, 2)}
#: A function, and which of its arguments are sentences: of a refusal what follows its code.
_IN_PYTHON: Final[dict[str, Any]] = {
    "noted": None,
    "say": (2,),
    "say_many": (2, 3),
    "Conflict": (2,),
    "NotAllowed": (2,),
    "NotFound": (2,),
    "NotSignedIn": (2,),
    "TooMany": (2,),
}
_OPTIONS: Final = {"newstyle_gettext": "true", "trimmed": "true", "encoding": "utf-8"}

Sentence = str | tuple[str, ...]


def template() -> bytes:
    """Extract all of it, in a fixed order and without line numbers: they change too often."""
    catalogue = Catalog(project="Commonlore", copyright_holder="", fuzzy=False, charset="utf-8")
    for path, sentence in sorted(sentences(), key=lambda found: (found[0], str(found[1]))):
        catalogue.add(sentence, locations=[(path, 0)])
    text = io.BytesIO()
    write_po(text, catalogue, width=96, omit_header=True, include_lineno=False)
    return _HEADER.encode() + text.getvalue()


def sentences() -> Iterator[tuple[str, Sentence]]:
    """Give each sentence with the file that says it."""
    for path in sorted((ROOT / "server" / "templates").rglob("*.html")):
        yield from _found_in(path, "jinja2.ext:babel_extract", _IN_TEMPLATES)
    for folder in ("handlers", "services"):
        for path in sorted((ROOT / "server" / folder).rglob("*.py")):
            yield from _found_in(path, "python", _IN_PYTHON)
            for sentence in _about_fields(path):
                yield path.relative_to(ROOT).as_posix(), sentence


def _found_in(
    path: Path, method: str, keywords: dict[str, Any]
) -> Iterator[tuple[str, Sentence]]:
    name = path.relative_to(ROOT).as_posix()
    with path.open("rb") as text:
        for _, message, _, _ in extract(method, text, keywords, (), _OPTIONS):
            yield name, message


def _about_fields(path: Path) -> Iterator[str]:
    """Give what is said of a form's fields: Invalid({field: words}), wrong[field] = words."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id="Invalid"), args=[ast.Dict(values=values)]):
                yield from _constants(values)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="wrong"))], value=value):
                yield from _constants([value])
            case _:
                pass


def _constants(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


_HEADER: Final = """\
# Every sentence that a page may show. Written by `make messages`; translate a copy of it.
msgid ""
msgstr ""
"Project-Id-Version: Commonlore\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


if __name__ == "__main__":
    TEMPLATE.write_bytes(template())
