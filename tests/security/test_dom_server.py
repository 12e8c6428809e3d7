"""DOM-04 to DOM-06 and FET-10: blocks and admission where the inbox and the search act."""

from collections.abc import AsyncIterator, Callable
from urllib.parse import quote

import pytest

from schemas.records import AgencyState, FollowState
from server.services import discovery
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.door import Sender
from tests.hostile_peer import redirect
from tests.inbox_scene import Scene, Town, done, ignored, populated


@pytest.fixture(scope="module")
async def town(cluster: Cluster) -> AsyncIterator[Town]:
    async with populated(cluster) as town:
        yield town


async def block(scene: Scene, name: str) -> None:
    async with scene.here.database.transaction("test") as tx:
        await agencies.decide(
            tx,
            scene.peer.authority(name),
            AgencyState.BLOCKED,
            by=None,
            reason="Enough",
            now=scene.here.now(),
        )


async def known(scene: Scene, sender: Sender) -> bool:
    return bool(await scene.fetch("SELECT FROM actors WHERE uri = $1", sender.uri))


# DOM-04


@pytest.mark.parametrize("blocked", ["handles", "actors", None])
async def test_dom_04_a_block_of_either_of_two_domains_is_enough(town, blocked):
    scene = town.scene
    brand, home = f"brand-{blocked}".lower(), f"home-{blocked}".lower()
    vera = scene.sender(home, "vera")
    handle = f"vera@{scene.peer.authority(brand)}"
    scene.peer.webfingers(handle, vera.uri)
    scene.peer.webfingers(f"vera@{scene.peer.authority(home)}", vera.uri, subject=handle)
    if blocked is not None:
        await block(scene, brand if blocked == "handles" else home)

    found = await discovery.look_up(scene.here.context, f"@{handle}", may_fetch=True)

    assert (found is None) == (blocked is not None)
    assert await known(scene, vera) == (blocked is None)
    if blocked == "handles":
        assert scene.asked(brand) == []


# DOM-05


@pytest.mark.parametrize("kind", ["Create", "Like", "Update", "Delete", "Announce", "Accept"])
async def test_dom_05_whom_nobody_admitted_is_refused_before_their_key_is_asked_for(town, kind):
    stranger = town.scene.sender("strangers", "sam")
    before = await town.scene.state()

    outcome = await town.scene.send(stranger, kind, town.question.uri)

    assert (outcome.status, outcome.refused) == (403, "agency-not-admitted")
    assert town.scene.asked("strangers") == []
    assert await town.scene.state() == before


async def test_dom_05_a_knock_waits_and_nothing_goes_out_to_it(town):
    stranger = town.scene.sender("knockers", "kim")
    host = town.scene.peer.authority("knockers")

    await done(town.scene, stranger, "Follow", town.plaza.uri)
    await town.scene.ask_in(town.plaza.id, "bob")

    assert await town.scene.edge(stranger.uri, town.plaza.uri) is FollowState.ASKED
    assert await town.scene.fetch("SELECT FROM deliveries WHERE host = $1", host) == []


async def test_dom_05_whom_a_moderator_admitted_may_send(town):
    await done(town.scene, town.nils, "Like", town.answer)


# DOM-06


async def test_dom_06_what_a_blocked_agency_sends_is_refused_without_a_fetch(town):
    blocked = town.scene.sender("blocked-senders", "bo")
    await block(town.scene, "blocked-senders")

    for kind in ("Follow", "Create", "Undo"):
        outcome = await town.scene.send(blocked, kind, town.plaza.uri)
        assert (outcome.status, outcome.refused) == (403, "agency-blocked")
    assert town.scene.asked("blocked-senders") == []


async def test_dom_06_a_key_of_a_blocked_agency_signs_for_nobody_else(town):
    blocked = town.scene.sender("blocked-keys", "bo")
    await block(town.scene, "blocked-keys")
    forger = Sender(uri=town.nils.uri, key=blocked.key, document={})

    outcome = await town.scene.send(forger, "Like", town.question.uri)

    assert (outcome.status, outcome.refused) == (401, "key-not-of-actor")
    assert town.scene.asked("blocked-keys") == []


