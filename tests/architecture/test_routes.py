"""The route table is complete: nothing is answered that it does not declare."""

from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web  # noqa: TID251 an application to register in

from server import routes
from server.middleware.declarations import Limit, Route
from server.middleware.keys import DECLARED
from server.routes import ROUTES


async def _nothing(_request: web.Request) -> web.StreamResponse:
    return web.Response()


GET = Route(method="GET", path="/a", handler=_nothing, door="page", audience="anyone")
POST = Route(
    method="POST",
    path="/a",
    handler=_nothing,
    door="page",
    audience="member",
    csrf=True,
    body=9,
)


def test_every_registered_route_comes_from_the_table() -> None:
    application = web.Application()

    routes.register(application)

    registered = list(application.router.routes())
    assert set(registered) == set(application[DECLARED])
    assert set(application[DECLARED].values()) == set(ROUTES)


def test_a_page_that_can_be_got_answers_head_as_well() -> None:
    application = web.Application()

    routes.register(application, (GET, POST))

    assert [(route.method, declared) for route, declared in application[DECLARED].items()] == [
        ("GET", GET),
        ("HEAD", GET),
        ("POST", POST),
    ]


def test_the_same_route_cannot_be_declared_twice() -> None:
    with pytest.raises(ValueError, match="POST /a is declared twice"):
        routes.register(web.Application(), (POST, POST))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_xss_13_every_form_on_a_page_has_a_token_and_nothing_is_changed_by_get(
    route: Route,
) -> None:
    assert route.csrf == (route.door == "page" and route.method != "GET")
    assert route.method in {"GET", "POST"} or route.door == "client"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_only_what_is_public_by_nature_is_open_to_writing_by_anyone(route: Route) -> None:
    guests_may_write = {"/sign-in", "/sign-up"}

    is_open = route.audience == "anyone" and route.method != "GET"

    assert not is_open or route.path in guests_may_write or route.limit is not None


@pytest.mark.parametrize(
    ("route", "changes"),
    [
        (POST, {"csrf": False}),
        (GET, {"csrf": True}),
        (POST, {"body": 0}),
        (GET, {"body": 1}),
        (POST, {"activitypub": _nothing}),
        (GET, {"door": "api", "activitypub": _nothing}),
        (GET, {"scope": "read"}),
    ],
)
def test_a_declaration_that_contradicts_itself_does_not_start(
    route: Route, changes: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match=route.name):
        replace(route, **changes)


def test_a_limit_counts_by_address_unless_told() -> None:
    assert Limit(times=1, per=timedelta(minutes=1)).by == "address"
