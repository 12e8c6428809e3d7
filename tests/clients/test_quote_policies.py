"""Whom authors let quote their posts, as clients say it and as it is kept to everywhere."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import Role, Visibility
from server.services import communities, people
from server.storage.embedded import Cluster
from tests.clients.programs import Program, program_of
from tests.instance import Instance, TurnedClock, running, settle
from tests.stories import life


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Ben writes; chloe follows him and fred does not; dora is elsewhere and belongs, too."""

    here: Instance
    away: Instance
    clock: TurnedClock
    programs: dict[str, Program]
    ben: int

    async def write(self, name: str, text: str = "@plaza Words", **given: Any) -> Any:
        self.clock.turn(life.MINUTE)
        return await self.programs[name].post("/api/v1/statuses", status=text, **given)

    async def status(self, name: str, number: str) -> Any:
        return await self.programs[name].get(f"/api/v1/statuses/{number}")

    async def quote(self, name: str, number: str) -> tuple[int, str]:
        """Try to quote, and say what came of it."""
        self.clock.turn(life.MINUTE)
        where = f"@plaza@{self.here.host}"
        given = {"status": f"{where} Look at that", "quoted_status_id": number}
        reply = await self.programs[name].ask("POST", "/api/v1/statuses", json=given)
        quote = reply.json.get("quote")
        return reply.status, quote["state"] if quote else ""


@pytest.fixture(scope="module")
async def place(cluster: Cluster) -> AsyncIterator[Place]:
    clock = TurnedClock()
    async with (
        running(cluster, "quoting", clock=clock) as here,
        running(cluster, "yonder", clock=clock) as away,
    ):
        await here.admit(away)
        await away.admit(here)
        amina = await here.member("amina", Role.STEWARD)
        ben = await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        vault = await life.opened(here, amina.actor, "vault", visibility=Visibility.MEMBERS)
        for name in ("ben", "chloe", "fred"):
            if name != "ben":
                await here.member(name)
            member = await life.signed_in(here.context, name)
            await communities.join(here.context, member, plaza.id)
            await communities.join(here.context, member, vault.id)
        chloe = await life.signed_in(here.context, "chloe")
        await people.follow(here.context, chloe, ben.id)
        await away.member("dora")
        dora = await life.signed_in(away.context, "dora")
        there = await life.finds(away, f"!plaza@{here.host}")
        await communities.join(away.context, dora, there.id)
        await settle(here, away)
        programs = {n: await program_of(here, n) for n in ("amina", "ben", "chloe", "fred")}
        programs["dora"] = await program_of(away, "dora")
        yield Place(here=here, away=away, clock=clock, programs=programs, ben=ben.id)


@pytest.fixture(autouse=True)
def later(place: Place) -> None:
    place.clock.turn(60 * life.MINUTE)


def _approval(status: Any) -> tuple[list[str], str]:
    approval = status["quote_approval"]
    return approval["automatic"], approval["current_user"]


@pytest.mark.parametrize(
    ("policy", "automatic", "may"),
    [
        (None, ["public"], {"ben", "chloe", "fred"}),
        ("public", ["public"], {"ben", "chloe", "fred"}),
        ("followers", ["followers"], {"ben", "chloe"}),
        ("nobody", [], {"ben"}),
    ],
)
async def test_a_post_is_quoted_by_those_whom_its_author_lets(
    place: Place, policy: str | None, automatic: list[str], may: set[str]
) -> None:
    made = await place.write("ben", quote_approval_policy=policy)

    for name in ("ben", "chloe", "fred"):
        expected = (automatic, "automatic" if name in may else "denied")
        assert _approval(await place.status(name, made["id"])) == expected
        status, state = await place.quote(name, made["id"])
        assert (status, state) == ((200, "accepted") if name in may else (403, ""))


async def test_the_policy_is_changed_and_is_no_edit(place: Place) -> None:
    made = await place.write("ben")
    path = f"/api/v1/statuses/{made['id']}/interaction_policy"

    changed = await place.programs["ben"].ask(
        "PUT", path, json={"quote_approval_policy": "nobody"}
    )
    again = await place.programs["ben"].ask(
        "PUT", path, data={"quote_approval_policy": "nobody"}
    )
    history = await place.programs["ben"].get(f"/api/v1/statuses/{made['id']}/history")
    refused = await place.quote("chloe", made["id"])
    back = await place.programs["ben"].ask(
        "PUT", path, json={"quote_approval_policy": "public"}
    )

    assert (_approval(changed.json), _approval(again.json)) == (([], "automatic"),) * 2
    assert (changed.json["edited_at"], len(history), refused[0]) == (None, 1, 403)
    assert _approval(back.json) == (["public"], "automatic")
    assert await place.quote("chloe", made["id"]) == (200, "accepted")


async def test_an_edit_that_says_nothing_of_it_keeps_the_policy(place: Place) -> None:
    made = await place.write("ben", "@plaza Before", quote_approval_policy="nobody")
    path = f"/api/v1/statuses/{made['id']}"

    place.clock.turn(life.MINUTE)
    kept = (await place.programs["ben"].ask("PUT", path, json={"status": "After"})).json
    place.clock.turn(life.MINUTE)
    said = {"status": "And after", "quote_approval_policy": "public"}
    opened = (await place.programs["ben"].ask("PUT", path, json=said)).json

    assert _approval(kept) == ([], "automatic")
    assert _approval(opened) == (["public"], "automatic")


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("ben", {}, 422),
        ("ben", {"quote_approval_policy": "friends"}, 422),
        ("chloe", {"quote_approval_policy": "nobody"}, 403),
    ],
)
async def test_only_its_author_says_who_may_quote_a_post(
    place: Place, name: str, given: dict[str, str], status: int
) -> None:
    made = await place.write("ben")
    program = place.programs[name]

    reply = await program.ask(
        "PUT", f"/api/v1/statuses/{made['id']}/interaction_policy", json=given
    )
    nothing = await program.ask("PUT", "/api/v1/statuses/1/interaction_policy", json=given)

    assert (reply.status, nothing.status) == (status, 422 if status == 422 else 404)


