"""XSS: no text from outside or from a member becomes anything but text, marks and links."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import bleach
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.incoming_actors import actor_from

ALLOWED = {
    "a": {"href", "class", "hreflang", "rel"},
    "span": {"class"},
    "code": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
} | {
    tag: set()
    for tag in [
        *("p", "br", "hr", "strong", "em", "b", "i", "u", "del", "s", "sub", "sup", "pre"),
        *("blockquote", "ul", "h2", "h3", "h4", "h5", "h6", "ruby", "rt", "rp"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    ]
}
CLASSES = {"mention", "hashtag", "ellipsis", "invisible", "u-url", "h-card", "quote-inline"}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
QUOTES = {ord("<"): "\u2039", ord(">"): "\u203a"}

PAYLOADS = json.loads((Path(__file__).parent / "xss_corpus.json").read_text("utf-8"))
URLS = PAYLOADS["urls"]
LINKS = [f'<a href="{url}">x</a>' for url in URLS]
MUTATIONS = PAYLOADS["mutations"]
CORPUS = [payload for payloads in (*PAYLOADS.values(), LINKS) for payload in payloads]

HTML_SINKS = {
    "from_html": lambda text: sanitize.from_html(text).html,
    "from_markdown": lambda text: sanitize.from_markdown(text).html,
    "from_line": lambda text: sanitize.from_line(text).html,
    "field of a profile": lambda text: field_of(text).value,
}
TEXT_SINKS = {
    "text of html": lambda text: sanitize.from_html(text).text,
    "text of markdown": lambda text: sanitize.from_markdown(text).text,
    "teaser": sanitize.teaser,
    "short teaser": lambda text: sanitize.teaser(text, 12),
    "plain": lambda text: sanitize.plain(text, limit=500),
    "short plain": lambda text: sanitize.plain(text, limit=12),
    "name of a field": lambda text: field_of(text).name,
}


def field_of(text):
    """Read a line of somebody's profile that says this on both sides."""
    line = {"type": "PropertyValue", "name": f"x {text}", "value": text}
    document = {
        "id": "https://a.example/@bo",
        "type": "Person",
        "preferredUsername": "bo",
        "inbox": "https://a.example/@bo/inbox",
        "attachment": [line],
    }
    [found] = actor_from(document, now=datetime(2026, 1, 1, tzinfo=UTC)).details.fields
    return found


class Seen(HTMLParser):
    """Everything that a parser, not ours, finds in what came out."""

    def __init__(self, html):
        super().__init__()
        self.starts = []
        self.others = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.starts.append((tag, attrs))

    def handle_endtag(self, tag):
        if tag not in ALLOWED:
            self.others.append(tag)

    def handle_comment(self, data):
        self.others.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def complaints(html):
    seen = Seen(html)
    found = list(seen.others)
    for tag, attributes in seen.starts:
        names = [name for name, _ in attributes]
        values = dict(attributes)
        if tag not in ALLOWED or not ALLOWED[tag].issuperset(names):
            found.append((tag, names))
        found += [("class", values["class"])] if not fair_class(tag, values) else []
        found += [("href", values["href"])] if not fair_link(values) else []
        if tag == "a" and values.get("rel") != "nofollow noopener noreferrer ugc":
            found.append(("rel", values))
    return found + sorted(BIDI.intersection(html))


def fair_class(tag, values):
    classes = values.get("class", "").split()
    if tag == "code":
        return all(name.startswith("language-") for name in classes)
    return CLASSES.issuperset(classes)


def fair_link(values):
    if "href" not in values:
        return True
    parts = urlsplit(values["href"])
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    )


@pytest.mark.parametrize("sink", HTML_SINKS)
@pytest.mark.parametrize("payload", CORPUS)
def test_xss_01_stored_html(sink, payload):
    html = HTML_SINKS[sink](payload)

    assert complaints(html) == []
    assert sanitize.from_html(html).html == html


