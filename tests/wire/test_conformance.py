"""The conformance list of the wire profile, item by item (wire.md 8)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.audience import Event, Form, announced_form
from federation.errors import Malformed
from federation.translate import incoming
from schemas.records import Kind
from schemas.wire.collections import LONGEST_OUTBOX
from schemas.wire.vocabulary import PUBLIC, ActivityType
from tests.wire import profile
from tests.wire.conformance import ITEMS, named_in
from tests.wire.emitted import everything
from tests.wire.understanding import understood, understood_activity
from tests.wire.values import ASKER, GROUP, HELPER, QUESTION, REPLY
from tests.wire.write_table import README, table

Test = Callable[..., None]

#: What can be wrong in a document, for those that are made of anything.
PROPERTIES: Final = (
    *("id", "type", "actor", "object", "name", "content", "inReplyTo", "tag", "recipient"),
    *("attributedTo", "orderedItems", "oneOf", "attachment"),
)

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
OTHER: Final = "https://transport.example/c/bridges"
DELETED: Final = "https://health.example/p/7"


def note(**properties: object) -> dict[str, object]:
    document = {"id": QUESTION, "type": "Note", "attributedTo": ASKER, "content": "<p>Hi</p>"}
    return document | properties


def activity(kind: str, about: object, **properties: object) -> dict[str, object]:
    document = {"id": f"{ASKER}#1", "type": kind, "actor": ASKER, "object": about}
    return document | properties


def read(document: dict[str, object]) -> object:
    (found,) = understood(document)
    return found


# Parser

FORMS: Final = {
    "to": (PUBLIC, [PUBLIC], {"id": PUBLIC}, None),
    "cc": (GROUP, [GROUP, PUBLIC], {"id": GROUP}, None),
    "tag": ("x", [{"type": "Mention", "href": GROUP}], {"type": "Mention"}, None),
    "attachment": ("x", [{"type": "Image", "url": GROUP}], {"type": "Link"}, None),
    "icon": (GROUP, [{"type": "Image", "url": GROUP}], {"type": "Image", "url": GROUP}, None),
    "image": (GROUP, [GROUP], {"type": "Image", "url": [{"href": GROUP}]}, None),
    "url": (GROUP, [GROUP, {"type": "Link", "href": GROUP}], {"href": GROUP}, None),
}


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name, forms in FORMS.items() for form in forms]
)
def test_conformance_01_a_property_may_be_a_string_an_object_a_list_or_missing(name, form):
    person = {
        "id": ASKER,
        "type": "Person",
        "preferredUsername": "asker",
        "inbox": f"{ASKER}/inbox",
    }

    post = incoming.post_from(note(**{name: form}), now=NOW)
    actor = incoming.actor_from(person | {name: form}, now=NOW)

    assert (post.uri, actor.uri) == (QUESTION, ASKER)
    if name in {"icon", "image"} and form is not None:
        assert GROUP in {actor.avatar, actor.header}


@pytest.mark.parametrize("author", [ASKER, [ASKER], {"id": ASKER}, [{"id": ASKER}]])
@pytest.mark.parametrize("kind", ["Note", ["Note"]])
def test_conformance_01_so_may_the_author_and_the_type(author, kind):
    assert incoming.post_from(note(attributedTo=author, type=kind), now=NOW).author_uri == ASKER


def test_conformance_02_a_person_beside_a_group_wrote_it_in_that_group():
    channel = "https://health.example/c/films"
    both = [{"type": "Group", "id": channel}, {"type": "Person", "id": ASKER}]
    video = note(
        type="Video",
        name="A crossing",
        attributedTo=both,
        url=[
            {"type": "Link", "mediaType": "video/mp4", "href": "https://health.example/v.mp4"},
            {"type": "Link", "mediaType": "text/html", "href": "https://health.example/w/1"},
        ],
    )

    found = incoming.post_from(video, now=NOW)

    assert (found.author_uri, found.community_uri) == (ASKER, channel)
    assert (found.title, found.url) == ("A crossing", "https://health.example/w/1")
    assert "https://health.example/w/1" in found.text


CALL: Final = {"type": "Mention", "href": GROUP, "name": "@roadsafety"}
WALL: Final = {"type": "Collection", "id": f"{GROUP}/wall", "attributedTo": GROUP}


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"audience": GROUP, "to": [OTHER]}, [GROUP, OTHER]),
        ({"to": [PUBLIC], "cc": [GROUP]}, [GROUP]),
        ({"to": [OTHER], "target": GROUP}, [OTHER, GROUP]),
        ({"target": WALL}, [GROUP]),
        ({"tag": CALL, "cc": [OTHER]}, [OTHER, GROUP]),
        ({"audience": [PUBLIC, GROUP]}, [GROUP]),
        ({}, []),
    ],
)
def test_conformance_03_the_community_is_looked_for_in_order(properties, expected):
    post = incoming.post_from(note(**properties), now=NOW)

    given = (post.community_uri, *post.candidates, *post.mentions)
    assert [uri for uri in dict.fromkeys(given) if uri in {GROUP, OTHER}] == expected


LIKE: Final = {"id": f"{HELPER}#l", "type": "Like", "actor": HELPER, "object": QUESTION}


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (LIKE, [LIKE]),
        (QUESTION, [QUESTION]),
        ([LIKE, REPLY], [LIKE, REPLY]),
        ({"type": "OrderedCollection", "orderedItems": [LIKE, LIKE]}, [LIKE, LIKE]),
        ({"type": "Collection", "items": LIKE}, [LIKE]),
        # Lemmy and NodeBB for Mastodon, Discourse for everybody: the thing, in no activity.
        (note(), [QUESTION]),
        ({"type": "OrderedCollection", "orderedItems": [note(), {"type": "Note"}]}, [QUESTION]),
    ],
)
@pytest.mark.parametrize("verb", ["Announce", "Add"])
def test_conformance_04_what_is_passed_on_may_be_one_thing_or_many(verb, inner, expected):
    if verb == "Add" and isinstance(inner, list):
        # Only an Announce is about several things; an Add to a context (FEP-400e) names one.
        with pytest.raises(Malformed, match="object several"):
            incoming.activity_from(activity(verb, inner))
        return
    passed = activity(verb, inner, target=f"{GROUP}/t/x")

    assert list(incoming.announced_in(incoming.activity_from(passed))) == expected


def test_conformance_05_a_create_may_carry_several_votes():
    votes = [
        {"id": f"{ASKER}#{at}", "type": "Note", "attributedTo": ASKER, "name": name}
        | {"inReplyTo": REPLY}
        for at, name in enumerate(["CSV", "JSON"])
    ]

    found = understood(activity("Create", votes))

    assert [(vote.poll_uri, vote.choice) for vote in found] == [(REPLY, "CSV"), (REPLY, "JSON")]


@pytest.mark.parametrize(
    ("inner", "uri", "kind"),
    [
        (f"{ASKER}#l", f"{ASKER}#l", None),
        (LIKE | {"id": f"{ASKER}#l", "actor": ASKER}, f"{ASKER}#l", ActivityType.LIKE),
        (LIKE | {"id": "https://other.example/l", "actor": ASKER}, None, ActivityType.LIKE),
        ({"type": "Like", "actor": ASKER, "object": QUESTION}, None, ActivityType.LIKE),
    ],
)
def test_conformance_06_an_undo_names_or_shows_what_it_takes_back(inner, uri, kind):
    found = read(activity("Undo", inner))

    assert (found.actor_uri, found.uri, found.type) == (ASKER, uri, kind)
    assert found.object_uri == (QUESTION if kind else None)


@pytest.mark.parametrize("about", [REPLY, [REPLY], [HELPER, REPLY], {"id": REPLY}])
@pytest.mark.parametrize("where", ["summary", "content"])
def test_conformance_07_a_report_is_about_one_or_several_and_has_one_reason(about, where):
    found = read(activity("Flag", about, **{where: "Spam"}))

    assert found.object_uris[-1] == REPLY
    assert found.reason == "Spam"


@pytest.mark.parametrize(
    "gone", [DELETED, {"type": "Tombstone", "id": DELETED}, note(id=DELETED)]
)
@pytest.mark.parametrize("reason", ["", "Off topic"])
def test_conformance_08_a_delete_with_a_summary_is_a_moderators(gone, reason):
    found = read(activity("Delete", gone, summary=reason))

    assert (found.object_uri, found.by_moderator) == (DELETED, bool(reason))


@pytest.mark.parametrize("kind", ["Dance", "View", "Arrive"])
def test_conformance_09_an_activity_of_a_type_that_we_do_not_know_is_read_and_has_no_verb(kind):
    found = read(activity(kind, QUESTION))

    assert (found.type, found.verb) == (kind, None)


# Emitter


def of_all_that_leaves_us(test: Test) -> Test:
    return settings(max_examples=200, deadline=None)(given(everything())(test))


@of_all_that_leaves_us
def test_conformance_10_strings_are_strings_and_lists_are_lists(document):
    profile.strings_and_lists(document)


@of_all_that_leaves_us
def test_conformance_11_a_reply_has_no_title_and_a_thread_no_parent(document):
    profile.replies_and_threads(document)


@of_all_that_leaves_us
def test_conformance_12_a_question_has_choices_and_an_end(document):
    profile.types(document)


@of_all_that_leaves_us
def test_conformance_13_attachments_are_of_three_types_with_alt_text_twice(document):
    profile.attachments(document)


@of_all_that_leaves_us
def test_conformance_14_who_says_it_and_what_is_said_have_one_origin(document):
    profile.origins(document)


@of_all_that_leaves_us
def test_conformance_15_everything_is_published_before_it_is_edited(document):
    profile.times(document)


@of_all_that_leaves_us
def test_conformance_16_summaries_and_documents_are_short(document):
    profile.sizes(document)


@of_all_that_leaves_us
def test_conformance_17_a_groups_tags_are_post_tags_in_known_colours(document):
    profile.tags_of_groups(document)


@of_all_that_leaves_us
def test_nothing_is_sent_that_the_profile_does_not_look_at(document):
    profile.known_types(document)


@pytest.mark.parametrize(
    ("rule", "spoilt"),
    [
        (profile.strings_and_lists, {"type": "Note", "to": [PUBLIC], "cc": GROUP}),
        (profile.replies_and_threads, {"type": "Note", "inReplyTo": GROUP, "summary": "x"}),
        (profile.types, {"type": "Question", "endTime": "2026-09-01T00:00:00Z"}),
        (profile.attachments, {"type": "Note", "attachment": [{"type": "Video"}]}),
        (profile.origins, {"type": "Note", "id": QUESTION, "attributedTo": HELPER}),
        (profile.times, {"type": "Note", "published": "2026-09-01", "updated": "2026-09-01"}),
        (profile.sizes, {"type": "Article", "summary": "<b>x</b>"}),
        (profile.tags_of_groups, {"type": "Group", "tag": [{"type": "Hashtag"}]}),
        (profile.known_types, {"type": "Page"}),
    ],
)
def test_the_profile_tells_a_document_that_breaks_it(rule, spoilt):
    with pytest.raises((AssertionError, KeyError)):
        rule(spoilt | {"content": "x", "sensitive": False})


def test_conformance_19_an_outbox_has_room_for_fifty():
    assert LONGEST_OUTBOX == 50


# Behaviour


@pytest.mark.parametrize("event", list(Event))
def test_conformance_24_a_microblog_never_gets_a_wrapped_activity(event):
    assert announced_form(event, "microblog") is not Form.WRAPPED


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: f"{item.number:02}")
def test_each_item_has_a_test_that_is_there(item):
    found = [test for module, test in item.tests if test in named_in(module)]

    assert found
    assert len(found) == len(item.tests)


def test_the_list_has_each_item_once_in_its_order():
    assert [item.number for item in ITEMS] == list(range(1, 29))


def test_the_readme_says_which_test_proves_which_item():
    assert README.read_text() == table(), "run `python -m tests.wire.write_table`"


@given(
    st.sampled_from([*ActivityType, "Dance"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just(QUESTION),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(PROPERTIES),
                inner | st.sampled_from(["Note", "Like", "Question", "OrderedCollection"]),
                max_size=6,
            )
        ),
        max_leaves=12,
    ),
)
@settings(max_examples=300, deadline=None)
def test_ori_17_whatever_an_activity_is_about_it_is_read_or_refused(verb, about):
    with suppress(Malformed):
        found = understood_activity(incoming.activity_from(activity(verb, about, target=GROUP)))

        assert isinstance(found, tuple)


def test_a_reply_from_elsewhere_to_a_question_is_an_answer():
    reply = incoming.post_from(note(inReplyTo=REPLY), now=NOW)

    assert incoming.settled_kind(reply, Kind.QUESTION) is Kind.ANSWER
