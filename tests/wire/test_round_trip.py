"""What one of our agencies sends, another one reads as the same thing."""

from hypothesis import given, settings
from hypothesis import strategies as st

from federation.audience import mark_addressing
from federation.translate import incoming, outgoing
from federation.translate.outgoing_parts import is_poll
from federation.translate.sanitize import teaser
from schemas.records import Visibility
from schemas.wire.collections import batch, without_context
from tests.wire.values import ASKING, GROUP, HELPER, NOW, REPLY, ROADS, marks, posts, released


@given(posts())
@settings(max_examples=250, deadline=None)
def test_a_post_comes_back_with_all_that_goes_with_its_words(sent):
    parent = None if sent.facts.kind.starts_thread else ASKING
    document = outgoing.post_document(released(sent), community=ROADS, parent_author=parent)

    found = incoming.post_from(document, now=NOW)

    same = "title source language topic accepted warning sensitive quote emojis duplicate_of"
    for name in same.split():
        assert getattr(found, name) == getattr(sent, name), name
    assert (found.bare_html, found.bare_text) == (sent.html, sent.text)
    assert set(found.media) == set(sent.media)
    assert found.poll == sent.poll
    assert [tag.name for tag in found.hashtags] == [tag.name for tag in sent.hashtags]
    assert set(sent.mentions) <= set(found.called)
    assert found.visibility is sent.facts.visibility
    assert (found.kind, found.kind_stated) == (sent.facts.kind, True)


@given(posts())
@settings(max_examples=50, deadline=None)
def test_what_the_summary_warns_of_is_plain_and_short(sent):
    document = outgoing.post_document(released(sent), community=ROADS)

    if sent.warning:
        assert document["summary"] == sent.warning
    elif is_poll(sent) or not sent.facts.kind.starts_thread:
        assert "summary" not in document
    else:
        assert document["summary"] == teaser(document["summary"], limit=500)


@given(st.lists(marks(), min_size=1, max_size=4))
@settings(deadline=None)
def test_a_batch_of_votes_comes_back_one_by_one(sent):
    told = mark_addressing(Visibility.PUBLIC, community=GROUP, author=HELPER)
    likes = [outgoing.like_activity(mark, addressed=told, community=GROUP) for mark in sent]
    announced = outgoing.announce_activity(
        f"{GROUP}/activities/1",
        community=GROUP,
        inner=batch(likes),
        addressed=told,
        published=NOW,
    )

    found = incoming.announced_in(incoming.activity_from(announced))

    assert list(found) == [without_context(each) for each in likes]


@given(marks())
@settings(deadline=None)
def test_a_mark_comes_back_with_its_reaction(sent):
    told = mark_addressing(Visibility.PUBLIC, community=GROUP, author=HELPER)
    document = outgoing.like_activity(sent, addressed=told, community=GROUP)

    found = incoming.mark_from(incoming.activity_from(document), now=NOW)

    assert found.post_uri == REPLY
    for name in ("uri", "actor_uri", "helpful", "kudos", "accepts", "reaction", "given_at"):
        assert getattr(found, name) == getattr(sent, name), name
