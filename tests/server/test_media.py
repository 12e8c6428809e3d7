"""Files that members bring: taken for what they are, kept until nobody needs them."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from federation.translate.outgoing_parts import media_documents
from schemas.attached import MediaKind
from schemas.records import Kind
from server.context import Context
from server.services import attaching, changing, clearing_media, developing, media, posts
from server.services.attaching import Chosen
from server.services.errors import Conflict, Invalid, NotFound
from server.services.posts import Draft
from server.storage import media as stored
from server.storage import remote_media
from server.storage.files import Folder
from server.storage.media import Medium
from tests import files
from tests.reading_house import House, TurnedClock, house

OLD = 200_000.0


@pytest.fixture
async def home(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with house(
        database_url, "health", clock=TurnedClock(), media=tmp_path, media_quota=1
    ) as one:
        yield one


async def take(home: House, content: bytes, who: str = "mona", name: str = "a.jpg") -> Medium:
    member = await home.member(who)
    return await media.take(home.context, member, io.BytesIO(content), name=name)


def content_of(home: House, medium: Medium) -> bytes:
    return Folder(path=home.context.settings.media_folder).find(medium.hash).read_bytes()


def left(home: House) -> list[str]:
    """Name every file that is there, but for what other posts keep."""
    folder = home.context.settings.media_folder
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def asks_with(home: House, *chosen: Medium, who: str = "mona"):
    community = await home.community("roads", who)
    draft = Draft(
        source="Look",
        title="What is this?",
        media=tuple(Chosen(id=each.id, description=f"About {each.title}") for each in chosen),
    )
    member = await home.member(who)
    return await posts.publish_thread(home.context, member, community.id, Kind.QUESTION, draft)


@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [
        (files.picture("JPEG"), MediaKind.IMAGE, "image/jpeg"),
        (files.picture("JPEG", mode="CMYK"), MediaKind.IMAGE, "image/jpeg"),
        (files.picture("PNG", mode="RGBA"), MediaKind.IMAGE, "image/png"),
        (files.picture("PNG", mode="I;16"), MediaKind.IMAGE, "image/png"),
        (files.picture("PNG", size=(900, 700)), MediaKind.IMAGE, "image/png"),
        (files.picture("GIF", mode="P"), MediaKind.IMAGE, "image/png"),
        (files.picture("WEBP"), MediaKind.IMAGE, "image/webp"),
        (files.picture("AVIF"), MediaKind.IMAGE, "image/webp"),
        (files.moving("GIF", 3), MediaKind.IMAGE, "image/webp"),
        (files.moving("PNG", 3), MediaKind.IMAGE, "image/webp"),
        (files.moving("WEBP", 3), MediaKind.IMAGE, "image/webp"),
        (files.film(), MediaKind.VIDEO, "video/mp4"),
        (files.film(files.track(b"soun"), brand=b"M4A "), MediaKind.AUDIO, "audio/mp4"),
        (files.film(files.track(b"soun")), MediaKind.AUDIO, "audio/mp4"),
        (files.sound(), MediaKind.AUDIO, "audio/mpeg"),
        (files.sound(before=files.id3(b"x" * 300)), MediaKind.AUDIO, "audio/mpeg"),
        (files.PDF, MediaKind.FILE, "application/pdf"),
        (files.odt(), MediaKind.FILE, "application/vnd.oasis.opendocument.text"),
        ("Grüße\n".encode(), MediaKind.FILE, "text/plain"),
    ],
)
async def test_a_file_is_taken_for_what_its_bytes_are(
    home: House, content: bytes, kind: MediaKind, media_type: str
):
    medium = await take(home, content, name="..\\..\\x/evil.svg")

    assert (medium.kind, medium.media_type) == (kind, media_type)
    assert medium.title == "evil.svg"
    assert content_of(home, medium)
    assert bool(medium.blurhash) == (kind is MediaKind.IMAGE)
    assert bool(medium.width) == (kind in {MediaKind.IMAGE, MediaKind.VIDEO})
    assert medium.preview_hash is None or (medium.preview_width or 0) <= 640


async def test_an_office_document_is_known_by_its_parts(home: House):
    medium = await take(home, files.docx(), name="plan.docx")

    assert medium.media_type.endswith("wordprocessingml.document")
    assert media.name_of(medium) == "document.docx"


async def test_a_picture_with_many_colours_is_brought_to_those_of_a_screen(home: House):
    profile = developing.ImageCms.ImageCmsProfile(
        developing.ImageCms.createProfile("sRGB")
    ).tobytes()

    medium = await take(home, files.picture(icc_profile=profile))

    with Image.open(io.BytesIO(content_of(home, medium))) as made:
        assert "icc_profile" not in made.info


async def test_a_post_carries_files_in_their_order_with_what_is_said_of_them(home: House):
    first = await take(home, files.picture(), name="one.jpg")
    second = await take(home, files.PDF, name="two.pdf")

    facts = await asks_with(home, second, first)

    async with home.context.database.reading() as tx:
        shown = await attaching.attach(tx, home.context, facts.author_id, facts.id, None)
    assert [each.alt for each in shown] == ["About two.pdf", "About one.jpg"]
    document = media_documents(shown)[0]
    assert document["type"] == "Image"
    assert document["mediaType"] == "image/jpeg"
    assert document["name"] == document["summary"] == "About one.jpg"
    assert (document["width"], document["height"]) == (60, 40)
    assert document["blurhash"]
    assert document["url"].startswith(f"{home.context.home.origin}/media/")


async def test_an_edit_keeps_the_files_unless_it_chooses_others(home: House):
    first, second = await take(home, files.picture()), await take(home, files.PDF)
    facts = await asks_with(home, first)
    member = await home.member("mona")
    home.context.clock.turn(timedelta(minutes=1))

    draft = Draft(source="Look again", title="What is this?")
    await changing.edit(home.context, member, facts.id, draft)
    kept = await ids_of(home, facts.id)
    chosen = (Chosen(id=second.id), Chosen(id=second.id))
    home.context.clock.turn(timedelta(minutes=1))
    await changing.edit(home.context, member, facts.id, replace(draft, media=chosen))

    assert kept == [first.id]
    assert await ids_of(home, facts.id) == [second.id]
    assert await media.find_own(home.context, member, first.id)


async def ids_of(home: House, post_id: int) -> list[int]:
    async with home.context.database.reading() as tx:
        return [each.id for each in await stored.of_post(tx, post_id)]


async def test_what_is_said_of_a_file_can_be_changed_until_it_is_posted(home: House):
    member = await home.member("mona")
    medium = await take(home, files.picture())

    await media.describe(home.context, member, medium.id, description="A road, at night")
    changed = await media.describe(home.context, member, medium.id, focus=(0.5, -0.25))

    assert (changed.description, changed.focus) == ("A road, at night", (0.5, -0.25))
    with pytest.raises(Invalid, match="media-description"):
        await media.describe(home.context, member, medium.id, description="x" * 1501)


async def test_a_file_can_be_given_back_until_it_is_posted(home: House):
    member = await home.member("mona")
    loose, used = await take(home, files.picture()), await take(home, files.PDF)
    await asks_with(home, used)

    await media.discard(home.context, member, loose.id)

    for each in (loose, used):
        with pytest.raises(NotFound, match="media-not-found"):
            await media.discard(home.context, member, each.id)


async def test_what_belongs_to_no_post_goes_after_a_day_and_the_rest_stays(home: House):
    used, loose = await take(home, files.picture()), await take(home, files.PDF)
    await asks_with(home, used)
    before = left(home)

    await clearing_media.clear(home.context)
    after_a_moment = left(home)
    home.context.clock.turn(timedelta(hours=24, minutes=1))
    await clearing_media.clear(home.context)

    assert after_a_moment == before
    assert loose.hash in before
    assert left(home) == sorted({used.hash, used.preview_hash})


async def test_files_go_with_their_post(home: House):
    medium = await take(home, files.picture())
    facts = await asks_with(home, medium)

    await changing.withdraw(home.context, await home.member("mona"), facts.id)
    await clearing_media.clear(home.context)

    assert left(home) == []
    with pytest.raises(Conflict):
        await changing.withdraw(home.context, await home.member("mona"), facts.id)


async def test_the_same_file_of_two_members_is_there_until_both_are_gone(home: House):
    one, other = await take(home, files.PDF), await take(home, files.PDF, who="ben")
    assert one.hash == other.hash
    assert one.key != other.key

    await media.discard(home.context, await home.member("mona"), one.id)
    await clearing_media.clear(home.context)

    assert left(home) == [other.hash]


async def test_nobody_keeps_more_than_their_share(home: House):
    half = b"x" * 600_000
    await take(home, half)

    with pytest.raises(Invalid, match="media-quota"):
        await take(home, half)

    assert await take(home, half, who="ben")
    assert len(left(home)) == 1


async def test_what_a_death_left_behind_is_swept_away(home: House):
    """Killed before its commit, a file has its place and no row; killed earlier, no place."""
    folder = media.folder_of(home.context)
    kept = await take(home, files.PDF)
    await asks_with(home, kept)
    aside, unknown = folder.aside(), folder.aside()
    aside.write_bytes(b"begun")
    unknown.write_bytes(b"kept by nobody")
    blob = folder.flush(unknown)
    folder.move_in(unknown, blob.hash)
    for path in (aside, folder.find(blob.hash), folder.find(kept.hash)):
        past = path.stat().st_mtime - OLD
        os.utime(path, (past, past))

    for _ in range(256):
        home.context.clock.turn(timedelta(minutes=10))
        await clearing_media.clear(home.context)

    assert left(home) == [kept.hash]


async def test_pictures_from_elsewhere_stay_below_their_limit(
    database_url: str, tmp_path: Path
):
    async with house(
        database_url, "health", clock=TurnedClock(), media=tmp_path, media_cache=1
    ) as home:
        names = [await cached(home.context, number, 600_000) for number in range(3)]

        await clearing_media.clear(home.context)

        assert left(home) == [names[2]]


async def cached(context: Context, number: int, size: int) -> str:
    folder = clearing_media.cache_of(context)
    path = folder.aside()
    path.write_bytes(bytes([number]) * size)
    blob = folder.flush(path)
    folder.move_in(path, blob.hash)
    async with context.database.transaction("test") as tx:
        now = context.now() + timedelta(seconds=number)
        await remote_media.keep(tx, blob.hash, media_type="image/webp", size=size, now=now)
    return blob.hash


def test_no_file_has_a_name_that_is_no_hash(tmp_path: Path):
    with pytest.raises(ValueError, match="no name of a file of ours"):
        Folder(path=tmp_path).find("../../etc/passwd")


async def test_two_pictures_are_decoded_at_once_and_the_others_wait(home: House):
    content = files.picture(size=(1500, 1000))
    await home.member("mona")

    await asyncio.gather(*(take(home, content, who="mona") for _ in range(4)))

    assert not home.context.decoding.locked()
