"""One instance on a real socket: doors, failures, limits, and what runs beside the web."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web  # noqa: TID251 handlers to be let in to
from aiohttp.test_utils import TestClient, TestServer

from federation.errors import Malformed, Unreachable
from federation.signatures.keys import KeyKind
from schemas.records import ActorKind, AgencyState, Role
from server import app
from server.middleware import (
    ADDRESS,
    CSRF,
    PRINCIPAL,
    RENDER_ERROR,
    Limit,
    Problem,
    Route,
    assets,
)
from server.services.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from server.storage import actors, agencies, received, sessions, throttles
from server.storage.database import DatabaseAway
from server.storage.embedded import Cluster
from server.storage.received import Arrival
from server.workers import housekeeping, runner
from tests.instance import (
    ACTIVITY_JSON,
    Instance,
    TurnedClock,
    cloned,
    free_port,
    running,
    settle,
)

FAILURES: dict[str, Exception] = {
    "malformed": Malformed("digest-mismatch", "The digest does not match."),
    "unreachable": Unreachable("timeout", "No answer in time.", retry_after=12.2),
    "unreachable-open": Unreachable("timeout", "No answer in time."),
    "invalid": Invalid({"title": "Enter a title."}),
    "not-allowed": NotAllowed("suspended", "You are suspended."),
    "not-found": NotFound("no-such-post", "There is no such post."),
    "conflict": Conflict("changed", "It has changed."),
    "too-many": TooMany("too-many-tries", "Too often.", retry_after=60),
    "away": DatabaseAway("ConnectionRefusedError"),
    "gone": web.HTTPGone(),
    "unknown": RuntimeError("the secret is 1234"),
}


async def _fail(request: web.Request) -> web.StreamResponse:
    raise FAILURES[request.match_info["kind"]]


async def _move(request: web.Request) -> web.StreamResponse:
    raise web.HTTPSeeOther("/form")


async def _form(request: web.Request) -> web.StreamResponse:
    field = f'<form><input type="hidden" name="csrf" value="{request[CSRF]}"></form>'
    return web.Response(text=field, content_type="text/html")


async def _take(request: web.Request) -> web.StreamResponse:
    form = await request.post()
    return web.json_response({"said": form.get("said"), "address": request[ADDRESS]})


async def _who(request: web.Request) -> web.StreamResponse:
    return web.json_response({"who": str(request[PRINCIPAL]), "address": request[ADDRESS]})


async def _document(request: web.Request) -> web.StreamResponse:
    return web.Response(text="{}", content_type=ACTIVITY_JSON)


def _get(path: str, handler: object, **more: object) -> Route:
    values = {"door": "page", "audience": "anyone"} | more
    return Route(method="GET", path=path, handler=handler, **values)


def _post(path: str, **more: object) -> Route:
    values = {"door": "page", "audience": "anyone", "csrf": True, "body": 1000} | more
    return Route(method="POST", path=path, handler=_take, **values)


TABLE = (
    *app.Parts().table,
    _get("/page/{kind}", _fail),
    _get("/document/{kind}", _fail, door="activitypub"),
    _get("/moved", _move),
    _get("/form", _form),
    _post("/form"),
    _post("/limited", limit=Limit(times=2, per=timedelta(minutes=1))),
    _post(
        "/mine", audience="member", limit=Limit(times=1, per=timedelta(hours=1), by="member")
    ),
    _get("/who", _who),
    _get("/members", _form, audience="member"),
    _get("/stewards", _form, audience="steward"),
    _get("/moderators", _form, audience="moderator"),
    _get("/both", _form, activitypub=_document),
)


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock(), table=TABLE) as instance:
        yield instance


@pytest.fixture(scope="module")
async def member(house: Instance) -> object:
    return await house.member_browser("ayla")


async def test_an_instance_is_alive_and_ready(house: Instance) -> None:
    browser = house.browser()

    alive, ready = await browser.get("/healthz"), await browser.get("/readyz")

    assert (alive.status, alive.text, ready.status, ready.text) == (200, "ok\n", 200, "ready\n")


@pytest.mark.parametrize(
    ("kind", "status", "reason", "retry_after"),
    [
        ("malformed", 400, "digest-mismatch", None),
        ("unreachable", 503, "timeout", "13"),
        ("unreachable-open", 503, "timeout", None),
        ("invalid", 422, "invalid", None),
        ("not-allowed", 403, "suspended", None),
        ("not-found", 404, "no-such-post", None),
        ("conflict", 409, "changed", None),
        ("too-many", 429, "too-many-tries", "60"),
        ("away", 503, "database-away", "5"),
        ("gone", 410, "refused", None),
        ("unknown", 500, "internal", None),
    ],
)
async def test_each_failure_has_its_answer_at_each_door(
    house: Instance, kind: str, status: int, reason: str, retry_after: str | None
) -> None:
    browser = house.browser()

    page, document = await browser.get(f"/page/{kind}"), await browser.get(f"/document/{kind}")

    assert (page.status, document.status) == (status, status)
    assert page.headers["Content-Type"].startswith("text/html")
    assert json.loads(document.text)["error"] == reason
    for answer in (page, document):
        assert answer.headers.get("Retry-After") == retry_after
        assert "1234" not in answer.text


async def test_a_failure_of_ours_has_a_number_for_the_operator(house: Instance) -> None:
    page = await house.browser().get("/page/unknown")

    assert page.headers["X-Request-Id"] in page.text
    assert "RuntimeError" not in page.text


async def test_a_page_about_a_failure_that_fails_itself_is_still_a_page(
    house: Instance,
) -> None:
    async def broken(_request: web.Request, _problem: Problem) -> web.StreamResponse:
        raise RuntimeError

    application = app.build(house.context, TABLE)
    application[RENDER_ERROR] = broken
    async with TestClient(TestServer(application)) as client:
        answer = await client.get("/page/unknown", headers={"Host": house.host})
        text = await answer.text()

    assert answer.status == 500
    assert "Something went wrong on our side." in text
    assert answer.headers["X-Request-Id"] in text


async def test_a_redirect_that_a_handler_raises_is_an_answer(house: Instance) -> None:
    answer = await house.browser().get("/moved", follow=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/form")


@pytest.mark.parametrize(
    ("accept", "door"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        (ACTIVITY_JSON, "application/json"),
    ],
)
async def test_what_is_not_there_is_told_in_the_asker_s_language(
    house: Instance, accept: str, door: str
) -> None:
    answer = await house.browser().get("/nowhere", accept=accept)

    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith(door)


async def test_a_method_that_is_not_there_names_those_that_are(house: Instance) -> None:
    answer = await house.browser().request("DELETE", "/form")

    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD,POST")


@pytest.mark.parametrize(
    "accept",
    [ACTIVITY_JSON, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'],
)
async def test_one_address_is_a_page_for_people_and_a_document_for_agencies(
    house: Instance, accept: str
) -> None:
    browser = house.browser()

    page, document = await browser.get("/both"), await browser.get("/both", accept=accept)

    assert page.headers["Content-Type"].startswith("text/html")
    assert document.headers["Content-Type"].startswith(ACTIVITY_JSON)
    assert {page.headers["Vary"], document.headers["Vary"]} == {"Accept, Signature"}


async def test_a_guest_is_asked_to_sign_in_and_comes_back(house: Instance) -> None:
    browser = house.browser()

    page = await browser.get("/members?a=b&c", follow=False)
    form = await browser.request("POST", "/mine", follow=False, data={})
    part = await browser.get("/members", follow=False, hx_request="true")

    assert (page.status, page.headers["Location"]) == (
        303,
        "/sign-in?next=/members%3Fa%3Db%26c",
    )
    assert (form.status, form.headers["Location"]) == (303, "/sign-in")
    assert (part.status, part.headers["HX-Redirect"]) == (401, "/sign-in")


async def test_a_page_is_for_those_whose_role_reaches_its_audience(house: Instance) -> None:
    plain = await house.member_browser("berta")
    guard = await house.member_browser("carla", Role.MODERATOR)

    paths = ("/members", "/stewards", "/moderators")
    of_plain = [(await plain.get(path)).status for path in paths]
    of_guard = [(await guard.get(path)).status for path in paths]

    assert of_plain == [200, 403, 403]
    assert of_guard == [200, 200, 200]


async def test_who_tries_too_often_waits(house: Instance) -> None:
    browser = house.browser()

    answers = [await browser.submit("/limited", page="/form") for _ in range(3)]
    house.context.clock.turn(timedelta(minutes=1))
    later = await browser.submit("/limited", page="/form")

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"
    assert later.status == 200


async def test_a_limit_per_member_is_each_member_s_own(house: Instance) -> None:
    first, second = await house.member_browser("dora"), await house.member_browser("elsa")

    statuses = [
        (await browser.submit("/mine", page="/form")).status
        for browser in (first, first, second)
    ]

    assert statuses == [200, 429, 200]


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        ("evil.example", "/form", 421),
        ("house.localhost", "/form", 421),
        ("localhost:{port}", "/form", 200),
        ("127.0.0.1:{port}", "/form", 200),
        ("HOUSE.localhost:{port}", "/form", 200),
        ("10.0.0.7", "/healthz", 200),
    ],
)
async def test_an_instance_answers_to_its_own_names_only(
    house: Instance, host: str, path: str, status: int
) -> None:
    port = house.host.rpartition(":")[2]

    answer = await house.browser().get(path, host=host.format(port=port))

    assert answer.status == status


async def test_a_form_may_be_no_longer_than_its_route_declares(house: Instance) -> None:
    browser = house.browser()

    async def drip() -> AsyncIterator[bytes]:
        yield b"said=hello"

    long = await browser.submit("/form", {"said": "x" * 1000}, page="/form")
    chunked = await browser.request("POST", "/form", data=drip())

    assert (long.status, chunked.status) == (413, 411)


async def test_built_files_are_kept_for_ever_and_nothing_else_is_served(
    house: Instance,
) -> None:
    browser = house.browser()
    path = assets.static_path("commonlore.css")

    built = await browser.get(path)
    others = [
        (await browser.get(f"/static/{name}")).status
        for name in ("manifest.json", "commonlore.css", "..%2fbuild.py", "%2e%2e", "")
    ]

    assert (built.status, built.headers["Content-Type"]) == (200, "text/css")
    assert built.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert others == [404] * 5


def test_a_file_that_was_not_built_is_named() -> None:
    with pytest.raises(assets.NotBuilt, match=r"nothing\.css"):
        assets.static_path("nothing.css")


async def test_metrics_are_served_on_their_own_listener_only(cluster: Cluster) -> None:
    port = free_port()
    clock = TurnedClock()
    async with running(
        cluster, "house", clock=clock, work=False, metrics=f"127.0.0.1:{port}"
    ) as instance:
        await instance.browser().get("/healthz")
        await _receive(instance, next_in=timedelta(seconds=-40), attempts=1)
        public = await instance.browser().get("/metrics")
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/metrics") as answer,
        ):
            text = await answer.text()

    assert public.status == 404
    assert 'route="/healthz",status="200"' in text
    assert 'commonlore_queued{queue="inbox",state="waiting"} 1.0' in text
    assert 'commonlore_oldest_due_seconds{queue="inbox"} 40.0' in text


async def test_the_agency_is_made_once_and_renamed_as_the_settings_say(
    cluster: Cluster,
) -> None:
    async with cloned(cluster) as url:
        values = {"origin": "http://house.localhost:8000", "database": url}
        settings = app.Settings.model_validate(values | {"name": "House"})
        renamed = app.Settings.model_validate(values | {"name": "Home", "description": "*Us*"})

        async with app.context_of(settings) as before, before.database.reading() as tx:
            first = await actors.get(tx, before.agency_id)
            keys = await actors.public_keys(tx, first.id, now=before.now())
        async with app.context_of(renamed) as after, after.database.reading() as tx:
            second = await actors.get(tx, after.agency_id)
            same_keys = await actors.public_keys(tx, second.id, now=after.now())

    assert (first.uri, first.display_name) == ("http://house.localhost:8000/actor", "House")
    assert (second.id, second.display_name) == (first.id, "Home")
    assert second.summary.strip() == "<p><em>Us</em></p>"
    assert keys == same_keys


async def test_who_reports_for_the_agency_is_made_where_there_is_an_agency_already(
    cluster: Cluster,
) -> None:
    async with cloned(cluster) as url:
        values = {"origin": "http://house.localhost:8000", "database": url, "name": "House"}
        settings = app.Settings.model_validate(values)
        async with (
            app.context_of(settings) as before,
            before.database.transaction("test") as tx,
        ):
            older = await actors.get(tx, before.agency_id)
            await tx.execute("DELETE FROM actor_keys WHERE actor_id = $1", before.moderation_id)
            await tx.execute("DELETE FROM actors WHERE id = $1", before.moderation_id)

        async with app.context_of(settings) as after, after.database.reading() as tx:
            found = await actors.get(tx, after.moderation_id)
            keys = await actors.public_keys(tx, found.id, now=after.now())
            same = await actors.get(tx, after.agency_id)

    assert same == older
    assert (found.uri, found.name) == (after.home.moderation, "moderation")
    assert (found.kind, found.display_name) == (ActorKind.MODERATION, "House")
    assert [key.kind for key in keys] == [KeyKind.RSA, KeyKind.ED25519]
    assert {key.owner for key in keys} == {found.uri}


async def test_a_loop_that_failed_runs_again() -> None:
    again = asyncio.Event()
    runs = 0

    async def stumbles() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise RuntimeError("once")
        if runs == 2:
            return
        again.set()
        await asyncio.Event().wait()

    running_loops = asyncio.create_task(runner.run({"stumbles": stumbles}, pause=0))
    await asyncio.wait_for(again.wait(), 5)
    running_loops.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running_loops
    assert runs == 3


async def test_loops_are_let_end_before_the_instance_has_stopped() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def loop() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    stop = runner.start({"loop": loop})
    await began.wait()
    await stop()

    assert ended.is_set()


async def test_housekeeping_removes_what_is_over(house: Instance, member: object) -> None:
    context, now = house.context, house.now()
    async with house.database.transaction("test") as tx:
        await throttles.add_hit(tx, "over", now=now, window=timedelta(minutes=1))
        await actors.refuse_key(tx, "over", reason="gone", until=now + timedelta(minutes=1))
    token = await house.member_browser("fritzi")

    house.context.clock.turn(timedelta(days=31))
    await housekeeping.clean_once(context)

    async with house.database.reading() as tx:
        left = await tx.fetchval(
            "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM throttles) "
            "+ (SELECT count(*) FROM key_refusals)"
        )
    assert left == 0
    assert json.loads((await token.get("/who")).text)["who"] == "Anonymous()"


async def test_settling_waits_for_what_was_received(house: Instance) -> None:
    await _receive(house, next_in=timedelta(0))

    await settle(house)

    async with house.database.reading() as tx:
        assert await received.depth(tx) == {}


async def test_settling_fails_with_what_is_left(cluster: Cluster) -> None:
    async with running(cluster, "idle", clock=TurnedClock(), work=False) as idle:
        await _receive(idle, next_in=timedelta(0))

        with pytest.raises(AssertionError, match=r"idle: Strange of https://a\.example/b"):
            await settle(idle, patience=0.1)


async def test_an_instance_admits_another_for_a_story(house: Instance) -> None:
    await house.admit(house)

    async with house.database.reading() as tx:
        found = await agencies.find(tx, house.host)
    assert found is not None
    assert found.state is AgencyState.ADMITTED


async def test_a_browser_that_signed_in_is_its_member(house: Instance) -> None:
    browser = await house.member_browser("gerda")

    who = json.loads((await browser.get("/who")).text)["who"]

    assert who.startswith("MemberPrincipal(")
    async with house.database.reading() as tx:
        found = await sessions.of_member(tx, (await actors.find_local(tx, "gerda")).id)
    assert len(found) == 1


async def _receive(instance: Instance, *, next_in: timedelta, attempts: int = 0) -> None:
    arrival = Arrival(
        actor_uri="https://a.example/b",
        activity_uri=f"https://a.example/{attempts}",
        type="Strange",
        host="a.example",
        raw=b'{"id":"https://a.example/1","type":"Strange","actor":"https://a.example/b"}',
        signature_hash=b"%d" % attempts,
        received_at=instance.now() + next_in,
    )
    async with instance.database.transaction("test") as tx:
        await received.remember(tx, [arrival])
