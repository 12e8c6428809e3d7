"""What people write outside communities: for all, for followers, or for few, anywhere."""

from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import Role
from tests.clients.programs import Program, Reply, program_of
from tests.instance import Instance, TurnedClock, settle
from tests.stories import life

Agencies = tuple[Instance, Instance, Instance]


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Ada writes at transport; Ben of health follows her; Cem of health and Dora do not."""

    everybody: Agencies
    ada: Program
    ben: Program
    cem: Program
    dora: Program

    clock: TurnedClock

    async def calm(self) -> None:
        """Let everything arrive, and a minute go by."""
        await settle(*self.everybody)
        self.clock.turn(life.MINUTE)


@pytest.fixture(scope="module")
async def town(agencies: Agencies, clock: TurnedClock) -> Town:
    transport, health, treasury = agencies
    await transport.member("ada")
    await health.member("ben")
    await health.member("cem")
    await treasury.member("dora")
    ben = await program_of(health, "ben")
    ada = await life.finds(health, f"@ada@{transport.host}")
    await ben.post(f"/api/v1/accounts/{ada.id}/follow")
    await settle(*agencies)
    return Town(
        everybody=agencies,
        ada=await program_of(transport, "ada"),
        ben=ben,
        cem=await program_of(health, "cem"),
        dora=await program_of(treasury, "dora"),
        clock=clock,
    )


async def read_at(program: Program, instance: Instance, uri: str) -> Reply | None:
    """Read a post by its own id, as a member of an agency; None where the agency has none."""
    number = await life.value(instance, "SELECT id FROM posts WHERE uri = $1", uri)
    return None if number is None else await program.ask("GET", f"/api/v1/statuses/{number}")


async def home(program: Program) -> list[str]:
    return [each["uri"] for each in await program.get("/api/v1/timelines/home")]


async def test_a_post_without_a_community_is_read_by_who_follows(town: Town) -> None:
    _, health, treasury = town.everybody

    said = await town.ada.post("/api/v1/statuses", status="The *bridge* is open again")
    await town.calm()

    assert said["visibility"] == "public"
    assert said["content"].strip() == "<p>The <em>bridge</em> is open again</p>"
    assert said["uri"] in await home(town.ada)
    assert said["uri"] in await home(town.ben)
    assert said["uri"] not in await home(town.cem)
    there = await read_at(town.cem, health, said["uri"])
    assert there is not None
    assert there.json["content"] == said["content"]
    assert there.json["reblog"] is None
    assert await read_at(town.dora, treasury, said["uri"]) is None


@pytest.mark.parametrize(
    ("visibility", "public"), [("public", True), ("unlisted", False), ("private", False)]
)
async def test_public_lists_have_what_is_listed_and_nothing_else(
    town: Town, visibility: str, public: bool
) -> None:
    said = await town.ada.post(
        "/api/v1/statuses", status="Salt is in #stock", visibility=visibility
    )
    await town.calm()

    shown = await town.ada.get("/api/v1/timelines/public")
    tagged = await town.ada.get("/api/v1/timelines/tag/stock")
    assert said["visibility"] == visibility
    assert (said["uri"] in [each["uri"] for each in shown]) is public
    assert (said["uri"] in [each["uri"] for each in tagged]) is public
    assert said["uri"] in await home(town.ben)


async def test_what_a_client_does_not_say_is_as_the_member_usually_posts(town: Town) -> None:
    usual = {"source": {"privacy": "private", "sensitive": True, "quote_policy": "nobody"}}
    await town.dora.ask("PATCH", "/api/v1/accounts/update_credentials", json=usual)

    said = await town.dora.post("/api/v1/statuses", status="As ever")
    otherwise = await town.dora.post(
        "/api/v1/statuses", status="Not as ever", visibility="public", sensitive=False
    )
    usual["source"] = {"privacy": "public", "sensitive": False, "quote_policy": "public"}
    await town.dora.ask("PATCH", "/api/v1/accounts/update_credentials", json=usual)

    assert (said["visibility"], said["sensitive"]) == ("private", True)
    assert (otherwise["visibility"], otherwise["sensitive"]) == ("public", False)


async def test_what_is_for_followers_nobody_else_reads(town: Town) -> None:
    transport, health, _ = town.everybody

    said = await town.ada.post("/api/v1/statuses", status="For you", visibility="private")
    await town.calm()

    for program, status in ((town.ben, 200), (town.cem, 404)):
        there = await read_at(program, health, said["uri"])
        assert there is not None
        assert there.status == status
    guest = await program_of(transport, None)
    assert (await guest.ask("GET", f"/api/v1/statuses/{said['id']}")).status == 404


async def test_a_private_message_is_a_conversation_of_two_agencies(town: Town) -> None:
    transport, health, _ = town.everybody
    said = await town.cem.post(
        "/api/v1/statuses",
        status=f"@ada@{transport.host} May I call you?",
        visibility="direct",
    )
    await town.calm()

    [heard] = await town.ada.get("/api/v1/conversations")
    assert heard["unread"] is True
    assert heard["last_status"]["visibility"] == "direct"
    assert [each["acct"] for each in heard["accounts"]] == [f"cem@{health.host}"]
    [news] = await town.ada.get("/api/v1/notifications", limit=1)
    assert (news["type"], news["status"]["uri"]) == ("mention", said["uri"])

    answer = await town.ada.post(
        "/api/v1/statuses",
        status=f"@cem@{health.host} At noon",
        in_reply_to_id=heard["last_status"]["id"],
    )
    await town.calm()

    assert answer["visibility"] == "direct"
    [back] = await town.cem.get("/api/v1/conversations")
    assert back["last_status"]["uri"] == answer["uri"]
    assert back["id"] == said["id"]
    for program, instance in ((town.ben, health),):
        for uri in (said["uri"], answer["uri"]):
            there = await read_at(program, instance, uri)
            assert there is not None
            assert there.status == 404
    for program in (town.ada, town.cem):
        assert not {said["uri"], answer["uri"]} & set(await home(program))

    read = await town.ada.post(f"/api/v1/conversations/{heard['id']}/read")
    assert read["unread"] is False
    gone = await town.ada.ask("DELETE", f"/api/v1/conversations/{heard['id']}")
    assert (gone.status, gone.json) == (200, {})
    assert await town.ada.get("/api/v1/conversations") == []


async def test_a_reply_finds_its_thread_and_who_wrote_it_is_told(town: Town) -> None:
    said = await town.ada.post("/api/v1/statuses", status="Who has a spare pump?")
    await town.calm()
    [first, *_] = await town.ben.get("/api/v1/timelines/home")

    reply = await town.ben.post(
        "/api/v1/statuses", status="We have one", in_reply_to_id=first["id"]
    )
    await town.ben.post(f"/api/v1/statuses/{first['id']}/favourite")
    await town.calm()

    thread = await town.ada.get(f"/api/v1/statuses/{said['id']}/context")
    assert [each["uri"] for each in thread["descendants"]] == [reply["uri"]]
    assert (await town.ada.get(f"/api/v1/statuses/{said['id']}"))["favourites_count"] == 1
    news = await town.ada.get("/api/v1/notifications", limit=2)
    assert {each["type"] for each in news} == {"mention", "favourite"}


async def test_an_edit_and_a_deletion_go_to_whoever_has_a_copy(town: Town) -> None:
    _, health, _ = town.everybody
    said = await town.ada.post("/api/v1/statuses", status="Closed on Friday")
    await town.calm()

    changed = await town.ada.ask(
        "PUT", f"/api/v1/statuses/{said['id']}", json={"status": "Closed on Monday"}
    )
    await town.calm()
    assert changed.status == 200
    there = await read_at(town.ben, health, said["uri"])
    assert there is not None
    assert there.json["content"].strip() == "<p>Closed on Monday</p>"

    await town.ada.ask("DELETE", f"/api/v1/statuses/{said['id']}")
    await town.calm()
    there = await read_at(town.ben, health, said["uri"])
    assert there is not None
    assert there.status == 404


async def test_a_poll_of_one_s_own_is_voted_in_elsewhere(town: Town) -> None:
    said = await town.ada.post(
        "/api/v1/statuses",
        status="Which day?",
        poll={"options": ["Monday", "Friday"], "expires_in": 3600},
    )
    await town.calm()
    [first, *_] = await town.ben.get("/api/v1/timelines/home")

    await town.ben.post(f"/api/v1/polls/{first['poll']['id']}/votes", choices=[1])
    await town.calm()

    stands: dict[str, Any] = await town.ada.get(f"/api/v1/polls/{said['poll']['id']}")
    assert [each["votes_count"] for each in stands["options"]] == [0, 1]


async def test_what_is_not_for_all_goes_to_no_agency_that_is_not_admitted(
    town: Town,
) -> None:
    transport, _, treasury = town.everybody
    dora = await life.finds(transport, f"@dora@{treasury.host}")
    async with transport.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'waiting' WHERE host = $1", dora.host)

    refused = await town.ada.ask(
        "POST",
        "/api/v1/statuses",
        json={"status": f"@dora@{treasury.host} Only you", "visibility": "direct"},
    )

    async with transport.database.transaction("test") as tx:
        await tx.execute("UPDATE agencies SET state = 'admitted' WHERE host = $1", dora.host)
    assert refused.status == 403
    assert f"@dora@{treasury.host}" in refused.json["error"]


async def test_a_message_to_a_community_is_for_its_stewards(town: Town) -> None:
    transport = town.everybody[0]
    await transport.member("eve", Role.STEWARD)
    steward = await life.signed_in(transport.context, "eve")
    await life.opened(transport, steward.member.actor, "harbour")

    group = await life.finds(transport, f"!harbour@{transport.host}")
    await town.ada.post(f"/api/v1/accounts/{group.id}/follow")
    await town.ada.post("/api/v1/statuses", status="@harbour Help", visibility="direct")

    told = await (await program_of(transport, "eve")).get("/api/v1/conversations")
    assert [each["accounts"][0]["acct"] for each in told] == ["ada"]


async def test_what_somebody_passes_on_comes_to_who_follows_them(town: Town) -> None:
    transport, _, treasury = town.everybody
    dora = await life.finds(transport, f"@dora@{treasury.host}")
    await town.ada.post(f"/api/v1/accounts/{dora.id}/follow")
    await town.calm()
    said = await town.dora.post("/api/v1/statuses", status="Sand is cheaper than salt")
    await town.calm()
    [first, *_] = await town.ada.get("/api/v1/timelines/home")

    boost = await town.ada.post(f"/api/v1/statuses/{first['id']}/reblog")
    again = await town.ada.post(f"/api/v1/statuses/{boost['reblog']['id']}/reblog")
    await town.calm()

    assert (boost["reblog"]["uri"], boost["reblog"]["reblogged"]) == (said["uri"], True)
    assert (again["id"], boost["account"]["acct"]) == (boost["id"], "ada")
    assert boost["id"] != first["id"]
    [seen, *_] = await town.ben.get("/api/v1/timelines/home")
    assert seen["reblog"]["uri"] == said["uri"]
    assert seen["account"]["acct"] == f"ada@{transport.host}"
    assert (await town.ben.get(f"/api/v1/statuses/{seen['id']}"))["id"] == seen["id"]
    mine = await town.ada.get(f"/api/v1/accounts/{boost['account']['id']}/statuses")
    assert boost["id"] in [each["id"] for each in mine]
    [news] = await town.dora.get("/api/v1/notifications", limit=1)
    assert (news["type"], news["status"]["reblogs_count"]) == ("reblog", 1)

    after = await town.ada.post(f"/api/v1/statuses/{first['id']}/unreblog")
    await town.calm()

    assert (after["reblogged"], after["reblogs_count"]) == (False, 0)
    assert said["uri"] not in [
        (each["reblog"] or each)["uri"] for each in await town.ben.get("/api/v1/timelines/home")
    ]
    assert (await town.dora.get(f"/api/v1/statuses/{said['id']}"))["reblogs_count"] == 0


async def test_what_is_not_for_everybody_is_passed_on_by_nobody(town: Town) -> None:
    said = await town.ada.post("/api/v1/statuses", status="For you", visibility="private")

    refused = await town.ada.ask("POST", f"/api/v1/statuses/{said['id']}/reblog")

    assert refused.status == 403


async def test_nobody_passes_on_what_happens_on_a_wall(town: Town) -> None:
    """A person is no community: what others do with their posts is announced to nobody."""
    transport = town.everybody[0]

    announced = await life.rows(
        transport,
        "SELECT s.document FROM activities s JOIN actors a ON a.id = s.actor_id "
        "WHERE a.name = 'ada' AND s.type = 'Announce' AND s.document::text LIKE '%Create%'",
    )

    assert announced == []
