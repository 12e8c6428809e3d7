"""What goes with words, one thing at a time: votes, stamps, badges, tables, names, emoji."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.errors import Malformed
from federation.translate import incoming, outgoing_parts, tables
from federation.translate.incoming_parts import hashtag_named
from federation.translate.incoming_tables import with_tables
from federation.translate.linking import linked, names_in
from federation.translate.sanitize import from_html, from_markdown
from schemas.attached import Choice, Emoji, Hashtag, Media, MediaKind, Permission, Poll, Quote
from schemas.wire.reading import count
from schemas.wire.vocabulary import MISSKEY_QUOTE, PUBLIC

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
ASKER = "https://health.example/@asker"
HELPER = "https://lands.example/@helper"
POST = "https://health.example/p/1"
POLL = "https://lands.example/p/3"
GROUP = "https://transport.example/c/roadsafety"


def note(**properties: object) -> dict[str, object]:
    document = {"id": POST, "type": "Note", "attributedTo": ASKER, "content": "<p>Hello</p>"}
    return document | properties


def post(**properties: object) -> incoming.IncomingPost:
    return incoming.post_from(note(**properties), now=NOW)


def activity(kind: str, about: object, **properties: object) -> incoming.Activity:
    document = {"id": f"{ASKER}#1", "type": kind, "actor": ASKER, "object": about}
    return incoming.activity_from(document | properties)


def refusal(read: object, *given: object, **named: object) -> str:
    with pytest.raises(Malformed) as caught:
        read(*given, **named)
    return caught.value.reason


# Media


@pytest.mark.parametrize(
    ("attached", "kind", "alt"),
    [
        ({"type": "Image", "url": "https://m.example/1"}, MediaKind.IMAGE, ""),
        (
            {"type": "Document", "mediaType": "IMAGE/png; q=1", "name": "A"},
            MediaKind.IMAGE,
            "A",
        ),
        ({"type": "Link", "mediaType": "image/png"}, MediaKind.IMAGE, ""),
        ({"type": "Video", "mediaType": "nonsense"}, MediaKind.VIDEO, ""),
        ({"type": "Page", "summary": "B", "name": "A"}, MediaKind.LINK, "B"),
        ({"type": "Document", "mediaType": "application/pdf"}, MediaKind.FILE, ""),
        ({"type": "Thing"}, MediaKind.FILE, ""),
    ],
)
def test_what_is_attached_is_of_a_kind(attached, kind, alt):
    (found,) = post(attachment={"url": "https://m.example/1"} | attached).media

    assert (found.kind, found.alt) == (kind, alt)


@pytest.mark.parametrize(
    "attached",
    [
        {"type": "Image", "url": "javascript:alert(1)"},
        {"type": "Image"},
        {"type": "PropertyValue", "url": "https://m.example/1"},
    ],
)
def test_what_cannot_be_opened_is_not_attached(attached):
    assert post(attachment=attached).media == ()


@pytest.mark.parametrize(
    ("written", "focus"),
    [
        ([0, 1], (0.0, 1.0)),
        ([0.5, -1], (0.5, -1.0)),
        ([2, 0], None),
        ([0], None),
        (["a", "b"], None),
        ("x", None),
    ],
)
def test_one_looks_first_at_a_point_of_the_picture(written, focus):
    attached = {"type": "Image", "url": "https://m.example/1", "focalPoint": written}

    (found,) = post(attachment=attached | {"width": 0, "height": True}).media

    assert (found.focus, found.width, found.height) == (focus, None, None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), (0, 0), (-1, None), (True, None), ("3", None), (10**12, 2**31 - 1)],
)
def test_a_count_is_what_can_be_stored(value, expected):
    assert count(value) == expected


def test_ori_17_a_picture_is_found_in_every_form_or_not_at_all():
    (found,) = post(
        attachment={
            "type": "Document",
            "url": [{"href": "https://m.example/2"}],
            "blurhash": "<",
        }
    ).media

    assert found == Media(url="https://m.example/2", kind=MediaKind.FILE)


def test_the_least_is_sent_of_a_picture_of_which_nothing_is_known():
    (document,) = outgoing_parts.media_documents(
        [Media(url="https://m.example/1", kind=MediaKind.IMAGE)]
    )

    assert document == {"type": "Image", "url": "https://m.example/1"}


def test_xss_01_a_plain_text_is_no_markup():
    found = post(content="1 < 2 <b>bold</b>", mediaType="text/plain")

    assert found.html == "<p>1 &lt; 2 &lt;b&gt;bold&lt;/b&gt;</p>"


# Polls


def question(**properties: object) -> incoming.IncomingPost:
    choices = [{"type": "Note", "name": "A"}, {"type": "Note", "name": "B", "replies": 2}]
    return post(**({"type": "Question", "oneOf": choices} | properties))


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        (None, None),
        (False, None),
        (True, NOW),
        ("2026-08-01T00:00:00Z", datetime(2026, 8, 1, tzinfo=UTC)),
        ("soon", None),
    ],
)
def test_a_poll_is_closed_when_it_says_so(closed, expected):
    found = question(closed=closed).poll

    assert found.closed_at == expected
    assert found.choices == (Choice(name="A"), Choice(name="B", votes=2))


def test_a_poll_closed_without_a_time_closed_when_it_was_to_end():
    found = question(closed=True, endTime="2026-08-01T00:00:00Z").poll

    assert found.closed_at == found.closes_at == datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        ([], "poll-without-choices"),
        ([{"name": "  "}, "x", {}], "poll-without-choices"),
        ([{"name": "A"}, {"name": " A "}], "poll-choices-repeated"),
    ],
)
def test_what_cannot_be_voted_in_is_no_poll(offered, reason):
    assert refusal(question, oneOf=offered) == reason


@pytest.mark.parametrize(
    ("content", "title", "html"),
    [
        ("<p>Which?</p><p>Say.</p>", "Which?", "<p>Say.</p>"),
        ("Which?", "Which?", ""),
        ("<p>Which?<br>Say.</p>", "Which?", "<p>Which?<br>Say.</p>"),
        ("<ul><li>Which?</li></ul>", "Which?", "<ul><li>Which?</li></ul>"),
        ("<p>" + "w " * 200 + "</p>", ("w " * 50).strip()[:99] + "…", None),
    ],
)
def test_the_first_paragraph_of_a_poll_is_its_title_where_it_can_be(content, title, html):
    found = question(content=content)

    assert found.title == title
    assert html is None or found.bare_html == html


def test_a_poll_with_a_name_keeps_its_words():
    found = question(name="Which?", content="<p>Say.</p>")

    assert (found.title, found.bare_html) == ("Which?", "<p>Say.</p>")


def test_a_poll_that_has_ended_says_when():
    poll = Poll(choices=(Choice(name="A"),), closes_at=NOW, closed_at=NOW)

    document = outgoing_parts.poll_terms(poll)

    assert document["closed"] == document["endTime"] == "2026-09-01T08:00:00.000Z"
    assert "votersCount" not in document
    assert "endTime" not in outgoing_parts.poll_terms(Poll(choices=(Choice(name="A"),)))


VOTE = {
    "id": f"{ASKER}#vote",
    "type": "Note",
    "attributedTo": ASKER,
    "inReplyTo": POLL,
    "name": "CSV",
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"attributedTo": HELPER}, "author-not-actor"),
        ({"id": "https://lands.example/v/1"}, "author-other-origin"),
        ({"name": "\u200b"}, "vote-for-nothing"),
        ({"id": None}, "id-not-a-uri"),
    ],
)
def test_a_vote_in_the_name_of_another_is_refused(changes, reason):
    created = activity("Create", VOTE | changes)

    assert refusal(incoming.created_from, created, now=NOW) == reason


def test_a_vote_of_piefed_is_for_something():
    assert refusal(incoming.piefed_vote_from, activity("PollVote", POLL), now=NOW) == (
        "vote-for-nothing"
    )


@pytest.mark.parametrize(
    "no_vote",
    [
        {"content": "Hi"},
        {"contentMap": {"en": "Hi"}},
        {"name": ""},
        {"name": None},
        {"inReplyTo": None},
    ],
)
def test_a_reply_with_words_is_no_vote(no_vote):
    assert not incoming.is_vote(VOTE | no_vote)
    assert incoming.is_vote(VOTE)


def test_what_a_create_only_names_is_not_in_it():
    assert incoming.created_from(activity("Create", POST), now=NOW) == ()


# Quotes


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"quote": POLL, "quoteAuthorization": GROUP}, Quote(uri=POLL, stamp=GROUP)),
        ({"quote": {"id": POLL, "type": "Note"}}, Quote(uri=POLL)),
        ({"quoteUrl": POLL, "quoteAuthorization": GROUP}, Quote(uri=POLL)),
        ({"quoteUri": POLL}, Quote(uri=POLL)),
        ({"_misskey_quote": POLL}, Quote(uri=POLL)),
        ({"tag": {"type": "Link", "href": POLL, "rel": MISSKEY_QUOTE}}, Quote(uri=POLL)),
        (
            {"tag": {"type": "Link", "href": POLL, "mediaType": "application/ld+json; a=b"}},
            Quote(uri=POLL),
        ),
        ({"tag": {"type": "Link", "href": POLL, "mediaType": "text/html"}}, None),
        ({"quote": POST}, None),
        ({"quote": "soon", "quoteUrl": 5}, None),
    ],
)
def test_what_is_quoted_has_five_names(properties, expected):
    assert post(**properties).quote == expected


def test_the_line_for_programs_without_quotes_goes_only_where_there_is_a_quote():
    line = '<span class="quote-inline"><br>RE: https://lands.example/p/3</span>'

    assert post(content=f"<p>Hello{line}</p>", quote=POLL).bare_html == "<p>Hello</p>"
    assert "RE:" in post(content=f"<p>Hello{line}</p>").bare_html


@pytest.mark.parametrize(
    ("about", "instrument", "reason"),
    [
        (None, POST, "quote-of-nothing"),
        (POLL, None, "quote-by-nothing"),
        (POLL, "https://lands.example/p/9", "quote-of-another-origin"),
    ],
)
def test_who_asks_to_quote_names_both_posts(about, instrument, reason):
    asked = activity("QuoteRequest", about, instrument=instrument)

    assert refusal(incoming.quote_request_from, asked) == reason


def test_nobody_hands_out_the_permissions_of_others():
    accepted = activity("Accept", POLL, result="https://lands.example/stamps/1")

    assert refusal(incoming.approval_from, accepted) == "stamp-of-another-origin"
    assert incoming.approval_from(activity("Accept", POLL)) is None
    assert incoming.approval_from(activity("Accept", None, result=POST)) is None


STAMP = {
    "id": "https://health.example/stamps/1",
    "type": "QuoteAuthorization",
    "attributedTo": ASKER,
    "interactingObject": POLL,
    "interactionTarget": POST,
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "Note"}, "not-a-stamp"),
        ({"attributedTo": HELPER}, "stamp-of-another-origin"),
        ({"interactionTarget": POLL}, "stamp-of-another-origin"),
        ({"interactingObject": None}, "interacting-object-not-a-uri"),
    ],
)
def test_only_its_author_lets_a_post_be_quoted(changes, reason):
    assert refusal(incoming.stamp_from, STAMP | changes) == reason
    assert incoming.stamp_from(STAMP).target_uri == POST


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"automaticApproval": "as:Public"}, Permission.EVERYBODY),
        ({"always": [PUBLIC]}, Permission.EVERYBODY),
        ({"approvalRequired": [PUBLIC]}, Permission.ON_REQUEST),
        ({"automaticApproval": [], "manualApproval": [HELPER]}, Permission.ON_REQUEST),
        ({"automaticApproval": [ASKER, f"{ASKER}/followers"]}, Permission.FOLLOWERS),
        ({"automaticApproval": [ASKER]}, Permission.NOBODY),
        ({}, Permission.NOBODY),
        ([], None),
        ("nobody", None),
    ],
)
def test_an_author_says_who_may_reply(rule, expected):
    found = post(interactionPolicy={"canReply": rule}).policy

    assert (found.reply, found.like) == (expected, None)


@pytest.mark.parametrize(
    ("let", "expected"),
    [
        ([f"{POST}/followers"], Permission.ON_REQUEST),
        # Of a collection that it is not addressed to, whoever is in it may.
        ([HELPER], Permission.FOLLOWERS),
    ],
)
def test_whoever_a_post_is_for_may_ask_where_they_are_let_at_once(let, expected):
    told = {"to": [f"{POST}/followers"], "cc": []}

    found = post(interactionPolicy={"canQuote": {"automaticApproval": let}}, **told)

    assert found.policy.quote is expected


# Emoji, hashtags, mentions


ICON = {"type": "Image", "url": "https://m.example/cone.png", "mediaType": "image/png"}
CONE = {"type": "Emoji", "name": ":cone:", "icon": ICON}


@pytest.mark.parametrize(
    "tag",
    [
        CONE | {"icon": None},
        CONE | {"icon": {"url": "javascript:x"}},
        CONE | {"name": ":co ne:"},
        CONE | {"name": ""},
        CONE | {"type": "Hashtag"},
    ],
)
def test_an_emoji_without_name_or_picture_is_none(tag):
    assert post(tag=[tag]).emojis == ()


def test_an_emoji_is_taken_once_and_of_its_media_type_what_is_one():
    found = post(tag=[CONE, CONE | {"icon": {"url": "https://m.example/x", "mediaType": "x"}}])
    other = post(tag=CONE | {"icon": {"url": ["https://m.example/x"], "mediaType": "x"}})

    assert found.emojis == (Emoji(shortcode="cone", url=ICON["url"], media_type="image/png"),)
    assert other.emojis == (Emoji(shortcode="cone", url="https://m.example/x"),)


def test_the_least_is_sent_of_an_emoji():
    (document,) = outgoing_parts.emoji_tags([Emoji(shortcode="x", url="https://m.example/x")])

    assert document == {
        "type": "Emoji",
        "name": ":x:",
        "icon": {"type": "Image", "url": "https://m.example/x"},
    }


@pytest.mark.parametrize(
    ("content", "is_one"),
    [
        ("👏", True),
        ("👏🏽", True),
        ("👩‍🚒", True),
        ("🇳🇱", True),
        ("❤️", True),
        ("1️⃣", True),
        ("👏👏", False),
        ("🇳", False),
        ("a👏", False),
        ("👏 ", True),
        ("👏<", False),
        ("é", False),
        ("1", False),
        ("", False),
        ("👏" * 20, False),
    ],
)
def test_a_reaction_is_one_emoji(content, is_one):
    liked = activity("Like", POLL, content=content)

    assert (incoming.mark_from(liked, now=NOW).reaction is not None) == is_one


def test_a_reaction_is_to_something():
    assert refusal(incoming.reaction_from, activity("EmojiReact", None), now=NOW) == (
        "reaction-to-nothing"
    )


def test_whoever_says_that_it_did_not_help_is_believed():
    found = incoming.mark_from(activity("Like", POLL, content="🔥", helpful=False), now=NOW)

    assert not found.helpful


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("#Buses", Hashtag(slug="buses", name="Buses")),
        ("\uff22us", Hashtag(slug="bus", name="Bus")),
        ("#2026", None),
        ("#two words", None),
        ("#", None),
        ("#" + "x" * 101, None),
    ],
)
def test_a_hashtag_is_one_word(written, expected):
    assert hashtag_named(written) == expected


def test_hashtags_and_mentions_are_taken_once():
    tags = [
        {"type": "Hashtag", "name": "#Buses", "href": "https://m.example/t"},
        {"type": "Hashtag", "name": "#buses"},
        {"type": "Mention", "href": ASKER, "name": "@asker@health.example"},
        {"type": "Mention", "href": HELPER, "name": "@helper"},
        {"type": "Mention", "href": ASKER, "name": "@other"},
    ]

    found = post(tag=tags)

    assert [each.name for each in found.hashtags] == ["Buses"]
    assert [each.handle for each in found.called] == ["@asker@health.example", "@helper"]


# Names in what members write

NAMED = from_markdown(
    "Ask @Helper@lands.example, @asker and @asker about #Buses, #buses & #1 "
    "(not a@b.example, `@code`, https://x.example/#part or [@link](https://x.example/))."
).html


def test_names_are_found_outside_of_links_and_code():
    found = names_in(NAMED)

    assert found.handles == ("helper@lands.example", "asker")
    assert [each.slug for each in found.hashtags] == ["buses"]


def test_names_are_linked_as_others_mark_them():
    people = {"helper@lands.example": HELPER}

    found = linked(NAMED, people=people, hashtags={"buses": "https://h.example/tags/buses?a&b"})

    assert found.html.count('<span class="h-card"><a class="u-url mention" href="') == 1
    assert ">@Helper</a></span>" in found.html
    assert found.html.count('<a class="mention hashtag" href="') == 2
    assert "@asker and @asker" in found.html
    assert "&amp; #1" in found.html


@given(st.text(st.sampled_from("@#ab1.&<> \n"), max_size=60))
@settings(deadline=None)
def test_xss_03_linked_names_are_clean_and_are_not_linked_twice(text):
    pages = {"people": {"a": HELPER, "b": ASKER}, "hashtags": {"a": POST, "ab": POST}}

    once = linked(from_markdown(text).html, **pages)

    assert from_html(once.html).html == once.html
    assert linked(once.html, **pages).html == once.html


# Tables


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Hi", "<p>Hi</p>\n"),
        (
            "| Site | No |\n|---|---|\n| H & C | 4 |",
            "<ul><li><strong>Site:</strong> H &amp; C; <strong>No:</strong> 4</li></ul>\n",
        ),
        ("| Only | head |\n|---|---|", "<ul><li>Only; head</li></ul>\n"),
        ("| | |\n|---|---|\n| a | *b* |", "<ul><li>a; <em>b</em></li></ul>\n"),
        ("| |\n|---|", "\n"),
    ],
)
def test_a_table_becomes_a_list_of_its_rows(source, expected):
    assert tables.as_lists(from_markdown(source).html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<table><tbody><tr><td>a&#8203;&nbsp;&lt;</td><td>c</td></tr></tbody></table>",
            None,
        ),
        (
            "<table><tr><th>x</th></tr><tr><td><table><tr><td>in</td></tr></table></table>",
            "<ul><li><strong>x:</strong> <ul><li>in</li></ul></li></ul>",
        ),
    ],
)
def test_tables_of_others_become_lists_and_stay_clean(html, expected):
    clean = from_html(html).html

    found = tables.as_lists(clean)

    assert "<table>" not in found
    assert from_html(found).html == found
    assert expected is None or found == expected


def test_what_is_escaped_in_a_table_stays_so():
    html = "<table><tbody><tr><td>&#38;&lt;</td></tr></tbody></table>"

    assert tables.as_lists(html) == "<ul><li>&#38;&lt;</li></ul>"


CELL = st.text(st.sampled_from("ab|&<*_`~ \\#@"), max_size=12)


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=4), CELL)
@settings(deadline=None, max_examples=300)
def test_xss_06_lists_of_tables_are_clean_and_come_back_as_tables(rows, around):
    body = "\n".join(f"| {left} | {right} |" for left, right in rows)
    source = f"w{around}\n\n| Head | Tail |\n|---|---|\n{body}"
    written = from_markdown(source)

    sent = tables.as_lists(written.html)

    assert from_html(sent).html == sent
    assert with_tables(from_html(sent), source, ()).html == written.html


def test_a_source_that_says_something_else_gives_no_tables_back():
    sent = from_html("<ul><li>a; b</li></ul>")

    assert with_tables(sent, "| a | c |\n|---|---|", ()) == sent
    assert with_tables(sent, "x" * 200_000 + "|", ()) == sent


def test_names_in_a_table_are_linked_where_the_content_links_them():
    source = "| Who | What |\n|---|---|\n| @helper@lands.example | #buses |"
    written = linked(
        from_markdown(source).html,
        people={"helper@lands.example": HELPER},
        hashtags={"buses": "https://h.example/tags/buses"},
    )
    told = [
        {"type": "Mention", "href": HELPER, "name": "@helper@lands.example"},
        {"type": "Mention", "href": ASKER, "name": "@asker@health.example"},
    ]

    found = post(
        content=tables.as_lists(written.html),
        source={"content": source, "mediaType": "text/markdown"},
        tag=told,
        inReplyTo=POLL,
    )

    assert found.bare_html == written.html


# Decisions


def test_a_report_is_settled_by_its_id_or_as_it_was_sent():
    flag = {"type": "Flag", "actor": HELPER, "object": POLL}

    by_id = incoming.resolution_from(activity("Resolve", f"{HELPER}#flag"))
    whole = incoming.resolution_from(activity("Resolve", flag))

    assert (by_id.flag_uri, by_id.object_uris) == (f"{HELPER}#flag", ())
    assert (whole.flag_uri, whole.object_uris) == ("", (POLL,))


@pytest.mark.parametrize(
    ("read", "kind", "about", "target", "reason"),
    [
        (incoming.resolution_from, "Resolve", None, None, "resolve-of-nothing"),
        (
            incoming.resolution_from,
            "Resolve",
            {"type": "Like", "actor": HELPER, "object": POLL},
            None,
            "resolve-of-no-flag",
        ),
        (incoming.ban_from, "Block", None, GROUP, "block-of-nobody"),
        (incoming.ban_from, "Block", HELPER, None, "block-from-nothing"),
        (incoming.move_from, "Move", None, GROUP, "move-of-nothing"),
        (incoming.move_from, "Move", POST, None, "move-to-nowhere"),
    ],
)
def test_a_decision_about_nothing_is_refused(read, kind, about, target, reason):
    assert refusal(read, activity(kind, about, target=target)) == reason


def test_a_lemmy_community_that_picks_its_followers_is_private():
    group = {
        "id": GROUP,
        "type": "Group",
        "preferredUsername": "roadsafety",
        "inbox": f"{GROUP}/inbox",
        "manuallyApprovesFollowers": True,
    }

    private = incoming.actor_from(group, now=NOW)
    ours = incoming.actor_from(group | {"visibility": "public"}, now=NOW)

    assert (private.visibility, ours.visibility) == ("members", "public")
