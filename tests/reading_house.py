"""An agency that answers GETs, and other agencies that ask it, signed or not."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import aiohttp
import orjson
from yarl import URL

from federation.signatures import sign
from federation.signatures.keys import KeyKind, KeyPair, generate_rsa
from federation.translate.outgoing import agency_document
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Kind,
    PostFacts,
    Visibility,
)
from server import app
from server.config import Settings
from server.context import Context
from server.services import accounts, communities, posts
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import actors, agencies, follows
from server.storage.sessions import SignedIn
from tests.hostile_peer import HostilePeer
from tests.hostile_peer import document as shown
from tests.instance import ACTIVITY_JSON, PASSWORD, Loopback, TurnedClock, cloned

__all__ = ["House", "Reply", "Stranger", "TurnedClock", "cloned", "house"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = orjson.loads(self.body)
        return document

    @property
    def told(self) -> tuple[int, dict[str, str], bytes]:
        """All that one asker could tell from another answer to it; times and ids are noise."""
        noise = {"date", "x-request-id", "content-security-policy"}
        kept = {k.lower(): v for k, v in self.headers.items() if k.lower() not in noise}
        return self.status, kept, self.body


@dataclass(slots=True, kw_only=True)
class House:
    """One of our agencies on a socket, with the calls that fill it."""

    context: Context
    client: aiohttp.ClientSession
    agency: "Stranger"
    members: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return self.context.home.authority

    async def get(self, path: str, asker: "Stranger | None" = None, **headers: str) -> Reply:
        """Ask for a path or a uri of this house, signed where somebody asks."""
        url = self.context.home.origin + path if path.startswith("/") else path
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Accept": ACTIVITY_JSON} | spelt
        if asker is not None:
            sent |= asker.signed(url, self.context)
        async with self.client.get(
            URL(url, encoded=True), headers=sent, allow_redirects=False
        ) as answer:
            return Reply(
                status=answer.status, headers=answer.headers.copy(), body=await answer.read()
            )

    async def member(self, name: str) -> SignedIn:
        if name not in self.members:
            await accounts.add_member(
                self.context, name=name, display_name=name.title(), password=PASSWORD
            )
            self.members[name], _csrf = await accounts.sign_in(
                self.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
            )
        found = await accounts.find_signed_in(self.context, self.members[name])
        assert found is not None
        return found

    async def community(
        self, name: str, steward: str = "mona", *, visibility: Visibility = Visibility.PUBLIC
    ) -> Community:
        draft = CommunityDraft(
            name=name,
            display_name=f"The {name} practitioners",
            summary=f"About {name}",
            charter=f"We talk about {name}.",
            topics=("Field work",),
            join=JoinRule.OPEN,
            visibility=visibility,
        )
        member = (await self.member(steward)).member
        return await communities.open_community(self.context, member.actor, draft)

    async def asks(
        self, community: Community, who: str = "mona", *, title: str = "How so?"
    ) -> PostFacts:
        draft = Draft(source="Some *words* of a question", title=title)
        member = await self.member(who)
        return await posts.publish_thread(
            self.context, member, community.id, Kind.QUESTION, draft
        )

    async def answers(self, question: PostFacts, who: str = "mona") -> PostFacts:
        draft = Draft(source="Some *words* of an answer")
        member = await self.member(who)
        return await posts.publish_reply(self.context, member, question.id, Kind.ANSWER, draft)

    async def decides(self, host: str, state: AgencyState = AgencyState.ADMITTED) -> None:
        async with self.context.database.transaction("test") as tx:
            await agencies.decide(tx, host, state, by=None, reason="", now=self.context.now())

    async def knows(self, actor: Actor) -> Actor:
        async with self.context.database.transaction("test") as tx:
            await actors.add(tx, actor, now=self.context.now())
        return actor

    async def lets_in(self, stranger: "Stranger", community: Community) -> Actor:
        """Let a person of another agency belong to a community of ours."""
        person = await self.knows(stranger.person(self.context, "bo"))
        async with self.context.database.transaction("test") as tx:
            uri = f"{person.uri}#follow-{community.id}"
            now = self.context.now()
            await follows.ask(tx, person.id, community.id, uri, now=now)
            await follows.settle(tx, person.id, community.id, FollowState.ACCEPTED, now=now)
        return person

    async def sql(self, statement: str, *values: object) -> Any:
        async with self.context.database.transaction("test") as tx:
            return await tx.fetchval(statement, *values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Another agency, known by the key with which its own actor signs."""

    key: KeyPair

    @property
    def host(self) -> str:
        return URL(self.key.owner).authority

    def signed(self, url: str, context: Context) -> dict[str, str]:
        return sign(
            method="GET", url=url, headers={}, body=None, key=self.key, now=context.now()
        )

    def person(self, context: Context, name: str) -> Actor:
        origin = str(URL(self.key.owner).origin())
        uri = f"{origin}/@{name}"
        now = context.now()
        return Actor(
            id=context.ids.mint(now),
            uri=uri,
            kind=ActorKind.PERSON,
            name=name,
            host=self.host,
            local=False,
            inbox=f"{uri}/inbox",
            published_at=now,
        )

    def appears_at(self, peer: HostilePeer, context: Context) -> None:
        """Publish the agency's own actor."""
        now = context.now()
        actor = Actor(
            id=1,
            uri=self.key.owner,
            kind=ActorKind.AGENCY,
            name="actor",
            host=self.host,
            local=False,
            inbox=f"{self.key.owner}/inbox",
            outbox=f"{self.key.owner}/outbox",
            published_at=now,
        )
        document = agency_document(actor, [self.key.public])
        peer.tells(self.key.owner, shown(document))


@cache
def _pair(owner: str) -> KeyPair:
    return generate_rsa(f"{owner}#main-key", owner)


async def stranger(peer: HostilePeer, name: str, context: Context) -> Stranger:
    """Make an agency at the peer that shows its key to whoever asks."""
    made = Stranger(key=await asyncio.to_thread(_pair, peer.url(name, "/actor")))
    made.appears_at(peer, context)
    return made


@asynccontextmanager
async def house(
    url: str, name: str, *, clock: TurnedClock | None = None, **settings: object
) -> AsyncIterator[House]:
    """Run an agency over the database at a URL; it does nothing but answer."""
    async with AsyncExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        values: dict[str, object] = {
            "origin": f"http://{name}.localhost:{port}",
            "name": name.title(),
            "database": url,
            "development_networks": "127.0.0.0/8",
            "pool": 4,
        }
        context = await stack.enter_async_context(
            app.running(
                Settings.model_validate(values | settings),
                clock=clock or TurnedClock(),
                parts=app.Parts(work=False, listener=listener),
            )
        )
        client = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Loopback()))
        )
        async with context.database.reading() as tx:
            rings = await actors.signing_keys(tx, {context.agency_id}, now=context.now())
        agency = Stranger(key=rings[context.agency_id][KeyKind.RSA])
        yield House(context=context, client=client, agency=agency)
