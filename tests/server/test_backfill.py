"""What is fetched of communities elsewhere: from whom, how much, and what is not believed."""

from datetime import timedelta

import pytest

from schemas.records import AgencyState, Kind, Visibility
from server.services import backfill, discovery
from server.storage import agencies, backfills, communities
from tests.hostile_peer import Reply, document
from tests.past_scene import Past, past, wrapped

__all__ = ["past"]


async def test_a_community_that_lists_activities_comes_with_its_replies(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    answer = scene.post(past.sten, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.ada, past.roads.uri, reply_to=answer["id"])
    question["replies"] = f"{question['id']}/replies"
    answer["replies"] = f"{answer['id']}/replies"
    scene.peer.publishes(question["replies"], type="OrderedCollection", orderedItems=[answer])
    scene.peer.publishes(answer["replies"], type="Collection", items=[below["id"]])
    for post in (question, answer):
        scene.peer.publishes(post["id"], **post)
    past.publishes(wrapped(past, question))

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"], answer["id"], below["id"]}
    facts = await scene.facts(below["id"])
    assert facts is not None
    assert (facts.kind, facts.parent_uri) == (Kind.COMMENT, answer["id"])


async def test_a_reply_whose_own_replies_cannot_be_read_spoils_no_thread(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    spoilt = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    answer = scene.post(past.sten, past.roads.uri, reply_to=question["id"])
    question["replies"] = f"{question['id']}/replies"
    spoilt["replies"] = {"orderedItems": [answer["id"]]}
    scene.peer.publishes(
        question["replies"], type="Collection", items=[spoilt["id"], answer["id"]]
    )
    for post in (question, spoilt, answer):
        scene.peer.publishes(post["id"], **post)
    past.publishes(wrapped(past, question))

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"], spoilt["id"], answer["id"]}


async def test_a_silent_server_of_a_reply_does_not_hold_up_the_rest(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    reply = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    other = scene.post(past.sten, past.roads.uri)
    question["replies"] = {"type": "Collection", "items": [reply["id"]]}
    reply["replies"] = f"{reply['id']}/replies"
    scene.peer.tells(reply["replies"], Reply(status=503))
    for post in (question, reply, other):
        scene.peer.publishes(post["id"], **post)
    past.publishes(wrapped(past, question), wrapped(past, other))

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"], reply["id"], other["id"]}
    assert (await past.fill(question["id"]))[1] == "not-whole"
    assert await past.fill(other["id"]) == ("done", "")


async def test_what_one_server_shows_of_another_is_asked_of_the_other(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.ada, past.roads.uri)
    forged = question | {"content": "<p>Never written.</p>"}
    past.publishes(wrapped(past, forged))

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"]}
    assert "Never written" not in await scene.words(question["id"])
    assert scene.asked("health").count(question["id"].removeprefix(scene.peer.url("health")))


async def test_a_thread_of_another_community_is_not_taken_for_one_of_this(past: Past) -> None:
    other = past.scene.post(past.sten, past.scene.group("far", "harbours").uri)
    past.publishes(wrapped(past, other))

    await past.joins()
    await past.fills()

    assert await past.uris() == set()


async def test_a_list_of_the_thread_is_asked_only_where_the_thread_is(past: Past) -> None:
    scene = past.scene
    trap = scene.peer.url("evil", "/context")
    question = scene.post(past.sten, past.roads.uri, context=trap)
    past.publishes(wrapped(past, question), archive=scene.peer.url("evil", "/archive"))

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"]}
    assert scene.asked("evil") == []


async def test_a_post_of_ours_is_never_taken_from_elsewhere(past: Past) -> None:
    ours = f"{past.scene.here.origin}/p/1"
    forged = past.scene.post(past.sten, past.roads.uri) | {"id": ours}
    past.publishes(wrapped(past, forged), ours)

    await past.joins()
    await past.fills()

    assert await past.uris() == set()


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (document({"type": "Tombstone"}, status=410), "refused", "gone-at-origin"),
        (document({}, status=403), "refused", "refused-at-origin"),
        (document([], content_type="text/html"), "refused", "media-type"),
    ],
)
async def test_a_thread_that_is_not_to_be_had_is_noted_with_its_reason(
    past: Past, reply: Reply, state: str, reason: str
) -> None:
    question = past.scene.post(past.sten, past.roads.uri)
    past.scene.peer.tells(question["id"], reply)
    past.publishes(question["id"])

    await past.joins()
    await past.fills()

    assert await past.fill(question["id"]) == (state, reason)
    assert await past.uris() == set()


async def test_an_origin_that_asks_for_patience_is_left_alone_until_then(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    busy = Reply(status=429, headers=(("Retry-After", "900"),))
    scene.peer.tells(question["id"], busy)
    past.publishes(question["id"])
    await past.joins()
    await past.fills()
    asked = len(scene.asked("far"))

    scene.clock.turn(timedelta(seconds=890))
    await past.fills()
    before = len(scene.asked("far"))
    scene.peer.publishes(question["id"], **question)
    scene.clock.turn(timedelta(seconds=20))
    await past.fills()

    assert before == asked
    assert await past.uris() == {question["id"]}
    assert await past.fill(question["id"]) == ("done", "")


async def test_a_thread_whose_origin_never_answers_is_given_up_after_some_time(
    past: Past,
) -> None:
    question = past.scene.post(past.sten, past.roads.uri)
    past.scene.peer.tells(question["id"], Reply(status=503))
    past.publishes(question["id"])

    await past.joins()
    for _ in range(10):
        await past.fills()
        past.scene.clock.turn(timedelta(hours=5))

    assert await past.fill(question["id"]) == ("refused", "failing-at-origin")


async def test_an_outbox_that_cannot_be_read_ends_the_listing_with_its_reason(
    past: Past,
) -> None:
    past.scene.peer.tells(str(past.roads.document["outbox"]), document({}, status=403))

    await past.joins()
    await past.fills()

    [row] = await past.scene.fetch("SELECT state, reason FROM backfills")
    assert row == ("refused", "refused-at-origin")


async def test_dos_02_pages_are_walked_at_their_own_origin_and_never_twice(past: Past) -> None:
    scene = past.scene
    questions = [scene.post(past.sten, past.roads.uri) for _ in range(3)]
    outbox = str(past.roads.document["outbox"])
    pages = [f"{outbox}?page={number}" for number in range(3)]
    scene.peer.publishes(outbox, type="OrderedCollection", first=pages[0])
    following = [pages[1], pages[2], pages[0]]
    for page, question, behind in zip(pages, questions, following, strict=True):
        said = {"type": "OrderedCollectionPage", "orderedItems": [wrapped(past, question)]}
        scene.peer.publishes(page, **said, next=behind)

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"] for question in questions}
    asked = [target for target in scene.asked("far") if "page=" in target]
    assert len(asked) == len(set(asked))


async def test_whoever_opens_a_thread_has_its_gaps_filled_afterwards(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    past.publishes(question["id"])
    await past.joins()
    await past.fills()
    answer = scene.post(past.sten, past.roads.uri, reply_to=question["id"])
    listed = f"{question['id']}/replies"
    scene.peer.publishes(listed, type="OrderedCollection", orderedItems=[answer])
    scene.peer.publishes(question["id"], **question, replies=listed)
    facts = await scene.facts(question["id"])
    assert facts is not None

    scene.clock.turn(timedelta(minutes=20))
    before = len(scene.peer.requests)
    await backfill.want_thread(scene.here.context, facts)
    for_nobody = len(scene.peer.requests)
    await past.fills()
    once = len(scene.peer.requests)
    await backfill.want_thread(scene.here.context, facts)
    await past.fills()

    assert for_nobody == before
    assert answer["id"] in await past.uris()
    assert len(scene.peer.requests) == once


async def test_an_edit_that_nobody_told_us_of_takes_all_of_it_along(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    past.publishes(question["id"])
    await past.joins()
    await past.fills()
    before = await scene.facts(question["id"])
    assert before is not None

    scene.clock.turn(timedelta(minutes=20))
    original = f"{past.roads.uri}/first"
    edited = {"to": [past.roads.uri], "duplicateOf": original}
    now = scene.clock.now().isoformat()
    scene.peer.publishes(question["id"], **question | edited, updated=now)
    await backfill.want_thread(scene.here.context, before)
    await past.fills()

    [row] = await scene.fetch(
        "SELECT visibility, duplicate_of FROM posts WHERE uri = $1", question["id"]
    )
    assert before.visibility is Visibility.PUBLIC
    assert tuple(row) == ("members", original)


async def test_an_author_of_a_blocked_agency_is_left_out_with_what_replies_to_them(
    past: Past,
) -> None:
    scene = past.scene
    mallory = scene.sender("shut", "mallory")
    async with scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            scene.peer.authority("shut"),
            AgencyState.BLOCKED,
            by=None,
            reason="",
            now=scene.here.now(),
        )
    question = scene.post(past.sten, past.roads.uri)
    theirs = scene.post(mallory, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=theirs["id"])
    listed = f"{question['id']}/replies"
    scene.peer.publishes(
        listed, type="OrderedCollection", orderedItems=[theirs["id"], below["id"]]
    )
    scene.peer.publishes(question["id"], **question, replies=listed)
    past.publishes(question["id"])

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"]}
    assert scene.asked("shut") == []


async def test_what_was_fetched_once_is_not_fetched_again_for_whoever_joins_next(
    past: Past,
) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    entry = {"type": "Object", "id": question["id"], "digest": "abc"}
    archive = f"{past.roads.uri}/archive"
    scene.peer.publishes(archive, type="OrderedCollectionPage", orderedItems=[entry])
    past.publishes(archive=archive)
    await past.joins()
    await past.fills()
    community = await discovery.find_or_fetch_actor(scene.here.context, past.roads.uri)
    before = len([each for each in scene.asked("far") if "/posts/" in each])

    async with scene.here.database.transaction("test") as tx:
        known = await communities.get(tx, community.id)
        await backfill.want(tx, scene.here.context, known, whole=True)
    since = f"{archive}?since=2026-03-02T09%3A00%3A00Z"
    scene.peer.publishes(since, type="OrderedCollectionPage", orderedItems=[entry])
    await past.fills()

    assert len([each for each in scene.asked("far") if "/posts/" in each]) == before
    async with scene.here.database.reading() as tx:
        progress = await backfills.progress(tx, community.id)
    assert progress is not None
    assert (progress.waiting, progress.posts) == (0, 1)
