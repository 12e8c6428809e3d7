"""An inbox door on a real socket and a real database, and peers that sign what they send."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import aiohttp
from aiohttp.web_app import Application
from aiohttp.web_runner import AppRunner, TCPSite

from federation.session import OutgoingLimits, Session
from federation.signatures import sign
from federation.signatures.keys import KeyPair, generate_rsa
from federation.uris import Home
from schemas.records import Actor, ActorKind, AgencyState
from server import routes
from server.config import Settings
from server.context import Context, Faults, Ids
from server.handlers.activitypub.inbox import DOOR, LARGEST, InboxDoor, receive
from server.middleware import gates
from server.middleware.declarations import Route
from server.middleware.keys import CONTEXT, METRICS
from server.observability import Metrics
from server.storage import actors, agencies
from server.storage.database import Bell, Database, connect
from tests.hostile_peer import ACTIVITY_JSON, HostilePeer, Names, Request, outgoing

PORT: Final = 8100
AUTHORITY: Final = f"transport.localhost:{PORT}"
ORIGIN: Final = f"http://{AUTHORITY}"
INBOXES: Final = ("/inbox", "/c/{name}/inbox", "/@{name}/inbox")

# Making one takes long; whose they are is written on them anew in each test.
KEYS: Final = tuple(generate_rsa("https://nobody.example/#key", "") for _ in range(3))


@dataclass(slots=True)
class HandClock:
    """Stands still until it is turned."""

    moment: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """An actor of a peer; it signs with `key`, whatever its document says."""

    uri: str
    key: KeyPair
    document: dict[str, Any] = field(repr=False)

    def activity(self, kind: str, target: object, *, number: int = 1, **more: object) -> Any:
        return {
            "id": f"{self.uri}/activities/{number}",
            "type": kind,
            "actor": self.uri,
            "object": target,
            **more,
        }

    def follow(self, *, number: int = 1) -> Any:
        return self.activity("Follow", f"{ORIGIN}/c/road-safety", number=number)

    def signing_with(self, key: KeyPair, *, key_id: str | None = None) -> "Sender":
        return replace(self, key=replace(key, key_id=key_id or self.key.key_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """We, with our door open, and one peer that answers under many names."""

    context: Context
    clock: HandClock
    peer: HostilePeer
    door: InboxDoor
    url: str
    client: aiohttp.ClientSession

    @property
    def database(self) -> Database:
        return self.context.database

    def host(self, name: str) -> str:
        return self.peer.authority(name)

    def sender(
        self, host: str = "health", name: str = "ada", *, key: int = 0, published: bool = True
    ) -> Sender:
        """An actor at a host of the peer, published there unless it should not be."""
        uri = self.peer.url(host, f"/@{name}")
        pair = replace(KEYS[key], key_id=f"{uri}#main-key", owner=uri)
        sender = Sender(uri=uri, key=pair, document=actor_document(uri, name, pair))
        if published:
            self.peer.publishes(uri, **sender.document)
        return sender

    async def decide(self, name: str, state: AgencyState = AgencyState.ADMITTED) -> None:
        async with self.database.transaction("test") as tx:
            await agencies.decide(
                tx, self.host(name), state, by=None, reason="", now=self.clock.now()
            )

    async def add_member(self, name: str) -> Actor:
        """A local actor with an inbox of its own."""
        now = self.clock.now()
        actor = Actor(
            id=self.context.ids.mint(now),
            uri=f"{ORIGIN}/@{name}",
            kind=ActorKind.PERSON,
            name=name,
            host=AUTHORITY,
            local=True,
            published_at=now,
        )
        async with self.database.transaction("test") as tx:
            await actors.add(tx, actor, now=now)
        return actor

    async def post(
        self, sender: Sender, activity: Any, *, path: str = "/inbox", **headers: str
    ) -> Answer:
        """Sign an activity as this sender and post it."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        return await self.send(self.signed(sender, body, path=path) | headers, body, path=path)

    def signed(self, sender: Sender, body: bytes, *, path: str = "/inbox") -> dict[str, str]:
        plain = {"Content-Type": ACTIVITY_JSON}
        return plain | sign(
            method="POST",
            url=f"{ORIGIN}{path}",
            headers=plain,
            body=body,
            key=sender.key,
            now=self.clock.now(),
        )

    async def send(
        self, headers: Mapping[str, str], body: Any, *, path: str = "/inbox"
    ) -> Answer:
        async with self.client.post(self.url + path, data=body, headers=headers) as answer:
            text = await answer.text()
            is_ours = answer.content_type == "application/json"
            reason = json.loads(text)["error"] if is_ours and text else ""
            return Answer(status=answer.status, headers=answer.headers.copy(), reason=reason)

    async def fetch(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        async with self.database.reading() as tx:
            return [tuple(row) for row in await tx.fetch(sql, *values)]

    async def arrived(self) -> list[tuple[object, ...]]:
        """Actor, type and activity of what was written down, in order."""
        return await self.fetch(
            "SELECT actor_uri, type, activity_uri FROM inbox_events ORDER BY id"
        )

    async def refusals(self) -> list[tuple[object, ...]]:
        """Whose key, or which origin, is not asked for now, and why."""
        return await self.fetch("SELECT key_id, reason FROM key_refusals ORDER BY key_id")

    def asked(self, name: str) -> Sequence[Request]:
        """What this host of the peer was asked."""
        return [each for each in self.peer.requests if each.host == self.host(name)]


async def until(is_so: Callable[[], Awaitable[object]]) -> None:
    """Wait for something that will be so; fail after five seconds."""
    for _ in range(500):
        if await is_so():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never was so")


def actor_document(uri: str, name: str, pair: KeyPair, kind: str = "Person") -> dict[str, Any]:
    return {
        "id": uri,
        "type": kind,
        "preferredUsername": name,
        "name": name.title(),
        "inbox": f"{uri}/inbox",
        "publicKey": {"id": pair.key_id, "owner": uri, "publicKeyPem": pair.public_pem},
    }


@asynccontextmanager
async def opened(
    database_url: str,
    *,
    most: int = 256,
    limits: OutgoingLimits | None = None,
    **settings: object,
) -> AsyncIterator[House]:
    """Open the door; `most` requests fit in."""
    clock = HandClock()
    async with (
        HostilePeer() as peer,
        connect(database_url, size=4) as database,
        Session(outgoing(limits=limits)) as session,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, resolver=Names(transport__localhost=["127.0.0.1"])
            ),
        ) as client,
    ):
        context = _context(clock, database, session, settings)
        await _found_agency(context)
        door = InboxDoor(context, most=most)
        runner = AppRunner(_application(context, door), access_log=None)
        await runner.setup()
        site = TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield House(
            context=context,
            clock=clock,
            peer=peer,
            door=door,
            url=f"http://127.0.0.1:{port}",
            client=client,
        )
        await runner.cleanup()


