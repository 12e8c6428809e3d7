"""Clients that listen, and what they are told as it happens, in whichever process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from schemas.records import Role
from server.context import Context
from server.storage import stream, tokens
from server.storage.database import DatabaseAway
from server.storage.stream import Fact

#: Whoever reads more slowly than this many events come is let go, and comes back.
_PATIENCE: Final = 256
#: A client has several windows, and no more connections than these.
MOST_EACH: Final = 16
#: So often it is looked at who may still listen, in seconds (VIS-10).
_GLANCE: Final = 2.0
#: A transaction that took this long to commit is still told of.
_LATEST: Final = timedelta(minutes=1)

_log: Final = structlog.get_logger()

#: What a listener subscribed to, as ("user",) or ("hashtag", "water").
Stream = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event on one stream; `payload` is JSON as text, or an id."""

    stream: Stream
    event: str
    payload: str | None


@dataclass(slots=True, kw_only=True, eq=False)
class Listener:
    """One connection of a member's client; None in the queue ends it."""

    token_id: int
    member_id: int
    role: Role
    streams: set[Stream] = field(default_factory=set)
    queue: "asyncio.Queue[Message | None]" = field(
        default_factory=lambda: asyncio.Queue(_PATIENCE)
    )
    ended: bool = False

    def tell(self, messages: Iterable[Message]) -> None:
        """Hand over events, or let go of whoever has not read those before."""
        for message in messages:
            if self.ended:
                return
            try:
                self.queue.put_nowait(message)
            except asyncio.QueueFull:
                self.end()

    def end(self) -> None:
        """Tell it nothing more; what it was told already is dropped for the end."""
        if self.ended:
            return
        self.ended = True
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


Render = Callable[[Context, Sequence[Fact], Sequence[Listener]], Awaitable[None]]


class Hub:
    """All who listen to one process."""

    def __init__(self) -> None:
        self._listeners: dict[Listener, None] = {}  # in the order in which they came
        self._heard: dict[int, datetime] = {}

    def add(self, listener: Listener) -> None:
        """Take one on; of one token's the oldest ends where there are too many."""
        theirs = [each for each in self._listeners if each.token_id == listener.token_id]
        for each in theirs[: max(0, len(theirs) + 1 - MOST_EACH)]:
            each.end()
        self._listeners[listener] = None

    def remove(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    def close(self) -> None:
        """End all, for the process ends: they come back to another."""
        for each in self._listeners:
            each.end()

    async def listen_forever(self, context: Context, render: Render) -> None:
        """Tell listeners what happens, until cancelled."""
        while True:
            await context.bell.wait("stream", _GLANCE)
            try:
                await self.listen_once(context, render)
            except DatabaseAway:
                _log.warning("stream-database-away")

    async def listen_once(self, context: Context, render: Render) -> None:
        """Look at what happened and at who may still listen; tell those."""
        now = context.now()
        self._heard = {key: at for key, at in self._heard.items() if at >= now - _LATEST}
        async with context.database.reading() as tx:
            facts = await stream.since(tx, now - _LATEST, self._heard)
            listening = {each.token_id for each in self._listeners}
            alive = await tokens.still_good(tx, listening) if listening else frozenset()
        self._heard |= {fact.id: fact.at for fact in facts}
        for each in list(self._listeners):
            if each.token_id not in alive:
                each.end()
        listeners = [each for each in self._listeners if not each.ended]
        if facts and listeners:
            await render(context, facts, listeners)
