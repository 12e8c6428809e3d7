"""Two honest agencies with a community between them, and how to see what each of them has."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from schemas.records import Community, Role
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life

COMMUNITY = "road_safety"


@dataclass(slots=True, kw_only=True)
class Pair:
    """`sam` looks after a community at transport; `asha` of health belongs to it."""

    transport: Instance
    health: Instance
    clock: TurnedClock
    sam: Browser
    asha: Browser
    community: Community
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def at(self) -> str:
        """The community as it is named at health."""
        return f"{COMMUNITY}@{self.transport.host}"

    async def settle(self, **turn: float) -> None:
        if turn:
            self.clock.turn(timedelta(**turn))
        await settle(self.transport, self.health)


async def acquainted(transport: Instance, health: Instance, clock: TurnedClock) -> Pair:
    """Let sam open a community at transport, and asha of health join it."""
    await transport.admit(health)
    await health.admit(transport)
    sam = await transport.member_browser("sam", Role.STEWARD)
    asha = await health.member_browser("asha")
    steward = await life.finds(transport, f"@sam@{transport.host}")
    community = await life.opened(transport, steward, COMMUNITY)
    at = f"{COMMUNITY}@{transport.host}"
    await asha.get(f"/find?q=!{at}")
    await asha.submit(f"/c/{at}/join")
    await settle(transport, health)
    return Pair(
        transport=transport,
        health=health,
        clock=clock,
        sam=sam,
        asha=asha,
        community=community,
    )


async def posts_at(instance: Instance) -> list[tuple[Any, ...]]:
    """List every post of the community as it is here, with what was made of it."""
    return await life.rows(
        instance,
        "SELECT p.uri, p.title, p.html, p.edited_at, p.deleted_by FROM posts p "
        "JOIN actors c ON c.id = p.community_id WHERE c.name = $1 ORDER BY p.uri",
        COMMUNITY,
    )
