"""Markdown and remote HTML become one safe form, the same at every agency."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.translate import sanitize
from federation.translate.sanitize import from_html, from_markdown, link, plain, teaser

REL = 'rel="nofollow noopener noreferrer ugc"'


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*b* **c** ~~d~~ `e`", "<p><em>b</em> <strong>c</strong> <s>d</s> <code>e</code></p>"),
        ("# a", "<h2>a</h2>"),
        ("### a", "<h3>a</h3>"),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        ("---", "<hr>"),
        ("3. a\n4. b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("- [ ] a\n- [x] b\n- [X] c", "<ul>\n<li>☐ a</li>\n<li>☑ b</li>\n<li>☑ c</li>\n</ul>"),
        ("[x](https://a.example)", f'<p><a href="https://a.example" {REL}>x</a></p>'),
        ("- [x](/a)", "<ul>\n<li>x</li>\n</ul>"),
        ("-\n- a", "<ul>\n<li></li>\n<li>a</li>\n</ul>"),
        ("[ ] a", "<p>[ ] a</p>"),
        ("```py\n\nx < 1\n```", '<pre><code class="language-py">\nx &lt; 1\n</code></pre>'),
        ("```<>\nx\n```", "<pre><code>x\n</code></pre>"),
        ("![a cat](https://a.example/cat.png)", "<p>a cat</p>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("https://a.example.", f'<p><a href="https://a.example" {REL}>https://a.example</a>.</p>'),
        ("readme.md b@c.example //x www.x.eu", "<p>readme.md b@c.example //x www.x.eu</p>"),
        ("[a](/b)", "<p>a</p>"),
        ("`https://a.example`", "<p><code>https://a.example</code></p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_markdown_becomes_html(source, html):
    assert from_markdown(source).html.strip() == html


def test_a_bare_address_in_another_script_shows_as_it_was_written():
    html = from_markdown("https://münchen.example/ü").html

    assert 'href="https://xn--mnchen-3ya.example/%C3%BC"' in html
    assert ">https://münchen.example/ü</a>" in html


def test_a_table_keeps_its_cells():
    clean = from_markdown("|a|b|\n|:-|-:|\n|1||")

    assert "<thead>\n<tr>\n<th>a</th>\n<th>b</th>" in clean.html
    assert "<td>1</td>\n<td></td>" in clean.html
    assert clean.text == "a b 1"


@pytest.mark.parametrize(
    ("sent", "html"),
    [
        ("<h1>a</h1>", "<h2>a</h2>"),
        ("<h2>a<object><h3>b</h3></object></h2>", "<h2>ab</h2>"),
        ("<div>a</div><div>b</div>", "<p>a</p><p>b</p>"),
        ("<div><p>a</p>b</div>", "<p>a</p>b"),
        ("<p></p><b></b><ul><li></li></ul>", "<ul><li></li></ul>"),
        ('a<img src="https://a.example/x" alt=":cat:">', "a:cat:"),
        ("a<img src=x>", "a"),
        ('<input type="checkbox" checked>a', "☑a"),
        ("<input type=checkbox>a", "☐a"),
        ('<input type="password" value="x">a', "a"),
        ("<pre>\n\n\na\n</pre>", "<pre>a\n</pre>"),
        ("a<hr>b<br>c", "a<hr>b<br>c"),
        ("<p><b>a<object><div>b</div>c</object></b>d</p>", "<p><b>a</b></p><p>b</p>cd"),
        ("<ol start=3 reversed><li value=-2>a</ol>",
         '<ol reversed="" start="3"><li value="-2">a</li></ol>'),
        ("<ol start=x reversed=y><li value=1e9>a</ol>", "<ol><li>a</li></ol>"),
        ('<a href="https://a.example" hreflang="de" class="u-url x mention mention">a</a>',
         f'<a class="u-url mention" href="https://a.example" hreflang="de" {REL}>a</a>'),
        ('<a href="https://a.example" hreflang="d&quot;e">a</a>',
         f'<a href="https://a.example" {REL}>a</a>'),
        ("<a name=x>a</a>", "a"),
        ("<a href=https://a.example><object><a href=https://b.example>x</a></object></a>",
         f'<a href="https://a.example" {REL}>x</a>'),
        ('<span class="h-card">a</span><span class="x">b</span>',
         '<span class="h-card">a</span>b'),
        ('<span class="invisible mention">a</span>', '<span class="mention">a</span>'),
        ('<code class="x language-c++ language-b">a</code>',
         '<code class="language-c++">a</code>'),
        ("<ruby>a<rt>b</ruby>", "<ruby>a<rt>b</rt></ruby>"),
        ("a&nbsp;b", "a&nbsp;b"),
        ("a&#13;b\x0bc", "abc"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_from_others_is_brought_into_our_form(sent, html):
    assert from_html(sent).html == html


def test_a_long_hidden_address_may_be_percent_encoded_in_one_place():
    html = (
        '<a href="https://a.example/%C3%BC"><span class="invisible">https://</span>'
        "a.example/ü</a>"
    )

    assert "invisible" in from_html(html).html


def test_a_text_knows_its_words_and_its_version():
    clean = from_html("<p>a&amp;b<br>c</p><ul><li>d</li><li>&lt;e&gt; f\n g</li></ul>h<b>i</b>")

    assert clean.text == "a&b c d \u2039e\u203a f g hi"
    assert clean.version == sanitize.VERSION


def test_what_is_nested_too_deep_is_flattened():
    html = from_html("<blockquote>" * 500 + "x").html

    assert html.count("<blockquote>") == 32
    assert "x" in html


@pytest.mark.parametrize(
    "bomb",
    [
        "<p>" + "".join(f"<b a={i}>" for i in range(400)) + "<p>&lt;x" * 2000,
        "<i>&lt;x</i>" * 8001,
    ],
)
def test_markup_that_costs_too_much_becomes_its_words(bomb):
    clean = from_html(bomb)

    assert clean.html.startswith("<p>&lt;x")
    assert "<b>" not in clean.html
    assert from_html(clean.html) == clean


def test_markup_that_costs_too_much_and_says_nothing_becomes_nothing():
    assert from_html("<b>" * 20_000).html == ""


@pytest.mark.parametrize("clean", [from_markdown, from_html])
def test_a_text_over_the_limit_is_refused(clean):
    with pytest.raises(Malformed) as refused:
        clean("a" * (sanitize.LIMIT + 1))

    assert refused.value.reason == "text-too-long"


@pytest.mark.parametrize("clean", [from_markdown, from_html])
def test_a_text_that_grows_over_the_limit_is_refused(clean):
    with pytest.raises(Malformed) as refused:
        clean("<" * (sanitize.LIMIT - 1))

    assert refused.value.reason == "text-too-long"


def test_a_text_at_the_limit_is_taken():
    assert len(from_html("a" * sanitize.LIMIT).html) == sanitize.LIMIT


TAGS = st.sampled_from(
    [
        *("p", "br", "b", "i", "a", "span", "pre", "ul", "li", "ol", "h1", "h2", "h3", "hr"),
        *("table", "tbody", "tr", "td", "th", "caption", "colgroup", "col", "div", "dl", "dt"),
        *("blockquote", "ruby", "rt", "rp", "code", "object", "style", "select", "option"),
        *("form", "font", "marquee", "button", "nobr", "template", "textarea", "title"),
        *("svg", "math", "mtext", "desc", "foreignObject", "mglyph", "annotation-xml"),
        *("input", "img"),
    ]
)
ATTRIBUTES = st.sampled_from(
    ["", " href=https://a.example", ' href="https://b.example/?a&amp;b"', " class=invisible",
     ' class="mention x"', " alt=x", ' alt="<b>"', " a=1", " type=checkbox", " start=2", " /"]
)  # fmt: skip
TEXTS = st.sampled_from(
    [
        "x",
        " ",
        "\n",
        "&",
        "&lt;b&gt;",
        "&#13;",
        "&nbsp;",
        "\u202e",
        "https://b.example",
        "www.b",
    ]
) | st.text(max_size=3)
ADVERSARIAL = st.lists(
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES) | st.builds("</{}>".format, TAGS) | TEXTS,
    max_size=24,
).map("".join)
MARKDOWN = st.lists(
    st.sampled_from(
        [
            "# ",
            "- ",
            "1. ",
            "> ",
            "*",
            "**",
            "_",
            "~~",
            "`",
            "```",
            "\n",
            "\n\n",
            "    ",
            "|",
            "-|-",
            "[a](",
            "![a](",
            ")",
            "https://a.example/x",
            "[x]: /u",
            "<b>",
            "&lt;",
            "\\",
            "- [x] ",
            "a",
        ]
    )
    | st.text(max_size=4),
    max_size=24,
).map("".join)


@given(ADVERSARIAL | st.text())
@example("<a href=https://a.example><table><td><a href=https://b.example>x<a>")
@example("<pre><b></b>\n\n</pre>")
def test_clean_html_is_clean_again_to_the_byte(html):
    clean = from_html(html)

    assert from_html(clean.html) == clean


@given(MARKDOWN | st.text())
def test_clean_markdown_is_clean_html_to_the_byte(source):
    clean = from_markdown(source)

    assert from_html(clean.html) == clean


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("one two", 7, "one two"),
        ("one two", 6, "one…"),
        ("one two three", 8, "one two…"),
        ("one two three", 9, "one two…"),
        ("a unbreakable", 8, "a unbre…"),
        ("unbreakable", 5, "unbr…"),
        ("  a \n b\t", 9, "a b"),
        ("ab", 1, "…"),
        ("", 5, ""),
    ],
)
def test_a_teaser_is_cut_at_a_word(text, limit, cut):
    assert teaser(text, limit) == cut


@given(st.text(), st.integers(1, 40))
def test_a_teaser_is_never_longer_than_asked(text, limit):
    assert len(teaser(text, limit)) <= limit


def test_a_teaser_has_five_hundred_characters_at_most():
    assert len(teaser("word " * 200)) == 500


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("  Ann \n Lee ", 50, "Ann Lee"),
        ("e\u0301", 50, "é"),
        ("one two", 4, "one"),
        ("👩\u200d🚒", 50, "👩\u200d🚒"),
        ("\u200b\u2066\ud800", 50, ""),
    ],
)
def test_a_name_is_one_plain_line(text, limit, shown):
    assert plain(text, limit=limit) == shown


@given(st.text(), st.integers(1, 40))
def test_a_plain_name_is_plain_again(text, limit):
    name = plain(text, limit=limit)

    assert plain(name, limit=limit) == name
    assert len(name) <= limit


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" https://a.example\n", "https://a.example"),
        ("https://a.example/" + "x" * 2030, "https://a.example/" + "x" * 2030),
        ("https://a.example/" + "x" * 2031, None),
        ("https://.", None),
        ("https://[v1.a]", None),
        ("https://[1.2.3.4]", None),
        ("https://a[::1]", None),
        ("https://[::1]a", None),
        ("https://[::1]:443", "https://[::1]:443"),
        ("https://a.example:70000", None),
        ("https://%65vil.example", None),
        ("https://:80", None),
        (None, None),
        (["https://a.example"], None),
        ({"href": "https://a.example"}, None),
        (b"https://a.example", None),
    ],
)
def test_only_an_address_to_send_people_to_is_a_link(url, found):
    assert link(url) == found


@given(st.text() | st.text().map("https://{}".format))
def test_a_link_is_a_link_again(url):
    found = link(url)

    assert found is None or link(found) == found
