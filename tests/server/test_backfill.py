"""What is fetched of communities elsewhere: from whom, how much, and what is not believed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import AgencyState, Kind, Visibility
from server.services import backfill, discovery
from server.services.errors import Conflict, NotFound, Refusal
from server.storage import agencies, backfills, communities
from server.storage.embedded import Cluster
from server.workers.backfill import fill_due
from tests.door import Sender
from tests.hostile_peer import Reply, document
from tests.inbox_scene import Scene, done, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """`roads`, a community of far in which sten and ada wrote before bob of ours joined."""

    scene: Scene
    roads: Sender
    sten: Sender
    ada: Sender

    def publishes(self, *threads: dict[str, Any] | str, **more: object) -> None:
        """Let the community's outbox list these."""
        said = {"type": "OrderedCollection", "orderedItems": list(threads)}
        self.scene.peer.publishes(str(self.roads.document["outbox"]), **said, **more)

    async def joins(self) -> None:
        asked = await self.scene.join_elsewhere("bob", self.roads)
        await done(self.scene, self.roads, "Accept", asked)

    async def fills(self) -> None:
        """Fetch what is due, as the worker does."""
        while await fill_due(self.scene.here.context):
            pass

    async def uris(self) -> set[str]:
        return {row[0] for row in await self.scene.fetch("SELECT uri FROM posts")}

    async def fill(self, root: str) -> tuple[str, str]:
        """Give the state of a thread and the reason for it."""
        [row] = await self.scene.fetch(
            "SELECT state, reason FROM fills WHERE root_uri = $1", root
        )
        return row[0], row[1]


@pytest.fixture
async def past(cluster: Cluster) -> AsyncIterator[Past]:
    async with opened(cluster) as scene:
        await scene.here.member("bob")
        sten = scene.sender("far", "sten")
        group = scene.group("far", "roads", sten)
        told = group.document | {"outbox": f"{group.uri}/outbox"}
        scene.peer.publishes(group.uri, **told)
        yield Past(
            scene=scene,
            roads=replace(group, document=told),
            sten=sten,
            ada=scene.sender("health", "ada"),
        )


def wrapped(past: Past, post: dict[str, Any]) -> dict[str, Any]:
    """Show a post as Lemmy and PieFed list it."""
    create = {"id": f"{post['id']}/create", "type": "Create", "actor": post["attributedTo"]}
    announce = {"id": f"{post['id']}/announce", "type": "Announce", "actor": past.roads.uri}
    return announce | {"object": create | {"object": post}}


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


async def test_pages_are_walked_at_their_own_origin_and_never_twice(past: Past) -> None:
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


async def _gap(past: Past, uri: str) -> tuple[object, ...]:
    """Give what there is of a deleted post: its kind, parent, words, by whom it was deleted."""
    [row] = await past.scene.fetch(
        "SELECT p.kind, (SELECT r.uri FROM posts r WHERE r.id = p.parent_id), "
        "p.title || p.html || p.text || p.source, p.deleted_by, p.reason "
        "FROM posts p WHERE p.uri = $1",
        uri,
    )
    return tuple(row)


async def _lists(past: Past, root: dict[str, Any], *replies: dict[str, Any] | str) -> None:
    """Let a thread be listed, and fetch it."""
    listed = f"{root['id']}/replies"
    past.scene.peer.publishes(listed, type="OrderedCollection", orderedItems=list(replies))
    past.scene.peer.publishes(root["id"], **root, replies=listed)
    past.publishes(root["id"])
    await past.joins()
    await past.fills()


@pytest.mark.parametrize("status", [404, 410])
async def test_a_deleted_post_keeps_its_place_if_something_replies_to_it(
    past: Past, status: int
) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=answer["id"])
    alone = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    for each in (answer, alone):
        left = {"id": each["id"], "type": "Tombstone"}
        scene.peer.tells(each["id"], document(left, status=status))

    await _lists(past, question, answer["id"], below["id"], alone["id"])

    assert await past.uris() == {question["id"], answer["id"], below["id"]}
    gap = await _gap(past, answer["id"])
    assert gap == ("answer", question["id"], "", "author", "")
    below_facts = await scene.facts(below["id"])
    assert below_facts is not None
    assert (below_facts.parent_uri, below_facts.kind) == (answer["id"], Kind.COMMENT)
    [counted] = await scene.fetch(
        "SELECT answers, (SELECT sum(posts) FROM fills) FROM posts WHERE uri = $1",
        question["id"],
    )
    assert tuple(counted) == (0, 2)


