"""MED and the rows around it: files that harm, and files that are not for whoever asks."""

import asyncio
import io
import json
import resource
import struct
import sys
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import PIL
import pytest
from PIL import Image
from yarl import URL

from schemas.attached import MediaKind
from schemas.records import AgencyState, Community, Kind, PostFacts, Visibility
from server.services import developing, films, media, pictures, posts, stewardship, tickets
from server.services.attaching import Chosen
from server.services.errors import Invalid
from server.services.media_forms import LARGEST_PICTURE
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.storage.media import Medium
from tests import files
from tests.hostile_peer import HostilePeer
from tests.instance import ACTIVITY_JSON
from tests.reading_house import House, Reply, TurnedClock, cloned, house, stranger


@pytest.fixture(scope="module")
async def home(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("media")
    async with (
        cloned(cluster) as url,
        house(url, "health", clock=TurnedClock(), media=folder) as one,
    ):
        yield one


async def take(home: House, content: bytes, who: str = "mona", name: str = "a.jpg") -> Medium:
    member = await home.member(who)
    return await media.take(home.context, member, io.BytesIO(content), name=name)


def there(home: House) -> set[Path]:
    folder = home.context.settings.media_folder
    return {path for path in folder.rglob("*") if path.is_file()}


async def refusal(home: House, content: bytes, name: str = "a.jpg") -> str:
    """Say why a file is refused, and see that nothing of it is left."""
    before = there(home)
    with pytest.raises(Invalid) as refused:
        await take(home, content, name=name)
    assert there(home) == before
    assert refused.value.fields["media"]
    return refused.value.reason


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "media-empty"),
        (b"MZ\x90\x00 a program", "media-unknown"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\x00", "media-unknown"),
        (b"push graphic-context\x00", "media-unknown"),
        (files.picture("TIFF"), "media-unknown"),
        (files.picture("BMP"), "media-unknown"),
        (files.picture("ICO"), "media-unknown"),
        (b"8BPS\x00\x01" + bytes(40), "media-unknown"),
        (files.SVG, "media-unknown"),
        (files.HTML, "media-unknown"),
        (b"\xef\xbb\xbf \n" + files.HTML, "media-unknown"),
        (files.zipped(a=b"x"), "media-unknown"),
        (files.zipped(mimetype=b"application/java-archive"), "media-unknown"),
        (files.docx(**{"word/vbaProject.bin": b"x"}), "media-macros"),
    ],
)
async def test_med_01_only_what_we_know_is_taken_and_nothing_else_is_opened(
    home: House, content: bytes, reason: str
):
    assert await refusal(home, content) == reason


async def test_med_01_only_the_one_decoder_is_opened_that_the_bytes_name(home: House):
    """A picture of another form, behind the first bytes of a JPEG, finds no decoder."""
    hidden = b"\xff\xd8\xff" + files.picture("TIFF")

    assert await refusal(home, hidden) == "media-damaged"


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\win.ini", "a\0.jpg", "CON", "....//"],
)
async def test_med_02_no_name_of_a_member_is_ever_a_path(home: House, name: str):
    medium = await take(home, files.picture(), name=name)

    folder = home.context.settings.media_folder.resolve()
    assert all(path.resolve().is_relative_to(folder) for path in there(home))
    assert media.path_of(medium) == f"/media/{medium.key}/picture.jpg"
    assert not set(medium.title) & {"/", "\\", "\0"}


@pytest.mark.parametrize("path", ["../../a", "..%2f..%2fa", "%2e%2e%2fa", "picture.jpg%00"])
async def test_med_02_no_path_leads_out_of_the_folder(home: House, path: str):
    medium = await take(home, files.picture())
    await public_post(home, medium)

    assert (await home.get(f"/media/{medium.key}/{path}")).status == 404


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (files.picture("PNG"), "a.exe", "image/png"),
        (files.PDF, "a.jpg", "application/pdf"),
        (b'{"type": "Person"}', "actor.png", "text/plain"),
        (files.film(), "a.html", "video/mp4"),
    ],
)
async def test_med_03_the_bytes_decide_and_never_the_name(
    home: House, content: bytes, name: str, media_type: str
):
    medium = await take(home, content, name=name)
    await public_post(home, medium)

    answer = await home.get(media.path_of(medium))

    assert answer.headers["Content-Type"] == media_type


