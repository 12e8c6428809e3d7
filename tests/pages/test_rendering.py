"""What is made once for many: times in words, and the forms that stand under every post."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from babel.dates import format_date, format_timedelta
from hypothesis import given
from hypothesis import strategies as st

from server.handlers.pages.rendering import environment
from server.handlers.pages.views import ActorView, May, PostView

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENVIRONMENT = environment()
AUTHOR = ActorView(
    name="bo",
    display_name="Bo",
    handle="@bo@health.example",
    url="/@bo",
    agency="Health",
    local=True,
    initials="B",
    hue=1,
    origin=None,
)
POST = PostView(
    id=7,
    url="/p/7",
    kind="answer",
    title="",
    html="",
    text="",
    source="",
    author=AUTHOR,
    community=None,
    published=NOW,
    edited=None,
    deleted=False,
    deleted_by=None,
    reason="",
    locked=False,
    pinned=False,
    accepted=False,
    answers=0,
    helpful=0,
    topic=None,
    language="",
    origin=None,
    can=May(reply=True, thank=True),
)
MEMBER = SimpleNamespace(name="amina", display_name="Amina")


def _written(template: str, **variables: object) -> str:
    return ENVIRONMENT.from_string(template).render(
        {"now": NOW, "member": MEMBER, "csrf": "token", "errors": {}, "form": {}} | variables
    )


def _forms(*posts: PostView, **variables: object) -> str:
    return _written(
        '{% import "parts/posts.html" as posts with context %}'
        "{% for post in all %}{{ posts.acts(post, 'Answer') }}{% endfor %}",
        all=posts,
        **variables,
    )


@given(
    st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=30)),
    st.sampled_from(["en", "de", "pl"]),
)
def test_how_long_ago_is_said_as_babel_says_it(passed: timedelta, language: str) -> None:
    told = _written("{{ at | ago }}", at=NOW - passed, language=language)

    assert told == format_timedelta(-passed, add_direction=True, locale=language)


def test_what_a_fast_clock_dates_ahead_was_a_minute_ago() -> None:
    assert _written("{{ at | ago }}", at=NOW + timedelta(seconds=40)) == "1 minute ago"


@pytest.mark.parametrize(("zone", "day"), [("UTC", 3), ("Asia/Tokyo", 4)])
def test_long_ago_is_a_date_in_the_members_zone(zone: str, day: int) -> None:
    at = datetime(2025, 7, 3, 20, 0, tzinfo=UTC)

    told = _written("{{ at | ago }}", at=at, time_zone=zone)

    assert told == format_date(datetime(2025, 7, day, tzinfo=UTC), "long", locale="en")


def test_each_post_has_forms_of_its_own_with_its_authors_name() -> None:
    odd = replace(AUTHOR, name="eve", display_name="<b>{post}{text}{author}</b>")

    html = _forms(POST, replace(POST, id=8, author=odd))

    assert html.count('action="/p/7/kudos"') == html.count('action="/p/8/kudos"') == 1
    assert html.count('action="/p/7/comment"') == html.count('action="/p/8/comment"') == 1
    assert 'id="note-8"' in html
    assert "What did Bo do for you?" in html
    assert "What did &lt;b&gt;{post}{text}{author}&lt;/b&gt; do for you?" in html


def test_forms_are_made_anew_for_every_visitor() -> None:
    first, second = _forms(POST, csrf="of-one"), _forms(POST, csrf="of-another")

    assert "of-one" in first
    assert "of-one" not in second
    assert second.count("of-another") == first.count("of-one")


def test_what_was_typed_and_what_was_wrong_stand_at_their_post_only() -> None:
    html = _forms(
        POST,
        replace(POST, id=8),
        errors={"comment-8": "Say <something>."},
        form={"comment-8": "half a </textarea>"},
    )

    assert html.count("Say &lt;something&gt;.") == 1
    assert 'rows="3" aria-describedby="comment-8-hint comment-8-error" aria-invalid' in html
    assert html.count("half a &lt;/textarea&gt;") == 1


def test_a_sentence_is_text_and_what_fills_it_is_escaped() -> None:
    told = _written("{{ _('%(name)s & 100%%', name=name) }} {{ _('100%%') }}", name="<i>")

    assert told == "&lt;i&gt; & 100% 100%"
