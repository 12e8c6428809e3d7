"""A member's profile from clients: words, pictures, fields, wishes; who asks to follow them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp
import pytest

from schemas.records import Visibility
from server.storage.embedded import Cluster
from tests import files
from tests.clients.programs import Program, Reply, program_of
from tests.counting import counted
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

UPDATE = "/api/v1/accounts/update_credentials"
REQUESTS = "/api/v1/follow_requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    here: Instance
    guest: Program

    async def person(self, name: str) -> Program:
        await self.here.member(name)
        return await program_of(self.here, name)


@pytest.fixture(scope="module")
async def place(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("media")
    async with running(
        cluster, "profiles", clock=TurnedClock(), work=False, media=folder
    ) as here:
        yield Place(here=here, guest=await program_of(here, None))


async def me(of: Program) -> Any:
    return await of.get("/api/v1/accounts/verify_credentials")


async def change(of: Program, **given: Any) -> Any:
    """Change what must be taken, with JSON."""
    reply = await of.ask("PATCH", UPDATE, json=given)
    assert reply.status == 200, reply.body
    return reply.json


async def bring(of: Program, content: bytes, kind: str = "avatar", **fields: str) -> Reply:
    form = aiohttp.FormData(fields)
    form.add_field(kind, content, filename="../../me.png", content_type="image/png")
    return await of.ask("PATCH", UPDATE, data=form)


async def follows(of: Program, whom: Program) -> Any:
    return await of.post(f"/api/v1/accounts/{(await me(whom))['id']}/follow")


@pytest.mark.parametrize(
    "given",
    [
        {"json": {"fields_attributes": [{"name": "Floor", "value": "3"}]}},
        {"json": {"fields_attributes": {"0": {"name": "Floor", "value": "3"}}}},
        {
            "data": {
                "fields_attributes[0][name]": "Floor",
                "fields_attributes[0][value]": "3",
                "fields_attributes[1][name]": "",
                "fields_attributes[1][value]": "",
            }
        },
    ],
    ids=["list", "map", "form"],
)
async def test_lines_are_read_in_each_form_in_which_clients_send_them(
    place: Place, given: dict[str, Any], request: pytest.FixtureRequest
):
    ada = await place.person(f"ada_{request.node.callspec.id}")

    reply = await ada.ask("PATCH", UPDATE, **given)

    line = {"name": "Floor", "value": "3", "verified_at": None}
    assert reply.status == 200
    assert reply.json["fields"] == reply.json["source"]["fields"] == [line]


async def test_a_line_is_given_back_as_it_was_typed_and_shown_as_html(place: Place):
    ada = await place.person("ada_typed")

    told = await change(
        ada, fields_attributes=[{"name": "My <b>page</b>", "value": "https://a.example/?b&c"}]
    )

    [line], [source] = told["fields"], told["source"]["fields"]
    assert "<" not in line["name"]
    assert line["value"].startswith('<a href="https://a.example/?b&amp;c" rel="nofollow')
    assert source["value"] == "https://a.example/?b&c"
    assert await change(ada, fields_attributes=[]) | {"fields": []} == await me(ada)


@pytest.mark.parametrize(
    "given",
    [
        {"fields_attributes": [{"name": f"n{n}", "value": "v"} for n in range(7)]},
        {"fields_attributes": [{"name": "n" * 256, "value": "v"}]},
        {"fields_attributes": [{"name": "n", "value": "v" * 256}]},
        {"fields_attributes": [{"name": "n", "value": ""}]},
        {"fields_attributes": [{"name": "", "value": "v"}]},
        {"fields_attributes": [{"name": "n", "value": "a\u0007b"}]},
        {"fields_attributes": "x"},
        {"avatar_description": "x" * 1501},
        {"display_name": "x" * 61},
        {"note": "x" * 2001},
        {"locked": "perhaps"},
        {"source": {"privacy": "nobody"}},
        {"source": {"language": "not a language"}},
        {"source": {"quote_policy": "some"}},
    ],
)
async def test_what_cannot_be_taken_is_told_and_changes_nothing(
    place: Place, given: dict[str, Any], request: pytest.FixtureRequest
):
    ada = await place.person(f"w{abs(hash(request.node.callspec.id)) % 10**9}")
    before = await me(ada)

    reply = await ada.ask("PATCH", UPDATE, json={"bot": True} | given)

    assert reply.status == 422, reply.body
    assert "error" in reply.json
    assert await me(ada) == before


async def test_what_is_not_named_is_kept(place: Place):
    ada = await place.person("ada_kept")
    wishes = {"locked": True, "bot": True, "discoverable": True, "indexable": True}
    source = {
        "privacy": "unlisted",
        "sensitive": True,
        "language": "de",
        "quote_policy": "nobody",
    }
    await change(ada, **wishes, hide_collections=False, source=source, note="I *know* roads")

    told = await change(ada, display_name="Ada L.")

    assert {name: told[name] for name in wishes} == wishes
    assert told["hide_collections"] is told["noindex"] is False
    assert {name: told["source"][name] for name in source} == source
    assert (told["display_name"], told["source"]["note"]) == ("Ada L.", "I *know* roads")
    assert (told["source"]["discoverable"], told["source"]["indexable"]) == (True, True)
    preferences = await ada.get("/api/v1/preferences")
    assert preferences["posting:default:visibility"] == "unlisted"
    assert preferences["posting:default:sensitive"] is True
    assert preferences["posting:default:language"] == "de"
    assert preferences["posting:default:quote_policy"] == "nobody"
    own = await change(ada, source={"language": ""})
    assert own["source"]["language"] == "en"


@pytest.mark.parametrize(
    "content", [files.picture("PNG"), files.moving("GIF", 3), files.photograph()]
)
async def test_a_picture_stands_still_and_is_for_everybody(place: Place, content: bytes):
    ada = await place.person(f"pic_{len(content)}")

    reply = await bring(ada, content, avatar_description="Ada, at sea")

    told = reply.json
    assert told["avatar"] == told["avatar_static"]
    assert told["avatar_description"] == "Ada, at sea"
    shown = await place.guest.ask("GET", told["avatar"], headers={})
    assert shown.status == 200
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert b"Exif" not in shown.body
    assert (await place.guest.ask("GET", f"{told['avatar']}x", headers={})).status == 404


@pytest.mark.parametrize("content", [files.HTML, files.SVG, files.PDF, b"", files.film()])
@pytest.mark.parametrize("kind", ["avatar", "header"])
async def test_what_is_no_picture_is_refused(place: Place, content: bytes, kind: str):
    ada = await place.person(f"not_{kind}_{len(content)}")

    reply = await bring(ada, content, kind, display_name="Changed")

    assert reply.status == 422
    assert (await me(ada))["display_name"] != "Changed"
    assert (await me(ada))[kind].startswith(f"{place.here.origin}/avatars/")


@pytest.mark.parametrize("kind", ["avatar", "header"])
async def test_a_removed_picture_takes_its_words_along(place: Place, kind: str):
    ada = await place.person(f"rem_{kind}")
    before = (await bring(ada, files.picture(), kind, **{f"{kind}_description": "A"})).json

    reply = await ada.ask("DELETE", f"/api/v1/profile/{kind}")
    again = await ada.ask("DELETE", f"/api/v1/profile/{kind}/")

    assert (reply.status, again.status) == (200, 200)
    assert reply.json[kind].startswith(f"{place.here.origin}/avatars/")
    assert reply.json[f"{kind}_description"] == ""
    assert (await place.guest.ask("GET", before[kind], headers={})).status == 404


async def test_a_locked_member_of_the_same_agency_is_asked(place: Place):
    ada, bob = await place.person("ada_locked"), await place.person("bob_asks")
    await change(ada, locked=True)

    asked = await follows(bob, ada)
    again = await follows(bob, ada)

    assert (asked["requested"], asked["following"]) == (True, False)
    assert again == asked
    [asking] = await ada.get(REQUESTS)
    assert asking["username"] == "bob_asks"
    assert (await me(ada))["source"]["follow_requests_count"] == 1
    [told] = await ada.get("/api/v1/notifications", **{"types[]": "follow_request"})
    assert told["account"]["id"] == asking["id"]
    known = await ada.get("/api/v1/accounts/relationships", id=asking["id"])
    assert known[0]["requested_by"]

    settled = await ada.post(f"{REQUESTS}/{asking['id']}/authorize")

    assert (settled["followed_by"], settled["requested_by"]) == (True, False)
    assert (await ada.ask("POST", f"{REQUESTS}/{asking['id']}/authorize")).status == 404
    assert (await me(ada))["source"]["follow_requests_count"] == 0


async def test_a_refused_member_of_the_same_agency_may_ask_again(place: Place):
    ada, bob = await place.person("ada_refuses"), await place.person("bob_refused")
    await change(ada, locked=True)
    await follows(bob, ada)
    [asking] = await ada.get(REQUESTS)

    refused = await ada.post(f"{REQUESTS}/{asking['id']}/reject")
    again = await follows(bob, ada)

    assert not refused["requested_by"]
    assert again["requested"]


async def test_nobody_settles_what_is_asked_of_another(place: Place):
    ada, bob = await place.person("ada_own"), await place.person("bob_own")
    eve = await place.person("eve_own")
    await change(ada, locked=True)
    await follows(bob, ada)
    [asking] = await ada.get(REQUESTS)

    for act in ("authorize", "reject"):
        reply = await eve.ask("POST", f"{REQUESTS}/{asking['id']}/{act}")
        assert (reply.status, reply.json) == (404, {"error": "Record not found"})

    assert await eve.get(REQUESTS) == []
    assert len(await ada.get(REQUESTS)) == 1


async def test_requests_come_in_pages_and_cost_the_same(place: Place):
    ada = await place.person("ada_pages")
    await change(ada, locked=True)
    for number in range(3):
        await follows(await place.person(f"asks_{number}"), ada)

    async def ask(limit: int) -> Reply:
        return await ada.ask("GET", REQUESTS, params={"limit": limit})

    first = await ask(2)
    link = first.headers["Link"].partition(";")[0].strip("<>")
    rest = await ada.ask("GET", link)
    seen = [each["username"] for each in (*first.json, *rest.json)]

    assert sorted(seen) == ["asks_0", "asks_1", "asks_2"]
    costs = [await counted(place.here, partial(ask, limit)) for limit in (1, 3)]
    assert costs[0] == costs[1] <= 4


async def test_who_is_removed_follows_no_longer_and_may_again(place: Place):
    ada, bob = await place.person("ada_removes"), await place.person("bob_removed")
    await follows(bob, ada)
    number = (await me(bob))["id"]

    left = await ada.post(f"/api/v1/accounts/{number}/remove_from_followers")
    twice = await ada.post(f"/api/v1/accounts/{number}/remove_from_followers")

    assert left["followed_by"] is twice["followed_by"] is False
    assert (await follows(bob, ada))["following"]
    missing = await ada.ask("POST", "/api/v1/accounts/1/remove_from_followers")
    assert missing.status == 404


async def test_who_follows_whom_is_shown_where_a_member_shows_it(place: Place):
    ada, bob = await place.person("ada_shows"), await place.person("bob_shows")
    founder = await place.here.member("founder_shows")
    closed = await life.opened(
        place.here, founder.actor, "closed_shows", visibility=Visibility.MEMBERS
    )
    await ada.post(f"/api/v1/accounts/{closed.id}/follow")
    await follows(bob, ada)
    await follows(ada, bob)
    path = f"/api/v1/accounts/{(await me(ada))['id']}"
    hidden = [await bob.get(f"{path}/{each}") for each in ("followers", "following")]

    await change(ada, hide_collections=False)

    shown = [await bob.get(f"{path}/{each}") for each in ("followers", "following")]
    assert hidden == [[], []]
    assert [[each["username"] for each in one] for one in shown] == [["bob_shows"]] * 2


async def test_looking_at_oneself_costs_the_same_whatever_a_profile_says(place: Place):
    ada = await place.person("ada_costs")
    before = await counted(place.here, lambda: me(ada))
    await bring(ada, files.picture())
    await change(ada, fields_attributes=[{"name": f"n{n}", "value": "v"} for n in range(6)])

    assert await counted(place.here, lambda: me(ada)) == before <= 5