async def test_med_04_no_xml_is_taken_or_read(home: House):
    assert await refusal(home, files.XXE, "a.svg") == "media-unknown"
    assert await refusal(home, files.SVG, "a.svg") == "media-unknown"
    assert (await take(home, files.docx(**{"word/evil.xml": files.XXE}))).kind is MediaKind.FILE


# MED-05


_PROBE = """
import os, runpy, socket, sys
developing = runpy.run_path({script!r})
developing["shut_in"]()
def tried(what):
    try:
        what()
    except OSError as error:
        return type(error).__name__
    return "done"
import json
sys.stdout.write(json.dumps([
    tried(lambda: open("/etc/hostname")),
    tried(lambda: open("/tmp/commonlore-probe", "w")),
    tried(lambda: socket.socket()),
    sorted(os.environ),
]))
"""


async def test_med_05_a_decoder_that_is_taken_over_can_open_nothing():
    probe = _PROBE.format(script=str(Path(developing.__file__)))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", "import json\n" + probe, stdout=-1, env={}
    )

    output, _ = await process.communicate()

    reading, writing, connecting, environment = json.loads(output)
    assert (reading, writing, connecting) == ("OSError", "OSError", "OSError")
    assert not [name for name in environment if name.startswith(("COMMONLORE", "PG"))]


async def test_med_05_a_decoder_has_so_much_time_and_memory_and_no_more(home: House):
    script = (
        f"import runpy; d = runpy.run_path({str(Path(developing.__file__))!r}); d['shut_in']();"
        "import resource as r; print([r.getrlimit(w)[1] for w in "
        "(r.RLIMIT_CPU, r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", script, stdout=-1, env={}
    )

    output, _ = await process.communicate()

    cpu, memory, written, descriptors, core = json.loads(output)
    assert 0 < cpu <= 60
    assert 0 < memory <= 2**31
    assert 0 < written <= 2**28
    assert (descriptors, core) == (0, 0)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0, "only that process is shut in"


async def test_med_05_what_a_dead_decoder_leaves_is_a_refusal(home: House, tmp_path: Path):
    """One that is killed says nothing, and so is told apart from one that answers."""
    source = tmp_path / "source"
    source.write_bytes(files.picture("PNG"))

    with pytest.raises(Invalid, match="media-damaged"):
        await pictures.develop(
            home.context, source, "NONE", whole=tmp_path / "w", preview=tmp_path / "p"
        )


def test_dep_07_decoders_with_known_holes_are_not_used():
    assert not developing.too_old(PIL.__version__)
    assert developing.too_old("11.3.0")
    assert developing.too_old("12.1.9")


# DOS-10


def _png(size: tuple[int, int]) -> bytes:
    """Say of a small PNG that it is of this size: only its header is true."""
    raw = bytearray(files.picture("PNG", mode="L"))
    raw[16:24] = struct.pack(">II", *size)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    return bytes(raw)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_png((50_000, 50_000)), "media-pixels"),
        (_png((7_680, 4_321)), "media-pixels"),
        (_png((30_000, 10)), "media-pixels"),
        (_png((100, 100)), "media-damaged"),
        (files.moving("GIF", 100_000, (1, 1)), "media-frames"),
        (files.moving("GIF", 501, (2, 2)), "media-frames"),
        (files.moving("WEBP", 501, (64, 64)), "media-frames"),
        (files.moving("PNG", 501, (2, 2)), "media-frames"),
        (files.moving("GIF", 60, (1400, 1400)), "media-frames"),
        (files.picture("JPEG", size=(400, 300))[:-700], "media-damaged"),
        (files.picture("PNG")[:60], "media-damaged"),
        (b"\x89PNG\r\n\x1a\n", "media-damaged"),
        (b"GIF89a" + files.HTML, "media-damaged"),
        (b"\xff\xd8\xff" + bytes(LARGEST_PICTURE), "media-too-large"),
        (files.film(beside=files.box(b"free", bytes(99 * 1_048_576))), "media-too-large"),
    ],
)
async def test_dos_10_a_bomb_is_refused_by_name_before_it_is_decoded(
    home: House, content: bytes, reason: str
):
    assert await refusal(home, content) == reason


