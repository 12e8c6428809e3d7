"""Guests who take part from their own server, and members who come from another one."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from urllib.parse import quote

import pytest

from schemas.records import AgencyState, Role, Visibility
from server.storage import agencies
from server.storage.embedded import Cluster
from tests.hostile_peer import HostilePeer, Reply
from tests.instance import Answer, Browser, Instance, TurnedClock, running
from tests.stories import life

SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
OWN_SERVER = "Take part from your own server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Two agencies, a guest at one of them, and servers of whatever kind."""

    health: Instance
    transport: Instance
    peer: HostilePeer
    clock: TurnedClock
    thread: str
    numbers: Iterator[int] = field(default_factory=count)

    async def guest(self) -> Browser:
        """A guest who was not here for an hour."""
        self.clock.turn(timedelta(hours=1))
        return self.health.browser()

    async def types(self, handle: str, *, path: str = "/c/roads") -> Answer:
        """Let a guest give a handle on the page that the page of a thing leads to."""
        guest = await self.guest()
        way = way_on(await guest.get(path))
        form = {"uri": self.health.origin + path, "handle": handle}
        return await guest.submit("/take-part", form, page=way)

    def social(self) -> str:
        """The authority of a server that was not asked before."""
        return self.peer.authority(f"social{next(self.numbers)}")


@pytest.fixture(scope="module")
async def place(cluster: Cluster) -> AsyncIterator[Place]:
    clock = TurnedClock()
    async with AsyncExitStack() as stack:
        health, transport = [
            await stack.enter_async_context(running(cluster, name, clock=clock, work=False))
            for name in ("health", "transport")
        ]
        peer = await stack.enter_async_context(HostilePeer())
        steward = await health.member("amina", Role.STEWARD)
        await life.opened(health, steward.actor, "roads")
        await life.opened(health, steward.actor, "inner", visibility=Visibility.MEMBERS)
        browser = health.browser()
        await browser.sign_in("amina")
        fields = {"kind": "question", "title": "Which grit?", "body": "Ice.", "act": "post"}
        asked = await browser.submit("/c/roads/ask", fields)
        yield Place(
            health=health, transport=transport, peer=peer, clock=clock, thread=asked.path
        )


def way_on(page: Answer) -> str:
    """Give where the page of a thing leads those whose account is elsewhere."""
    found = re.search(rf'href="(/take-part[^"]+)">{OWN_SERVER}', page.text)
    assert found, page.text
    return html.unescape(found[1])


def onward(page: Answer) -> str:
    """Give where a guest is led."""
    assert page.status == 200, page.text
    found = re.search(r'href="([^"]+)"[^>]*>Go on at ', page.text)
    assert found, page.text
    return html.unescape(found[1])


def complaint(page: Answer) -> str:
    """Give what is said at the field, which must be what the summary says."""
    assert page.status == 422
    found = re.search(r'id="handle-error".*?</span>([^<]*)</p>', page.text, re.DOTALL)
    assert found, page.text
    told = found[1].strip()
    assert re.search(rf'<a href="#handle">\s*{re.escape(told)}', page.text)
    return html.unescape(told)


async def test_a_member_of_another_agency_finds_their_way_and_is_asked_to_sign_in(
    place: Place,
) -> None:
    await place.transport.member("tess")

    led = onward(await place.types(f"@tess@{place.transport.host}"))

    roads = f"{place.health.origin}/c/roads"
    assert led == (
        f"{place.transport.origin}/authorize_interaction?uri={quote(roads, safe='')}"
    )
    browser = place.transport.browser()
    path = led.removeprefix(place.transport.origin)
    door = await browser.get(path)
    assert door.path.startswith("/sign-in?next=/authorize_interaction")
    assert place.health.host not in await known_at(place.transport)
    next_path = re.search(r'name="next" value="([^"]*)"', door.text)
    assert next_path
    there = await browser.submit(
        "/sign-in",
        {"name": "tess", "password": life.PASSWORD, "next": html.unescape(next_path[1])},
        page=door.path,
    )
    assert there.path == f"/c/roads@{place.health.host}"
    assert "About roads" in there.text


async def known_at(instance: Instance) -> set[str]:
    async with instance.database.reading() as tx:
        return {row[0] for row in await tx.fetch("SELECT host FROM actors WHERE NOT local")}


