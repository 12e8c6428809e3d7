"""Links for the handles and hashtags in what members write, as every program marks them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser

from typing_extensions import override

from federation.translate import sanitize
from federation.translate.incoming_parts import hashtag_named
from schemas.attached import Hashtag

__all__ = ["Names", "linked", "names_in"]

_NAME = re.compile(
    r"(?<![\w@/.#&])"
    r"(?:@(?P<handle>[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
    r"(?::[0-9]{1,5})?)?)|#(?P<hashtag>[^\W_][\w·]{0,99}))"
)
_LEFT_ALONE = frozenset({"a", "code", "pre"})
#: Names in one text that are looked for; whoever writes more calls nobody (DOS-06).
_MOST = 100

Written = Callable[[re.Match[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Who and what is named in a text: handles in lower case without the first @."""

    handles: tuple[str, ...]
    hashtags: tuple[Hashtag, ...]


def names_in(html: str) -> Names:
    """Find the handles and hashtags in clean HTML, each once, outside of links and code."""
    handles: dict[str, None] = {}
    hashtags: dict[str, Hashtag] = {}

    def note(found: re.Match[str]) -> str:
        if found["handle"]:
            handles[found["handle"].lower()] = None
        elif hashtag := hashtag_named(found["hashtag"]):
            hashtags.setdefault(hashtag.slug, hashtag)
        return found[0]

    _rewritten(html, note)
    return Names(handles=tuple(handles)[:_MOST], hashtags=tuple(hashtags.values())[:_MOST])


def linked(
    html: str, *, people: Mapping[str, str], hashtags: Mapping[str, str]
) -> sanitize.Clean:
    """Link handles and hashtags in clean HTML and clean it again (wire.md 6.1; XSS-03).

    The classes are what keeps other programs from showing a preview of the link.

    Args:
        html: as the sanitiser gave it.
        people: handle, as `names_in` gives it, to the page of that actor.
        hashtags: slug to the page of that hashtag.
    """

    def link(found: re.Match[str]) -> str:
        if found["handle"]:
            return _mention(found, people.get(found["handle"].lower()))
        hashtag = hashtag_named(found["hashtag"])
        return _hashtag(found, hashtags.get(hashtag.slug) if hashtag else None)

    return sanitize.from_html(_rewritten(html, link))


def _mention(found: re.Match[str], page: str | None) -> str:
    if page is None:
        return found[0]
    name = found["handle"].partition("@")[0]
    return (
        f'<span class="h-card"><a class="u-url mention" href="{escape(page)}">'
        f"@<span>{name}</span></a></span>"
    )


def _hashtag(found: re.Match[str], page: str | None) -> str:
    if page is None:
        return found[0]
    return f'<a class="mention hashtag" href="{escape(page)}">#{found["hashtag"]}</a>'


def _rewritten(html: str, write: Written) -> str:
    rewriting = _Rewriting(write)
    rewriting.feed(html)
    rewriting.close()
    return "".join(rewriting.pieces)


class _Rewriting(HTMLParser):
    def __init__(self, write: Written) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._write = write
        self._left_alone = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._left_alone += tag in _LEFT_ALONE
        self.pieces.append(self.get_starttag_text() or "")

    @override
    def handle_endtag(self, tag: str) -> None:
        self._left_alone -= tag in _LEFT_ALONE
        self.pieces.append(f"</{tag}>")

    @override
    def handle_data(self, data: str) -> None:
        if self._left_alone:
            self.pieces.append(escape(data, quote=False))
            return
        last = 0
        for found in _NAME.finditer(data):
            self.pieces.append(escape(data[last : found.start()], quote=False))
            # A name has no letter that would have to be escaped.
            self.pieces.append(self._write(found))
            last = found.end()
        self.pieces.append(escape(data[last:], quote=False))
