"""Posts for later: taken in, listed, moved, cancelled, published when due (client-api.md 6)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import pytest

from schemas.records import Role, Visibility
from server.handlers.mastodon.writing import composed_again
from server.services import communities, ending, own_tables, posts, scheduling
from server.storage import once, scheduled
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from server.workers import housekeeping
from server.workers import scheduled as worker
from tests import files
from tests.clients.demands import complaints
from tests.clients.programs import Program, Reply, program_of
from tests.counting import counted
from tests.instance import PASSWORD, Instance, TurnedClock, running
from tests.stories import life

HOUR: Final = timedelta(hours=1)
PATH: Final = "/api/v1/scheduled_statuses"
KEYS: Final = {
    "text", "poll", "media_ids", "sensitive", "spoiler_text", "visibility", "language",
    "scheduled_at", "in_reply_to_id", "quoted_status_id", "quote_approval_policy",
    "idempotency", "application_id", "with_rate_limit",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    here: Instance
    clock: TurnedClock
    plaza: int
    amina: Program
    ben: Program

    def ahead(self, **by: float) -> str:
        return (self.clock.now() + timedelta(**by)).isoformat()

    async def later(self, status: str = "@plaza Later\nWords", **given: Any) -> dict[str, Any]:
        given.setdefault("scheduled_at", self.ahead(hours=1))
        made = await self.ben.post("/api/v1/statuses", status=status, **given)
        assert isinstance(made, dict)
        return made

    async def comes_due(self, by: timedelta = HOUR) -> None:
        self.clock.turn(by)
        await worker.publish_due(self.here.context, composed_again)

    async def signed_in(self, name: str) -> SignedIn:
        return await life.signed_in(self.here.context, name)

    async def count(self, title: str) -> int:
        found = await life.value(
            self.here, "SELECT count(*) FROM posts WHERE title = $1", title
        )
        assert isinstance(found, int)
        return found


@pytest.fixture(scope="module")
async def scene(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    folder = tmp_path_factory.mktemp("media")
    async with running(cluster, "later", clock=clock, work=False, media=folder) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        ben = await life.signed_in(here.context, "ben")
        await communities.join(here.context, ben, plaza.id)
        yield Scene(
            here=here,
            clock=clock,
            plaza=plaza.id,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
        )


@pytest.fixture(autouse=True)
async def alone(scene: Scene) -> None:
    """Nothing is left of other tests, and the windows of their limits have passed."""
    scene.clock.turn(HOUR)
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM scheduled_posts")
        await tx.execute("DELETE FROM notifications")


def _said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.json["error"]


async def _bring(program: Program, content: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("file", content, filename="a.bin")
    reply = await program.ask("POST", "/api/v2/media", data=form)
    assert reply.status == 200, reply.body
    return str(reply.json["id"])


async def test_what_is_for_later_waits_and_is_published_when_it_is_due(scene: Scene) -> None:
    at = scene.ahead(hours=1)
    made = await scene.later("@plaza Tea at four\nBring cups #tea", scheduled_at=at)
    before = await scene.count("Tea at four")

    await scene.comes_due(timedelta(minutes=59))
    waiting = await scene.count("Tea at four")
    await scene.comes_due(timedelta(minutes=1))

    assert list(complaints("ScheduledStatus", made)) == []
    assert set(made["params"]) == KEYS
    assert datetime.fromisoformat(made["scheduled_at"]) == datetime.fromisoformat(at)
    assert (before, waiting, await scene.count("Tea at four")) == (0, 0, 1)
    published = await life.value(
        scene.here, "SELECT published_at FROM posts WHERE title = 'Tea at four'"
    )
    assert published == scene.clock.now()
    assert await scene.ben.get(PATH) == []
    assert (await scene.ben.ask("GET", f"{PATH}/{made['id']}")).status == 404


async def test_all_that_was_sent_is_told_and_done(scene: Scene) -> None:
    parent = await scene.amina.post("/api/v1/statuses", status="@plaza Where?\nOr when")
    reply = await scene.later(
        "Here", in_reply_to_id=parent["id"], spoiler_text="Places", language="de",
        visibility="unlisted", quote_approval_policy="nobody",
    )  # fmt: skip
    vote = await scene.later(
        "@plaza Cake?", poll={"options": ["Yes", "No"], "expires_in": 3600, "multiple": True}
    )
    quote = await scene.later("@plaza See\nthis", quoted_status_id=parent["id"])
    await scene.comes_due()

    assert reply["params"] == reply["params"] | {
        "text": "Here", "in_reply_to_id": parent["id"], "spoiler_text": "Places",
        "language": "de", "visibility": "unlisted", "quote_approval_policy": "nobody",
    }  # fmt: skip
    assert vote["params"]["poll"] == {
        "options": ["Yes", "No"], "expires_in": 3600, "multiple": True, "hide_totals": False,
    }  # fmt: skip
    assert quote["params"]["quoted_status_id"] == parent["id"]
    thread = await scene.ben.get(f"/api/v1/statuses/{parent['id']}/context")
    assert [each["spoiler_text"] for each in thread["descendants"]] == ["Places"]
    account = await scene.ben.get("/api/v1/accounts/verify_credentials")
    written = await scene.ben.get(f"/api/v1/accounts/{account['id']}/statuses")
    assert any(each["poll"] for each in written)
    assert any(each["quote"] for each in written)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ({"minutes": 5}, "Scheduled at The scheduled date must be in the future"),
        ({"days": -1}, "Scheduled at The scheduled date must be in the future"),
        ({"days": 4000}, "Scheduled at The scheduled date must be within ten years"),
        ("tomorrow", "Scheduled at is not a date and time"),
        ("0001-01-01T00:00:00+14:00", "Scheduled at is not a date and time"),
    ],
)
async def test_a_time_that_cannot_be_is_refused(scene: Scene, at: Any, told: str) -> None:
    text = at if isinstance(at, str) else scene.ahead(**at)

    reply = await scene.ben.ask(
        "POST", "/api/v1/statuses", json={"status": "@plaza Soon", "scheduled_at": text}
    )

    assert _said(reply) == (422, f"Validation failed: {told}")
    assert await scene.ben.get(PATH) == []


async def test_a_moment_without_a_zone_is_of_utc(scene: Scene) -> None:
    at = scene.clock.now() + timedelta(days=2)

    naive = await scene.later(scheduled_at=at.replace(tzinfo=None).isoformat())
    day = await scene.later(scheduled_at=at.date().isoformat())

    assert datetime.fromisoformat(naive["scheduled_at"]) == at
    assert day["scheduled_at"] == f"{at.date().isoformat()}T00:00:00.000Z"


@pytest.mark.parametrize(
    "given",
    [
        {"status": "@vault Not mine"},
        {"status": "Nowhere in particular, and to nobody", "visibility": "direct"},
        {"status": "@plaza Poll", "poll": {"options": ["One"], "expires_in": 3600}},
        {"status": "Here", "in_reply_to_id": "12"},
        {"status": "@plaza File", "media_ids": ["12"]},
        {"status": "@plaza " + "x" * 21_000},
        {"status": "@plaza Quote", "quoted_status_id": "12"},
    ],
)
async def test_what_would_be_refused_now_is_refused_now_with_the_same_words(
    scene: Scene, given: dict[str, Any]
) -> None:
    at_once = await scene.ben.ask("POST", "/api/v1/statuses", json=given)
    later = await scene.ben.ask(
        "POST", "/api/v1/statuses", json=given | {"scheduled_at": scene.ahead(hours=1)}
    )

    assert (later.status, later.body) == (at_once.status, at_once.body)
    assert later.status in {404, 422}
    assert await scene.ben.get(PATH) == []


async def test_to_try_it_leaves_nothing_behind(scene: Scene) -> None:
    counting = (
        "SELECT (SELECT count(*) FROM posts), (SELECT count(*) FROM activities), "
        "(SELECT count(*) FROM deliveries), (SELECT count(*) FROM once), "
        "(SELECT count(*) FROM stream), (SELECT count(*) FROM notifications)"
    )
    before = await life.rows(scene.here, counting)

    await scene.later("@plaza Tried\nwith @amina", poll={"options": ["A", "B"]})

    assert await life.rows(scene.here, counting) == before


async def test_who_has_left_meanwhile_is_told_and_keeps_their_words(scene: Scene) -> None:
    made = await scene.later("@plaza Left\nWords that matter")
    ben = await scene.signed_in("ben")
    await communities.leave(scene.here.context, ben, scene.plaza)

    await scene.comes_due()
    listed = await scene.ben.get(PATH)
    told = await life.rows(
        scene.here, "SELECT kind FROM notifications WHERE member_id = $1", ben.member.id
    )
    await scene.comes_due()

    assert (await scene.count("Left"), told) == (0, [("not-published",)])
    assert [each["params"]["text"] for each in listed] == ["@plaza Left\nWords that matter"]
    await communities.join(scene.here.context, ben, scene.plaza)
    moved = await scene.ben.ask(
        "PUT", f"{PATH}/{made['id']}", json={"scheduled_at": scene.ahead(hours=1)}
    )
    assert moved.status == 200
    await scene.comes_due()
    assert (await scene.count("Left"), await scene.ben.get(PATH)) == (1, [])


async def test_who_is_suspended_publishes_nothing(scene: Scene) -> None:
    await scene.later("@plaza Silent")
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE actors SET suspended_at = $1 WHERE name = 'ben'", scene.clock.now()
        )
    try:
        await scene.comes_due()
    finally:
        async with scene.here.database.transaction("test") as tx:
            await tx.execute("UPDATE actors SET suspended_at = NULL WHERE name = 'ben'")

    assert await scene.count("Silent") == 0
    [why] = await life.rows(scene.here, "SELECT refused FROM scheduled_posts")
    assert why == ("Your account was suspended when this was to be published.",)


async def test_it_is_published_once_though_we_died_before_we_noted_it(scene: Scene) -> None:
    made = await scene.later("@plaza Twice?")
    scene.clock.turn(HOUR)
    context = scene.here.context
    # As a worker that is killed right after the commit which published it:
    async with context.database.transaction("test") as tx:
        due = await scheduled.claim(
            tx, now=context.now(), lease_until=context.now() + timedelta(minutes=5)
        )
    assert due is not None
    await scheduling.publish(
        context,
        await scene.signed_in("ben"),
        due,
        composed_again,
        once=once.of_scheduled(due.id),
    )
    # And everything is down for days, so that keys of clients are long forgotten.
    scene.clock.turn(timedelta(days=3))
    await housekeeping.clean_once(context)
    await worker.publish_due(context, composed_again)

    assert (due.id, await scene.count("Twice?")) == (int(made["id"]), 1)
    assert (
        await life.rows(scene.here, "SELECT key FROM once WHERE key LIKE '%scheduled%'") == []
    )
    assert await scene.ben.get(PATH) == []


async def test_two_workers_publish_one_thing_once(scene: Scene) -> None:
    await scene.later("@plaza Workers")
    scene.clock.turn(HOUR)

    both = await asyncio.gather(
        *(worker.publish_one(scene.here.context, composed_again) for _ in range(2))
    )

    assert (sorted(both), await scene.count("Workers")) == ([False, True], 1)


async def test_what_is_being_published_can_be_neither_moved_nor_cancelled(scene: Scene) -> None:
    made = await scene.later("@plaza Now")
    scene.clock.turn(HOUR)
    async with scene.here.database.transaction("test") as tx:
        await scheduled.claim(tx, now=scene.clock.now(), lease_until=scene.clock.now() + HOUR)
    path = f"{PATH}/{made['id']}"

    moved = await scene.ben.ask("PUT", path, json={"scheduled_at": scene.ahead(days=1)})
    cancelled = await scene.ben.ask("DELETE", path)

    sentence = "It is being published at this very moment."
    assert [_said(moved), _said(cancelled)] == [(422, sentence)] * 2


async def test_what_fails_each_time_is_told_in_the_end(scene: Scene) -> None:
    def breaks(_params: object) -> Any:
        raise RuntimeError

    await scene.later("@plaza Broken")
    tries = 0
    scene.clock.turn(HOUR)
    while tries < 9 and await worker.publish_one(scene.here.context, breaks):
        tries += 1
        scene.clock.turn(HOUR)

    [why] = await life.rows(scene.here, "SELECT refused FROM scheduled_posts")
    assert (tries, why) == (5, ("Something went wrong on our side each time that we tried.",))


async def test_one_key_makes_one_and_leads_to_the_post_once_it_is_published(
    scene: Scene,
) -> None:
    sent = {"status": "@plaza Keyed", "scheduled_at": scene.ahead(minutes=10)}

    async def send() -> Any:
        reply = await scene.ben.ask(
            "POST", "/api/v1/statuses", json=sent, headers={"Idempotency-Key": "k1"}
        )
        assert reply.status == 200, reply.body
        return reply.json

    first, again = await send(), await send()
    await scene.comes_due(timedelta(minutes=10))
    published = await send()

    assert (first["id"], first["params"]["idempotency"]) == (again["id"], "k1")
    assert "scheduled_at" not in published
    assert "Keyed" in published["content"]
    assert await scene.count("Keyed") == 1


async def test_a_key_is_free_again_after_an_hour(scene: Scene) -> None:
    async def send() -> Any:
        reply = await scene.ben.ask(
            "POST",
            "/api/v1/statuses",
            json={"status": "@plaza Free", "scheduled_at": scene.ahead(days=1)},
            headers={"Idempotency-Key": "k2"},
        )
        return reply.json["id"]

    first = await send()
    scene.clock.turn(HOUR * 2)
    await housekeeping.clean_once(scene.here.context)

    assert await send() != first


async def test_files_wait_with_what_they_were_chosen_for(scene: Scene) -> None:
    context = scene.here.context
    picture = await _bring(scene.ben, files.picture(size=(40, 30)))
    made = await scene.later(
        "@plaza Picture",
        media_ids=[picture],
        media_attributes=[{"id": picture, "description": "A boat"}],
        scheduled_at=scene.ahead(days=3),
    )
    taken = await scene.ben.ask(
        "POST", "/api/v1/statuses", json={"status": "@plaza Mine", "media_ids": [picture]}
    )
    dropped = await scene.ben.ask("DELETE", f"/api/v1/media/{picture}")
    scene.clock.turn(timedelta(days=2))
    await housekeeping.clean_once(context)
    kept = await scene.ben.get(f"{PATH}/{made['id']}")
    await scene.comes_due(timedelta(days=1))

    assert list(complaints("ScheduledStatus", made)) == []
    assert [each["id"] for each in made["media_attachments"]] == [picture]
    assert made["params"]["media_ids"] == [picture]
    assert (taken.status, dropped.status) == (422, 404)
    assert [each["id"] for each in kept["media_attachments"]] == [picture]
    account = await scene.ben.get("/api/v1/accounts/verify_credentials")
    [newest, *_] = await scene.ben.get(f"/api/v1/accounts/{account['id']}/statuses")
    [shown] = newest["media_attachments"]
    assert (shown["id"], shown["description"]) == (picture, "A boat")


async def test_files_of_what_is_cancelled_are_free_for_a_day_and_then_gone(
    scene: Scene,
) -> None:
    picture = await _bring(scene.ben, files.picture(size=(40, 31)))
    made = await scene.later("@plaza No", media_ids=[picture], scheduled_at=scene.ahead(days=9))
    scene.clock.turn(timedelta(days=5))

    cancelled = await scene.ben.ask("DELETE", f"{PATH}/{made['id']}")
    await housekeeping.clean_once(scene.here.context)
    free = await scene.ben.ask("GET", f"/api/v1/media/{picture}")
    scene.clock.turn(timedelta(days=2))
    await housekeeping.clean_once(scene.here.context)
    gone = await scene.ben.ask("GET", f"/api/v1/media/{picture}")

    assert (cancelled.status, cancelled.json) == (200, {})
    assert (free.status, gone.status) == (200, 404)


async def test_it_is_given_another_time_and_nobody_elses_is_known(scene: Scene) -> None:
    made = await scene.later("@plaza Moved")
    path = f"{PATH}/{made['id']}"
    at = scene.ahead(days=1)

    moved = await scene.ben.ask("PUT", path, json={"scheduled_at": at})
    too_soon = await scene.ben.ask("PUT", path, json={"scheduled_at": scene.ahead(minutes=1)})
    same = await scene.ben.ask("PUT", path, json={})
    theirs = [
        await scene.amina.ask("GET", path),
        await scene.amina.ask("PUT", path, json={"scheduled_at": at}),
        await scene.amina.ask("DELETE", path),
    ]

    assert datetime.fromisoformat(moved.json["scheduled_at"]) == datetime.fromisoformat(at)
    assert same.json == moved.json
    assert too_soon.status == 422
    assert [_said(each) for each in theirs] == [(404, "Record not found")] * 3
    await scene.comes_due()
    assert await scene.count("Moved") == 0


async def test_pages_of_them_lead_on_in_both_directions(scene: Scene) -> None:
    made = []
    for number in range(3):
        scene.clock.turn(life.MINUTE)
        made.append((await scene.later(f"@plaza Page {number}"))["id"])

    newest = await scene.ben.ask("GET", f"{PATH}?limit=2")
    older = newest.headers["Link"].split(";")[0].strip("<>")
    last = await scene.ben.get(older)
    since = await scene.ben.get(PATH, since_id=made[0], limit=1)
    right_after = await scene.ben.get(PATH, min_id=made[0], limit=1)

    assert [each["id"] for each in newest.json] == [made[2], made[1]]
    assert [each["id"] for each in last] == [made[0]]
    assert ([each["id"] for each in since], [each["id"] for each in right_after]) == (
        [made[2]],
        [made[1]],
    )


async def test_a_list_costs_the_same_however_long_it_is(scene: Scene) -> None:
    async def cost() -> int:
        return await counted(scene.here, lambda: scene.ben.get(PATH))

    await scene.later("@plaza One")
    before = await cost()
    for number in range(4):
        picture = await _bring(scene.ben, files.picture(size=(20 + number, 20)))
        await scene.later(f"@plaza Count {number}", media_ids=[picture])

    assert await cost() == before


@pytest.mark.parametrize(
    ("there", "apart", "told"),
    [
        (50, timedelta(), "You have exceeded the limit of 50 scheduled posts for that day"),
        (300, timedelta(days=1), "You have exceeded the limit of 300 scheduled posts"),
    ],
)
async def test_there_is_room_for_so_many(
    scene: Scene, there: int, apart: timedelta, told: str
) -> None:
    ben, now = await scene.signed_in("ben"), scene.clock.now()
    async with scene.here.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO scheduled_posts (id, member_id, form, params, due_at, created_at, "
            "leased_until) SELECT n, $1, 'status', '{}', $2::timestamptz + n * $3::interval, "
            "$2, $2 FROM generate_series(1, $4::int) AS n",
            ben.member.id,
            now + timedelta(hours=2),
            apart,
            there,
        )

    over = await scene.ben.ask(
        "POST",
        "/api/v1/statuses",
        json={"status": "@plaza Over", "scheduled_at": scene.ahead(hours=2)},
    )
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("DELETE FROM scheduled_posts WHERE id = 1")
    fits = await scene.later("@plaza Over", scheduled_at=scene.ahead(hours=2))

    assert _said(over) == (422, f"Validation failed: {told}")
    assert fits["id"]


async def test_what_is_deleted_or_ended_publishes_nothing(scene: Scene) -> None:
    context = scene.here.context
    await scene.here.member("lea")
    lea = await life.signed_in(context, "lea")
    await communities.join(context, lea, scene.plaza)
    program = await program_of(scene.here, "lea")
    await program.post(
        "/api/v1/statuses", status="@plaza Farewell", scheduled_at=scene.ahead(hours=1)
    )

    await ending.end_own(context, lea, PASSWORD)
    await scene.comes_due()

    assert await life.rows(scene.here, "SELECT id FROM scheduled_posts") == []
    assert await scene.count("Farewell") == 0


async def test_a_reply_to_what_was_deleted_meanwhile_is_kept(scene: Scene) -> None:
    parent = await scene.amina.post("/api/v1/statuses", status="@plaza Gone?\nSoon")
    await scene.later("An answer", in_reply_to_id=parent["id"])
    await posts.withdraw(scene.here.context, await scene.signed_in("amina"), int(parent["id"]))

    await scene.comes_due()

    [(refused,)] = await life.rows(scene.here, "SELECT refused FROM scheduled_posts")
    assert refused == "What you reply to was deleted meanwhile."
    assert json.dumps(await scene.ben.get(PATH)).count("An answer") == 1


async def test_what_is_for_later_is_in_the_archive(scene: Scene) -> None:
    made = await scene.later("@plaza For the archive\nMore words")
    ben = await scene.signed_in("ben")

    tables = await own_tables.of_member(scene.here.context, ben.member.id)

    text = tables["scheduled.csv"].decode()
    assert "@plaza For the archive\nMore words" in text
    assert made["scheduled_at"][:16] in text