@pytest.mark.parametrize("sink", TEXT_SINKS)
@pytest.mark.parametrize("payload", CORPUS)
def test_xss_01_every_sink_of_plain_text(sink, payload):
    text = TEXT_SINKS[sink](payload)

    seen = Seen(text)
    assert (seen.starts, seen.others) == ([], [])
    assert not BIDI.intersection(text)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", text)


def test_xss_01_the_check_itself_sees_what_is_wrong():
    wrong = [
        "<script>x</script>",
        "<p onclick=x>",
        "</form>",
        "<!-- x -->",
        '<a href="javascript:x" rel="nofollow noopener noreferrer ugc">',
        '<a href="//x" rel="nofollow noopener noreferrer ugc">',
        "<a>",
        '<span class="govuk-button">',
        "\u202e",
    ]

    assert [html for html in wrong if not complaints(html)] == []


def test_xss_01_contents_that_are_not_text_go_with_their_element():
    html = "".join(f"<{tag}>secret</{tag}>" for tag in ("script", "style", "iframe", "title"))

    assert sanitize.from_html(f"a{html}b").html == "ab"


def test_xss_02_title_and_description_of_a_card_are_text():
    title = '<iframe src="https://evil.example"></iframe>Report &amp; plan'

    shown = sanitize.plain(title, limit=100)

    assert shown == '<iframe src="https://evil.example"></iframe>Report &amp; plan'.translate(
        QUOTES
    )


def test_xss_03_sanitising_is_the_last_step():
    post = (
        '<a href="https://a.example/:blob:?x=:blob:">:blob:</a> <code>:blob:</code>'
        '<img alt=":blob:">'
    )

    once = sanitize.from_html(post)

    assert 'href="https://a.example/:blob:?x=:blob:"' in once.html
    assert "<code>:blob:</code>:blob:" in once.html
    assert sanitize.from_html(once.html) == once


@pytest.mark.parametrize("url", URLS)
def test_xss_04_a_bad_address_is_no_link(url):
    assert sanitize.link(url) is None


@pytest.mark.parametrize("url", URLS)
def test_xss_04_a_bad_address_is_no_link_in_html(url):
    # An attribute may spell "&" and white space in ways that only HTML reads.
    assert sanitize.from_html(f'<a href="{url}">x</a>').html == "x"


@pytest.mark.parametrize("payload", CORPUS)
def test_xss_04_the_whole_corpus_is_no_link(payload):
    assert (
        sanitize.link(payload) is None
        or complaints(
            f'<a href="{sanitize.link(payload)}" rel="nofollow noopener noreferrer ugc">'
        )
        == []
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "HTTPS://A.Example/B",
        "http://a.example:8080/x?y=z#w",
        "https://[2001:db8::1]/x",
        "https://münchen.example/ü",
        "https://a.example/@b",
        "https://a.example/javascript:alert(1)",
    ],
)
def test_xss_04_a_fair_address_stays(url):
    assert sanitize.link(url) == url
    assert f'href="{url}"' in sanitize.from_html(f'<a href="{url}">x</a>').html


@pytest.mark.parametrize("payload", MUTATIONS)
@pytest.mark.parametrize(
    "wrapping", ["{}", "<table>{}", "<svg><p>{}", "<a><b>{}</b>{}", "{}{}"]
)
def test_xss_06_what_came_out_reads_the_same_again(payload, wrapping):
    html = sanitize.from_html(wrapping.replace("{}", payload)).html

    assert complaints(html) == []
    assert sanitize.from_html(html).html == html


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<a href="https://evil.example">https://bank.example</a>', "https://evil.example"),
        ('<a href="https://evil.example">www.bank.example</a>', "https://evil.example"),
        ('<a href="https://evil.example">HTTP://bank.example ok</a>', "https://evil.example"),
        ('<a href="https://evil.example">//[bank</a>', "https://evil.example"),
        ('<a href="https://evil.example">https://b..k</a>', "https://evil.example"),
        (
            '<a href="https://evil.example/x"><span class="invisible">https://</span>bank</a>',
            "https://evil.example/x",
        ),
        ('<a href="https://a.example/x">https://a.example/…</a>', "https://a.example/…"),
        ('<a href="https://a.example/x">our report</a>', "our report"),
        ('<span class="invisible">seen</span>', "seen"),
        ('<a class="invisible" href="https://a.example">seen</a>', "seen"),
        ("pay\u202efdp.exe \u2066x\u2069 \u200fy &#x202e;z &rlm;w", "payfdp.exe x y z w"),
        ('<p class="govuk-error-summary js-modal">x</p>', "x"),
    ],
)
def test_xss_08_what_is_shown_is_what_it_is(html, shown):
    clean = sanitize.from_html(html)

    assert clean.text == shown
    assert complaints(clean.html) == []
    assert "invisible" not in clean.html


