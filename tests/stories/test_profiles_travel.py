"""What somebody says of themselves is seen at the other agency; who decides, is asked."""

import io
import json
from typing import Any
from zlib import crc32

import aiohttp
import pytest
from PIL import Image

from schemas.records import Role
from tests import files
from tests.clients.programs import Program, program_of
from tests.instance import ACTIVITY_JSON, Browser, Instance, settle
from tests.stories import life


class Story:
    """Mia at health, whom Ray at transport follows or wants to; each has a program."""

    mia: Program
    ray: Program
    page: Browser

    def __init__(self, name: str, health: Instance, transport: Instance) -> None:
        self.name = name
        self.health, self.transport = health, transport
        self.handle = f"mia_{name}@{health.host}"

    async def begin(self) -> None:
        await self.health.member(f"mia_{self.name}", Role.STEWARD)
        self.page = await self.transport.member_browser(f"ray_{self.name}")
        self.mia = await program_of(self.health, f"mia_{self.name}")
        self.ray = await program_of(self.transport, f"ray_{self.name}")
        await life.finds(self.transport, f"@{self.handle}")

    async def calm(self) -> None:
        await settle(self.health, self.transport)

    async def follows(self) -> None:
        shown = await self.seen()
        await self.ray.post(f"/api/v1/accounts/{shown['id']}/follow")
        await self.calm()

    async def mine(self) -> Any:
        return await self.mia.get("/api/v1/accounts/verify_credentials")

    async def seen(self) -> Any:
        """Mia as Ray's program sees her."""
        return await self.ray.get("/api/v1/accounts/lookup", acct=self.handle)

    async def relationship(self) -> Any:
        shown = await self.seen()
        [found] = await self.ray.get("/api/v1/accounts/relationships", **{"id[]": shown["id"]})
        return found

    async def changes(self, **fields: str | bytes) -> Any:
        """Mia's program changes what she says of herself."""
        form = aiohttp.FormData()
        for name, value in fields.items():
            if isinstance(value, bytes):
                form.add_field(name, value, filename="mine.jpg")
            else:
                form.add_field(name, value)
        reply = await self.mia.ask("PATCH", "/api/v1/accounts/update_credentials", data=form)
        assert reply.status == 200, reply.body
        await self.calm()
        return reply.json


@pytest.fixture
async def story(health: Instance, transport: Instance, request: pytest.FixtureRequest) -> Story:
    story = Story(f"p{crc32(request.node.name.encode())}", health, transport)
    await story.begin()
    return story


async def test_a_picture_set_at_one_agency_is_seen_at_the_other(story: Story) -> None:
    await story.follows()
    before = await story.seen()

    told = await story.changes(
        avatar=files.picture(size=(900, 600)),
        header=files.picture(size=(1600, 900)),
        avatar_description="Mia at a desk",
    )

    after = await story.seen()
    assert before["avatar"].startswith(f"{story.transport.origin}/avatars/")
    assert after["avatar"].startswith(f"{story.transport.origin}/media/portraits/")
    assert after["avatar_static"] == after["avatar"]
    assert after["avatar_description"] == told["avatar_description"] == "Mia at a desk"
    reply = await story.ray.ask("GET", after["avatar"], headers={})
    assert reply.status == 200
    assert _size(reply.body) == (400, 400)
    page = await story.page.get(f"/@{story.handle}")
    assert story.health.origin + "/media" not in page.text
    assert "/media/portraits/" in page.text


def _size(body: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(body)).size


async def test_a_removed_picture_is_seen_nowhere(story: Story) -> None:
    await story.follows()
    told = await story.changes(avatar=files.picture(size=(500, 500)))
    shown = await story.seen()

    await story.mia.ask("DELETE", "/api/v1/profile/avatar")
    await story.calm()

    gone = await story.seen()
    assert gone["avatar"].startswith(f"{story.transport.origin}/avatars/")
    for address in (told["avatar"], shown["avatar"]):
        assert (await story.ray.ask("GET", address, headers={})).status == 404


