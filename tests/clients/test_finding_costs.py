"""Finding costs the same few statements, however much there is to be found."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import pytest

from schemas.records import Kind, Role
from server.services import communities, kudos, posts, trending
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.clients.programs import Program, program_of
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

NAMES = ("ben", "chloe", "eli", "fred", "gina")
PATHS = (
    "v1/trends/tags",
    "v1/trends/statuses",
    "v1/trends/links",
    "v2/suggestions",
    "v1/suggestions",
    "v1/directory",
    "v1/timelines/link?url=https://snow.example/",
    "v1/featured_tags",
    "v1/featured_tags/suggestions",
    "v1/followed_tags",
    "v1/endorsements",
    "v1/accounts/{ben}/endorsements",
    "v1/accounts/{ben}/statuses?pinned=true",
    "v1/accounts/familiar_followers?id[]={plaza}&id[]={chloe}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    here: Instance
    clock: TurnedClock
    ids: dict[str, int]
    ben: Program

    async def cost(self) -> dict[str, int]:
        self.clock.turn(life.MINUTE * 60)
        found = {}
        for path in PATHS:
            address = f"/api/{path.format(**self.ids)}"
            assert await self.ben.get(address) != [], path
            found[path] = await counted(self.here, partial(self.ben.get, address))
        return found

    async def add(self, number: int) -> None:
        """Add a thread in which all write, a community that fits, and somebody to find."""
        context = self.here.context
        words = f"#snow{number} #snow https://snow.example/ https://snow.example/{number}"
        members = {name: await life.signed_in(context, name) for name in NAMES}
        draft = Draft(title="Snow?", source=words)
        plaza = self.ids["plaza"]
        thread = await posts.publish_thread(
            context, members["ben"], plaza, Kind.QUESTION, draft
        )
        for name in NAMES[1:]:
            reply = Draft(title="", source=words)
            answer = await posts.publish_reply(
                context, members[name], thread.id, Kind.ANSWER, reply
            )
            thanking = members["eli" if name != "eli" else "fred"]
            await kudos.give_kudos(context, thanking, answer.id, "saved-time", "")
        amina = (await life.signed_in(context, "amina")).member.actor
        await life.opened(self.here, amina, f"harbour{number}")
        await self.ben.post(f"/api/v1/tags/shown{number}/feature")
        await self.ben.post(f"/api/v1/tags/snow{number}/follow")
        await self.ben.post(f"/api/v1/statuses/{thread.id}/pin")
        followed = self.ids[NAMES[1 + number]]
        await self.ben.post(f"/api/v1/accounts/{followed}/follow")
        await self.ben.post(f"/api/v1/accounts/{followed}/endorse")
        await trending.count(context)


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "calm", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        plaza = await life.opened(here, amina.actor, "plaza")
        ids = {"plaza": plaza.id}
        for name in NAMES:
            ids[name] = (await here.member(name)).actor.id
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
        yield Scene(here=here, clock=clock, ids=ids, ben=await program_of(here, "ben"))


async def test_finding_costs_the_same_however_much_is_found(scene: Scene) -> None:
    await scene.add(0)
    little = await scene.cost()
    await scene.add(1)
    await scene.add(2)

    assert await scene.cost() == little
