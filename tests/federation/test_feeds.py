"""Collections of communities: what we tell of ours, what others tell, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from federation.errors import Malformed
from federation.handles import Handle, parse_handle
from federation.signatures.keys import generate_ed25519, generate_rsa
from federation.translate.incoming import activity_from
from federation.translate.incoming_feeds import (
    MOST,
    IncomingFeedChange,
    feed_changes_from,
    feed_list_from,
)
from federation.translate.outgoing_actors import feed_document
from federation.translate.outgoing_feeds import announced_change, list_change
from federation.uris import Home, Place
from schemas.records import Actor, ActorKind
from schemas.wire.collections import item_collection, parse_collection
from schemas.wire.vocabulary import PUBLIC

HOME = Home("https://transport.example")
FEED = "https://transport.example/f/starter"
FOLLOWING = f"{FEED}/following"
ROADS = "https://lands.example/c/roads"
NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


def _actor(**more: object) -> Actor:
    told = {
        name: f"{FEED}/{name}"
        for name in ("inbox", "outbox", "followers", "following", "moderators")
    }
    given: dict[str, object] = {
        "id": 1,
        "uri": FEED,
        "kind": ActorKind.FEED,
        "name": "starter",
        "host": "transport.example",
        "local": True,
        "display_name": "New here",
        "summary": "<p>Where to <em>begin</em>.</p>",
        "summary_source": "Where to *begin*.",
        "shared_inbox": "https://transport.example/inbox",
        "url": FEED,
        "published_at": NOW,
        **told,
        **more,
    }
    return Actor(**given)  # type: ignore[arg-type] -- a test's own words


def _change(*, adding: bool, community: str = ROADS) -> dict[str, object]:
    return list_change(
        "https://transport.example/activities/7",
        feed=FEED,
        following=FOLLOWING,
        followers=f"{FEED}/followers",
        community=community,
        adding=adding,
        published=NOW,
    )


# What we tell.


def test_a_feed_is_what_lemmy_and_piefed_look_for():
    keys = [
        generate_rsa(f"{FEED}#main-key", FEED).public,
        generate_ed25519(f"{FEED}#ed25519-key", FEED).public,
    ]

    told = feed_document(
        _actor(), keys, changed_at=NOW + timedelta(days=1), agency_uri=HOME.agency
    )

    assert (told["type"], told["id"], told["preferredUsername"]) == ("Feed", FEED, "starter")
    assert told["attributedTo"] == told["moderators"] == f"{FEED}/moderators"
    assert told["following"] == FOLLOWING
    assert told["endpoints"] == {"sharedInbox": "https://transport.example/inbox"}
    assert told["publicKey"]["owner"] == FEED
    assert told["assertionMethod"][0]["controller"] == FEED
    assert (told["description"], told["summary"]) == (
        "Where to begin.",
        "<p>Where to <em>begin</em>.</p>",
    )
    assert told["updated"] == "2026-09-02T08:00:00.000Z"


def test_a_feed_that_never_changed_was_never_updated():
    told = feed_document(_actor(), [], changed_at=NOW, agency_uri=HOME.agency)

    assert "updated" not in told


def test_a_feed_that_was_closed_is_a_tombstone():
    told = feed_document(_actor(deleted_at=NOW), [], changed_at=NOW, agency_uri=HOME.agency)

    assert (told["type"], told["formerType"]) == ("Tombstone", "Feed")


def test_the_list_of_a_feed_has_its_communities_as_items_without_an_order():
    told = item_collection(FOLLOWING, [ROADS])

    assert (told["type"], told["totalItems"], told["items"]) == ("Collection", 1, [ROADS])
    assert parse_collection(told).entries == (ROADS,)


@pytest.mark.parametrize(("adding", "verb"), [(True, "Add"), (False, "Remove")])
def test_a_change_of_a_list_is_announced_as_piefed_reads_it(adding, verb):
    told = announced_change(
        "https://transport.example/activities/8",
        _change(adding=adding),
        feed=FEED,
        followers=f"{FEED}/followers",
        published=NOW,
    )

    assert (told["type"], told["actor"]) == ("Announce", FEED)
    assert (told["to"], told["cc"]) == ([PUBLIC], [f"{FEED}/followers"])
    inner = told["object"]
    assert (inner["type"], inner["actor"]) == (verb, FEED)
    assert inner["object"] == {"type": "Group", "id": ROADS}
    assert inner["target"] == {"type": "Collection", "id": FOLLOWING}
    assert feed_changes_from(activity_from(told), feed=FEED, following=FOLLOWING) == (
        IncomingFeedChange(community=ROADS, adding=adding),
    )


# What we are told.


def test_a_list_names_each_community_once_and_nothing_that_is_none():
    told = feed_list_from(
        {
            "id": FOLLOWING,
            "type": "Collection",
            "totalItems": 9,
            "items": [ROADS, {"type": "Group", "id": ROADS}, "x:y", {"id": 7}, f"{ROADS}2"],
        },
        feed=FEED,
    )

    assert told.communities == (ROADS, f"{ROADS}2")
    assert told.total == 9


def test_a_list_of_a_thousand_is_cut_and_says_how_many_they_were():
    items = [f"{ROADS}{number}" for number in range(400)]

    told = feed_list_from(
        {"id": FOLLOWING, "type": "Collection", "totalItems": 1000, "items": items}, feed=FEED
    )

    assert told.communities == tuple(items[:MOST])
    assert told.total == 1000


def test_a_list_elsewhere_is_not_the_feeds_own():
    with pytest.raises(Malformed) as refusal:
        feed_list_from(
            {"id": "https://evil.example/f/starter/following", "type": "Collection"}, feed=FEED
        )

    assert refusal.value.reason == "feed-list-elsewhere"


@pytest.mark.parametrize("target", [FOLLOWING, FEED, {"type": "Collection", "id": FOLLOWING}])
def test_a_feed_may_say_without_an_announce_what_changed(target):
    told = _change(adding=True) | {"target": target}

    changes = feed_changes_from(activity_from(told), feed=FEED, following=FOLLOWING)

    assert changes == (IncomingFeedChange(community=ROADS, adding=True),)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (
            {"id": f"{FEED}x/1", "actor": "https://transport.example/@mallory"},
            "feed-change-of-another",
        ),
        ({"target": "https://transport.example/f/other/following"}, "feed-change-elsewhere"),
        ({"target": None}, "feed-change-elsewhere"),
        ({"object": None}, "feed-change-of-nothing"),
        ({"type": "Like"}, "feed-change-of-nothing"),
    ],
)
def test_what_is_no_change_of_a_feeds_own_list_is_refused(more, reason):
    inner = _change(adding=True) | more
    told = announced_change(
        "https://transport.example/activities/8",
        inner,
        feed=FEED,
        followers=f"{FEED}/followers",
        published=NOW,
    )

    with pytest.raises(Malformed) as refusal:
        feed_changes_from(activity_from(told), feed=FEED, following=FOLLOWING)

    assert refusal.value.reason == reason


def test_an_id_alone_changes_no_list():
    told = activity_from(_change(adding=True) | {"type": "Announce", "object": ROADS})

    assert feed_changes_from(told, feed=FEED, following=FOLLOWING) == ()


# What they are called.


def test_a_feed_is_known_by_piefeds_sign_and_asked_for_with_it():
    found = parse_handle("~pantry@larder.example")

    assert found == Handle("pantry", "larder.example", is_feed=True)
    assert str(found) == "~pantry@larder.example"
    assert parse_handle("acct:~pantry@larder.example") == found
    assert isinstance(found, Handle)
    assert found.is_same(Handle("Pantry", "larder.example"))


def test_a_feed_of_ours_has_an_address_of_its_own():
    assert HOME.feed("starter") == FEED
    assert HOME.locate(FEED) == Place("feed", "starter")
    with pytest.raises(Malformed):
        HOME.feed("No Name")
