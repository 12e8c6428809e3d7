"""ORI rows of security.md that can be shown on a document alone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.audience import Recipient, fold_inboxes
from federation.errors import Malformed
from federation.translate import incoming
from schemas.wire.vocabulary import PUBLIC

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ALICE = "https://evil.example/@alice"
VICTIM = "https://good.example/@victim"
POST = {
    "id": "https://evil.example/p/1",
    "type": "Article",
    "attributedTo": ALICE,
    "name": "Hello",
    "content": "<p>Hello</p>",
    "to": [PUBLIC],
}
ACTOR = {
    "id": ALICE,
    "type": "Person",
    "preferredUsername": "alice",
    "inbox": f"{ALICE}/inbox",
}
CREATE = {
    "id": "https://evil.example/activities/1",
    "type": "Create",
    "actor": ALICE,
    "object": POST,
}


def authored(document: dict[str, object]) -> incoming.IncomingPost:
    activity = incoming.activity_from(CREATE | {"object": document})
    return incoming.authored_post(activity, document, now=NOW)


def test_ori_05_who_it_is_says_the_id_and_never_the_url():
    found = incoming.actor_from(ACTOR | {"url": VICTIM}, now=NOW)

    assert (found.uri, found.host) == (ALICE, "evil.example")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "ftp://good.example/", "//x", 5]
)
def test_ori_06_a_link_that_is_no_web_address_is_dropped(url):
    assert incoming.actor_from(ACTOR | {"url": url}, now=NOW).url is None


@pytest.mark.parametrize("author", ["https://evil.example/@other", VICTIM])
@pytest.mark.parametrize("verb", ["Create", "Update"])
@pytest.mark.parametrize("to", [[PUBLIC], ["https://evil.example/c/x"]])
def test_ori_07_nobody_writes_in_the_name_of_another(author, verb, to):
    document = POST | {"attributedTo": author, "to": to}
    activity = incoming.activity_from(CREATE | {"type": verb, "object": document})

    with pytest.raises(Malformed) as caught:
        incoming.authored_post(activity, document, now=NOW)

    assert caught.value.reason in {"author-not-actor", "author-other-origin"}


def test_ori_07_ones_own_post_is_taken():
    assert authored(POST).author_uri == ALICE


@pytest.mark.parametrize(
    "value",
    [1, 1.5, True, None, "", "1", "/@alice", "@alice", "acct:alice@evil.example", {}, []],
)
def test_ori_08_what_is_no_uri_names_nobody(value):
    with pytest.raises(Malformed):
        authored(POST | {"attributedTo": value})
    with pytest.raises(Malformed):
        incoming.activity_from(CREATE | {"actor": value})
    with pytest.raises(Malformed):
        incoming.actor_from(ACTOR | {"id": value}, now=NOW)


@pytest.mark.parametrize("several", [[ALICE, VICTIM], [VICTIM, ALICE], [ALICE, ALICE]])
def test_ori_09_check_and_store_read_the_same_one(several):
    with pytest.raises(Malformed, match="attributed to several"):
        authored(POST | {"attributedTo": several})
    with pytest.raises(Malformed, match="actor several"):
        incoming.activity_from(CREATE | {"actor": several})
    for read in (incoming.post_from, incoming.actor_from):
        with pytest.raises(Malformed, match="id several"):
            read((POST if read is incoming.post_from else ACTOR) | {"id": several}, now=NOW)


@pytest.mark.parametrize(
    "author",
    [
        "http://evil.example/@alice",
        "https://evil.example:8443/@alice",
        "https://sub.evil.example/@alice",
        "https://notevil.example/@alice",
    ],
)
def test_ori_11_an_origin_is_scheme_host_and_port(author):
    with pytest.raises(Malformed, match="other origin"):
        incoming.post_from(POST | {"attributedTo": author}, now=NOW)
    with pytest.raises(Malformed, match="other origin"):
        incoming.activity_from(CREATE | {"actor": author})


def test_ori_11_userinfo_is_no_part_of_any_origin():
    with pytest.raises(Malformed):
        incoming.post_from(POST | {"id": "https://good.example@evil.example/1"}, now=NOW)


def test_ori_12_an_actor_never_turns_into_another_one():
    with pytest.raises(Malformed) as caught:
        incoming.refreshed_actor_from(ACTOR, uri="https://evil.example/@bob", now=NOW)

    assert caught.value.reason == "actor-id-changed"
    assert incoming.refreshed_actor_from(ACTOR, uri=ALICE, now=NOW).uri == ALICE


def test_ori_12_atom_uri_is_never_an_id():
    found = incoming.post_from(POST | {"atomUri": "https://good.example/p/1"}, now=NOW)

    assert found.uri == POST["id"]


@pytest.mark.parametrize("name", ["to", "cc"])
def test_ori_15_objects_among_strings_are_dropped(name):
    document = POST | {"to": [], name: [{"id": PUBLIC}, [PUBLIC], ALICE]}

    found = incoming.post_from(document, now=NOW)

    assert (*found.to, *found.cc) == (ALICE,)


COLLECTIONS = ["outbox", "followers", "following", "featured", "moderators"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_ori_16_collections_of_another_origin_are_left_out(name):
    foreign = incoming.actor_from(ACTOR | {name: f"{VICTIM}/x"}, now=NOW)
    own = incoming.actor_from(ACTOR | {name: f"{ALICE}/x"}, now=NOW)

    assert getattr(foreign, name) is None
    assert getattr(own, name) == f"{ALICE}/x"


def test_ori_16_a_shared_inbox_of_another_origin_is_left_out():
    document = ACTOR | {"endpoints": {"sharedInbox": "https://good.example/inbox"}}

    assert incoming.actor_from(document, now=NOW).shared_inbox is None


BAD_INBOXES = [
    "ftp://evil.example/x",
    "",
    "https://bücher…/",
    ["x", "y"],
    [],
    {"a": 1},
    5,
    None,
]


@pytest.mark.parametrize("inbox", BAD_INBOXES)
def test_ori_18_a_bad_endpoint_is_no_endpoint(inbox):
    shared = incoming.actor_from(ACTOR | {"sharedInbox": inbox}, now=NOW)

    assert shared.shared_inbox is None
    with pytest.raises(Malformed, match="inbox missing"):
        incoming.actor_from(ACTOR | {"inbox": inbox}, now=NOW)


def test_ori_18_one_bad_endpoint_does_not_stop_the_others():
    others = [Recipient(inbox=f"https://h{n}.example/inbox", host=f"h{n}") for n in range(100)]
    bad = Recipient(inbox="https://evil.example/inbox", shared_inbox="ftp:", host="evil")

    assert len(fold_inboxes([bad, *others])) == 101


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(
        [ALICE, PUBLIC, "Note", "Group", "Tombstone", "Like", "text/markdown", "\ud800", "\0"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "href", "name", "content", "@context", "orderedItems"]
            )
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PROPERTIES = [
    "@context",
    "id",
    "type",
    "attributedTo",
    "actor",
    "object",
    "target",
    "to",
    "cc",
    "audience",
    "tag",
    "attachment",
    "icon",
    "image",
    "url",
    "inReplyTo",
    "context",
    "name",
    "summary",
    "content",
    "contentMap",
    "mediaType",
    "source",
    "language",
    "published",
    "updated",
    "postKind",
    "answer",
    "locked",
    "commentsEnabled",
    "acceptedAnswer",
    "kudosFor",
    "helpful",
    "endTime",
    "preferredUsername",
    "description",
    "inbox",
    "outbox",
    "followers",
    "following",
    "featured",
    "moderators",
    "sharedInbox",
    "endpoints",
    "publicKey",
    "assertionMethod",
    "topics",
    "visibility",
    "suspended",
    "formerType",
    "manuallyApprovesFollowers",
    "multipleAnswers",
    "deleted",
    "items",
    "orderedItems",
    "first",
    "totalItems",
]


def read_in_every_way(document: dict[str, object]) -> None:
    """Read a document as everything it might be; only a refusal may come of it."""
    readers = [
        lambda: incoming.post_from(document, now=NOW),
        lambda: incoming.actor_from(document, now=NOW),
        lambda: incoming.tombstone_from(document),
        lambda: incoming.embedded_activity_from(document),
        lambda: incoming.announced_in(incoming.activity_from(document)),
        lambda: incoming.mark_from(incoming.activity_from(document), now=NOW),
        lambda: incoming.undo_from(incoming.activity_from(document)),
        lambda: incoming.removal_from(incoming.activity_from(document)),
        lambda: incoming.flag_from(incoming.activity_from(document)),
    ]
    for reader in readers:
        try:
            reader()
        except Malformed as refusal:
            assert refusal.reason  # noqa: PT017 - which refusal it is does not matter


@given(
    base=st.sampled_from([POST, ACTOR, CREATE, ACTOR | {"type": "Group"}]),
    wrong=st.dictionaries(st.sampled_from(PROPERTIES), JSON, min_size=1, max_size=3),
)
@settings(max_examples=600, deadline=None)
def test_ori_17_whatever_stands_in_a_property_is_read_or_refused(base, wrong):
    read_in_every_way(base | wrong)
    read_in_every_way(CREATE | {"type": "Announce", "object": base | wrong})
    read_in_every_way(CREATE | {"type": "Undo", "object": CREATE | wrong})


@pytest.mark.parametrize("name", PROPERTIES)
@pytest.mark.parametrize(
    "value", [None, 5, True, "x", [], {}, ["x", "y"], [[["x"]]], {"id": {"id": {}}}, 10**30]
)
def test_ori_17_every_property_takes_every_kind_of_value(name, value):
    for base in (POST, ACTOR, CREATE):
        read_in_every_way(base | {name: value})
