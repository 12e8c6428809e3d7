"""Members whose Follows a block ended are told, see whom they lost, and take the list along."""

import csv
import io
from collections.abc import AsyncIterator

import pytest

from schemas.records import Actor, ActorKind, Community, FollowState
from server.services import agencies
from server.storage import actors, communities, follows
from server.storage.embedded import Cluster
from tests.instance import Browser, Instance, TurnedClock, running

HOST = "learning.transport.example"


@pytest.fixture(scope="module")
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        yield instance


async def _remote(health: Instance, name: str, host: str, kind: ActorKind) -> Actor:
    uri = f"https://{host}/@{name}"
    actor = Actor(
        id=health.context.ids.mint(health.now()),
        uri=uri,
        kind=kind,
        name=name,
        host=host,
        local=False,
        display_name=name.title(),
        inbox=f"{uri}/inbox",
        published_at=health.now(),
    )
    async with health.database.transaction("test") as tx:
        await actors.add(tx, actor, now=health.now())
        if kind is ActorKind.COMMUNITY:
            await communities.add(tx, Community(actor=actor), now=health.now())
    return actor


async def _follow(health: Instance, follower: int, target: int) -> None:
    async with health.database.transaction("test") as tx:
        uri = f"https://health.example/{follower}/{target}"
        await follows.ask(tx, follower, target, uri, now=health.now())
        await follows.settle(tx, follower, target, FollowState.ACCEPTED, now=health.now())


@pytest.fixture(scope="module")
async def noa(health: Instance) -> Browser:
    """Noa follows a person and a community there, and is followed; then it is blocked."""
    browser, bystander = await health.member_browser("noa"), await health.member("bo")
    async with health.database.reading() as tx:
        noa = await actors.find_local(tx, "noa")
    assert noa is not None
    await agencies.admit(health.context, HOST, by=None)
    ines = await _remote(health, "ines", HOST, ActorKind.PERSON)
    roads = await _remote(health, "roads", HOST, ActorKind.COMMUNITY)
    near = await _remote(health, "near", "nearby.example", ActorKind.PERSON)
    for follower, target in (
        (noa.id, ines.id),
        (ines.id, noa.id),
        (noa.id, roads.id),
        (noa.id, near.id),
        (bystander.actor.id, near.id),
    ):
        await _follow(health, follower, target)
    await agencies.block(health.context, "transport.example", by=None, reason="Spam")
    return browser


async def test_whoever_loses_follows_is_told_once_and_nobody_else_is(
    health: Instance, noa: Browser
) -> None:
    page = await noa.get("/notifications")

    assert page.text.count("Our moderators blocked transport.example") == 1
    assert 'href="/settings/severed"' in page.text
    async with health.database.reading() as tx:
        told = await tx.fetch("SELECT member_id FROM notifications WHERE kind = 'severed'")
    assert len(told) == 1


async def test_a_member_sees_whom_they_lost(noa: Browser) -> None:
    page = await noa.get("/settings/severed")

    assert (page.text.count("You followed them"), page.text.count("They followed you")) == (
        2,
        1,
    )
    assert "Ines" in page.text
    assert "Roads" in page.text
    assert "Near" not in page.text


async def test_a_member_takes_the_list_along(noa: Browser) -> None:
    answer = await noa.get("/settings/severed.csv")

    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head == ["account", "address", "direction", "blocked", "ended"]
    assert {tuple(row[:4]) for row in rows} == {
        (f"ines@{HOST}", f"https://{HOST}/@ines", "follows", "transport.example"),
        (f"ines@{HOST}", f"https://{HOST}/@ines", "followed-by", "transport.example"),
        (f"roads@{HOST}", f"https://{HOST}/@roads", "follows", "transport.example"),
    }
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]


async def test_who_lost_nobody_reads_that(health: Instance) -> None:
    browser = await health.member_browser("ada")

    page = await browser.get("/settings/severed")

    assert "Nothing was ended" in page.text
    assert (await browser.get("/settings/severed.csv")).text.count("\n") == 1


async def test_dom_07_to_be_admitted_again_brings_back_no_follow(
    health: Instance, noa: Browser
) -> None:
    await agencies.admit(health.context, "transport.example", by=None)

    page = await noa.get("/settings/severed")

    assert page.text.count("You followed them") == 2
    async with health.database.reading() as tx:
        edges = await tx.fetchval(
            "SELECT count(*) FROM follows f JOIN actors a ON a.id IN (f.follower_id, "
            "f.target_id) WHERE a.host = $1",
            HOST,
        )
    assert edges == 0
