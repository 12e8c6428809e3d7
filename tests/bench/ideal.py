"""The ideal: bare aiohttp and asyncpg, nothing but what an inbox cannot do without."""

import asyncio
import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
from aiohttp.web_app import Application
from aiohttp.web_request import Request
from aiohttp.web_response import Response
from aiohttp.web_runner import AppRunner, TCPSite
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from tests.bench import children

TABLE = (
    "CREATE TABLE ideal (activity_uri text PRIMARY KEY, actor_uri text NOT NULL, "
    "raw bytea NOT NULL)"
)
_INSERT = (
    "INSERT INTO ideal SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[]) "
    "ON CONFLICT DO NOTHING"
)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_GATHERING = 0.002  # seconds

Arrival = tuple[str, str, bytes]


@dataclass(slots=True)
class Inbox:
    """Digest, signature, JSON, one commit for all that came meanwhile, 202."""

    pool: asyncpg.Pool
    key: RSAPublicKey
    _waiting: list[Arrival] = field(default_factory=list)
    _written: asyncio.Task[None] | None = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def receive(self, request: Request) -> Response:
        body = await request.read()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if request.headers["Digest"] != f"SHA-256={digest}" or not self._is_signed(request):
            return Response(status=401)
        activity = orjson.loads(body)
        self._waiting.append((activity["id"], activity["actor"], body))
        if self._written is None:
            self._written = asyncio.create_task(self._write())
        await asyncio.shield(self._written)
        return Response(status=202)

    def _is_signed(self, request: Request) -> bool:
        given = dict(_PARAMETER.findall(request.headers["Signature"]))
        target = f"{request.method.lower()} {request.raw_path}"
        lines = [
            f"{name}: {target if name == '(request-target)' else request.headers[name]}"
            for name in given["headers"].split()
        ]
        signature = base64.b64decode(given["signature"])
        try:
            self.key.verify(signature, "\n".join(lines).encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    async def _write(self) -> None:
        await asyncio.sleep(_GATHERING)
        async with self._writing:
            batch, self._waiting, self._written = self._waiting, [], None
            uris, actors, bodies = zip(*batch, strict=True)
            await self.pool.execute(_INSERT, uris, actors, bodies)


async def _hello(_request: Request) -> Response:
    return Response(text="hello\n")


@dataclass(slots=True)
class Ideal:
    """The server, started by an order that names database and key."""

    runner: AppRunner | None = None
    pool: asyncpg.Pool | None = None

    async def serve(self, *, database: str, pem: str) -> dict[str, Any]:
        key = load_pem_public_key(pem.encode())
        assert isinstance(key, RSAPublicKey)
        self.pool = await asyncpg.create_pool(database, min_size=2, max_size=10)
        application = Application()
        application.router.add_get("/", _hello)
        application.router.add_post("/inbox", Inbox(self.pool, key).receive)
        self.runner = AppRunner(application, access_log=None)
        await self.runner.setup()
        await TCPSite(self.runner, "127.0.0.1", 0).start()
        return {"port": self.runner.addresses[0][1]}

    async def close(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
        if self.pool is not None:
            self.pool.terminate()


async def main() -> None:
    ideal = Ideal()
    try:
        await children.obey({"serve": ideal.serve})
    finally:
        await ideal.close()


if __name__ == "__main__":
    children.run(main)