def _context(
    clock: HandClock, database: Database, session: Session, settings: dict[str, object]
) -> Context:
    home = Home(ORIGIN)
    return Context(
        settings=Settings(origin=ORIGIN).model_copy(update=settings),
        home=home,
        clock=clock,
        ids=Ids(1),
        database=database,
        bell=Bell("", ()),
        session=session,
        faults=Faults(""),
        agency_id=1,
        moderation_id=2,
    )


async def _found_agency(context: Context) -> None:
    """Give the agency's own actor, which signs what we fetch, a row and its key."""
    home = context.home
    actor = Actor(
        id=context.agency_id,
        uri=home.agency,
        kind=ActorKind.AGENCY,
        name="actor",
        host=home.authority,
        local=True,
        published_at=context.now(),
    )
    key = replace(KEYS[2], key_id=f"{home.agency}#main-key", owner=home.agency)
    async with context.database.transaction("test") as tx:
        if await actors.add(tx, actor, now=context.now()):
            await actors.add_key_pair(tx, actor.id, key, now=context.now())


def _application(context: Context, door: InboxDoor) -> Application:
    application = Application()
    application[CONTEXT] = context
    application[METRICS] = Metrics()
    application[DOOR] = door
    gates.install(application)
    routes.register(
        application,
        tuple(
            Route(
                method="POST",
                path=path + slash,
                handler=receive,
                door="activitypub",
                audience="signed",
                body=LARGEST,
            )
            for path in INBOXES
            for slash in ("", "/")
        ),
    )
    return application
