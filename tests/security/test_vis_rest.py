"""VIS, for people: search, other people's ids, audiences that change, and where a post went."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from schemas.records import AgencyState, Community, JoinRule, Kind, PostFacts, Role, Visibility
from server.routes import ROUTES, Route
from server.services import (
    accounts,
    changing,
    communities,
    filtering,
    listing,
    posts,
    reporting,
)
from server.services.communities import CommunityDraft
from server.services.filtering import FilterDraft, KeywordDraft
from server.services.posts import Draft
from server.storage import deliveries
from server.storage.embedded import Cluster
from server.storage.filters import Action, Place
from server.storage.lists import Replies
from server.workers.inbox import process_due
from tests.door import House as Door
from tests.door import opened as door_opened
from tests.hostile_peer import HostilePeer
from tests.instance import PASSWORD, Answer, Browser, Instance, TurnedClock, cloned, running
from tests.reading_house import House, house, stranger
from tests.stories import life

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
NOBODYS = 4611686018427387903
BY_ID = [route for route in ROUTES if "{id}" in route.path]
#: What anybody who may read a post may do to it; all else is for its author or a steward.
FOR_ALL = {
    "/p/{id}/answer",
    "/p/{id}/bookmark",
    "/p/{id}/comment",
    "/p/{id}/helpful",
    "/p/{id}/kudos",
    "/p/{id}/quiet",
    "/p/{id}/report",
}
#: What people see of a community, and what they ask of it for themselves.
OF_ONESELF = {f"/c/{{name}}{act}" for act in ("", "/ask", "/poll", "/join", "/leave")} | {
    "/c/{name}/recognitions"
}
FORM = {
    "body": "Other words",
    "title": "Another title",
    "on": "yes",
    "reason": "Because",
    "category": "saved-time",
    "note": "Thanks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Mona's members-only !inner and public !roads; Sam belongs to !roads alone."""

    health: Instance
    inner: PostFacts
    roads: PostFacts
    activity: int
    session: int
    report: int
    list: int
    filter: int
    viewers: dict[str, Browser]

    def foreign_id(self, route: Route) -> int:
        """Give the id of something of Mona's that is of this route's kind."""
        if route.path.startswith("/p/"):
            return self.inner.id
        kinds = {
            "activities": self.activity,
            "settings": self.session,
            "lists": self.list,
            "announcements": self.report,  # an id of something else
            "filters": self.filter,
        }
        return kinds.get(route.path.split("/")[1], self.report)


@pytest.fixture(scope="module")
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture(scope="module")
async def scene(cluster: Cluster, clock: TurnedClock) -> AsyncIterator[Scene]:
    async with running(cluster, "health", clock=clock, work=False) as health:
        mona = await health.member("mona")
        viewers = {
            "guest": health.browser(),
            "other member": await health.member_browser("sam"),
            "steward elsewhere": await health.member_browser("stine", Role.STEWARD),
        }
        inner = await life.opened(health, mona.actor, "inner", visibility=Visibility.MEMBERS)
        roads = await life.opened(health, mona.actor, "roads")
        for name in ("sam", "stine"):
            other = await life.signed_in(health.context, name)
            await communities.join(health.context, other, roads.id)
        author = await life.signed_in(health.context, "mona")
        written = []
        for community, word in ((inner, "zebra"), (roads, "yak")):
            draft = Draft(title=f"About a {word}", source=f"The {word} *crossed*")
            written.append(
                await posts.publish_thread(
                    health.context, author, community.id, Kind.QUESTION, draft
                )
            )
        await reporting.report(health.context, author, written[0].id, "Is this right?")
        own = await listing.add(
            health.context, author, "About a zebra", Replies.NONE, exclusive=False
        )
        words = FilterDraft(
            title="zebra",
            contexts=frozenset({Place.HOME}),
            action=Action.HIDE,
            keywords=(KeywordDraft(keyword="zebra"),),
        )
        sieve = await filtering.add(health.context, author, words)
        yield Scene(
            health=health,
            inner=written[0],
            roads=written[1],
            activity=await life.value(
                health, "SELECT id FROM activities WHERE post_id = $1 LIMIT 1", written[0].id
            ),
            session=author.session_id,
            report=await life.value(health, "SELECT id FROM reports"),
            list=own.id,
            filter=sieve.id,
            viewers=viewers,
        )


