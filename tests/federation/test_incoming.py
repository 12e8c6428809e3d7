"""What we make of what others send (wire.md 8: parser), and that our own words come back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.audience import mark_addressing
from federation.errors import Malformed
from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate import incoming, outgoing
from federation.translate.sanitize import from_html, plain
from schemas.gate import Released, ReleaseKey
from schemas.records import (
    KUDOS_EMOJI,
    OF_COMMUNITIES,
    Actor,
    ActorKind,
    Community,
    JoinRule,
    Kind,
    Kudos,
    Mark,
    Post,
    PostFacts,
    Topic,
    Visibility,
)
from schemas.wire.vocabulary import PUBLIC, ActivityType

NOW = datetime(2026, 9, 1, 8, 0, 0, 123_456, tzinfo=UTC)
THEN = NOW.replace(microsecond=123_000)
GROUP = "https://transport.example/c/roadsafety"
ALICE = "https://health.example/@alice"
BOB = "https://lands.example/@bob"
POST = "https://health.example/p/1"
ANSWER = "https://lands.example/p/2"
ACTIVITY = "https://health.example/activities/1"


def note(**properties: object) -> dict[str, object]:
    return {
        "id": POST,
        "type": "Note",
        "attributedTo": ALICE,
        "content": "<p>Hello</p>",
    } | properties


def post(**properties: object) -> incoming.IncomingPost:
    return incoming.post_from(note(**properties), now=NOW)


def activity(**properties: object) -> dict[str, object]:
    return {"id": ACTIVITY, "type": "Like", "actor": ALICE, "object": ANSWER} | properties


def person(**properties: object) -> dict[str, object]:
    return {
        "id": ALICE,
        "type": "Person",
        "preferredUsername": "alice",
        "inbox": f"{ALICE}/inbox",
    } | properties


def actor(**properties: object) -> incoming.IncomingActor:
    return incoming.actor_from(person(**properties), now=NOW)


@pytest.mark.parametrize(
    ("properties", "kind", "stated"),
    [
        ({"type": "Article", "postKind": "question"}, Kind.QUESTION, True),
        ({"type": "Page"}, Kind.DISCUSSION, False),
        ({"postKind": "debrief"}, Kind.DISCUSSION, False),
        ({"postKind": "poll"}, Kind.DISCUSSION, False),
        ({"type": "Question", "oneOf": [{"name": "A"}]}, Kind.POLL, True),
        (
            {"type": "Question", "oneOf": [{"name": "A"}], "inReplyTo": POST},
            Kind.COMMENT,
            False,
        ),
        ({"postKind": "answer"}, Kind.DISCUSSION, False),
        ({"inReplyTo": POST}, Kind.COMMENT, False),
        ({"inReplyTo": POST, "postKind": "comment"}, Kind.COMMENT, True),
        ({"inReplyTo": POST, "postKind": "comment", "answer": True}, Kind.COMMENT, True),
        ({"inReplyTo": POST, "postKind": "answer"}, Kind.ANSWER, True),
        ({"inReplyTo": POST, "answer": True}, Kind.ANSWER, True),
        ({"inReplyTo": POST, "postKind": "question"}, Kind.COMMENT, False),
    ],
)
def test_a_post_is_what_it_says_where_it_can_be(properties, kind, stated):
    found = post(**properties)

    assert (found.kind, found.kind_stated) == (kind, stated)


@pytest.mark.parametrize(
    ("properties", "parent", "expected"),
    [
        ({}, None, Kind.DISCUSSION),
        ({"inReplyTo": POST}, Kind.QUESTION, Kind.ANSWER),
        ({"inReplyTo": POST, "postKind": "comment"}, Kind.QUESTION, Kind.COMMENT),
        ({"inReplyTo": POST, "postKind": "answer"}, Kind.QUESTION, Kind.ANSWER),
        ({"inReplyTo": POST, "postKind": "answer"}, Kind.ANSWER, Kind.COMMENT),
        ({"inReplyTo": POST}, None, Kind.COMMENT),
    ],
)
def test_a_plain_reply_to_a_question_answers_it(properties, parent, expected):
    assert incoming.settled_kind(post(**properties), parent) is expected


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (note(type="Question"), "poll-without-choices"),
        (note(type="Person"), "not-a-post"),
        (note(type=["Note", "Tombstone"]), "not-a-post"),
        (note(inReplyTo=POST, name="Yes", content=""), "poll-vote"),
        (note(content="<script>x</script>"), "post-empty"),
        (note(inReplyTo=5), "in-reply-to-not-a-uri"),
        (note(content="x" * 100_001), "text-too-long"),
    ],
)
def test_what_is_no_post_is_refused_by_name(document, reason):
    with pytest.raises(Malformed) as caught:
        incoming.post_from(document, now=NOW)

    assert caught.value.reason == reason


@pytest.mark.parametrize("group", [5, {"id": GROUP}, [GROUP], GROUP])
def test_what_another_program_calls_its_group_means_nothing_here(group):
    assert post(group=group).community_uri is None


def test_a_named_reply_whose_words_are_in_one_language_is_no_vote():
    found = post(inReplyTo=POST, name="Yes", content="", contentMap={"en": "<p>Hello</p>"})

    assert (found.text, found.language) == ("Hello", "en")


def test_what_has_no_words_is_called_what_its_link_is_called():
    link = {"type": "Link", "href": "https://m.example/1", "name": "The method"}

    assert post(content="", attachment=link).title == "The method"


def test_what_only_calls_people_has_no_title_however_many_lines_it_has():
    called = [{"type": "Mention", "href": f"{ALICE}{n}", "name": "@x"} for n in range(200)]

    assert post(content="@x<br>" * 16_000, tag=called).title == ""


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"to": PUBLIC}, Visibility.PUBLIC),
        ({"to": [GROUP], "cc": ["as:Public"]}, Visibility.PUBLIC),
        ({"to": "Public"}, Visibility.PUBLIC),
        ({"to": [GROUP, f"{GROUP}/followers"]}, Visibility.MEMBERS),
        ({"audience": PUBLIC}, Visibility.MEMBERS),
        ({}, Visibility.MEMBERS),
    ],
)
def test_vis_13_only_what_says_everybody_is_public(properties, expected):
    assert post(**properties).visibility is expected


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        (None, None, (THEN, None)),
        ("2026-08-01T00:00:00Z", None, (datetime(2026, 8, 1, tzinfo=UTC), None)),
        ("2999-01-01T00:00:00Z", "2999-01-02T00:00:00Z", (THEN, None)),
        (
            "2026-08-01T00:00:00Z",
            "2999-01-01T00:00:00Z",
            (datetime(2026, 8, 1, tzinfo=UTC), THEN),
        ),
        (
            "2026-08-01T00:00:00Z",
            "2026-07-01T00:00:00Z",
            (datetime(2026, 8, 1, tzinfo=UTC), None),
        ),
    ],
)
def test_no_post_comes_from_the_future(published, updated, expected):
    found = post(published=published, updated=updated)

    assert (found.published_at, found.edited_at) == expected


MENTION = {"type": "Mention", "href": GROUP, "name": "@roadsafety@transport.example"}


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("<p>@roadsafety How do you <b>count</b>?<br>We cannot.</p>", "How do you count?"),
        ("<p>@roadsafety@transport.example</p><p>Second line</p>", "Second line"),
        ("<p>Ask the @others @roadsafety</p>", "Ask the @others"),
        ("<p>@roadsafety</p>", ""),
        ("<p>" + "word " * 50 + "</p>", "word " * 19 + "word…"),
    ],
)
def test_a_note_from_mastodon_gets_its_first_line_as_title(content, title):
    found = post(content=content, tag=[MENTION])

    assert found.title == title
    assert len(found.title) <= 100


def test_a_reply_has_no_title_even_where_it_has_a_name():
    assert post(inReplyTo=POST, name="Re: Hello").title == ""


def test_a_title_alone_is_a_post():
    assert post(type="Page", name="Look", content="").title == "Look"


@pytest.mark.parametrize(
    ("properties", "language", "text"),
    [
        ({"language": {"identifier": "cy"}}, "cy", "Hello"),
        ({"language": "cy"}, "und", "Hello"),
        ({"language": {"identifier": "<b>"}}, "und", "Hello"),
        ({"contentMap": {"mi": "<p>Kia ora</p>"}, "content": None}, "mi", "Kia ora"),
        ({"contentMap": {"a": "x", "mi": "<p>Kia ora</p>", "b": 5}, "content": 5}, "und", "x"),
        ({"contentMap": []}, "und", "Hello"),
        ({"content": "*Hi* there", "mediaType": "text/markdown"}, "und", "Hi there"),
    ],
)
def test_words_and_their_language_are_found(properties, language, text):
    found = post(**properties)

    assert (found.language, found.text) == (language, text)


def test_what_is_attached_is_shown_as_links():
    linked = {"type": "Link", "href": "https://data.example/a.pdf"}
    figure = {"type": "Image", "url": "https://data.example/b.png", "name": "A <map>"}
    shown = {"type": "Link", "href": "https://data.example/c"}

    found = post(
        content="<p>https://data.example/c</p>", attachment=[linked, figure, shown, {}]
    )

    assert found.html.count("<a ") == 2
    assert "https://data.example/a.pdf" in found.text
    assert "map" in found.text
    assert "<map>" not in found.html


def test_only_markdown_is_kept_as_the_source():
    kept = post(source={"content": "*Hi*", "mediaType": "text/markdown"})
    dropped = post(source={"content": "[b]Hi[/b]", "mediaType": "text/bbcode"})

    assert (kept.source, dropped.source) == ("*Hi*", "")


def test_state_and_topic_are_read_from_terms_and_tags():
    found = post(
        type="Article",
        postKind="question",
        name="Why?",
        acceptedAnswer=ANSWER,
        commentsEnabled=False,
        tag=[
            {"type": "CommunityPostTag", "preferredUsername": "Answered"},
            {"type": "CommunityPostTag", "preferredUsername": "not a slug"},
            {"type": "CommunityPostTag", "preferredUsername": "Crashes", "name": "Crashes!"},
        ],
    )

    assert found.accepted == (ANSWER,)
    assert found.locked
    assert found.topic == Topic(slug="crashes", name="Crashes!")


def test_only_a_question_has_accepted_answers():
    assert post(acceptedAnswer=[ANSWER]).accepted == ()


def test_several_audiences_are_candidates_and_none_is_the_community():
    found = post(audience=[GROUP, ALICE], to=[PUBLIC])

    assert (found.community_uri, found.candidates) == (None, (GROUP, ALICE))


def test_peertubes_channel_is_the_community():
    both = [{"type": "Person", "id": ALICE}, {"type": "Group", "id": GROUP}]

    assert post(attributedTo=both).community_uri == GROUP


@pytest.mark.parametrize("document", [{"id": POST, "type": "Tombstone", "formerType": "Note"}])
def test_a_tombstone_is_read_and_nothing_else_is_one(document):
    found = incoming.tombstone_from(document | {"deleted": "2026-08-01T00:00:00Z"})

    assert (found.uri, found.former_type) == (POST, "Note")
    assert found.deleted_at == datetime(2026, 8, 1, tzinfo=UTC)
    with pytest.raises(Malformed, match="not a tombstone"):
        incoming.tombstone_from(document | {"type": "Note"})


@pytest.mark.parametrize(
    ("told", "kind", "reason"),
    [
        ({}, None, None),
        ({"postKind": "answer", "summary": ""}, Kind.ANSWER, ""),
        ({"postKind": "poem", "summary": "Not \u202eon\n topic"}, None, "Not on topic"),
    ],
)
def test_a_tombstone_in_a_thread_says_where_it_stood_and_why_it_is_there(told, kind, reason):
    place = {"id": POST, "type": "Tombstone", "inReplyTo": ANSWER}

    found = incoming.tombstone_from(place | told)

    assert (found.parent_uri, found.kind, found.removed_for) == (ANSWER, kind, reason)


INNER = activity(id=f"{BOB}/like", actor=BOB)


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        (INNER, (INNER,)),
        (POST, (POST,)),
        ([INNER, POST], (INNER, POST)),
        ({"type": "OrderedCollection", "orderedItems": [INNER, 5, POST]}, (INNER, POST)),
        (None, ()),
    ],
)
def test_conformance_04_an_announce_may_carry_anything(inner, expected):
    announce = activity(type="Announce", object=inner)

    assert incoming.announced_in(incoming.activity_from(announce)) == expected


def undo(inner: object) -> incoming.IncomingUndo:
    return incoming.undo_from(incoming.activity_from(activity(type="Undo", object=inner)))


def test_conformance_06_an_undo_embeds_or_names_what_it_takes_back():
    named = undo(f"{ALICE}/like")
    whole = undo(activity(id=f"{ALICE}/like"))
    nameless = undo({"type": "ChooseAnswer", "actor": ALICE, "object": ANSWER, "target": POST})

    assert (named.uri, named.type, named.activity) == (f"{ALICE}/like", None, None)
    assert (whole.uri, whole.type, whole.object_uri) == (
        f"{ALICE}/like",
        ActivityType.LIKE,
        ANSWER,
    )
    assert (nameless.uri, nameless.type) == (None, ActivityType.CHOOSE_ANSWER)
    assert (nameless.object_uri, nameless.target_uri) == (ANSWER, POST)


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (None, "undo-of-nothing"),
        (INNER, "undo-of-another"),
        ({"type": "Like", "actor": "https://a..b/x", "object": ANSWER}, "actor-not-a-uri"),
    ],
)
def test_nobody_takes_back_what_another_did(inner, reason):
    with pytest.raises(Malformed) as caught:
        undo(inner)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("properties", "expected", "why"),
    [
        ({"object": ANSWER, "summary": "spam"}, (ANSWER,), "spam"),
        ({"object": [BOB, ANSWER, BOB], "content": "spam"}, (BOB, ANSWER), "spam"),
        ({"object": {"id": ANSWER}}, (ANSWER,), ""),
    ],
)
def test_conformance_07_a_report_is_about_one_thing_or_several(properties, expected, why):
    found = incoming.flag_from(incoming.activity_from(activity(type="Flag", **properties)))

    assert (found.object_uris, found.reason) == (expected, why)


@pytest.mark.parametrize(
    "gone", [ANSWER, {"type": "Tombstone", "id": ANSWER}, {"type": "Note", "id": ANSWER}]
)
@pytest.mark.parametrize("why", ["", "off topic"])
def test_conformance_08_a_delete_with_a_reason_is_a_moderators(gone, why):
    document = activity(type="Delete", object=gone, summary=why)

    found = incoming.removal_from(incoming.activity_from(document))

    assert found.object_uri == ANSWER
    assert (found.by_moderator, found.reason) == (bool(why), why)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda found: incoming.mark_from(found, now=NOW), "like-of-nothing"),
        (incoming.removal_from, "delete-of-nothing"),
        (incoming.flag_from, "flag-of-nothing"),
    ],
)
def test_what_is_about_nothing_is_refused(read, reason):
    about_nothing = incoming.activity_from(activity(object=None))

    with pytest.raises(Malformed) as caught:
        read(about_nothing)

    assert caught.value.reason == reason


def mark(**properties: object) -> incoming.IncomingMark:
    return incoming.mark_from(incoming.activity_from(activity(**properties)), now=NOW)


@pytest.mark.parametrize(
    ("properties", "helpful", "accepts", "kudos"),
    [
        ({}, True, False, None),
        ({"content": "✅"}, False, True, None),
        ({"content": "💜"}, True, False, None),
        ({"content": ":party:"}, True, False, None),
        ({"content": "🎯"}, False, False, Kudos(category="solved-it", emoji="🎯")),
        (
            {"content": "👏", "kudosFor": {"category": "saved-time", "note": "Two days"}},
            False,
            False,
            Kudos(category="saved-time", emoji="👏", note="Two days"),
        ),
        (
            {"content": "✅", "kudosFor": {"category": "solved-it"}, "helpful": True},
            True,
            True,
            Kudos(category="solved-it", emoji="🎯"),
        ),
        (
            {"kudosFor": {"category": "brought-cake"}},
            False,
            False,
            Kudos(category="brought-cake", emoji="👏"),
        ),
        ({"kudosFor": {"category": "<b>"}}, True, False, None),
        ({"kudosFor": {"category": "a" * 65}}, True, False, None),
        ({"kudosFor": "thanks"}, True, False, None),
    ],
)
def test_a_like_carries_what_applies(properties, helpful, accepts, kudos):
    found = mark(**properties)

    assert (found.helpful, found.accepts, found.kudos) == (helpful, accepts, kudos)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Person", ActorKind.PERSON),
        ("Service", ActorKind.PERSON),
        ("Organization", ActorKind.PERSON),
        ("Group", ActorKind.COMMUNITY),
        ("Application", ActorKind.AGENCY),
        (["x:Bot", "Person"], ActorKind.PERSON),
    ],
)
def test_actors_are_of_three_kinds(written, kind):
    assert actor(type=written).kind is kind


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (person(type="Note"), "not-an-actor"),
        (person(preferredUsername="../x"), "name-invalid"),
        (person(preferredUsername="x" * 129), "name-invalid"),
        (person(inbox=None), "inbox-missing"),
        (person(type="Group", inbox="https://evil.example/inbox"), "inbox-missing"),
        (person(id="https://a..b/x", inbox="https://a..b/y"), "host-label"),
    ],
)
def test_what_is_no_actor_is_refused_by_name(document, reason):
    with pytest.raises(Malformed) as caught:
        incoming.actor_from(document, now=NOW)

    assert caught.value.reason == reason


def test_an_agencys_actor_needs_neither_inbox_nor_name():
    found = actor(type="Application", inbox=None, preferredUsername="__a__@health.example")

    assert (found.name, found.inbox) == ("health.example", None)


def test_an_actor_may_be_suspended_or_gone():
    found = actor(suspended=True, type=["Tombstone", "Person"])

    assert found.suspended
    assert found.deleted


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, Visibility.PUBLIC),
        ("public", Visibility.PUBLIC),
        ("members", Visibility.MEMBERS),
        ("secret", Visibility.MEMBERS),
    ],
)
def test_a_word_for_visibility_that_we_do_not_know_is_the_narrow_one(written, expected):
    assert actor(type="Group", visibility=written).visibility is expected


def test_a_shared_inbox_is_found_where_discourse_puts_it():
    inbox = "https://health.example/inbox"

    assert actor(sharedInbox=inbox).shared_inbox == inbox
    assert actor(endpoints={}, sharedInbox=inbox).shared_inbox == inbox
    assert actor(endpoints={"sharedInbox": inbox}).shared_inbox == inbox


RSA = generate_rsa(f"{ALICE}#main-key", ALICE).public
ED25519 = generate_ed25519(f"{ALICE}#ed25519-key", ALICE).public
PUBLISHED = {"id": RSA.key_id, "owner": ALICE, "publicKeyPem": RSA.pem}
MULTIKEY = outgoing.person_document(
    Actor(
        id=1,
        uri=ALICE,
        kind=ActorKind.PERSON,
        name="alice",
        host="health.example",
        local=True,
        published_at=NOW,
    ),
    [ED25519],
)["assertionMethod"][0]


def test_keys_of_both_kinds_are_taken_once():
    found = actor(publicKey=[PUBLISHED, PUBLISHED], assertionMethod=MULTIKEY)

    assert found.keys == (RSA, ED25519)


@pytest.mark.parametrize(
    "key",
    [
        PUBLISHED | {"owner": BOB},
        PUBLISHED | {"owner": None},
        PUBLISHED | {"id": None},
        PUBLISHED | {"id": f"{BOB}#main-key"},
        PUBLISHED | {"publicKeyPem": "x"},
        PUBLISHED | {"publicKeyPem": "x" * 10_000},
    ],
)
def test_an_rsa_key_that_is_not_the_actors_is_left_out(key):
    assert actor(publicKey=key).keys == ()


@pytest.mark.parametrize(
    "key",
    [
        MULTIKEY | {"controller": BOB},
        MULTIKEY | {"id": None},
        MULTIKEY | {"id": f"{BOB}#key"},
        MULTIKEY | {"type": "Note"},
        MULTIKEY | {"publicKeyMultibase": "z6Mk"},
        ALICE,
    ],
)
def test_a_multikey_that_is_not_the_actors_is_left_out(key):
    assert actor(assertionMethod=key).keys == ()


def test_only_markdown_is_an_actors_source():
    kept = actor(source={"content": "*Hi*", "mediaType": "text/markdown"})
    dropped = actor(source={"content": "Hi", "mediaType": "text/plain"})

    assert (kept.summary_source, dropped.summary_source) == ("*Hi*", "")


@pytest.mark.parametrize("extra", [0, 1, 1000])
def test_dos_05_long_names_and_summaries_are_cut(extra):
    found = actor(name="n" * (2048 + extra), summary="s" * (20_000 + extra))

    assert (len(found.display_name), len(found.summary)) == (2048, 20_000)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
TITLES = WORDS.map(lambda words: plain("T" + words, limit=200))
TIMES = st.integers(0, 2_000_000).map(lambda seconds: THEN - timedelta(seconds=seconds))
TOPICS = st.sampled_from(
    [None, Topic(slug="crashes", name="Crashes"), Topic(slug="a", name="A")]
)
ROADS = Actor(
    id=2,
    uri=GROUP,
    kind=ActorKind.COMMUNITY,
    name="roadsafety",
    host="transport.example",
    local=False,
    followers=f"{GROUP}/followers",
    published_at=NOW,
)


@st.composite
def posts(draw: st.DrawFn) -> Post:
    kind = draw(st.sampled_from([each for each in Kind if each is not Kind.POLL]))
    starts = kind.starts_thread
    published = draw(TIMES)
    clean = from_html(f"<p>W{draw(WORDS)}</p>")
    facts = PostFacts(
        id=1,
        uri=POST,
        kind=kind,
        author_id=1,
        author_uri=ALICE,
        author_local=True,
        community_id=2,
        community_uri=GROUP,
        community_local=False,
        root_id=1,
        root_uri=POST,
        parent_uri=None if starts else ANSWER,
        context=draw(st.sampled_from([None, f"{GROUP}/t/x"])),
        visibility=draw(st.sampled_from(OF_COMMUNITIES)),
        published_at=published,
        edited_at=draw(st.sampled_from([None, THEN])),
        locked_at=draw(st.sampled_from([None, NOW])) if starts else None,
    )
    return Post(
        facts=facts,
        title=draw(TITLES) if starts else "",
        source=draw(WORDS),
        html=clean.html,
        text=clean.text,
        language=draw(st.sampled_from(["en", "cy", "pt-BR", "und"])),
        topic=draw(TOPICS),
        accepted=draw(st.sampled_from([(), (ANSWER,)])) if kind is Kind.QUESTION else (),
        is_accepted=not starts and draw(st.booleans()),
    )


@given(posts())
@settings(max_examples=150, deadline=None)
def test_a_post_comes_back_as_it_went_out(sent):
    document = outgoing.post_document(Released(sent, ReleaseKey()), community=ROADS)

    found = incoming.post_from(document, now=NOW)

    facts = sent.facts
    edited = facts.edited_at if facts.edited_at != facts.published_at else None
    assert (found.uri, found.author_uri, found.community_uri) == (POST, ALICE, GROUP)
    assert (found.kind, found.kind_stated) == (facts.kind, True)
    assert (found.parent_uri, found.context) == (facts.parent_uri, facts.context)
    assert (found.published_at, found.edited_at) == (facts.published_at, edited)
    assert found.visibility is facts.visibility
    assert found.locked is (facts.locked_at is not None)
    for name in ("title", "html", "text", "source", "language", "topic", "accepted"):
        assert getattr(found, name) == getattr(sent, name), name
    assert found.answer_flag is sent.is_accepted


@st.composite
def communities(draw: st.DrawFn) -> Community:
    charter = from_html(f"<p>{draw(WORDS)}</p>").html
    short = from_html(f"<p>{escape(draw(TITLES))}</p>").html
    base = replace(
        ROADS,
        display_name=draw(TITLES),
        summary=short,
        inbox=f"{GROUP}/inbox",
        shared_inbox=draw(st.sampled_from([None, "https://transport.example/inbox"])),
        outbox=f"{GROUP}/outbox",
        following=f"{GROUP}/following",
        featured=f"{GROUP}/featured",
        url=GROUP,
        published_at=draw(TIMES),
        suspended_at=draw(st.sampled_from([None, NOW])),
    )
    return Community(
        actor=base,
        charter=charter,
        charter_source=draw(WORDS),
        join=draw(st.sampled_from(JoinRule)),
        visibility=draw(st.sampled_from(OF_COMMUNITIES)),
        topics=draw(st.sampled_from([(), (Topic(slug="question", name="Q"),)])),
        several_answers=draw(st.booleans()),
    )


GROUP_KEYS = tuple(
    replace(key, key_id=key.key_id.replace(ALICE, GROUP), owner=GROUP) for key in (RSA, ED25519)
)


@given(communities())
@settings(max_examples=100, deadline=None)
def test_a_community_comes_back_as_it_went_out(sent):
    document = outgoing.community_document(
        sent, GROUP_KEYS, stewards_uri=f"{GROUP}/moderators", agency_uri=GROUP
    )

    found = incoming.actor_from(document, now=NOW)

    assert found.kind is ActorKind.COMMUNITY
    assert found.keys == GROUP_KEYS
    assert found.moderators == f"{GROUP}/moderators"
    assert found.suspended is (sent.actor.suspended_at is not None)
    for name in ("charter", "charter_source", "join", "visibility", "topics"):
        assert getattr(found, name) == getattr(sent, name), name
    assert found.several_answers is sent.several_answers
    shared = "uri name host display_name summary inbox shared_inbox outbox followers url"
    for name in [*shared.split(), "following", "featured", "published_at"]:
        assert getattr(found, name) == getattr(sent.actor, name), name


@given(
    helpful=st.booleans(),
    accepts=st.booleans(),
    category=st.sampled_from([None, *KUDOS_EMOJI]),
    note_text=WORDS.map(lambda words: plain(words, limit=100)),
)
@settings(deadline=None)
def test_a_mark_comes_back_as_it_went_out(helpful, accepts, category, note_text):
    kudos = category and Kudos(category=category, emoji=KUDOS_EMOJI[category], note=note_text)
    sent = Mark(
        uri=ACTIVITY,
        actor_uri=ALICE,
        post_uri=ANSWER,
        helpful=helpful or not (accepts or kudos),
        kudos=kudos,
        accepts=accepts,
        given_at=THEN,
    )
    told = mark_addressing(Visibility.PUBLIC, community=GROUP, author=BOB)

    document = outgoing.like_activity(sent, addressed=told, community=GROUP)
    found = incoming.mark_from(incoming.activity_from(document), now=NOW)

    for name in ("uri", "actor_uri", "post_uri", "helpful", "kudos", "accepts", "given_at"):
        assert getattr(found, name) == getattr(sent, name), name
