"""A peer that has died: nobody waits for it, and when it is back it gets all, in order."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Any

from schemas.records import Community, Role
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life

_PATIENCE = 20.0


class Peer:
    """An inbox that takes a request and says nothing, until it is told to answer again."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.hanging = 0
        self.port = 0
        self._well = asyncio.Event()

    def origin(self, name: str = "mute") -> str:
        return f"http://{name}.localhost:{self.port}"

    def recover(self) -> None:
        """Drop whoever still waits, and answer from now on."""
        self._well.set()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if self._well.is_set():
                await self._take(reader, writer)
            else:
                self.hanging += 1
                await self._well.wait()
        writer.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        self.taken.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def dead_peer() -> AsyncIterator[Peer]:
    peer = Peer()
    server = await asyncio.start_server(peer.meet, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        peer.recover()
        server.close()
        await server.wait_closed()


async def waiting_for(instance: Instance, peer: Peer) -> list[tuple[Any, ...]]:
    """List what waits for the peer: (attempts), oldest first."""
    return await life.rows(
        instance,
        "SELECT attempts FROM deliveries WHERE host = $1 AND state = 'waiting' ORDER BY id",
        f"mute.localhost:{peer.port}",
    )


async def until_hanging(peer: Peer) -> None:
    deadline = monotonic() + _PATIENCE
    while not peer.hanging:
        assert monotonic() < deadline, "nothing was sent to it"
        await asyncio.sleep(0.01)


async def until_heard(instance: Instance, uri: str) -> None:
    deadline = monotonic() + _PATIENCE
    while not await life.rows(instance, "SELECT 1 FROM posts WHERE uri = $1", uri):
        assert monotonic() < deadline, f"{uri} has not arrived"
        await asyncio.sleep(0.01)


async def acquainted(
    transport: Instance, health: Instance, name: str = "road_safety"
) -> tuple[Browser, Community]:
    """Let sam open a community at transport, and asha of health join it."""
    sam = await transport.member_browser(f"sam_{name}", Role.STEWARD)
    asha = await health.member_browser(f"asha_{name}")
    steward = await life.finds(transport, f"@sam_{name}@{transport.host}")
    community = await life.opened(transport, steward, name)
    at = f"{name}@{transport.host}"
    await asha.get(f"/find?q=!{at}")
    await asha.submit(f"/c/{at}/join")
    await settle(transport, health)
    return sam, community


async def test_nobody_waits_for_a_peer_that_never_answers_and_later_it_gets_all_in_order(
    transport: Instance, health: Instance, clock: TurnedClock
) -> None:
    sam, community = await acquainted(transport, health)

    async with dead_peer() as peer:
        await life.joined_from(transport, peer.origin(), community.id)
        first = await life.asks_in(sam, "road_safety", "Number 0", "The first.")
        await until_hanging(peer)
        for number in range(1, 4):
            asked = await life.asks_in(sam, "road_safety", f"Number {number}", "One more.")
            form = {"title": f"Number {number}", "body": "Twice as long.", "act": "save"}
            clock.turn(timedelta(seconds=1))
            edited = await sam.submit(f"{asked.path}/edit", form)
            deleted = await sam.submit(f"{asked.path}/delete")
            assert (asked.status, edited.status, deleted.status) == (200, 200, 200)
        last = await life.asks_in(sam, "road_safety", "Number 4", "The last.")
        uri = await life.newest(transport, "sam_road_safety")
        await until_heard(health, uri)
        owed = await waiting_for(transport, peer)

        assert (first.status, last.status) == (200, 200)
        # All of that happened while the first request to it was still open.
        # Eleven that the community passes on, and each deletion from its author as well.
        assert owed == [(0,)] * 14
        assert peer.taken == []

        peer.recover()
        await settle(transport, health)
        for _ in range(4):
            clock.turn(timedelta(hours=1))
            await settle(transport, health)

        assert await waiting_for(transport, peer) == []
        assert len({each["id"] for each in peer.taken}) == len(peer.taken) == 14
        assert life.by_post(peer.taken) == [
            ["Create"],
            ["Create"],
            *[["Create", "Update", "Delete", "Delete"]] * 3,
        ]


async def test_many_that_never_answer_hold_up_nobody_however_many_senders_there_are(
    transport: Instance, health: Instance
) -> None:
    sam, community = await acquainted(transport, health, "night_shifts")
    silent = transport.context.settings.senders + 8

    async with dead_peer() as peer:
        for number in range(silent):
            await life.joined_from(transport, peer.origin(f"mute{number}"), community.id)
        for number in range(3):
            await life.asks_in(sam, "night_shifts", f"Number {number}", "Who is there?")
            await until_heard(health, await life.newest(transport, "sam_night_shifts"))

        # Each of them has one delivery that it has not answered, and no second one.
        on_the_way = await life.rows(
            transport,
            "SELECT host, count(*) FROM deliveries WHERE place = 'leased' "
            "AND host LIKE 'mute_%' GROUP BY host",
        )
        assert [number for _, number in on_the_way] == [1] * silent
        assert peer.taken == []
