"""What stewards and authors take away is gone everywhere, and comes back where it may."""

import json
from typing import Any
from zlib import crc32

import pytest

from schemas.records import Community, Role
from server.storage import received
from server.storage.received import Arrival
from tests.instance import Browser, Instance, TurnedClock, settle
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]


class Story:
    """A community at transport; its steward is at health, and who writes is at treasury."""

    community: Community
    steward: Browser
    author: Browser
    everybody: Agencies

    def __init__(self, name: str, everybody: Agencies) -> None:
        self.name = name
        self.everybody = everybody
        self.transport, self.health, self.treasury = everybody
        self.at = f"{name}@{self.transport.host}"

    async def begin(self) -> None:
        transport, health, treasury = self.everybody
        self.founder = await transport.member_browser(f"founder_{self.name}", Role.STEWARD)
        founder = await life.finds(transport, f"@founder_{self.name}@{transport.host}")
        self.community = await life.opened(transport, founder, self.name)
        self.steward = await health.member_browser(f"steward_{self.name}")
        self.author = await treasury.member_browser(f"author_{self.name}")
        for browser in (self.steward, self.author):
            await self.joins(browser)
        handle = f"@steward_{self.name}@{health.host}"
        named = await self.founder.submit(
            f"/c/{self.name}/stewards", {"handle": handle, "act": "add"}
        )
        assert named.status == 200
        await self.calm()

    async def joins(self, browser: Browser) -> None:
        await browser.get(f"/find?q=!{self.at}")
        await browser.submit(f"/c/{self.at}/join")
        await self.calm()

    async def calm(self) -> None:
        await settle(*self.everybody)

    async def asks(self, title: str = "How do you count crashes?") -> str:
        await life.asks_in(self.author, self.at, title, "We count *beds*.")
        await self.calm()
        return await life.newest(self.treasury, f"author_{self.name}")

    async def steward_does(self, uri: str, act: str, **fields: str) -> None:
        path = await life.path_at(self.health, uri)
        answer = await self.steward.submit(f"{path}/{act}", fields)
        assert answer.status == 200, answer.text
        await self.calm()

    async def everywhere(self, uri: str) -> dict[str, Any]:
        """Give the first post of a thread, once it is the same at all three."""
        seen = {
            await life.thread_at(browser, uri)
            for browser in (self.founder, self.steward, self.author)
        }
        assert len(seen) == 1, seen
        first: dict[str, Any] = json.loads(seen.pop())[0]
        return first


@pytest.fixture
async def story(agencies: Agencies, request: pytest.FixtureRequest) -> Story:
    story = Story(f"c{crc32(request.node.name.encode())}", agencies)
    await story.begin()
    return story


async def test_what_a_steward_elsewhere_removes_is_gone_everywhere_for_the_same_reason(
    story: Story,
) -> None:
    uri = await story.asks()

    await story.steward_does(uri, "remove", reason="It names a patient")
    removed = await story.everywhere(uri)
    page = await story.author.get(await life.path_at(story.treasury, uri))
    await story.steward_does(uri, "restore", reason="It does not")
    restored = await story.everywhere(uri)

    assert (removed["deletedBy"], removed["reason"]) == ("moderator", "It names a patient")
    assert (removed["title"], removed["html"]) == ("", "")
    assert "It names a patient" in page.text
    assert (restored["deletedBy"], restored["reason"]) == (None, "")
    assert "<em>beds</em>" in restored["html"]


async def test_a_lock_and_a_pin_travel_and_are_taken_back(story: Story) -> None:
    uri = await story.asks()
    at_author = await life.path_at(story.treasury, uri)

    await story.steward_does(uri, "lock", on="yes")
    await story.steward_does(uri, "pin", on="yes")
    closed = await story.everywhere(uri)
    refused = await story.author.submit(f"{at_author}/comment", {"body": "But I must add"})
    await story.steward_does(uri, "lock", on="no")
    await story.steward_does(uri, "pin", on="no")
    opened = await story.everywhere(uri)
    taken = await story.author.submit(f"{at_author}/comment", {"body": "But I must add"})

    assert (closed["locked"], closed["pinned"]) == (True, True)
    assert refused.status == 403
    assert (opened["locked"], opened["pinned"]) == (False, False)
    assert taken.status == 200


