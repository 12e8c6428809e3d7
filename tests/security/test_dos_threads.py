"""DOS-01, DOS-02 and DEL-17: who lists posts without an end gets few requests, and an end."""

import asyncio
import re
from datetime import timedelta
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from federation.translate.incoming_posts import post_from
from server.services import backfill, discovery, gathering, importing, strangers
from server.storage import throttles
from tests.door import KEYS, actor_document
from tests.hostile_peer import Reply, Request, document
from tests.inbox_scene import EARLIER, done
from tests.past_scene import Past, past

__all__ = ["past"]

#: What one pass over a thread may cost, of posts and pages (`server/services/gathering.py`).
FETCHES: Final = 200
DEEPEST: Final = 16
#: Of one page no more items are read (`schemas/wire/vocabulary.py`).
ITEMS_OF_A_PAGE: Final = 500


class Storm:
    """A thread without an end: each post is at a name of its own below storm.localhost.

    Each has so many replies, by somebody new each time, and calls somebody new, too.
    """

    def __init__(self, past: Past, *, wide: int) -> None:
        self.past, self.wide = past, wide
        self.root = past.scene.post(past.sten, past.roads.uri)
        past.scene.peer.publishes(self.root["id"], **self.root, replies=self.replies(0))
        past.scene.peer.invents = self.invents
        past.publishes(self.root["id"])

    def place(self, kind: str, number: int) -> str:
        return self.past.scene.peer.url(f"{kind}{number}.storm.localhost", "/it")

    def replies(self, number: int) -> dict[str, Any]:
        below = range(number * self.wide + 1, (number + 1) * self.wide + 1)
        return {"type": "Collection", "items": [self.place("p", each) for each in below]}

    def invents(self, request: Request) -> Reply | None:
        found = re.fullmatch(r"([pa])([0-9]+)\.storm\.localhost:[0-9]+", request.host)
        if found is None:
            return None
        number = int(found[2])
        author = self.place("p", number).replace("/it", "/author")
        if request.target == "/author":
            return document(actor_document(author, f"a{number}", KEYS[0], "Person"))
        parent = (number - 1) // self.wide
        return document(
            {
                "id": self.place("p", number),
                "type": "Note",
                "attributedTo": author,
                "inReplyTo": self.place("p", parent) if parent else self.root["id"],
                "to": ["https://www.w3.org/ns/activitystreams#Public", self.past.roads.uri],
                "audience": self.past.roads.uri,
                "content": "<p>And so on.</p>",
                "published": EARLIER,
                "replies": self.replies(number),
                "tag": [{"type": "Mention", "href": self.place("a", number), "name": "@a"}],
            }
        )

    def asked(self, target: str) -> int:
        """Count what was asked for below storm.localhost."""
        requests = self.past.scene.peer.requests
        return sum("storm" in each.host and each.target == target for each in requests)

    def asked_of_called(self) -> int:
        return sum(each.host.startswith("a") for each in self.past.scene.peer.requests)

    async def actors(self) -> int:
        sql = "SELECT count(*) FROM actors WHERE host LIKE '%storm.localhost:%'"
        return int((await self.past.scene.fetch(sql))[0][0])


def refusals(past: Past, reason: str) -> float:
    told = past.scene.here.context.metrics.text().decode()
    found = re.search(rf'commonlore_refusals_total{{reason="{reason}"}} ([0-9.]+)', told)
    return float(found[1]) if found else 0.0


# DOS-01


async def test_dos_01_a_thread_is_followed_so_deep_and_no_deeper(past: Past) -> None:
    storm = Storm(past, wide=1)

    await past.joins()
    await past.fills()

    assert (storm.asked("/it"), storm.asked("/author")) == (DEEPEST, DEEPEST)
    assert storm.asked_of_called() == 0
    assert len(await past.uris()) == DEEPEST + 1
    assert await past.fill(storm.root["id"]) == ("done", "")


