"""Clients that listen are told what happens once, and what is theirs (client-api.md 8)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import pytest

from schemas.records import Kind, Role, Visibility
from server.context import BOOST
from server.services import accounts, changing, communities, kudos, posts, silencing
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.streaming import MOST_EACH, Hub, Listener, Message
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

PATH = "/api/v1/streaming"
PATIENCE = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    here: Instance
    clock: TurnedClock
    plaza: int
    vault: int
    amina: Program
    ben: Program


@pytest.fixture(scope="module")
async def hall(cluster: Cluster) -> AsyncIterator[Hall]:
    clock = TurnedClock()
    async with running(cluster, "hall", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        ben = await life.signed_in(here.context, "ben")
        await communities.join(here.context, ben, plaza.id)
        yield Hall(
            here=here,
            clock=clock,
            plaza=plaza.id,
            vault=vault.id,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
        )


@asynccontextmanager
async def listening(
    program: Program, *streams: str, **query: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Listen with the token as the subprotocol, as browsers must."""
    token = program.headers["Authorization"].removeprefix("Bearer ")
    async with program.http.ws_connect(
        program.origin + PATH, protocols=(token,), params=query
    ) as socket:
        assert socket.protocol == token
        for name in streams:
            kind, _, tag = name.partition(" ")
            await socket.send_json({"type": "subscribe", "stream": kind, "tag": tag})
        # An unknown stream is answered in order: after it, all before it are subscribed to.
        await socket.send_json({"type": "subscribe", "stream": "nothing"})
        assert await told(socket) == {"error": "Unknown stream type", "status": 400}
        yield socket


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    found: dict[str, Any] = await socket.receive_json(timeout=PATIENCE)
    if isinstance(found.get("payload"), str) and found["payload"].startswith("{"):
        found["payload"] = orjson.loads(found["payload"])
    return found


async def asks(hall: Hall, community: int, name: str = "amina", title: str = "How?") -> int:
    hall.clock.turn(life.MINUTE)
    member = await life.signed_in(hall.here.context, name)
    draft = Draft(title=title, source="The #river")
    made = await posts.publish_thread(
        hall.here.context, member, community, Kind.QUESTION, draft
    )
    return made.id


async def test_a_thread_of_a_joined_community_comes_as_its_boost(hall: Hall) -> None:
    async with listening(hall.ben, "user", "local", "hashtag River") as socket:
        question = await asks(hall, hall.plaza)

        events = [await told(socket) for _ in range(3)]

    assert [each["stream"] for each in events] == [
        ["user"],
        ["public:local"],
        ["hashtag", "river"],
    ]
    assert {each["event"] for each in events} == {"update"}
    assert events[0]["payload"]["id"] == str(question | BOOST)
    assert events[0]["payload"]["reblog"]["id"] == str(question)
    assert [each["payload"]["id"] for each in events[1:]] == [str(question)] * 2


async def test_what_is_for_members_is_told_to_nobody_else(hall: Hall) -> None:
    async with listening(hall.ben, "user", "public", "hashtag river") as socket:
        await asks(hall, hall.vault)
        question = await asks(hall, hall.plaza)

        first = await told(socket)

    assert first["payload"]["id"] == str(question | BOOST)


async def test_an_author_hears_of_their_own_and_of_what_others_do(hall: Hall) -> None:
    context = hall.here.context
    async with listening(hall.amina, "user", "user:notification") as socket:
        question = await asks(hall, hall.plaza)
        own = await told(socket)
        ben = await life.signed_in(context, "ben")
        await kudos.mark_helpful(context, ben, question, helpful=True)
        news = [await told(socket) for _ in range(2)]

    assert (own["payload"]["id"], own["payload"]["reblog"]) == (str(question), None)
    assert [each["stream"] for each in news] == [["user"], ["user:notification"]]
    assert {(each["event"], each["payload"]["type"]) for each in news} == {
        ("notification", "favourite")
    }


async def test_edits_and_deletions_are_told(hall: Hall) -> None:
    context = hall.here.context
    question = await asks(hall, hall.plaza)
    amina = await life.signed_in(context, "amina")
    async with listening(hall.ben, "user", "public:local", "hashtag river") as socket:
        hall.clock.turn(life.MINUTE)
        await changing.edit(
            context, amina, question, Draft(title="Why?", source="Other #river")
        )
        edited = [await told(socket) for _ in range(3)]
        await changing.withdraw(context, amina, question)
        deleted = [await told(socket) for _ in range(3)]

    assert {each["event"] for each in edited} == {"status.update"}
    assert "Why?" in edited[0]["payload"]["content"]
    assert [(each["event"], each["payload"]) for each in deleted] == [
        ("delete", str(question | BOOST)),
        ("delete", str(question)),
        ("delete", str(question)),
    ]


