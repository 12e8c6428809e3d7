"""Document to words: the HTML, the title, the language and the source of a post."""

import re
from collections import deque
from collections.abc import Container
from dataclasses import dataclass
from html import escape

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.incoming_tables import with_tables
from schemas.wire.objects import PostDocument
from schemas.wire.vocabulary import LIMITS, MARKDOWN, PLAIN, ObjectType

__all__ = ["UNKNOWN_LANGUAGE", "Words", "words_of"]

UNKNOWN_LANGUAGE = "und"  # BCP 47: undetermined
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_END_OF_LINE = re.compile(r"<br>|</(?:p|h[2-6]|li|pre|blockquote|td|th)>|<hr>")
_FIRST_PARAGRAPH = re.compile(r"<p>((?:(?!</p>|<br>).)*)</p>", re.DOTALL)
_BARE_LINE = re.compile(r"([^<]*)\Z")
#: For programs that do not know quotes; bounded, for nobody's opening tag must be dear.
_QUOTE_INLINE = re.compile(
    r"<(p|span) class=\"quote-inline\">.{0,4000}?</\1>", re.DOTALL | re.IGNORECASE
)
_SHOWN_ATTACHMENTS = 4
#: Their words are a description; what they are is at their address.
_ELSEWHERE = frozenset({ObjectType.EVENT, ObjectType.VIDEO, ObjectType.AUDIO, ObjectType.IMAGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a post says; all HTML is clean, `title` is "" for a reply.

    `html` and `text` end with links to what is attached. `bare_html` and `bare_text` do not:
    they are for whoever shows that beside the words.
    """

    title: str
    html: str
    text: str
    bare_html: str
    bare_text: str
    source: str
    language: str
    sanitizer: int


def words_of(found: PostDocument, *, quotes: bool) -> Words:
    """Read what a post says and how it is titled (wire.md 0.4, 1.2, 1.10, 2.5).

    Args:
        found: the post.
        quotes: it names what it quotes, so the link for those who cannot see that goes.

    Raises:
        Malformed: "post-empty", or "text-too-long".
    """
    language = _language(found)
    source = _source(found)
    cleaned = _cleaned(found, language, quotes=quotes)
    bare = with_tables(cleaned, source, found.mentions)
    title, bare = _title(found, bare)
    whole = _with_links(found, bare)
    if found.in_reply_to is None and not title and whole is not bare:
        title = _title_from_content(found, whole.html)
    if not whole.text and not title:
        raise Malformed("post-empty")
    return Words(
        title=title,
        html=whole.html,
        text=whole.text,
        bare_html=bare.html,
        bare_text=bare.text,
        source=source,
        language=language,
        sanitizer=bare.version,
    )


def _language(found: PostDocument) -> str:
    offered = [found.language.identifier] if found.language else []
    same = [key for key, words in found.content_map.items() if words == found.content]
    # Several translations and nothing to choose by: it is in no one language.
    offered.extend(same or (found.content_map if len(found.content_map) == 1 else ()))
    return next(filter(_LANGUAGE.fullmatch, offered), UNKNOWN_LANGUAGE)


def _cleaned(found: PostDocument, language: str, *, quotes: bool) -> sanitize.Clean:
    words = found.content or found.content_map.get(language, "")
    words = words or next(iter(found.content_map.values()), "")
    if quotes:
        words = _QUOTE_INLINE.sub("", words, count=1)
    if found.media_type == MARKDOWN:
        # Lemmy may send its own Markdown as the content.
        return sanitize.from_markdown(words)
    if found.media_type == PLAIN:
        words = f"<p>{escape(words, quote=False)}</p>"
    return sanitize.from_html(words)


def _with_links(found: PostDocument, bare: sanitize.Clean) -> sanitize.Clean:
    """Show what is attached as links, so that a link post from Lemmy keeps its link."""
    already = (found.content, *found.content_map.values())
    offered = [
        (attachment.address, attachment.description)
        for attachment in found.attachment[:_SHOWN_ATTACHMENTS]
        if attachment.type != "PropertyValue"
    ]
    if set(found.type) & _ELSEWHERE:
        offered.append((found.url, ""))
    shown = [
        f'<p><a href="{escape(address)}">{escape(name or address)}</a></p>'
        for address, name in offered
        if address and not any(address in words for words in already)
    ]
    return sanitize.from_html(bare.html + "".join(shown)) if shown else bare


def _title(found: PostDocument, clean: sanitize.Clean) -> tuple[str, sanitize.Clean]:
    if found.in_reply_to is not None:
        return "", clean
    name = sanitize.plain(found.name, limit=LIMITS["title"].at)
    if name:
        return name, clean
    if ObjectType.QUESTION in found.type:
        return _title_of_poll(found, clean)
    return _title_from_content(found, clean.html), clean


def _title_of_poll(found: PostDocument, clean: sanitize.Clean) -> tuple[str, sanitize.Clean]:
    """Take the first paragraph, where it can be a title, out of the words (wire.md 2.5)."""
    first = _FIRST_PARAGRAPH.match(clean.html) or _BARE_LINE.match(clean.html)
    title = _without_calls(_called(found), first[1]) if first else ""
    if first is None or not 0 < len(title) <= LIMITS["title"].at:
        return _title_from_content(found, clean.html), clean
    return title, sanitize.from_html(clean.html[first.end() :])


def _title_from_content(found: PostDocument, html: str) -> str:
    """Take the first line without the mention that brought it here (Lemmy's rule)."""
    called = _called(found)
    for piece in _END_OF_LINE.split(html):
        words = _without_calls(called, piece)
        if words:
            return sanitize.teaser(words, limit=LIMITS["title from content"].at)
    return ""


def _called(found: PostDocument) -> set[str]:
    called = {tag.name.lower() for tag in found.mentions}
    return called | {"@" + name.removeprefix("@").partition("@")[0] for name in called}


def _without_calls(called: Container[str], piece: str) -> str:
    # A piece of what is clean is not cleaned again: a text may have thousands of them.
    words = deque(sanitize.words(piece).split())
    while words and words[0].lower() in called:
        words.popleft()
    while words and words[-1].lower() in called:
        words.pop()
    return " ".join(words)


def _source(found: PostDocument) -> str:
    if found.source is None or found.source.media_type != MARKDOWN:
        return ""
    return found.source.content[: LIMITS["source"].at]
