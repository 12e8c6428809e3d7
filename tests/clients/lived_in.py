"""An agency that was lived in: everything that a client can be shown is there once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from schemas.records import Role, Visibility
from server.services import announcing, communities, trending
from server.services.announcing import AnnouncementDraft
from server.storage import boosts
from server.storage.boosts import Boost
from server.storage.embedded import Cluster
from tests import files
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running, settle
from tests.stories import life

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`ben` reads it, `chloe` writes to him; `ids` are what paths name."""

    here: Instance
    ids: dict[str, str]
    ben: Program
    chloe: Program
    guest: Program


@asynccontextmanager
async def lived_in(cluster: Cluster, folder: Path) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with (
        running(cluster, "here", clock=clock, media=folder / "here") as here,
        running(cluster, "away", clock=clock, media=folder / "away") as away,
    ):
        await here.admit(away)
        await away.admit(here)
        steward = await here.member("amina", Role.STEWARD)
        for name in ("ben", "chloe", "eli", "fred"):
            await here.member(name)
        await away.member("dora")
        plaza = await life.opened(here, steward.actor, "plaza")
        vault = await life.opened(here, steward.actor, "vault", visibility=Visibility.MEMBERS)
        await life.opened(here, steward.actor, "harbour")
        for name in ("ben", "chloe"):
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
            await communities.join(here.context, member, vault.id)
        dora = await life.signed_in(away.context, "dora")
        there = await life.finds(away, f"!plaza@{here.host}")
        await communities.join(away.context, dora, there.id)
        await settle(here, away)
        ben = await program_of(here, "ben")
        town = _Town(
            here=here,
            away=away,
            clock=clock,
            ben=ben,
            chloe=await program_of(here, "chloe"),
            amina=await program_of(here, "amina"),
            ids={"plaza": str(plaza.id)},
        )
        await town.talk()
        await town.talk_alone()
        await town.tell_later()
        await town.keep()
        guest = opened(here, Program(here.origin))
        yield Scene(here=here, ids=town.ids, ben=ben, chloe=town.chloe, guest=guest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Town:
    here: Instance
    away: Instance
    clock: TurnedClock
    amina: Program
    ben: Program
    chloe: Program
    ids: dict[str, str]

    async def write(self, program: Program, key: str, status: str, **given: Any) -> None:
        self.clock.turn(HOUR)
        made = await program.post("/api/v1/statuses", status=status, **given)
        self.ids[key] = made["id"]

    async def bring(self, program: Program, content: bytes, **fields: str) -> str:
        form = aiohttp.FormData(fields)
        form.add_field("file", content, filename="a.bin")
        reply = await program.ask("POST", "/api/v2/media", data=form)
        assert reply.status in {200, 202}, reply.body
        return str(reply.json["id"])

    async def talk(self) -> None:
        """Ask, answer here and elsewhere, accept, thank, vote, quote, warn, change."""
        amina, ben, chloe, ids = self.amina, self.ben, self.chloe, self.ids
        picture = await self.bring(ben, files.picture(size=(90, 60)), description="A river")
        await self.write(
            ben,
            "question",
            "@plaza How deep is it?\nThe #river, see https://example.org/a @chloe",
            media_ids=[picture],
        )
        await settle(self.here, self.away)
        uri = await life.value(
            self.here, "SELECT uri FROM posts WHERE id = $1", int(ids["question"])
        )
        remote = await life.replies(
            self.away, "dora", uri, f"Ask **the** harbour, @ben@{self.here.host}."
        )
        await settle(self.here, self.away)
        ids["remote"] = str((await life.post_at(self.here, remote.uri)).id)
        await self.write(
            chloe,
            "answer",
            f"Two metres, @ben, and @dora@{self.away.host} #river https://example.org/a",
            in_reply_to_id=ids["question"],
        )
        await self.write(ben, "accepting", "✅", in_reply_to_id=ids["answer"])
        await self.write(
            amina,
            "comment",
            "Since when? #river https://example.org/a",
            in_reply_to_id=ids["answer"],
        )
        await self.write(
            amina,
            "poll",
            "@plaza Tea or coffee?",
            poll={"options": ["Tea", "Coffee"], "expires_in": 86400 * 7},
        )
        poll = f"/api/v1/polls/{ids['poll']}"
        await ben.post(f"{poll}/votes", choices=["0"])
        await self.write(
            chloe,
            "quote",
            "@plaza See this\nIt was asked before.",
            quoted_status_id=ids["question"],
        )
        await self.write(
            chloe,
            "hidden",
            "@vault See this\nIt was asked outside.",
            quoted_status_id=ids["question"],
        )
        sound = [await self.bring(chloe, each) for each in (files.film(), files.sound())]
        await self.write(
            chloe,
            "warned",
            "@vault Codes\nThey are 1234.",
            spoiler_text="Numbers",
            media_ids=sound,
        )
        self.clock.turn(HOUR)
        await ben.ask(
            "PUT",
            f"/api/v1/statuses/{ids['question']}",
            json={
                "status": "How deep is it here?\nThe #river, at the #bridge, "
                "see https://example.org/a. @chloe"
            },
        )
        for program in (amina, chloe):
            await program.post(f"/api/v1/statuses/{ids['question']}/favourite")
        await ben.post(f"/api/v1/statuses/{ids['answer']}/favourite")
        await settle(self.here, self.away)
        for name in ("amina", "ben", "chloe", "dora", "eli", "fred"):
            found = await life.value(self.here, "SELECT id FROM actors WHERE name = $1", name)
            ids[name] = str(found)
        async with self.here.database.transaction("test") as tx:
            await boosts.add(
                tx,
                Boost(
                    id=self.here.context.ids.mint(self.here.now()),
                    uri=f"{self.away.origin}/boosts/1",
                    actor_id=int(ids["dora"]),
                    post_id=int(ids["question"]),
                    boosted_at=self.here.now(),
                ),
            )

    async def talk_alone(self) -> None:
        """Write outside communities, in private, and pass something on."""
        amina, ben, chloe, ids = self.amina, self.ben, self.chloe, self.ids
        await self.write(ben, "private", "@chloe At noon?", visibility="direct")
        await self.write(
            chloe, "reply", "Gladly, @ben", visibility="direct", in_reply_to_id=ids["private"]
        )
        await self.write(chloe, "alone", "The sun is out", visibility="unlisted")
        await amina.post(f"/api/v1/statuses/{ids['alone']}/reblog")

    async def tell_later(self) -> None:
        """Schedule a post, and announce something."""
        ben = self.ben
        await self.write(
            ben,
            "later",
            "@plaza Tea?",
            poll={"options": ["Yes", "No"], "expires_in": 3600},
            media_ids=[await self.bring(ben, files.picture(size=(60, 40)))],
            scheduled_at=(self.clock.now() + 24 * HOUR).isoformat(),
        )
        announced = await announcing.write(
            self.here.context, AnnouncementDraft(source="No water on Monday, @ben #water")
        )
        moderator = await life.signed_in(self.here.context, "amina")
        await announcing.publish(self.here.context, moderator, announced)
        await ben.ask("PUT", f"/api/v1/announcements/{announced}/reactions/👍")

    async def keep(self) -> None:
        """Keep, follow, list, filter, mute, block; and mark how far one has read."""
        ben, ids = self.ben, self.ids
        ids["picture"] = await self.bring(ben, files.picture(size=(90, 60)))
        await ben.post(f"/api/v1/statuses/{ids['answer']}/bookmark")
        for name in ("chloe", "dora"):
            await ben.post(f"/api/v1/accounts/{ids[name]}/follow")
        await self.chloe.post(f"/api/v1/accounts/{ids['ben']}/follow")
        await ben.post(f"/api/v1/accounts/{ids['chloe']}/note", comment="Knows rivers")
        ids["list"] = (await ben.post("/api/v1/lists", title="Rivers"))["id"]
        await ben.post(
            f"/api/v1/lists/{ids['list']}/accounts", account_ids=[ids["chloe"], ids["dora"]]
        )
        made = await ben.post(
            "/api/v2/filters",
            title="Depths",
            context=["home", "thread"],
            filter_action="warn",
            expires_in=86400,
            keywords_attributes=[{"keyword": "metres", "whole_word": True}],
        )
        ids["filter"], ids["keyword"] = made["id"], made["keywords"][0]["id"]
        named = await ben.post(
            f"/api/v2/filters/{ids['filter']}/statuses", status_id=ids["answer"]
        )
        ids["named"] = named["id"]
        await ben.post(f"/api/v1/accounts/{ids['eli']}/mute", duration=86400)
        await ben.post(f"/api/v1/accounts/{ids['fred']}/block")
        await ben.post("/api/v1/domain_blocks", domain="loud.example")
        await ben.post("/api/v1/tags/river/follow")
        await ben.post("/api/v1/featured_tags", name="river")
        await ben.post(f"/api/v1/statuses/{ids['question']}/pin")
        await ben.post(f"/api/v1/accounts/{ids['chloe']}/endorse")
        await trending.count(self.here.context)
        place = {"last_read_id": ids["answer"]}
        await ben.post("/api/v1/markers", home=place, notifications={"last_read_id": "1"})
        await settle(self.here, self.away)
        ids["notification"] = (await ben.get("/api/v1/notifications"))[0]["id"]
        groups = (await ben.get("/api/v2/notifications"))["notification_groups"]
        ids["group"] = next(
            each["group_key"] for each in groups if each["notifications_count"] > 1
        )