def test_xss_08_mastodons_shortened_address_stays_as_it_is():
    html = (
        '<p><a href="https://a.example/abcdef" rel="nofollow noopener noreferrer ugc">'
        '<span class="invisible">https://</span><span class="ellipsis">a.example/abc</span>'
        '<span class="invisible">def</span></a></p>'
    )

    assert sanitize.from_html(html).html == html


@pytest.mark.parametrize("tag", ["embed", "iframe", "object", "applet", "portal", "frame"])
def test_xss_10_nothing_is_embedded(tag):
    html = sanitize.from_html(f'a<{tag} src="https://evil.example" data="x"></{tag}>').html

    assert html == "a"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b onclick=alert(1)>Ann</b>", "<b onclick=alert(1)>Ann</b>".translate(QUOTES)),
        ("Ann<script", "Ann<script".translate(QUOTES)),
        ("Ann <3 a < b > c", "Ann <3 a < b > c"),
        ("\u202eAnn\u200b\u0000\n  Lee\u2066", "Ann Lee"),
        ("<\u202escript>", "<script>".translate(QUOTES)),
        ("AT&T &lt;b&gt;", "AT&T &lt;b&gt;"),
    ],
)
def test_xss_12_names_are_text(name, shown):
    assert sanitize.plain(name, limit=100) == shown


def test_dep_02_bleach_alone_would_not_do():
    attributes = {"*": ["href", "class"]}
    rows = [*LINKS, '<span class="govuk-button">x</span>', "\u202ex", "<script>x</script>"]

    by_bleach = {row: bleach.clean(row, set(ALLOWED), attributes, strip=True) for row in rows}

    relative = '<a href="//evil.example">x</a>'
    assert {row for row in rows if by_bleach[row] == row} >= {relative, rows[-3], rows[-2]}
    assert by_bleach["<script>x</script>"] == "x"
    assert [row for row in rows if complaints(sanitize.from_html(row).html)] == []
    assert sanitize.from_html("<script>x</script>").html == ""


PIECES = st.sampled_from(
    [*CORPUS, "<", ">", "&", '"', "'", "/", "=", " ", "\n", "x", "</", "<!--", "-->"]
)


@given(st.text() | st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
@example("\ud800")
@example("<b>" * 20_000)
@example("<p>" + "".join(f"<b a={i}>" for i in range(400)) + "<p>x" * 3000)
@example("<div>" * 20_000)
@example("<x>" * 14_000 + "</y>" * 14_000)
@example("https://a" * 11_000)
@example("- [ ] a\n" * 12_000)
@example("> " * 40_000)
@example("[" * 20_000)
def test_dos_08_the_sanitiser_never_raises(text):
    sinks = [*HTML_SINKS.values(), *TEXT_SINKS.values(), sanitize.link]

    refusals = {refusal(sink, text) for sink in sinks}

    assert refusals <= ({None, "text-too-long"} if len(text) > 5_000 else {None})


def refusal(sink, text):
    try:
        sink(text)
    except Malformed as refused:
        return refused.reason
    return None