@pytest.mark.parametrize(
    "content",
    [
        files.film()[:-3],
        files.film() + b"\x00\x00",
        files.film() + files.box(b"moov"),
        files.box(b"ftyp", b"isomisom") + files.box(b"moov"),
        files.film(files.box(b"free", b"x")),
        files.film(files.box(b"trak", files.box(b"mdia"))),
        files.film(files.box(b"trak", files.box(b"tkhd"))),
        files.box(b"ftyp", b"isomisom") + b"\x00\x00\x00\x07moov",
        files.box(b"ftyp", b"isomisom") + files.box(b"free") * 20_001,
        files.film(beside=files.box(b"uuid", bytes(17_000_000))),
        files.id3(b"") + b"no sound",
        b"ID3\x04\x00\x00\xff\xff\xff\xff",
        b"ID3",
        b"PK\x03\x04 no list",
        files.zipped(**{f"n{number}": b"" for number in range(3_001)}),
        files.odt().replace(b"PK\x01\x02", b"PK\x00\x00"),
    ],
)
async def test_dos_10_a_container_that_lies_about_its_parts_is_damaged(
    home: House, content: bytes
):
    assert await refusal(home, content) == "media-damaged"


async def test_dos_10_a_polyglot_is_only_the_picture_afterwards(home: House):
    medium = await take(home, files.picture("GIF", mode="L") + files.HTML)

    stored = media.folder_of(home.context).find(medium.hash).read_bytes()
    assert b"script" not in stored


# VIS-18


def stored(home: House, medium: Medium) -> list[bytes]:
    folder = media.folder_of(home.context)
    names = [medium.hash, *([medium.preview_hash] if medium.preview_hash else [])]
    return [folder.find(name).read_bytes() for name in names]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_vis_18_nothing_that_a_camera_wrote_is_left(home: House, form: str):
    exif = Image.Exif()
    exif[0x010F] = "Cameramaker"
    exif.get_ifd(0x8825)[2] = (46.0, 31.0, 12.0)
    content = files.picture(form, exif=exif.tobytes(), xmp=b"<x>Cameramaker</x>")
    assert b"Cameramaker" in content

    medium = await take(home, content)

    for each in stored(home, medium):
        assert b"Cameramaker" not in each
        with Image.open(io.BytesIO(each)) as made:
            assert dict(made.getexif()) == {}
            assert not {"exif", "xmp", "icc_profile", "comment"} & set(made.info)


async def test_vis_18_a_picture_stands_upright_when_its_turn_is_forgotten(home: House):
    medium = await take(home, files.photograph())

    assert (medium.width, medium.height) == (40, 60)
    assert b"at home" not in stored(home, medium)[0]


async def test_vis_18_a_film_keeps_no_notes_and_nothing_in_it_moves(home: House):
    notes = files.box(b"udta", b"+46.95+007.44/")
    content = files.film(
        files.track(b"vide", files.box(b"meta", b"Cameramaker")),
        notes,
        beside=files.box(b"uuid", b"Cameramaker") + files.box(b"xtra", b"Cameramaker"),
    )

    medium = await take(home, content)

    (kept,) = stored(home, medium)
    assert b"+46.95" not in kept
    assert b"Cameramaker" not in kept
    assert len(kept) == len(content)
    assert kept.index(b"mdat") == content.index(b"mdat")
    hidden = files.film(files.track(b"vide"), files.track(b"meta"))
    assert await refusal(home, hidden) == "media-hidden-track"