async def author_of_a_blocked_agency(town: Town, host: str) -> Sender:
    """One that we knew well before."""
    author = town.scene.sender(host, "bo")
    await discovery.find_or_fetch_actor(town.scene.here.context, author.uri)
    await block(town.scene, host)
    return author


@pytest.mark.parametrize("whole", [True, False], ids=["activity", "id"])
async def test_dom_06_what_a_blocked_agency_wrote_comes_through_no_community(town, whole):
    host = f"blocked-authors-{whole}".lower()
    author = await author_of_a_blocked_agency(town, host)
    told = town.scene.post(author, town.roads.uri)
    inner = town.scene.published(author, "Create", told) if whole else told["id"]
    asked = town.scene.asked(host)

    assert await ignored(town.scene, town.roads, "Announce", inner) == "agency-blocked"
    assert town.scene.asked(host) == asked


async def test_dom_06_nor_as_what_somebody_replied_to(town):
    author = await author_of_a_blocked_agency(town, "blocked-parents")
    told = town.scene.post(author, town.roads.uri)
    reply = town.scene.post(town.cleo, town.roads.uri, reply_to=told["id"])
    inner = town.scene.activity(town.cleo, "Create", reply)

    assert await ignored(town.scene, town.roads, "Announce", inner) == "agency-blocked"
    assert await town.scene.facts(told["id"]) is None


async def test_dom_06_nor_behind_a_redirect(town):
    author = await author_of_a_blocked_agency(town, "blocked-targets")
    told = town.scene.post(author, town.roads.uri)
    door = town.scene.peer.url("health", "/looks-harmless")
    town.scene.peer.tells(door, redirect(told["id"]))

    assert await ignored(town.scene, town.roads, "Announce", door) == "agency-blocked"
    assert await town.scene.facts(told["id"]) is None


async def test_dom_06_the_same_redirect_within_admitted_agencies_is_followed(town):
    told = town.scene.post(town.cleo, town.roads.uri)
    door = town.scene.peer.url("far", "/looks-harmless")
    town.scene.peer.tells(door, redirect(told["id"]))

    await done(town.scene, town.roads, "Announce", door)

    assert await town.scene.facts(told["id"]) is not None


# FET-10

Spelt = Callable[[Scene], str]
ASKED: dict[str, Spelt] = {
    "search-handle": lambda scene: f"/search?q={quote('@eve@' + scene.peer.authority('new'))}",
    "search-group": lambda scene: f"/search?q={quote('!eve@' + scene.peer.authority('new'))}",
    "search-url": lambda scene: f"/search?q={quote(scene.peer.url('new', '/@eve'), safe='')}",
    "profile": lambda scene: f"/@eve@{scene.peer.authority('new')}",
    "community": lambda scene: f"/c/eve@{scene.peer.authority('new')}",
    "webfinger": lambda scene: (
        "/.well-known/webfinger?resource="
        + quote("acct:eve@" + scene.peer.authority("new"), safe="")
    ),
    "take-part": lambda scene: (
        f"/take-part?uri={quote(scene.peer.url('new', '/@eve'), safe='')}"
    ),
    "arrival": lambda scene: (
        f"/authorize_interaction?uri={quote(scene.peer.url('new', '/@eve'), safe='')}"
    ),
    "thread": lambda scene: (
        f"/api/commonlore/v1/thread?uri={quote(scene.peer.url('new', '/p/1'), safe='')}"
    ),
}


@pytest.mark.parametrize("place", ASKED)
async def test_fet_10_nothing_that_a_guest_asks_for_makes_us_fetch(town, place):
    town.scene.sender("new", "eve")
    before = len(town.scene.peer.requests)

    await town.scene.here.browser().get(ASKED[place](town.scene))

    assert len(town.scene.peer.requests) == before


async def test_fet_10_a_member_may_look_somebody_up(town):
    eve = town.scene.sender("found", "eve")
    handle = f"eve@{town.scene.peer.authority('found')}"
    town.scene.peer.webfingers(handle, eve.uri)
    browser = await town.scene.here.member_browser("curious")

    await browser.get(f"/search?q={quote('@' + handle)}")

    assert town.scene.asked("found")
    assert await known(town.scene, eve)
