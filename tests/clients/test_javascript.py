"""Libraries of clients in JavaScript, unchanged: masto.js, and megalodon (client-api.md 13)."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from schemas.records import Role
from server.services import communities
from server.storage.embedded import Cluster
from tests import npm
from tests.clients import tools
from tests.instance import TurnedClock, cloned, free_port, living
from tests.stories import life

PATIENCE = 60.0
TOURS = ("masto", "megalodon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Harbour:
    """An agency on localhost itself, a name that every program can find."""

    address: str
    tokens: dict[str, str]


@pytest.fixture(scope="module")
async def harbour(cluster: Cluster) -> AsyncIterator[Harbour]:
    npm.require(npm.CLIENTS)
    port = free_port()
    address = f"http://localhost:{port}"
    async with (
        cloned(cluster) as url,
        living("harbour", url, clock=TurnedClock(), port=port, origin=address) as here,
    ):
        amina = await here.member("amina", Role.STEWARD)
        await here.member("ben")
        plaza = await life.opened(here, amina.actor, "plaza")
        ben = await life.signed_in(here.context, "ben")
        await communities.join(here.context, ben, plaza.id)
        tokens = {name: (await tools.owner(here, name)).token for name in ("amina", "ben")}
        yield Harbour(address=address, tokens=tokens)


@pytest.fixture(scope="module")
async def tours(harbour: Harbour) -> dict[str, dict[str, Any]]:
    return {name: await _tour(harbour, name) for name in TOURS}


async def _tour(harbour: Harbour, name: str) -> dict[str, Any]:
    """Have a script walk around; what it saw, by what it looked for. It must come home."""
    process = await asyncio.create_subprocess_exec(
        npm.NODE,
        npm.CLIENTS / f"{name}.mjs",
        json.dumps({"address": harbour.address, "tokens": harbour.tokens}),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        output, errors = await process.communicate()
    assert process.returncode == 0, (output[-2000:] + errors).decode()
    lines = [json.loads(line) for line in output.splitlines()]
    return {line["what"]: line["seen"] for line in lines}


@pytest.fixture(params=TOURS)
def seen(tours: dict[str, dict[str, Any]], request: pytest.FixtureRequest) -> dict[str, Any]:
    return tours[request.param]


def test_megalodon_takes_us_for_what_it_can_speak_to(tours: dict[str, dict[str, Any]]) -> None:
    assert tours["megalodon"]["detected"] == "mastodon"


def test_a_library_reads_the_instance_and_who_it_is(seen: dict[str, Any]) -> None:
    assert seen["instance"]["title"] == "Harbour"
    assert (seen["me"]["username"], seen["me"]["acct"]) == ("ben", "ben")


def test_masto_reads_both_versions_of_the_instance(
    tours: dict[str, dict[str, Any]], harbour: Harbour
) -> None:
    seen = tours["masto"]

    assert seen["instance"]["configuration"]["statuses"]["maxCharacters"] == 20_000
    assert seen["instance"]["configuration"]["urls"]["streaming"].startswith("ws://localhost:")
    assert seen["instance v1"]["uri"] == harbour.address.removeprefix("http://")


def test_a_library_asks_is_answered_and_thanks(seen: dict[str, Any]) -> None:
    question, answer = seen["question"], seen["answer"]
    replied = answer.get("inReplyToId", answer.get("in_reply_to_id"))

    assert "<strong>How " in question["content"]
    assert replied == question["id"]
    assert [each["id"] for each in seen["context"]["descendants"]] == [answer["id"]]
    assert seen["favourite"]["favourited"] is True


def test_a_library_hears_what_is_new_at_once(seen: dict[str, Any]) -> None:
    heard = seen["heard"].get("payload", seen["heard"])
    told = seen["told"].get("payload", seen["told"])

    assert heard["id"] == seen["question"]["id"]
    assert (told["type"], told["status"]["id"]) == ("mention", seen["answer"]["id"])


def test_a_library_is_told_of_thanks(seen: dict[str, Any]) -> None:
    newest = seen["notifications"][0]

    assert newest["type"] == "favourite"
    assert newest["account"]["acct"] == "ben"
    assert newest["status"]["id"] == seen["answer"]["id"]


def test_masto_reads_notifications_in_groups(tours: dict[str, dict[str, Any]]) -> None:
    groups = tours["masto"]["groups"]
    newest = groups["notificationGroups"][0]

    assert (newest["type"], newest["statusId"]) == ("favourite", tours["masto"]["answer"]["id"])
    assert newest["sampleAccountIds"] == [tours["masto"]["me"]["id"]]
    assert newest["statusId"] in {each["id"] for each in groups["statuses"]}


def test_a_library_finds_and_keeps(seen: dict[str, Any]) -> None:
    assert [each["id"] for each in seen["search"]["statuses"]] == [seen["question"]["id"]]
    assert seen["bookmarks"][0]["id"] == seen["answer"]["id"]


def test_a_library_makes_lists_filters_and_markers(seen: dict[str, Any]) -> None:
    marker = seen["markers"]["home"]

    assert "Who knows" in seen["lists"][-1]["title"]
    assert seen["list"][0]["id"] == seen["table"]["id"]
    assert seen["filters"]
    assert marker.get("lastReadId", marker.get("last_read_id")) == seen["question"]["id"]


def test_masto_sees_which_filter_a_post_meets(tours: dict[str, dict[str, Any]]) -> None:
    [result] = tours["masto"]["filtered"]["filtered"]

    assert result["filter"]["title"] == "Ships"
    assert result["keywordMatches"] == ["mast"]


def test_a_library_turns_pages_until_the_last(seen: dict[str, Any]) -> None:
    turned = [each for page in seen["pages"] for each in page]

    assert len(seen["pages"]) > 1
    assert turned == [each["id"] for each in seen["home"]]


def test_a_library_is_told_what_is_not_there(seen: dict[str, Any]) -> None:
    assert seen["refused"] == {"status": 404, "message": "Record not found"}
