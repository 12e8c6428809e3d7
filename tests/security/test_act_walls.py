"""ACT and VIS: what is written outside communities is taken from its author, and no wider."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from federation.translate.incoming import activity_from
from federation.translate.incoming_posts import post_from
from schemas.records import Role, Visibility
from schemas.wire.vocabulary import PUBLIC
from server.services import discovery, wall_arrivals
from server.services.arrived import Arrived, Ignored
from server.storage.embedded import Cluster
from tests.clients.programs import program_of
from tests.door import Sender
from tests.inbox_scene import Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


def note(town: Town, author: Sender, to: list[str], **more: object) -> dict[str, Any]:
    """Write something of a peer's author in no community, published at its own server."""
    said = town.scene.post(author, PUBLIC, to=to, type="Note", **more)
    for key in ("audience", "name", "postKind"):
        said.pop(key, None)
    town.scene.peer.publishes(said["id"], **said)
    return said


def followers(author: Sender) -> str:
    return f"{author.uri}/followers"


async def visibility(town: Town, uri: str) -> Visibility | None:
    facts = await town.scene.facts(uri)
    return facts.visibility if facts else None


async def test_act_08_a_post_to_nobody_here_is_left_at_the_door(town: Town) -> None:
    said = note(town, town.cleo, [PUBLIC])

    reason = await ignored(town.scene, town.cleo, "Create", said)

    assert reason == "not-for-anybody-here"


async def test_vis_03_what_is_private_comes_from_admitted_agencies_alone(
    town: Town,
) -> None:
    """Also where everybody may knock: the agency lets public posts go everywhere."""
    stranger, here = town.scene.sender("nowhere", "zoe"), town.scene.here
    said = note(town, stranger, [town.bob])

    refused = await town.scene.send(stranger, "Create", said)

    assert (refused.status, refused.refused) == (403, "agency-not-admitted")
    author = await discovery.find_or_fetch_actor(here.context, stranger.uri)
    arrived = Arrived(
        activity=activity_from(town.scene.activity(stranger, "Create", said)),
        document={},
        via=None,
        effect=lambda: here.database.transaction("test"),
        received_at=here.now(),
    )
    with pytest.raises(Ignored, match="not-admitted"):
        await wall_arrivals.receive(
            here.context, arrived, author, post_from(said, now=here.now())
        )


@pytest.mark.parametrize(
    ("to", "cc", "expected"),
    [
        (["{bob}"], [], Visibility.DIRECT),
        (["{followers}"], ["{bob}"], Visibility.MEMBERS),
        ([PUBLIC], ["{bob}"], Visibility.PUBLIC),
    ],
)
async def test_vis_13_whom_it_addresses_may_read_it_and_nobody_for_being_a_moderator(
    town: Town, to: list[str], cc: list[str], expected: Visibility
) -> None:
    names = {"{bob}": town.bob, "{followers}": followers(town.ada)}
    said = note(
        town,
        town.ada,
        [names.get(each, each) for each in to],
        cc=[names.get(each, each) for each in cc],
    )

    await done(town.scene, town.ada, "Create", said)

    facts = await town.scene.facts(said["id"])
    assert facts is not None
    assert (facts.visibility, facts.wall) == (expected, True)
    statuses = {}
    for name, role in (("bob", Role.MEMBER), ("mo", Role.MODERATOR)):
        if name == "mo" and not await town.scene.fetch(
            "SELECT 1 FROM actors WHERE name = 'mo'"
        ):
            await town.scene.here.member(name, role)
        program = await program_of(town.scene.here, name)
        statuses[name] = (await program.ask("GET", f"/api/v1/statuses/{facts.id}")).status
    assert statuses["bob"] == 200
    assert statuses["mo"] == (404 if expected is Visibility.DIRECT else 200)


async def test_vis_14_an_update_shows_a_private_post_to_nobody_else(town: Town) -> None:
    said = note(town, town.ada, [town.bob])
    await done(town.scene, town.ada, "Create", said)
    wider = said | {
        "to": [PUBLIC],
        "content": "<p>Other</p>",
        "updated": "2026-03-02T08:30:00Z",
    }
    town.scene.peer.publishes(said["id"], **wider)

    await done(town.scene, town.ada, "Update", wider)

    assert await visibility(town, said["id"]) is Visibility.DIRECT
    assert await town.scene.words(said["id"]) == "<p>Other</p>"


async def test_act_03_nobody_else_edits_or_deletes_it(town: Town) -> None:
    said = note(town, town.ada, [town.bob])
    await done(town.scene, town.ada, "Create", said)

    reasons = [
        await ignored(town.scene, town.nils, "Delete", said["id"]),
        await ignored(town.scene, town.mallory, "Delete", said["id"]),
    ]

    assert reasons == ["not-through-its-community"] * 2
    await done(town.scene, town.ada, "Delete", said["id"])


async def test_act_08_a_community_passes_on_nothing_of_a_wall(town: Town) -> None:
    said = note(town, town.ada, [PUBLIC, town.bob])
    create = town.scene.published(town.ada, "Create", said)

    reason = await ignored(town.scene, town.roads, "Announce", create)

    assert reason == "post-of-another-community"


async def test_dos_01_a_reply_brings_what_it_replies_to_and_no_more_than_it_may(
    town: Town,
) -> None:
    """Bob follows Nils, who replies at the end of a thread that nobody here knows."""
    above = None
    chain = []
    for number in range(12):
        said = note(town, town.cleo, [PUBLIC], content=f"<p>Part {number}</p>")
        if above is not None:
            said |= {"inReplyTo": above}
            town.scene.peer.publishes(said["id"], **said)
        above = said["id"]
        chain.append(above)
    reply = note(town, town.nils, [PUBLIC, town.bob], reply_to=above)

    await done(town.scene, town.nils, "Create", reply)

    known = [uri for uri in chain if await town.scene.facts(uri) is not None]
    assert known == chain[-8:]
    facts = await town.scene.facts(reply["id"])
    assert facts is not None
    assert facts.parent_uri == above
