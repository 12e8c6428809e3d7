"""What clients find: statuses by words and operators, accounts as they are typed, hashtags."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from schemas.records import Kind, Role, Visibility
from server.services import communities, posts
from server.services.posts import Draft
from server.storage.embedded import Cluster
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    here: Instance
    amina: Program
    ben: Program
    guest: Program
    cones: int
    secret: int


@pytest.fixture(scope="module")
async def scene(cluster: Cluster) -> AsyncIterator[Scene]:
    async with running(cluster, "searching", clock=TurnedClock(), work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        await communities.join(
            here.context, await life.signed_in(here.context, "ben"), plaza.id
        )
        author = await life.signed_in(here.context, "amina")
        made = []
        for community, title in ((plaza.id, "How many cones?"), (vault.id, "Hidden cones")):
            draft = Draft(title=title, source="At every #nearmiss")
            made.append(
                await posts.publish_thread(
                    here.context, author, community, Kind.QUESTION, draft
                )
            )
        yield Scene(
            here=here,
            amina=await program_of(here, "amina"),
            ben=await program_of(here, "ben"),
            guest=opened(here, Program(here.origin)),
            cones=made[0].id,
            secret=made[1].id,
        )


def ids(found: list[dict[str, str]]) -> list[int]:
    return [int(each["id"]) for each in found]


async def test_a_search_gives_three_lists_whatever_is_asked_for(scene: Scene) -> None:
    everything = await scene.ben.get("/api/v2/search", q="cones")
    statuses = await scene.ben.get("/api/v2/search", q="near", type="statuses")
    tags = await scene.ben.get("/api/v2/search/", q="near", type="hashtags")
    old = await scene.ben.get("/api/v1/search", q="near")
    nothing = await scene.ben.get("/api/v2/search")

    assert set(everything) == set(nothing) == {"accounts", "statuses", "hashtags"}
    assert ids(everything["statuses"]) == [scene.cones]
    assert statuses == {"accounts": [], "statuses": [], "hashtags": []}
    assert [tag["name"] for tag in tags["hashtags"]] == ["nearmiss"]
    assert old["hashtags"] == ["nearmiss"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "from:me"}, {"cones", "secret"}),
        ({"q": "cones is:question"}, {"cones", "secret"}),
        ({"q": "from:@ben"}, set()),
        ({"q": "cones", "limit": "1"}, {"secret"}),
        ({"q": "cones", "limit": "1", "offset": "1"}, {"cones"}),
        ({"q": "cones", "offset": "-1"}, {"cones", "secret"}),
    ],
)
async def test_statuses_are_found_by_operators_and_in_parts(
    scene: Scene, query: dict[str, str], found: set[str]
) -> None:
    known = {scene.cones: "cones", scene.secret: "secret"}
    given = await scene.amina.get("/api/v2/search", type="statuses", **query)

    assert {known[each] for each in ids(given["statuses"])} == found


async def test_vis_08_clients_find_what_their_member_may_read(scene: Scene) -> None:
    for program in (scene.ben, scene.guest):
        found = await program.get("/api/v2/search", q="cones")
        by_address = await program.get(
            "/api/v2/search", q=f"{scene.here.origin}/p/{scene.secret}", resolve="true"
        )

        assert ids(found["statuses"]) == [scene.cones]
        assert by_address["statuses"] == []


async def test_an_account_is_looked_at_alone_where_its_id_is_given(scene: Scene) -> None:
    me = await scene.amina.get("/api/v1/accounts/verify_credentials")
    ben = await scene.ben.get("/api/v1/accounts/verify_credentials")
    path = "/api/v2/search"

    hers = await scene.ben.get(path, q="cones", account_id=me["id"])
    his = await scene.ben.get(path, q="cones", account_id=ben["id"])
    nobodys = await scene.ben.ask("GET", path, params={"q": "cones", "account_id": "7"})

    assert [ids(hers["statuses"]), ids(his["statuses"])] == [[scene.cones], []]
    assert nobodys.status == 404


async def test_what_was_typed_whole_is_looked_up(scene: Scene) -> None:
    async def accounts(text: str, **more: str) -> list[str]:
        found = await scene.ben.get("/api/v2/search", q=text, **more)
        return [account["acct"] for account in found["accounts"]]

    post = await scene.ben.get("/api/v2/search", q=f"{scene.here.origin}/p/{scene.cones}")

    assert await accounts(f"@amina@{scene.here.host}") == ["amina"]
    assert await accounts(f"{scene.here.origin}/c/plaza") == ["plaza"]
    assert await accounts(f"@amina@{scene.here.host}", type="hashtags") == []
    assert await accounts("@nobody@gone.localhost:1", resolve="true") == []
    assert ids(post["statuses"]) == [scene.cones]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("ami", ["amina"]),
        ("@ami", ["amina"]),
        ("plaz", ["plaza"]),
        ("amina@searching.localh", ["amina"]),
        ("zzz", []),
        ("", []),
    ],
)
async def test_accounts_are_found_while_a_handle_is_typed(
    scene: Scene, typed: str, found: list[str]
) -> None:
    given = await scene.ben.get("/api/v1/accounts/search", q=typed)

    assert [account["acct"] for account in given] == found


async def test_guests_find_communities_and_no_people(scene: Scene) -> None:
    assert await scene.guest.get("/api/v1/accounts/search", q="ami") == []
    assert len(await scene.guest.get("/api/v1/accounts/search", q="plaz")) == 1
