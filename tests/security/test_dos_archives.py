"""DOS-11 and AUT-12: an archive is read with trust in nothing, and asks for its member only."""

import io
import stat
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import aiohttp
import pytest

from server.services import archives
from server.storage.embedded import Cluster
from server.workers.accounts import work_due
from tests.instance import Answer, Browser, Instance, TurnedClock, running
from tests.server.test_archives import claiming, damaged, encrypted, listed, lying, zipped

TOO_LARGE: Final = "This archive is too large to be taken."
BOMB: Final = "This file unpacks to far more than an archive holds"
DAMAGED: Final = "This archive is damaged."
UNKNOWN: Final = "This is no archive of an account"


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def health(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=clock, work=False) as instance:
        yield instance


@pytest.fixture(scope="module")
async def ola(health: Instance) -> Browser:
    return await health.member_browser("ola")


async def brings(browser: Browser, raw: bytes) -> Answer:
    form = aiohttp.FormData({"csrf": await browser.token("/settings/archive")})
    form.add_field(
        "archive", io.BytesIO(raw), filename="archive.zip", content_type="application/zip"
    )
    return await browser.request("POST", "/settings/archive/bring", data=form)


async def jobs(health: Instance) -> list[tuple[object, ...]]:
    async with health.database.reading() as tx:
        rows = await tx.fetch(
            "SELECT a.name, j.kind, j.state, j.steps, j.of_steps FROM account_jobs j "
            "JOIN actors a ON a.id = j.member_id ORDER BY j.id"
        )
    return [tuple(row) for row in rows]


def linked(target: str) -> bytes:
    """Pack a symbolic link in place of the list, to wherever."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        info = zipfile.ZipInfo("follows.csv")
        info.create_system = 3
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, target)
    return raw.getvalue()


def nested(depth: int) -> bytes:
    raw = zipped({"follows.csv": listed("https://a.example/@a")})
    for _ in range(depth):
        raw = zipped({"follows.csv": raw})
    return raw


def elsewhere() -> bytes:
    """Name files by places outside of wherever somebody would unpack them."""
    names = ("../follows.csv", "/tmp/follows.csv", "..\\follows.csv", "C:\\follows.csv")  # noqa: S108 a name in an archive
    return zipped({name: listed("https://a.example/@a") for name in names})


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (zipped({"follows.csv": bytes(1_900_000)}), BOMB),
        (zipped({"follows.csv": bytes(3_000_000)}, zipfile.ZIP_STORED), BOMB),
        (zipped({f"{number}.txt": b"" for number in range(51)}), BOMB),
        (claiming(0x20000000), BOMB),
        (lying(), UNKNOWN),
        (encrypted(), DAMAGED),
        (damaged(), DAMAGED),
        (elsewhere(), UNKNOWN),
        (b"no zip at all", UNKNOWN),
        (b"PK\x05\x06" + bytes(18), UNKNOWN),
        (b"\x1f\x8b" + bytes(100), UNKNOWN),
        (bytes(archives.LARGEST + 1), TOO_LARGE),
    ],
    ids=[
        "ratio",
        "one file",
        "count",
        "total",
        "lying",
        "encrypted",
        "damaged",
        "paths",
        "text",
        "empty",
        "gzip",
        "large",
    ],
)
async def test_dos_11_a_bomb_is_refused_in_a_sentence_and_leaves_nothing(
    health: Instance, clock: TurnedClock, ola: Browser, raw: bytes, sentence: str
) -> None:
    clock.turn(timedelta(minutes=20))
    before = await jobs(health)

    answer = await brings(ola, raw)

    assert answer.status == 422
    assert sentence in answer.text
    assert await jobs(health) == before
    assert not await work_due(health.context)


@pytest.mark.parametrize(
    "raw",
    [
        linked("/etc/passwd"),
        linked("https://a.example/@a"),
        nested(2),
        # What a zip within a zip has in it depends on the moment: all of this came up.
        zipped({"follows.csv": b'PK\x03\r\x00,"\r\x14'}),
    ],
)
async def test_dos_11_what_is_no_list_lists_nothing(raw: bytes) -> None:
    assert archives.unpacked(raw).follows == ()


async def test_dos_11_the_worker_goes_on_after_every_refusal(
    health: Instance, clock: TurnedClock, ola: Browser
) -> None:
    clock.turn(timedelta(minutes=20))
    await brings(ola, damaged())
    await brings(ola, lying())

    good = await brings(ola, zipped({"follows.csv": listed(f"{health.origin}/@nobody")}))
    worked = await work_due(health.context)

    assert good.status == 200
    assert worked
    assert (await jobs(health))[-1] == ("ola", "import", "done", 1, 1)


async def test_dos_11_a_body_larger_than_an_archive_is_refused_unread(
    health: Instance, clock: TurnedClock, ola: Browser
) -> None:
    clock.turn(timedelta(minutes=20))
    before = await jobs(health)

    answer = await brings(ola, bytes(archives.LARGEST + 1_000_000))

    assert answer.status == 413
    assert await jobs(health) == before


async def test_aut_12_what_is_brought_is_in_the_request_and_nothing_else_is_read(
    health: Instance, clock: TurnedClock, ola: Browser
) -> None:
    """An import names no file of ours, and no archive that another member made or brought."""
    clock.turn(timedelta(minutes=20))
    mate = await health.member_browser("mate")
    await mate.submit("/settings/archive", page="/settings/archive")
    await work_due(health.context)
    async with health.database.reading() as tx:
        theirs = await tx.fetchval("SELECT max(id) FROM account_jobs WHERE kind = 'export'")
    before = await jobs(health)

    answers = [
        await ola.submit("/settings/archive/bring", form, page="/settings/archive")
        for form in (
            {"archive": str(theirs)},
            {"archive": f"/settings/archives/{theirs}"},
            {"archive": "/etc/passwd"},
            {"id": str(theirs), "fileIds": str(theirs)},
        )
    ]

    assert [answer.status for answer in answers] == [422] * 4
    assert await jobs(health) == before


async def test_aut_12_an_archive_asks_in_the_name_of_whoever_brought_it(
    health: Instance, clock: TurnedClock, ola: Browser
) -> None:
    """Whose it is, as it says itself, gives nobody anything."""
    clock.turn(timedelta(minutes=20))
    await health.member("vic")
    await health.member("pal")
    vic = f"{health.origin}/@vic"
    raw = zipped(
        {
            "actor.json": b'{"id": "%s", "source": {"content": "I am vic."}}' % vic.encode(),
            "follows.csv": listed(f"{health.origin}/@pal"),
        }
    )

    await brings(ola, raw)
    await work_due(health.context)

    async with health.database.reading() as tx:
        follows = await tx.fetch(
            "SELECT a.name FROM follows f JOIN actors a ON a.id = f.follower_id "
            "JOIN actors t ON t.id = f.target_id WHERE t.name = 'pal'"
        )
        about = await tx.fetchval("SELECT summary_source FROM actors WHERE name = 'vic'")
    assert [row["name"] for row in follows] == ["ola"]
    assert about == ""


async def test_aut_12_a_guest_brings_nothing(health: Instance) -> None:
    guest = health.browser()
    form = aiohttp.FormData({"csrf": await guest.token("/sign-in")})
    form.add_field("archive", zipped({"follows.csv": listed()}), filename="archive.zip")
    before = await jobs(health)

    answer = await guest.request("POST", "/settings/archive/bring", data=form, follow=False)

    assert answer.status == 303
    assert await jobs(health) == before