async def test_dos_01_a_thread_without_an_end_costs_so_many_requests(past: Past) -> None:
    storm = Storm(past, wide=10)
    await past.joins()
    told = await past.scene.fetch("SELECT count(*) FROM notifications")

    await past.fills()

    # One pass that found something, one that found the same, and no third; each asked for the
    # thread itself, and of the rest for what the budget left.
    asked = (storm.asked("/it"), storm.asked("/author"))
    assert asked == (2 * (FETCHES - 1), FETCHES - 1)
    assert await storm.actors() == FETCHES - 1
    assert storm.asked_of_called() == 0
    assert await past.fill(storm.root["id"]) == ("refused", "too-large")
    assert await past.scene.fetch("SELECT count(*) FROM notifications") == told


async def test_dos_01_new_people_of_one_domain_are_met_so_often_an_hour(past: Past) -> None:
    scene = past.scene
    storm = Storm(past, wide=5)
    storm.wide = 1
    counter = strangers.counter("storm.localhost")
    async with scene.here.database.transaction("test") as tx:
        for _ in range(strangers.OF_DOMAIN - 3):
            await throttles.add_hit(tx, counter, now=scene.clock.now(), window=strangers.HOUR)
    refused = refusals(past, "too-many-new-actors")
    await past.joins()

    with capture_logs() as logged:
        await past.fills()
    in_this_hour = (await storm.actors(), storm.asked("/author"))
    counted = refusals(past, "too-many-new-actors") - refused
    said = [each for each in logged if each["event"] == "new-actors-refused"]
    await discovery.find_or_fetch_actor(scene.here.context, past.ada.uri)
    scene.clock.turn(strangers.HOUR + timedelta(minutes=1))
    facts = await scene.facts(storm.root["id"])
    assert facts is not None
    await backfill.want_thread(scene.here.context, facts)
    await past.fills()

    assert in_this_hour == (3, 3)
    assert counted == len(said) > 0
    assert {(each["domain"], each["reason"]) for each in said} == {
        ("storm.localhost", "too-many-new-actors")
    }
    assert await storm.actors() > 3


async def test_dos_01_so_many_authors_are_asked_for_in_one_pass(past: Past) -> None:
    """Posts that came in one piece may be by as many people as there are posts."""
    authors = [past.scene.sender("far", f"a{number}") for number in range(9)]
    posts = [past.scene.post(each, past.roads.uri) for each in authors]
    incoming = [post_from(each, now=past.scene.clock.now()) for each in posts]
    allowed = gathering.Budget(end=asyncio.get_running_loop().time() + 60, fetches=5)

    found, everyone = await importing.authors_of(past.scene.here.context, incoming, allowed)

    assert (len(found), everyone) == (5, False)
    assert len(past.scene.asked("far")) == 5


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("social.example", "social.example"),
        ("a.b.social.example", "social.example"),
        ("social.example:8443", "social.example"),
        ("a.health.gov.uk", "health.gov.uk"),
        ("b.transport.gouv.fr", "transport.gouv.fr"),
        ("gov.uk", "gov.uk"),
        ("a.bund.de", "bund.de"),
        ("localhost", "localhost"),
        ("192.0.2.7:8080", "192.0.2.7"),
        ("[2001:db8::1]:8080", "[2001:db8::1]"),
    ],
)
def test_dos_01_what_is_below_a_domain_counts_as_one(host: str, domain: str) -> None:
    assert strangers.domain_of(host) == domain


async def test_dos_01_proofs_of_people_whom_nobody_knows_are_paid_for(past: Past) -> None:
    """Each would make us ask somebody else for a key, without a word in the budget."""
    storm = Storm(past, wide=0)
    proof = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022"}
    pages = [f"{storm.root['id']}/replies/{number}" for number in range(2)]
    for number, page in enumerate(pages):
        embedded = [
            {
                "id": storm.place("p", each),
                "type": "Note",
                "attributedTo": storm.place("p", each).replace("/it", "/author"),
                "proof": proof
                | {"verificationMethod": storm.place("p", each).replace("/it", "/author#k")},
            }
            for each in range(number * 150, (number + 1) * 150)
        ]
        past.scene.peer.publishes(
            page,
            type="CollectionPage",
            items=embedded,
            **({"next": pages[1]} if number == 0 else {}),
        )
    past.scene.peer.publishes(storm.root["id"], **storm.root, replies=pages[0])

    await past.joins()
    await past.fills()

    assert storm.asked("/it") + storm.asked("/author") <= 2 * FETCHES
    assert await past.uris() == {storm.root["id"]}


