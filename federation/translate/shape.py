"""HTML in good order: headings, pictures, depth, honest links. Safety is not its duty."""

import html as entities
import re
from collections import Counter
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urlsplit

from typing_extensions import override

__all__ = ["BLOCKS", "HIDING", "TO_PARAGRAPH", "UNSEEN", "fold", "in_order", "words"]

_DEPTH = 32

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_TABLE = frozenset({"table", "thead", "tbody", "tr", "th", "td"})
_MAY_BE_EMPTY = _TABLE | {"li"}
BLOCKS: Final = _HEADINGS | _TABLE | {"p", "pre", "blockquote", "ul", "ol", "li", "hr"}
# Blocks that we do not keep but whose borders part words.
TO_PARAGRAPH: Final = frozenset(
    {"address", "article", "aside", "caption", "center", "dd", "details", "div", "dl", "dt"}
    | {"figcaption", "figure", "footer", "header", "main", "nav", "section", "summary"}
)
_RENAMED = dict.fromkeys(TO_PARAGRAPH, "p") | {"h1": "h2"}

# Mastodon's classes for the ends of a long address.
HIDING: Final = frozenset({"ellipsis", "invisible"})
_HIDES = re.compile(r'<span class="[^"]*\b(?:ellipsis|invisible)\b')

# Controls but tab and line feed, bidi controls, and what is no character.
UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_PARTS_WORDS = re.compile(r"[\x0b-\x0d\x1c-\x1f\x85]")
_TAG = re.compile(r"<[^<>]*>")
_BREAK = re.compile(r"</?(?:p|br|hr|h[2-6]|[uo]l|li|pre|blockquote|t[a-z]+)\b[^<>]*>")
_SHOWN_AS_URL = re.compile(r"(?:(?:https?:)?//|www\.)", re.IGNORECASE)


def in_order(html: str) -> str:
    """Rewrite HTML that a real parser wrote down, so that each start tag has its end tag."""
    shape = _Shape()
    shape.feed(html)
    shape.close()
    return "".join(shape.pieces)


def words(html: str) -> str:
    """Return the text of our own HTML on one line; blocks and breaks part words."""
    return fold(entities.unescape(_TAG.sub("", _BREAK.sub(" ", html))))


def fold(text: str) -> str:
    """Put text on one line, each run of white space one space, without what is unseen."""
    return " ".join(UNSEEN.sub("", _PARTS_WORDS.sub(" ", text)).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    name: str  # "" when the element is not written
    start: int  # where its content begins in the pieces
    href: str = ""


_UNWRITTEN = _Open(name="", start=-1)


class _Shape(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._open: list[_Open] = []
        self._written: Counter[str] = Counter()
        self._paragraph = -1  # where the open one is in `_open`; there is at most one

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = _RENAMED.get(tag, tag)
        values = {key: value or "" for key, value in attrs}
        if name in BLOCKS:
            self._end_paragraph()
        match name:
            case "br" | "hr":
                self.pieces.append(f"<{name}>")
            case "img":
                self.handle_data(values.get("alt", ""))
            case "input":
                self._tick(values)
            case _:
                self._start(name, values)

    @override
    def handle_endtag(self, tag: str) -> None:
        self._end(self._open.pop())

    @override
    def handle_data(self, data: str) -> None:
        text = UNSEEN.sub("", data)
        # Parsers swallow one line break there, and would swallow another each time.
        if self.pieces[-1:] == ["<pre>"]:
            text = text.lstrip("\n")
        if text:
            self.pieces.append(entities.escape(text, quote=False))

    def _tick(self, values: dict[str, str]) -> None:
        if "type" in values:
            self.handle_data("☑" if "checked" in values else "☐")

    def _start(self, name: str, values: dict[str, str]) -> None:
        if name == "span" and not self._written["a"]:
            values = _without_hiding(values)
        if not self._may_open(name, values):
            self._open.append(_UNWRITTEN)
            return
        if name == "p":
            self._paragraph = len(self._open)
        self._written[name] += 1
        pairs = (f' {key}="{entities.escape(values[key])}"' for key in sorted(values))
        self.pieces.append(f"<{name}{''.join(pairs)}>")
        href = values.get("href", "")
        self._open.append(_Open(name=name, start=len(self.pieces), href=href))

    def _may_open(self, name: str, values: dict[str, str]) -> bool:
        if self._written.total() >= _DEPTH:
            return False
        if name in _HEADINGS:
            return not any(self._written[heading] for heading in _HEADINGS)
        if name == "a":
            return "href" in values and not self._written["a"]
        return name != "span" or "class" in values

    def _end_paragraph(self) -> None:
        if self._paragraph < 0:
            return
        inside = range(len(self._open) - 1, self._paragraph - 1, -1)
        for position in inside:
            self._end(self._open[position])
            self._open[position] = _UNWRITTEN

    def _end(self, element: _Open) -> None:
        if not element.name:
            return
        self._written[element.name] -= 1
        if element.name == "p":
            self._paragraph = -1
        if element.start == len(self.pieces) and element.name not in _MAY_BE_EMPTY:
            self.pieces.pop()
            return
        if element.href:
            self._be_honest(element)
        self.pieces.append(f"</{element.name}>")

    def _be_honest(self, element: _Open) -> None:
        inner = "".join(self.pieces[element.start :])
        if _deceives(inner, element.href):
            self.pieces[element.start :] = [entities.escape(element.href, quote=False)]


def _without_hiding(values: dict[str, str]) -> dict[str, str]:
    kept = [name for name in values.get("class", "").split() if name not in HIDING]
    return {"class": " ".join(kept)} if kept else {}


def _deceives(inner: str, href: str) -> bool:
    # A shortened address is honest when its seen and unseen parts together are the address.
    label = words(inner)
    if _HIDES.search(inner):
        return unquote(label) != unquote(href)
    if not _SHOWN_AS_URL.match(label):
        return False
    shown = label.split()[0]
    return _host(shown if "//" in shown else f"//{shown}") != _host(href)


def _host(url: str) -> str:
    try:
        host = urlsplit(url).hostname or ""
        # Markdown shows xn-- names in their own script.
        return host.encode("idna").decode()
    except ValueError:  # a UnicodeError is one
        return ""
