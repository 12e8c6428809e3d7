"""Servers of other programs, as far as we meet them: documents, manners, refusals."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final

from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    Kind,
    PostFacts,
    Role,
)
from schemas.wire.vocabulary import PUBLIC
from server.services import communities, discovery, posts
from server.services.posts import Draft
from server.storage import agencies
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from server.workers.acquaintance import ask_due
from server.workers.backfill import fill_due
from server.workers.delivery import deliver_forever
from tests.door import KEYS, Sender
from tests.hostile_peer import ACTIVITY_JSON, HostilePeer, Reply, document
from tests.inbox_scene import EARLIER, Outcome, Scene, done, opened
from tests.programs.takers import Document, Taker, anybody, kind_of

Terms = Callable[[str], Document]
_PATIENCE: Final = 20.0
_GLANCE: Final = 0.01
_UNDELIVERED: Final = (
    "SELECT count(*) FROM deliveries WHERE place IN ('new', 'leased', 'first')"
)


def _nothing(_uri: str) -> Document:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a program spells its addresses and documents, and what it takes of ours.

    `reporter` reads the document of whoever reports. The paths have {name} or {number}.
    `group_terms`, `starter_terms` and `reply_terms` give what documents have beside the rest.
    """

    software: str
    takes: Taker
    reporter: Taker = anybody
    person: str = "/u/{name}"
    group: str = "/c/{name}"
    starter: str = "/post/{number}"
    reply: str = "/comment/{number}"
    activity: str = "/activities/{number}"
    shared_inbox: str | None = "/inbox"
    starter_type: str = "Page"
    featured: str = "featured"
    group_terms: Terms = _nothing
    starter_terms: Terms = _nothing
    reply_terms: Terms = _nothing


