"""What scripts ask rather than people's clients, as Mastodon.py asks for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from schemas.records import Kind
from server.services import posts
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

MEMBERS = ("amina", "ben", "chloe", "dan", "eve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Five members and a community; what amina and ben run, and what a stranger does."""

    here: Instance
    clock: TurnedClock
    ids: dict[str, int]
    amina: Program
    ben: Program
    guest: Program


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    clock = TurnedClock()
    async with running(cluster, "scripted", clock=clock, work=False) as here:
        ids = {name: (await here.member(name)).id for name in MEMBERS}
        steward = await life.signed_in(here.context, "amina")
        plaza = await life.opened(here, steward.member.actor, "plaza")
        await posts.publish_thread(
            here.context,
            steward,
            plaza.id,
            Kind.QUESTION,
            Draft(title="Otters", source="How many?"),
        )
        yield Scene(
            here=here,
            clock=clock,
            ids=ids,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
            guest=opened(here, Program(here.origin)),
        )


async def test_several_accounts_are_given_as_they_were_asked_for(scene: Scene) -> None:
    ids = [scene.ids["ben"], 1, scene.ids["amina"], scene.ids["ben"], "x"]

    told = await scene.guest.get("/api/v1/accounts", **{"id[]": [str(each) for each in ids]})

    assert [each["username"] for each in told] == ["ben", "amina"]


async def test_whom_a_member_follows_can_be_searched_alone(scene: Scene) -> None:
    await scene.ben.post(f"/api/v1/accounts/{scene.ids['chloe']}/follow")
    path = "/api/v1/accounts/search"

    found = [
        [each["username"] for each in await program.get(path, q=typed, following=wish)]
        for program, typed, wish in (
            (scene.ben, "chloe", "true"),
            (scene.ben, "amina", "true"),
            (scene.ben, "amina", "false"),
            (scene.guest, "chloe", "true"),
        )
    ]

    assert found == [["chloe"], [], ["amina"], []]


async def test_parameters_of_a_get_may_be_in_its_body_and_are_not_long(scene: Scene) -> None:
    path, wanted = "/api/v1/accounts/relationships", [str(scene.ids["dan"])]

    told = await scene.ben.ask("GET", path, json={"id": wanted})
    refused = await scene.ben.ask("GET", path, json={"id": ["1" * 16_001]})
    elsewhere = await scene.ben.ask("GET", "/healthz", json={"id": wanted})

    assert [each["id"] for each in told.json] == wanted
    assert (refused.status, elsewhere.status) == (413, 413)


async def test_who_is_followed_no_longer_is_in_no_list(scene: Scene) -> None:
    eve = scene.ids["eve"]
    made = await scene.ben.post("/api/v1/lists", title="Mine")
    path = f"/api/v1/lists/{made['id']}/accounts"
    await scene.ben.post(f"/api/v1/accounts/{eve}/follow")
    await scene.ben.post(path, account_ids=[str(eve)])
    before = await scene.ben.get(path)

    await scene.ben.post(f"/api/v1/accounts/{eve}/unfollow")

    assert ([each["username"] for each in before], await scene.ben.get(path)) == (["eve"], [])


async def test_nobody_is_measured_by_the_year(scene: Scene) -> None:
    path = "/api/v1/annual_reports"

    told = await scene.ben.get(path)
    state = await scene.ben.get(f"{path}/2025/state")
    made = await scene.ben.post(f"{path}/2025/generate")
    replies = [
        await scene.ben.ask("GET", f"{path}/2025"),
        await scene.ben.ask("POST", f"{path}/2025/read"),
        await scene.guest.ask("GET", path),
    ]

    assert told == {"annual_reports": [], "accounts": [], "statuses": []}
    assert (state, made) == ({"state": "ineligible"}, {})
    assert [reply.status for reply in replies] == [404, 404, 401]


GOOD = {"username": "gus", "password": "four words make one", "agreement": True}


async def test_a_program_signs_somebody_up_where_anybody_may(cluster: Cluster) -> None:
    async with running(
        cluster, "open", clock=TurnedClock(), work=False, registration="open"
    ) as here:
        app, guest = await program_of(here, None), opened(here, Program(here.origin))
        nobody = await guest.ask("POST", "/api/v1/accounts", json=GOOD)
        wrong = await app.ask("POST", "/api/v1/accounts", json={"username": "gus"})
        token = await app.post("/api/v1/accounts", **GOOD)
        taken = await app.ask("POST", "/api/v1/accounts", json=GOOD)
        gus = opened(here, Program(here.origin, token["access_token"]))
        me = await gus.get("/api/v1/accounts/verify_credentials")

    assert nobody.status == 401
    assert (wrong.status, sorted(wrong.json["details"])) == (422, ["agreement", "password"])
    assert sorted(token) == ["access_token", "created_at", "scope", "token_type"]
    assert (me["username"], token["token_type"]) == ("gus", "Bearer")
    assert taken.json["details"]["username"] == [
        {"error": "ERR_INVALID", "description": "That name is taken. Choose another."}
    ]


async def test_a_program_signs_nobody_up_where_invitations_are_needed(scene: Scene) -> None:
    app = await program_of(scene.here, None)

    reply = await app.ask("POST", "/api/v1/accounts", json=GOOD)

    assert (reply.status, "invitation" in reply.json["details"]) == (422, True)


async def test_a_boost_is_taken_back_by_deleting_it_and_by_nobody_else(scene: Scene) -> None:
    posted = await scene.amina.post("/api/v1/statuses", status="For all", visibility="public")
    boost = await scene.ben.post(f"/api/v1/statuses/{posted['id']}/reblog")
    path = f"/api/v1/statuses/{boost['id']}"

    refused = await scene.amina.ask("DELETE", path)
    before = await scene.ben.get(f"/api/v1/statuses/{posted['id']}")
    taken = await scene.ben.ask("DELETE", path)
    after = await scene.ben.get(f"/api/v1/statuses/{posted['id']}")

    assert (refused.status, taken.status) == (404, 200)
    assert (before["reblogged"], after["reblogged"]) == (True, False)


async def test_the_source_of_what_one_may_read_may_be_read_and_of_nothing_else(
    scene: Scene,
) -> None:
    ids = {}
    for circle in ("public", "private"):
        made = await scene.amina.post("/api/v1/statuses", status="*So*", visibility=circle)
        ids[circle] = made["id"]

    told = await scene.ben.get(f"/api/v1/statuses/{ids['public']}/source")
    refused = await scene.ben.ask("GET", f"/api/v1/statuses/{ids['private']}/source")

    assert (told["text"], told["spoiler_text"]) == ("*So*", "")
    assert (refused.status, refused.json) == (404, {"error": "Record not found"})
