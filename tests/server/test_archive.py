"""The archive of a community: every thread, oldest first, for those who may read it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from schemas.records import Community, Kind, PostFacts, Visibility
from schemas.wire import archive as wire
from server.services import changing, communities, contexts, kudos, posts, stewardship
from server.services.posts import Draft
from tests.hostile_peer import HostilePeer
from tests.reading_house import House, Stranger, TurnedClock, house, stranger


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Health hosts roads; lands is admitted there."""

    health: House
    lands: Stranger
    clock: TurnedClock
    roads: Community

    async def threads(self, number: int) -> list[PostFacts]:
        found = []
        for place in range(number):
            self.clock.turn(timedelta(minutes=1))
            found.append(await self.health.asks(self.roads, title=f"Question {place}"))
        return found

    async def copies(self, of: PostFacts, number: int) -> None:
        """Write a post many times more, each a minute after the one before."""
        kept = "author_id, community_id, visibility, title, clean_version, kind, received_at"
        place = "parent_id, root_id" if of.parent_id else "NULL::bigint, id + n"
        await self.health.sql(
            f"INSERT INTO posts (id, uri, published_at, active_at, parent_id, root_id, {kept}) "  # noqa: S608 -- columns named here
            f"SELECT id + n, uri || '/' || n, published_at + n * interval '1 minute', "
            f"active_at, {place}, {kept} FROM posts, generate_series(1, $2::bigint) n "
            "WHERE id = $1",
            of.id,
            number,
        )

    async def pages(self, **query: str) -> list[list[dict[str, str]]]:
        """Walk the archive as another agency does."""
        asked = f"?{urlencode(query)}" if query else ""
        head = (await self.health.get(f"/c/roads/archive{asked}", self.lands)).json
        following: str | None = head["first"]
        found = []
        while following is not None:
            page = (await self.health.get(following, self.lands)).json
            assert (page["id"], page["partOf"]) == (following, head["id"])
            found.append(page["orderedItems"])
            following = page.get("next")
        return found


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with HostilePeer() as peer, house(database_url, "health", clock=clock) as health:
        lands = await stranger(peer, "lands", health.context)
        await health.decides(lands.host)
        roads = await health.community("roads")
        yield Scene(health=health, lands=lands, clock=clock, roads=roads)


async def test_the_outbox_says_where_the_archive_is(scene: Scene) -> None:
    outbox = (await scene.health.get("/c/roads/outbox", scene.lands)).json

    assert outbox["archive"] == f"{scene.roads.uri}/archive"


