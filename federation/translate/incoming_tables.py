"""Tables that came as lists, given back where the source of the text proves them."""

import html as entities
import re
from collections.abc import Iterable

from federation.translate import linking, sanitize, tables
from schemas.wire.parts import Tag

_LINKED_NAME = re.compile(
    r"<a class=\"(?:u-url mention|mention hashtag)\" href=\"([^\"<>]*)\"[^<>]*>"
    r"([@#])([^<>]*)</a>"
)


def with_tables(clean: sanitize.Clean, source: str, mentioned: Iterable[Tag]) -> sanitize.Clean:
    """Give a text its tables back, so that all agencies store what its author's has.

    The source is rendered again, its names are linked to where the content links them, and
    its tables are made lists: only if that is the content, to the byte, is it the same text.
    So nothing is taken from the source that readers elsewhere do not see.

    Args:
        clean: the content, cleaned.
        source: the Markdown that came with it, or "".
        mentioned: the tags of whom it mentions, for the handles with a host.
    """
    if "|" not in source or "<table>" in clean.html or len(source) > sanitize.LIMIT:
        return clean
    people, hashtags = _pages(clean.html, mentioned)
    written = linking.linked(
        sanitize.from_markdown(source).html, people=people, hashtags=hashtags
    )
    return written if tables.as_lists(written.html) == clean.html else clean


def _pages(html: str, mentioned: Iterable[Tag]) -> tuple[dict[str, str], dict[str, str]]:
    people: dict[str, str] = {}
    hashtags: dict[str, str] = {}
    for found in _LINKED_NAME.finditer(html):
        pages = people if found[2] == "@" else hashtags
        pages.setdefault(found[3].lower(), entities.unescape(found[1]))
    for tag in mentioned:
        handle = tag.name.lower().removeprefix("@")
        page = people.get(handle.partition("@")[0])
        if page is not None:
            people.setdefault(handle, page)
    return people, hashtags
