"""Every form in which clients send parameters reads the same (client-api.md 1.2)."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web  # noqa: TID251 an application to ask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from server.handlers.mastodon.parameters import Many, Maybe, Parameters, nested, read
from server.services.errors import Invalid


class Wanted(Parameters):
    status: str = ""
    sensitive: bool = False
    max_id: Maybe[str] = None
    limit: Maybe[int] = None
    id: Many[str] = Field(default_factory=list)
    poll: dict[str, Any] = Field(default_factory=dict)
    fields_attributes: Many[dict[str, str]] = Field(default_factory=list)


@pytest.fixture(scope="module")
async def origin() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        try:
            found = await read(request, Wanted)
        except Invalid as wrong:
            return web.Response(body=orjson.dumps(wrong.fields), status=422)
        return web.Response(body=found.model_dump_json().encode())

    application = web.Application()
    application.router.add_route("*", "/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def sent(origin: str, **how: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client:
        method = how.pop("method", "POST")
        async with client.request(method, origin, **how) as answer:
            return answer.status, orjson.loads(await answer.read() or b"null")


FORM = (
    ("status", "Hello"),
    ("sensitive", "t"),
    ("id[]", "1"),
    ("id[]", "2"),
    ("poll[options][]", "A"),
    ("poll[options][]", "B"),
    ("poll[expires_in]", "60"),
    ("fields_attributes[1][name]", "second"),
    ("fields_attributes[0][name]", "first"),
    ("unknown", "x"),
)
SAME: dict[str, Any] = {
    "status": "Hello",
    "sensitive": True,
    "max_id": None,
    "limit": None,
    "id": ["1", "2"],
    "poll": {"options": ["A", "B"], "expires_in": "60"},
    "fields_attributes": [{"name": "first"}, {"name": "second"}],
}


def multipart() -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in FORM:
        form.add_field(name, value)
    return form


@pytest.mark.parametrize(
    "how",
    [
        {"data": aiohttp.FormData(FORM)},
        {"data": multipart},
        {
            "json": SAME
            | {"fields_attributes": {"1": {"name": "second"}, "0": {"name": "first"}}}
        },
        {"json": SAME | {"sensitive": 1}},
        {"params": list(FORM)},
        {"params": list(FORM), "method": "GET"},
        {"params": list(FORM), "method": "DELETE", "json": {}},
    ],
)
async def test_every_form_reads_the_same(origin: str, how: dict[str, Any]) -> None:
    how = {name: value() if callable(value) else value for name, value in how.items()}

    assert await sent(origin, **how) == (200, SAME)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([("sensitive", "on")], {"sensitive": True}),
        ([("sensitive", "0")], {"sensitive": False}),
        ([("id", "7")], {"id": ["7"]}),
        ([("id", "7"), ("id", "8")], {"id": ["7", "8"]}),
        ([("max_id", ""), ("limit", "")], {"max_id": None, "limit": None}),
        ([("limit", "20")], {"limit": 20}),
    ],
)
async def test_what_is_written_in_many_ways_means_one_thing(
    origin: str, given: list[tuple[str, str]], expected: dict[str, Any]
) -> None:
    status, found = await sent(origin, data=aiohttp.FormData(given))

    assert status == 200
    assert {name: found[name] for name in expected} == expected


async def test_the_body_has_the_last_word(origin: str) -> None:
    status, found = await sent(origin, params={"status": "query"}, json={"status": "body"})

    assert (status, found["status"]) == (200, "body")


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"[1]", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"", "headers": {"Content-Type": "application/json"}}, 200),
        ({"data": b"x", "headers": {"Content-Type": "text/plain"}}, 200),
        ({"params": [("a", "1")] * 1001}, 400),
        ({"json": {"limit": "many"}}, 422),
        ({"json": {"status": ["a"]}}, 422),
    ],
)
async def test_what_cannot_be_read_is_refused(
    origin: str, how: dict[str, Any], status: int
) -> None:
    assert (await _status(origin, how)) == status


async def _status(origin: str, how: dict[str, Any]) -> int:
    async with aiohttp.ClientSession() as client, client.post(origin, **how) as answer:
        return answer.status


@given(st.lists(st.tuples(st.text("ab[]0", max_size=12), st.text(max_size=3)), max_size=12))
def test_no_names_break_the_reading(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(nested(pairs), dict)
