"""What members write: CommonMark with tables, strike-through, bare links and task lists."""

import re
from typing import Final

from linkify_it import LinkifyIt  # type: ignore[import-untyped]  # no types in the wheel
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore

__all__ = ["render"]

_BOX = re.compile(r"^\[([ xX])\](?=\s)")


def _parser() -> MarkdownIt:
    # Raw HTML is off: it comes out as text, so what a member sees is what they typed.
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True})
    parser.enable(["table", "strikethrough"])
    # The other half of this rule, in `parser.inline`, is slower than quadratic (DOS-08).
    parser.core.ruler.enable("linkify")
    # Only what starts with http:// or https:// becomes a link: "readme.md" is a file here.
    parser.linkify = LinkifyIt(
        {"mailto:": None, "ftp:": None, "//": None},
        {"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False},
    )
    parser.core.ruler.after("inline", "tasks", _tick_boxes)
    return parser


def _tick_boxes(state: StateCore) -> None:
    # As characters, not as <input>: they survive every client, mail and feed. The plugin for
    # this looks back through the whole list at every item (DOS-08).
    for item, inline in zip(state.tokens, state.tokens[2:], strict=False):
        if item.type == "list_item_open" and inline.children:
            first = inline.children[0]
            first.content = _BOX.sub(_box, first.content)


def _box(written: re.Match[str]) -> str:
    return "☐" if written[1] == " " else "☑"


_PARSER: Final = _parser()


def render(source: str) -> str:
    """Turn Markdown (CommonMark 0.31, GFM tables, strike-through, task lists) into HTML.

    The HTML is not safe yet: only `sanitize.from_markdown` may call this.
    """
    html: str = _PARSER.render(source)
    return html