async def test_dos_01_whom_a_new_post_calls_is_not_asked_for(past: Past) -> None:
    scene = past.scene
    await past.joins()
    called = [
        {"type": "Mention", "href": scene.peer.url(f"m{each}.storm.localhost", "/@m")}
        for each in range(50)
    ]
    told = scene.post(past.sten, past.roads.uri, tag=called)

    await done(scene, past.roads, "Announce", scene.activity(past.sten, "Create", told))

    assert told["id"] in await past.uris()
    assert [each for each in scene.peer.requests if "storm" in each.host] == []


async def test_dos_01_what_a_reply_replies_to_is_followed_up_eight_times(past: Past) -> None:
    scene = past.scene
    await past.joins()
    asked_before = len(scene.asked("far"))
    uri = f"{past.sten.uri}/up/0"
    for number in range(40):
        uri = f"{past.sten.uri}/up/{number}"
        above = f"{past.sten.uri}/up/{number + 1}"
        said = scene.post(past.sten, past.roads.uri, reply_to=above) | {"id": uri}
        scene.peer.publishes(uri, **said)
    first = scene.post(past.sten, past.roads.uri, reply_to=f"{past.sten.uri}/up/0")

    activity = scene.activity(past.sten, "Create", first)
    outcome = await scene.deliver(past.roads, scene.activity(past.roads, "Announce", activity))

    assert outcome.state != "done"
    asked = [each for each in scene.asked("far")[asked_before:] if "/up/" in each]
    assert len(asked) == 8
    assert await past.uris() == set()


# DOS-02


def publish_list(past: Past, listed: str, shape: str) -> None:
    """Publish a collection of one reply in a shape that has no end, or is far too long."""
    reply = past.scene.post(past.sten, past.roads.uri)["id"]
    page: dict[str, Any] = {"type": "OrderedCollectionPage", "orderedItems": [reply]}
    match shape:
        case "itself":
            page |= {"next": listed}
        case "itself embedded":
            page |= {"orderedItems": [], "first": {"id": listed, "type": "CollectionPage"}}
        case "each other":
            past.scene.peer.publishes(f"{listed}?b", **page, next=listed)
            page |= {"next": f"{listed}?b"}
        case "total":
            page |= {"totalItems": 10**12}
        case "elsewhere":
            page |= {"next": past.scene.peer.url("evil", "/trap")}
        case "too many":
            page |= {"orderedItems": [f"{listed}/{number}" for number in range(10_000)]}
        case "million":
            page |= {"orderedItems": ["https://a.example/"] * 1_000_000}
    past.scene.peer.publishes(listed, **page)


@pytest.mark.parametrize(
    ("shape", "lists", "posts"),
    [
        ("itself", 1, 1),
        ("itself embedded", 1, 0),
        ("each other", 2, 1),
        ("total", 1, 1),
        ("elsewhere", 1, 1),
        ("too many", 1, FETCHES - 2),
        ("million", 1, 0),
    ],
)
async def test_dos_02_a_list_of_replies_that_has_no_end_is_read_once(
    past: Past, shape: str, lists: int, posts: int
) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    listed = f"{question['id']}/list"
    scene.peer.publishes(question["id"], **question, replies=listed)
    publish_list(past, listed, shape)
    await past.joins()
    before = len(scene.peer.requests)

    gathered = await gathering.gather(
        scene.here.context, past.roads.uri, question["id"], None, gathering.budget()
    )

    asked = [each.target for each in scene.peer.requests[before:]]
    assert len(asked) == len(set(asked)) == 1 + lists + posts
    assert sum(each.endswith(("/list", "/list?b")) for each in asked) == lists
    assert scene.asked("evil") == []
    assert gathered.spent is (shape == "too many")
    assert question["id"] in gathered.posts