async def test_every_thread_is_listed_once_oldest_first(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    await scene.copies(asked, 2 * wire.PAGE + 4)

    pages = await scene.pages()

    assert [len(page) for page in pages] == [wire.PAGE, wire.PAGE, 5]
    listed = [entry["id"] for page in pages for entry in page]
    copies = [f"{asked.uri}/{number}" for number in range(1, 2 * wire.PAGE + 5)]
    assert listed == [asked.uri, *copies]
    assert pages[0][0]["context"] == asked.context


async def test_what_happens_in_a_thread_changes_its_digest_and_no_other(scene: Scene) -> None:
    first, second = await scene.threads(2)
    [before] = await scene.pages()
    scene.clock.turn(timedelta(hours=1))
    since = scene.clock.now()
    await scene.health.answers(first)

    [after] = await scene.pages()
    changed = await scene.pages(since=since.isoformat())

    assert before[0]["digest"] != after[0]["digest"]
    assert before[1] == after[1]
    assert [[entry["id"] for entry in page] for page in changed] == [[first.uri]]
    assert second.uri == after[1]["id"]


async def test_a_deleted_thread_is_listed_no_more(scene: Scene) -> None:
    first, second = await scene.threads(2)
    member = await scene.health.member("mona")
    await changing.withdraw(scene.health.context, member, first.id)

    [page] = await scene.pages()

    assert [entry["id"] for entry in page] == [second.uri]


async def test_a_members_only_archive_is_for_agencies_with_people_there(scene: Scene) -> None:
    cabinet = await scene.health.community("cabinet", visibility=Visibility.MEMBERS)
    asked = await scene.health.asks(cabinet)
    first = f"{cabinet.uri}/archive?after=0-0"

    outside = await scene.health.get(first, scene.lands)
    nobody = await scene.health.get(f"{scene.roads.uri}x/archive?after=0-0", scene.lands)
    await scene.health.lets_in(scene.lands, cabinet)
    inside = await scene.health.get(first, scene.lands)

    assert outside.told == nobody.told
    assert outside.status == 404
    assert [entry["id"] for entry in inside.json["orderedItems"]] == [asked.uri]


@pytest.mark.parametrize(
    "query",
    [
        "after=",
        "after=x",
        "after=1",
        "after=1-99999999999999999999",
        "after=0-0&since=yesterday",
        "after=0-0&since=2026-03-02",
        "after=0-0&since=0001-01-01T00:00:00%2B23:59",
        "since=x",
    ],
)
async def test_a_page_that_cannot_be_is_refused_with_a_reason(scene: Scene, query: str) -> None:
    reply = await scene.health.get(f"/c/roads/archive?{query}", scene.lands)

    assert reply.status == 400
    assert reply.json["error"] in {"archive-cursor", "archive-since"}


async def test_a_thread_is_listed_with_the_words_of_our_own_members(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    answer = await scene.health.answers(asked)
    locked = await scene.health.member("mona")
    await stewardship.lock(scene.health.context, locked, asked.id, locked=True)

    thread = (await scene.health.get(str(asked.context), scene.lands)).json

    assert [entry["id"] for entry in thread["orderedItems"]] == [asked.uri, answer.uri]
    root, reply = thread["orderedItems"]
    assert (root["type"], root["locked"]) == ("Article", True)
    assert (reply["type"], reply["inReplyTo"]) == ("Note", asked.uri)


async def test_a_long_thread_is_listed_by_ids(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    answer = await scene.health.answers(asked)
    await scene.copies(answer, contexts.MOST_EMBEDDED)

    thread = (await scene.health.get(str(asked.context), scene.lands)).json

    copies = [f"{answer.uri}/{number}" for number in range(1, contexts.MOST_EMBEDDED + 1)]
    assert thread["orderedItems"] == [asked.uri, answer.uri, *copies]


async def test_an_answer_from_elsewhere_is_listed_by_its_id(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    person = await scene.health.lets_in(scene.lands, scene.roads)
    draft = Draft(source="Of *ours*.")
    member = await scene.health.member("mona")
    ours = await posts.publish_reply(
        scene.health.context, member, asked.id, asked.kind.ANSWER, draft
    )
    await scene.health.sql("UPDATE posts SET author_id = $1 WHERE id = $2", person.id, ours.id)

    thread = (await scene.health.get(str(asked.context), scene.lands)).json

    assert thread["orderedItems"][1] == ours.uri


async def test_a_deleted_post_is_listed_where_something_replies_to_it(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    health, mona = scene.health, await scene.health.member("mona")
    answer, removed, alone = [await health.answers(asked) for _ in range(3)]
    comments = [
        await posts.publish_reply(
            health.context, mona, each.id, Kind.COMMENT, Draft(source="And?")
        )
        for each in (answer, removed)
    ]
    await changing.withdraw(health.context, mona, answer.id)
    await changing.withdraw(health.context, mona, alone.id)
    await stewardship.remove(health.context, mona, removed.id, "Off topic.")

    thread = (await health.get(str(asked.context), scene.lands)).json

    listed = {entry["id"]: entry for entry in thread["orderedItems"]}
    assert list(listed) == [asked.uri, answer.uri, removed.uri, *(c.uri for c in comments)]
    place = {"type": "Tombstone", "inReplyTo": asked.uri, "postKind": "answer"}
    assert place.items() <= listed[answer.uri].items()
    assert "summary" not in listed[answer.uri]
    assert place | {"summary": "Off topic."} == {
        key: listed[removed.uri][key] for key in (*place, "summary")
    }
    # What it said, and who said it, is gone.
    told = {"id", "type", "formerType", "published", "deleted", "inReplyTo", "postKind"}
    assert listed[answer.uri].keys() == told


async def test_a_deleted_thread_is_listed_as_long_as_something_in_it_lives(
    scene: Scene,
) -> None:
    [asked] = await scene.threads(1)
    answer = await scene.health.answers(asked)
    mona = await scene.health.member("mona")

    await changing.withdraw(scene.health.context, mona, asked.id)

    assert [[entry["id"] for entry in page] for page in await scene.pages()] == [[asked.uri]]
    thread = (await scene.health.get(str(asked.context), scene.lands)).json
    root, reply = thread["orderedItems"]
    assert (root["type"], root["postKind"]) == ("Tombstone", "question")
    assert "inReplyTo" not in root
    assert reply["id"] == answer.uri

    await changing.withdraw(scene.health.context, mona, answer.id)
    assert await scene.pages() == [[]]


async def test_who_thanked_whom_is_told_where_it_was_told_as_it_happened(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    health, mona = scene.health, await scene.health.member("mona")
    answer = await health.answers(asked)
    nora = await health.member("nora")
    await communities.join(health.context, nora, scene.roads.id)
    nora = await health.member("nora")
    await kudos.give_kudos(health.context, nora, answer.id, "saved-time", "A *day*.")
    uri = f"{asked.context}/likes"

    stranger = await health.get(uri, scene.lands)
    without = (await health.get(str(asked.context), scene.lands)).json
    await health.lets_in(scene.lands, scene.roads)
    thread = (await health.get(str(asked.context), scene.lands)).json
    likes = (await health.get(uri, scene.lands)).json

    assert (stranger.status, "likes" in without) == (404, False)
    assert thread["likes"] == uri
    [like] = likes["orderedItems"]
    assert (like["type"], like["object"]) == ("Like", answer.uri)
    assert like["actor"] == nora.member.actor.uri
    assert like["kudosFor"]["category"] == "saved-time"
    assert like["proof"]["verificationMethod"].startswith(nora.member.actor.uri)
    await changing.withdraw(health.context, mona, answer.id)
    assert (await health.get(uri, scene.lands)).json["orderedItems"] == []


async def test_a_page_is_sent_again_only_when_it_has_changed(scene: Scene) -> None:
    [asked] = await scene.threads(1)
    for path in ("/c/roads/archive", "/c/roads/archive?after=0-0"):
        first = await scene.health.get(path, scene.lands)
        tag = {"If-None-Match": first.headers["ETag"]}
        again = await scene.health.get(path, scene.lands, **tag)

        assert (first.status, again.status, again.body) == (200, 304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == "private, no-cache"

    await scene.health.answers(asked)
    changed = await scene.health.get(path, scene.lands, **tag)

    assert changed.status == 200
    assert changed.json["orderedItems"] != first.json["orderedItems"]
