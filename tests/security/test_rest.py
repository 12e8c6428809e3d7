"""ORI-20, DOS-16, AUT-04, AUT-16: keys in posts, dear searches, roles, who waits."""

from collections.abc import AsyncIterator
from time import monotonic
from urllib.parse import quote

import pytest
from aiohttp import web  # noqa: TID251 an application to register the routes in

from schemas.records import JoinRule, Kind, Role, Visibility
from server.inbox import HANDLERS
from server.middleware.keys import DECLARED
from server.routes import ROUTES, Route, register
from server.services import accounts, communities, posts
from server.services.communities import CommunityDraft
from server.services.posts import Draft
from server.storage.embedded import Cluster
from server.workers.inbox import process_due
from tests.door import KEYS, ORIGIN, House, opened
from tests.hostile_peer import HostilePeer, document
from tests.instance import PASSWORD, Answer, Browser, Instance, TurnedClock, running
from tests.reading_house import house as reading_house
from tests.reading_house import stranger
from tests.stories import life


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with opened(database_url) as house:
        await house.decide("health")
        yield house


# ORI-20


@pytest.mark.parametrize(
    "kind",
    ["Note", "Article", "Page", "Image", "Document", "Question", "Create", ["Key", "Note"], 1],
    ids=str,
)
async def test_ori_20_a_post_that_is_shaped_like_a_key_is_none(
    house: House, kind: object
) -> None:
    ada = house.sender("health", "ada")
    place = house.peer.url("health", "/uploads/1")
    claims = {"owner": ada.uri, "publicKeyPem": KEYS[1].public_pem}
    post = {
        "id": place,
        "type": kind,
        "attributedTo": ada.uri,
        "publicKey": {"id": place, **claims},
        **claims,
    }
    house.peer.tells(place, document(post))
    mallory = ada.signing_with(KEYS[1], key_id=place)

    answer = await house.post(mallory, ada.follow())

    assert answer.status == 401
    assert await house.arrived() == []
    assert await house.fetch("SELECT key_id FROM actor_keys WHERE private_pem IS NULL") == []


@pytest.mark.parametrize("lists", ["another key", "none"])
async def test_ori_20_a_key_that_its_owner_does_not_list_is_none(
    house: House, lists: str
) -> None:
    ada = house.sender("health", "ada", published=False)
    shown = ada.document if lists == "another key" else ada.document | {"publicKey": None}
    house.peer.tells(ada.uri, document(shown))
    place = house.peer.url("health", "/uploads/1")
    claims = {"owner": ada.uri, "publicKeyPem": KEYS[1].public_pem}
    house.peer.tells(place, document({"id": place, "type": "Key", **claims}))

    answer = await house.post(ada.signing_with(KEYS[1], key_id=place), ada.follow())

    assert answer.status == 401
    assert await house.arrived() == []


# DOS-16 and AUT-04: one instance that nobody changes

ROLES = {
    "member": Role.MEMBER,
    "steward": Role.STEWARD,
    "moderator": Role.MODERATOR,
    "operator": Role.OPERATOR,
}
PAGES = [route for route in ROUTES if route.door == "page"]
SIGNED = [route for route in ROUTES if route.audience == "signed"]
NOBODYS = "4611686018427387903"
NOT_FOR_THEM = "This is not for your role."


@pytest.fixture(scope="module")
async def health(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "health", clock=TurnedClock(), work=False) as health:
        oda = await health.member("oda", Role.OPERATOR)
        community = await life.opened(health, oda.actor, "roads")
        author = await life.signed_in(health.context, "oda")
        for number in range(60):
            draft = Draft(title=f"Question {number}", source="Fifty words of a post. " * 10)
            await posts.publish_thread(
                health.context, author, community.id, Kind.QUESTION, draft
            )
        yield health


@pytest.fixture(scope="module")
async def viewers(health: Instance) -> dict[str, Browser]:
    signed_in = {
        name: await health.member_browser(f"a_{name}", role) for name, role in ROLES.items()
    }
    return {"guest": health.browser()} | signed_in