async def test_dos_02_of_one_page_so_many_items_are_read(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    many = [
        scene.post(past.sten, past.roads.uri, reply_to=question["id"])
        for _ in range(ITEMS_OF_A_PAGE + 100)
    ]
    said = {"type": "Collection", "totalItems": -1, "items": many}
    scene.peer.publishes(question["id"], **question, replies=said)

    gathered = await gathering.gather(
        scene.here.context, past.roads.uri, question["id"], None, gathering.budget()
    )

    assert len(gathered.posts) == ITEMS_OF_A_PAGE + 1
    assert len(scene.asked("far")) == 1


async def test_dos_02_pages_that_are_made_as_they_are_asked_for_end(past: Past) -> None:
    scene = past.scene
    question = scene.post(past.sten, past.roads.uri)
    listed = f"{question['id']}/list"

    def invents(request: Request) -> Reply | None:
        if "/list" not in request.target:
            return None
        number = int(request.target.partition("?")[2] or 0)
        here = listed + (f"?{number}" if number else "")
        page = {"id": here, "type": "CollectionPage", "next": f"{listed}?{number + 1}"}
        return document(page | {"items": [f"{listed[:-5]}/{number}"]})

    scene.peer.invents = invents
    scene.peer.publishes(question["id"], **question, replies=listed)
    past.publishes(question["id"])

    await past.joins()
    await past.fills()

    asked = [each for each in scene.asked("far") if "/list" in each]
    # The first pass takes the question in, the second finds nothing new.
    assert FETCHES - 5 < len(asked) <= 2 * FETCHES
    assert await past.fill(question["id"]) == ("refused", "too-large")


async def test_dos_02_a_list_of_threads_has_so_many_pages_and_no_more(past: Past) -> None:
    scene = past.scene
    outbox = str(past.roads.document["outbox"])

    def invents(request: Request) -> Reply | None:
        if not request.target.startswith("/@roads/outbox?"):
            return None
        number = int(request.target.partition("?")[2])
        return document(
            {
                "id": f"{outbox}?{number}",
                "type": "OrderedCollectionPage",
                "orderedItems": [],
                "next": f"{outbox}?{number + 1}",
            }
        )

    scene.peer.invents = invents
    past.publishes(next=f"{outbox}?1", totalItems=-7)
    await past.joins()
    async with scene.here.database.transaction("test") as tx:
        await tx.execute("UPDATE backfills SET pages = 1990")

    await past.fills()

    assert sum("outbox?" in each for each in scene.asked("far")) == 10
    assert await scene.fetch("SELECT state, pages <= 2001 FROM backfills") == [("done", True)]


async def test_dos_02_a_pass_over_a_thread_has_its_time(past: Past) -> None:
    question = past.scene.post(past.sten, past.roads.uri)
    over = gathering.Budget(end=asyncio.get_running_loop().time() - 1)

    gathered = await gathering.gather(
        past.scene.here.context, past.roads.uri, question["id"], None, over
    )

    assert (gathered.posts, gathered.whole, gathered.spent) == ({}, False, True)
    assert past.scene.asked("far") == []


# DEL-17


async def test_del_17_a_thread_of_thousands_is_asked_for_on_a_members_view_and_seldom(
    past: Past,
) -> None:
    scene = past.scene
    storm = Storm(past, wide=10_000)
    browser, guest = await scene.here.member_browser("vera"), scene.here.browser()
    await past.joins()
    await past.fills()
    facts = await scene.facts(storm.root["id"])
    assert facts is not None

    async def views(reader: Any) -> int:
        """Look at the thread; give how many requests came of it."""
        before = len(scene.peer.requests)
        assert (await reader.get(f"/p/{facts.id}")).status == 200
        assert len(scene.peer.requests) == before
        await past.fills()
        return len(scene.peer.requests) - before

    at_once = await views(browser)
    scene.clock.turn(timedelta(minutes=14))
    too_soon = await views(browser)
    scene.clock.turn(timedelta(minutes=2))
    by_a_guest = await views(guest)
    later = await views(browser)
    again = await views(browser)

    assert (at_once, too_soon, by_a_guest, again) == (0, 0, 0, 0)
    assert 0 < later <= 2 * FETCHES


async def test_del_17_a_post_that_has_just_come_has_its_replies_left_alone(past: Past) -> None:
    scene = past.scene
    await past.joins()
    question = scene.post(past.sten, past.roads.uri)
    listed = f"{question['id']}/replies"
    told = question | {"replies": listed}
    scene.peer.publishes(question["id"], **told)

    await done(scene, past.roads, "Announce", scene.activity(past.sten, "Create", told))
    await past.fills()

    assert await past.uris() == {question["id"]}
    assert not any(each.endswith("/replies") for each in scene.asked("far"))
    assert await scene.fetch("SELECT count(*) FROM fills") == [(0,)]
