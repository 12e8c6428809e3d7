"""Two agencies of which one is killed at one fault point after the other, and its people."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic

import aiohttp

from schemas.records import AgencyState, Role
from server.services import communities, people
from server.storage import agencies
from server.storage.database import Database
from server.storage.embedded import Cluster
from tests.instance import PASSWORD, Answer, Browser, FileHand, Instance, running, settle
from tests.stories import life
from tests.stories.nursery import Mortal, SharedClock, mortal

_PATIENCE = 60.0
_GLANCE = 0.02
_DEATH = 10.0  # seconds that a loop has to come to its fault point
#: Leases have run out by then, and a breaker that the dead one opened elsewhere.
_AFTER_A_DEATH = timedelta(minutes=45)

_POSTS = (
    "SELECT p.uri, p.kind, p.title, p.html, p.edited_at, p.deleted_by, p.reason, "
    "p.locked_at IS NOT NULL, p.pinned_at IS NOT NULL FROM posts p JOIN actors c "
    "ON c.id = p.community_id WHERE c.name IN ('reviews', 'library') ORDER BY p.uri"
)
_MARKS = (
    "SELECT m.uri, m.helpful, m.category, m.note, m.accepts FROM marks m ORDER BY m.uri",
    """SELECT q.uri, a.uri, c.uri FROM accepted_answers c JOIN posts q ON q.id = c.question_id
    JOIN posts a ON a.id = c.answer_id ORDER BY 1, 2""",
    """SELECT c.uri, a.uri FROM stewards s JOIN actors c ON c.id = s.community_id
    JOIN actors a ON a.id = s.actor_id WHERE EXISTS (SELECT FROM follows f
    JOIN actors p ON p.id = f.follower_id WHERE f.target_id = c.id AND f.state = 'accepted'
    AND p.local <> c.local) ORDER BY 1, 2""",
    "SELECT display_name, summary FROM actors WHERE name IN ('mia', 'sam') ORDER BY name",
)
_TWICE = (
    """SELECT author_id, title, text, count(*) FROM posts WHERE deleted_at IS NULL
    GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    """SELECT member_id, kind, actor_id, post_id, count(*) FROM notifications
    WHERE post_id IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    "SELECT reporter_id, post_id, count(*) FROM reports GROUP BY 1, 2 HAVING count(*) > 1",
)
_LOST = (
    "SELECT type, actor_uri, reason FROM inbox_events WHERE state = 'parked'",
    "SELECT inbox, last_reason FROM deliveries WHERE state IN ('refused', 'expired')",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that somebody does, and the fault points on its way.

    `do` is one try, as a person makes it; `done` is what they look at before another one.
    """

    name: str
    points: tuple[str, ...]
    do: Callable[["Town", str], Awaitable[object]]
    done: Callable[["Town", str], Awaitable[bool]]
    prepare: Callable[["Town"], Awaitable[object]] | None = None


@dataclass(slots=True, kw_only=True)
class Town:
    """`home` is the one that dies; `mia` is its operator's browser, `noa` a newcomer's."""

    home: Mortal
    peer: Instance
    clock: SharedClock
    mia: Browser
    noa: Browser
    order: Sequence[str] = ()
    reached: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        browser = Browser(self.home.origin)
        self.browsers.append(browser)
        return browser

    async def close(self) -> None:
        for browser in self.browsers:
            await browser.client.close()

    async def count(self, of: str, *values: object) -> int:
        sql = "SELECT count(*) FROM"
        return int(await life.value(self.home, f"{sql} {of}", *values))

    async def play(self, step: Step) -> None:
        """Have a step done, however often it is cut short; every point of it is reached."""
        if step.prepare is not None:
            await step.prepare(self)
            await self.calm()
        await self._begin(step.points)
        said: object = None
        for _ in range(2 * len(step.points) + 2):
            if not await self._sees(step):
                with suppress(aiohttp.ClientError):  # what a browser shows as "no connection"
                    said = await step.do(self, step.name)
            await self.calm()
            if await self._sees(step) and await self._has_died_at(step.points):
                return
        missing = set(step.points) - self.reached
        raise AssertionError(
            f"{step.name} is not done, or {missing} not reached; at last: {said}"
        )

    async def start_again(self) -> None:
        """Let what a process does at its start be done now, on the way to the same end."""
        await self.home.end()
        await self.home.live(fault=self.home.armed)

    async def calm(self) -> None:
        """Wait until nothing is on its way, giving the dead new lives meanwhile."""
        deadline = monotonic() + _PATIENCE
        while True:
            await self._revive()
            await self.home.nudge()
            settling = asyncio.ensure_future(settle(self.home, self.peer, patience=_PATIENCE))
            dying = asyncio.ensure_future(self.home.ended())
            done, _ = await asyncio.wait({settling, dying}, return_when=asyncio.FIRST_COMPLETED)
            for each in {settling, dying} - done:
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each
            if dying not in done:
                await settling
                return
            with suppress(AssertionError, asyncio.CancelledError):
                await settling
            assert monotonic() < deadline, self.home.log.read_text()[-3000:]

    async def is_the_same_everywhere(self) -> None:
        """Compare all that both agencies know, and find nothing twice and nothing lost."""
        for sql in (_POSTS, *_MARKS):
            here, there = [await life.rows(each, sql) for each in (self.home, self.peer)]
            assert here == there, set(here) ^ set(there)
        here = await life.edges(self.home, self.peer.host)
        there = await life.edges(self.peer, self.home.host)
        assert here == there, set(here) ^ set(there)
        for each in (self.home, self.peer):
            for sql in (*_TWICE, *_LOST):
                assert await life.rows(each, sql) == []

    async def _begin(self, points: tuple[str, ...]) -> None:
        start = self.order.index(points[0])
        self.order = self.order[start:]
        wanted = next((each for each in points if each not in self.reached), "")
        if wanted and self.home.armed != wanted:
            await self.home.end()
            await self.home.live(fault=wanted)

    async def _revive(self) -> None:
        died = not self.home.alive
        while not self.home.alive:
            assert await self.home.ended() == -signal.SIGKILL, self.home.log.read_text()[-3000:]
            self.reached.add(self.home.armed)
            left = (each for each in self.order if each not in self.reached)
            await self.home.live(fault=next(left, ""))
        if died:
            self.clock.turn(_AFTER_A_DEATH)

    async def _sees(self, step: Step) -> bool:
        try:
            return await step.done(self, step.name)
        except aiohttp.ClientError:
            return False

    async def _has_died_at(self, points: tuple[str, ...]) -> bool:
        if self.reached.issuperset(points):
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(_DEATH):
                await self.home.ended()
        await self.calm()
        return self.reached.issuperset(points)


