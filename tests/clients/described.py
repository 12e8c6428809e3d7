"""A program that believes no answer which is not as the route table declares it."""

import re
from collections.abc import Sequence
from typing import Any, Final

import orjson
from pydantic import BaseModel

from schemas.commonlore.answers import Error
from schemas.commonlore.canonical import CanonicalError
from server.middleware.declarations import Route
from server.routes.commonlore import COMMONLORE
from tests.clients.programs import Program, Reply

BASE: Final = "/api/commonlore/v1"
_BRACES: Final = re.compile(r"\{\w+:([^{}]+)\}")


def route_of(method: str, path: str) -> Route:
    for route in COMMONLORE:
        if route.method == method and re.fullmatch(_BRACES.sub(r"(?:\1)", route.path), path):
            return route
    raise LookupError(f"{method} {path} is not declared")


def conforming(method: str, path: str, reply: Reply) -> BaseModel:
    """Read an answer as it is declared, or as a refusal; whatever else is there fails."""
    route = route_of(method, path)
    assert route.gives is not None
    if reply.status == 200:
        read = route.gives.model_validate_json(reply.body)
        # What is left out, or written otherwise than the model writes it, shows here.
        written = orjson.loads(read.model_dump_json(exclude_unset=route.door == "api"))
        assert written == reply.json
        return read
    refusal = CanonicalError if route.door == "api" else Error
    told = refusal.model_validate_json(reply.body)
    assert orjson.loads(told.model_dump_json(exclude_none=True)) == reply.json
    return told


class Described:
    """Asks below /api/commonlore/v1 for a program, and checks whatever comes."""

    def __init__(self, program: Program) -> None:
        self.program = program

    async def ask(self, method: str, path: str, **sent: Any) -> Reply:
        reply = await self.program.ask(method, BASE + path, **sent)
        conforming(method, BASE + path, reply)
        return reply

    async def get(self, path: str, **query: Any) -> Any:
        """Get what must be there."""
        return await self._done("GET", path, params=query)

    async def post(self, path: str, **given: Any) -> Any:
        return await self._done("POST", path, json=given)

    async def delete(self, path: str) -> Any:
        return await self._done("DELETE", path)

    async def _done(self, method: str, path: str, **sent: Any) -> Any:
        reply = await self.ask(method, path, **sent)
        assert reply.status == 200, reply.body
        return reply.json

    async def refused(self, method: str, path: str, **sent: Any) -> tuple[int, str]:
        reply = await self.ask(method, path, **sent)
        assert reply.status != 200
        return reply.status, reply.json["error"]


def titles(page: Any) -> Sequence[str]:
    return [each["title"] for each in page["threads"]]