async def test_vis_18_sound_keeps_no_notes(home: House):
    content = files.sound(
        before=files.id3(b"Cameramaker" * 9), after=b"TAG" + b"Cameramaker".ljust(125)
    )

    medium = await take(home, content)

    assert stored(home, medium) == [files.sound()]


def test_a_film_whose_parts_have_long_sizes_is_walked_as_well(tmp_path: Path):
    path = tmp_path / "film"
    long = b"\x00\x00\x00\x01mdat" + (26).to_bytes(8, "big") + bytes(10)
    path.write_bytes(files.film()[:-14] + long + b"\x00\x00\x00\x00free")

    assert films.clean_mp4(path).is_seen


# Serving: XSS-07, ORI-04, VIS-12


async def community(home: House, name: str, visibility: Visibility) -> Community:
    if name not in _FOUNDED:
        _FOUNDED[name] = await home.community(name, visibility=visibility)
    return _FOUNDED[name]


_FOUNDED: dict[str, Community] = {}


async def public_post(home: House, *attached: Medium) -> PostFacts:
    return await post(home, "roads", Visibility.PUBLIC, *attached)


async def inner_post(home: House, *attached: Medium) -> PostFacts:
    return await post(home, "inner", Visibility.MEMBERS, *attached)


async def post(home: House, name: str, visibility: Visibility, *attached: Medium) -> PostFacts:
    draft = Draft(
        source="Look", title="Look", media=tuple(Chosen(id=each.id) for each in attached)
    )
    where = await community(home, name, visibility)
    member = await home.member("mona")
    return await posts.publish_thread(home.context, member, where.id, Kind.QUESTION, draft)


async def browse(home: House, path: str, who: str, **headers: str) -> Reply:
    await home.member(who)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    url = URL(home.context.home.origin + path, encoded=True)
    cookies = {"Cookie": f"session={home.members[who]}"}
    async with home.client.get(url, headers=sent | cookies) as answer:
        return Reply(status=answer.status, headers=answer.headers, body=await answer.read())


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (files.picture(), True),
        (files.film(), True),
        (files.sound(), True),
        (files.PDF, False),
        (files.odt(), False),
        (b"just text", False),
    ],
)
async def test_xss_07_a_browser_runs_nothing_that_somebody_brought(
    home: House, content: bytes, *, shown: bool
):
    medium = await take(home, content, name='"quoted"\r\n.pdf')
    await public_post(home, medium)

    answer = await home.get(media.path_of(medium))

    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment; ") != shown
    assert not set(disposition) & set('\r\n"')


@pytest.mark.parametrize("accept", [ACTIVITY_JSON, "application/ld+json", "text/html", "*/*"])
async def test_ori_04_bytes_of_a_member_are_never_an_activitypub_document(
    home: House, accept: str
):
    actor = {"@context": "https://www.w3.org/ns/activitystreams", "type": "Person"}
    medium = await take(home, json.dumps(actor).encode(), name="actor.json")
    await public_post(home, medium)

    answer = await home.get(media.path_of(medium), accept=accept)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain"
    assert "attachment" in answer.headers["Content-Disposition"]
    for path in ("/media/nothing/actor.json", f"/media/{medium.key}/actor.json"):
        wrong = await home.get(path, accept=accept)
        assert wrong.status == 404
        assert "activity+json" not in wrong.headers["Content-Type"]


async def test_a_public_file_is_kept_for_ever_and_served_in_parts(home: House):
    medium = await take(home, files.picture(size=(300, 200)))
    await public_post(home, medium)
    whole = await home.get(media.path_of(medium))
    preview = await home.get(media.preview_path_of(medium) or "")

    part = await home.get(media.path_of(medium), range="bytes=10-19")

    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["Content-Range"].startswith("bytes 10-19/")
    assert whole.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert whole.headers["Access-Control-Allow-Origin"] == "*"
    assert preview.headers["Content-Type"] == "image/webp"


