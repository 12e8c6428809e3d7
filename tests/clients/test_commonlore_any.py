"""Whatever the OpenAPI document allows, and what it does not: no fault, and no other shape."""

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.records import Role
from server.services import communities as services
from server.storage.embedded import Cluster
from tests.clients.described import conforming
from tests.clients.programs import Program, opened, program_of
from tests.instance import Instance, TurnedClock, running
from tests.stories import life

#: How many requests are tried for one operation; `make fuzz` tries more.
_TRIES: Final = 300 if settings.get_current_profile_name() == "fuzz" else 20
_FAULT: Final = 500
_DIGITS: Final = r"^\d+$"

Schema = dict[str, Any]

_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    here: Instance
    clock: TurnedClock
    told: dict[str, Any]
    communities: tuple[str, ...]
    posts: tuple[str, ...]
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as it is made up: parts of its path by name, its query, its body as bytes."""

    who: int
    path: dict[str, int | str]
    query: dict[str, str]
    body: bytes | None
    form: str


@pytest.fixture(scope="module")
async def place(cluster: Cluster) -> AsyncIterator[Place]:
    clock = TurnedClock()
    async with running(cluster, "any", clock=clock, work=False) as here:
        amina = await here.member("amina", Role.STEWARD)
        plaza = await life.opened(here, amina.actor, "plaza")
        steward = await program_of(here, "amina")
        await here.member("ben")
        await services.join(here.context, await life.signed_in(here.context, "ben"), plaza.id)
        ben = await program_of(here, "ben")
        ids = await _thread(steward, ben, plaza.id)
        guest = opened(here, Program(here.origin))
        told = await guest.get("/api/openapi.json")
        yield Place(
            here=here,
            clock=clock,
            told=told,
            communities=(str(plaza.id),),
            posts=ids,
            programs=(steward, ben, guest),
        )


async def _thread(steward: Program, other: Program, community: int) -> tuple[str, ...]:
    """Have a question, an answer of somebody else's to it, and a poll."""
    path = f"/api/commonlore/v1/communities/{community}/threads"
    question = await steward.post(path, kind="question", title="What?", text="This")
    path_to = f"/api/commonlore/v1/posts/{question['id']}/answers"
    answer = await other.post(path_to, text="So")
    poll = await other.post(path, kind="poll", title="Which?", choices=["Yes", "No"])
    return question["id"], answer["id"], poll["id"]


def rarely(
    one: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    return st.sampled_from((True, *[False] * 7)).flatmap(lambda rare: one if rare else usual)


def fitting(schema: Schema, schemas: Schema) -> st.SearchStrategy[Any]:
    """Make what a schema of the document allows."""
    if "$ref" in schema:
        return fitting(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of(*(fitting(each, schemas) for each in schema["anyOf"]))
    return _OF_TYPE[schema["type"]](schema, schemas)


def _lists(schema: Schema, schemas: Schema) -> st.SearchStrategy[Any]:
    return st.lists(fitting(schema["items"], schemas), max_size=4)


def _texts(schema: Schema, _schemas: Schema) -> st.SearchStrategy[Any]:
    longest = min(schema.get("maxLength", 40), 40)
    return st.text(min_size=schema.get("minLength", 0), max_size=longest)


def _integers(schema: Schema, _schemas: Schema) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _objects(schema: Schema, schemas: Schema) -> st.SearchStrategy[Any]:
    parts = {name: fitting(each, schemas) for name, each in schema["properties"].items()}
    needed = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: each for name, each in parts.items() if name in needed},
        optional={name: each for name, each in parts.items() if name not in needed},
    )


_OF_TYPE: Final[dict[str, Callable[[Schema, Schema], st.SearchStrategy[Any]]]] = {
    "object": _objects,
    "array": _lists,
    "string": _texts,
    "integer": _integers,
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}


def _bodies(operation: Schema, schemas: Schema) -> st.SearchStrategy[Any]:
    """Make bodies that fit, bodies with one thing wrong, any JSON, and no JSON at all."""
    if "requestBody" not in operation:
        return rarely(st.binary(max_size=20), st.none())
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    whole = fitting(schema, schemas)
    names = sorted(schemas[schema["$ref"].rpartition("/")[2]]["properties"])
    spoilt = st.tuples(whole, st.sampled_from(names), _anything).map(
        lambda parts: parts[0] | {parts[1]: parts[2]}
    )
    broken = st.one_of(
        spoilt.map(_dumped), _anything.map(_dumped), st.binary(max_size=40), st.none()
    )
    return whole.map(_dumped) | broken


def _dumped(value: object) -> bytes:
    # Unlike ours, this writer knows halves of characters and numbers of any length.
    return json.dumps(value).encode()


def _queries(operation: Schema, schemas: Schema) -> st.SearchStrategy[Any]:
    declared = [each for each in operation["parameters"] if each["in"] == "query"]
    parts = {
        each["name"]: fitting(each["schema"], schemas).map(str) | st.text(max_size=30)
        for each in declared
    }
    return st.fixed_dictionaries({}, optional=parts)


def _paths(operation: dict[str, Any]) -> st.SearchStrategy[Any]:
    declared = [each for each in operation["parameters"] if each["in"] == "path"]
    assert {each["schema"]["pattern"] for each in declared} <= {_DIGITS}
    # A number stands for something that is there.
    wild = st.integers(0, 10**25).map(str) | st.from_regex(_DIGITS, fullmatch=True)
    digits = rarely(wild, st.integers(0, 3))
    return st.fixed_dictionaries({each["name"]: digits for each in declared})


def requests(operation: Schema, schemas: Schema) -> st.SearchStrategy[Sent]:
    return st.builds(
        Sent,
        who=st.sampled_from((0, 0, 1, 2)),
        path=_paths(operation),
        query=_queries(operation, schemas),
        body=_bodies(operation, schemas),
        form=st.sampled_from(
            ("application/json", "application/json", "application/x-www-form-urlencoded", "x/y")
        ),
    )


async def ask(place: Place, method: str, path: str, sent: Sent, operation: Schema) -> None:
    """Send it, and believe nothing that is a fault or has another shape."""
    place.clock.turn(life.MINUTE)

    def part(found: re.Match[str]) -> str:
        value = sent.path[found[1]]
        known = place.communities if "/communities/" in path else place.posts
        return known[value % len(known)] if isinstance(value, int) else value

    where = re.sub(r"\{(\w+)\}", part, path)
    headers = {"Content-Type": sent.form} if sent.body is not None else {}
    reply = await place.programs[sent.who].ask(
        method, where, params=sent.query, data=sent.body, headers=headers
    )
    assert reply.status < _FAULT, (method, where, sent, reply.body)
    assert str(reply.status) in operation["responses"], (reply.status, method, where, sent)
    conforming(method, where, reply)


@settings(
    max_examples=_TRIES,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_no_request_however_spoilt_is_a_fault_or_answered_in_another_shape(
    place: Place, data: st.DataObject
) -> None:
    schemas = place.told["components"]["schemas"]
    for path, methods in place.told["paths"].items():
        for method, operation in methods.items():
            sent = data.draw(requests(operation, schemas))
            await ask(place, method.upper(), path, sent, operation)


async def test_what_the_document_says_is_what_every_client_is_told(place: Place) -> None:
    reply = await place.programs[2].ask("GET", "/api/openapi.json")

    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.json == place.told
    assert place.told["servers"] == [{"url": "/"}]