async def use(browser: Browser, route: Route, path: str) -> Answer:
    """Ask for a page, or send its form with the token that belongs to the visitor."""
    if route.method == "GET":
        return await browser.request("GET", path, follow=False)
    form = FORM | {"csrf": await browser.token("/agencies")}
    return await browser.request("POST", path, follow=False, data=form)


def told(answer: Answer, number: int) -> tuple[int, str, str]:
    """Give all that a visitor could tell from another answer."""
    noise = re.compile(r'nonce="[^"]*"|value="[^"]*"')
    text = noise.sub("", answer.text).replace(str(number), "ID")
    return answer.status, answer.headers.get("Location", "").replace(str(number), "ID"), text


# VIS-08


async def found(browser: Browser, words: str) -> bool:
    answer = await browser.get(f"/search?q={words}")
    assert answer.status == 200
    return "/p/" in answer.text


async def test_vis_08_words_for_members_are_found_by_members_alone(scene: Scene) -> None:
    mona = scene.health.browser()
    await mona.sign_in("mona")

    assert await found(mona, "zebra")
    for name, browser in scene.viewers.items():
        assert not await found(browser, "zebra"), name
        assert await found(browser, "yak"), name
        assert "zebra" not in (await browser.get("/search?q=crossed")).text, name


async def test_vis_08_no_count_tag_or_question_like_it_tells_of_words_for_members(
    scene: Scene,
) -> None:
    mona = scene.health.browser()
    await mona.sign_in("mona")
    places = ("/search?q=zebra", "/search?q=zebra+is:question&tab=posts", "/alike?title=zebra")

    for place in places:
        assert "About a" in (await mona.get(place)).text, place
        for name, browser in scene.viewers.items():
            text = (await browser.get(place)).text
            assert "About a" not in text, (name, place)
            assert "(1)" not in text, (name, place)


async def test_vis_08_who_leaves_finds_no_more_what_was_for_members(scene: Scene) -> None:
    browser = await scene.health.member_browser("lea")
    lea = await life.signed_in(scene.health.context, "lea")
    await communities.join(scene.health.context, lea, scene.inner.community_id)
    assert await found(browser, "zebra")

    await communities.leave(scene.health.context, lea, scene.inner.community_id)

    assert not await found(browser, "zebra")


@pytest.mark.parametrize("act", ["edit", "withdraw"])
async def test_vis_08_words_that_were_taken_back_are_not_found_at_once(
    scene: Scene, clock: TurnedClock, act: str
) -> None:
    context = scene.health.context
    mona = await life.signed_in(context, "mona")
    draft = Draft(title=f"Quagga {act}", source="Words")
    asked = await posts.publish_thread(
        context, mona, scene.roads.community_id, Kind.QUESTION, draft
    )
    browser = scene.viewers["guest"]
    assert await found(browser, f"quagga+{act}")

    clock.turn(timedelta(seconds=5))
    if act == "edit":
        await changing.edit(context, mona, asked.id, Draft(title="Okapi", source="Words"))
    else:
        await changing.withdraw(context, mona, asked.id)

    assert not await found(browser, f"quagga+{act}")


# VIS-11


def test_vis_11_there_are_routes_with_ids_of_every_kind() -> None:
    assert {route.path.split("/")[1] for route in BY_ID} == {
        "p",
        "activities",
        "announcements",
        "filters",
        "lists",
        "settings",
        "moderation",
        "recognition",
        "credentials",
    }


@pytest.mark.parametrize("who", ["guest", "other member", "steward elsewhere"])
@pytest.mark.parametrize("route", BY_ID, ids=lambda route: route.name)
async def test_vis_11_the_id_of_somebody_elses_is_like_an_id_of_nobodys(
    scene: Scene, route: Route, who: str
) -> None:
    browser, foreign = scene.viewers[who], scene.foreign_id(route)

    theirs = await use(browser, route, route.path.replace("{id}", f"{foreign}"))
    nobodys = await use(browser, route, route.path.replace("{id}", f"{NOBODYS}"))

    assert theirs.status in ({303, 401, 404} if who == "guest" else {401, 403, 404})
    if theirs.status == 303:
        assert theirs.headers["Location"].startswith("/sign-in")
    assert told(theirs, foreign) == told(nobodys, NOBODYS)
    assert "zebra" not in theirs.text


