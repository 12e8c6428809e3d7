"""The one sanitiser: what others send and members write, made safe once, on the way in."""

# Every text goes round the same small circle until it no longer changes:
#
#   nh3, wide   parses whatever came and writes it down in good order
#   shape       headings, pictures, depth, honest links; has no duty to be safe
#   nh3, last   has the last word (product.md 7)
#
# So a cleaned text cleans to itself, and all agencies store the same bytes.

import html as entities
import re
import unicodedata
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv6Address
from threading import Lock
from typing import Final
from urllib.parse import SplitResult, urlsplit

import bleach  # type: ignore[import-untyped]  # no types, and no more releases
import nh3

from federation.errors import Malformed
from federation.translate import markdown, shape

__all__ = [
    "LIMIT",
    "VERSION",
    "Clean",
    "from_html",
    "from_line",
    "from_markdown",
    "link",
    "plain",
    "teaser",
    "words",
]

VERSION: Final = 1  # raise it whenever the same source may clean to other bytes
LIMIT: Final = 100_000  # characters, markup included, of what comes in and of what goes out

_ROUNDS = 5
_MAX_TAGS = 16_000
_MAX_WORK = 500_000
_MAX_LINK = 2048

_INLINE = frozenset(
    {"a", "b", "br", "code", "del", "em", "i", "rp", "rt", "ruby", "s", "span", "strong"}
    | {"sub", "sup", "u"}
)
_TAGS = shape.BLOCKS | _INLINE
_WIDE_TAGS = _TAGS | shape.TO_PARAGRAPH | {"h1", "img", "input"}
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "iframe", "noembed", "noframes", "title"}
)
_ATTRIBUTES: Final = {
    "a": {"href", "class", "hreflang"},
    "span": {"class"},
    "code": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_WIDE_ATTRIBUTES: Final = _ATTRIBUTES | {"img": {"alt"}, "input": {"type", "checked"}}
_REL = "nofollow noopener noreferrer ugc"
_CLASSES = frozenset({"mention", "hashtag", "u-url", "h-card", "quote-inline"})
_LANGUAGE = re.compile(r"language-[A-Za-z0-9_+#.-]{1,40}")
_VALUES: Final = {
    "hreflang": re.compile(r"[A-Za-z0-9-]{2,35}"),
    "start": re.compile(r"-?[0-9]{1,6}"),
    "value": re.compile(r"-?[0-9]{1,6}"),
    "reversed": re.compile(r""),
    "type": re.compile(r"checkbox"),
    "checked": re.compile(r".*", re.DOTALL),
    "alt": re.compile(r".*", re.DOTALL),
    "rel": re.compile(_REL),
}

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_UNSEEN_IN_NAMES = re.compile(r"[\xad\u200b\u2060-\u2064\ufeff\ud800-\udfff]")
_TAG_LIKE = re.compile(r"<([a-zA-Z/!?][^<>]*)>")
_TAG_BEGINS = re.compile(r"<(?=[a-zA-Z/!?])")
_OPENS = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
_CLOSES = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"

# White space, controls, what is invisible, and what programs read in different ways.
_NOT_IN_URL = re.compile(
    r"[\x00-\x20\x7f-\xa0\xad\"<>\\^`{|}\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f"
    r"\u205f-\u206f\u3000\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_HOST = re.compile(r"(?=[^.])[^\x00-\x2c/:;<=>?@\[\\\]^`{|}~\x7f]{1,253}")
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]*)?")
_BARE_URL = re.compile(r"\bhttps?://[^\s<>\"'`]+", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[a-z]", re.IGNORECASE)
_FORMATTING = re.compile(
    r"<(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)[\s/]", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """A text that may be stored and shown.

    `html` goes into a page as it is. `text` is its plain text, one line, for teasers and
    search; no tag can begin in it, but templates escape it like any other text.
    """

    html: str
    text: str
    version: int


def from_markdown(source: str) -> Clean:
    """Clean what a member wrote (product.md 7; XSS-01, XSS-03).

    Raises:
        Malformed: "text-too-long", over `LIMIT` as source or as HTML.
    """
    written = _measured(markdown.render(_measured(source)))
    # bleach cleans and links bare addresses; it is never the last (DEP-02).
    with _ONE_AT_A_TIME:
        passed: str = _BLEACH.clean(written)
    return _clean(passed)


def from_html(html: str) -> Clean:
    """Clean what another server sent (product.md 7; XSS-01, XSS-04, XSS-06, XSS-08).

    What is clean already comes back unchanged, to the byte.

    Raises:
        Malformed: "text-too-long", over `LIMIT` before or after.
    """
    return _clean(html)


def from_line(source: str) -> Clean:
    """Clean one line that a member wrote, such as a field of a profile (XSS-01, XSS-03).

    It is plain text: nothing in it is markup, and bare addresses become links.

    Raises:
        Malformed: "text-too-long", as `from_markdown`.
    """
    written = entities.escape(_measured(shape.fold(source)), quote=False)
    with _ONE_AT_A_TIME:
        passed: str = _BLEACH.clean(written)
    return _clean(passed)


def words(html: str) -> str:
    """Give the plain text of HTML that is clean, or of a piece of it; see `Clean.text`."""
    return _inert(shape.words(html))


def teaser(text: str, limit: int = 500) -> str:
    """Cut plain text to at most `limit` characters, at a word, with "…" where it was cut."""
    text = _inert(shape.fold(_SURROGATE.sub("", text)))
    if len(text) <= limit:
        return text
    room = max(limit - 1, 0)
    at = text.rfind(" ", 0, room + 1)
    # One long word (an address, a language without spaces) is cut where the room ends.
    return text[: at if at > room // 2 else room].rstrip() + "…"


def plain(text: str, *, limit: int) -> str:
    """Make one line of plain text of a name, title, tag or description (XSS-08, XSS-12).

    No controls, no bidi controls, white space folded, NFC, at most `limit` characters. What
    looks like a tag stays readable, in angle quotes: "the <title> tag" is a fair title.
    """
    seen = shape.fold(_UNSEEN_IN_NAMES.sub("", text))
    return _inert(unicodedata.normalize("NFC", seen))[:limit].rstrip()


def link(url: object) -> str | None:
    """Return the address if a person may be sent there, else None (ORI-06, XSS-04).

    It is absolute, http or https, with a host, without credentials, and of at most 2048
    characters; nothing in it is invisible or read differently by browsers (backslashes).
    """
    if not isinstance(url, str):
        return None
    url = url.strip(" \t\r\n")
    if len(url) > _MAX_LINK or _NOT_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        fair = parts.scheme in {"http", "https"} and _is_authority(parts)
    except ValueError:
        return None
    return url if fair else None


def _is_authority(parts: SplitResult) -> bool:
    _ = parts.port  # raises, but only when asked for
    bracketed = _IN_BRACKETS.fullmatch(parts.netloc)
    if bracketed:
        IPv6Address(bracketed[1])  # raises, too
        return True
    plain_host = not set("@[]").intersection(parts.netloc)
    return plain_host and _HOST.fullmatch(parts.hostname or "") is not None


def _inert(text: str) -> str:
    return _TAG_BEGINS.sub(_OPENS, _TAG_LIKE.sub(rf"{_OPENS}\1{_CLOSES}", text))


def _measured(text: str) -> str:
    if len(text) > LIMIT:
        raise Malformed(
            "text-too-long", f"A text has at most {LIMIT} characters, markup included."
        )
    return _SURROGATE.sub("\ufffd", text)


def _clean(html: str) -> Clean:
    settled = _settled(_measured(html))
    return Clean(html=settled, text=words(settled), version=VERSION)


def _settled(html: str) -> str:
    rounds, before = _ROUNDS, ""
    while rounds and html != before:
        rounds, before, html = rounds - 1, html, _once(html)
    # What still moves was made to confuse parsers: its words are enough.
    return html if html == before else _flat(html)


def _once(html: str) -> str:
    parsed = _measured(_WIDE.clean(_flat(html) if _costs_too_much(html) else html))
    return _measured(_LAST.clean(shape.in_order(parsed)))


def _costs_too_much(html: str) -> bool:
    # A parser reopens every unclosed formatting element in every paragraph, and looks
    # through every open element at every end tag: products, where bytes are a sum (DOS-08).
    tags = len(_ANY_TAG.findall(html))
    return tags > _MAX_TAGS or tags * len(_FORMATTING.findall(html)) > _MAX_WORK


def _flat(html: str) -> str:
    plainly = entities.escape(shape.words(html), quote=False)
    return _LAST.clean(f"<p>{plainly}</p>") if plainly else ""


def _classes(tag: str, value: str) -> str | None:
    if tag == "code":
        return next(filter(_LANGUAGE.fullmatch, value.split()), None)
    allowed = _CLASSES | shape.HIDING if tag == "span" else _CLASSES
    return " ".join(name for name in dict.fromkeys(value.split()) if name in allowed) or None


def _attribute(tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "href":
            return link(value)
        case "class":
            return _classes(tag, value)
        case _:
            # nh3 also asks about what it will drop.
            fair = _VALUES.get(attribute)
            return value if fair and fair.fullmatch(value) else None


def _cleaner(tags: frozenset[str], attributes: dict[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(tags),
        clean_content_tags=set(_SILENT),
        attributes=attributes,
        attribute_filter=_attribute,
        strip_comments=True,
        link_rel=_REL,
        url_schemes={"http", "https"},
        url_relative="deny",
    )


_WIDE: Final = _cleaner(_WIDE_TAGS, _WIDE_ATTRIBUTES)
_LAST: Final = _cleaner(_TAGS, _ATTRIBUTES)
# A bleach cleaner keeps state while it works; callers run it in threads.
_ONE_AT_A_TIME: Final = Lock()
_BLEACH: Final = bleach.sanitizer.Cleaner(
    tags=_WIDE_TAGS,
    attributes={tag: sorted(names) for tag, names in _WIDE_ATTRIBUTES.items()},
    protocols={"http", "https"},
    strip=True,
    filters=[
        partial(
            bleach.linkifier.LinkifyFilter,
            callbacks=[],
            skip_tags={"pre", "code"},
            url_re=_BARE_URL,
        )
    ],
)
