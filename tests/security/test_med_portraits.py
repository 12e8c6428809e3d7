"""MED and XSS for profiles: pictures and lines of people elsewhere, and those of members."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from yarl import URL

from schemas.records import Actor, AgencyState
from server.services import clearing_media, portraits, profiles
from server.services.errors import Invalid
from server.services.media_forms import LARGEST_PICTURE
from server.services.profiles import Changes
from server.storage import actors
from server.storage.portraits import PortraitKind
from tests import files
from tests.hostile_peer import HostilePeer
from tests.hostile_peer import Reply as Sent
from tests.reading_house import House, TurnedClock, house, stranger

PNG = (("Content-Type", "image/png"),)
AVATAR, HEADER = PortraitKind


@dataclass(kw_only=True)
class World:
    """Health knows a person elsewhere, whose profile shows a picture that a peer has."""

    home: House
    peer: HostilePeer
    person: Actor
    host: str

    def url(self, name: str = "a.png") -> str:
        return self.peer.url("media.localhost", f"/{name}")

    async def shows(self, url: str | None, kind: PortraitKind = AVATAR) -> str | None:
        """Have the person show a picture; give its path here."""
        self.person = replace(self.person, **{kind.value: url})
        async with self.home.context.database.transaction("test") as tx:
            await actors.refresh(tx, self.person, now=self.home.context.now())
        return portraits.path_of(self.home.context, self.person, kind)

    async def path(self, name: str = "a.png", content: bytes = b"") -> str:
        url = self.url(name)
        body = content or files.picture("PNG", size=(900, 700))
        self.peer.tells(url, Sent(headers=PNG, body=body))
        path = await self.shows(url)
        assert path is not None
        return path

    def asked(self, url: str) -> int:
        path = URL(url).path
        return sum(each.target == path for each in self.peer.requests)


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    async with (
        HostilePeer() as peer,
        house(database_url, "health", clock=TurnedClock(), media=tmp_path) as home,
    ):
        agency = await stranger(peer, "agency.localhost", home.context)
        await home.decides(agency.host)
        person = await home.knows(agency.person(home.context, "bo"))
        yield World(home=home, peer=peer, person=person, host=agency.host)


async def test_med_06_a_picture_of_a_profile_is_fetched_once_cut_and_written_anew(
    world: World,
):
    path = await world.path()

    found = [await world.home.get(path) for _ in range(2)]

    assert {each.status for each in found} == {200}
    assert found[0].headers["Content-Type"] == "image/png"
    assert found[0].headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    with Image.open(io.BytesIO(found[0].body)) as picture:
        assert picture.size == (400, 400)
    assert world.asked(world.url()) == 1
    assert "signature" not in world.peer.requests[-1].headers


async def test_med_06_only_what_a_profile_shows_is_fetched(world: World):
    path = await world.path()
    *_, number, signature, _ = path.split("/")
    forged = (
        f"/media/portraits/{number}/{'A' * 43}/avatar",
        f"/media/portraits/{int(number) + 1}/{signature}/avatar",
        f"/media/portraits/{number}/{signature}/header",
        f"/media/portraits/{number}/{signature}/other",
        f"/media/portraits/0/{signature}/avatar",
        f"/media/portraits/x/{signature}/avatar",
        f"/media/proxy/{number}/{signature}/picture",
    )

    statuses = [(await world.home.get(each)).status for each in forged]

    assert statuses == [404] * len(forged)
    assert world.asked(world.url()) == 0


async def test_med_06_an_address_is_over_when_the_profile_shows_something_else(world: World):
    before = await world.path()
    after = await world.path("b.png")

    assert (await world.home.get(before)).status == 404
    assert (await world.home.get(after)).status == 200
    assert await world.shows(None) is None
    assert (await world.home.get(after)).status == 404
    assert world.asked(world.url()) == 0


@pytest.mark.parametrize(
    "told",
    [
        Sent(headers=PNG, body=files.HTML),
        Sent(headers=(("Content-Type", "image/svg+xml"),), body=files.SVG),
        Sent(headers=PNG, body=b"x", length=LARGEST_PICTURE + 1),
        Sent(headers=PNG, body=files.picture("PNG")[:50]),
        Sent(status=404),
    ],
)
async def test_med_06_what_is_no_picture_of_a_profile_is_not_asked_for_again(
    world: World, told: Sent
):
    url = world.url()
    world.peer.tells(url, told)
    path = await world.shows(url)
    assert path is not None

    statuses = [(await world.home.get(path)).status for _ in range(3)]

    assert statuses == [404] * 3
    assert world.asked(url) == 1


@pytest.mark.parametrize("blocked", ["agency", "media"])
async def test_dom_03_nothing_of_a_blocked_agency_is_shown(world: World, blocked: str):
    path = await world.path()
    host = world.host if blocked == "agency" else URL(world.url()).authority
    await world.home.decides(host, AgencyState.BLOCKED)

    assert (await world.home.get(path)).status == 404
    assert world.asked(world.url()) == 0


async def test_a_suspended_persons_picture_is_not_shown(world: World):
    path = await world.path()
    async with world.home.context.database.transaction("test") as tx:
        await actors.suspend(tx, world.person.id, now=world.home.context.now())

    assert (await world.home.get(path)).status == 404


async def brought(world: World, content: bytes, kind: PortraitKind = AVATAR) -> Actor:
    member = await world.home.member("mona")
    return await profiles.change(
        world.home.context, member, Changes(), brought={kind: io.BytesIO(content)}
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.HTML, "media-unknown"),
        (files.SVG, "media-unknown"),
        (files.PDF, "portrait-unknown"),
        (b"", "media-empty"),
        (files.picture("PNG")[:80], "media-damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_PICTURE), "media-too-large"),
    ],
)
async def test_med_03_a_file_that_lies_becomes_no_picture_of_a_profile(
    world: World, content: bytes, reason: str
):
    with pytest.raises(Invalid) as refused:
        await brought(world, content)

    assert (refused.value.reason, list(refused.value.fields)) == (reason, ["avatar"])
    folder = world.home.context.settings.media_folder
    assert [each for each in folder.rglob("*") if each.is_file()] == []


@pytest.mark.parametrize(
    ("kind", "size", "cut"),
    [
        (AVATAR, (900, 600), (400, 400)),
        (AVATAR, (60, 40), (40, 40)),
        (AVATAR, (1, 4000), (1, 1)),
        (HEADER, (3000, 3000), (1500, 500)),
        (HEADER, (300, 300), (300, 100)),
    ],
)
async def test_med_01_a_picture_of_a_profile_is_cut_and_says_nothing_beside_its_pixels(
    world: World, kind: PortraitKind, size: tuple[int, int], cut: tuple[int, int]
):
    actor = await brought(world, files.picture(size=size, comment=b"at home"), kind)

    path = portraits.path_of(world.home.context, actor, kind)
    assert path is not None
    found = await world.home.get(path)
    with Image.open(io.BytesIO(found.body)) as picture:
        assert picture.size == cut
        assert not {"exif", "comment"} & set(picture.info)


async def test_what_a_profile_shows_no_longer_is_removed_from_the_disk(world: World):
    first = await brought(world, files.picture())
    second = await brought(world, files.picture(size=(70, 70)))
    folder = world.home.context.settings.media_folder
    assert len([each for each in folder.rglob("*") if each.is_file()]) == 2

    world.home.context.clock.turn(timedelta(hours=25))
    await clearing_media.clear(world.home.context)

    assert len([each for each in folder.rglob("*") if each.is_file()]) == 1
    assert first.avatar is not None
    assert (await world.home.get(URL(first.avatar).path)).status == 404
    assert second.avatar is not None
    assert (await world.home.get(URL(second.avatar).path)).status == 200