async def test_what_its_author_deletes_is_a_tombstone_everywhere_and_stays_one(
    story: Story, clock: TurnedClock
) -> None:
    uri = await story.asks()
    [create] = await sent(story.treasury, "Create", uri)
    at_author = await life.path_at(story.treasury, uri)

    await story.author.submit(f"{at_author}/delete")
    await story.calm()
    deleted = await story.everywhere(uri)
    await arrives(story.transport, create | {"id": f"{create['id']}0"})
    await story.calm()

    assert (deleted["deletedBy"], deleted["title"], deleted["html"]) == ("author", "", "")
    assert await story.everywhere(uri) == deleted
    assert (
        await life.value(story.transport, "SELECT source FROM posts WHERE uri = $1", uri) == ""
    )


async def test_a_create_that_comes_after_its_delete_brings_nothing(story: Story) -> None:
    uri = await story.asks()
    at_author = await life.path_at(story.treasury, uri)
    await story.author.submit(f"{at_author}/delete")
    await story.calm()
    created, deleted = await sent(story.transport, "Announce", uri)
    await forget(story.health, uri)

    await arrives(story.health, deleted | {"id": f"{deleted['id']}0"})
    await story.calm()
    await arrives(story.health, created | {"id": f"{created['id']}0"})
    await story.calm()

    assert created["object"]["type"] == "Create"
    assert deleted["object"]["type"] == "Delete"
    assert await life.rows(story.health, "SELECT id FROM posts WHERE uri = $1", uri) == []
    tombstones = "SELECT uri FROM tombstones WHERE uri = $1"
    assert await life.rows(story.health, tombstones, uri) == [(uri,)]


async def test_a_report_reaches_the_hosts_moderators_without_the_reporters_name(
    story: Story,
) -> None:
    uri = await story.asks()
    reporter = await story.health.member_browser(f"rosa_{story.name}")
    await story.joins(reporter)
    moderator = await story.transport.member_browser(f"mo_{story.name}", Role.MODERATOR)
    path = await life.path_at(story.health, uri)
    form = await reporter.get(f"{path}/report")

    await reporter.submit(f"{path}/report", {"reason": "This is spam", "forward": "yes"})
    await story.calm()
    desk = await moderator.get("/moderation")

    # By its name, once it has told us.
    assert any(known in form.text for known in ("Transport", story.transport.host))
    assert "This is spam" in desk.text
    assert "moderation@" not in desk.text
    assert "rosa" not in desk.text
    [(reported_by, raw)] = await life.rows(
        story.transport,
        "SELECT a.uri, e.raw FROM reports r JOIN posts p ON p.id = r.post_id "
        "JOIN actors a ON a.id = r.reporter_id, inbox_events e "
        "WHERE p.uri = $1 AND e.type = 'Flag' AND position($2::bytea IN e.raw) > 0",
        uri,
        uri.encode(),
    )
    assert reported_by == story.health.context.home.moderation
    assert b"rosa" not in raw


async def sent(instance: Instance, kind: str, about: str) -> list[dict[str, Any]]:
    """Give what an instance sent about a post, oldest first."""
    found = await life.rows(
        instance,
        "SELECT a.document FROM activities a JOIN posts p ON p.id = a.post_id "
        "WHERE a.type = $1 AND p.uri = $2 ORDER BY a.id",
        kind,
        about,
    )
    return [json.loads(document) for (document,) in found]


async def arrives(instance: Instance, document: dict[str, Any]) -> None:
    """Let a verified activity arrive, at whatever time."""
    raw = json.dumps(document).encode()
    async with instance.database.transaction("test") as tx:
        await received.remember(
            tx,
            [
                Arrival(
                    actor_uri=document["actor"],
                    activity_uri=document["id"],
                    type=document["type"],
                    host="",
                    raw=raw,
                    signature_hash=raw[:64] + document["id"].encode(),
                    received_at=instance.now(),
                )
            ],
        )


async def forget(instance: Instance, uri: str) -> None:
    """Make an instance one that has never heard of a post."""
    async with instance.database.transaction("test") as tx:
        await tx.execute("DELETE FROM posts WHERE uri = $1", uri)
        await tx.execute("DELETE FROM tombstones WHERE uri = $1", uri)