async def test_the_name_of_an_agency_alone_is_enough(place: Place) -> None:
    for typed in (place.transport.host, f" HTTPS://{place.transport.host.upper()}/ "):
        led = onward(await place.types(typed))

        assert led.startswith(f"{place.transport.origin}/authorize_interaction?uri=http%3A%2F")


async def test_the_address_of_a_profile_is_as_good_as_a_handle(place: Place) -> None:
    social = place.social()
    template = f"http://{social}/open?u={{uri}}"
    place.peer.offers(f"ada@{social}", {"rel": SUBSCRIBE, "template": template})

    led = onward(await place.types(f"https://{social}/@ada/"))

    assert led.startswith(f"http://{social}/open?u=http")


@pytest.mark.parametrize(
    ("path", "rel"),
    [("/c/roads", "Follow"), ("/@amina", "Follow"), ("thread", "Object")],
)
async def test_a_guest_of_a_new_mastodon_is_led_from_every_page(
    place: Place, path: str, rel: str
) -> None:
    path = place.thread if path == "thread" else path
    social = place.social()
    intents = [
        {"rel": f"https://w3id.org/fep/3b86/{name}", "template": f"http://{social}/{name}/{at}"}
        for name, at in (("Create", "?text={content}"), ("Follow", "{object}"))
    ]
    intents += [
        {"rel": "https://w3id.org/fep/3b86/Object", "template": f"http://{social}/Object/{at}"}
        for at in ("{object}",)
    ]
    place.peer.offers(f"ada@{social}", *intents)
    before = len(place.peer.requests)

    led = onward(await place.types(f"@ada@{social}", path=path))

    assert led == f"http://{social}/{rel}/{quote(place.health.origin + path, safe='')}"
    assert len(place.peer.requests) == before + 1


async def test_aut_01_a_guest_is_told_where_they_go_before_they_go(place: Place) -> None:
    social, other = place.social(), place.social()
    template = f"http://{other}/open?u={{uri}}"
    place.peer.offers(f"ada@{social}", {"rel": SUBSCRIBE, "template": template})

    page = await place.types(f"ada@{social}")

    host = other.partition(":")[0]
    assert f"Go on at {host}" in page.text
    assert f"Is {host} not your server?" in page.text
    assert "Location" not in page.headers
    assert "form-action 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("handle", "told"),
    [
        ("", "Write your whole handle"),
        ("ada", "Write your whole handle"),
        ("@ada", "Write your whole handle"),
        ("ada@a@b.example", "Write your whole handle"),
        ("https://social.example/users/ada", "Write your whole handle"),
        ("javascript:alert(1).x", "Write your whole handle"),
        ('"><script>alert(1)</script>.x', "Write your whole handle"),
        ("mona@{health}", "That is an account of this agency"),
        ("{health}", "That is an account of this agency"),
        ("ada@{silent}", "We cannot ask that server"),
        ("{silent}", "The name of that server is not enough"),
        ("ada@{nothing}", "Your server does not say where"),
        ("ada@{rubbish}", "names an address that we send nobody to"),
        ("ada@intranet", "We cannot ask that server"),
        ("ada@10.0.0.8", "We cannot ask that server"),
        ("ada@[::1]", "We cannot ask that server"),
        ("10.0.0.8", "The name of that server is not enough"),
        ("ada@router.lan", "We cannot ask that server"),
        ("ada@{blocked}", "We cannot ask that server"),
    ],
)
async def test_what_was_wrong_is_said_and_what_was_typed_stays(
    place: Place, handle: str, told: str
) -> None:
    servers = {name: place.social() for name in ("silent", "nothing", "rubbish", "blocked")}
    place.peer.offers(f"ada@{servers['nothing']}", {"rel": "self"})
    place.peer.offers(f"ada@{servers['rubbish']}", {"rel": SUBSCRIBE, "template": "x:{uri}"})
    good = {"rel": SUBSCRIBE, "template": f"http://{servers['blocked']}/?u={{uri}}"}
    place.peer.offers(f"ada@{servers['blocked']}", good)
    async with place.health.database.transaction("test") as tx:
        now, state = place.health.now(), AgencyState.BLOCKED
        await agencies.decide(tx, servers["blocked"], state, by=None, reason="", now=now)
    typed = handle.format(health=place.health.host, **servers)

    page = await place.types(typed)

    assert told in complaint(page)
    assert f'value="{html.escape(typed).replace("&quot;", "&#34;")}"' in page.text
    assert f"{place.health.origin}/c/roads</code>" in page.text
    assert [one for one in place.peer.requests if one.host == servers["blocked"]] == []


