"""VIS-20: what is logged and measured holds no secret and no word of anybody's."""

import io
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from aiohttp import web  # noqa: TID251 handlers to be let in to

from server import observability
from server.middleware import Route
from server.storage.embedded import Cluster
from tests.instance import Instance, TurnedClock, running

SECRET = "hunter-the-second"  # noqa: S105  what must be found nowhere


async def _fail(request: web.Request) -> web.StreamResponse:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(f"cannot use {SECRET}") from error


TABLE = (
    Route(method="GET", path="/fail/{word}", handler=_fail, door="page", audience="anyone"),
    Route(
        method="POST",
        path="/fail/{word}",
        handler=_fail,
        door="page",
        audience="anyone",
        csrf=True,
        body=1000,
    ),
)


@pytest.fixture(scope="module")
async def house(cluster: Cluster) -> AsyncIterator[Instance]:
    async with running(cluster, "house", clock=TurnedClock(), table=TABLE) as instance:
        yield instance


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    stream = io.StringIO()
    observability.configure_logging("json", stream=stream)
    yield stream
    root.handlers, _ = before, root.setLevel(level)
    structlog.reset_defaults()


def _lines(log: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def test_vis_20_a_request_is_logged_without_anything_that_was_said(
    house: Instance, log: io.StringIO
) -> None:
    browser = house.browser()

    await browser.get(f"/fail/{SECRET}?q={SECRET}", cookie=f"session={SECRET}", x=SECRET)
    await browser.request("POST", f"/fail/{SECRET}", data={"csrf": SECRET})

    assert SECRET not in log.getvalue()
    answered = [line for line in _lines(log) if line["event"] == "answered"]
    assert [(line["method"], line["route"], line["status"]) for line in answered] == [
        ("GET", "/fail/{word}", 500),
        ("POST", "/fail/{word}", 403),
    ]


async def test_vis_20_a_failure_is_logged_by_its_kind_and_its_place(
    house: Instance, log: io.StringIO
) -> None:
    answer = await house.browser().get(f"/fail/{SECRET}")

    (failed,) = [line for line in _lines(log) if line["event"] == "request-failed"]
    assert failed["failure"] == "ValueError"
    assert failed["cause"] == "KeyError"
    assert str(failed["at"][-1]).startswith("test_vis_log.py:")
    assert failed["request"] == answer.headers["X-Request-Id"]


def test_vis_20_what_a_library_logs_takes_the_same_way(log: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("library").exception("it failed", extra={"host": "a.example"})
        structlog.get_logger().error("we failed", exc_info=sys.exc_info())

    theirs, ours = _lines(log)
    assert SECRET not in log.getvalue()
    assert (theirs["event"], theirs["failure"], theirs["host"]) == (
        "it failed",
        "ValueError",
        "a.example",
    )
    assert (ours["event"], ours["level"], ours["failure"]) == (
        "we failed",
        "error",
        "ValueError",
    )


def test_vis_20_lines_for_people_are_lines_as_well() -> None:
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers, root.level

    observability.configure_logging("text", stream=stream)
    structlog.get_logger().info("started", origin="http://house.localhost")
    structlog.get_logger().debug("not shown")
    root.handlers, _ = before, root.setLevel(level)
    structlog.reset_defaults()

    (line,) = stream.getvalue().splitlines()
    assert "started" in line
    assert "origin=http://house.localhost" in line


async def test_vis_20_metrics_have_patterns_and_no_paths(house: Instance) -> None:
    metrics = observability.Metrics()
    metrics.requests.labels("page", "GET", "/fail/{word}", 500).inc()

    text = metrics.text().decode()

    assert 'route="/fail/{word}"' in text
