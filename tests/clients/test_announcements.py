"""Announcements for clients: listed, dismissed, answered, told at once (client-api.md 4, 8)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest

from schemas.records import Role
from server.services import announcing
from server.services.announcing import AnnouncementDraft
from server.storage import endings
from server.storage.embedded import Cluster
from server.workers import announcements as worker
from tests.clients.demands import complaints
from tests.clients.programs import Program, Reply, program_of
from tests.clients.test_streaming import listening, told
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

HOUR: Final = timedelta(hours=1)
PATH: Final = "/api/v1/announcements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    here: Instance
    clock: TurnedClock
    ben: Program
    chloe: Program

    async def announces(self, text: str, *, starts: int = 0, ends: int = 0) -> int:
        """Publish something that is there from and until so many hours ahead, or always."""
        self.clock.turn(life.MINUTE)
        now, context = self.clock.now(), self.here.context
        draft = AnnouncementDraft(
            source=text,
            starts_at=now + starts * HOUR if starts else None,
            ends_at=now + ends * HOUR if ends else None,
        )
        number = await announcing.write(context, draft)
        await announcing.publish(context, await life.signed_in(context, "mo"), number)
        return number

    async def contents(self, program: Program, **query: str) -> list[str]:
        return [each["content"].strip() for each in await program.get(PATH, **query)]


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "crier", clock=clock, work=False) as here:
        await here.member("mo", Role.MODERATOR)
        for name in ("ben", "chloe"):
            await here.member(name)
        yield Scene(
            here=here,
            clock=clock,
            ben=await program_of(here, "ben"),
            chloe=await program_of(here, "chloe"),
        )


@pytest.fixture(autouse=True)
async def alone(scene: Scene) -> None:
    scene.clock.turn(HOUR)
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM announcements")


def _said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["error"]


async def test_what_is_announced_is_listed_with_all_that_clients_decode(scene: Scene) -> None:
    number = await scene.announces("*Water* is off on Monday. Ask @ben. #water", ends=48)
    await scene.chloe.ask("PUT", f"{PATH}/{number}/reactions/👍")

    [shown] = await scene.ben.get(PATH)

    assert list(complaints("Announcement", shown)) == []
    assert shown["id"] == str(number)
    assert "<em>Water</em>" in shown["content"]
    assert [each["acct"] for each in shown["mentions"]] == ["ben"]
    assert [each["name"] for each in shown["tags"]] == ["water"]
    assert shown["reactions"] == [
        {"name": "👍", "count": 1, "me": False, "url": None, "static_url": None}
    ]
    assert (shown["read"], shown["all_day"], shown["starts_at"]) == (False, False, None)


async def test_a_draft_is_shown_to_nobody_and_what_is_withdrawn_no_longer(scene: Scene) -> None:
    context = scene.here.context
    await announcing.write(context, AnnouncementDraft(source="Not yet"))
    number = await scene.announces("Now")
    published = await scene.contents(scene.ben)
    await announcing.withdraw(context, await life.signed_in(context, "mo"), number)

    assert published == ["<p>Now</p>"]
    assert await scene.contents(scene.ben) == []
    assert (await scene.ben.ask("POST", f"{PATH}/{number}/dismiss")).status == 404


async def test_it_is_there_from_its_start_until_its_end(scene: Scene) -> None:
    await scene.announces("For two hours", starts=1, ends=3)
    seen = []
    for _ in range(4):
        seen.append(await scene.contents(scene.ben))
        scene.clock.turn(HOUR)

    assert seen == [[], ["<p>For two hours</p>"], ["<p>For two hours</p>"], []]


async def test_what_is_dismissed_is_listed_only_for_who_asks_for_it(scene: Scene) -> None:
    number = await scene.announces("First")
    await scene.announces("Second")

    reply = await scene.ben.ask("POST", f"{PATH}/{number}/dismiss")
    again = await scene.ben.ask("POST", f"{PATH}/{number}/dismiss")
    everything = await scene.ben.get(PATH, with_dismissed="true")

    assert (reply.status, reply.json, again.status) == (200, {}, 200)
    assert await scene.contents(scene.ben) == ["<p>Second</p>"]
    assert [each["read"] for each in everything] == [True, False]
    assert await scene.contents(scene.chloe) == ["<p>First</p>", "<p>Second</p>"]


async def test_an_emoji_counts_once_for_a_member_and_is_taken_back(scene: Scene) -> None:
    path = f"{PATH}/{await scene.announces('Cake')}/reactions/🎂"

    replies = [await scene.ben.ask("PUT", path) for _ in range(2)]
    await scene.chloe.ask("PUT", path)
    both = (await scene.ben.get(PATH))[0]["reactions"]
    taken = await scene.ben.ask("DELETE", path)
    left = (await scene.ben.get(PATH))[0]["reactions"]
    twice = await scene.ben.ask("DELETE", path)

    assert [(each.status, each.json) for each in (*replies, taken)] == [(200, {})] * 3
    assert [(each["name"], each["count"], each["me"]) for each in both] == [("🎂", 2, True)]
    assert [(each["name"], each["count"], each["me"]) for each in left] == [("🎂", 1, False)]
    assert _said(twice) == (404, "Record not found")


@pytest.mark.parametrize("name", ["word", "🎂🎂", ":blob:", "%20", "x" * 400])
async def test_what_is_no_single_emoji_is_refused(scene: Scene, name: str) -> None:
    number = await scene.announces("Cake")

    reply = await scene.ben.ask("PUT", f"{PATH}/{number}/reactions/{name}")

    assert _said(reply) == (422, "Validation failed: Name is not a recognized emoji")


async def test_there_are_eight_kinds_at_most_and_more_of_each(scene: Scene) -> None:
    path = f"{PATH}/{await scene.announces('Choose')}/reactions"
    for name in "🍎🍐🍊🍋🍌🍉🍇🍓":
        scene.clock.turn(life.MINUTE)
        assert (await scene.ben.ask("PUT", f"{path}/{name}")).status == 200

    ninth = await scene.chloe.ask("PUT", f"{path}/🥝")
    same = await scene.chloe.ask("PUT", f"{path}/🍎")

    assert _said(ninth) == (422, "Validation failed: Limit of different reactions reached")
    assert same.status == 200
    [shown] = await scene.ben.get(PATH)
    assert [each["count"] for each in shown["reactions"]] == [2, 1, 1, 1, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("method", "rest"),
    [("POST", "dismiss"), ("PUT", "reactions/👍"), ("DELETE", "reactions/👍")],
)
async def test_what_is_not_there_reads_like_what_is_no_longer_there(
    scene: Scene, method: str, rest: str
) -> None:
    number = await scene.announces("Over soon", ends=1)
    scene.clock.turn(HOUR)

    over = await scene.ben.ask(method, f"{PATH}/{number}/{rest}")
    never = await scene.ben.ask(method, f"{PATH}/12/{rest}")

    assert (over.status, over.body) == (never.status, never.body) == (404, over.body)


async def test_listeners_are_told_of_all_of_it(scene: Scene) -> None:
    async with listening(scene.ben, "user") as socket:
        number = await scene.announces("Hear, hear", ends=2)
        events = [await told(socket)]
        await scene.chloe.ask("PUT", f"{PATH}/{number}/reactions/👍")
        events.append(await told(socket))
        await scene.chloe.ask("DELETE", f"{PATH}/{number}/reactions/👍")
        events.append(await told(socket))
        scene.clock.turn(2 * HOUR)
        await worker.tell_due(scene.here.context)
        events.append(await told(socket))

    names = ["announcement", *["announcement.reaction"] * 2, "announcement.delete"]
    assert [each["event"] for each in events] == names
    assert {tuple(each["stream"]) for each in events} == {("user",)}
    assert list(complaints("Announcement", events[0]["payload"])) == []
    reaction = {"name": "👍", "announcement_id": str(number)}
    assert events[1]["payload"] == reaction | {"count": 1}
    assert events[2]["payload"] == reaction | {"count": 0}
    assert events[3]["payload"] == str(number)


async def test_listeners_are_told_at_its_start_and_of_what_is_changed(scene: Scene) -> None:
    context = scene.here.context
    async with listening(scene.ben, "user") as socket:
        number = await scene.announces("Later", starts=1)
        await worker.tell_due(context)
        scene.clock.turn(HOUR)
        await worker.tell_due(context)
        await worker.tell_due(context)
        started = await told(socket)
        mo = await life.signed_in(context, "mo")
        await announcing.change(context, mo, number, AnnouncementDraft(source="Now"))
        changed = await told(socket)
        await announcing.remove(context, mo, number)
        removed = await told(socket)

    assert "Later" in started["payload"]["content"]
    assert "Now" in changed["payload"]["content"]
    assert changed["event"] == "announcement"
    assert (removed["event"], removed["payload"]) == ("announcement.delete", str(number))


async def test_who_listens_to_something_else_is_told_nothing_of_it(scene: Scene) -> None:
    async with listening(scene.chloe, "public") as other, listening(scene.ben, "user") as one:
        await scene.announces("For the home page")
        await told(one)
        # Were there anything, it would come before the answer to this.
        await other.send_json({"type": "subscribe", "stream": "nothing"})

        assert await told(other) == {"error": "Unknown stream type", "status": 400}


async def test_a_list_costs_the_same_however_long_it_is(scene: Scene) -> None:
    async def cost() -> int:
        return await counted(scene.here, lambda: scene.ben.get(PATH))

    await scene.announces("One for @chloe")
    before = await cost()
    for number in range(4):
        made = await scene.announces(f"Number {number} for @ben")
        await scene.ben.ask("PUT", f"{PATH}/{made}/reactions/👍")

    assert await cost() == before


async def test_guests_are_told_nothing(scene: Scene) -> None:
    nobody = await program_of(scene.here, None)

    reply = await nobody.ask("GET", PATH)

    assert reply.status in {401, 422}


async def test_what_a_member_said_to_it_goes_with_their_account(scene: Scene) -> None:
    number = await scene.announces("Bye")
    await scene.ben.ask("POST", f"{PATH}/{number}/dismiss")
    await scene.ben.ask("PUT", f"{PATH}/{number}/reactions/👍")
    ben = await life.signed_in(scene.here.context, "ben")

    async with scene.here.database.transaction("test") as tx:
        await endings.forget_what_was_theirs(tx, ben.member.id)

    assert (await scene.chloe.get(PATH))[0]["reactions"] == []
    assert await scene.contents(scene.ben) == ["<p>Bye</p>"]


async def test_every_act_of_moderators_is_in_the_log(scene: Scene) -> None:
    context = scene.here.context
    mo = await life.signed_in(context, "mo")
    number = await scene.announces("Logged")
    await announcing.publish(context, mo, number)
    await announcing.change(context, mo, number, AnnouncementDraft(source="Changed"))
    await announcing.withdraw(context, mo, number)
    await announcing.withdraw(context, mo, number)
    await announcing.change(context, mo, number, AnnouncementDraft(source="A draft again"))
    await announcing.remove(context, mo, number)

    acts: list[tuple[Any, ...]] = await life.rows(
        scene.here,
        "SELECT act, actor FROM audit_events WHERE object LIKE '%' || $1 ORDER BY id",
        f"/announcements/{number}",
    )
    assert [act for act, _ in acts] == [
        "publish-announcement",
        "change-announcement",
        "withdraw-announcement",
        "remove-announcement",
    ]
    assert {actor for _, actor in acts} == {mo.member.actor.uri}