async def test_a_server_that_breaks_off_is_one_that_cannot_be_asked(
    place: Place,
) -> None:
    social = place.social()
    target = f"http://{social}/.well-known/webfinger?resource=acct:ada@{social}"
    place.peer.tells(target, Reply(resets=True))

    assert "We cannot ask that server" in complaint(await place.types(f"ada@{social}"))


async def test_after_twenty_tries_an_address_waits_ten_minutes(place: Place) -> None:
    social = place.social()
    guest, form = await place.guest(), {"uri": f"{place.health.origin}/c/roads"}
    for _ in range(20):
        tried = await guest.submit("/take-part", form | {"handle": f"ada@{social}"})
        assert tried.status == 422
    before = len(place.peer.requests)

    stopped = await guest.submit("/take-part", form | {"handle": f"ada@{social}"})
    again = await place.health.browser().submit("/take-part", form | {"handle": social})

    assert (stopped.status, again.status) == (429, 429)
    assert len(place.peer.requests) == before
    place.clock.turn(timedelta(minutes=10))
    assert (await guest.submit("/take-part", form | {"handle": social})).status == 422


async def test_a_form_without_its_token_asks_nobody(place: Place) -> None:
    guest = await place.guest()
    before = len(place.peer.requests)
    form = {"uri": f"{place.health.origin}/c/roads", "handle": f"ada@{place.social()}"}

    answer = await guest.request("POST", "/take-part", data=form)

    assert answer.status == 403
    assert len(place.peer.requests) == before


@pytest.mark.parametrize(
    "uri", ["", "nonsense", "https://elsewhere.example/p/1", "{here}/actor"]
)
async def test_there_is_no_way_to_what_is_not_here(place: Place, uri: str) -> None:
    guest = await place.guest()
    form = {"uri": uri.format(here=place.health.origin), "handle": f"ada@{place.social()}"}

    shown = await guest.get(f"/take-part?uri={quote(form['uri'], safe='')}")
    sent = await guest.submit("/take-part", form)

    assert (shown.status, sent.status) == (404, 404)


async def test_what_guests_may_not_read_or_not_answer_is_not_offered_to_them(
    place: Place,
) -> None:
    amina = place.health.browser()
    await amina.sign_in("amina")
    fields = {"kind": "question", "title": "A secret?", "body": "Hush.", "act": "post"}
    secret = (await amina.submit("/c/inner/ask", fields)).path
    locked = (await amina.submit("/c/roads/ask", fields | {"title": "Locked"})).path
    await amina.submit(f"{locked}/lock", {"on": "yes"})
    deleted = (await amina.submit("/c/roads/ask", fields | {"title": "Gone"})).path
    await amina.submit(f"{deleted}/delete")
    await place.health.member("sid")
    async with place.health.database.transaction("test") as tx:
        await tx.execute(
            "UPDATE actors SET suspended_at = $1 WHERE name = 'sid'", place.health.now()
        )
    guest = await place.guest()

    pages = [await guest.get(path) for path in (locked, deleted, "/@sid")]
    ways = [
        await guest.get(f"/take-part?uri={quote(place.health.origin + path, safe='')}")
        for path in (secret, locked, deleted, "/@sid")
    ]

    assert [OWN_SERVER in page.text for page in pages] == [False] * 3
    assert [way.status for way in ways] == [404] * 4
    assert not [way for way in ways if "secret" in way.text]


async def test_whoever_is_signed_in_is_shown_the_thing_and_no_way_elsewhere(
    place: Place,
) -> None:
    mona = await place.health.member_browser("mona")

    pages = [await mona.get(path) for path in ("/c/roads", "/@amina", place.thread)]
    led = await mona.get(f"/take-part?uri={quote(place.health.origin + place.thread, safe='')}")

    assert [OWN_SERVER in page.text for page in pages] == [False] * 3
    assert led.path == place.thread


async def test_a_member_who_comes_with_a_handle_or_with_nothing_finds_the_search(
    place: Place,
) -> None:
    nora = await place.health.member_browser("nora")

    empty = await nora.get("/authorize_interaction")
    handle = await nora.get(f"/authorize_interaction?uri=acct:amina@{place.health.host}")

    assert (empty.status, empty.path) == (200, "/search")
    assert handle.path == "/@amina"