async def test_a_deleted_post_that_nobody_lists_is_looked_for_where_it_was(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    comment = scene.post(past.ada, past.roads.uri, reply_to=answer["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=comment["id"])
    scene.withdraws(comment["id"])

    await _lists(past, question, below)

    # Of where the comment stood nobody says anything: it stands below the question.
    assert await past.uris() == {question["id"], comment["id"], below["id"]}
    assert (await _gap(past, comment["id"]))[1] == question["id"]


async def test_a_reply_that_nobody_lists_is_fetched_with_what_is_below_it(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=answer["id"])

    await _lists(past, question, below)

    assert await past.uris() == {question["id"], answer["id"], below["id"]}


async def test_a_thread_that_began_with_a_deleted_post_is_shown_below_its_place(
    past: Past,
) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    thread = f"{past.roads.uri}/t/1"
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"], context=thread)
    scene.withdraws(question["id"])
    left = {"id": question["id"], "type": "Tombstone", "postKind": "question", "summary": "Ad."}
    scene.peer.publishes(thread, type="OrderedCollection", orderedItems=[left, answer["id"]])
    past.publishes({"type": "Object", "id": question["id"], "context": thread, "digest": "a"})

    await past.joins()
    await past.fills()

    assert await _gap(past, question["id"]) == ("question", None, "", "moderator", "Ad.")
    facts = await scene.facts(answer["id"])
    assert facts is not None
    assert (facts.root_uri, facts.kind, facts.context) == (question["id"], Kind.ANSWER, thread)


async def test_what_a_community_removed_has_a_place_and_none_of_the_words(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    spam = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=spam["id"])
    left = {"id": spam["id"], "type": "Tombstone", "inReplyTo": question["id"]}
    listed = left | {"summary": "Spam.", "postKind": "comment"}

    await _lists(past, question, listed, below)

    gap = await _gap(past, spam["id"])
    assert gap == ("comment", question["id"], "", "moderator", "Spam.")
    # It may be given back.
    assert await scene.fetch("SELECT 1 FROM tombstones") == []


async def test_a_community_takes_no_place_of_what_was_not_written_to_it(past: Past) -> None:
    scene = past.scene
    other = scene.group("evil", "elsewhere")
    question = scene.post(past.sten, past.roads.uri)
    theirs = scene.post(past.ada, other.uri)
    lie = {"id": theirs["id"], "type": "Tombstone", "inReplyTo": question["id"]}
    below = scene.post(past.sten, past.roads.uri, reply_to=theirs["id"])

    await _lists(past, question, lie, below)

    assert await past.uris() == {question["id"]}


async def test_a_post_that_comes_after_all_takes_its_place(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"])
    below = scene.post(past.sten, past.roads.uri, reply_to=answer["id"])
    scene.peer.tells(answer["id"], document({}, status=404))
    await _lists(past, question, answer["id"], below["id"])
    assert (await _gap(past, answer["id"]))[3] == "author"

    scene.peer.publishes(answer["id"], **answer)
    create = scene.activity(past.ada, "Create", answer)
    await done(scene, past.roads, "Announce", create)

    assert await past.uris() == {question["id"], answer["id"], below["id"]}
    assert (await _gap(past, answer["id"]))[3] is None
    facts = await scene.facts(below["id"])
    assert facts is not None
    assert (facts.parent_uri, facts.root_uri) == (answer["id"], question["id"])


async def test_a_first_post_that_is_given_back_is_fetched_into_its_place(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    thread = f"{past.roads.uri}/t/1"
    answer = scene.post(past.ada, past.roads.uri, reply_to=question["id"], context=thread)
    below = scene.post(past.sten, past.roads.uri, reply_to=answer["id"], context=thread)
    left = {"id": question["id"], "type": "Tombstone", "summary": "A mistake."}
    listed = [left, answer["id"], below["id"]]
    scene.peer.publishes(thread, type="OrderedCollection", orderedItems=listed)
    past.publishes({"type": "Object", "id": question["id"], "context": thread, "digest": "a"})
    await past.joins()
    await past.fills()
    assert (await _gap(past, question["id"]))[0] == "discussion"

    whole = [question["id"], answer["id"], below["id"]]
    scene.peer.publishes(thread, type="OrderedCollection", orderedItems=whole)
    gap = await scene.facts(question["id"])
    assert gap is not None
    scene.clock.turn(backfill.FRESH + timedelta(seconds=1))
    await backfill.want_thread(scene.here.context, gap)
    await past.fills()

    assert await past.uris() == set(whole)
    for uri in whole:
        facts = await scene.facts(uri)
        assert facts is not None
        assert (facts.root_uri, facts.deleted_at) == (question["id"], None)


async def test_tombstones_that_reply_to_each_other_hang_nowhere(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    one, two = (f"{past.sten.uri}/posts/{name}" for name in ("one", "two"))
    below = scene.post(past.sten, past.roads.uri, reply_to=one)
    circle = [
        {"id": one, "type": "Tombstone", "inReplyTo": two},
        {"id": two, "type": "Tombstone", "inReplyTo": one},
        {"id": "no uri", "type": "Tombstone"},
    ]

    await _lists(past, question, *circle, below)

    assert await past.uris() == {question["id"]}
    assert await past.fill(question["id"]) == ("done", "")


_MARKS = "SELECT m.uri, p.uri FROM marks m JOIN posts p ON p.id = m.post_id ORDER BY m.uri"


async def _with_likes(past: Past, thread: str, *likes: object, at: str | None = None) -> None:
    """List what was given to the posts of a thread, and fetch it."""
    listed = at or f"{thread}/likes"
    question = past.scene.post(past.sten, past.roads.uri)
    past.scene.peer.publishes(
        thread, type="OrderedCollection", orderedItems=[question], likes=listed
    )
    said = [each(question["id"]) if callable(each) else each for each in likes]
    past.scene.peer.publishes(listed, type="OrderedCollection", orderedItems=said)
    past.publishes({"type": "Object", "id": question["id"], "context": thread, "digest": "a"})
    await past.joins()
    await past.fills()


async def test_what_was_given_before_is_believed_of_the_givers_own_server(past: Past) -> None:
    scene = past.scene
    nils, cleo = scene.sender("health", "nils"), scene.sender("far", "cleo")

    await _with_likes(
        past,
        f"{past.roads.uri}/t/1",
        # Of the community's own server; of another that says so; by its id alone.
        lambda post: scene.activity(cleo, "Like", post),
        lambda post: scene.published(past.ada, "Like", post),
        lambda post: scene.published(nils, "Like", post)["id"],
        # Of what its own server says nothing, and what is no Like of theirs.
        lambda post: scene.activity(scene.sender("parks", "lou"), "Like", post),
        lambda post: scene.published(cleo, "Announce", post),
        lambda post: scene.activity(cleo, "Like", post) | {"id": f"{past.ada.uri}/like"},
        lambda post: scene.activity(cleo, "Like", "https://elsewhere.example/p/1"),
        lambda post: {**scene.activity(past.ada, "Like", post), "proof": {"type": "None"}},
        lambda post: scene.activity(
            replace(cleo, uri=f"{scene.here.origin}/@bob"), "Like", post
        ),
        {"id": 7},
    )

    given = await scene.fetch(_MARKS)
    assert len(given) == 3
    assert {row[0].partition("/activities")[0] for row in given} == {
        past.ada.uri,
        nils.uri,
        cleo.uri,
    }
    assert await scene.fetch("SELECT helpful FROM posts") == [(3,)]
    assert await scene.fetch("SELECT 1 FROM notifications WHERE kind = 'helpful'") == []


async def test_what_is_known_to_be_given_or_taken_back_is_not_asked_for_again(
    past: Past,
) -> None:
    scene = past.scene
    thread, likes = f"{past.roads.uri}/t/1", []

    def kept(post: str) -> object:
        likes.append(scene.published(past.ada, "Like", post))
        return likes[0]

    await _with_likes(past, thread, kept)
    [(uri, _)] = await scene.fetch(_MARKS)
    await done(scene, past.roads, "Announce", scene.published(past.ada, "Undo", likes[0]))
    before = len(scene.asked("health"))
    [(root,)] = await scene.fetch("SELECT uri FROM posts")
    facts = await scene.facts(root)
    assert facts is not None

    scene.clock.turn(backfill.FRESH + timedelta(seconds=1))
    await backfill.want_thread(scene.here.context, facts)
    await past.fills()

    assert uri == likes[0]["id"]
    assert await scene.fetch(_MARKS) == []
    assert len(scene.asked("health")) == before


async def test_likes_are_asked_of_the_community_only_and_spoil_no_thread(past: Past) -> None:
    scene = past.scene
    trap = scene.peer.url("evil", "/likes")

    await _with_likes(past, f"{past.roads.uri}/t/1", at=trap)

    assert scene.asked("evil") == []
    assert len(await past.uris()) == 1


@pytest.mark.parametrize("reply", [Reply(status=503), document({}, status=403)])
async def test_likes_that_cannot_be_had_spoil_no_thread(past: Past, reply: Reply) -> None:
    scene = past.scene
    thread = f"{past.roads.uri}/t/1"
    question = scene.post(past.sten, past.roads.uri)
    scene.peer.publishes(
        thread, type="OrderedCollection", orderedItems=[question], likes=f"{thread}/likes"
    )
    scene.peer.tells(f"{thread}/likes", reply)
    past.publishes({"type": "Object", "id": question["id"], "context": thread, "digest": "a"})

    await past.joins()
    await past.fills()

    assert await past.uris() == {question["id"]}
    assert await past.fill(question["id"]) == ("done", "")
    assert scene.asked("far").count(f"{thread}/likes".removeprefix(scene.peer.url("far"))) == 1


async def test_a_page_that_was_read_is_read_again_only_when_it_has_changed(past: Past) -> None:
    scene = past.scene
    first, second = scene.post(past.sten, past.roads.uri), scene.post(past.sten, past.roads.uri)
    archive = f"{past.roads.uri}/archive"
    last = f"{archive}?after=2"
    for page, posts, following in ((archive, [first], last), (last, [second], None)):
        entries = [{"type": "Object", "id": each["id"], "digest": "a"} for each in posts]
        said: dict[str, Any] = {"id": page, "type": "OrderedCollectionPage"}
        said |= {"orderedItems": entries} | ({"next": following} if following else {})
        reply = document(said)
        tagged = replace(reply, headers=(*reply.headers, ("ETag", '"t"')))
        # Whatever is sent after that is a page that nobody changed.
        scene.peer.tells(page, tagged, Reply(status=304))
    past.publishes(archive=archive)
    await past.joins()
    await past.fills()
    assert await past.uris() == {first["id"], second["id"]}

    community = await discovery.find_or_fetch_actor(scene.here.context, past.roads.uri)
    async with scene.here.database.transaction("test") as tx:
        await backfills.forget(tx, community.id)
        known = await communities.get(tx, community.id)
        await backfill.want(tx, scene.here.context, known, whole=True)
    await past.fills()

    asked = [
        each.headers.get("if-none-match")
        for each in scene.peer.requests
        if "/archive" in each.target
    ]
    assert asked == [None, None, '"t"', '"t"']
    async with scene.here.database.reading() as tx:
        progress = await backfills.progress(tx, community.id)
    assert progress is not None
    assert (progress.threads, progress.waiting, progress.posts) == (2, 0, 2)
    assert progress.ended_at is not None


async def test_an_operator_has_a_past_fetched_again_and_what_was_refused_tried(
    past: Past,
) -> None:
    scene, context = past.scene, past.scene.here.context
    kept, lost = scene.post(past.sten, past.roads.uri), scene.post(past.sten, past.roads.uri)
    archive = f"{past.roads.uri}/archive"
    entries = [{"type": "Object", "id": each["id"], "digest": "a"} for each in (kept, lost)]
    scene.peer.publishes(archive, type="OrderedCollectionPage", orderedItems=entries)
    scene.peer.tells(lost["id"], document({}, status=403))
    past.publishes(archive=archive)
    await past.joins()
    await past.fills()
    assert await past.uris() == {kept["id"]}

    scene.peer.publishes(lost["id"], **lost)
    handle = await backfill.ask_again(context, past.roads.uri, whole=True)
    await past.fills()

    assert handle == f"roads@{scene.peer.authority('far')}"
    assert await past.uris() == {kept["id"], lost["id"]}
    async with scene.here.database.reading() as tx:
        [listed] = await backfills.fetching(tx)
    assert (listed.handle, listed.reason, listed.progress.refused) == (handle, "", 0)


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("{here}/c/plaza", Conflict, "community-is-ours"),
        ("{far}/@sten", NotFound, "community-not-found"),
        ("{far}/@nobody", NotFound, "community-not-found"),
        ("no address", NotFound, "community-not-found"),
        ("{far}/@mute", Conflict, "community-lists-nothing"),
    ],
)
async def test_what_has_no_past_to_fetch_is_refused_in_a_sentence(
    past: Past, text: str, kind: type[Refusal], reason: str
) -> None:
    scene = past.scene
    await scene.community((await scene.signed_in("bob")).member.actor, "plaza")
    scene.group("far", "mute", past.sten)
    asked = text.format(here=scene.here.origin, far=scene.peer.url("far"))

    with pytest.raises(kind) as refused:
        await backfill.ask_again(scene.here.context, asked, whole=False)

    assert refused.value.reason == reason
