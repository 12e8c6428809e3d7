"""The operator's page of deliveries, and the author's of where a post is."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser as Chromium

from schemas.records import Actor, ActorKind, AgencyState, Community, FollowState, Role
from server.services.whereabouts import Stay, stays
from server.storage import actors, agencies, follows
from server.storage.embedded import Cluster
from server.storage.whereabouts import Leg, Unsent
from tests.instance import START, Browser, Instance, TurnedClock, running
from tests.pages.test_browser import CHROMIUM, IN_CI, chromium, sit_down
from tests.stories import life

__all__ = ["chromium"]  # a fixture

HOSTS = ("clinic.example", "dead.example", "full.example", "roads.example", "spam.example")
LIST = "/operations/deliveries"


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock(), work=False) as instance:
        yield instance


@pytest.fixture(scope="module")
async def author(house: Instance) -> Browser:
    return await house.member_browser("ingrid", Role.STEWARD)


@pytest.fixture(scope="module")
async def community(house: Instance, author: Browser) -> Community:
    """Ingrid's community, with somebody of every host in it; two hosts are not admitted."""
    assert author.cookie("session")
    community = await life.opened(
        house, await life.finds(house, f"@ingrid@{house.host}"), "reviews"
    )
    for host in HOSTS:
        uri, now = f"https://{host}/@ada", house.now()
        ada = Actor(
            id=house.context.ids.mint(now),
            uri=uri,
            kind=ActorKind.PERSON,
            name="ada",
            host=host,
            local=False,
            inbox=f"{uri}/inbox",
            shared_inbox=f"https://{host}/inbox",
            published_at=now,
        )
        states = {"spam.example": AgencyState.BLOCKED, "roads.example": None}
        state = states.get(host, AgencyState.ADMITTED)
        async with house.database.transaction("test") as tx:
            if state is not None:
                await agencies.decide(tx, host, state, by=None, reason="", now=now)
            await actors.add(tx, ada, now=now)
            await follows.ask(tx, ada.id, community.id, f"{uri}/follows/1", now=now)
            await follows.settle(tx, ada.id, community.id, FollowState.ACCEPTED, now=now)
    return community


@pytest.fixture(scope="module")
async def question(house: Instance, author: Browser, community: Community) -> str:
    """Give the path of a question that one agency has, one cannot get, and one refused."""
    await life.asks_in(author, community.actor.name, "How?", "We *ask*.")
    uri = await life.newest(house, "ingrid")
    settled = {
        "clinic.example": "state = 'delivered', place = 'settled', settled_at = $2",
        "dead.example": "attempts = 5, last_reason = 'timeout', last_status = NULL, "
        "place = 'first', next_at = $2",
        "full.example": "state = 'refused', place = 'settled', last_reason = 'status-413', "
        "last_status = 413, settled_at = $2",
    }
    async with house.database.transaction("test") as tx:
        for host, change in settled.items():
            await tx.execute(
                f"UPDATE deliveries SET {change} WHERE host = $1",  # noqa: S608 ours
                host,
                house.now(),
            )
        await tx.execute(
            "INSERT INTO origins (origin, failing_since, open_until, open_for, "
            "last_failure_at, last_reason) VALUES "
            "('https://dead.example', $1, $2, '1 hour', $1, 'timeout')",
            house.now(),
            house.now() + timedelta(hours=1),
        )
    return await life.path_at(house, uri)


def words(html: str) -> str:
    """Give a page's text in one line."""
    main = html.partition('id="main"')[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)).replace(" .", ".")


def card(html: str, name: str) -> str:
    return next(each for each in html.split('<li class="card">') if name in each)