async def _admit(database: Database, host: str, clock: SharedClock) -> None:
    async with database.transaction("test") as tx:
        await agencies.decide(
            tx, host, AgencyState.ADMITTED, by=None, reason="", now=clock.now()
        )


async def signs_up(browser: Browser, name: str) -> Answer:
    fields = {"name": name, "display_name": name.title(), "password": PASSWORD}
    return await browser.submit("/sign-up", fields, page="/sign-up")


@asynccontextmanager
async def founded(
    cluster: Cluster, directory: Path, *, first: Sequence[str]
) -> AsyncIterator[Town]:
    """Found the town: mia has joined "reviews" elsewhere, asked, and was answered by pat.

    `first` are the points at which the very first starts of the process end.
    """
    clock = SharedClock(FileHand(directory / "clock"))
    async with (
        running(cluster, "transport", clock=clock) as peer,
        mortal(cluster, "health", clock=clock, registration="open") as home,
    ):
        town = Town(
            home=home,
            peer=peer,
            clock=clock,
            mia=Browser(home.origin),
            noa=Browser(home.origin),
            order=first,
        )
        town.browsers += [town.mia, town.noa]
        try:
            await home.live(fault=first[0])
            await town.calm()
            await _furnish(town)
            yield town
        finally:
            await town.close()


async def _furnish(town: Town) -> None:
    home, peer = town.home, town.peer
    await _admit(home.database, peer.host, town.clock)
    await _admit(peer.database, home.host, town.clock)
    sam = await peer.member("sam", Role.STEWARD)
    await peer.member("pat")
    for name in ("reviews", "archive"):
        await life.opened(peer, sam.actor, name)
    await signs_up(town.mia, "mia")
    async with home.database.transaction("test") as tx:
        await tx.execute("UPDATE members SET role = 'operator'")
    town.kept["password"] = await life.value(home, "SELECT password_hash FROM members")
    reviews = f"reviews@{peer.host}"
    await town.mia.get(f"/find?q=!{reviews}")
    await town.mia.submit(f"/c/{reviews}/join")
    pat = await life.signed_in(peer.context, "pat")
    await communities.join(peer.context, pat, await _id(peer, "reviews"))
    await communities.join(peer.context, pat, await _id(peer, "archive"))
    mia = await life.finds(peer, f"@mia@{home.host}")
    await people.follow(peer.context, await life.signed_in(peer.context, "sam"), mia.id)
    await town.calm()
    await life.asks_in(town.mia, reviews, "How do you review?", "It takes weeks.")
    await town.calm()
    town.kept["question"] = await life.newest(home, "mia")
    await answers(town, town.kept["question"], "Ask what surprised you.")
    await town.calm()
    town.kept["answer"] = await life.newest(home, "pat")
    await town.is_the_same_everywhere()


async def _id(instance: Instance, name: str) -> int:
    return int(await life.value(instance, "SELECT id FROM actors WHERE name = $1", name))


async def answers(town: Town, question: str, words: str) -> None:
    """Let pat, at the peer, answer a question."""
    await life.replies(town.peer, "pat", question, words)
