"""Files from clients: brought, described, posted, and opened without a token."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from schemas.records import Role, Visibility
from server.storage.embedded import Cluster
from tests import files
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    here: Instance
    clock: TurnedClock
    amina: Program
    ben: Program
    guest: Program


@pytest.fixture(scope="module")
async def place(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    clock, folder = TurnedClock(), tmp_path_factory.mktemp("media")
    async with running(cluster, "files", clock=clock, work=False, media=folder) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        await life.opened(here, amina.actor, "plaza")
        await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        yield Place(
            here=here,
            clock=clock,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
            guest=await program_of(here, None),
        )


async def bring(
    program: Program, content: bytes = b"", *, version: str = "v2", **fields: str
) -> Any:
    form = aiohttp.FormData(fields)
    form.add_field("file", content or files.picture(size=(900, 600)), filename="a.bin")
    reply = await program.ask("POST", f"/api/{version}/media", data=form)
    assert reply.status in {200, 202}, reply.body
    return reply.json


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_picture_is_ready_when_it_was_brought(place: Place, version: str):
    told = await bring(place.amina, version=version, description="A road", focus="0.5,-2")

    assert told["type"] == "image"
    assert told["description"] == "A road"
    assert told["meta"]["original"] == {
        "width": 900,
        "height": 600,
        "size": "900x600",
        "aspect": 1.5,
    }
    assert told["meta"]["focus"] == {"x": 0.5, "y": -1.0}
    for address in (told["url"], told["preview_url"]):
        assert (await place.guest.ask("GET", address, headers={})).status == 200


async def test_a_file_is_described_shown_and_given_back_by_its_member_alone(place: Place):
    told = await bring(place.amina)
    path = f"/api/v1/media/{told['id']}"

    reply = await place.amina.ask(
        "PUT", path, json={"description": "A bridge", "focus": "nan,1"}
    )

    assert reply.json["description"] == "A bridge"
    assert "focus" not in reply.json["meta"]
    assert (await place.amina.get(path))["description"] == "A bridge"
    assert [
        (await place.ben.ask(method, path)).status for method in ("GET", "PUT", "DELETE")
    ] == [404, 404, 404]
    assert (await place.amina.ask("DELETE", path)).json == {}
    assert (await place.amina.ask("GET", path)).status == 404


@pytest.mark.parametrize(
    ("content", "kind"),
    [(files.film(), "video"), (files.sound(), "audio"), (files.PDF, "unknown")],
)
async def test_films_sound_and_documents_are_taken_as_well(
    place: Place, content: bytes, kind: str
):
    assert (await bring(place.amina, content))["type"] == kind


async def test_films_and_sound_are_asked_for_once_more_in_the_second_version(place: Place):
    second = await bring(place.amina, files.film(), focus="0.69,0.3")
    first = await bring(place.amina, files.film(), version="v1")

    ready = await place.amina.get(f"/api/v1/media/{second['id']}")

    assert second["url"] is None
    assert first["url"].startswith(f"{place.here.origin}/media/")
    assert ready["url"].startswith(f"{place.here.origin}/media/")
    assert ready["meta"]["focus"] == {"x": 0.69, "y": 0.3}


async def test_what_is_no_file_is_refused(place: Place):
    svg = aiohttp.FormData({"description": "x"})
    svg.add_field("file", files.SVG, filename="a.svg")

    nothing = await place.amina.ask("POST", "/api/v2/media", json={})
    refused = await place.amina.ask("POST", "/api/v2/media", data=svg)
    stranger = await place.guest.ask("POST", "/api/v2/media", json={})

    assert nothing.status == 422
    assert (refused.status, "none of them" in refused.json["error"]) == (422, True)
    assert stranger.status == 401


async def post(place: Place, community: str, *media: Any) -> Any:
    place.clock.turn(life.MINUTE)
    return await place.amina.post(
        "/api/v1/statuses",
        status=f"@{community} Look at this\nIt is a road.",
        media_ids=[each["id"] for each in media],
    )


async def test_a_public_picture_is_at_an_address_that_stays(place: Place):
    told = await bring(place.amina, description="A road")

    status = await post(place, "plaza", told)

    (shown,) = status["media_attachments"]
    assert (shown["id"], shown["description"]) == (told["id"], "A road")
    assert "ticket" not in shown["url"]
    assert shown["url"] != shown["preview_url"]
    answer = await place.guest.ask("GET", shown["url"])
    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_vis_12_a_members_picture_opens_with_its_ticket_alone(place: Place):
    status = await post(place, "vault", await bring(place.amina))

    (shown,) = status["media_attachments"]
    bare = shown["url"].partition("?")[0]

    assert (await place.guest.ask("GET", shown["url"])).status == 200
    assert (await place.guest.ask("GET", shown["preview_url"])).status == 200
    assert (await place.guest.ask("GET", bare)).status == 404


async def test_an_edit_says_which_files_stay_and_what_they_show(place: Place):
    first, second = await bring(place.amina), await bring(place.amina, files.sound())
    status = await post(place, "plaza", first, second)
    place.clock.turn(life.MINUTE)

    changed = await place.amina.ask(
        "PUT",
        f"/api/v1/statuses/{status['id']}",
        json={
            "status": "Look at this\nIt is a bridge.",
            "media_ids": [second["id"]],
            "media_attributes": [{"id": second["id"], "description": "A bell"}],
        },
    )

    (left,) = changed.json["media_attachments"]
    assert (left["id"], left["description"]) == (second["id"], "A bell")


async def test_the_instance_says_what_may_be_brought(place: Place):
    told = (await place.guest.get("/api/v2/instance"))["configuration"]

    assert told["statuses"]["max_media_attachments"] == 4
    assert told["media_attachments"]["image_size_limit"] == 16_777_216
    assert "image/jpeg" in told["media_attachments"]["supported_mime_types"]
