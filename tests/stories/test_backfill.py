"""Whoever comes late finds what was said before: a community fetched whole, gaps filled."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from schemas.records import OF_COMMUNITIES, Kind, PostFacts, Role, Visibility
from server.services import changing, choices, communities, kudos, posts, stewardship
from server.services.posts import Draft
from server.storage import backfills
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.instance import Instance, TurnedClock, running, settle
from tests.stories import life

_THREADS = """
    SELECT p.uri, p.kind, p.title, p.html, p.source, p.published_at, p.edited_at,
      p.locked_at IS NOT NULL, p.pinned_at IS NOT NULL, p.answers, p.visibility, p.context,
      (SELECT r.uri FROM posts r WHERE r.id = p.root_id),
      (SELECT r.uri FROM posts r WHERE r.id = p.parent_id),
      (SELECT a.uri FROM actors a WHERE a.id = p.author_id),
      (SELECT array_agg(an.uri ORDER BY an.uri) FROM accepted_answers aa
       JOIN posts an ON an.id = aa.answer_id WHERE aa.question_id = p.id)
    FROM posts p JOIN actors c ON c.id = p.community_id
    WHERE c.name = $1 AND p.deleted_at IS NULL ORDER BY p.uri
"""

#: With the count that stands beside each post.
_GIVEN = """
    SELECT m.uri, g.uri, p.uri, m.helpful, m.category, m.note, m.emoji, m.accepts,
      m.given_at, p.helpful
    FROM marks m JOIN posts p ON p.id = m.post_id JOIN actors g ON g.id = m.actor_id
      JOIN actors c ON c.id = p.community_id
    WHERE c.name = $1 ORDER BY m.category, m.uri
"""

_GETS = re.compile(
    r'commonlore_requests_total\{door="activitypub",method="GET",'
    r'route="/(?:p|activities)/[^"]*"[^}]*\} (\S+)'
)


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def transport(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "transport", clock=clock) as instance:
        yield instance


@pytest.fixture(scope="module")
async def lands(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "lands", clock=clock) as instance:
        yield instance


@pytest.fixture
async def health(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    """An agency that comes late, new for every story."""
    async with running(cluster, "health", clock=clock) as instance:
        yield instance


async def a_community(
    transport: Instance, lands: Instance, name: str, visibility: Visibility
) -> tuple[SignedIn, SignedIn]:
    """Open a community at transport with a helper from lands; both admitted each other."""
    await transport.admit(lands)
    await lands.admit(transport)
    steward = await transport.member(f"steward_{name}", Role.STEWARD)
    await life.opened(transport, steward.actor, name, visibility=visibility)
    helper = await joined(lands, f"helper_{name}", f"!{name}@{transport.host}", transport)
    return await life.signed_in(transport.context, f"steward_{name}"), helper


async def joined(instance: Instance, name: str, handle: str, *others: Instance) -> SignedIn:
    await instance.member(name)
    member = await life.signed_in(instance.context, name)
    community = await life.finds(instance, handle)
    await communities.join(instance.context, member, community.id)
    await settle(instance, *others)
    return await life.signed_in(instance.context, name)


async def asks(instance: Instance, member: SignedIn, name: str, title: str) -> PostFacts:
    async with instance.database.reading() as tx:
        row = await tx.fetchrow("SELECT id FROM actors WHERE name = $1", name)
    assert row is not None
    draft = Draft(title=title, source=f"We *wonder*: {title}")
    return await posts.publish_thread(instance.context, member, row["id"], Kind.QUESTION, draft)


def gets_of_posts(instance: Instance) -> float:
    """Count how often an instance was asked for posts and activities."""
    told = instance.context.metrics.text().decode()
    return sum(float(each) for each in _GETS.findall(told))


async def is_the_same(name: str, *instances: Instance) -> int:
    first, *rest = [await life.rows(each, _THREADS, name) for each in instances]
    for other in rest:
        assert other == first
    return len(first)


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_an_agency_that_comes_late_has_every_thread_as_it_is_by_now(
    transport: Instance,
    lands: Instance,
    health: Instance,
    clock: TurnedClock,
    visibility: Visibility,
) -> None:
    name = f"roads_{visibility}"
    steward, helper = await a_community(transport, lands, name, visibility)
    questions = []
    for number in range(4):
        clock.turn(timedelta(hours=1))
        questions.append(await asks(transport, steward, name, f"Question {number}"))
    from_lands = await asks(lands, helper, name, "A question from lands")
    await settle(transport, lands)
    clock.turn(timedelta(hours=1))
    answer = await life.replies(lands, f"helper_{name}", questions[0].uri, "Count by *site*.")
    await settle(transport, lands)
    at_home = await life.post_at(transport, answer.uri)
    await choices.accept(transport.context, steward, at_home.id)
    await posts.publish_reply(
        transport.context, steward, at_home.id, Kind.COMMENT, Draft(source="Thank you.")
    )
    clock.turn(timedelta(minutes=5))
    await changing.edit(
        transport.context,
        steward,
        questions[1].id,
        Draft(title="Question 1, said better", source="Better."),
    )
    await kudos.give_kudos(transport.context, steward, at_home.id, "saved-time", "A week.")
    for question in (questions[0], questions[3]):
        there = await life.post_at(lands, question.uri)
        await kudos.mark_helpful(lands.context, helper, there.id, helpful=True)
    await kudos.mark_helpful(lands.context, helper, there.id, helpful=False)
    await stewardship.lock(transport.context, steward, questions[2].id, locked=True)
    await stewardship.pin(transport.context, steward, questions[3].id, pinned=True)
    await settle(transport, lands)
    for one, other in ((health, transport), (health, lands)):
        await one.admit(other)
        await other.admit(one)

    before = gets_of_posts(lands)
    await joined(health, f"late_{name}", f"!{name}@{transport.host}", transport, lands)

    # What lands' people wrote came with their proofs; lands was asked for none of it.
    assert gets_of_posts(lands) == before
    assert await is_the_same(name, transport, health) == 7
    everywhere = (transport, lands, health)
    given, *copies = [await life.rows(each, _GIVEN, name) for each in everywhere]
    assert [row[3:6] for row in given] == [(False, "saved-time", "A week."), (True, None, "")]
    assert copies == [given, given]
    assert from_lands.uri in {row[0] for row in await life.rows(health, _THREADS, name)}
    community = await life.finds(health, f"!{name}@{transport.host}")
    async with health.database.reading() as tx:
        progress = await backfills.progress(tx, community.id)
    assert progress is not None
    assert (progress.threads, progress.waiting, progress.refused) == (5, 0, 0)
    assert progress.posts == 7
    assert progress.ended_at == clock.now()
    assert not await life.value(
        health, "SELECT count(*) FROM notifications WHERE kind <> 'let-in'"
    )


_PLACES = """
    SELECT p.uri, p.kind, p.published_at, p.deleted_at, p.deleted_by, p.reason, p.title,
      p.html, p.visibility, p.answers, (SELECT r.uri FROM posts r WHERE r.id = p.root_id),
      (SELECT r.uri FROM posts r WHERE r.id = p.parent_id)
    FROM posts p JOIN actors c ON c.id = p.community_id
    WHERE c.name = $1 ORDER BY p.published_at, p.uri
