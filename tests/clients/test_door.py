"""The door of clients: who asks, what they may, and what every answer has (client-api.md 1)."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from schemas.records import Role
from server.middleware.allowances import READS, Allowances
from server.storage.embedded import Cluster
from tests.clients.programs import Program, opened, program_of
from tests.instance import START, Instance, TurnedClock, running
from tests.stories import life

ME = "/api/v1/accounts/verify_credentials"


async def test_whoever_brings_a_token_is_known_by_it(amina: Program) -> None:
    me = await amina.get(ME)

    assert (me["username"], me["acct"], me["display_name"]) == ("amina", "amina", "Amina")
    assert me["role"]["name"] == "Steward"
    assert me["source"]["privacy"] == "public"


@pytest.mark.parametrize("path", [ME, f"{ME}/"])
async def test_a_slash_at_the_end_changes_nothing(amina: Program, path: str) -> None:
    assert (await amina.ask("GET", path)).status == 200


async def test_the_token_may_be_in_the_query(amina: Program, guest: Program) -> None:
    token = amina.headers["Authorization"].removeprefix("Bearer ")

    assert (await guest.get(ME, access_token=token))["username"] == "amina"


async def test_without_a_token_or_with_a_wrong_one_nobody_is_known(
    transport: Instance, guest: Program
) -> None:
    stranger = opened(transport, Program(transport.origin, "x" * 43))

    replies = [await guest.ask("GET", ME), await stranger.ask("GET", ME)]

    assert [reply.status for reply in replies] == [401, 401]
    assert {reply.body for reply in replies} == {b'{"error":"The access token is invalid"}'}
    # What an instance is, anybody may read, whatever token they still have.
    assert (await stranger.get("/api/v2/instance"))["title"] == "Transport"


async def test_a_token_allows_what_its_scopes_say(transport: Instance) -> None:
    narrow = await program_of(transport, "amina", ["write", "read:statuses"])
    enough = await program_of(transport, "amina", ["read:accounts"])

    refused = await narrow.ask("GET", ME)

    assert refused.status == 403
    assert refused.json == {"error": "This action is outside the authorized scopes"}
    assert (await enough.ask("GET", ME)).status == 200


async def test_an_app_alone_has_no_account(transport: Instance) -> None:
    app = await program_of(transport, None, ["read"])

    refused = await app.ask("GET", ME)

    assert refused.status == 401
    assert refused.json == {"error": "This method requires an authenticated user"}


async def test_a_token_ends_when_it_was_not_used_for_long(
    transport: Instance,
) -> None:
    forgotten = await program_of(transport, "amina")
    async with transport.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE tokens SET seen_at = $1 WHERE id = (SELECT max(id) FROM tokens)",
            transport.now() - timedelta(days=61),
        )

    assert (await forgotten.ask("GET", ME)).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing/here", 404),
        ("DELETE", "/api/v2/instance", 405),
        ("GET", "/oauth/nothing", 404),
    ],
)
async def test_what_is_not_there_is_told_in_json(
    guest: Program, method: str, path: str, status: int
) -> None:
    reply = await guest.ask(method, path, headers={"Accept": "text/html"})

    assert reply.status == status
    assert list(reply.json) == ["error"]
    assert reply.headers["Access-Control-Allow-Origin"] == "*"


async def test_programs_in_browsers_may_ask_from_anywhere(guest: Program) -> None:
    asked = {"Origin": "https://phanpy.social", "Access-Control-Request-Method": "GET"}

    before = await guest.ask("OPTIONS", ME, headers=asked)
    refused = await guest.ask("GET", ME, headers=asked)

    assert (before.status, before.body) == (204, b"")
    for reply in (before, refused):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Link" in reply.headers["Access-Control-Expose-Headers"]
        assert "Idempotency-Key" in reply.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in reply.headers


async def test_every_answer_says_how_often_one_may_still_ask(transport: Instance) -> None:
    program = await program_of(transport, "ben")

    first, second = await program.ask("GET", ME), await program.ask("GET", ME)

    assert first.headers["X-RateLimit-Limit"] == str(READS)
    left = [int(reply.headers["X-RateLimit-Remaining"]) for reply in (first, second)]
    assert left == [READS - 1, READS - 2]
    assert first.headers["X-RateLimit-Reset"] == "2026-03-02T09:05:00.000Z"


async def test_who_asks_too_often_waits(transport: Instance) -> None:
    program = await program_of(transport, "ben")
    for _ in range(READS):
        await program.ask("GET", ME)

    refused = await program.ask("GET", ME)

    assert refused.status == 429
    assert refused.json == {"error": "Too many requests"}
    assert refused.headers["Retry-After"] == "300"
    assert refused.headers["X-RateLimit-Remaining"] == "0"


def test_a_window_begins_anew_and_old_ones_are_forgotten() -> None:
    allowances = Allowances()
    allowances.take("a", limit=2, now=START)

    again = allowances.take("a", limit=2, now=START + timedelta(minutes=5))
    for number in range(20_000):
        allowances.take(str(number), limit=2, now=START)

    assert again.remaining == 1
    assert allowances.take("a", limit=2, now=START + timedelta(minutes=6)).remaining == 1


async def test_an_instance_is_what_clients_expect(transport: Instance, guest: Program) -> None:
    new, old = await guest.get("/api/v2/instance"), await guest.get("/api/v1/instance")

    assert new["domain"] == old["uri"] == transport.host
    assert new["version"].startswith("4.5.0 (compatible; Commonlore ")
    assert new["api_versions"]["mastodon"] == 7
    assert new["configuration"]["urls"]["streaming"] == f"ws://{transport.host}"
    assert new["contact"]["account"]["acct"] == old["contact_account"]["acct"]
    assert old["stats"]["user_count"] == 0  # fewer than five are told as none


async def test_everybody_has_a_picture(amina: Program, guest: Program) -> None:
    me = await amina.get(ME)

    for address in (me["avatar"], me["header"]):
        reply = await guest.ask("GET", address)
        assert reply.headers["Content-Type"] == "image/png"
        assert reply.headers["Cache-Control"].startswith("public")
        assert Image.open(io.BytesIO(reply.body)).format == "PNG"


@pytest.mark.parametrize("path", ["/avatars/360/A.png", "/avatars/1/ABC.png"])
async def test_no_other_faces_are_drawn(guest: Program, path: str) -> None:
    assert (await guest.ask("GET", path)).status == 404


async def test_whoever_is_new_belongs_where_all_do(cluster: Cluster) -> None:
    async with running(
        cluster,
        "usual",
        clock=TurnedClock(),
        work=False,
        default_communities=("plaza", "nowhere"),
    ) as here:
        first = await here.member("amina", Role.STEWARD)
        plaza = await life.opened(here, first.actor, "plaza")
        await here.member("ben")
        ben = await program_of(here, "ben")

        [related] = await ben.get(f"/api/v1/accounts/relationships?id[]={plaza.id}")

    assert related["following"]