async def test_lines_of_a_profile_are_read_at_the_other_agency(story: Story) -> None:
    await story.follows()

    await story.changes(
        **{
            "fields_attributes[0][name]": "Works on",
            "fields_attributes[0][value]": "https://roads.example/",
            "fields_attributes[1][name]": "Floor",
            "fields_attributes[1][value]": "3 <b>",
            "fields_attributes[2][name]": "",
            "fields_attributes[2][value]": "",
        }
    )

    shown = await story.seen()
    assert [each["name"] for each in shown["fields"]] == ["Works on", "Floor"]
    assert 'href="https://roads.example/"' in shown["fields"][0]["value"]
    assert shown["fields"][1]["value"] == "3 &lt;b&gt;"
    page = await story.page.get(f"/@{story.handle}")
    assert "Works on" in page.text


async def test_a_locked_member_accepts_who_asks_from_another_agency(story: Story) -> None:
    await story.changes(locked="true")
    await story.follows()
    waiting = await story.relationship()
    [asking] = await story.mia.get("/api/v1/follow_requests")
    [told] = await story.mia.get("/api/v1/notifications")

    answer = await story.mia.post(f"/api/v1/follow_requests/{asking['id']}/authorize")
    await story.calm()

    assert (waiting["requested"], waiting["following"]) == (True, False)
    assert asking["acct"] == f"ray_{story.name}@{story.transport.host}"
    assert (told["type"], told["account"]["id"]) == ("follow_request", asking["id"])
    assert (answer["followed_by"], answer["requested_by"]) == (True, False)
    settled = await story.relationship()
    assert (settled["requested"], settled["following"]) == (False, True)
    assert await story.mia.get("/api/v1/follow_requests") == []
    assert [each["type"] for each in await story.mia.get("/api/v1/notifications")] == ["follow"]


async def test_a_locked_member_refuses_and_may_be_asked_again(story: Story) -> None:
    await story.changes(locked="true")
    await story.follows()
    [asking] = await story.mia.get("/api/v1/follow_requests")

    await story.mia.post(f"/api/v1/follow_requests/{asking['id']}/reject")
    await story.calm()
    refused = await story.relationship()
    await story.follows()

    assert (refused["requested"], refused["following"]) == (False, False)
    [again] = await story.mia.get("/api/v1/follow_requests")
    assert again["id"] == asking["id"]


async def test_who_unlocks_lets_in_whoever_waits(story: Story) -> None:
    await story.changes(locked="true")
    await story.follows()

    await story.changes(locked="false")

    assert (await story.relationship())["following"]
    assert not (await story.seen())["locked"]


async def test_who_follows_learns_that_a_member_decides_it_now(story: Story) -> None:
    await story.follows()
    before = await story.seen()

    await story.changes(locked="true")

    assert (before["locked"], (await story.seen())["locked"]) == (False, True)


async def test_a_removed_follower_knows_it(story: Story) -> None:
    await story.follows()
    [follower] = await story.mia.get(f"/api/v1/accounts/{(await story.mine())['id']}/followers")

    left = await story.mia.post(f"/api/v1/accounts/{follower['id']}/remove_from_followers")
    await story.calm()

    assert not left["followed_by"]
    assert not (await story.relationship())["following"]


async def test_who_withdraws_a_request_is_no_longer_asking(story: Story) -> None:
    await story.changes(locked="true")
    await story.follows()

    shown = await story.seen()
    await story.ray.post(f"/api/v1/accounts/{shown['id']}/unfollow")
    await story.calm()

    assert await story.mia.get("/api/v1/follow_requests") == []
    assert await story.mia.get("/api/v1/notifications") == []


async def test_a_profile_is_told_as_others_read_it(story: Story) -> None:
    await story.changes(
        avatar=files.picture("PNG", size=(500, 500)),
        avatar_description="Mia",
        locked="true",
        bot="true",
        discoverable="true",
        **{"fields_attributes[0][name]": "Floor", "fields_attributes[0][value]": "3"},
    )

    answer = await story.health.browser().get(f"/@mia_{story.name}", accept=ACTIVITY_JSON)

    document = json.loads(answer.text)
    assert document["type"] == "Service"
    assert document["manuallyApprovesFollowers"] is document["discoverable"] is True
    assert document["indexable"] is False
    assert document["icon"] == {
        "type": "Image",
        "mediaType": "image/png",
        "url": document["icon"]["url"],
        "name": "Mia",
        "summary": "Mia",
    }
    assert document["attachment"] == [{"type": "PropertyValue", "name": "Floor", "value": "3"}]
    shown = await story.seen()
    assert shown["bot"] is False  # nobody has told them yet