"""


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_what_replies_to_a_deleted_post_is_there_for_whoever_comes_late(
    transport: Instance,
    lands: Instance,
    health: Instance,
    clock: TurnedClock,
    visibility: Visibility,
) -> None:
    name = f"paths_{visibility}"
    steward, helper = await a_community(transport, lands, name, visibility)
    kept, gone = [
        await asks(transport, steward, name, title) for title in ("A kept one", "A deleted one")
    ]
    await settle(transport, lands)
    clock.turn(timedelta(hours=1))
    for question in (kept, gone):
        answer = await life.replies(lands, f"helper_{name}", question.uri, "Count them.")
        await settle(transport, lands)
        at_home = await life.post_at(transport, answer.uri)
        comment = await posts.publish_reply(
            transport.context, steward, at_home.id, Kind.COMMENT, Draft(source="And then?")
        )
        await settle(transport, lands)
        there = await life.post_at(lands, comment.uri)
        done = Draft(source="Then it is done.")
        await posts.publish_reply(lands.context, helper, there.id, Kind.COMMENT, done)
        await settle(transport, lands)
        clock.turn(timedelta(minutes=5))
        if question is kept:
            await changing.withdraw(lands.context, helper, answer.id)
            await stewardship.remove(transport.context, steward, comment.id, "Off topic.")
    await changing.withdraw(transport.context, steward, gone.id)
    await settle(transport, lands)
    for one, other in ((health, transport), (health, lands)):
        await one.admit(other)
        await other.admit(one)

    await joined(health, f"late_{name}", f"!{name}@{transport.host}", transport, lands)

    first, *others = [
        await life.rows(each, _PLACES, name) for each in (transport, lands, health)
    ]
    assert len(first) == 8
    assert [row for row in first if row[3]] != []
    for other in others:
        assert other == first
    reader = health.browser() if visibility is Visibility.PUBLIC else None
    if reader is not None:
        page = await reader.get(await life.path_at(health, kept.uri))
        assert "Then it is done." in page.text
        assert "The author deleted this." in page.text
        assert "Off topic." in page.text