async def test_vis_11_none_of_it_changed_anything(scene: Scene) -> None:
    rows = await life.rows(
        scene.health,
        "SELECT title, deleted_at, locked_at, pinned_at, edited_at, answers, helpful "
        "FROM posts WHERE id = $1",
        scene.inner.id,
    )

    assert rows == [("About a zebra", None, None, None, None, 0, 0)]
    open_ones = "SELECT count(*) FROM reports WHERE closed_at IS NULL AND id = $1"
    assert await life.value(scene.health, open_ones, scene.report) == 1
    session = "SELECT count(*) FROM sessions WHERE id = $1"
    assert await life.value(scene.health, session, scene.session) == 1


ACTS = [
    route
    for route in ROUTES
    if route.path.startswith("/p/{id}/")
    and route.audience == "member"
    and route.path not in FOR_ALL
]


@pytest.mark.parametrize("route", ACTS, ids=lambda route: route.name)
async def test_vis_11_what_all_may_read_only_those_change_whose_it_is(
    scene: Scene, route: Route
) -> None:
    path = route.path.replace("{id}", f"{scene.roads.id}")
    look = "SELECT title, deleted_at, locked_at, pinned_at, edited_at FROM posts WHERE id = $1"

    answer = await use(scene.viewers["other member"], route, path)

    # A question is no answer that anybody could accept, and none is accepted yet.
    refused = {409} if route.path in {"/p/{id}/accept", "/p/{id}/reopen"} else {403, 404}
    assert answer.status in refused
    rows = await life.rows(scene.health, look, scene.roads.id)
    assert rows == [("About a yak", None, None, None, None)]


GOVERNING = [
    route
    for route in ROUTES
    if route.path.startswith("/c/{name}")
    and route.door == "page"
    and route.path not in OF_ONESELF
]


@pytest.mark.parametrize("who", ["other member", "steward elsewhere"])
@pytest.mark.parametrize("route", GOVERNING, ids=lambda route: route.name)
async def test_vis_11_a_community_is_governed_by_its_own_stewards(
    scene: Scene, route: Route, who: str
) -> None:
    for name in ("inner", "roads"):
        answer = await use(scene.viewers[who], route, route.path.replace("{name}", name))
        assert answer.status == 403
    nobodys = await use(scene.viewers[who], route, route.path.replace("{name}", "nowhere"))
    assert nobodys.status == 404


async def test_vis_11_in_a_community_that_one_is_not_in_one_cannot_ask(scene: Scene) -> None:
    form = FORM | {"csrf": await scene.viewers["other member"].token("/agencies")}

    answer = await scene.viewers["other member"].request("POST", "/c/inner/ask", data=form)

    assert answer.status == 403
    count = "SELECT count(*) FROM posts WHERE community_id = $1"
    assert await life.value(scene.health, count, scene.inner.community_id) == 1


# VIS-14


async def test_vis_14_who_may_read_a_community_is_settled_when_it_is_opened(
    scene: Scene,
) -> None:
    mona = scene.health.browser()
    await mona.sign_in("mona")
    form = {"display_name": "Inner", "summary": "x", "charter": "x", "visibility": "public"}

    answer = await mona.submit("/c/inner/edit", form)

    assert answer.status == 200
    seen = "SELECT visibility FROM communities WHERE actor_id = $1"
    assert await life.value(scene.health, seen, scene.inner.community_id) == "members"
    assert (await scene.viewers["guest"].get(f"/p/{scene.inner.id}")).status == 404


@pytest.mark.parametrize("path", ["edit", "comment", "answer"])
async def test_vis_14_neither_an_edit_nor_a_reply_takes_another_audience(
    scene: Scene, clock: TurnedClock, path: str
) -> None:
    clock.turn(timedelta(seconds=5))
    mona = scene.health.browser()
    await mona.sign_in("mona")
    form = {"title": "About a zebra", "body": f"By {path}", "visibility": "public"}

    answer = await mona.submit(f"/p/{scene.inner.id}/{path}", form)

    assert answer.status == 200
    assert f"By {path}" in answer.text
    widened = "SELECT count(*) FROM posts WHERE root_id = $1 AND visibility <> 'members'"
    assert await life.value(scene.health, widened, scene.inner.id) == 0


@pytest.fixture(scope="module")
async def door(cluster: Cluster) -> AsyncIterator[tuple[Door, Community]]:
    """Our inbox, with the members-only community !inner that is open to join."""
    async with cloned(cluster) as url, door_opened(url) as door:
        await door.decide("health")
        member = await accounts.add_member(
            door.context, name="mona", display_name="Mona", password=PASSWORD
        )
        draft = CommunityDraft(
            name="inner",
            display_name="Inner",
            summary="x",
            charter="x",
            topics=(),
            join=JoinRule.OPEN,
            visibility=Visibility.MEMBERS,
        )
        inner = await communities.open_community(door.context, member.actor, draft)
        yield door, inner