@dataclass(slots=True, kw_only=True)
class Program:
    """One server of a program, under one name of the peer."""

    scene: Scene
    host: str
    habits: Habits
    seen: int = 0

    def url(self, path: str) -> str:
        return self.scene.peer.url(self.host, path)

    def publish(self, said: Mapping[str, object]) -> None:
        """Have it at its id, for whoever asks."""
        there = {name: each for name, each in said.items() if each is not None}
        self.scene.peer.tells(str(said["id"]), document(there))

    def person(self, name: str, kind: str = "Person", **more: object) -> Sender:
        uri = self.url(self.habits.person.format(name=name))
        return self._actor(uri, name, kind, more)

    def group(self, name: str, *moderators: Sender, **more: object) -> Sender:
        """A community, its moderators listed and its inbox open."""
        uri = self.url(self.habits.group.format(name=name))
        listed = f"{uri}/moderators"
        told = [each.uri for each in moderators]
        self.publish(_collection(listed, told))
        terms: dict[str, object] = {
            "attributedTo": listed,
            "featured": f"{uri}/{self.habits.featured}",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "postingRestrictedToMods": False,
            "summary": "<p>Whoever likes it.</p>",
        }
        terms |= self.habits.group_terms(uri) | more
        for listing in ("featured", "outbox"):
            if terms[listing] is not None:
                self.publish(_collection(terms[listing], []))
        handle = f"{name}@{self.scene.peer.authority(self.host)}"
        self.scene.peer.webfingers(handle, uri)
        return self._actor(uri, name, "Group", terms)

    def _actor(self, uri: str, name: str, kind: str, more: Mapping[str, object]) -> Sender:
        pair = replace(KEYS[0], key_id=f"{uri}#main-key", owner=uri)
        shared = self.habits.shared_inbox
        told: Document = {
            "@context": [
                "https://www.w3.org/ns/activitystreams",
                "https://w3id.org/security/v1",
            ],
            "id": uri,
            "type": kind,
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "publicKey": {"id": pair.key_id, "owner": uri, "publicKeyPem": pair.public_pem},
        }
        if shared is not None:
            told["endpoints"] = {"sharedInbox": self.url(shared)}
            self._opens(self.url(shared))
        self._opens(f"{uri}/inbox")
        told |= more
        self.publish(told)
        return Sender(uri=uri, key=pair, document=told)

    def _opens(self, inbox: str) -> None:
        self.scene.peer.tells(inbox, Reply(status=202))

    # What its people write.

    def starter(self, author: Sender, group: str, title: str, **more: object) -> Document:
        uri = self.url(self.habits.starter.format(number=next(self.scene.numbers)))
        said: Document = {
            "id": uri,
            "type": self.habits.starter_type,
            "attributedTo": author.uri,
            "to": [group, PUBLIC],
            "cc": [],
            "audience": group,
            "name": title,
            "content": f"<p>{title}, at length.</p>",
            "mediaType": "text/html",
            "published": EARLIER,
        }
        said |= self.habits.starter_terms(uri) | more
        self.publish(said)
        return said

    def reply(self, author: Sender, group: str, parent: str, **more: object) -> Document:
        uri = self.url(self.habits.reply.format(number=next(self.scene.numbers)))
        said: Document = {
            "id": uri,
            "type": "Note",
            "attributedTo": author.uri,
            "inReplyTo": parent,
            "to": [group, PUBLIC],
            "cc": [],
            "audience": group,
            "content": "<p>As we do it.</p>",
            "mediaType": "text/html",
            "published": EARLIER,
            "tag": [],
        }
        said |= self.habits.reply_terms(uri) | more
        self.publish(said)
        return said

    def act(self, sender: Sender, kind: str, about: object, **more: object) -> Document:
        """What one of its people does; to everybody and the community, as programs send it."""
        uri = self.url(self.habits.activity.format(number=next(self.scene.numbers)))
        return {"id": uri, "type": kind, "actor": sender.uri, "object": about, **more}

    def created(self, author: Sender, said: Document) -> Document:
        """The Create of what somebody wrote."""
        told = {name: said[name] for name in ("to", "cc") if name in said}
        return self.act(author, "Create", said, **told)

    def ruled(
        self, moderator: Sender, group: Sender, kind: str, about: str, **more: object
    ) -> Any:
        """What a moderator decides in a community of this server's."""
        told = {"to": [PUBLIC], "cc": [group.uri], "audience": group.uri}
        return self.act(moderator, kind, about, **told, **more)

    async def announces(self, group: Sender, inner: object, **more: object) -> Outcome:
        """Have a community of this server's pass something on to us."""
        told = {"to": [PUBLIC], "cc": [f"{group.uri}/followers"], **more}
        return await self.sends(group, self.act(group, "Announce", inner, **told))

    async def sends(self, sender: Sender, activity: Document) -> Outcome:
        return await self.scene.deliver(sender, activity)

    # What we send it.

    async def taken(self) -> list[Document]:
        """Let us deliver; give what came to this server, all of which it must take."""
        await deliver(self.scene)
        requests = self.scene.peer.requests[self.seen :]
        self.seen = len(self.scene.peer.requests)
        authority = self.scene.peer.authority(self.host)
        came = [
            json.loads(each.body)
            for each in requests
            if each.method == "POST" and each.host == authority
        ]
        for activity in came:
            refusals = list(self.habits.takes(activity))
            if activity["type"] == "Flag":
                refusals += self.habits.reporter(await self._fetched(activity["actor"]))
            told = {name: each for name, each in activity.items() if name != "@context"}
            assert refusals == [], (refusals, told)
        return came

    async def _fetched(self, uri: str) -> Document:
        """Fetch something of ours, unsigned, as they do to check who sent what."""
        path = uri.removeprefix(self.scene.here.origin)
        answer = await self.scene.here.browser().get(path, Accept=ACTIVITY_JSON)
        assert answer.status == 200, uri
        told: Document = json.loads(answer.text)
        return told

    async def kinds_taken(self) -> list[str]:
        """Name what came: "Create", or "Announce Create", or "Announce" of an id."""
        return [kind_of(each) for each in await self.taken()]


def _collection(uri: object, entries: list[Any]) -> Document:
    return {
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(entries),
        "orderedItems": entries,
    }


