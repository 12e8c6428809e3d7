"""MED-06: pictures of posts from elsewhere come through us, and nothing else does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from yarl import URL

from schemas.attached import Media, MediaKind
from schemas.records import OF_COMMUNITIES, Actor, AgencyState, Community, Kind, Visibility
from server.services import clearing_media, elsewhere, storing, tickets
from server.services.media_forms import LARGEST_PICTURE
from server.storage import posts
from server.storage.carried import Carried
from server.storage.posts import NewPost
from tests import files
from tests.hostile_peer import HostilePeer, redirect
from tests.hostile_peer import Reply as Sent
from tests.reading_house import House, Reply, TurnedClock, house, stranger

PNG = (("Content-Type", "image/png"),)


@dataclass(kw_only=True)
class World:
    """Health has posts of a person elsewhere, whose pictures a peer shows."""

    home: House
    peer: HostilePeer
    author: Actor
    rooms: dict[Visibility, Community]
    written: dict[str, int] = field(default_factory=dict)

    def url(self, name: str = "a.png") -> str:
        return self.peer.url("media.localhost", f"/{name}")

    async def post(
        self,
        *media: Media,
        visibility: Visibility = Visibility.PUBLIC,
    ) -> int:
        now = self.home.context.now()
        number = self.home.context.ids.mint(now)
        community = self.rooms[visibility]
        new = NewPost(
            id=number,
            uri=f"{self.author.uri}/p/{number}",
            kind=Kind.QUESTION,
            author_id=self.author.id,
            community_id=community.id,
            root_id=number,
            parent_id=None,
            context=None,
            visibility=visibility,
            title="Look",
            source="",
            html="<p>Look</p>",
            text="Look",
            clean_version=1,
            language="en",
            topic=None,
            published_at=now,
            received_at=now,
            carried=Carried(media=media),
        )
        async with self.home.context.database.transaction("test") as tx:
            await storing.store_all(tx, self.home.context, [new])
        return number

    async def shows(self, url: str, **how: Visibility) -> str:
        """Write a post that shows a picture; give its address here."""
        number = await self.post(Media(url=url, kind=MediaKind.IMAGE), **how)
        return elsewhere.path_of(self.home.context, number, url)

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
        yield World(
            home=home,
            peer=peer,
            author=await home.knows(agency.person(home.context, "bo")),
            rooms={
                each: await home.community(f"the_{each.value}", visibility=each)
                for each in OF_COMMUNITIES
            },
        )


async def browse(world: World, path: str, who: str) -> Reply:
    await world.home.member(who)
    url = URL(world.home.context.home.origin + path, encoded=True)
    cookies = {"Cookie": f"session={world.home.members[who]}"}
    async with world.home.client.get(url, headers=cookies) as answer:
        return Reply(status=answer.status, headers=answer.headers, body=await answer.read())


async def test_med_06_a_picture_is_fetched_once_and_written_anew(world: World):
    url = world.url()
    world.peer.tells(url, Sent(headers=PNG, body=files.picture("PNG", size=(900, 700))))
    path = await world.shows(url)

    whole = await world.home.get(path)
    small = await world.home.get(path.replace("/picture", "/preview"))

    assert (whole.status, whole.headers["Content-Type"]) == (200, "image/png")
    assert (small.status, small.headers["Content-Type"]) == (200, "image/webp")
    assert whole.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert world.asked(url) == 1


async def test_med_06_only_what_a_post_shows_is_fetched(world: World):
    url, other = world.url(), world.url("other.png")
    for each in (url, other):
        world.peer.tells(each, Sent(headers=PNG, body=files.picture("PNG")))
    path = await world.shows(url)
    number = path.split("/")[3]
    context = world.home.context
    forged = (
        elsewhere.path_of(context, int(number), other),
        f"/media/proxy/{number}/{'A' * 43}/picture",
        f"/media/proxy/{int(number) + 1}/{path.split('/')[4]}/picture",
        path.replace("/picture", "/other"),
        f"/media/proxy/0/{path.split('/')[4]}/picture",
        f"/media/proxy/x/{path.split('/')[4]}/picture",
        f"{path}?url={other}",
    )

    statuses = [(await world.home.get(each)).status for each in forged]

    assert statuses == [404, 404, 404, 404, 404, 404, 200]
    assert world.asked(other) == 0


async def test_med_06_what_is_no_picture_is_not_linked_to_the_proxy(world: World):
    url = world.url("film.mp4")
    number = await world.post(Media(url=url, kind=MediaKind.VIDEO))

    path = elsewhere.path_of(world.home.context, number, url)

    assert (await world.home.get(path)).status == 404
    assert world.asked(url) == 0


@pytest.mark.parametrize(
    "told",
    [
        Sent(headers=(("Content-Type", "text/html"),), body=files.HTML),
        Sent(headers=PNG, body=files.HTML),
        Sent(headers=(("Content-Type", "image/svg+xml"),), body=files.SVG),
        Sent(headers=PNG, body=files.PDF),
        Sent(headers=PNG, body=b"x", length=LARGEST_PICTURE + 1),
        Sent(headers=PNG, body=files.picture("PNG")[:50]),
        Sent(headers=PNG),
        Sent(status=404),
        Sent(resets=True),
        redirect("http://169.254.169.254/latest"),
    ],
)
async def test_med_06_what_is_no_picture_is_refused_and_not_asked_for_again(
    world: World, told: Sent
):
    url = world.url()
    world.peer.tells(url, told)
    path = await world.shows(url)

    assert (await world.home.get(path)).status == 404
    once = world.asked(url)
    for each in (path, path.replace("/picture", "/preview")):
        assert (await world.home.get(each)).status == 404

    assert world.asked(url) == once
    folder = world.home.context.settings.media_folder
    assert [each for each in folder.rglob("*") if each.is_file()] == []


async def test_med_06_a_silent_origin_is_asked_again_after_an_hour(world: World):
    url = world.url()
    world.peer.tells(url, Sent(status=503))
    path = await world.shows(url)
    assert (await world.home.get(path)).status == 404
    world.peer.tells(url, Sent(headers=PNG, body=files.picture("PNG")))

    world.home.context.clock.turn(timedelta(minutes=61))
    await clearing_media.clear(world.home.context)

    assert (await world.home.get(path)).status == 200


async def test_med_06_an_origin_is_not_asked_too_often(world: World):
    urls = [world.url(f"{number}.png") for number in range(125)]
    number = await world.post(*(Media(url=each, kind=MediaKind.IMAGE) for each in urls))

    statuses = [
        (await world.home.get(elsewhere.path_of(world.home.context, number, each))).status
        for each in urls
    ]

    assert statuses[:120] == [404] * 120
    assert statuses[120:] == [429] * 5


async def test_dom_03_a_blocked_host_shows_nothing(world: World):
    url = world.url()
    world.peer.tells(url, Sent(headers=PNG, body=files.picture("PNG")))
    path = await world.shows(url)
    await world.home.decides(URL(url).authority, AgencyState.BLOCKED)

    assert (await world.home.get(path)).status == 404
    assert world.asked(url) == 0


async def test_vis_12_a_members_picture_from_elsewhere_is_for_members_and_asked_for_signed(
    world: World,
):
    url = world.url()
    world.peer.tells(url, Sent(headers=PNG, body=files.picture("PNG")))
    path = await world.shows(url, visibility=Visibility.MEMBERS)

    assert (await world.home.get(path)).status == 404
    assert (await browse(world, path, "olga")).status == 404
    assert (await browse(world, path, "mona")).status == 200
    ticket = tickets.issue(world.home.context, path.removesuffix("/picture"))
    assert (await world.home.get(f"{path}?ticket={ticket}")).status == 200
    assert all("signature" in each.headers for each in world.peer.requests[-1:])

    public = await world.shows(url)
    assert (await world.home.get(public)).status == 200
    assert world.asked(url) == 2, "what is for members is kept apart"
    assert "signature" not in world.peer.requests[-1].headers


async def test_a_picture_is_gone_with_its_post(world: World):
    url = world.url()
    world.peer.tells(url, Sent(headers=PNG, body=files.picture("PNG")))
    path = await world.shows(url)
    assert (await world.home.get(path)).status == 200

    async with world.home.context.database.transaction("test") as tx:
        now = world.home.context.now()
        await posts.bury(tx, int(path.split("/")[3]), by="author", reason="", now=now)

    assert (await world.home.get(path)).status == 404


async def test_a_picture_that_is_looked_at_is_kept_longer_than_others(world: World):
    old, new = world.url("old.png"), world.url("new.png")
    for each in (old, new):
        world.peer.tells(each, Sent(headers=PNG, body=files.picture("PNG")))
    first, second = await world.shows(old), await world.shows(new)
    for path in (first, second):
        assert (await world.home.get(path)).status == 200
    world.home.context.clock.turn(timedelta(days=2))

    assert (await world.home.get(first)).status == 200

    async with world.home.context.database.reading() as tx:
        rows = await tx.fetch("SELECT used_at FROM remote_media ORDER BY used_at")
    assert len({row["used_at"] for row in rows}) == 2
