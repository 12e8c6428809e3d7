"""ACT-01: an author narrows an audience at once; it is widened only on a second look."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.records import Visibility
from schemas.wire.vocabulary import PUBLIC
from server.storage.embedded import Cluster
from tests.inbox_scene import Town, done, ignored, populated

LATER = "2026-03-02T08:30:00Z"
LATEST = "2026-03-02T08:40:00Z"


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def _posted(town: Town, **more: Any) -> dict[str, Any]:
    told = town.scene.post(town.ada, town.plaza.uri, **more)
    await done(town.scene, town.ada, "Create", told)
    return told


def _for_members(town: Town, **more: str) -> dict[str, Any]:
    return {"to": [town.plaza.uri, town.plaza.actor.followers], "updated": LATER} | more


async def _status(town: Town, path: str) -> int:
    return (await town.scene.here.browser().get(path)).status


async def _visibility(town: Town, uri: str) -> Visibility:
    facts = await town.scene.facts(uri)
    assert facts is not None
    return facts.visibility


async def test_act_01_a_guest_reads_no_more_what_its_author_keeps_for_members_now(town):
    told = await _posted(town)
    reply = await _posted(town, reply_to=told["id"])
    facts = await town.scene.facts(told["id"])
    assert await _status(town, f"/p/{facts.id}") == 200

    await done(town.scene, town.ada, "Update", told | _for_members(town))

    assert await _status(town, f"/p/{facts.id}") == 404
    assert await _visibility(town, reply["id"]) is Visibility.MEMBERS


async def test_act_01_what_we_passed_on_before_is_hidden_with_it(town):
    told = await _posted(town)
    about = await town.scene.facts(told["id"])
    sent = "SELECT visibility FROM activities WHERE post_id = $1"
    assert set(await town.scene.fetch(sent, about.id)) == {("public",)}

    edited = told | _for_members(town, content="<p>For us alone.</p>")
    await done(town.scene, town.ada, "Update", edited)

    assert set(await town.scene.fetch(sent, about.id)) == {("members",)}
    update = await town.scene.fetch(
        "SELECT convert_from(document, 'UTF8') FROM activities WHERE post_id = $1 "
        "ORDER BY id DESC LIMIT 1",
        about.id,
    )
    assert "For us alone" in update[0][0]
    assert PUBLIC not in update[0][0]


async def test_act_01_an_older_update_does_not_narrow_a_newer_post(town):
    told = await _posted(town, updated=LATEST)

    await town.scene.send(town.ada, "Update", told | _for_members(town))

    assert await _visibility(town, told["id"]) is Visibility.PUBLIC


async def test_act_01_nobody_else_narrows_a_post(town):
    told = await _posted(town)
    forged = told | _for_members(town) | {"attributedTo": town.nils.uri}

    reason = await ignored(town.scene, town.nils, "Update", forged)

    assert reason == "not-theirs-to-edit"


async def test_act_01_a_post_is_shown_to_more_people_only_when_its_origin_says_so(town):
    told = await _posted(town, **_for_members(town))
    reply = await _posted(town, reply_to=told["id"])
    public = told | {"to": [town.plaza.uri, PUBLIC], "updated": LATEST}

    await town.scene.send(town.ada, "Update", public)
    assert await _visibility(town, told["id"]) is Visibility.MEMBERS

    town.scene.peer.publishes(told["id"], **public)
    await done(town.scene, town.ada, "Update", public)
    assert await _visibility(town, told["id"]) is Visibility.PUBLIC
    assert await _visibility(town, reply["id"]) is Visibility.MEMBERS


async def test_act_01_a_reply_is_not_shown_to_more_people_than_what_it_replies_to(town):
    told = await _posted(town, **_for_members(town))
    reply = await _posted(town, reply_to=told["id"])

    await done(town.scene, town.ada, "Update", reply | {"updated": LATEST})

    assert await _visibility(town, reply["id"]) is Visibility.MEMBERS


async def test_act_01_asking_for_a_wider_audience_of_anothers_post_makes_us_fetch_nothing(town):
    told = await _posted(town, **_for_members(town))
    before = len(town.scene.asked("health"))
    forged = told | {"attributedTo": town.nils.uri, "to": [PUBLIC], "updated": LATEST}

    assert await ignored(town.scene, town.nils, "Update", forged) == "not-theirs-to-edit"
    assert len(town.scene.asked("health")) == before


@pytest.mark.parametrize("origin", ["another-author", "gone"])
async def test_act_01_an_origin_that_does_not_say_so_widens_nothing(town, origin):
    told = await _posted(town, **_for_members(town))
    public = told | {"to": [town.plaza.uri, PUBLIC], "updated": LATEST, "content": "<p>New</p>"}
    if origin == "gone":
        town.scene.withdraws(told["id"])
    else:
        town.scene.peer.publishes(told["id"], **public | {"attributedTo": town.nils.uri})

    await done(town.scene, town.ada, "Update", public)

    assert await _visibility(town, told["id"]) is Visibility.MEMBERS
    assert await town.scene.words(told["id"]) == "<p>New</p>"
