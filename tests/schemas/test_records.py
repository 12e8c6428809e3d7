"""What our nouns say about themselves."""

from datetime import UTC, datetime

import pytest

from schemas.gate import SealedPost
from schemas.records import (
    Actor,
    ActorKind,
    Community,
    Kind,
    Kudos,
    Mark,
    Post,
    PostFacts,
    Role,
    Visibility,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def actor() -> Actor:
    return Actor(
        id=7,
        uri="https://transport.example/c/roads",
        kind=ActorKind.COMMUNITY,
        name="roads",
        host="transport.example",
        local=False,
        published_at=NOW,
    )


def facts() -> PostFacts:
    return PostFacts(
        id=1,
        uri="https://health.example/p/1",
        kind=Kind.QUESTION,
        author_id=2,
        author_uri="https://health.example/@asker",
        author_local=True,
        community_id=7,
        community_uri="https://transport.example/c/roads",
        community_local=False,
        root_id=1,
        root_uri="https://health.example/p/1",
        visibility=Visibility.MEMBERS,
        published_at=NOW,
    )


def test_a_role_includes_the_ones_before_it() -> None:
    reached = [
        (one, other) for one in Role for other in Role if one.reaches(other) and one != other
    ]

    assert reached == [
        (Role.STEWARD, Role.MEMBER),
        (Role.MODERATOR, Role.MEMBER),
        (Role.MODERATOR, Role.STEWARD),
        (Role.OPERATOR, Role.MEMBER),
        (Role.OPERATOR, Role.STEWARD),
        (Role.OPERATOR, Role.MODERATOR),
    ]


def test_questions_discussions_and_polls_start_threads() -> None:
    starting = [kind for kind in Kind if kind.starts_thread]

    assert starting == [Kind.QUESTION, Kind.DISCUSSION, Kind.POLL]


def test_a_community_goes_by_its_actors_id_and_uri() -> None:
    community = Community(actor=actor())

    assert (community.id, community.uri) == (7, "https://transport.example/c/roads")
    assert community.actor.handle == "@roads@transport.example"


@pytest.mark.parametrize(
    ("kudos", "accepts", "emoji"),
    [
        (None, False, None),
        (Kudos(category="saved-time", emoji="⏱️"), False, "⏱️"),
        (Kudos(category="saved-time", emoji="⏱️"), True, "✅"),
        (None, True, "✅"),
    ],
)
def test_the_one_like_carries_one_emoji(
    kudos: Kudos | None, accepts: bool, emoji: str | None
) -> None:
    mark = Mark(
        uri="https://health.example/activities/1",
        actor_uri="https://health.example/@asker",
        post_uri="https://health.example/p/1",
        kudos=kudos,
        accepts=accepts,
        given_at=NOW,
    )

    assert mark.emoji == emoji


def test_a_sealed_post_shows_its_facts_and_never_its_words() -> None:
    sealed = SealedPost(Post(facts=facts(), title="A secret title", html="<p>secret</p>"))

    assert sealed.facts == facts()
    assert "secret" not in repr(sealed)
    assert not hasattr(sealed, "title")
