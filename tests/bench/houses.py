"""Houses: real processes on a durable cluster, and what is in them before they are measured."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from federation.translate import sanitize
from schemas.records import (
    Actor,
    ActorKind,
    AgencyState,
    Community,
    FollowState,
    JoinRule,
    Kind,
    PostFacts,
    Role,
    Visibility,
)
from server import app
from server.config import read_settings
from server.context import Context, SystemClock
from server.services import accounts, communities, discovery, posts
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage import actors, agencies, follows, migrate
from server.storage.embedded import Cluster
from server.storage.sessions import SignedIn
from tests.bench import processes
from tests.bench.load import PEERS
from tests.instance import PASSWORD, TEMPLATE, FileHand, ProcessInstance, process_instance

_GLANCE = 0.01
SOURCE = (
    "We hold the **record-level** data and publish quarterly counts.\n\n"
    "- Suppress every cell under five.\n- Round what is left to three.\n\n"
    "It took two weeks the first time, and an afternoon since."
)
WORDS = sanitize.from_markdown(SOURCE)
_CLOCK = SystemClock()


def now() -> datetime:
    """Say what time it is, as the measured processes see it."""
    return _CLOCK.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A process that runs as it ships, and its use cases for putting things into it."""

    instance: ProcessInstance
    context: Context

    @property
    def pid(self) -> int:
        assert self.instance.process is not None
        return self.instance.process.pid

    @property
    def port(self) -> int:
        return int(self.instance.origin.rpartition(":")[2])

    @property
    def origin(self) -> str:
        return self.instance.origin

    @property
    def host(self) -> str:
        return self.instance.host

    @property
    def inbox(self) -> str:
        return f"{self.origin}/inbox"

    @property
    def memory(self) -> float:
        return processes.resident_mb(self.pid)

    @property
    def cpu(self) -> float:
        return processes.cpu_seconds(self.pid)

    async def value(self, sql: str, *values: object) -> Any:
        async with self.context.database.reading() as tx:
            return await tx.fetchval(sql, *values)

    async def until(self, sql: str, *values: object, patience: float = 30.0) -> float:
        """Wait until a statement answers true; give the moment on the monotonic clock."""
        end = monotonic() + patience
        while not await self.value(sql, *values):
            if monotonic() > end:
                raise TimeoutError(f"{self.instance.name}: never so: {sql}")
            await asyncio.sleep(_GLANCE)
        return monotonic()

    async def has_processed(self) -> float:
        return await self.until(
            "SELECT NOT EXISTS (SELECT FROM inbox_events WHERE state = 'waiting')",
            patience=60.0,
        )

    async def has_sent(self, to: str = "%") -> float:
        """Wait until nothing new is on its way to hosts of a LIKE pattern."""
        return await self.until(
            "SELECT NOT EXISTS (SELECT FROM deliveries WHERE place IN ('new', 'leased') "
            "AND host LIKE $1)",
            to,
            patience=60.0,
        )

    async def member(self, name: str, role: Role = Role.MEMBER) -> SignedIn:
        await accounts.add_member(
            self.context, name=name, display_name=name.title(), password=PASSWORD, role=role
        )
        return await self.signed_in(name)

    async def signed_in(self, name: str) -> SignedIn:
        token, _csrf = await accounts.sign_in(
            self.context, name, PASSWORD, address="127.0.0.1", user_agent="bench"
        )
        found = await accounts.find_signed_in(self.context, token)
        assert found is not None
        return found

    async def community(self, steward: Actor, name: str) -> Community:
        draft = CommunityDraft(
            name=name,
            display_name=f"About {name}",
            summary="What went wrong, and why",
            charter="Be kind.",
            topics=("Near misses",),
            join=JoinRule.OPEN,
            visibility=Visibility.PUBLIC,
        )
        return await communities.open_community(self.context, steward, draft)

    async def ask(self, member: SignedIn, community_id: int, number: int) -> PostFacts:
        draft = Draft(title=f"How do you share counts, part {number}?", source=SOURCE)
        return await posts.publish_thread(
            self.context, member, community_id, Kind.QUESTION, draft
        )

    async def answer(self, member: SignedIn, question_id: int) -> PostFacts:
        return await posts.publish_reply(
            self.context, member, question_id, Kind.ANSWER, Draft(source=SOURCE)
        )

    async def admit(self, *hosts: str) -> None:
        async with self.context.database.transaction("bench") as tx:
            for host in hosts:
                await agencies.decide(
                    tx, host, AgencyState.ADMITTED, by=None, reason="", now=now()
                )

    async def find(self, text: str) -> Actor:
        found = await discovery.look_up(self.context, text, may_fetch=True)
        assert isinstance(found, Actor), f"{text} is not to be found"
        return found

    async def follow(self, community_id: int, followers: Sequence[Actor]) -> None:
        """Let actors elsewhere belong to a community here, without asking anybody."""
        async with self.context.database.transaction("bench") as tx:
            for each in followers:
                uri = f"{each.uri}/follows/{community_id}"
                await follows.ask(tx, each.id, community_id, uri, now=now())
                await follows.settle(tx, each.id, community_id, FollowState.ACCEPTED, now=now())

    async def introduce_peers(self, port: int) -> list[Actor]:
        """Fetch the peers' people, keys and all, as an instance does at the first contact."""
        await self.admit(f"peer.localhost:{port}")
        return [
            await discovery.find_or_fetch_actor(
                self.context, f"http://peer.localhost:{port}/@p{number}"
            )
            for number in range(PEERS)
        ]

    async def add_hosts(self, authorities: Sequence[str]) -> list[Actor]:
        """Know one person at each of many agencies, all admitted, without asking them."""
        await self.admit(*authorities)
        found = [self._person(authority) for authority in authorities]
        async with self.context.database.transaction("bench") as tx:
            for each in found:
                await actors.add(tx, each, now=now())
        return found

    def _person(self, authority: str) -> Actor:
        uri = f"http://{authority}/@p"
        return Actor(
            id=self.context.ids.mint(now()),
            uri=uri,
            kind=ActorKind.PERSON,
            name="p",
            host=authority,
            local=False,
            inbox=f"{uri}/inbox",
            shared_inbox=f"http://{authority}/inbox",
            published_at=now(),
        )


