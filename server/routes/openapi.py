"""The OpenAPI document of what a table's routes declare that they take and give."""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final, Literal

import orjson
from aiohttp import hdrs, web
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from schemas.commonlore.answers import Error
from schemas.commonlore.asked import Nothing
from schemas.commonlore.canonical import CanonicalError
from server.middleware.declarations import Door, Route
from server.routes.client_route import client
from server.services import scopes

_PATTERN: Final = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
_SCHEMAS: Final = "#/components/schemas/"
_BODIED: Final = frozenset({hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH})
_JSON: Final = "application/json"
_ABOUT: Final = (
    "What the Mastodon API has no words for. Ids are those of the Mastodon API, and so are "
    "tokens and scopes; a scope such as `read` holds all that begin with `read:`."
)
#: How each refusal is described, by status. What a reader may not see is not there.
_REFUSALS: Final = {
    400: "The request cannot be read.",
    401: "A member's access token is needed.",
    403: "The token does not allow it, or the member may not.",
    404: "There is no such thing, or it is not for the reader to know of.",
    413: "The body is too large, or nothing is read of one.",
    422: "A field cannot be taken, or it is no longer as it was seen.",
    429: "Too many requests; Retry-After says how many seconds to wait.",
    500: "A fault of this server.",
    503: "The database is away; Retry-After says when to try again.",
}
_OF_MEMBERS: Final = frozenset({401})
_SHAPES: Final[dict[Door, type[BaseModel]]] = {"client": Error, "api": CanonicalError}


def described(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Give the route that tells what these routes take and give."""

    @cache
    def body() -> bytes:
        return orjson.dumps(document(routes))

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=body(), content_type=_JSON, charset="utf-8")

    return client(hdrs.METH_GET, "/api/openapi.json", openapi)


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Describe every route that declares what it takes and gives, as OpenAPI 3.1.

    The twins with a slash at the end are left out.
    """
    told = [each for each in routes if each.takes and not each.path.endswith("/")]
    schemas = _schemas(told)
    paths: dict[str, dict[str, Any]] = {}
    for route in told:
        place = paths.setdefault(_PATTERN.sub(r"{\1}", route.path), {})
        place[route.method.lower()] = _operation(route, schemas)
    queries = {each.takes.__name__ for each in told if each.takes and not _is_bodied(each)}
    bodies = {each.takes.__name__ for each in told if each.takes and _is_bodied(each)}
    for name in queries - bodies | {Nothing.__name__}:
        schemas.pop(name, None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Commonlore", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _responses(),
            "securitySchemes": {"oauth": _security(told)},
        },
    }


def _is_bodied(route: Route) -> bool:
    return route.method in _BODIED


def _schemas(routes: Sequence[Route]) -> dict[str, Any]:
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for mode, model in _models(routes):
        models[model, mode] = None
    _, found = models_json_schema(list(models), ref_template=_SCHEMAS + "{model}")
    schemas: dict[str, Any] = found["$defs"]
    return schemas


def _models(
    routes: Sequence[Route],
) -> Iterator[tuple[Literal["validation", "serialization"], type[BaseModel]]]:
    for route in routes:
        if route.takes is not None and route.gives is not None:
            yield "validation", route.takes
            yield "serialization", route.gives
    yield from (("serialization", shape) for shape in _SHAPES.values())


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    about = (route.handler.__doc__ or "").strip().partition("\n")[0]
    told: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": about,
        "parameters": [*_in_path(route), *_in_query(route, schemas)],
        "responses": {"200": _ok(route)} | _refusals(route),
        "security": _secured(route),
    }
    takes = route.takes
    if _is_bodied(route) and takes is not None and takes is not Nothing:
        told["requestBody"] = {
            "required": bool(schemas[takes.__name__].get("required")),
            "content": {_JSON: {"schema": {"$ref": _SCHEMAS + takes.__name__}}},
        }
    return told


def _operation_id(route: Route) -> str:
    return getattr(route.handler, "__name__", route.name)


def _in_path(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": "An id: digits.",
            "schema": {"type": "string", "pattern": r"^\d+$"},
            "example": "113545870000000000",
        }
        for name in _PATTERN.findall(route.path)
    ]


def _in_query(route: Route, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if route.takes is None or _is_bodied(route):
        return []
    model = schemas[route.takes.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in model.get("required", ()),
            "schema": schema,
        }
        for name, schema in model.get("properties", {}).items()
    ]


def _ok(route: Route) -> dict[str, Any]:
    gives = route.gives.__name__ if route.gives is not None else ""
    return {
        "description": "As asked.",
        "content": {_JSON: {"schema": {"$ref": _SCHEMAS + gives}}},
    }


def _refusals(route: Route) -> dict[str, Any]:
    left_out = _OF_MEMBERS if route.audience == "anyone" else frozenset()
    shape = _SHAPES[route.door].__name__
    return {
        str(status): {"$ref": f"#/components/responses/{shape}{status}"}
        for status in _REFUSALS
        if status not in left_out
    }


def _responses() -> dict[str, Any]:
    return {
        f"{shape.__name__}{status}": {
            "description": about,
            "content": {_JSON: {"schema": {"$ref": _SCHEMAS + shape.__name__}}},
        }
        for shape in _SHAPES.values()
        for status, about in _REFUSALS.items()
    }


def _secured(route: Route) -> list[dict[str, list[str]]]:
    if route.scope is None:
        return [{}]
    needed: dict[str, list[str]] = {"oauth": [route.scope]}
    return [{}, needed] if route.audience == "anyone" else [needed]


def _security(routes: Sequence[Route]) -> dict[str, Any]:
    needed = {each.scope for each in routes if each.scope is not None}
    told = {
        scope: f"What {scope.replace(':', ' ')} allows in the Mastodon API."
        for scope in scopes.ALL
        if scope in needed or any(scopes.allows((scope,), each) for each in needed)
    }
    return {
        "type": "oauth2",
        "description": "As in the Mastodon API: register at /api/v1/apps.",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": "/oauth/token",
                "scopes": told,
            }
        },
    }
