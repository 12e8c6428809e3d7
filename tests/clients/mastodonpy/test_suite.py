"""Mastodon.py's own suite, run live: what is not listed passes, and what is listed does not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import pytest
from aiohttp import web  # noqa: TID251 the judge's own route

from server.app import Parts
from server.context import SystemClock
from server.middleware.declarations import Route
from server.middleware.keys import ALLOWANCES, CONTEXT
from server.routes import ROUTES
from server.storage import silences
from server.storage.embedded import Cluster
from tests.clients.mastodonpy import listed, suite
from tests.clients.mastodonpy.seed import seed
from tests.clients.mastodonpy.suite import End
from tests.instance import Instance, cloned, free_port, living

#: The suite has so many tests or more; fewer would mean that it did not run whole.
_AT_LEAST: Final = 600
_MOST_LISTED: Final = 25
#: Whoever asks first for how it ended waits for the whole of it.
pytestmark = pytest.mark.timeout(900)


async def _forget(request: web.Request) -> web.Response:
    """Forget who asked how often: in three minutes a suite asks more than a member may.

    And end what is over, for which members wait ten minutes at most.
    """
    request.app[ALLOWANCES]._windows.clear()  # noqa: SLF001 nothing else forgets
    context = request.app[CONTEXT]
    async with context.database.transaction("test") as tx:
        await silences.end_mutes(tx, now=context.now())
    return web.Response()


_AFRESH = Route(
    method="POST", path="/afresh", handler=_forget, door="system", audience="anyone", body=1
)


@asynccontextmanager
async def _server(cluster: Cluster) -> AsyncIterator[Instance]:
    """Run an instance by the time of day, at an address that the suite's tools find."""
    port = free_port()
    async with (
        cloned(cluster) as url,
        living(
            "suite",
            url,
            clock=SystemClock(),
            port=port,
            parts=Parts(table=(*ROUTES, _AFRESH)),
            origin=f"http://localhost:{port}",
            push_hosts=("example.com",),
            registration="open",
        ) as instance,
    ):
        await seed(instance)
        yield instance


@pytest.fixture(scope="module")
async def ends(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, End]:
    """Run the suite once; how each of its tests ended."""
    archive = await suite.fetched()
    async with _server(cluster) as instance:
        folder = suite.unpacked(archive, tmp_path_factory.mktemp("suite"), instance.host)
        found = await suite.run(folder, afresh=f"{instance.origin}/afresh")
    return {end.test: end for end in found}


def _said(wrong: Mapping[str, str]) -> str:
    return "\n\n".join(f"{test}\n{why[-1500:]}" for test, why in wrong.items())


def test_the_suite_ran_whole(ends: Mapping[str, End]) -> None:
    assert len(ends) >= _AT_LEAST


def test_what_is_not_listed_passes(ends: Mapping[str, End]) -> None:
    known = listed.read()
    excused = listed.names(known.differs) | listed.names(known.waits)

    wrong = {
        test: end.why
        for test, end in ends.items()
        if end.outcome == "failed" and test not in excused
    }

    assert not wrong, _said(wrong)


def test_what_is_listed_fails_for_the_reason_that_is_given(ends: Mapping[str, End]) -> None:
    wrong = {
        test: f"{ends[test].outcome}, without {group.shows!r}: {ends[test].why}"
        for test, group in listed.names(listed.read().differs).items()
        if ends[test].outcome != "failed" or group.shows not in ends[test].why
    }

    assert not wrong, _said(wrong)


def test_what_the_suite_skips_is_listed(ends: Mapping[str, End]) -> None:
    skipped = {test: end.why for test, end in ends.items() if end.outcome == "skipped"}
    known = listed.names(listed.read().skipped)

    assert skipped.keys() == known.keys(), _said(skipped)
    assert all(known[test].shows in why for test, why in skipped.items()), _said(skipped)


def test_few_are_listed() -> None:
    assert len(listed.names(listed.read().differs)) <= _MOST_LISTED


def test_the_page_says_what_the_list_says() -> None:
    written = listed.table(listed.read())

    assert listed.TABLE.read_text() == written, (
        "run python -m tests.clients.mastodonpy.write_table"
    )