@pytest.mark.parametrize(
    "words",
    [
        "a" * 7_000,
        "%" * 2_000,
        "_ " * 3_000,
        "\\" * 2_000,
        "🦓" * 500,
        "e\u0301\u0323" * 300,
        "\u202e\u0000\ufffd",
        "(a|b)*c" * 300,
        "' OR 1=1 --",
        ":* & | ! <->",
        "@" * 3_000,
        "https://" + "a." * 2_000 + "example",
        " ".join("abcdefgh"),
        " ".join(f"word{number}" for number in range(900)),
    ],
    ids=range(14),
)
@pytest.mark.parametrize("page", ["/search", "/communities"])
async def test_dos_16_no_words_make_a_search_dear_or_broken(
    viewers: dict[str, Browser], page: str, words: str
) -> None:
    path = f"{page}?q={quote(words)}"
    started = monotonic()

    answer = await viewers["member"].get(path)

    assert answer.status in {200, 400}
    assert monotonic() - started < 5
    assert "Question 7" not in answer.text


async def test_dos_16_a_percent_sign_is_a_letter_like_any_other(
    viewers: dict[str, Browser],
) -> None:
    shown = [
        (await viewers["member"].get(f"/search?q={q}")).text for q in ("Question+7", "%25")
    ]

    # Were it a pattern, it would find everything: the newest come first.
    assert ["Question 7" in shown[0], "Question 59" in shown[1]] == [True, False]


async def test_dos_16_a_search_that_takes_too_long_is_given_up(
    health: Instance, viewers: dict[str, Browser]
) -> None:
    started = monotonic()
    async with health.database.transaction("test") as tx:
        await tx.execute("LOCK TABLE post_words IN ACCESS EXCLUSIVE MODE")
        answer = await viewers["guest"].get("/search?q=question")

    assert answer.status == 422
    assert "That search takes too long. Try fewer words, or rarer ones." in answer.text
    assert monotonic() - started < 10
    assert (await viewers["guest"].get("/search?q=question")).status == 200


def test_aut_04_every_route_that_answers_has_a_declaration() -> None:
    application = web.Application()

    register(application)

    answering: set[object] = set(application.router.routes())
    declared = application[DECLARED]
    assert set(declared) == answering
    assert set(declared.values()) == set(ROUTES)


def test_aut_04_a_route_that_does_not_say_for_whom_it_is_cannot_be() -> None:
    with pytest.raises(TypeError, match="audience"):
        Route(  # type: ignore[call-arg]  # what is missing is the point
            method="GET", path="/x", handler=ROUTES[0].handler, door="page"
        )


def reaches(route: Route, who: str) -> bool:
    if route.audience in {"anyone", "signed"}:
        return True
    return who != "guest" and ROLES[who].reaches(Role(route.audience))


def path_of(route: Route) -> str:
    path = route.path.replace("{name}", "roads").replace("{key}", "x")
    return path.replace("{id}", NOBODYS).replace("{stamp}", NOBODYS)


async def knock(browser: Browser, route: Route, token: str = "") -> Answer:
    data = None if route.method == "GET" else {"csrf": token, "body": "x"}
    return await browser.request(route.method, path_of(route), follow=False, data=data)


@pytest.mark.parametrize("who", ["guest", *ROLES])
@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
async def test_aut_04_each_page_and_form_opens_to_whom_it_says(
    viewers: dict[str, Browser], route: Route, who: str
) -> None:
    answer = await knock(viewers[who], route)

    if reaches(route, who):
        assert NOT_FOR_THEM not in answer.text
        # One path of Mastodon's leads there by itself: whoever it is for, it is that page.
        leads = route.path == "/auth/sign_in"
        assert answer.headers.get("Location", "").startswith("/sign-in") is leads
        # A form without its token goes no further than that.
        assert (answer.status == 403) >= route.csrf
    elif who == "guest":
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/sign-in")
    else:
        assert answer.status == 403
        assert NOT_FOR_THEM in answer.text