async def test_vis_14_what_comes_from_elsewhere_cannot_widen_a_members_post(
    door: tuple[Door, Community],
) -> None:
    house, inner = door
    ada = house.sender("health", "ada")
    mona = await life.signed_in(house.context, "mona")
    asked = await posts.publish_thread(
        house.context, mona, inner.id, Kind.QUESTION, Draft(title="Why?", source="Words")
    )
    wide: dict[str, Any] = {
        "type": "Note",
        "attributedTo": ada.uri,
        "audience": inner.uri,
        "to": [inner.uri, PUBLIC],
        "published": "2026-03-02T08:00:00Z",
    }
    thread = wide | {"id": f"{ada.uri}/1", "name": "Hello", "content": "<p>Hello</p>"}
    reply = wide | {"id": f"{ada.uri}/2", "inReplyTo": asked.uri, "content": "<p>So</p>"}
    edit = thread | {"content": "<p>All</p>", "updated": "2026-03-02T08:30:00Z"}

    for number, (kind, what) in enumerate(
        [("Follow", inner.uri), ("Create", thread), ("Create", reply), ("Update", edit)]
    ):
        more = {} if kind == "Follow" else {"to": [PUBLIC]}
        await house.post(ada, ada.activity(kind, what, number=number, **more))
        while await process_due(house.context):
            pass

    rows = await house.fetch("SELECT visibility, text FROM posts ORDER BY id DESC")
    assert sorted(rows) == [("members", "All"), ("members", "So"), ("members", "Words")]
    kept = await house.fetch(
        "SELECT count(*) FROM activities WHERE post_id IS NOT NULL AND visibility <> 'members'"
    )
    assert kept == [(0,)]


# VIS-19


@pytest.fixture(scope="module")
async def peopled(cluster: Cluster) -> AsyncIterator[tuple[House, dict[str, str], PostFacts]]:
    """People of three agencies belong to !inner; one agency is admitted."""
    async with (
        cloned(cluster) as url,
        HostilePeer() as peer,
        house(url, "health", open_federation=True) as health,
    ):
        inner = await health.community("inner", visibility=Visibility.MEMBERS)
        hosts = {}
        states = (AgencyState.ADMITTED, AgencyState.WAITING, AgencyState.BLOCKED, None)
        for name, state in zip(("good", "waiting", "blocked", "new"), states, strict=True):
            asker = await stranger(peer, name, health.context)
            hosts[name] = asker.host
            if state is not None:
                await health.decides(asker.host, state)
            await health.lets_in(asker, inner)
        yield health, hosts, await health.asks(inner)


async def test_vis_19_a_members_post_goes_to_admitted_agencies_alone_even_where_all_is_open(
    peopled: tuple[House, dict[str, str], PostFacts],
) -> None:
    health, hosts, asked = peopled

    async with health.context.database.reading() as tx:
        told = await deliveries.ledger(tx, asked.id)

    assert [(entry.host, entry.type) for entry in told] == [(hosts["good"], "Announce")]
    everything = "SELECT array_agg(DISTINCT host) FROM deliveries"
    assert await health.sql(everything) == [hosts["good"]]


async def test_vis_19_the_author_reads_where_a_post_went_and_nobody_else_does(
    peopled: tuple[House, dict[str, str], PostFacts],
) -> None:
    health, _, asked = peopled
    await health.member("mona")
    headers = {"Accept": "text/html", "Cookie": f"session={health.members['mona']}"}
    on_its_way = await health.get(f"/p/{asked.id}", None, **headers)
    await health.sql("UPDATE deliveries SET state = 'delivered', place = 'settled'")

    there = await health.get(f"/p/{asked.id}", None, **headers)

    assert b"Still on its way to" in on_its_way.body
    assert b"1 other agency has it." in there.body
    sam = await health.member("sam")
    await communities.join(health.context, sam, asked.community_id)
    headers["Cookie"] = f"session={health.members['sam']}"
    theirs = await health.get(f"/p/{asked.id}", None, **headers)
    assert theirs.status == 200
    assert b"Where it is" not in theirs.body
