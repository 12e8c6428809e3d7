"""An instance with communities of its own, and peers that send its inbox whatever they like."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import aiohttp

from federation.session import OutgoingLimits
from federation.signatures import sign
from schemas.records import (
    Actor,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Kind,
    PostFacts,
    Role,
    Visibility,
)
from schemas.wire.vocabulary import PUBLIC
from server import app
from server.services import accounts, communities, discovery, posts
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import actors, agencies, follows
from server.storage import posts as stored
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from server.workers.inbox import process_due
from tests.browser import PASSWORD
from tests.door import KEYS, Sender, actor_document
from tests.hostile_peer import ACTIVITY_JSON, HostilePeer, document
from tests.instance import Instance, TurnedClock, running

EARLIER = "2026-03-02T08:00:00Z"  # an hour before the clock's start
ADMITTED = ("health", "evil", "far", "parks")
#: Everything but what we noted of others: actors may be fetched without any effect.
TABLES = (
    "accepted_answers",
    "activities",
    "communities",
    "deliveries",
    "follows",
    "marks",
    "notifications",
    "poll_choices",
    "poll_votes",
    "polls",
    "posts",
    "recognitions",
    "removed_posts",
    "reports",
    "revisions",
    "stewards",
    "tombstones",
    "topics",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an activity: the answer at the door, and the event behind it."""

    status: int
    refused: str = ""
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """We, a peer under many names, two communities of ours and one elsewhere."""

    here: Instance
    peer: HostilePeer
    client: aiohttp.ClientSession
    clock: TurnedClock
    numbers: Any = field(default_factory=lambda: count(1))

    # What the peer is.

    def sender(self, host: str, name: str, kind: str = "Person", **said: object) -> Sender:
        """An actor at a host of the peer, published there."""
        uri = self.peer.url(host, f"/@{name}")
        pair = replace(KEYS[0], key_id=f"{uri}#main-key", owner=uri)
        told = actor_document(uri, name, pair, kind) | said
        self.peer.publishes(uri, **told)
        return Sender(uri=uri, key=pair, document=told)

    def group(self, host: str, name: str, *stewards: Sender) -> Sender:
        """A community at a host of the peer, with these stewards."""
        uri = self.peer.url(host, f"/@{name}")
        lists = {each: f"{uri}/{each}" for each in ("followers", "featured")}
        moderators = f"{uri}/moderators"
        self.peer.publishes(
            moderators,
            type="OrderedCollection",
            totalItems=len(stewards),
            orderedItems=[each.uri for each in stewards],
        )
        return self.sender(host, name, "Group", attributedTo=moderators, **lists)

    def post(
        self, author: Sender, community: str, *, reply_to: str | None = None, **more: object
    ) -> dict[str, Any]:
        """Write a post of a peer's author, and publish it at its own server."""
        uri = f"{author.uri}/posts/{next(self.numbers)}"
        said: dict[str, Any] = {
            "id": uri,
            "type": "Article" if reply_to is None else "Note",
            "attributedTo": author.uri,
            "to": [PUBLIC, community],
            "audience": community,
            "postKind": "question" if reply_to is None else "answer",
            "content": "<p>As it was written.</p>",
            "published": EARLIER,
        }
        said |= {"name": "A title"} if reply_to is None else {"inReplyTo": reply_to}
        said |= more
        self.peer.publishes(uri, **said)
        return said

    def activity(self, sender: Sender, kind: str, about: object, **more: object) -> Any:
        """What `sender` does, with any other property of it as a keyword."""
        return sender.activity(kind, about, number=next(self.numbers)) | more

    def published(self, sender: Sender, kind: str, about: object, **more: object) -> Any:
        """An activity that its own server confirms to whoever asks."""
        told = self.activity(sender, kind, about, **more)
        self.peer.publishes(told["id"], **told)
        return told

    def withdraws(self, uri: str) -> None:
        self.peer.tells(uri, document({"id": uri, "type": "Tombstone"}, status=410))

    # What it does to us.

    async def send(self, sender: Sender, kind: str, about: object, **more: object) -> Outcome:
        return await self.deliver(sender, self.activity(sender, kind, about, **more))

    async def deliver(
        self,
        sender: Sender,
        activity: Any,
        *,
        inbox: str = "/inbox",
        patient: bool = True,
    ) -> Outcome:
        """Sign as the sender, post to an inbox of ours, and let it be processed.

        Who is patient waits where we let others ask first (DEL-16).
        """
        body = json.dumps(activity).encode()
        plain = {"Content-Type": ACTIVITY_JSON}
        signed = sign(
            method="POST",
            url=self.here.origin + inbox,
            headers=plain,
            body=body,
            key=sender.key,
            now=self.here.now(),
        )
        port = self.here.origin.rpartition(":")[2]
        async with self.client.post(
            f"http://127.0.0.1:{port}{inbox}",
            data=body,
            headers=plain | signed | {"Host": self.here.host},
        ) as answer:
            text = await answer.text()
            status = answer.status
        if status != 202:
            return Outcome(status=status, refused=json.loads(text)["error"])
        await self.work()
        outcome = await self._outcome(activity)
        if outcome.reason == "not-our-turn" and patient:
            self.clock.turn(timedelta(seconds=61))
            await self.work()
            outcome = await self._outcome(activity)
        return outcome

    async def _outcome(self, activity: Any) -> Outcome:
        rows = await self.fetch(
            "SELECT state, reason FROM inbox_events WHERE actor_uri = $1 AND activity_uri = $2",
            activity["actor"],
            activity["id"],
        )
        return Outcome(status=202, state=str(rows[0][0]), reason=str(rows[0][1]))

    async def work(self) -> None:
        while await process_due(self.here.context):
            pass

    async def state(self) -> dict[str, object]:
        """What is in every table that an activity may change, to the letter."""
        found = {}
        for table in TABLES:
            rows = await self.fetch(
                f"SELECT coalesce(string_agg(t::text, '|' ORDER BY t::text), '') FROM {table} t"  # noqa: S608 -- names of our own
            )
            found[table] = rows[0][0]
        return found

    async def fetch(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        async with self.here.database.reading() as tx:
            return [tuple(row) for row in await tx.fetch(sql, *values)]

    def asked(self, host: str) -> list[str]:
        return [
            each.target for each in self.peer.requests if each.host == self.peer.authority(host)
        ]

    # Who is here.

    async def signed_in(self, name: str) -> SignedIn:
        token, _ = await accounts.sign_in(
            self.here.context, name, PASSWORD, address="127.0.0.1", user_agent="test"
        )
        found = await accounts.find_signed_in(self.here.context, token)
        assert found is not None
        return found

    async def community(self, steward: Actor, name: str, *, private: bool = False) -> Community:
        return await communities.open_community(
            self.here.context,
            steward,
            CommunityDraft(
                name=name,
                display_name=name.title(),
                summary="",
                charter="",
                topics=(),
                join=JoinRule.APPROVAL if private else JoinRule.OPEN,
                visibility=Visibility.MEMBERS if private else Visibility.PUBLIC,
            ),
        )

    async def ask_in(self, community: int, name: str) -> PostFacts:
        """Start a thread as one of ours."""
        return await posts.publish_thread(
            self.here.context,
            await self.signed_in(name),
            community,
            Kind.QUESTION,
            Draft(title="How?", source="Of *ours*."),
        )

    async def join_elsewhere(self, name: str, group: Sender) -> str:
        """Let one of ours ask to belong to a community elsewhere; give the Follow's id."""
        found = await discovery.find_or_fetch_actor(self.here.context, group.uri)
        member = await self.signed_in(name)
        await communities.join(self.here.context, member, found.id)
        async with self.here.database.reading() as tx:
            follow = await follows.find(tx, member.member.id, found.id)
        assert follow is not None
        return follow.uri

    async def suspend(self, uri: str) -> None:
        actor = await discovery.find_or_fetch_actor(self.here.context, uri)
        async with self.here.database.transaction("test") as tx:
            await actors.suspend(tx, actor.id, now=self.here.now())

    async def facts(self, uri: str) -> PostFacts | None:
        async with self.here.database.reading() as tx:
            sealed = await stored.find_by_uri(tx, uri)
        return sealed.facts if sealed else None

    async def words(self, uri: str) -> str:
        return str((await self.fetch("SELECT html FROM posts WHERE uri = $1", uri))[0][0])

    async def edge(self, follower: str, target: str) -> FollowState | None:
        rows = await self.fetch(
            "SELECT f.state FROM follows f JOIN actors a ON a.id = f.follower_id "
            "JOIN actors b ON b.id = f.target_id WHERE (a.uri, b.uri) = ($1, $2)",
            follower,
            target,
        )
        return FollowState(rows[0][0]) if rows else None


@asynccontextmanager
async def opened(
    cluster: Cluster,
    *,
    limits: OutgoingLimits | None = None,
    patience: app.Patience | None = None,
) -> AsyncIterator[Scene]:
    """Open the scene: nobody has done anything yet, four hosts of the peer are admitted."""
    clock = TurnedClock()
    async with (
        HostilePeer() as peer,
        running(
            cluster, "transport", clock=clock, work=False, limits=limits, patience=patience
        ) as here,
        # A line of its own for each request: one that rests may be ended by the other side.
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as client,
    ):
        async with here.database.transaction("test") as tx:
            for host in ADMITTED:
                await agencies.decide(
                    tx,
                    peer.authority(host),
                    AgencyState.ADMITTED,
                    by=None,
                    reason="",
                    now=here.now(),
                )
        yield Scene(here=here, peer=peer, client=client, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The scene with people: who is in which community, and what they said so far.

    Ours: amina, steward of both; bob, who asked. Elsewhere: ada of health, who answered;
    nils, her neighbour at health; mallory of evil. They belong to `plaza`, which is open; to
    `cabinet`, which is for members and asks its steward, only ada does. `roads` of far has
    bob as a member and sten as its steward; cleo of health wrote in it.
    """

    scene: Scene
    plaza: Community
    cabinet: Community
    ada: Sender
    nils: Sender
    mallory: Sender
    cleo: Sender
    sten: Sender
    roads: Sender
    question: PostFacts
    secret: PostFacts
    answer: str
    like: str
    trip: str

    @property
    def bob(self) -> str:
        return f"{self.scene.here.origin}/@bob"


@asynccontextmanager
async def populated(cluster: Cluster) -> AsyncIterator[Town]:
    async with opened(cluster) as scene:
        amina = await scene.here.member("amina", Role.STEWARD)
        await scene.here.member("bob")
        plaza = await scene.community(amina.actor, "plaza")
        cabinet = await scene.community(amina.actor, "cabinet", private=True)
        ada, nils = scene.sender("health", "ada"), scene.sender("health", "nils")
        mallory, cleo = scene.sender("evil", "mallory"), scene.sender("health", "cleo")
        sten = scene.sender("far", "sten")
        roads = scene.group("far", "roads", sten)
        for each in (ada, nils, mallory):
            await done(scene, each, "Follow", plaza.uri)
        await communities.join(scene.here.context, await scene.signed_in("bob"), plaza.id)
        await done(scene, ada, "Follow", cabinet.uri)
        await let_in(scene, cabinet, ada)
        asked = await scene.join_elsewhere("bob", roads)
        await done(scene, roads, "Accept", asked)
        question = await scene.ask_in(plaza.id, "bob")
        answer = scene.post(ada, plaza.uri, reply_to=question.uri)
        await done(scene, ada, "Create", answer)
        trip = scene.post(cleo, roads.uri)
        await done(scene, roads, "Announce", scene.activity(cleo, "Create", trip))
        like = scene.activity(ada, "Like", question.uri)
        assert (await scene.deliver(ada, like)).state == "done"
        yield Town(
            scene=scene,
            plaza=plaza,
            cabinet=cabinet,
            ada=ada,
            nils=nils,
            mallory=mallory,
            cleo=cleo,
            sten=sten,
            roads=roads,
            question=question,
            secret=await scene.ask_in(cabinet.id, "amina"),
            answer=answer["id"],
            like=like["id"],
            trip=trip["id"],
        )


async def let_in(scene: Scene, community: Community, sender: Sender) -> None:
    follower = await discovery.find_or_fetch_actor(scene.here.context, sender.uri)
    amina = await scene.signed_in("amina")
    await communities.decide_request(
        scene.here.context, amina, community.id, follower.id, let_in=True
    )


async def done(scene: Scene, sender: Sender, kind: str, about: object, **more: object) -> None:
    """Send what has its effect."""
    outcome = await scene.send(sender, kind, about, **more)
    assert outcome == Outcome(status=202, state="done"), (kind, outcome)


async def ignored(
    scene: Scene, sender: Sender, kind: str, about: object, **more: object
) -> str:
    """Send what must have no effect: nothing changes in any table; give the reason."""
    before = await scene.state()
    outcome = await scene.send(sender, kind, about, **more)
    assert (outcome.status, outcome.state) == (202, "ignored"), (kind, outcome)
    assert await scene.state() == before
    return outcome.reason