@pytest.mark.parametrize(
    "route",
    [route for route in PAGES if route.csrf and route.audience != "anyone"],
    ids=lambda route: route.name,
)
async def test_aut_04_a_good_token_opens_no_form_to_a_lower_role(
    health: Instance, viewers: dict[str, Browser], route: Route
) -> None:
    before = await life.value(health, "SELECT count(*) FROM audit_events")
    for who, browser in viewers.items():
        if reaches(route, who):
            continue
        answer = await knock(browser, route, await browser.token("/agencies"))
        assert answer.status == (303 if who == "guest" else 403)
    assert await life.value(health, "SELECT count(*) FROM audit_events") == before


@pytest.mark.parametrize("who", ["guest", *ROLES])
@pytest.mark.parametrize("route", SIGNED, ids=lambda route: route.name)
async def test_aut_04_what_is_for_agencies_opens_to_no_session(
    viewers: dict[str, Browser], route: Route, who: str
) -> None:
    headers = {"Content-Type": "application/activity+json"} if route.body else {}

    answer = await viewers[who].request(
        route.method,
        path_of(route).replace("/@roads/", "/@oda/"),
        headers={"Accept": "application/activity+json"} | headers,
        data=b"{}" if route.body else None,
    )

    assert answer.status in {400, 401}
    assert "Question" not in answer.text


# AUT-16


@pytest.mark.parametrize("known", [True, False], ids=["known", "never seen"])
async def test_aut_16_an_agency_that_waits_can_ask_to_join_and_nothing_else(
    house: House, *, known: bool
) -> None:
    member = await accounts.add_member(
        house.context, name="mona", display_name="Mona", password=PASSWORD
    )
    draft = CommunityDraft(
        name="roads",
        display_name="Roads",
        summary="x",
        charter="x",
        topics=(),
        join=JoinRule.OPEN,
        visibility=Visibility.PUBLIC,
    )
    await communities.open_community(house.context, member.actor, draft)
    eve = house.sender("pending", "eve")
    if known:
        await house.post(eve, eve.activity("Follow", f"{ORIGIN}/c/roads", number=99))
    about = f"{ORIGIN}/p/1"
    refused: list[tuple[str, object]] = [
        (verb, about) for verb in HANDLERS if verb not in {"Follow", "Undo"}
    ]
    refused.append(("Undo", eve.activity("Like", about, number=98)))
    roads = f"{ORIGIN}/c/roads"

    for number, (verb, what) in enumerate(refused):
        answer = await house.post(eve, eve.activity(verb, what, number=number))
        assert answer.status == 403, verb
    answer = await house.post(eve, eve.activity("Follow", roads, number=100))
    while await process_due(house.context):
        pass

    assert answer.status == 202
    assert {row[1] for row in await house.arrived()} == {"Follow"}
    edges = (
        "SELECT f.state FROM follows f JOIN actors a ON a.id = f.follower_id WHERE a.uri = $1"
    )
    assert await house.fetch(edges, eve.uri) == [("asked",)]
    assert await house.fetch("SELECT count(*) FROM deliveries") == [(0,)]


async def test_aut_16_an_agency_that_waits_reads_nothing_that_needs_a_signature(
    database_url: str,
) -> None:
    async with HostilePeer() as peer, reading_house(database_url, "health") as health:
        question = await health.asks(await health.community("roads"))
        activity = await health.sql("SELECT id FROM activities LIMIT 1")
        waiting = await stranger(peer, "waiting", health.context)
        reads = [route for route in SIGNED if route.method == "GET"]

        for route in reads:
            number = activity if route.path.startswith("/activities") else question.id
            path = route.path.replace("/@{name}", "/@mona").replace("{name}", "roads")
            for placeholder in ("{key}", "{stamp}"):
                path = path.replace(placeholder, f"{question.id}")
            path = path.replace("{id}", f"{number}")
            reply = await health.get(path, waiting)
            assert (reply.status, reply.json["error"]) == (403, "agency-not-admitted"), path

        assert reads
        assert peer.requests == []
