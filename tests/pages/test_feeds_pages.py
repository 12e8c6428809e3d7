"""Collections of communities in the browser: made, browsed, followed as a whole, closed."""

from collections.abc import AsyncIterator

import pytest

from schemas.records import Role
from server.storage.embedded import Cluster
from tests.instance import Browser, Instance, TurnedClock, running
from tests.stories import life

FIELDS = {
    "name": "starter",
    "display_name": "New in road safety",
    "summary": "What to read *first*.",
}


@pytest.fixture
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as instance:
        yield instance


async def _amina(health: Instance) -> Browser:
    browser = await health.member_browser("amina", Role.STEWARD)
    amina = await life.signed_in(health.context, "amina")
    for name in ("roads", "bridges"):
        await life.opened(health, amina.member.actor, name)
    return browser


async def _make(browser: Browser, communities: str, **more: str) -> str:
    form = FIELDS | {"communities": communities} | more
    return (await browser.submit("/feeds/new", form, page="/feeds/new")).text


async def test_a_steward_makes_a_collection_and_a_member_follows_all_of_it(health):
    amina = await _amina(health)
    bob = await health.member_browser("bob")
    guest = health.browser()

    made = await _make(amina, f"!roads@{health.host}\n{health.origin}/c/bridges\n")
    listed = await guest.get("/feeds")
    shown = await guest.get("/f/starter")
    followed = await bob.submit("/f/starter/follow", page="/f/starter")
    mine = await bob.get("/communities?scope=mine")

    assert "The collection is there." in made
    assert "New in road safety" in listed.text
    assert "What to read <em>first</em>." in shown.text
    assert "2 communities" in shown.text
    assert "Sign in to follow" in shown.text
    assert "asked into each of its communities" in followed.text
    assert "About roads" in mine.text
    assert "About bridges" in mine.text


async def test_who_looks_after_a_collection_changes_it_and_closes_it(health):
    amina = await _amina(health)
    bob = await health.member_browser("bob")
    await _make(amina, f"!roads@{health.host}")

    form = await amina.get("/f/starter/edit")
    saved = await amina.submit(
        "/f/starter/edit",
        {"display_name": "Renamed", "summary": "", "communities": "!nothing@nowhere"},
        page="/f/starter/edit",
    )
    changed = await amina.submit(
        "/f/starter/edit",
        {"display_name": "Renamed", "summary": "", "communities": f"!bridges@{health.host}"},
        page="/f/starter/edit",
    )
    refused = await bob.get("/f/starter/edit")
    closed = await amina.submit("/f/starter/edit", {"act": "close"}, page="/f/starter/edit")
    gone = await amina.get("/f/starter")

    assert f"!roads@{health.host}" in form.text
    assert saved.status == 422
    assert "no public community that we can find" in saved.text
    assert "Renamed" in changed.text
    assert "About bridges" in changed.text
    assert "About roads" not in changed.text
    assert refused.status == 403
    assert "The collection is closed." in closed.text
    assert gone.status == 404


async def test_who_follows_a_collection_no_longer_stays_in_its_communities(health):
    amina = await _amina(health)
    bob = await health.member_browser("bob")
    await _make(amina, f"!roads@{health.host}")
    await bob.submit("/f/starter/follow", page="/f/starter")

    left = await bob.submit("/f/starter/unfollow", page="/f/starter")
    mine = await bob.get("/communities?scope=mine")

    assert "stay yours" in left.text
    assert "Follow all" in left.text
    assert "About roads" in mine.text


async def test_what_is_wrong_with_a_new_collection_is_said_at_its_field(health):
    amina = await _amina(health)

    told = await _make(amina, "", name="x")

    assert "The name must be 2 to 30 letters" in told
    assert "New in road safety" in told


async def test_without_a_collection_the_page_says_what_one_is_for(health):
    amina, guest = await _amina(health), health.browser()

    assert "Make the first one" in (await amina.get("/feeds")).text
    assert "Paste the handle" in (await guest.get("/feeds")).text


async def test_a_collection_is_nobodys_account_to_a_client(health):
    amina = await _amina(health)
    await _make(amina, f"!roads@{health.host}")
    guest = health.browser()

    looked = await guest.get("/api/v1/accounts/lookup?acct=starter")

    assert looked.status == 404
