"""A community of a peer with a past of which nobody here has heard, and one of ours in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from server.storage.embedded import Cluster
from server.workers.backfill import fill_due
from tests.door import Sender
from tests.inbox_scene import Scene, done, opened

__all__ = ["Past", "past", "wrapped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """`roads`, a community of far in which sten and ada wrote before bob of ours joined."""

    scene: Scene
    roads: Sender
    sten: Sender
    ada: Sender

    def publishes(self, *threads: dict[str, Any] | str, **more: object) -> None:
        """Let the community's outbox list these."""
        said = {"type": "OrderedCollection", "orderedItems": list(threads)}
        self.scene.peer.publishes(str(self.roads.document["outbox"]), **said, **more)

    async def joins(self) -> None:
        asked = await self.scene.join_elsewhere("bob", self.roads)
        await done(self.scene, self.roads, "Accept", asked)

    async def fills(self) -> None:
        """Fetch what is due, as the worker does."""
        while await fill_due(self.scene.here.context):
            pass

    async def uris(self) -> set[str]:
        return {row[0] for row in await self.scene.fetch("SELECT uri FROM posts")}

    async def fill(self, root: str) -> tuple[str, str]:
        """Give the state of a thread and the reason for it."""
        [row] = await self.scene.fetch(
            "SELECT state, reason FROM fills WHERE root_uri = $1", root
        )
        return row[0], row[1]


@pytest.fixture
async def past(cluster: Cluster) -> AsyncIterator[Past]:
    async with opened(cluster) as scene:
        await scene.here.member("bob")
        sten = scene.sender("far", "sten")
        group = scene.group("far", "roads", sten)
        told = group.document | {"outbox": f"{group.uri}/outbox"}
        scene.peer.publishes(group.uri, **told)
        yield Past(
            scene=scene,
            roads=replace(group, document=told),
            sten=sten,
            ada=scene.sender("health", "ada"),
        )


def wrapped(past: Past, post: dict[str, Any]) -> dict[str, Any]:
    """Show a post as Lemmy and PieFed list it."""
    create = {"id": f"{post['id']}/create", "type": "Create", "actor": post["attributedTo"]}
    announce = {"id": f"{post['id']}/announce", "type": "Announce", "actor": past.roads.uri}
    return announce | {"object": create | {"object": post}}
