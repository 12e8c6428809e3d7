"""DEL, what goes wrong between agencies: repeats, disorder, herds, clocks, backups, leavers."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from schemas.records import (
    OF_COMMUNITIES,
    Community,
    JoinRule,
    Kind,
    PostFacts,
    Role,
    Visibility,
)
from server.services import (
    accounts,
    agencies,
    changing,
    communities,
    people,
    posts,
    stewardship,
)
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import deliveries, migrate
from server.storage import posts as stored
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from server.workers.inbox import process_due
from tests.door import ORIGIN, House, Sender, opened
from tests.hostile_peer import HostilePeer, Reply
from tests.instance import (
    PASSWORD,
    START,
    Instance,
    TurnedClock,
    cloned,
    running,
    settle,
)
from tests.post_office import PostOffice, post_office
from tests.reading_house import House as ReadingHouse
from tests.reading_house import house as reading_house
from tests.stories import life

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[House]:
    """Our door, where Mona looks after the open community !roads."""
    async with cloned(cluster) as url, opened(url) as house:
        await house.decide("health")
        member = await accounts.add_member(
            house.context, name="mona", display_name="Mona", password=PASSWORD
        )
        draft = CommunityDraft(
            name="roads",
            display_name="Roads",
            summary="About roads",
            charter="Be kind.",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        )
        await communities.open_community(house.context, member.actor, draft)
        yield house


async def mona(house: House) -> SignedIn:
    return await life.signed_in(house.context, "mona")


async def works(house: House) -> None:
    """Do all that is due in the inbox."""
    while await process_due(house.context):
        pass


async def belongs(house: House, name: str) -> Sender:
    sender = house.sender("health", name)
    await house.post(sender, sender.activity("Follow", f"{ORIGIN}/c/roads"))
    await works(house)
    return sender


def page(sender: Sender, title: str, **more: object) -> dict[str, Any]:
    return {
        "id": f"{sender.uri}/posts/1",
        "type": "Page",
        "attributedTo": sender.uri,
        "name": title,
        "content": f"<p>{title}</p>",
        "audience": f"{ORIGIN}/c/roads",
        "to": [f"{ORIGIN}/c/roads", PUBLIC],
        "published": "2026-03-02T08:00:00Z",
        **more,
    }


async def titles(house: House, sender: Sender) -> list[object]:
    """Give the titles of what we keep of somebody; of a tombstone it is empty."""
    rows = await house.fetch(
        "SELECT p.title FROM posts p JOIN actors a ON a.id = p.author_id WHERE a.uri = $1",
        sender.uri,
    )
    return [row[0] for row in rows]


async def edges(house: House, sender: Sender) -> list[object]:
    rows = await house.fetch(
        "SELECT f.state FROM follows f JOIN actors a ON a.id = f.follower_id WHERE a.uri = $1",
        sender.uri,
    )
    return [row[0] for row in rows]


# DEL-02


async def test_del_02_what_comes_three_times_is_taken_thrice_and_counts_once(
    house: House,
) -> None:
    ada = await belongs(house, "ada")
    create = ada.activity("Create", page(ada, "Potholes"), number=2)

    at_once = await asyncio.gather(*(house.post(ada, create) for _ in range(3)))
    await works(house)
    house.clock.turn(seconds=5)
    later = await house.post(ada, create)
    await works(house)

    assert [answer.status for answer in (*at_once, later)] == [202] * 4
    assert await titles(house, ada) == ["Potholes"]
    passed_on = await house.fetch(
        "SELECT count(*) FROM activities a JOIN posts p ON p.id = a.post_id WHERE p.uri = $1",
        f"{ada.uri}/posts/1",
    )
    assert passed_on == [(1,)]


# DEL-03


@pytest.mark.parametrize("first", ["/@mona/inbox", "/c/roads/inbox"])
async def test_del_03_one_activity_in_two_inboxes_serves_both_receivers(
    house: House, first: str
) -> None:
    second = {"/@mona/inbox": "/c/roads/inbox"}.get(first, "/@mona/inbox")
    ben = await belongs(house, f"ben{len(first)}")
    member = await mona(house)
    question = await posts.publish_thread(
        house.context,
        member,
        next(iter(member.joined)),
        Kind.QUESTION,
        Draft(title="Why?", source="Words"),
    )
    reply = page(ben, "", inReplyTo=question.uri, content="<p>Because.</p>", type="Note")
    create = ben.activity("Create", reply, number=3)

    for path in (first, second):
        answer = await house.post(ben, create, path=path)
        assert answer.status == 202
        await works(house)
        house.clock.turn(seconds=5)

    told = await house.fetch(
        "SELECT count(*) FROM notifications n JOIN posts p ON p.id = n.post_id "
        "WHERE p.uri = $1",
        reply["id"],
    )
    passed_on = await house.fetch(
        "SELECT count(*) FROM activities a JOIN posts p ON p.id = a.post_id WHERE p.uri = $1",
        reply["id"],
    )
    assert (told, passed_on) == ([(1,)], [(1,)])


async def test_del_03_of_two_bodies_under_one_id_the_first_counts_and_the_log_says_so(
    house: House,
) -> None:
    carl = await belongs(house, "carl")
    await house.post(carl, carl.activity("Create", page(carl, "The first"), number=4))
    await works(house)

    with capture_logs() as logged:
        answer = await house.post(
            carl, carl.activity("Create", page(carl, "The second"), number=4)
        )
        await works(house)

    assert answer.status == 202
    assert await titles(house, carl) == ["The first"]
    told = [line for line in logged if line["event"] == "activity-told-otherwise"]
    assert [line["activity"] for line in told] == [f"{carl.uri}/activities/4"]


async def test_del_03_the_very_same_body_again_is_no_news(house: House) -> None:
    cora = await belongs(house, "cora")
    create = cora.activity("Create", page(cora, "Said twice"), number=4)
    await house.post(cora, create)

    with capture_logs() as logged:
        await house.post(cora, create)

    assert "activity-told-otherwise" not in {line["event"] for line in logged}


# DEL-05


async def test_del_05_an_edit_before_its_post_is_there_in_the_end(house: House) -> None:
    dora = await belongs(house, "dora")
    edited = page(dora, "As it is now", updated="2026-03-02T08:30:00Z")
    await house.post(dora, dora.activity("Update", edited, number=3))
    await works(house)
    assert await titles(house, dora) == []

    await house.post(dora, dora.activity("Create", page(dora, "As it was"), number=2))
    await works(house)
    house.clock.turn(minutes=1)
    await works(house)

    assert await titles(house, dora) == ["As it is now"]


async def test_del_05_a_delete_before_its_post_keeps_it_away(house: House) -> None:
    elif_ = await belongs(house, "elif")
    await house.post(elif_, elif_.activity("Delete", f"{elif_.uri}/posts/1", number=3))
    await works(house)

    await house.post(elif_, elif_.activity("Create", page(elif_, "Gone"), number=2))
    await works(house)
    house.clock.turn(minutes=1)
    await works(house)

    assert await titles(house, elif_) == []


async def test_del_05_an_edit_after_the_delete_brings_nothing_back(house: House) -> None:
    emma = await belongs(house, "emma")
    for number, kind, what in (
        (2, "Create", page(emma, "There")),
        (4, "Delete", f"{emma.uri}/posts/1"),
        (3, "Update", page(emma, "Back", updated="2026-03-02T08:30:00Z")),
    ):
        await house.post(emma, emma.activity(kind, what, number=number))
        await works(house)

    house.clock.turn(minutes=1)
    await works(house)

    assert await titles(house, emma) == [""]


@pytest.mark.parametrize("form", ["whole", "id"])
@pytest.mark.parametrize("target", ["/c/roads", "/@mona"])
async def test_del_05_an_undo_before_its_follow_leaves_nobody_belonging(
    house: House, target: str, form: str
) -> None:
    finn = house.sender("health", f"finn{form}{len(target)}")
    follow = finn.activity("Follow", f"{ORIGIN}{target}", number=1)
    house.peer.publishes(follow["id"], **follow)
    what = follow if form == "whole" else follow["id"]
    await house.post(finn, finn.activity("Undo", what, number=2))
    await works(house)

    await house.post(finn, follow)
    await works(house)

    assert await edges(house, finn) == []
    await house.post(finn, finn.activity("Follow", f"{ORIGIN}{target}", number=3))
    await works(house)
    assert await edges(house, finn) == ["accepted"]


async def test_del_05_an_accept_before_the_follow_lets_nobody_in(house: House) -> None:
    gina = await belongs(house, "gina")
    member = await mona(house)
    [(gina_id,)] = await house.fetch("SELECT id FROM actors WHERE uri = $1", gina.uri)
    early = {
        "id": f"{ORIGIN}/activities/1",
        "type": "Follow",
        "actor": f"{ORIGIN}/@mona",
        "object": gina.uri,
    }
    state = "SELECT state FROM follows WHERE target_id = $1"
    await house.post(gina, gina.activity("Accept", early, number=2))
    await works(house)
    assert await house.fetch(state, gina_id) == []

    await people.follow(house.context, member, int(str(gina_id)))
    assert await house.fetch(state, gina_id) == [("asked",)]
    await house.post(gina, gina.activity("Accept", early, number=3))
    await works(house)

    assert await house.fetch(state, gina_id) == [("accepted",)]


# DEL-15


@pytest.fixture(scope="module")
async def crowded(cluster: Cluster) -> AsyncIterator[ReadingHouse]:
    async with (
        cloned(cluster) as url,
        reading_house(url, "health", open_federation=True) as health,
    ):
        yield health


async def test_del_15_a_herd_on_one_object_is_served_or_told_to_come_again(
    crowded: ReadingHouse,
) -> None:
    question = await crowded.asks(await crowded.community("roads"))

    replies = await asyncio.gather(*(crowded.get(question.uri) for _ in range(200)))

    served = [reply for reply in replies if reply.status == 200]
    assert len(served) >= 190
    for reply in replies:
        assert reply.status == 200 or (reply.status, "Retry-After" in reply.headers) == (
            503,
            True,
        )
    assert len({reply.body for reply in served}) == 1


async def test_del_15_what_all_are_told_alike_is_not_told_twice(
    crowded: ReadingHouse,
) -> None:
    first = await crowded.get("/nodeinfo/2.1", Accept="application/json")

    again = await crowded.get(
        "/nodeinfo/2.1", Accept="application/json", If_None_Match=first.headers["ETag"]
    )

    assert first.headers["Cache-Control"] == "public, max-age=180"
    assert (again.status, again.body) == (304, b"")


# DEL-20


@pytest.mark.parametrize("hours", [2, -2])
async def test_del_20_a_clock_that_jumps_loses_nothing_and_storms_nobody(
    database_url: str, hours: int
) -> None:
    async with post_office(database_url) as office, HostilePeer() as peer:
        down, up = peer.url("down", "/inbox"), peer.url("up", "/inbox")
        peer.tells(down, Reply(status=500))
        peer.tells(up, Reply(status=202))
        for number in range(5):
            await office.owe(down, lane=f"{number}")
        async with office.working():
            await office.quiet()
            before = len(peer.requests)

            office.clock.turn(hours=hours)
            for number in range(5):
                await office.owe(up, lane=f"{number}")
            await office.quiet()
            jumped = [request.host for request in peer.requests[before:]]
            peer.tells(down, Reply(status=202))
            for _ in range(12):
                office.clock.turn(hours=1)
                await office.quiet()

        assert jumped.count(peer.authority("up")) == 5
        assert jumped.count(peer.authority("down")) <= 5
        assert await office.states() == ["delivered"] * 10
        assert len({(each.host, each.body) for each in peer.requests}) == 10


async def test_del_20_what_arrived_before_the_clock_was_set_back_is_still_processed(
    house: House,
) -> None:
    hedy = await belongs(house, "hedy")
    await house.post(hedy, hedy.activity("Create", page(hedy, "Early"), number=2))

    house.clock.turn(hours=-2)
    await works(house)
    house.clock.turn(hours=2, seconds=1)
    await works(house)

    assert await titles(house, hedy) == ["Early"]


# DEL-22


async def gives_up_its_key(office: PostOffice) -> None:
    """Let the post office be opened on this database once more: it brings its key."""
    async with office.context.database.transaction("test") as tx:
        await tx.execute("DELETE FROM actor_keys")


async def sends(
    url: str, peer: HostilePeer, *, hours: int, leaves_one: bool = False
) -> tuple[list[int], list[int]]:
    """Publish five more and send what is owed; give what was published, and what was sent."""
    inbox, before = peer.url("health", "/inbox"), len(peer.requests)
    async with post_office(url) as office:
        office.clock.turn(hours=hours)
        made = [await office.owe(inbox, lane=f"{number}") for number in range(5)]
        async with office.working():
            await office.quiet()
        if leaves_one:
            made.append(await office.owe(inbox))
        await gives_up_its_key(office)
    return made, [json.loads(request.body)["id"] for request in peer.requests[before:]]


async def test_del_22_a_restored_backup_neither_reuses_an_id_nor_sends_all_again(
    cluster: Cluster,
) -> None:
    names = [f"t{secrets.token_hex(6)}" for _ in range(2)]
    now_and_backup = [cluster.url(name, f"{names[0]}_app") for name in names]
    await cluster.provision(names[0])
    roles = {role: f"{names[0]}_{role}" for role in ("app", "audit")}
    await migrate.apply(cluster.url(names[0], f"{names[0]}_owner"), **roles, now=START)

    async with HostilePeer() as peer:
        peer.tells(peer.url("health", "/inbox"), Reply(status=202))
        old, sent_first = await sends(now_and_backup[0], peer, hours=0, leaves_one=True)
        await cluster.clone(*names)  # the backup: nobody is connected
        lost, sent_then = await sends(now_and_backup[0], peer, hours=1)
        fresh, sent_after = await sends(now_and_backup[1], peer, hours=2)
    for name in reversed(names):
        await cluster.drop(name)

    *_, waiting = old
    assert sorted([*sent_first, *sent_then]) == sorted([*old, *lost])
    assert set(fresh).isdisjoint([*old, *lost])
    # What was under way when the backup was made goes out under its old id: once, there.
    assert sorted(sent_after) == sorted([waiting, *fresh])


# DEL-24


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def three(
    cluster: Cluster, clock: TurnedClock
) -> AsyncIterator[tuple[Instance, Instance, Instance]]:
    """Transport hosts communities; people of health come and go; treasury never came."""
    async with (
        running(cluster, "transport", clock=clock) as transport,
        running(cluster, "health", clock=clock) as health,
        running(cluster, "treasury", clock=clock) as treasury,
    ):
        everybody = (transport, health, treasury)
        for each in everybody:
            await each.admit(*(other for other in everybody if other is not each))
        await transport.member("tess", Role.STEWARD)
        await health.member("hugo")
        yield everybody


async def question_at_both(
    transport: Instance, health: Instance, name: str, visibility: Visibility
) -> tuple[Community, PostFacts]:
    """Have Tess ask in a new community that Hugo belongs to, and nobody else elsewhere."""
    tess = await life.signed_in(transport.context, "tess")
    community = await life.opened(transport, tess.member.actor, name, visibility=visibility)
    there = await life.finds(health, f"!{name}@{transport.host}")
    hugo = await life.signed_in(health.context, "hugo")
    await communities.join(health.context, hugo, there.id)
    await settle(transport, health)
    tess = await life.signed_in(transport.context, "tess")
    draft = Draft(title="Who has this?", source="Words")
    asked = await posts.publish_thread(
        transport.context, tess, community.id, Kind.QUESTION, draft
    )
    await settle(transport, health)
    assert (await life.post_at(health, asked.uri)).deleted_at is None
    return community, asked


async def leaves(health: Instance, transport: Instance, name: str) -> None:
    there = await life.finds(health, f"!{name}@{transport.host}")
    hugo = await life.signed_in(health.context, "hugo")
    await communities.leave(health.context, hugo, there.id)
    await settle(transport, health)


@pytest.mark.parametrize(
    ("act", "visibility"),
    [("withdraw", Visibility.MEMBERS), ("remove", Visibility.PUBLIC)],
)
async def test_del_24_a_delete_reaches_an_agency_whose_people_left_meanwhile(
    three: tuple[Instance, Instance, Instance], act: str, visibility: Visibility
) -> None:
    transport, health, _ = three
    name = f"{act}_{visibility}"
    _, asked = await question_at_both(transport, health, name, visibility)
    await leaves(health, transport, name)

    tess = await life.signed_in(transport.context, "tess")
    if act == "withdraw":
        await changing.withdraw(transport.context, tess, asked.id)
    else:
        await stewardship.remove(transport.context, tess, asked.id, "Not for here")
    await settle(transport, health)

    assert (await life.post_at(health, asked.uri)).deleted_at is not None
    async with transport.database.reading() as tx:
        told = await deliveries.ledger(tx, asked.id)
    assert {entry.host for entry in told} == {health.host}


@pytest.mark.parametrize("visibility", OF_COMMUNITIES)
async def test_del_24_what_comes_back_does_so_where_people_left_meanwhile(
    three: tuple[Instance, Instance, Instance], visibility: Visibility
) -> None:
    """Who was told to take it away is told to give it back: else one agency shows it less."""
    transport, health, _ = three
    name = f"restored_{visibility}"
    _, asked = await question_at_both(transport, health, name, visibility)
    await leaves(health, transport, name)
    tess = await life.signed_in(transport.context, "tess")
    await stewardship.remove(transport.context, tess, asked.id, "Not for here")
    await settle(transport, health)

    await stewardship.restore(transport.context, tess, asked.id, "It is, after all")
    await settle(transport, health)

    back = await life.post_at(health, asked.uri)
    assert (back.deleted_at, back.visibility) == (None, visibility)
    look = "SELECT title FROM posts WHERE uri = $1"
    assert await life.value(health, look, asked.uri) == "Who has this?"


async def test_del_24_a_thread_for_members_is_unlocked_everywhere(
    three: tuple[Instance, Instance, Instance],
) -> None:
    transport, health, _ = three
    _, asked = await question_at_both(transport, health, "unlocked", Visibility.MEMBERS)
    tess = await life.signed_in(transport.context, "tess")

    await stewardship.lock(transport.context, tess, asked.id, locked=True)
    await settle(transport, health)
    assert (await life.post_at(health, asked.uri)).locked_at is not None
    await stewardship.lock(transport.context, tess, asked.id, locked=False)
    await settle(transport, health)

    assert (await life.post_at(health, asked.uri)).locked_at is None


async def test_del_24_an_edit_does_not_follow_those_who_left(
    three: tuple[Instance, Instance, Instance], clock: TurnedClock
) -> None:
    transport, health, _ = three
    _, asked = await question_at_both(transport, health, "edited", Visibility.MEMBERS)
    await leaves(health, transport, "edited")

    tess = await life.signed_in(transport.context, "tess")
    draft = Draft(title="Changed since", source="Other words")
    clock.turn(timedelta(seconds=5))
    await changing.edit(transport.context, tess, asked.id, draft)
    await settle(transport, health)

    look = "SELECT title FROM posts WHERE uri = $1"
    assert await life.value(transport, look, asked.uri) == "Changed since"
    assert await life.value(health, look, asked.uri) == "Who has this?"


async def test_del_24_nothing_else_is_believed_of_a_community_that_nobody_belongs_to(
    three: tuple[Instance, Instance, Instance],
) -> None:
    transport, health, _ = three
    _, asked = await question_at_both(transport, health, "locked", Visibility.PUBLIC)
    there = await life.finds(health, f"!locked@{transport.host}")
    async with health.database.transaction("test") as tx:
        await tx.execute("DELETE FROM follows WHERE target_id = $1", there.id)

    tess = await life.signed_in(transport.context, "tess")
    await stewardship.lock(transport.context, tess, asked.id, locked=True)
    await settle(transport, health)

    assert (await life.post_at(health, asked.uri)).locked_at is None
    ignored = (
        "SELECT count(*) FROM inbox_events WHERE reason = 'community-without-members-here'"
    )
    assert await life.value(health, ignored) == 1


async def test_del_24_a_blocked_agency_is_told_nothing_even_of_what_it_has(
    three: tuple[Instance, Instance, Instance],
) -> None:
    transport, health, _ = three
    _, asked = await question_at_both(transport, health, "blocked", Visibility.PUBLIC)
    await agencies.block(transport.context, health.host, by=None, reason="A test")
    await settle(transport)
    before = await life.value(transport, "SELECT count(*) FROM deliveries")

    tess = await life.signed_in(transport.context, "tess")
    await changing.withdraw(transport.context, tess, asked.id)

    assert await life.value(transport, "SELECT count(*) FROM deliveries") == before
    async with transport.database.reading() as tx:
        sealed = await stored.find_by_uri(tx, asked.uri)
    assert sealed is not None
    assert sealed.facts.deleted_at is not None