async def test_what_is_unsubscribed_is_told_no_more(hall: Hall) -> None:
    async with listening(hall.ben, "user", "public", stream="public:local") as socket:
        for name in ("user", "public"):
            await socket.send_json({"type": "unsubscribe", "stream": name})
        await socket.send_str("no json")
        assert (await told(socket))["status"] == 400
        await asks(hall, hall.plaza)

        assert (await told(socket))["stream"] == ["public:local"]


@pytest.mark.parametrize("how", ["suspended", "revoked", "signed out everywhere"])
async def test_vis_10_who_may_no_longer_listens_no_longer(hall: Hall, how: str) -> None:
    context, name = hall.here.context, f"dora_{len(how)}"
    member = await hall.here.member(name)
    dora = await program_of(hall.here, name)
    async with listening(dora, "user") as socket:
        async with context.database.transaction("test") as tx:
            if how == "suspended":
                await accounts.suspend_member(tx, member.id, now=hall.here.now())
            else:
                await tx.execute("DELETE FROM tokens WHERE member_id = $1", member.id)

        message = await socket.receive(timeout=PATIENCE)

    assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await dora.http.ws_connect(dora.origin + PATH, headers=dora.headers)
    assert refused.value.status == 401


async def test_vis_10_who_left_a_community_hears_nothing_from_it(hall: Hall) -> None:
    context = hall.here.context
    await hall.here.member("eli")
    eli = await life.signed_in(context, "eli")
    await communities.join(context, eli, hall.vault)
    program = await program_of(hall.here, "eli")
    async with listening(program, "user", "public") as socket:
        await asks(hall, hall.vault, title="Before")
        before = await told(socket)
        await communities.leave(context, eli, hall.vault)
        await asks(hall, hall.vault, title="After")
        await asks(hall, hall.plaza, title="Elsewhere")

        after = await told(socket)

    assert "Before" in str(before)
    assert (after["stream"], "Elsewhere" in str(after)) == (["public"], True)


async def test_nobody_is_told_of_whom_they_muted(hall: Hall) -> None:
    context = hall.here.context
    await hall.here.member("fred")
    fred = await life.signed_in(context, "fred")
    await communities.join(context, fred, hall.plaza)
    program = await program_of(hall.here, "fred")
    amina = await life.value(hall.here, "SELECT id FROM actors WHERE name = 'amina'")
    await silencing.mute(context, fred, amina)
    async with listening(program, "user", "public") as socket:
        await asks(hall, hall.plaza, title="Unheard")
        await asks(hall, hall.plaza, name="ben", title="Heard")

        assert "Heard" in str((await told(socket))["payload"]["content"])


async def test_one_stream_may_be_read_as_events(hall: Hall) -> None:
    url = f"{hall.here.origin}{PATH}/public/local"
    async with hall.ben.http.get(url, headers=hall.ben.headers) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert await answer.content.readuntil(b"\n\n") == b":)\n\n"
        question = await asks(hall, hall.plaza)
        async with asyncio.timeout(PATIENCE):
            event = await answer.content.readuntil(b"\n\n")

    name, data = event.decode().strip().split("\n")
    assert name == "event: update"
    assert orjson.loads(data.removeprefix("data: "))["id"] == str(question)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 400),
        ("/hashtag", 400),
        ("/health", 200),
        ("?stream=nothing", 400),
    ],
)
async def test_streams_that_there_are_not_are_told_so(
    hall: Hall, path: str, status: int
) -> None:
    assert (await hall.ben.ask("GET", PATH + path)).status == status


async def test_nobody_listens_without_a_token(hall: Hall) -> None:
    guest = Program(hall.here.origin)
    for headers in ({}, {"Sec-WebSocket-Protocol": "x" * 43}):
        assert (await guest.ask("GET", PATH, headers=headers)).status == 401
    await guest.http.close()


def test_a_token_has_so_many_connections_and_the_oldest_ends() -> None:
    hub = Hub()
    many = [Listener(token_id=1, member_id=1, role=Role.MEMBER) for _ in range(MOST_EACH + 1)]
    other = Listener(token_id=2, member_id=1, role=Role.MEMBER)

    for each in (other, *many):
        hub.add(each)

    assert [each.ended for each in (other, *many)] == [False, True, *[False] * MOST_EACH]


def test_who_reads_too_slowly_is_let_go() -> None:
    slow = Listener(token_id=1, member_id=1, role=Role.MEMBER)
    message = Message(stream=("user",), event="delete", payload="1")

    slow.tell([message] * 300)

    assert slow.ended
    seen = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())]
    assert seen[-1] is None
