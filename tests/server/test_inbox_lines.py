"""The inbox worker: lines that do not wait for each other, and posts stored together."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import count
from typing import Any

import asyncpg
import pytest

from server.storage import received
from server.storage.embedded import Cluster
from server.storage.received import Arrival, Limits
from server.workers import inbox
from tests.door import Sender
from tests.hostile_peer import Reply
from tests.inbox_scene import Town, done, populated
from tests.instance import TEMPLATE

_NUMBERS = count(1)
_PATIENCE = 10.0


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def has_come(town: Town, sender: Sender, *activities: Any) -> None:
    """Write activities down as the door does once they are proven."""
    arrivals = [
        Arrival(
            actor_uri=sender.uri,
            activity_uri=activity["id"],
            type=activity["type"],
            host=sender.uri.split("/")[2],
            raw=json.dumps(activity).encode(),
            signature_hash=b"lines-%d" % next(_NUMBERS),
            received_at=town.scene.here.now(),
        )
        for activity in activities
    ]
    async with town.scene.here.database.transaction("test") as tx:
        await received.remember(tx, arrivals)


async def states(town: Town, *activities: Any) -> list[tuple[str, str]]:
    rows = await town.scene.fetch(
        "SELECT activity_uri, state, reason FROM inbox_events WHERE activity_uri = ANY($1)",
        [activity["id"] for activity in activities],
    )
    found = {uri: (state, reason) for uri, state, reason in rows}
    return [found[activity["id"]] for activity in activities]


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE):
        while not await so():  # noqa: ASYNC110 another task changes the database
            await asyncio.sleep(0)


def answers(town: Town, sender: Sender, many: int, **more: object) -> list[Any]:
    return [
        town.scene.activity(
            sender,
            "Create",
            town.scene.post(sender, town.plaza.uri, reply_to=town.question.uri, **more),
        )
        for _ in range(many)
    ]


def hanging(town: Town) -> Any:
    """What roads passes on, and whose origin takes the question and never answers."""
    scene = town.scene
    told = scene.post(town.cleo, town.roads.uri)
    scene.peer.tells(told["id"], Reply(silent=True))
    return scene.activity(town.roads, "Announce", scene.activity(town.cleo, "Create", told))


async def test_a_line_that_hangs_takes_one_slot_and_the_others_go_on(town: Town) -> None:
    scene = town.scene
    slow = hanging(town)
    await has_come(town, town.roads, slow)
    worker = asyncio.create_task(inbox.process_forever(scene.here.context))
    try:
        await until(lambda: _is_asked(town, slow["object"]["object"]["id"]))
        like = scene.activity(town.nils, "Like", town.question.uri)
        [answer] = answers(town, town.ada, 1)
        await has_come(town, town.nils, like)
        await has_come(town, town.ada, answer)

        await until(lambda: _are_done(town, like, answer))

        assert await states(town, slow) == [("waiting", "")]
    finally:
        worker.cancel()
        await asyncio.wait({worker})
        await scene.fetch(
            "UPDATE inbox_events SET state = 'parked' WHERE activity_uri = $1 RETURNING id",
            slow["id"],
        )


async def _is_asked(town: Town, uri: str) -> bool:
    return any(uri.endswith(each) for each in town.scene.asked("health"))


async def _are_done(town: Town, *activities: Any) -> bool:
    return await states(town, *activities) == [("done", "")] * len(activities)


async def test_whoever_sent_much_hides_nobody(town: Town) -> None:
    scene = town.scene
    flood = [scene.activity(town.mallory, "Like", town.question.uri) for _ in range(1100)]
    like = scene.activity(town.nils, "Like", town.question.uri)
    await has_come(town, town.mallory, *flood)
    await has_come(town, town.nils, like)

    limits = Limits(actors=2, each=3, together=100, size=1_000_000)
    async with scene.here.database.transaction("test") as tx:
        events = await received.lock_lines(tx, limits, but=[], now=scene.here.now())
        others = await received.lock_lines(
            tx, limits, but=[town.mallory.uri], now=scene.here.now()
        )
        await tx.execute(
            "DELETE FROM inbox_events WHERE actor_uri = $1 AND state = 'waiting'",
            town.mallory.uri,
        )

    wanted = [each["id"] for each in (*flood[:3], like)]
    assert [event.activity_uri for event in events] == wanted
    assert [event.activity_uri for event in others] == [like["id"]]
    await scene.work()
    assert await states(town, like) == [("done", "")]


async def test_no_more_is_locked_than_fits_but_always_something(town: Town) -> None:
    scene = town.scene
    likes = [scene.activity(town.nils, "Like", town.question.uri) for _ in range(5)]
    await has_come(town, town.nils, *likes)
    one = len(json.dumps(likes[0]))

    async with scene.here.database.transaction("test") as tx:
        sizes = [
            len(
                await received.lock_lines(
                    tx,
                    Limits(actors=1, each=5, together=together, size=size),
                    but=[],
                    now=scene.here.now(),
                )
            )
            for together, size in ((5, 1), (5, one + 1), (4, 100 * one), (5, 100 * one))
        ]

    await scene.work()
    assert sizes == [1, 2, 4, 5]


async def test_posts_stored_together_are_what_they_would_be_by_themselves(town: Town) -> None:
    together = [*answers(town, town.ada, 3), *answers(town, town.nils, 3)]
    alone = answers(town, town.ada, 1)
    await has_come(town, town.ada, *together[:3])
    await has_come(town, town.nils, *together[3:])

    counted = await inbox.process_due(town.scene.here.context)
    stored = [await _stored(town, each) for each in together]
    await _by_itself(town, town.ada, alone[0])

    assert counted == 6
    assert await states(town, *together, *alone) == [("done", "")] * 7
    expected = await _stored(town, alone[0])
    assert expected["copies"] > 0
    assert [each | {"author": None} for each in stored] == [expected | {"author": None}] * 6
    counts = await town.scene.fetch(
        "SELECT q.answers, (SELECT count(*) FROM posts a WHERE a.root_id = q.id "
        "AND a.kind = 'answer') FROM posts q WHERE q.uri = $1",
        town.question.uri,
    )
    assert counts[0][0] == counts[0][1]


async def _by_itself(town: Town, sender: Sender, activity: Any) -> None:
    """Let an activity wait behind one that is left out, so that it comes by itself."""
    before = town.scene.activity(sender, "Travel", town.question.uri)
    await has_come(town, sender, before, activity)
    await town.scene.work()


async def _stored(town: Town, activity: Any) -> dict[str, Any]:
    """Give all that a Create left behind, but for ids and times."""
    rows = await town.scene.fetch(
        "SELECT p.kind, p.community_id, p.root_id, p.parent_id, p.context, p.visibility, "
        "p.title, p.html, p.text, p.clean_version, p.language, p.topic, p.published_at, "
        "p.announced_at, p.active_at = p.published_at, p.author_id, (SELECT string_agg("
        "concat_ws(' ', s.type, s.actor_id, s.visibility, d.host, d.inbox, d.origin, d.state, "
        "d.lane = r.uri, convert_from(s.document, 'UTF8')::jsonb -> 'object' ->> 'id' = $2), "
        "'|' ORDER BY d.inbox) FROM activities s LEFT JOIN deliveries d "
        "ON d.activity_id = s.id WHERE s.post_id = p.id), (SELECT count(*) FROM activities s "
        "WHERE s.post_id = p.id), (SELECT string_agg(concat_ws(' ', n.member_id, n.kind, "
        "n.actor_id = p.author_id, n.subject = p.uri), '|') FROM notifications n "
        "WHERE n.post_id = p.id) FROM posts p JOIN posts r ON r.id = p.root_id "
        "WHERE p.uri = $1",
        activity["object"]["id"],
        activity["id"],
    )
    *row, author, sent, copies, told = rows[0]
    return {"row": row, "author": author, "sent": sent, "copies": copies, "told": told}


async def test_what_is_not_plain_is_left_and_keeps_its_place_behind_the_others(
    town: Town,
) -> None:
    scene = town.scene
    [first, twin, last] = answers(town, town.ada, 3)
    twin["object"] = first["object"]
    below = scene.post(town.ada, town.plaza.uri, reply_to=first["object"]["id"])
    reply = scene.activity(town.ada, "Create", below)
    outsider = scene.sender("parks", "otto")
    [refused] = answers(town, outsider, 1)
    nothing = scene.activity(town.ada, "Create", {"id": f"{town.ada.uri}/x", "type": "x"})
    await has_come(town, town.ada, first, twin, reply, nothing, last)
    await has_come(town, outsider, refused)

    await scene.work()

    assert await states(town, first, twin, reply, last) == [("done", "")] * 4
    assert [state for state, _ in await states(town, refused, nothing)] == ["ignored"] * 2
    facts = await scene.facts(below["id"])
    assert facts is not None
    assert facts.parent_uri == first["object"]["id"]


async def test_a_post_that_the_database_refuses_undoes_no_other(
    town: Town, cluster: Cluster
) -> None:
    good = answers(town, town.ada, 2)
    [poison] = answers(town, town.nils, 1, content="<p>Poison.</p>")
    await has_come(town, town.ada, *good)
    await has_come(town, town.nils, poison)
    await _as_owner(
        town,
        cluster,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE 'poisoned'; END $$",
        "CREATE TRIGGER poisoned BEFORE INSERT ON posts FOR EACH ROW "
        "WHEN (NEW.text = 'Poison.') EXECUTE FUNCTION refuse()",
    )
    try:
        await town.scene.work()
    finally:
        await _as_owner(town, cluster, "DROP FUNCTION refuse CASCADE")

    assert await states(town, *good, poison) == [*[("done", "")] * 2, ("waiting", "failed")]


async def _as_owner(town: Town, cluster: Cluster, *statements: str) -> None:
    name: Sequence[Any] = (await town.scene.fetch("SELECT current_database()"))[0]
    owner = await asyncpg.connect(cluster.url(name[0], f"{TEMPLATE}_owner"))
    try:
        for statement in statements:
            await owner.execute(statement)
    finally:
        await owner.close()


async def test_a_thread_that_somebody_starts_is_passed_on_as_one(town: Town) -> None:
    scene = town.scene
    told = scene.post(town.ada, town.plaza.uri)

    await done(scene, town.ada, "Create", told)

    facts = await scene.facts(told["id"])
    assert facts is not None
    assert facts.announced_at is not None
    assert (facts.root_uri, facts.community_uri) == (told["id"], town.plaza.uri)


async def test_one_that_the_database_has_no_room_to_settle_stops_no_other(
    town: Town, cluster: Cluster
) -> None:
    stuck = town.scene.activity(town.ada, "Travel", town.question.uri)
    ignored = town.scene.activity(town.nils, "Travel", town.question.uri)
    await has_come(town, town.ada, stuck)
    await has_come(town, town.nils, ignored)
    await _as_owner(
        town,
        cluster,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE 'no room' USING ERRCODE = 'disk_full'; END $$",
        "CREATE TRIGGER full_up BEFORE UPDATE ON inbox_events FOR EACH ROW "
        f"WHEN (NEW.state = 'ignored' AND NEW.activity_uri = '{stuck['id']}') "
        "EXECUTE FUNCTION refuse()",
    )
    try:
        await town.scene.work()
    finally:
        await _as_owner(town, cluster, "DROP FUNCTION refuse CASCADE")

    assert [state for state, _ in await states(town, stuck, ignored)] == ["waiting", "ignored"]
