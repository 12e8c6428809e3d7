"""A member's client: a token, and JSON over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from server.services import clients
from tests.instance import Instance, Loopback

#: What every client asks for (client-api.md 2.5).
USUAL = ("read", "write", "follow", "push")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Program:
    """Speaks for a member, with what their token allows; without one, as a guest."""

    def __init__(self, origin: str, token: str | None = None) -> None:
        self.origin = origin
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=Loopback()),
            timeout=aiohttp.ClientTimeout(total=30),
        )

    async def ask(self, method: str, path: str, **sent: Any) -> Reply:
        headers = self.headers | sent.pop("headers", {})
        url = path if path.startswith("http") else self.origin + path
        async with self.http.request(method, url, headers=headers, **sent) as answer:
            return Reply(status=answer.status, headers=answer.headers, body=await answer.read())

    async def get(self, path: str, **query: Any) -> Any:
        """Get what must be there."""
        reply = await self.ask("GET", path, params=query)
        assert reply.status == 200, reply.body
        return reply.json

    async def post(self, path: str, **given: Any) -> Any:
        """Do what must succeed, with JSON."""
        reply = await self.ask("POST", path, json=given)
        assert reply.status == 200, reply.body
        return reply.json


async def program_of(
    instance: Instance, name: str | None, scopes: Sequence[str] = USUAL
) -> Program:
    """Give a client of a member, or of nobody; it is closed with the instance."""
    context = instance.context
    async with context.database.transaction("test") as tx:
        app = await clients.register(
            tx, context, name="Tests", website=None, redirect_uris=["x:/"], scopes=scopes
        )
        member_id = (
            await tx.fetchval("SELECT id FROM actors WHERE local AND name = $1", name)
            if name
            else None
        )
        token = await clients.give_token(
            tx, context, app_id=app.app.id, member_id=member_id, scopes=scopes
        )
    return opened(instance, Program(instance.origin, token))


def opened(instance: Instance, program: Program) -> Program:
    """Have a client closed with its instance."""
    instance.closes(program.http.close)
    return program
