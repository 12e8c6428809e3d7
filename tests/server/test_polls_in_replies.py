"""Polls that are replies: theirs and ours, voted in both ways, shown where they stand."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from federation.translate.incoming import post_from
from schemas.records import Kind
from server.services import composing, discovery, importing, polls
from server.services.composing import Ballot, Composed
from server.services.errors import Invalid, NotAllowed, NotFound
from server.services.gathering import Gathered
from server.services.posts import Draft
from server.storage import agencies
from server.storage.embedded import Cluster
from server.workers.polls import tell_due
from tests.inbox_scene import Town, done, ignored, populated
from tests.poll_scene import END, ballot, counted, figures

WORDS = "Which day?"


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def _theirs(town: Town, **more: object) -> dict[str, Any]:
    """A reply by ada to bob's question that asks the others to choose, as Mastodon has it."""
    told = town.scene.post(town.ada, town.plaza.uri, reply_to=town.question.uri)
    told |= {
        "type": "Question",
        "content": f"<p>{WORDS}</p><p>For the walk.</p>",
        "oneOf": [counted("Monday", 1), counted("Friday", 2)],
        "endTime": END,
        "votersCount": 3,
    }
    told |= more
    town.scene.peer.publishes(told["id"], **told)
    return told


async def _ours(town: Town, *options: str, parent: int | None = None) -> str:
    facts = await composing.publish(
        town.scene.here.context,
        await town.scene.signed_in("amina"),
        Composed(
            draft=Draft(source="When do we *walk*?"),
            ballot=Ballot(options=options or ("Monday", "Friday"), seconds=3600),
            parent_id=parent or town.question.id,
        ),
    )
    return facts.uri


async def _created(town: Town, uri: str) -> dict[str, Any]:
    rows = await town.scene.fetch(
        "SELECT s.document FROM activities s JOIN posts p ON p.id = s.post_id "
        "WHERE p.uri = $1 AND s.type = 'Create'",
        uri,
    )
    document: dict[str, Any] = json.loads(rows[0][0])["object"]
    return document


# Theirs


@pytest.mark.parametrize(
    ("said", "kind"), [({}, Kind.ANSWER), ({"postKind": "comment"}, Kind.COMMENT)]
)
async def test_a_reply_that_asks_for_votes_comes_with_its_poll_and_all_its_words(
    town, said, kind
):
    told = _theirs(town, **said)

    await done(town.scene, town.ada, "Create", told)

    facts = await town.scene.facts(told["id"])
    assert facts.kind is kind
    assert await figures(town.scene, told["id"]) == {"Monday": 1, "Friday": 2}
    assert WORDS in await town.scene.words(told["id"])


async def test_a_vote_in_their_reply_goes_to_its_author(town):
    told = _theirs(town)
    await done(town.scene, town.ada, "Create", told)
    facts = await town.scene.facts(told["id"])
    bob = await town.scene.signed_in("bob")

    await polls.vote(town.scene.here.context, bob, facts.id, [1])

    assert await figures(town.scene, told["id"]) == {"Monday": 1, "Friday": 3}
    rows = await town.scene.fetch(
        "SELECT document FROM activities WHERE actor_id = $1 AND object_uri = $2 "
        "AND type = 'Create'",
        bob.member.id,
        town.bob,
    )
    votes = [json.loads(row[0])["object"] for row in rows]
    assert [(each["name"], each["inReplyTo"]) for each in votes][-1] == ("Friday", told["id"])


async def test_how_their_reply_stands_is_taken_over(town):
    told = _theirs(town)
    await done(town.scene, town.ada, "Create", told)
    town.scene.clock.turn(timedelta(minutes=4))
    newer = told | {"oneOf": [counted("Monday", 7), counted("Friday", 2)]}

    await done(town.scene, town.ada, "Update", newer)

    assert await figures(town.scene, told["id"]) == {"Monday": 7, "Friday": 2}


async def test_a_thread_fetched_anew_brings_how_a_reply_in_it_stands(town):
    told, scene = _theirs(town), town.scene
    await done(scene, town.ada, "Create", told)
    scene.clock.turn(timedelta(minutes=4))
    newer = told | {"oneOf": [counted("Monday", 8), counted("Friday", 2)]}
    fetched = post_from(newer, now=scene.here.now())
    author = await discovery.find_or_fetch_actor(scene.here.context, town.ada.uri)

    async with scene.here.database.transaction("test") as tx:
        await importing.import_thread(
            tx,
            scene.here.context,
            town.plaza,
            town.question.uri,
            Gathered(posts={fetched.uri: fetched}),
            {author.uri: author},
        )

    assert await figures(scene, told["id"]) == {"Monday": 8, "Friday": 2}


# Ours


