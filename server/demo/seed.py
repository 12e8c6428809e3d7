"""Play six months of content through the public paths, on a clock that the instances share."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from federation.session import Session
from server.context import FileClock
from server.demo.content import (
    Community,
    Content,
    Event,
    Join,
    Person,
    Thread,
    founder,
)
from server.demo.visitors import Visitor

PASSWORD = "learning from each other"  # noqa: S105 everybody in the demo has the same
_BEFORE = timedelta(days=5)
_PAUSE = timedelta(minutes=31)
_AT_ONCE = 5

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that somebody does, `at` before the demo's now."""

    at: timedelta
    what: str
    do: Callable[[], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Player:
    """Plays content to running instances. `origins` are by agency's key."""

    content: Content
    origins: dict[str, str]
    session: Session
    clock: Path
    now: datetime
    tell: Tell
    appointed: frozenset[str]
    visitors: dict[str, Visitor] = field(default_factory=dict)
    uris: dict[str, str] = field(default_factory=dict)
    pages: dict[tuple[str, str], str] = field(default_factory=dict)

    async def play(self) -> None:
        first = max((thread.at for thread in self.content.threads), default=timedelta())
        self.turn(first + _BEFORE * 2)
        await self._admit_agencies()
        await self._sign_up(first + _BEFORE)
        for community in self.content.communities:
            await self._open(community)
        steps = sorted(self._steps(), key=lambda step: -step.at)
        for number, step in enumerate(steps, 1):
            self.turn(step.at)
            await step.do()
            self.tell(f"{number} of {len(steps)}: {step.what}")

    def turn(self, before_now: timedelta) -> None:
        """Turn the shared clock; it flows on from there, and never goes back."""
        moment = self.now - before_now
        if self.clock.exists():
            moment = max(moment, FileClock(self.clock).now())
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(f"{moment.isoformat()} flowing")
        fresh.replace(self.clock)

    def agency_of(self, name: str) -> str:
        return next(p.agency for p in self.content.people if p.name == name)

    async def _admit_agencies(self) -> None:
        for agency in self.content.agencies:
            moderator = await self._signed_in(agency.moderators[0])
            for other, origin in self.origins.items():
                if other != agency.key:
                    host = origin.partition("://")[2]
                    await moderator.send("/agencies/admit", {"host": host}, page="/agencies")
            self.tell(f"{agency.name} admits the other agencies")

    async def _sign_up(self, before_now: timedelta) -> None:
        waiting = {agency.key: self._newcomers(agency.key) for agency in self.content.agencies}
        while any(waiting.values()):
            self.turn(before_now)
            before_now -= _PAUSE
            now, waiting = (
                [person for people in waiting.values() for person in people[:_AT_ONCE]],
                {key: people[_AT_ONCE:] for key, people in waiting.items()},
            )
            for person in now:
                await self._sign_one_up(person)
            self.tell(f"{len(self.visitors)} of {len(self.content.people)} people have joined")

    def _newcomers(self, agency: str) -> list[Person]:
        return [
            person
            for person in self.content.people
            if person.agency == agency and person.name not in self.appointed
        ]

    async def _sign_one_up(self, person: Person) -> None:
        visitor = Visitor(self.session, self.origins[person.agency], person.name)
        fields = {"name": person.name, "display_name": person.display, "password": PASSWORD}
        await visitor.enter("/sign-up", fields)
        await visitor.send(
            "/settings",
            {
                "display_name": person.display,
                "about": person.about,
                "time_zone": "Europe/London",
                "language": "en",
            },
            page="/settings",
        )
        self.visitors[person.name] = visitor

    async def _signed_in(self, name: str) -> Visitor:
        if name not in self.visitors:
            visitor = Visitor(self.session, self.origins[self.agency_of(name)], name)
            await visitor.enter("/sign-in", {"name": name, "password": PASSWORD})
            self.visitors[name] = visitor
        return self.visitors[name]

    async def _open(self, community: Community) -> None:
        visitor = await self._signed_in(founder(self.content, community).name)
        handle = community.key.replace("-", "_")
        await visitor.send(
            "/communities/new",
            {
                "name": handle,
                "display_name": community.name,
                "summary": community.summary,
                "charter": community.charter,
                "topics": "\n".join(community.topics),
                "join": community.join,
                "visibility": community.audience,
            },
        )
        self.tell(f"{community.name} opens")

    def _steps(self) -> Iterator[Step]:
        for join in self.content.joins:
            yield Step(
                at=join.at,
                what=f"{join.person} joins {join.community}",
                do=partial(self._join, join),
            )
        for thread in self.content.threads:
            yield Step(at=thread.at, what=thread.title, do=partial(self._ask, thread))
            for event in thread.events:
                yield Step(
                    at=event.at,
                    what=f"{event.kind} in {thread.title}",
                    do=partial(self._happen, event, thread),
                )

    async def _community_page(self, visitor: Visitor, key: str) -> str:
        community = next(each for each in self.content.communities if each.key == key)
        host = self.origins[community.agency].partition("://")[2]
        place = (visitor.origin, key)
        if place not in self.pages:
            handle = key.replace("-", "_")
            self.pages[place] = await visitor.find(f"!{handle}@{host}")
        return self.pages[place]

    async def _join(self, join: Join) -> None:
        visitor = await self._signed_in(join.person)
        page = await self._community_page(visitor, join.community)
        community = next(c for c in self.content.communities if c.key == join.community)
        host = await self._signed_in(founder(self.content, community).name)
        if visitor is host:
            return
        await visitor.send(f"{page}/join", {})
        home = await self._community_page(host, join.community)
        if community.join == "approval" and not join.waiting:
            await self._approve(host, home, visitor)
        if not join.waiting:
            await self._until_joined(visitor, page)
        if join.person in community.stewards:
            authority = visitor.origin.partition("://")[2]
            fields = {"handle": f"@{join.person}@{authority}", "act": "add"}
            await host.send(f"{home}/stewards", fields)

    async def _approve(self, steward: Visitor, home: str, visitor: Visitor) -> None:
        async def look() -> str:
            page = (await steward.get(f"{home}/requests")).body.decode()
            _, there, after = page.partition(f"@{visitor.name}")
            return (
                after.partition('name="request" value="')[2].partition('"')[0] if there else ""
            )

        request = await steward.until(look, f"sees {visitor.name} ask to join")
        await steward.send(f"{home}/requests", {"request": request, "act": "approve"})

    async def _until_joined(self, visitor: Visitor, page: str) -> None:
        async def look() -> str:
            seen = (await visitor.get(page)).body.decode()
            return page if f'href="{page}/ask"' in seen else ""

        await visitor.until(look, f"is let in at {page}")

    async def _ask(self, thread: Thread) -> None:
        visitor = await self._signed_in(thread.author)
        page = await self._community_page(visitor, thread.community)
        community = next(c for c in self.content.communities if c.key == thread.community)
        slug = thread.topic if thread.topic in community.topics else ""
        fields = {
            "kind": thread.kind,
            "title": thread.title,
            "body": thread.body,
            "topic": slug_of(slug),
            "act": "post",
        }
        place = await visitor.send(f"{page}/ask", fields)
        self._remember(visitor, thread.key, place)

    def _remember(self, visitor: Visitor, key: str, place: str) -> None:
        page, _, anchor = place.partition("#p")
        number = anchor or page.rpartition("/")[2]
        self.uris[key] = f"{visitor.origin}/p/{number}"

    async def _page_of(self, visitor: Visitor, key: str) -> str:
        """Find a post's page at somebody's own agency: /p/ID."""
        uri = self.uris[key]
        if uri.startswith(visitor.origin + "/"):
            return uri.removeprefix(visitor.origin)
        place = (visitor.origin, key)
        if place not in self.pages:
            thread = key.partition("/")[0]
            self.pages[place] = (
                await visitor.find(uri)
                if thread == key
                else await visitor.find_reply(await self._page_of(visitor, thread), uri)
            )
        return self.pages[place]

    async def _happen(self, event: Event, thread: Thread) -> None:
        visitor = await self._signed_in(event.actor)
        target = await self._page_of(visitor, event.target)
        match event.kind:
            case "answer" | "comment" | "outdated":
                answers = event.kind == "answer" and thread.kind == "question"
                act = "answer" if answers else "comment"
                place = await visitor.send(
                    f"{target}/{act}", {"body": event.text, "act": "post"}
                )
                self._remember(visitor, event.key, place)
            case "kudos":
                await visitor.send(
                    f"{target}/kudos",
                    {"on": "yes", "category": event.category, "note": event.text},
                )
            case "edit":
                whole = event.target == thread.key
                fields = {"body": event.text, "act": "save"}
                if whole:
                    fields |= {"title": thread.title, "topic": slug_of(thread.topic)}
                await visitor.send(f"{target}/edit", fields)
            case "delete" | "remove":
                await visitor.send(f"{target}/{event.kind}", {"reason": event.text})
            case "helpful" | "accept" | "pin" | "lock":
                await visitor.send(f"{target}/{event.kind}", {"on": "yes"})


def slug_of(topic: str) -> str:
    """Write a topic's name as the community does: small letters joined by hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in topic.lower()).split()
    return "-".join(words)
