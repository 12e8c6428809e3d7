"""Who is told, and in which form (wire.md 0.8, 1.2; VIS-13; DEL-13)."""

import pytest

from federation.audience import (
    Addressing,
    Event,
    Form,
    Recipient,
    addressing,
    announce_addressing,
    announced_form,
    create_addressing,
    decision_addressing,
    fold_inboxes,
    mark_addressing,
    receiver_class,
)
from federation.translate.incoming_posts import visibility_of
from schemas.records import OF_COMMUNITIES, Visibility
from schemas.wire.vocabulary import PUBLIC

GROUP = "https://transport.example/c/roadsafety"
FOLLOWERS = f"{GROUP}/followers"
ASKER = "https://health.example/@asker"
PLACE = {"community": GROUP, "followers": FOLLOWERS}


@pytest.mark.parametrize(
    ("made", "to", "cc"),
    [
        (addressing(Visibility.PUBLIC, **PLACE), (GROUP, PUBLIC), ()),
        (
            addressing(Visibility.PUBLIC, **PLACE, parent_author=ASKER),
            (GROUP, PUBLIC),
            (ASKER,),
        ),
        (addressing(Visibility.MEMBERS, **PLACE, parent_author=ASKER), (GROUP, FOLLOWERS), ()),
        (announce_addressing(Visibility.PUBLIC, **PLACE), (GROUP, PUBLIC), (FOLLOWERS,)),
        (announce_addressing(Visibility.MEMBERS, **PLACE), (GROUP, FOLLOWERS), ()),
        (
            mark_addressing(Visibility.PUBLIC, community=GROUP, author=ASKER),
            (ASKER, GROUP, PUBLIC),
            (),
        ),
        (
            mark_addressing(Visibility.MEMBERS, community=GROUP, author=ASKER),
            (ASKER, GROUP),
            (),
        ),
        (
            decision_addressing(Visibility.PUBLIC, **PLACE, concerned=ASKER),
            (PUBLIC,),
            (GROUP, ASKER),
        ),
        (decision_addressing(Visibility.MEMBERS, **PLACE), (GROUP, FOLLOWERS), ()),
    ],
)
def test_documents_are_addressed_by_visibility(made, to, cc):
    assert made == Addressing(to, cc)


@pytest.mark.parametrize(
    ("visibility", "followers", "cc"),
    [
        (Visibility.PUBLIC, f"{ASKER}/followers", (f"{ASKER}/followers",)),
        (Visibility.PUBLIC, None, ()),
        (Visibility.MEMBERS, f"{ASKER}/followers", ()),
    ],
)
def test_only_public_posts_go_to_the_authors_followers(visibility, followers, cc):
    post = addressing(visibility, **PLACE)

    assert create_addressing(post, author_followers=followers) == Addressing(post.to, cc)


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
def test_what_we_address_reads_back_as_what_it_is(visibility):
    assert visibility_of(*addressing(visibility, **PLACE)) is visibility


def test_a_shared_inbox_takes_the_place_of_the_inboxes_of_its_origin():
    shared = "https://lands.example/inbox"
    two = [
        Recipient(inbox=f"https://lands.example/@{name}/inbox", shared_inbox=shared, host="l")
        for name in ("a", "b")
    ]

    assert fold_inboxes(two) == {shared}


def test_del_13_a_shared_inbox_on_another_origin_is_ignored():
    one = Recipient(
        inbox="https://lands.example/@a/inbox",
        shared_inbox="https://lands.example:8443/inbox",
        host="lands.example",
    )
    other = Recipient(inbox="https://snac.example/x/inbox", host="snac.example")

    assert fold_inboxes([one, other]) == {one.inbox, other.inbox}


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        ("mastodon", "microblog"),
        ("GoToSocial", "microblog"),
        ("takahe", "microblog"),
        ("lemmy", "threads"),
        ("commonlore", "questions"),
        ("PieFed", "questions"),
        ("friendica", "threads"),
        (None, "questions"),
    ],
)
def test_software_is_of_one_class_or_another(software, expected):
    assert receiver_class(software) == expected


@pytest.mark.parametrize("event", list(Event))
def test_conformance_24_microblogs_get_no_wrapped_activity(event):
    assert announced_form(event, "microblog") is not Form.WRAPPED
    assert announced_form(event, "microblog", boosts_answers=True) is not Form.WRAPPED
    assert announced_form(event, "questions") is Form.WRAPPED


@pytest.mark.parametrize("event", list(Event))
def test_an_accepted_answer_goes_as_such_only_to_who_reads_it(event):
    is_choice = event in {Event.CHOICE, Event.REOPENING}

    assert (announced_form(event, "threads") is Form.NOTHING) == is_choice
    assert (announced_form(event, "threads") is Form.WRAPPED) != is_choice


def test_replies_are_boosted_only_where_the_community_says_so():
    assert announced_form(Event.REPLY, "microblog") is Form.NOTHING

    assert announced_form(Event.REPLY, "microblog", boosts_answers=True) is Form.BOOST
    assert announced_form(Event.POST, "microblog") is Form.BOOST
    assert announced_form(Event.REMOVAL, "microblog") is Form.TAKE_BACK
    assert announced_form(Event.RESTORATION, "microblog") is Form.GIVE_BACK
