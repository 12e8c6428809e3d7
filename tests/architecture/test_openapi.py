"""The OpenAPI document is complete: every route of our own API, all its models, examples."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from schemas.commonlore import answers, asked, canonical
from server.routes import ROUTES
from server.routes.openapi import document
from server.services import scopes

OWN = [route for route in ROUTES if route.path.startswith("/api/commonlore/v1")]
TOLD = [route for route in OWN if not route.path.endswith("/")]
MODELS = [
    each
    for each in (*vars(answers).values(), *vars(canonical).values())
    if isinstance(each, type) and issubclass(each, BaseModel) and "extra" in each.model_config
]
DOCUMENT = document(ROUTES)
BRACES = re.compile(r"\{(\w+):[^{}]+\}")


def operations() -> Iterator[dict[str, Any]]:
    for place in DOCUMENT["paths"].values():
        yield from place.values()


def references(of: object) -> Iterator[str]:
    if isinstance(of, dict):
        if isinstance(of.get("$ref"), str):
            yield of["$ref"]
        for value in of.values():
            yield from references(value)
    elif isinstance(of, list):
        for value in of:
            yield from references(value)


def at(reference: str) -> object:
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


@pytest.mark.parametrize("route", OWN, ids=lambda route: route.name)
def test_every_route_of_our_own_declares_what_it_takes_and_gives(route: Any) -> None:
    assert route.takes is not None
    assert route.gives is not None


@pytest.mark.parametrize("route", TOLD, ids=lambda route: route.name)
def test_every_route_of_our_own_is_described(route: Any) -> None:
    told = DOCUMENT["paths"][BRACES.sub(r"{\1}", route.path)][route.method.lower()]

    assert told["summary"]
    assert told["responses"]["200"]["content"]["application/json"]["schema"]
    assert ("401" in told["responses"]) == (route.audience != "anyone")


def test_nothing_is_described_that_is_not_there() -> None:
    assert len(list(operations())) == len(TOLD)
    assert DOCUMENT["openapi"] == "3.1.0"


def test_operations_have_names_of_their_own() -> None:
    names = [each["operationId"] for each in operations()]

    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere_and_every_model_is_used() -> None:
    used = set(references(DOCUMENT))

    assert all(at(each) for each in used)
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert known <= used


def test_the_scopes_are_ours_and_enough_for_every_operation() -> None:
    told = DOCUMENT["components"]["securitySchemes"]["oauth"]["flows"]["authorizationCode"]

    assert set(told["scopes"]) <= set(scopes.ALL)
    for each in operations():
        for way in each["security"]:
            assert set(way.get("oauth", ())) <= set(told["scopes"])


def test_every_body_has_examples_that_can_be_sent() -> None:
    bodies = {
        each["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for each in operations()
        if "requestBody" in each
    }

    assert bodies == {"NewThread", "NewReply", "NewKudos", "Reasoned"}
    for name in bodies:
        model: type[BaseModel] = getattr(asked, name)
        examples = DOCUMENT["components"]["schemas"][name]["examples"]
        assert [model.model_validate(each, strict=True) for each in examples]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_answers_have_no_key_that_is_not_declared(model: type[BaseModel]) -> None:
    assert model.model_config["extra"] == "forbid"