async def test_a_reply_of_ours_goes_out_as_a_question_without_a_title(town):
    uri = await _ours(town)

    document = await _created(town, uri)

    assert (document["type"], document["postKind"]) == ("Question", "answer")
    assert document["inReplyTo"] == town.question.uri
    assert [each["name"] for each in document["oneOf"]] == ["Monday", "Friday"]
    assert document["endTime"]
    assert "name" not in document
    assert "summary" not in document
    assert document["content"] == "<p>When do we <em>walk</em>?</p>\n"


async def test_votes_from_elsewhere_in_a_reply_of_ours_are_counted_and_told(town):
    uri = await _ours(town)
    vote = ballot(town.scene, town.ada, uri, "Friday")

    await done(town.scene, town.ada, "Create", vote)
    again = ballot(town.scene, town.ada, uri, "Monday")
    reason = await ignored(town.scene, town.ada, "Create", again)
    town.scene.clock.turn(timedelta(minutes=4))
    await tell_due(town.scene.here.context)

    assert reason == "voted-already"
    assert await figures(town.scene, uri) == {"Monday": 0, "Friday": 1}
    rows = await town.scene.fetch(
        "SELECT s.document FROM activities s JOIN posts p ON p.id = s.post_id "
        "WHERE p.uri = $1 AND s.type = 'Update' ORDER BY s.id DESC LIMIT 1",
        uri,
    )
    told = json.loads(rows[0][0])["object"]
    assert [each["replies"]["totalItems"] for each in told["oneOf"]] == [0, 1]


async def test_a_reply_without_a_poll_takes_no_votes(town):
    reply = await town.scene.facts(town.answer)
    ours = await composing.publish(
        town.scene.here.context,
        await town.scene.signed_in("amina"),
        Composed(draft=Draft(source="Just words."), parent_id=reply.id),
    )

    vote = ballot(town.scene, town.ada, ours.uri, "Friday")

    assert await ignored(town.scene, town.ada, "Create", vote) == "not-a-poll-here"


async def test_a_reply_with_too_few_choices_is_not_written(town):
    with pytest.raises(Invalid) as wrong:
        await _ours(town, "Monday")

    assert list(wrong.value.fields) == ["choices"]


async def test_nobody_asks_for_votes_under_what_they_cannot_read(town):
    with pytest.raises(NotFound):
        await composing.publish(
            town.scene.here.context,
            await town.scene.signed_in("bob"),
            Composed(
                draft=Draft(source="When?"),
                ballot=Ballot(options=("A", "B"), seconds=3600),
                parent_id=town.secret.id,
            ),
        )


async def test_where_lemmy_hosts_the_community_no_reply_asks_for_votes(town):
    scene = town.scene
    trip = await scene.facts(town.trip)
    async with scene.here.database.transaction("test") as tx:
        await agencies.remember_software(
            tx,
            scene.peer.authority("far"),
            software="lemmy",
            version="1.0",
            name="",
            now=scene.here.now(),
        )

    with pytest.raises(NotAllowed, match="no-polls-there"):
        await composing.publish(
            scene.here.context,
            await scene.signed_in("bob"),
            Composed(
                draft=Draft(source="When?"),
                ballot=Ballot(options=("A", "B"), seconds=3600),
                parent_id=trip.id,
            ),
        )


# Pages


async def test_a_reply_is_voted_in_on_the_page_of_its_thread(town):
    scene = town.scene
    uri = await _ours(town)
    facts = await scene.facts(uri)
    remark = await _ours(town, parent=facts.id)
    comment = await scene.facts(remark)
    bob, guest = scene.here.browser(), scene.here.browser()
    await bob.sign_in("bob")

    before = await bob.get(f"/p/{facts.root_id}")
    nothing = await bob.submit(f"/p/{facts.id}/vote", {})
    after = await bob.submit(f"/p/{facts.id}/vote", {"choice": "1"})
    deeper = await bob.submit(f"/p/{comment.id}/vote", {"choice": "0"})
    read = await guest.get(f"/p/{facts.root_id}")

    assert f'id="poll-{facts.id}"' in before.text
    assert f'id="poll-{comment.id}"' in before.text
    assert 'id="poll"' not in before.text
    assert nothing.status == 422
    assert f'id="choice-{facts.id}-error"' in nothing.text
    assert f'id="choice-{comment.id}-error"' not in nothing.text
    assert after.path.endswith(f"/p/{facts.root_id}")
    chosen = [page.text.count("You chose this") for page in (before, after, deeper)]
    assert chosen == [chosen[0], chosen[0] + 1, chosen[0] + 2]
    assert "Members vote, and then see how it stands." in read.text


async def test_a_search_for_polls_finds_a_reply_that_is_one(town):
    told = _theirs(town, content="<p>Which zeppelin?</p>")
    await done(town.scene, town.ada, "Create", told)
    bob = town.scene.here.browser()
    await bob.sign_in("bob")

    found = await bob.get("/search?q=zeppelin+is:poll")

    facts = await town.scene.facts(told["id"])
    assert f"#p{facts.id}" in found.text
