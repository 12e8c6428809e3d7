"""toot at a prompt, from signing in: upload, post with a picture, search, react, keep."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from yarl import URL

from schemas.records import Role
from server.services import communities
from server.storage.embedded import Cluster
from tests import files
from tests.browser import Browser
from tests.clients.apps import answered, code_on
from tests.clients.tools import owner, toot, toot_home
from tests.instance import Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """An agency with a community; dora is signed in there in a browser, ben has toot."""

    here: Instance
    clock: TurnedClock
    browser: Browser
    address: str
    ben: Path


@pytest.fixture(scope="module")
async def desk(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    clock, folder = TurnedClock(), tmp_path_factory.mktemp("toot")
    async with running(
        cluster, "desk", clock=clock, work=False, media=folder / "media"
    ) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        browser = await here.member_browser("dora")
        plaza = await life.opened(here, amina.actor, "plaza")
        for name in ("ben", "dora"):
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
        yield Desk(
            here=here,
            clock=clock,
            browser=browser,
            address=f"http://localhost:{URL(here.origin).port}",
            ben=toot_home(await owner(here, "ben"), folder / "ben"),
        )


async def _sign_in(desk: Desk, home: Path) -> str:
    """Run `toot login`, open the address that it names, and type the code that is shown."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("toot"),
        *("login", "--instance", desk.address),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"XDG_CONFIG_HOME": str(home), "HOME": str(home), "PATH": "", "LC_ALL": "C.UTF-8"},
    )
    assert process.stdout is not None
    said = ""
    while not said.startswith("http"):
        line = await process.stdout.readline()
        assert line, "toot ended without an address"
        said = line.decode().strip()
    parts = urlsplit(said)
    code = code_on(await answered(desk.browser, f"{parts.path}?{parts.query}"))
    output, _ = await process.communicate(f"n\n{code}\n".encode())
    assert process.returncode == 0, output.decode()
    return output.decode()


async def _json(home: Path, *arguments: str) -> Any:
    return json.loads(await toot(home, *arguments, "--json"))


async def test_toot_signs_in_with_the_code_that_a_member_is_shown(
    desk: Desk, tmp_path: Path
) -> None:
    said = await _sign_in(desk, tmp_path)

    assert "Successfully logged in" in said
    assert "dora" in await toot(tmp_path, "whoami")
    assert "ACTIVE" in await toot(tmp_path, "auth")


async def test_toot_uploads_a_picture_and_posts_with_one(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "otter.png"
    picture.write_bytes(files.picture(size=(90, 60)))
    desk.clock.turn(life.MINUTE)

    alone = await _json(desk.ben, "upload", str(picture), "--description", "An otter")
    posted = await _json(
        desk.ben, "post", "@plaza Our river\nAn otter", "--media", str(picture)
    )

    assert (alone["type"], alone["description"]) == ("image", "An otter")
    assert [each["type"] for each in posted["media_attachments"]] == ["image"]


async def test_toot_searches_reacts_and_keeps(desk: Desk) -> None:
    desk.clock.turn(life.MINUTE)
    posted = await _json(desk.ben, "post", "@plaza Which beavers build?\nDams #beavers")
    found = await _json(desk.ben, "search", "beavers")

    await toot(desk.ben, "bookmark", posted["id"])
    kept = await toot(desk.ben, "bookmarks", "--once")
    await toot(desk.ben, "unbookmark", posted["id"])

    assert [each["id"] for each in found["statuses"]] == [posted["id"]]
    assert [each["name"] for each in found["hashtags"]] == ["beavers"]
    assert "Which beavers build?" in kept
    assert "beavers" not in await toot(desk.ben, "bookmarks", "--once")


async def test_what_toot_favours_counts_until_it_is_taken_back(
    desk: Desk, tmp_path: Path
) -> None:
    await _sign_in(desk, tmp_path)
    desk.clock.turn(life.MINUTE)
    posted = await _json(desk.ben, "post", "@plaza Where do voles live?\nBy the water")

    await toot(tmp_path, "favourite", posted["id"])
    liked = await _json(desk.ben, "status", posted["id"])
    await toot(tmp_path, "unfavourite", posted["id"])
    after = await _json(desk.ben, "status", posted["id"])

    assert (liked["favourites_count"], after["favourites_count"]) == (1, 0)
