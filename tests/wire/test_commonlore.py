"""What we send ourselves: it is as recorded, and understood as what it was made of."""

import json

import pytest

from schemas.attached import Choice, MediaKind, Quote
from schemas.records import ActorKind, Kind
from tests.wire.recorded import FOLDER, RECORDED, recorded
from tests.wire.understanding import check, understood
from tests.wire.values import EMOJI, GROUP, HELPER, QUESTION, REPLY

STAMP = "https://lands.example/stamps/6"


@pytest.mark.parametrize("name", RECORDED)
def test_what_we_send_is_as_recorded(name):
    # A change here changes what every other server reads: record it on purpose.
    assert json.loads(json.dumps(RECORDED[name]())) == recorded(name)


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("poll", "IncomingPost", {"title": "Which format?", "kind": Kind.POLL}),
        ("with-media", "IncomingPost", {"title": "Is this crossing safe?", "warning": ""}),
        (
            "reply-with-table",
            "IncomingPost",
            {
                "kind": Kind.ANSWER,
                "warning": "Names places",
                "emojis": (EMOJI,),
                "quote": Quote(
                    uri="https://kites.example/users/ines/statuses/401",
                    stamp="https://kites.example/stamps/1",
                ),
            },
        ),
        ("reaction", "IncomingMark", {"post_uri": REPLY, "helpful": True}),
        ("vote", "IncomingVote", {"poll_uri": QUESTION, "choice": "JSON"}),
        ("quote-request", "IncomingQuoteRequest", {"quoted_uri": REPLY}),
        ("accept-quote", "IncomingApproval", {"stamp_uri": STAMP}),
        (
            "moderation",
            "IncomingActor",
            {"kind": ActorKind.PERSON, "name": "moderation", "host": "health.example"},
        ),
        (
            "flag",
            "IncomingFlag",
            {
                "actor_uri": "https://health.example/actor/moderation",
                "object_uris": (REPLY,),
                "reason": "Names a patient.",
            },
        ),
        (
            "recognition",
            "IncomingRecognition",
            {
                "issuer_uri": GROUP,
                "people": (HELPER,),
                "credential_uri": "https://transport.example/credentials/12",
            },
        ),
        ("credential", "CredentialDocument", {"issuer": GROUP, "is_badge": True}),
        (
            "assertion",
            "AssertionDocument",
            {"id": "https://transport.example/credentials/12"},
        ),
        ("stamp", "IncomingStamp", {"author_uri": HELPER, "target_uri": REPLY}),
    ],
)
def test_what_we_send_is_understood(name, kind, fields):
    check("commonlore", name, [(kind, fields)])


def test_a_reply_is_sent_with_lists_and_read_with_tables():
    document = recorded("reply-with-table")

    (found,) = understood(document)

    assert "<table>" not in document["content"]
    assert "<strong>Crashes:</strong> 4" in document["content"]
    assert "<table>" in found.bare_html


def test_links_come_first_and_pictures_have_their_alt_text_twice():
    document = recorded("with-media")

    (found,) = understood(document)

    assert [each["type"] for each in document["attachment"]] == ["Link", "Image", "Document"]
    assert document["attachment"][1]["name"] == document["attachment"][1]["summary"]
    assert [each.kind for each in found.media] == [
        MediaKind.LINK,
        MediaKind.IMAGE,
        MediaKind.VIDEO,
    ]
    assert document["summary"] == (
        "Question in roadsafety: Is this crossing safe? Look at the #buses."
    )


def test_names_have_the_classes_that_keep_mastodon_from_a_preview():
    content = recorded("with-media")["content"]

    assert '<span class="h-card"><a class="u-url mention" href="' in content
    assert '<a class="mention hashtag" href="' in content
    assert ' rel="tag nofollow' in content


def test_a_poll_has_its_title_in_its_words_and_its_choices_beside_them():
    document = recorded("poll")

    (found,) = understood(document)

    assert document["content"].startswith("<p>Which format?</p><p>")
    assert not {"name", "summary"} & set(document)
    assert found.poll.choices == (Choice(name="CSV", votes=4), Choice(name="JSON", votes=9))


def test_each_recorded_document_is_one_that_we_still_make():
    of_the_first_profile = {"answer", "choose-answer", "create", "group", "like", "person"}
    of_the_first_profile |= {"question", "question-for-members"}

    kept = {path.stem for path in FOLDER.glob("*.json")}

    assert kept == of_the_first_profile | set(RECORDED)
