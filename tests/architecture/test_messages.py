"""Every sentence that people read is in the catalogue, and is read in their language."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from server.handlers.pages.rendering import environment
from server.handlers.pages.words import DOMAIN, translations
from tests.architecture.source import ROOT
from tests.architecture.write_messages import TEMPLATE, sentences, template

_PAGES: Final = sorted((ROOT / "server" / "handlers" / "pages").glob("*.py"))
_TEMPLATES: Final = sorted((ROOT / "server" / "templates").rglob("*.html"))
#: A word and another: what no key, no address and no name of a field looks like.
_WORDS: Final = re.compile(r"[A-Za-z“][^<>{}=;]* [a-z]")
_PATTERNS_OF_TIME: Final = re.compile(r"EEEE")
_NOT_SHOWN: Final = re.compile(r"<(style|script).*?</\1>|<!--.*?-->", re.DOTALL)
#: The name of the product is the same in every language.
_NAMES: Final = frozenset({"Commonlore"})
_ATTRIBUTE: Final = re.compile(r'\b(?:aria-label|alt|placeholder|title)="([^"]*)"')
_TAG: Final = re.compile(r'<[^>]*>|&[a-z]+;|[\w-]+="[^"]*"')


def test_the_template_of_catalogues_has_what_pages_say() -> None:
    assert TEMPLATE.read_bytes() == template(), "run `make messages`"


def _said(path: Path) -> Iterator[str]:
    """Give what may be a sentence in a module, but its docstrings."""
    tree = ast.parse(path.read_text())
    silent = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in silent
        ):
            yield node.value


@cache
def _known() -> frozenset[str]:
    """Give all sentences, each form of a plural as one."""
    found = [(each,) if isinstance(each, str) else each for _, each in sentences()]
    return frozenset(text for forms in found for text in forms)


@pytest.mark.parametrize("path", _PAGES, ids=lambda path: path.stem)
def test_no_handler_says_what_is_not_in_the_catalogue(path: Path) -> None:
    said = [text for text in _said(path) if _WORDS.match(text)]

    assert [
        text for text in said if text not in _known() and not _PATTERNS_OF_TIME.match(text)
    ] == []


@pytest.mark.parametrize(
    "path", _TEMPLATES, ids=lambda path: path.relative_to(ROOT / "server/templates").as_posix()
)
def test_no_template_shows_words_that_are_not_looked_up(path: Path) -> None:
    tokens = environment().lex(path.read_text())
    left = _NOT_SHOWN.sub("", "".join(text for _, kind, text in tokens if kind == "data"))
    shown = [*_ATTRIBUTE.findall(left), *_TAG.sub("\n", left).splitlines()]

    words = [text.strip() for text in shown if re.search(r"[A-Za-z]{2}", text)]
    assert [text for text in words if text not in _NAMES] == []


def test_a_sentence_is_read_in_the_language_there_is_a_catalogue_for(tmp_path: Path) -> None:
    catalogue = Catalog(locale="cy")
    catalogue.add("You left.", "Gadawoch.")
    folder = tmp_path / "cy" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{DOMAIN}.mo").open("wb") as file:
        write_mo(file, catalogue)

    assert translations("cy", str(tmp_path)).gettext("You left.") == "Gadawoch."
    assert translations("fr", str(tmp_path)).gettext("You left.") == "You left."