async def test_vis_19_the_author_sees_who_has_a_post_who_not_yet_and_why_not(
    author: Browser, question: str
) -> None:
    thread = await author.get(question)
    shown = await author.get(f"{question}/deliveries")

    assert f'href="{question}/deliveries"' in thread.text
    assert "1 other agency has it." in words(shown.text)
    told = {host: words('id="main"' + card(shown.text, host)) for host in HOSTS}
    assert "has it" in told["clinic.example"]
    assert "on its way" in told["dead.example"]
    assert "Its server does not answer. We try again in 1 hour" in told["dead.example"]
    assert "refused it for good (413)" in told["full.example"]
    assert "No moderator here has admitted that agency yet" in told["roads.example"]
    assert "Our moderators blocked that agency" in told["spam.example"]


async def test_moderators_see_that_too_and_other_members_do_not(
    house: Instance, question: str
) -> None:
    moderator = await house.member_browser("modra", Role.MODERATOR)
    member = await house.member_browser("plain")

    assert (await moderator.get(f"{question}/deliveries")).status == 200
    assert (await member.get(f"{question}/deliveries")).status == 403
    assert (await house.browser().get(f"{question}/deliveries", follow=False)).status != 200


async def test_del_18_an_operator_sees_each_origin_and_steers_it(
    house: Instance, question: str
) -> None:
    assert question
    operator = await house.member_browser("rootley", Role.OPERATOR)
    origin = "https://dead.example"

    shown = await operator.get(LIST)
    one = await operator.get(f"{LIST}/origin?origin={origin}")
    paused = await operator.submit(f"{LIST}/steer", {"origin": origin, "act": "pause"})
    refused = await operator.submit(f"{LIST}/steer", {"origin": origin, "act": "retry"})
    resumed = await operator.submit(f"{LIST}/steer", {"origin": origin, "act": "resume"})
    tried = await operator.submit(f"{LIST}/steer", {"origin": origin, "act": "retry"})
    strange = await operator.submit(f"{LIST}/steer", {"origin": origin, "act": "eat"})

    dead = words('id="main"' + card(shown.text, origin))
    assert "does not answer" in dead
    assert "It takes requests and does not answer in time." in dead
    assert "1 delivery was tried before, 5 times at most" in dead
    assert "open; one delivery is tried in 1 hour" in dead
    assert '<rect class="backlog__fresh" x="0.0" width="100.0" height="6"/>' in shown.text
    assert "Announce:" in words(one.text)
    assert "What waits is kept until you resume." in words(paused.text)
    assert refused.status == 409
    assert "What waited is on its way now." in words(resumed.text)
    assert "We are trying it now." in words(tried.text)
    assert strange.status == 404
    log = words((await operator.get("/moderation")).text)
    assert "Paused deliveries: dead.example" in log


async def test_dropping_asks_first_and_says_how_many(house: Instance, question: str) -> None:
    assert question
    operator = await house.member_browser("boss", Role.OPERATOR)
    form_at = f"{LIST}/drop?origin=https%3A%2F%2Fdead.example"

    asked = await operator.get(form_at)
    through = re.search(r'name="through" value="(\d+)"', asked.text)
    assert through is not None
    fields = {"origin": "https://dead.example", "through": through[1]}
    wordy = await operator.submit(f"{LIST}/drop", fields | {"reason": "x" * 501})
    done = await operator.submit(f"{LIST}/drop", fields | {"reason": "Closed."})
    again = await operator.get(form_at)

    assert "1 delivery will never be sent." in words(asked.text)
    assert wordy.status == 422
    assert "1 delivery is dropped." in words(done.text)
    assert "Nothing waits there." in words(again.text)


async def test_only_operators_come_there_and_unknown_origins_are_not_found(
    house: Instance,
) -> None:
    moderator = await house.member_browser("modest", Role.MODERATOR)
    operator = await house.member_browser("operella", Role.OPERATOR)

    assert (await moderator.get(LIST)).status == 403
    assert (await operator.get(f"{LIST}/origin?origin=nonsense")).status == 404
    assert (await operator.get(f"{LIST}?after=nonsense")).status == 200
    assert (await operator.get(f"{LIST}?after=0+zzz")).status == 200