async def test_vis_12_a_file_of_a_members_post_is_for_its_readers_alone(home: House):
    medium = await take(home, files.picture())
    await inner_post(home, medium)
    path = media.path_of(medium)

    assert (await browse(home, path, "mona")).status == 200
    assert (await browse(home, path, "olga")).status == 404
    assert (await home.get(path)).status == 404
    assert (await home.get(media.preview_path_of(medium) or "")).status == 404
    assert "no-cache" in (await browse(home, path, "mona")).headers["Cache-Control"]


async def test_vis_12_an_agency_sees_the_files_of_what_it_may_read(home: House):
    medium = await take(home, files.picture())
    await inner_post(home, medium)
    path = media.path_of(medium)
    async with HostilePeer() as peer:
        inside = await stranger(peer, "inside.localhost", home.context)
        outside = await stranger(peer, "outside.localhost", home.context)
        for each in (inside, outside):
            await home.decides(each.host, AgencyState.ADMITTED)
        await home.lets_in(inside, await community(home, "inner", Visibility.MEMBERS))

        assert (await home.get(path, inside)).status == 200
        assert (await home.get(path, outside)).status == 404


async def test_vis_12_a_ticket_opens_one_file_for_two_days(home: House):
    medium, other = await take(home, files.picture()), await take(home, files.PDF)
    await inner_post(home, medium, other)
    path = f"/media/{medium.key}"
    ticket = tickets.issue(home.context, path)

    async def status(of: Medium, with_ticket: str) -> int:
        return (await home.get(f"{media.path_of(of)}?ticket={with_ticket}")).status

    assert await status(medium, ticket) == 200
    assert await status(other, ticket) == 404
    until, _, signature = ticket.partition(".")
    assert await status(medium, f"{int(until) + 1}.{signature}") == 404
    assert await status(medium, "nonsense") == 404
    home.context.clock.turn(timedelta(days=2, seconds=1))
    assert await status(medium, ticket) == 404


async def test_vis_12_a_file_is_gone_with_its_post_whoever_asks(home: House):
    medium = await take(home, files.picture())
    facts = await public_post(home, medium)
    path = media.path_of(medium)
    ticket = tickets.issue(home.context, f"/media/{medium.key}")
    moderator = await home.member("mo")
    async with home.context.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE members SET role = 'moderator' WHERE actor_id = $1", moderator.member.id
        )
    moderator = await home.member("mo")

    await stewardship.remove(home.context, moderator, facts.id, "Not for here")

    assert (await home.get(path)).status == 404
    assert (await home.get(f"{path}?ticket={ticket}")).status == 404
    assert (await browse(home, path, "mona")).status == 404
    await stewardship.restore(home.context, moderator, facts.id, "A mistake")
    assert (await home.get(path)).status == 200


async def test_vis_12_a_file_of_no_post_is_its_members_alone(home: House):
    medium = await take(home, files.picture())
    path = media.path_of(medium)

    assert (await browse(home, path, "mona")).status == 200
    assert (await browse(home, path, "olga")).status == 404
    assert (await home.get(path)).status == 404
    ticket = tickets.issue(home.context, f"/media/{medium.key}")
    assert (await home.get(f"{path}?ticket={ticket}")).status == 200


async def test_vis_12_nobody_attaches_the_file_of_another_or_of_another_post(home: House):
    strange = await take(home, files.picture(), who="olga")
    used = await take(home, files.picture())
    await public_post(home, used)

    for each in (strange, used):
        with pytest.raises(Invalid, match="media-not-yours"):
            await public_post(home, each)
    many = [await take(home, files.PDF) for _ in range(5)]
    with pytest.raises(Invalid, match="media-too-many"):
        await public_post(home, *many)
