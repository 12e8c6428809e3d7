"""One meaning for each value on the wire, or a refusal (wire.md 8: parser; VIS-13, ORI-08)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.wire.activities import parse_activity, parse_embedded_activity
from schemas.wire.actors import parse_actor
from schemas.wire.collections import parse_collection
from schemas.wire.objects import parse_post, parse_tombstone
from schemas.wire.reading import is_uri, moment, page_url, recipients
from schemas.wire.vocabulary import LIMITS, PUBLIC, ActivityType, BadDocument

ALICE = "https://health.example/@alice"
POST = {
    "id": "https://health.example/p/1",
    "type": "Note",
    "attributedTo": ALICE,
    "content": "<p>Hello</p>",
}
LIKE = {
    "id": "https://health.example/activities/1",
    "type": "Like",
    "actor": ALICE,
    "object": "https://lands.example/p/2",
}


@pytest.mark.parametrize(
    "uri",
    [
        ALICE,
        "http://transport.localhost:8001/c/x",
        "https://[::1]:8443/x",
        "https://a.example/päth?q=1#part",
        "https://127.0.0.1/x",
    ],
)
def test_an_absolute_web_address_is_a_uri(uri):
    assert is_uri(uri)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        True,
        "",
        "alice",
        "/p/1",
        "acct:alice@health.example",
        "ftp://health.example/x",
        "javascript:alert(1)",
        "https://",
        "https:///p/1",
        "https://user@health.example/",
        "https://health.example:99999/",
        "https://health.example:x/",
        "https://health.example:0/",
        "https://health.example/a b",
        "https://health.example\\@evil.example/",
        "https://bücher.example/",
        "https://[::1/",
        "https://health.example/" + "x" * LIMITS["uri"].at,
        [ALICE],
        {"id": ALICE},
    ],
)
def test_anything_else_is_no_uri(value):
    assert not is_uri(value)


@pytest.mark.parametrize("form", [PUBLIC, "as:Public", "Public"])
@pytest.mark.parametrize("wrap", [lambda form: form, lambda form: [ALICE, form]])
def test_vis_13_the_three_public_forms_are_one(form, wrap):
    assert PUBLIC in recipients(wrap(form))


@pytest.mark.parametrize("value", [None, "", [], {}, "public", "AS:PUBLIC", {"id": PUBLIC}, 5])
def test_vis_13_what_is_not_recognised_is_not_public(value):
    assert recipients(value) == ()


def test_ori_15_only_plain_strings_are_taken_from_a_list_of_strings():
    assert recipients([{"id": ALICE}, [ALICE], None, 5, ALICE, ALICE]) == (ALICE,)


FORMS = {
    "string": ALICE,
    "list": [ALICE],
    "object": {"id": ALICE, "type": "Person"},
    "list of an object": [{"id": ALICE, "type": "Person"}],
}


@pytest.mark.parametrize("form", list(FORMS.values()), ids=list(FORMS))
def test_conformance_01_attribution_takes_every_form(form):
    assert parse_post(POST | {"attributedTo": form}).attributed_to == ALICE
    assert parse_activity(LIKE | {"actor": form}).actor == ALICE


@pytest.mark.parametrize("form", [None, [], {}, "x", 1, [None], {"type": "Mention"}, [[]]])
@pytest.mark.parametrize("name", ["to", "cc", "tag", "attachment", "icon", "url", "audience"])
def test_conformance_01_what_can_be_absent_may_come_in_any_form(name, form):
    assert parse_post(POST | {name: form}).id == POST["id"]
    assert parse_actor({"id": ALICE, "type": "Person", name: form}).id == ALICE


def test_conformance_01_one_tag_may_come_without_its_list():
    tag = {"type": "Mention", "href": ALICE, "name": "@alice"}

    alone, listed = parse_post(POST | {"tag": tag}), parse_post(POST | {"tag": [tag, 5]})

    assert [found.href for found in alone.mentions] == [ALICE]
    assert alone.tag == listed.tag


@pytest.mark.parametrize("form", ["Note", ["Note"], ["Note", "x:Other"]])
def test_conformance_01_a_type_may_be_a_list(form):
    assert "Note" in parse_post(POST | {"type": form}).type


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ALICE, ALICE),
        ([ALICE], ALICE),
        ({"type": "Link", "href": ALICE}, ALICE),
        (
            [{"href": "https://a.example/feed"}, {"href": ALICE, "mediaType": "text/html"}],
            ALICE,
        ),
        (["javascript:alert(1)", ALICE], ALICE),
        (None, None),
        ([5, {"href": 5}], None),
    ],
)
def test_conformance_01_the_page_for_people_is_found_in_every_form(value, expected):
    assert page_url(value) == expected


def test_conformance_02_a_person_beside_a_group_is_the_author():
    group = "https://video.example/c/1"
    both = [{"type": "Group", "id": group}, {"type": "Person", "id": ALICE}]

    found = parse_post(POST | {"attributedTo": both})

    assert found.attributed_to == ALICE
    assert found.group == group


@pytest.mark.parametrize(
    "several",
    [
        [ALICE, "https://good.example/@victim"],
        [ALICE, {"type": "Group", "id": "https://video.example/c/1"}],
        [{"type": "Person", "id": ALICE}, {"type": "Person", "id": "https://b.example/"}],
    ],
)
def test_ori_09_two_authors_are_refused(several):
    with pytest.raises(BadDocument) as caught:
        parse_post(POST | {"attributedTo": several})

    assert caught.value.reason == "attributed-to-several"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": [ALICE, ALICE]}, "id-several"),
        ({"actor": [ALICE, ALICE]}, "actor-several"),
        ({"actor": 1}, "actor-not-a-uri"),
        ({"actor": "acct:alice@health.example"}, "actor-not-a-uri"),
        ({"type": None}, "type-missing"),
        ({"type": 5}, "type-invalid"),
        ({"type": "x" * 129}, "type-invalid"),
        ({"object": 5}, "object-not-a-reference"),
        ({"object": [POST["id"], POST["id"]]}, "object-several"),
        ({"object": [[ALICE, ALICE], ALICE]}, "object-invalid"),
        ({"inReplyTo": [ALICE, ALICE]}, "in-reply-to-several"),
        ({"type": "Like\0"}, "type-invalid"),
    ],
)
def test_a_refusal_names_the_property_and_what_is_wrong(changes, reason):
    with pytest.raises(BadDocument) as caught:
        parse_activity(LIKE | changes)

    assert caught.value.reason == reason


def test_a_missing_property_is_named():
    with pytest.raises(BadDocument) as caught:
        parse_activity({"id": ALICE, "type": "Like"})

    assert caught.value.reason == "actor-missing"


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_object_is_no_document(document):
    with pytest.raises(BadDocument) as caught:
        parse_activity(document)

    assert caught.value.reason == "not-an-object"


def test_conformance_05_a_create_may_carry_several_objects():
    several = parse_activity(LIKE | {"type": "Create", "object": [POST, POST["id"]]})

    assert several.objects == (POST, POST["id"])
    assert several.object_id is several.embedded is None


def test_an_activity_says_what_it_is_about_in_every_form():
    by_id = parse_activity(LIKE)
    whole = parse_activity(LIKE | {"object": POST, "target": {"id": ALICE}})
    empty = parse_activity(LIKE | {"object": None})

    assert (by_id.object_id, by_id.embedded) == (LIKE["object"], None)
    assert (whole.object_id, whole.embedded, whole.target_id) == (POST["id"], POST, ALICE)
    assert (empty.object_id, empty.objects) == (None, ())


def test_conformance_09_an_unknown_type_stays_the_text_it_was():
    unknown = parse_activity(LIKE | {"type": "Dance"})
    known = parse_activity(LIKE | {"type": ["x:Thing", "Like"]})

    assert (unknown.type, unknown.verb) == ("Dance", None)
    assert known.verb is ActivityType.LIKE


def test_an_unknown_activity_about_several_things_is_refused():
    with pytest.raises(BadDocument, match="object-several"):
        parse_activity(LIKE | {"type": "Dance", "object": [ALICE, ALICE]})


def test_an_embedded_activity_may_lack_an_id():
    document = {key: value for key, value in LIKE.items() if key != "id"}

    assert parse_embedded_activity(document).id == ""
    assert parse_embedded_activity(document | {"id": 5}).id == ""
    assert parse_embedded_activity(LIKE).id == LIKE["id"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-09-01T08:00:00Z", datetime(2026, 9, 1, 8, tzinfo=UTC)),
        ("2026-09-01T10:00:00.123999+02:00", datetime(2026, 9, 1, 8, 0, 0, 123_000, UTC)),
        ("2026-09-01T08:00:00", datetime(2026, 9, 1, 8, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (5, None),
    ],
)
def test_times_are_read_as_utc_to_the_millisecond(written, expected):
    assert moment(written) == expected


def test_a_collection_holds_uris_and_objects_only():
    page = {
        "id": ALICE,
        "type": "OrderedCollection",
        "totalItems": 3,
        "orderedItems": [ALICE, POST, 5, "x"],
        "first": {"id": f"{ALICE}/page"},
    }

    found = parse_collection(page)

    assert found.entries == (ALICE, POST)
    assert (found.total_items, found.first) == (3, f"{ALICE}/page")


@pytest.mark.parametrize("total", [True, -1, "3", None, 1.5])
def test_a_count_that_is_none_is_nought(total):
    found = parse_collection(
        {"id": ALICE, "type": "Collection", "totalItems": total, "items": ALICE}
    )

    assert (found.total_items, found.entries) == (0, (ALICE,))


@pytest.mark.parametrize("extra", [0, 1, 1000])
@pytest.mark.parametrize(
    ("name", "limit", "make", "count"),
    [
        ("to", "to, cc, audience", lambda n: f"{ALICE}{n}", lambda found: len(found.to)),
        ("tag", "tag", lambda n: {"type": "Mention"}, lambda found: len(found.tag)),
        ("attachment", "attachment", lambda n: {"href": ALICE}, lambda f: len(f.attachment)),
        (
            "acceptedAnswer",
            "acceptedAnswer",
            lambda n: f"{ALICE}{n}",
            lambda found: len(found.accepted_answer),
        ),
    ],
)
def test_dos_06_lists_are_cut_where_the_table_says(name, limit, make, count, extra):
    at = LIMITS[limit].at

    found = parse_post(POST | {name: [make(number) for number in range(at + extra)]})

    assert count(found) == at


def test_dos_06_languages_and_keys_and_topics_are_cut_too():
    texts = {f"l{number}": "x" for number in range(100)}
    post = parse_post(POST | {"contentMap": texts})
    many = [{"id": ALICE, "slug": "x"}] * 1000
    actor = parse_actor(
        {"id": ALICE, "type": "Group", "publicKey": many, "topics": many, "tag": many}
    )

    assert len(post.content_map) == LIMITS["contentMap"].at
    assert len(actor.public_key) == LIMITS["keys"].at
    assert len(actor.topics) == LIMITS["topics"].at
    assert len(actor.tag) == LIMITS["tag"].at


def test_dos_06_a_report_of_ten_thousand_things_is_cut():
    many = [f"{ALICE}{number}" for number in range(10_000)]

    found = parse_activity(LIKE | {"type": "Flag", "object": many})

    assert len(found.object_ids) == LIMITS["objects of a Flag"].at


def test_lds_08_postgresql_never_sees_what_it_cannot_store():
    assert parse_post(POST | {"content": "a\0\ud800b"}).content == "ab"


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_recipients_are_always_uris(value):
    assert all(is_uri(entry) for entry in recipients(value))


def test_a_tombstone_says_what_it_was():
    found = parse_tombstone({"id": ALICE, "type": "Tombstone", "formerType": ["Note"]})

    assert found.former_type == "Note"
