"""What we send: each document in the form that every program reads (wire.md 8)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from federation.audience import (
    Addressing,
    addressing,
    announce_addressing,
    decision_addressing,
    mark_addressing,
)
from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate import incoming, outgoing, outgoing_activities, outgoing_moves
from schemas.attached import Permission
from schemas.gate import Released, ReleaseKey
from schemas.profiles import Details, ProfileField
from schemas.records import (
    OF_COMMUNITIES,
    Actor,
    ActorKind,
    Community,
    DeletedBy,
    JoinRule,
    Kind,
    Kudos,
    Mark,
    Post,
    PostFacts,
    Topic,
    Visibility,
)
from schemas.wire.vocabulary import (
    ACTOR_CONTEXT,
    CONTEXT,
    FIELDS_TERMS,
    MOVED_CONTEXT,
    MOVED_TERMS,
    PERSON_CONTEXT,
    PUBLIC,
)

SAMPLES = Path(__file__).parents[1] / "wire" / "commonlore"
NOW = datetime(2026, 9, 1, 8, 0, 0, 123_456, tzinfo=UTC)
GROUP = "https://transport.example/c/roadsafety"
ASKER = "https://health.example/@asker"
HELPER = "https://lands.example/@helper"
QUESTION = "https://health.example/p/1042"
ANSWER = "https://lands.example/p/88"
ACTIVITY = "https://health.example/activities/7"


def actor(uri: str, kind: ActorKind, name: str) -> Actor:
    host = uri.split("/")[2]
    return Actor(
        id=1,
        uri=uri,
        kind=kind,
        name=name,
        host=host,
        local=True,
        display_name=name.title(),
        summary="<p>Short</p>",
        inbox=f"{uri}/inbox",
        shared_inbox=f"https://{host}/inbox",
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        following=f"{uri}/following",
        featured=f"{uri}/featured",
        url=uri,
        published_at=NOW,
    )


ASKING = actor(ASKER, ActorKind.PERSON, "asker")
HELPING = actor(HELPER, ActorKind.PERSON, "helper")
ROADS = actor(GROUP, ActorKind.COMMUNITY, "roadsafety")
COMMUNITY = Community(
    actor=ROADS,
    charter="<p>Rules</p>",
    charter_source="Rules",
    topics=(
        Topic(slug="crashes", name="Crashes"),
        Topic(slug="question", name="About questions"),
    ),
)
KEYS = (
    generate_rsa(f"{GROUP}#main-key", GROUP).public,
    generate_ed25519(f"{GROUP}#ed25519-key", GROUP).public,
)


def facts(kind: Kind = Kind.QUESTION, **changes: object) -> PostFacts:
    uri, author = (QUESTION, ASKER) if kind.starts_thread else (ANSWER, HELPER)
    found = PostFacts(
        id=1,
        uri=uri,
        kind=kind,
        author_id=1,
        author_uri=author,
        author_local=True,
        community_id=2,
        community_uri=GROUP,
        community_local=False,
        root_id=1,
        root_uri=QUESTION,
        parent_uri=None if kind.starts_thread else QUESTION,
        context=f"{GROUP}/t/abc",
        visibility=Visibility.PUBLIC,
        published_at=NOW,
    )
    return replace(found, **changes)


def released(about: PostFacts, **changes: object) -> Released[Post]:
    post = Post(
        facts=about,
        title="How do you share crash data?" if about.kind.starts_thread else "",
        source="We hold crash records",
        html="<p>We hold crash records</p>",
        text="We hold crash records",
    )
    return Released(replace(post, **changes), ReleaseKey())


def question(**changes: object) -> dict[str, object]:
    return outgoing.post_document(released(facts(**changes)), community=ROADS)


def answer(**changes: object) -> dict[str, object]:
    about = facts(Kind.ANSWER, **changes)
    return outgoing.post_document(released(about), community=ROADS, parent_author=ASKING)


@pytest.mark.parametrize(
    ("quotable", "may"),
    [
        (None, PUBLIC),
        (Permission.EVERYBODY, PUBLIC),
        (Permission.FOLLOWERS, f"{ASKER}/followers"),
        (Permission.NOBODY, ASKER),
    ],
)
def test_a_public_post_says_whom_its_author_lets_quote_it(quotable, may):
    document = outgoing.post_document(released(facts(), quotable=quotable), community=ROADS)

    assert document["interactionPolicy"] == {"canQuote": {"automaticApproval": [may]}}


def every_post() -> list[dict[str, object]]:
    return [
        outgoing.post_document(
            released(facts(kind, visibility=visibility)),
            community=ROADS,
            parent_author=None if kind.starts_thread else ASKING,
        )
        for kind in Kind
        if kind is not Kind.POLL
        for visibility in OF_COMMUNITIES
    ]


def every_activity() -> list[dict[str, object]]:
    told = decision_addressing(
        Visibility.PUBLIC, community=GROUP, followers=f"{GROUP}/followers"
    )
    follow = outgoing.follow_activity(ACTIVITY, actor=ASKER, target=GROUP, published=NOW)
    mark = Mark(uri=ACTIVITY, actor_uri=ASKER, post_uri=ANSWER, helpful=True, given_at=NOW)
    like = outgoing.like_activity(
        mark,
        addressed=mark_addressing(Visibility.PUBLIC, community=GROUP, author=HELPER),
        community=GROUP,
    )
    reply = f"{GROUP}/activities/1"
    shared = {"actor": ASKER, "community": GROUP, "addressed": told, "published": NOW}
    return [
        follow,
        outgoing.accept_activity(reply, actor=GROUP, follow=follow, published=NOW),
        outgoing.reject_activity(reply, actor=GROUP, follow=follow, published=NOW, reason="no"),
        outgoing.reject_activity(reply, actor=GROUP, follow=follow, published=NOW),
        outgoing.create_activity(ACTIVITY, question(), author_followers=f"{ASKER}/followers"),
        outgoing.update_activity(ACTIVITY, question(), published=NOW),
        outgoing.update_actor_activity(
            reply,
            outgoing.community_document(
                COMMUNITY, KEYS, stewards_uri=f"{GROUP}/moderators", agency_uri=GROUP
            ),
            addressed=told,
            published=NOW,
        ),
        outgoing.delete_activity(ACTIVITY, object_uri=QUESTION, **shared),
        outgoing.announce_activity(
            reply,
            community=GROUP,
            inner=like,
            addressed=announce_addressing(
                Visibility.PUBLIC, community=GROUP, followers=f"{GROUP}/followers"
            ),
            published=NOW,
        ),
        like,
        outgoing.undo_activity(ACTIVITY, actor=ASKER, inner=like, public=True, published=NOW),
        outgoing.choose_answer_activity(ACTIVITY, answer=ANSWER, question=QUESTION, **shared),
        outgoing.add_activity(ACTIVITY, about=HELPER, target=f"{GROUP}/moderators", **shared),
        outgoing.remove_activity(
            ACTIVITY, about=HELPER, target=f"{GROUP}/moderators", **shared
        ),
        outgoing.lock_activity(ACTIVITY, about=QUESTION, reason="settled", **shared),
        outgoing.block_activity(ACTIVITY, blocked=HELPER, **shared),
        outgoing.flag_activity(
            ACTIVITY, moderation=ASKER, about=[ANSWER], to=GROUP, published=NOW, reason="spam"
        ),
    ]


def test_an_account_that_moves_tells_its_followers_and_the_new_one() -> None:
    moved = outgoing_moves.move_account_activity(
        ACTIVITY, actor=ASKER, target=HELPER, followers=f"{ASKER}/followers", published=NOW
    )

    assert (moved["type"], moved["actor"], moved["object"]) == ("Move", ASKER, ASKER)
    assert (moved["target"], moved["to"]) == (HELPER, [f"{ASKER}/followers"])


def test_an_update_of_a_person_who_moved_says_what_the_term_means() -> None:
    document = outgoing.person_document(replace(ASKING, moved_to=HELPER), KEYS)
    addressed = Addressing((PUBLIC,), ())

    update = outgoing_activities.update_actor_activity(
        ACTIVITY, document, addressed=addressed, published=NOW
    )

    assert update["@context"] == MOVED_CONTEXT


def test_a_person_names_their_other_accounts_and_where_they_moved() -> None:
    stayed = outgoing.person_document(ASKING, KEYS)
    both = replace(ASKING, also_known_as=(HELPER,), moved_to=HELPER)

    moved = outgoing.person_document(both, KEYS)

    assert "alsoKnownAs" not in stayed
    assert "movedTo" not in stayed
    assert moved["alsoKnownAs"] == [HELPER]
    assert moved["movedTo"] == HELPER


@pytest.mark.parametrize("document", every_post())
def test_conformance_10_strings_are_strings_and_lists_are_lists(document):
    for name in ("audience", "context", "attributedTo"):
        assert isinstance(document[name], str)

    for name in ("to", "cc", "tag", "attachment"):
        assert isinstance(document[name], list)

    assert document["language"] == {"identifier": "en", "name": "English"}
    assert isinstance(_group()["language"], list)
    assert isinstance(_group()["attributedTo"], str)


@pytest.mark.parametrize("document", every_post())
def test_conformance_11_replies_have_no_title_and_threads_no_parent(document):
    if document["type"] == "Note":
        assert not {"name", "summary"} & set(document)
        assert document["inReplyTo"] == QUESTION
    else:
        assert document["name"]
        assert "inReplyTo" not in document


@pytest.mark.parametrize("document", every_post())
def test_conformance_12_posts_are_articles_and_notes(document):
    starts_thread = document["postKind"] in {"question", "discussion"}

    assert document["type"] == ("Article" if starts_thread else "Note")


@pytest.mark.parametrize("document", every_post())
def test_conformance_13_nothing_that_lemmy_refuses_is_attached(document):
    kinds = {entry["type"] for entry in document["attachment"]}

    assert kinds <= {"Link", "Image", "Document"}


@pytest.mark.parametrize("document", every_activity())
def test_conformance_14_id_and_actor_share_a_host(document):
    host = document["actor"].split("/")[2]

    if document["type"] not in {"Accept", "Reject", "Announce", "Update"}:
        assert document["id"].split("/")[2] == host
    assert document["id"].startswith("https://")
    assert document["actor"].startswith("https://")
    assert isinstance(document["to"], list)
    assert isinstance(document["cc"], list)


@pytest.mark.parametrize("document", [*every_post(), *every_activity()])
def test_conformance_15_everything_says_when_it_was_published(document):
    assert document["published"] == "2026-09-01T08:00:00.123Z"
    assert "updated" not in document


def test_conformance_15_an_edit_is_later_than_the_post():
    edited = question(edited_at=NOW + timedelta(milliseconds=1))
    at_once = question(edited_at=NOW + timedelta(microseconds=1))

    assert edited["updated"] == "2026-09-01T08:00:00.124Z"
    assert "updated" not in at_once


def test_conformance_16_the_summary_is_a_plain_teaser():
    long = released(facts(), text="word " * 1000, html="<p>word</p>")

    summary = outgoing.post_document(long, community=ROADS)["summary"]

    assert summary.startswith("Question in Roadsafety: word word")
    assert len(summary) <= 500


@pytest.mark.parametrize("length", [10, 30_000, 90_000, 100_000])
def test_conformance_16_documents_stay_below_256_kb(length):
    long = released(facts(), html="<p>" + "w" * length + "</p>", source="w" * length)

    document = outgoing.post_document(long, community=ROADS)

    assert len(json.dumps(document)) <= 256_000
    assert ("contentMap" in document) == (length < 60_000)
    assert ("source" in document) == (length < 100_000)


def _group(**changes: object) -> dict[str, object]:
    return outgoing.community_document(
        replace(COMMUNITY, **changes),
        KEYS,
        stewards_uri=f"{GROUP}/moderators",
        agency_uri="https://transport.example/actor",
    )


def test_conformance_17_a_groups_tags_are_post_tags_in_known_colours():
    many = tuple(Topic(slug=f"t{number}", name="T") for number in range(200))
    tags = _group(topics=many)["tag"]

    assert {tag["type"] for tag in tags} == {"CommunityPostTag"}
    assert {tag["color"] for tag in tags} == {f"color{number:02}" for number in range(1, 11)}
    assert [tag["preferredUsername"] for tag in tags][:2] == ["question", "answered"]
    assert len(tags) == 64
    assert tags[0]["id"] == f"{GROUP}/tag/question"


def test_conformance_20_replies_is_a_url_string():
    assert question()["replies"] == f"{QUESTION}/replies"


def test_a_group_says_who_looks_after_it_and_how_it_takes_people_in():
    document = _group(join=JoinRule.APPROVAL, visibility=Visibility.MEMBERS)

    assert document["attributedTo"] == document["moderators"] == f"{GROUP}/moderators"
    assert document["manuallyApprovesFollowers"] is True
    assert document["discoverable"] is document["indexable"] is False
    assert document["webfinger"] == "roadsafety@transport.example"
    assert document["description"] == "Short"
    assert document["summary"] == "<p>Rules</p>"
    assert document["multipleAnswers"] is True
    assert document["topics"][1] == {"slug": "question", "name": "About questions"}
    assert document["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY")
    assert document["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")


def test_a_second_rsa_key_does_not_turn_the_key_into_a_list():
    document = outgoing.person_document(ROADS, [KEYS[0], replace(KEYS[0], key_id="other")])

    assert document["publicKey"]["id"] == f"{GROUP}#main-key"


def test_staff_are_not_put_into_public_directories_unasked():
    document = outgoing.person_document(ASKING, [])

    assert document["discoverable"] is document["indexable"] is False
    assert document["type"] == "Person"
    assert "publicKey" not in document


def test_a_person_says_what_a_member_chose():
    said = Details(
        fields=(ProfileField(name="Floor", value="<b>3</b>", source="3"),),
        locked=True,
        discoverable=True,
        avatar_alt="Me",
    )
    pictured = replace(
        ASKING,
        avatar="https://health.example/media/k/avatar.webp",
        header="https://health.example/media/k/header",
        moved_to=HELPER,
    )

    document = outgoing.person_document(pictured, [], said)

    assert document["attachment"] == [
        {"type": "PropertyValue", "name": "Floor", "value": "<b>3</b>"}
    ]
    assert document["@context"] == [*PERSON_CONTEXT, FIELDS_TERMS, MOVED_TERMS]
    assert document["manuallyApprovesFollowers"] is document["discoverable"] is True
    assert document["icon"]["mediaType"] == "image/webp"
    assert document["icon"]["name"] == document["icon"]["summary"] == "Me"
    assert document["image"] == {"type": "Image", "url": pictured.header}
    assert incoming.actor_from(document, now=NOW).details == replace(
        said, fields=(replace(said.fields[0], source=""),)
    )


def test_a_program_that_writes_is_a_service():
    assert outgoing.person_document(ASKING, [], Details(bot=True))["type"] == "Service"


def test_a_community_has_no_lines_whatever_is_kept():
    said = Details(fields=(ProfileField(name="n", value="v"),), header_alt="A road")
    pictured = replace(ROADS, header="https://transport.example/media/k/header.png")

    document = outgoing.community_document(
        Community(actor=pictured),
        KEYS,
        stewards_uri=f"{GROUP}/moderators",
        agency_uri=GROUP,
        details=said,
    )

    assert "attachment" not in document
    assert document["@context"] == ACTOR_CONTEXT
    assert document["image"]["summary"] == "A road"


def test_an_actor_says_only_what_there_is():
    bare = replace(
        ASKING, inbox=None, shared_inbox=None, display_name="", url=None, suspended_at=NOW
    )

    document = outgoing.person_document(bare, [])

    assert not {"inbox", "endpoints", "sharedInbox", "source"} & set(document)
    assert document["name"] == "asker"
    assert document["url"] == ASKER
    assert document["suspended"] is True


def test_the_agency_is_an_application():
    document = outgoing.agency_document(replace(ASKING, kind=ActorKind.AGENCY), KEYS)

    assert document["type"] == "Application"
    assert [entry["name"] for entry in document["implements"]] == [
        "FEP-1b12",
        "FEP-521a",
        "RFC-9421: HTTP Message Signatures",
        "FEP-8b32",
    ]


def test_the_agency_reports_as_a_service_that_says_whose_it_is():
    reporting = replace(ASKING, kind=ActorKind.MODERATION)

    document = outgoing.moderation_document(reporting, KEYS, agency_uri=ASKER)

    assert document["type"] == "Service"
    assert document["generator"] == {"type": "Application", "id": ASKER}
    assert document["manuallyApprovesFollowers"] is True
    assert {"inbox", "outbox", "publicKey", "preferredUsername"} <= set(document)


def test_a_deleted_actor_leaves_a_tombstone_without_a_name():
    person = outgoing.person_document(replace(ASKING, deleted_at=NOW), KEYS)
    group = _group(actor=replace(ROADS, deleted_at=NOW))

    assert person["type"] == group["type"] == "Tombstone"
    assert (person["formerType"], group["formerType"]) == ("Person", "Group")
    assert not {"name", "preferredUsername", "publicKey"} & (set(person) | set(group))


@pytest.mark.parametrize(
    ("kind", "former"),
    [(Kind.QUESTION, "Article"), (Kind.POLL, "Question"), (Kind.ANSWER, "Note")],
)
def test_a_deleted_post_leaves_a_tombstone_without_words(kind, former):
    about = facts(kind, deleted_at=NOW, deleted_by=DeletedBy.AUTHOR)

    document = outgoing.post_document(released(about), community=ROADS)

    assert document == {
        "@context": CONTEXT,
        "id": about.uri,
        "type": "Tombstone",
        "formerType": former,
        "published": "2026-09-01T08:00:00.123Z",
        "deleted": "2026-09-01T08:00:00.123Z",
    }


@pytest.mark.parametrize(
    ("kind", "by", "reason", "place"),
    [
        (Kind.QUESTION, DeletedBy.AUTHOR, "", {"postKind": "question"}),
        (Kind.ANSWER, DeletedBy.AUTHOR, "", {"postKind": "answer", "inReplyTo": QUESTION}),
        (Kind.POLL, DeletedBy.MODERATOR, "Ad.", {"postKind": "poll", "summary": "Ad."}),
    ],
)
def test_in_its_thread_a_tombstone_says_where_it_stood(kind, by, reason, place):
    about = facts(kind, deleted_at=NOW, deleted_by=by)
    post = released(about, reason=reason)

    document = outgoing.tombstone_in_thread(post, NOW)

    assert document == outgoing.post_document(post, community=ROADS) | place


def test_an_answered_question_says_so_in_its_tag_and_its_state():
    post = released(facts(), accepted=(ANSWER,), topic=Topic(slug="crashes", name="Crashes"))

    document = outgoing.post_document(post, community=ROADS)

    tags = [tag.get("preferredUsername") for tag in document["tag"]]
    assert tags == [None, "answered", "crashes"]
    assert document["acceptedAnswer"] == [ANSWER]


def test_an_accepted_answer_carries_the_flag_that_piefed_reads():
    post = released(facts(Kind.ANSWER), is_accepted=True)

    document = outgoing.post_document(post, community=ROADS, parent_author=ASKING)

    assert document["answer"] is True
    assert document["cc"] == [ASKER]
    assert [tag["name"] for tag in document["tag"]] == [
        "@asker@health.example",
        "@roadsafety@transport.example",
    ]


def test_a_discussion_has_no_accepted_answers_and_no_state():
    document = outgoing.post_document(released(facts(Kind.DISCUSSION)), community=ROADS)

    assert "acceptedAnswer" not in document
    assert [tag["type"] for tag in document["tag"]] == ["Mention"]


def test_what_is_for_members_is_addressed_to_them_and_shows_no_counts():
    document = question(visibility=Visibility.MEMBERS)

    assert document["to"] == [GROUP, f"{GROUP}/followers"]
    assert document["cc"] == []
    assert PUBLIC not in json.dumps(document)
    assert not {"likes", "shares", "searchableBy"} & set(document)
    let = {"canQuote": {"automaticApproval": [f"{GROUP}/followers"]}}
    assert document["interactionPolicy"] == let


def test_a_group_whose_followers_we_never_saw_has_them_below_it():
    about = released(facts(visibility=Visibility.MEMBERS))

    document = outgoing.post_document(about, community=replace(ROADS, followers=None))

    assert document["to"] == [GROUP, f"{GROUP}/followers"]


def test_a_post_without_context_source_or_known_language_leaves_them_out():
    post = released(facts(context=None), source="", language="mi")

    document = outgoing.post_document(post, community=ROADS, url="https://health.example/x")

    assert not {"context", "source"} & set(document)
    assert document["language"] == {"identifier": "mi", "name": "mi"}
    assert document["url"] == "https://health.example/x"


@pytest.mark.parametrize("document", every_activity())
def test_the_context_stands_on_the_outermost_document_only(document):
    about_an_actor = "assertionMethod" in json.dumps(document)

    expected = (ACTOR_CONTEXT, PERSON_CONTEXT) if about_an_actor else (CONTEXT,)
    assert document["@context"] in expected
    assert json.dumps(document).count('"@context"') == 1


def test_a_proof_keeps_the_document_that_it_covers_whole():
    inner = question() | {"proof": {"type": "DataIntegrityProof"}}

    document = outgoing.create_activity(ACTIVITY, inner)

    assert document["object"] == inner


def test_vis_06_what_is_not_public_is_undone_by_id_alone():
    told = mark_addressing(Visibility.MEMBERS, community=GROUP, author=HELPER)
    mark = Mark(uri=ACTIVITY, actor_uri=ASKER, post_uri=ANSWER, given_at=NOW, helpful=True)
    like = outgoing.like_activity(mark, addressed=told, community=GROUP)

    document = outgoing.undo_activity(
        f"{ACTIVITY}1", actor=ASKER, inner=like, public=False, published=NOW
    )

    assert document["object"] == ACTIVITY
    assert ANSWER not in json.dumps(document)
    assert (document["to"], document["cc"]) == ([HELPER, GROUP], [])


def test_the_undo_of_a_follow_goes_to_whom_the_follow_went():
    follow = outgoing.follow_activity(ACTIVITY, actor=ASKER, target=GROUP, published=NOW)

    document = outgoing.undo_activity(
        f"{ACTIVITY}1", actor=ASKER, inner=follow, public=True, published=NOW
    )

    assert document["to"] == [GROUP]
    assert "audience" not in document


def test_a_removal_always_has_a_reason_and_a_deletion_never():
    shared = {"actor": ASKER, "object_uri": ANSWER, "published": NOW}
    told = Addressing((PUBLIC,), (GROUP,))

    plain = outgoing.delete_activity(ACTIVITY, addressed=told, **shared)
    removal = outgoing.delete_activity(ACTIVITY, addressed=told, reason="", **shared)

    assert "summary" not in plain
    assert removal["summary"] == "Removed by a moderator"
    assert plain["object"] == ANSWER


@pytest.mark.parametrize(
    ("carries", "expected"),
    [
        ({"helpful": True}, {}),
        ({"accepts": True}, {"content": "✅"}),
        ({"accepts": True, "helpful": True}, {"content": "✅", "helpful": True}),
        (
            {"kudos": Kudos(category="solved-it", emoji="🎯", note="Saved a day")},
            {
                "content": "🎯",
                "kudosFor": {
                    "type": "cl:Kudos",
                    "category": "solved-it",
                    "note": "Saved a day",
                },
            },
        ),
        (
            {"kudos": Kudos(category="solved-it", emoji="🎯")},
            {"content": "🎯", "kudosFor": {"type": "cl:Kudos", "category": "solved-it"}},
        ),
    ],
)
def test_one_like_carries_what_applies(carries, expected):
    mark = Mark(uri=ACTIVITY, actor_uri=ASKER, post_uri=ANSWER, given_at=NOW, **carries)
    told = mark_addressing(Visibility.PUBLIC, community=GROUP, author=HELPER)

    document = outgoing.like_activity(mark, addressed=told, community=GROUP)

    shown = {
        key: document[key] for key in ("content", "helpful", "kudosFor") if key in document
    }
    assert shown == expected
    assert document["to"] == [HELPER, GROUP, PUBLIC]


def test_a_ban_says_of_what_and_until_when():
    told = Addressing((PUBLIC,), (GROUP, HELPER))

    document = outgoing.block_activity(
        ACTIVITY,
        actor=ASKER,
        blocked=HELPER,
        community=GROUP,
        addressed=told,
        published=NOW,
        reason="spam",
        until=NOW,
        removes_posts=True,
    )

    assert document["target"] == GROUP
    assert document["endTime"] == "2026-09-01T08:00:00.123Z"
    assert document["removeData"] is True
    assert document["summary"] == "spam"


def test_a_report_of_several_things_is_a_list_and_says_why_twice():
    document = outgoing.flag_activity(
        ACTIVITY,
        moderation="https://health.example/actor/moderation",
        about=[HELPER, ANSWER],
        to=GROUP,
        published=NOW,
        reason="spam",
        community=GROUP,
    )

    assert document["object"] == [HELPER, ANSWER]
    assert document["summary"] == document["content"] == "spam"
    assert document["audience"] == GROUP


def test_the_same_record_always_gives_the_same_bytes():
    assert json.dumps(question()) == json.dumps(question())


def _stable(document: dict[str, object]) -> dict[str, object]:
    """Leave out what is made anew in every run: the keys."""
    return {
        name: value
        for name, value in json.loads(json.dumps(document)).items()
        if name not in {"publicKey", "assertionMethod"}
    }


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("question", question),
        ("answer", answer),
        ("question-for-members", lambda: question(visibility=Visibility.MEMBERS)),
        ("group", _group),
        ("person", lambda: outgoing.person_document(ASKING, KEYS)),
        ("create", lambda: outgoing.create_activity(ACTIVITY, question())),
        ("like", lambda: every_activity()[9]),
        ("choose-answer", lambda: every_activity()[11]),
    ],
)
def test_our_documents_are_the_recorded_ones(name, build):
    # A change here changes what every other server reads: record it on purpose.
    recorded = json.loads((SAMPLES / f"{name}.json").read_text())

    assert _stable(build()) == recorded


def test_posts_are_addressed_as_the_audience_says():
    to, cc = addressing(Visibility.PUBLIC, community=GROUP, followers=f"{GROUP}/followers")

    assert (question()["to"], question()["cc"]) == (list(to), list(cc))