async def test_long_lists_have_pages(house: Instance) -> None:
    operator = await house.member_browser("pager", Role.OPERATOR)
    async with house.database.transaction("test") as tx:
        await tx.execute(
            "INSERT INTO origins (origin) SELECT 'https://h' || n || '.example' "
            "FROM generate_series(10, 60) AS g (n)"
        )

    first = await operator.get(LIST)
    more = re.search(r'href="(/operations/deliveries\?after=[^"]+)"', first.text)
    assert more is not None
    second = await operator.get(more[1])

    def origins(html: str) -> set[str]:
        return set(re.findall(r"https://h\d+\.example", html))

    assert origins(second.text)
    assert not origins(first.text) & origins(second.text)


@pytest.mark.skipif(CHROMIUM is None and not IN_CI, reason="no chromium here")
@pytest.mark.parametrize("look", ["light", "dark", "phone"])
async def test_the_pages_please_axe_and_the_console(
    house: Instance, author: Browser, question: str, chromium: Chromium, look: str
) -> None:
    operator = await house.member_browser(f"looker_{look}", Role.OPERATOR)
    person = await sit_down(chromium, house, look)
    titles = []

    for who, paths in (
        (author, [f"{question}/deliveries"]),
        (
            operator,
            [
                LIST,
                f"{LIST}/origin?origin=https://dead.example",
                f"{LIST}/drop?origin=https://dead.example",
            ],
        ),
    ):
        session = {"name": "session", "value": who.cookie("session"), "url": house.origin}
        await person.page.context.add_cookies([session])  # type: ignore[list-item] # a TypedDict
        for path in paths:
            await person.open(path)
            titles.append(await person.page.title())
    await person.page.context.close()

    assert person.complaints == []
    assert [title.partition(" \u2013 ")[0] for title in titles] == [
        "Where it is",
        "Deliveries",
        "Deliveries to dead.example",
        "Drop what waits?",
    ]


def leg(state: str = "waiting", change: str = "Create", **more: object) -> Leg:
    values: dict[str, object] = {
        "host": "h.example",
        "change": change,
        "state": state,
        "attempts": 0,
        "status": None,
        "reason": "",
        "enqueued_at": START,
        "next_at": START,
        "settled_at": None if state == "waiting" else START,
        "paused_at": None,
        "open_until": None,
    }
    return Leg(**(values | more))  # type: ignore[arg-type] # a table of what differs


@pytest.mark.parametrize(
    ("legs", "standing", "why"),
    [
        ([leg()], "waiting", "next"),
        ([leg(attempts=2, reason="status-500")], "waiting", "failing"),
        ([leg(attempts=2, open_until=START)], "waiting", "silent"),
        ([leg(paused_at=START, open_until=START)], "waiting", "paused"),
        ([leg(attempts=1, reason="status-403")], "waiting", "unwelcome"),
        ([leg("expired", reason="timeout")], "given-up", "silent"),
        ([leg("refused", reason="gone")], "refused", "no-inbox"),
        ([leg("refused", reason="dropped-here")], "refused", "dropped"),
        ([leg("refused", reason="agency-blocked")], "refused", "blocked"),
        ([leg("refused", reason="status-400")], "refused", "refused"),
        ([leg("delivered")], "has", ""),
        ([leg("delivered"), leg(change="Update")], "older", "next"),
        ([leg("delivered"), leg("delivered", change="Delete")], "gone", ""),
    ],
)
def test_a_stay_says_what_an_agency_has(legs: list[Leg], standing: str, why: str) -> None:
    [stay] = stays(legs, [])

    assert (stay.standing, stay.why) == (standing, why)


def test_what_needs_a_look_comes_first_and_nobody_is_named_twice() -> None:
    unsent = [Unsent(host="h.example", state=None), Unsent(host="z.example", state=None)]

    found = stays([leg("delivered"), leg("refused", host="b.example")], unsent)

    assert [each.host for each in found] == ["b.example", "z.example", "h.example"]
    assert found[1] == Stay(host="z.example", standing="unsent", why="not-admitted")