async def deliver(scene: Scene) -> None:
    """Have our workers send what is owed, until nothing is."""
    worker = asyncio.create_task(deliver_forever(scene.here.context))
    deadline = monotonic() + _PATIENCE
    try:
        while (await scene.fetch(_UNDELIVERED))[0][0]:
            scene.here.context.bell.ring("deliveries")
            assert monotonic() < deadline
            await asyncio.sleep(_GLANCE)
    finally:
        worker.cancel()
        await asyncio.wait([worker])


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """We, with Amina who looks after the open plaza and Bob who belongs to it."""

    scene: Scene
    plaza: Community
    hosts: dict[str, Program] = field(default_factory=dict)

    async def amina(self) -> SignedIn:
        return await self.scene.signed_in("amina")

    async def bob(self) -> SignedIn:
        return await self.scene.signed_in("bob")

    @property
    def bob_uri(self) -> str:
        return f"{self.scene.here.origin}/@bob"

    async def meets(self, host: str, habits: Habits) -> Program:
        """Admit a server, and learn which program it runs."""
        program = Program(scene=self.scene, host=host, habits=habits)
        _describe(self.scene.peer, program)
        async with self.scene.here.database.transaction("test") as tx:
            await agencies.decide(
                tx,
                self.scene.peer.authority(host),
                AgencyState.ADMITTED,
                by=None,
                reason="",
                now=self.scene.here.now(),
            )
        await ask_due(self.scene.here.context)
        self.hosts[host] = program
        return program

    async def joins(self, program: Program, group: Sender) -> str:
        """Let Bob find a community by its handle and be let in; give the id of the Follow."""
        name = group.document["preferredUsername"]
        handle = f"!{name}@{self.scene.peer.authority(program.host)}"
        context = self.scene.here.context
        found = await discovery.look_up(context, handle, may_fetch=True)
        assert isinstance(found, Actor)
        assert found.kind is ActorKind.COMMUNITY
        state = await communities.join(context, await self.bob(), found.id)
        assert state is FollowState.ASKED
        [follow] = [each for each in await program.taken() if each["type"] == "Follow"]
        assert follow["object"] == group.uri
        accepted = program.act(group, "Accept", follow, to=[follow["actor"]])
        assert (await program.sends(group, accepted)).state == "done"
        assert await self.scene.edge(self.bob_uri, group.uri) is FollowState.ACCEPTED
        return str(follow["id"])

    async def fills(self) -> None:
        """Fetch what a community elsewhere has, as far as it is due."""
        await fill_due(self.scene.here.context)

    async def titles(self, group: Sender) -> list[str]:
        rows = await self.scene.fetch(
            "SELECT p.title FROM posts p JOIN actors c ON c.id = p.community_id "
            "WHERE c.uri = $1 AND p.parent_id IS NULL AND p.deleted_at IS NULL "
            "ORDER BY p.title",
            group.uri,
        )
        return [row[0] for row in rows]

    async def boosters(self, uri: str) -> list[str]:
        rows = await self.scene.fetch(
            "SELECT a.uri FROM boosts b JOIN actors a ON a.id = b.actor_id "
            "JOIN posts p ON p.id = b.post_id WHERE p.uri = $1 ORDER BY a.uri",
            uri,
        )
        return [row[0] for row in rows]

    async def marks(self, uri: str) -> list[str]:
        """List who said that a post helped, or thanked for it."""
        rows = await self.scene.fetch(
            "SELECT a.uri FROM marks m JOIN actors a ON a.id = m.actor_id "
            "JOIN posts p ON p.id = m.post_id WHERE p.uri = $1 ORDER BY a.uri",
            uri,
        )
        return [row[0] for row in rows]

    async def facts(self, uri: str) -> PostFacts:
        found = await self.scene.facts(uri)
        assert found is not None, uri
        return found

    async def asks(self, community_id: int, title: str) -> PostFacts:
        draft = Draft(title=title, source="We *wonder*. It is for a report.\n\n- one\n- two")
        return await posts.publish_thread(
            self.scene.here.context, await self.bob(), community_id, Kind.QUESTION, draft
        )

    async def answers(self, uri: str, kind: Kind = Kind.ANSWER) -> PostFacts:
        parent = await self.facts(uri)
        return await posts.publish_reply(
            self.scene.here.context,
            await self.bob(),
            parent.id,
            kind,
            Draft(source="Like *so*."),
        )

    async def community_id(self, group: Sender) -> int:
        return int(
            (await self.scene.fetch("SELECT id FROM actors WHERE uri = $1", group.uri))[0][0]
        )


def _describe(peer: HostilePeer, program: Program) -> None:
    origin = program.url("")
    schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
    links = {"links": [{"rel": schema, "href": f"{origin}/nodeinfo/2.1"}]}
    told = {
        "version": "2.1",
        "software": {"name": program.habits.software, "version": "1.0.0"},
        "protocols": ["activitypub"],
        "openRegistrations": False,
    }
    peer.tells(
        f"{origin}/.well-known/nodeinfo", document(links, content_type="application/json")
    )
    peer.tells(f"{origin}/nodeinfo/2.1", document(told, content_type="application/json"))


@asynccontextmanager
async def opened_world(cluster: Cluster) -> AsyncIterator[World]:
    async with opened(cluster) as scene:
        amina = await scene.here.member("amina", Role.MODERATOR)
        await scene.here.member("bob")
        plaza = await scene.community(amina.actor, "plaza")
        await communities.join(scene.here.context, await scene.signed_in("bob"), plaza.id)
        yield World(scene=scene, plaza=plaza)


async def follows_plaza(world: World, program: Program, person: Sender) -> None:
    """Let somebody of a program follow the plaza; they are let in at once."""
    await done(world.scene, person, "Follow", world.plaza.uri)
    assert "Accept Follow" in await program.kinds_taken()