@asynccontextmanager
async def durable_cluster(directory: Path) -> AsyncIterator[tuple[Cluster, Path]]:
    """Run a PostgreSQL that commits to disk, with the migrated template; nothing is left."""
    place = _new_place(directory)
    cluster = Cluster(place / "postgresql")
    places = (cluster.home, place)
    try:
        await asyncio.to_thread(cluster.start)
        await cluster.provision(TEMPLATE)
        await migrate.apply(
            cluster.url(TEMPLATE, f"{TEMPLATE}_owner"),
            app=f"{TEMPLATE}_app",
            audit=f"{TEMPLATE}_audit",
            now=now(),
        )
        yield cluster, place
    finally:
        cluster.stop()
        for each in places:
            shutil.rmtree(each, ignore_errors=True)


def _new_place(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="run-", dir=directory)).absolute()


@asynccontextmanager
async def opened(cluster: Cluster, name: str, directory: Path) -> AsyncIterator[House]:
    """Start a process as it ships: its own clock, the default pool, an empty database."""
    clock = FileHand(directory / "clock")
    async with process_instance(
        cluster, name, directory=directory, clock=clock, clock_file="", pool="10"
    ) as instance:
        settings = read_settings(instance.environment)
        async with app.context_of(settings, supervise=False) as context:
            yield House(instance=instance, context=context)


async def seconds_of_start(house: House) -> float:
    """Stop the process and start it again; say how long until it was ready."""
    await house.instance.stop()
    began = monotonic()
    await house.instance.start()
    return monotonic() - began


async def shown(house: House, uri: str) -> float:
    """Wait until a post is stored at a house; give the moment."""
    return await house.until("SELECT true FROM posts WHERE uri = $1", uri)


async def joined(house: House, name: str, community: str) -> SignedIn:
    """Let a new member join a community elsewhere, and wait until they are let in."""
    member = await house.member(name)
    found = await house.find(community)
    await communities.join(house.context, member, found.id)
    await house.until(
        "SELECT true FROM follows WHERE follower_id = $1 AND state = 'accepted'",
        member.member.actor.id,
    )
    return await house.signed_in(name)
