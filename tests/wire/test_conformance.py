"""The conformance list of the wire profile, item by item (wire.md 8)."""

import ast
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
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
from tests.wire.emitted import everything
from tests.wire.understanding import understood, understood_activity
from tests.wire.values import ASKER, GROUP, HELPER, QUESTION, REPLY

Test = Callable[..., None]

#: What can be wrong in a document, for those that are made of anything.
PROPERTIES: Final = (
    *("id", "type", "actor", "object", "name", "content", "inReplyTo", "tag", "recipient"),
    *("attributedTo", "orderedItems", "oneOf", "attachment"),
)

NOW: Final = datetime(2026, 9, 1, tzinfo=UTC)
TESTS: Final = Path(__file__).parents[1]
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


#: Items that need instances, and the tests in which they have them.
ELSEWHERE: Final = [
    (
        "conformance_18_activities_are_served_as_they_went_out",
        "server/test_activitypub_reads.py",
        "test_an_activity_is_served_as_it_went_out",
    ),
    (
        "conformance_19_an_outbox_is_announces_of_creates",
        "server/test_activitypub_reads.py",
        "test_an_outbox_is_announces_of_creates_under_the_ids_they_went_out_by",
    ),
    (
        "conformance_19_an_outbox_ends_with_the_fiftieth",
        "server/test_activitypub_reads.py",
        "test_an_outbox_ends_with_the_fiftieth",
    ),
    (
        "conformance_20_replies_are_embedded_notes",
        "server/test_activitypub_reads.py",
        "test_a_question_is_an_article_and_its_answer_an_embedded_note",
    ),
    (
        "conformance_21_a_forged_create_is_fetched_and_refused",
        "security/test_act_inbox.py",
        "test_act_18_what_its_origin_does_not_confirm_did_not_happen",
    ),
    (
        "conformance_22_strangers_choose_no_answer",
        "security/test_act_powers.py",
        "test_act_23_only_the_asker_or_a_steward_accepts_an_answer",
    ),
    (
        "conformance_22_strangers_reopen_no_question",
        "security/test_act_powers.py",
        "test_act_23_an_acceptance_is_for_its_own_question_and_taken_back_by_few",
    ),
    (
        "conformance_23_a_second_choice_replaces_the_first",
        "server/test_other_programs_habits.py",
        "test_conformance_23_a_second_choice_replaces_the_first_but_where_several_may_be",
    ),
    (
        "conformance_23_the_loss_of_the_accepted_answer_opens_the_question",
        "server/test_other_programs_habits.py",
        "test_conformance_23_the_loss_of_the_accepted_answer_opens_the_question",
    ),
    (
        "conformance_24_a_follower_on_mastodon_gets_the_answer_itself",
        "server/test_followed_authors.py",
        "test_a_follower_on_mastodon_gets_the_answer_that_no_community_boosts",
    ),
    (
        "conformance_24_a_follower_on_mastodon_gets_the_edit",
        "server/test_followed_authors.py",
        "test_a_follower_on_mastodon_sees_the_edit_of_what_the_community_boosted",
    ),
    (
        "conformance_25_an_actor_has_one_mark_on_a_post",
        "security/test_act_powers.py",
        "test_act_22_one_actor_counts_once_and_for_themselves_never",
    ),
    (
        "conformance_26_a_gone_inbox_gets_nothing",
        "server/test_delivery.py",
        "test_a_gone_inbox_gets_nothing_more_for_a_while",
    ),
    (
        "conformance_26_retry_after_is_honoured",
        "security/test_del.py",
        "test_del_08_retry_after_holds_for_the_whole_origin_and_is_capped",
    ),
    (
        "conformance_26_one_thread_delays_no_other",
        "security/test_del.py",
        "test_del_04_one_object_in_order_even_with_retries_and_others_pass",
    ),
    (
        "conformance_26_nothing_is_lost_or_out_of_order",
        "security/test_del.py",
        "test_del_10_after_six_days_all_is_delivered_in_order",
    ),
    (
        "conformance_27_people_and_communities_share_one_namespace",
        "security/test_aut.py",
        "test_aut_14_a_communitys_name_is_taken",
    ),
    (
        "conformance_28_no_announce_is_announced",
        "security/test_act_inbox.py",
        "test_act_10_no_announce_is_passed_on",
    ),
]


@cache
def _tests_in(name: str) -> set[str]:
    module = ast.parse((TESTS / name).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in module.body if isinstance(node, functions)}


@pytest.mark.parametrize(
    ("module", "test"), [row[1:] for row in ELSEWHERE], ids=[row[0] for row in ELSEWHERE]
)
def test_an_item_that_needs_instances_is_tested_where_they_are(module, test):
    assert test in _tests_in(module)


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