async def test_a_deleted_post_has_no_policy_any_more(place: Place) -> None:
    made = await place.write("ben")
    await place.programs["ben"].ask("DELETE", f"/api/v1/statuses/{made['id']}")

    reply = await place.programs["ben"].ask(
        "PUT",
        f"/api/v1/statuses/{made['id']}/interaction_policy",
        json={"quote_approval_policy": "nobody"},
    )

    assert reply.status in {404, 422}


async def test_other_agencies_are_told_and_keep_to_it(place: Place) -> None:
    made = await place.write("ben", "@plaza How far?", quote_approval_policy="followers")
    path = f"/api/v1/statuses/{made['id']}/interaction_policy"
    await settle(place.here, place.away)
    there = str((await life.post_at(place.away, made["uri"])).id)

    told = await place.status("dora", there)
    refused = await place.quote("dora", there)
    dora = await life.signed_in(place.away.context, "dora")
    await people.follow(
        place.away.context, dora, (await life.finds(place.away, f"@ben@{place.here.host}")).id
    )
    await settle(place.here, place.away)
    allowed = await place.status("dora", there)
    asked = await place.quote("dora", there)
    await settle(place.here, place.away)
    stamped = await life.value(
        place.away, "SELECT quote_state FROM posts WHERE quote_uri = $1", made["uri"]
    )
    await place.programs["ben"].ask("PUT", path, json={"quote_approval_policy": "nobody"})
    await settle(place.here, place.away)
    closed = await place.status("dora", there)

    assert _approval(told) == (["followers"], "denied")
    assert refused[0] == 403
    assert _approval(allowed) == (["followers"], "automatic")
    assert (asked, stamped) == ((200, "pending"), "approved")
    assert _approval(closed) == ([], "denied")
    assert (closed["edited_at"], closed["content"]) == (None, told["content"])
    versions = await place.programs["dora"].get(f"/api/v1/statuses/{there}/history")
    assert len(versions) == 1


async def test_who_does_not_keep_to_it_is_refused(place: Place) -> None:
    made = await place.write("ben", quote_approval_policy="public")
    await settle(place.here, place.away)
    there = str((await life.post_at(place.away, made["uri"])).id)
    # What the other agency knows of the policy is older than the policy.
    async with place.here.database.transaction("test") as tx:
        await tx.execute(
            'UPDATE posts SET carried = carried || \'{"quotable": "nobody"}\' WHERE id = $1',
            int(made["id"]),
        )

    await place.quote("dora", there)
    await settle(place.here, place.away)

    state = await life.value(
        place.away, "SELECT quote_state FROM posts WHERE quote_uri = $1", made["uri"]
    )
    assert state == "refused"


async def _listed(place: Place, number: str) -> list[str]:
    found = await place.programs["ben"].get(f"/api/v1/statuses/{number}/quotes")
    return [each["id"] for each in found]


async def test_an_author_takes_back_that_a_post_quotes_theirs(place: Place) -> None:
    made = await place.write("ben")
    quoting = await place.write("chloe", quoted_status_id=made["id"])
    path = f"/api/v1/statuses/{made['id']}/quotes/{quoting['id']}/revoke"
    assert quoting["quote"]["state"] == "accepted"

    by_others = await place.programs["chloe"].ask("POST", path)
    revoked = await place.programs["ben"].post(path)
    await place.programs["ben"].post(path)

    assert by_others.status == 403
    assert revoked["id"] == quoting["id"]
    assert revoked["quote"]["quoted_status"] is None
    assert (await place.status("chloe", quoting["id"]))["quote"]["quoted_status"] is None
    assert await _listed(place, made["id"]) == []


async def test_a_quote_among_members_is_taken_back_as_well(place: Place) -> None:
    made = await place.write("ben", "@vault Between us")
    quoting = await place.write("chloe", "@vault As he says", quoted_status_id=made["id"])
    assert quoting["quote"]["state"] == "accepted"

    revoked = await place.programs["ben"].post(
        f"/api/v1/statuses/{made['id']}/quotes/{quoting['id']}/revoke"
    )

    assert (revoked["quote"]["state"], revoked["quote"]["quoted_status"]) == ("rejected", None)


async def test_a_quote_from_elsewhere_is_taken_back_there(place: Place) -> None:
    made = await place.write("ben")
    await settle(place.here, place.away)
    there = str((await life.post_at(place.away, made["uri"])).id)
    await place.quote("dora", there)
    await settle(place.here, place.away)
    uri = await life.value(
        place.away, "SELECT uri FROM posts WHERE quote_uri = $1", made["uri"]
    )
    here = (await life.post_at(place.here, uri)).id

    await place.programs["ben"].post(f"/api/v1/statuses/{made['id']}/quotes/{here}/revoke")
    await settle(place.here, place.away)

    state = await life.value(place.away, "SELECT quote_state FROM posts WHERE uri = $1", uri)
    assert state == "refused"


async def test_what_quotes_nothing_of_theirs_is_not_there_to_revoke(place: Place) -> None:
    made, other = await place.write("ben"), await place.write("chloe")

    for number in (other["id"], "1"):
        reply = await place.programs["ben"].ask(
            "POST", f"/api/v1/statuses/{made['id']}/quotes/{number}/revoke"
        )
        assert reply.status == 404
