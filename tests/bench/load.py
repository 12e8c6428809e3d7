"""The load, a process of its own: it serves the peers, signs, posts and gets as it is told."""

import asyncio
import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from time import monotonic
from typing import Any

import orjson
from aiohttp.web_app import Application
from aiohttp.web_request import Request
from aiohttp.web_response import Response
from aiohttp.web_runner import AppRunner, TCPSite
from yarl import URL

from federation.signatures import sign
from federation.signatures.keys import KeyPair, generate_rsa
from schemas.wire.vocabulary import CONTEXT, PUBLIC
from server.context import SystemClock
from tests.bench import children

ACTIVITY_JSON = "application/activity+json"
PEERS = 16  # actors at the peer: a worker takes one line per actor

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_SETTLED = 0.01
_WORDS = (
    "<p>We publish quarterly and hold the record-level data. Road engineers in other agencies "
    "ask for locations and severities, and we share counts per junction instead.</p>"
    "<ul><li>Suppress every cell under five.</li><li>Round what is left to three.</li></ul>"
    "<p>That took us two weeks the first time and an afternoon since then.</p>"
)

#: When to send something, on the monotonic clock (0: as soon as a connection is free), and it.
Sending = tuple[float, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round came to; times of single requests in milliseconds."""

    count: int
    seconds: float
    errors: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def percentile(values: Sequence[float], part: float) -> float:
    """Give the value below which a part of them lies; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)] if ordered else 0.0


def spelt(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Spell a request as it goes over the wire."""
    target = URL(url)
    lines = [f"{method} {target.raw_path_qs} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {target.authority}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Driver:
    """Sends over keep-alive connections to one port, each waiting for its answer."""

    port: int
    wanted: int
    took: list[float] = field(default_factory=list)
    errors: int = 0

    async def drive(self, sendings: Iterable[Sending], connections: int) -> Round:
        line = iter(sendings)
        began = monotonic()
        await asyncio.gather(*(self._work(line) for _ in range(connections)))
        return Round(
            count=len(self.took),
            seconds=monotonic() - began,
            errors=self.errors,
            p50=percentile(self.took, 0.5),
            p99=percentile(self.took, 0.99),
        )

    async def _work(self, line: Iterator[Sending]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for due, request in line:
                if (wait := due - monotonic()) > 0:
                    await asyncio.sleep(wait)
                # In an open loop a request that had to wait for a connection was late.
                began = due or monotonic()
                status = await _exchange(reader, writer, request)
                self.took.append((monotonic() - began) * 1000)
                self.errors += status != self.wanted
        finally:
            writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if length is not None:
        await reader.readexactly(int(length[1]))
    return int(head[9:12])


def _repeated(requests: Sequence[bytes], seconds: float) -> Iterator[Sending]:
    end = monotonic() + seconds
    for request in cycle(requests):
        if monotonic() >= end:
            return
        yield 0.0, request


def _paced(requests: Sequence[bytes], rate: float) -> Iterator[Sending]:
    if not rate:
        yield from ((0.0, request) for request in requests)
        return
    start = monotonic()
    for number, request in enumerate(requests):
        yield start + number / rate, request


@dataclass(slots=True)
class Peers:
    """Every agency that ours deals with: any name leads here, any /@NAME is an actor."""

    key: KeyPair
    port: int = 0
    silent: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=512)
    )
    arrivals: dict[str, float] = field(default_factory=dict)
    signed: dict[str, list[bytes]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=count)

    async def open(self) -> AppRunner:
        application = Application(client_max_size=2_000_000)
        application.router.add_get("/{path:.*}", self._publish)
        application.router.add_post("/{path:.*}", self._take)
        runner = AppRunner(application, access_log=None)
        await runner.setup()
        await TCPSite(runner, "127.0.0.1", 0).start()
        self.port = int(runner.addresses[0][1])
        return runner

    async def _publish(self, request: Request) -> Response:
        if not request.path.startswith("/@"):
            return Response(status=404)
        uri = f"http://{request.host}{request.path}"
        return Response(
            body=orjson.dumps(actor_document(uri, self.key)), content_type=ACTIVITY_JSON
        )

    async def _take(self, request: Request) -> Response:
        await request.read()
        self.arrivals.setdefault(request.host, monotonic())
        return Response(status=202)

    async def where(self) -> dict[str, Any]:
        """Say which ports answer: all peers', and one that takes calls and says nothing."""
        silent = self.silent.getsockname()[1]
        return {"port": self.port, "silent": silent, "pem": self.key.public_pem}

    async def get(
        self,
        *,
        url: str,
        accept: str,
        connections: int,
        seconds: float,
        tokens: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Get a URL again and again; with tokens, each time with the next one."""
        each = [{"Authorization": f"Bearer {token}"} for token in tokens] or [{}]
        requests = [spelt("GET", url, {"Accept": accept} | more) for more in each]
        driver = Driver(URL(url).port or 80, 200)
        return _told(await driver.drive(_repeated(requests, seconds), connections))

    async def presign(
        self, *, tag: str, inbox: str, community: str, parents: list[str], many: int, good: bool
    ) -> dict[str, Any]:
        """Sign answers of the peers' people before they are needed, and keep them by tag."""
        self.signed[tag] = [
            self._create(inbox, community, parents, good=good) for _ in range(many)
        ]
        return {}

    def _create(self, inbox: str, community: str, parents: list[str], *, good: bool) -> bytes:
        number = next(self._numbers)
        actor = f"http://peer.localhost:{self.port}/@p{number % PEERS}"
        body = orjson.dumps(
            create(actor, number, community=community, parent=parents[number % len(parents)])
        )
        plain = {"Content-Type": ACTIVITY_JSON}
        key = replace(self.key, key_id=f"{actor}#main-key", owner=actor)
        headers = plain | sign(
            method="POST",
            url=inbox,
            headers=plain,
            body=body,
            key=key,
            now=SystemClock().now(),
        )
        if not good:
            headers["Signature"] = _spoilt(headers["Signature"])
        return spelt("POST", inbox, headers, body)

    async def post(
        self, *, tag: str, port: int, connections: int, rate: float
    ) -> dict[str, Any]:
        """Post what was signed; so many a second, or as fast as it is taken."""
        sendings = _paced(self.signed.pop(tag), rate)
        return _told(await Driver(port, 202).drive(sendings, connections))

    async def besiege(
        self, *, good: str, bad: str, port: int, rate: float, seconds: float
    ) -> dict[str, Any]:
        """Post good ones at a steady rate, and bad ones beside them as fast as they go."""
        lies = _repeated(self.signed[bad][:1], seconds)
        liars = Driver(port, 401).drive(lies, 8)
        honest = Driver(port, 202).drive(_paced(self.signed.pop(good), rate), 8)
        refused, accepted = await asyncio.gather(liars, honest)
        return {"refused": _told(refused), "good": _told(accepted)}

    async def watch(self) -> dict[str, Any]:
        """Forget who got anything so far."""
        self.arrivals.clear()
        return {}

    async def arrived(self, *, prefix: str, many: int, patience: float) -> dict[str, Any]:
        """Wait until so many hosts got something; say when the last one did."""
        end = monotonic() + patience
        while monotonic() < end:
            found = [at for host, at in self.arrivals.items() if host.startswith(prefix)]
            if len(found) >= many:
                return {"last": max(found)}
            await asyncio.sleep(_SETTLED)
        raise TimeoutError(f"not all of {many} hosts got it in {patience:.0f} s")


def actor_document(uri: str, key: KeyPair) -> dict[str, Any]:
    """Build what a peer says of a person."""
    origin, _, name = uri.rpartition("/@")
    return {
        "@context": CONTEXT,
        "id": uri,
        "type": "Person",
        "preferredUsername": name,
        "name": name.title(),
        "inbox": f"{uri}/inbox",
        "endpoints": {"sharedInbox": f"{origin}/inbox"},
        "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": key.public_pem},
    }


def create(actor: str, number: int, *, community: str, parent: str) -> dict[str, Any]:
    """Build the Create of an answer, of the size that answers have."""
    origin = actor.rpartition("/@")[0]
    addressed = {"to": [PUBLIC], "cc": [community, f"{community}/followers"]}
    note = {
        "id": f"{origin}/p/{number}",
        "type": "Note",
        "attributedTo": actor,
        "audience": community,
        "inReplyTo": parent,
        "postKind": "answer",
        "content": _WORDS,
        "published": SystemClock().now().isoformat(),
        **addressed,
    }
    return {
        "@context": CONTEXT,
        "id": f"{actor}/activities/{number}",
        "type": "Create",
        "actor": actor,
        "audience": community,
        "object": note,
        **addressed,
    }


def _spoilt(signature: str) -> str:
    start = signature.index('signature="') + len('signature="')
    other = "B" if signature[start] == "A" else "A"
    return signature[:start] + other + signature[start + 1 :]


def _told(found: Round) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ("count", "seconds", "errors", "p50", "p99")}


async def main() -> None:
    peers = Peers(generate_rsa("https://nobody.example/#key", ""))
    runner = await peers.open()
    try:
        await children.obey(
            {
                "where": peers.where,
                "get": peers.get,
                "presign": peers.presign,
                "post": peers.post,
                "besiege": peers.besiege,
                "watch": peers.watch,
                "arrived": peers.arrived,
            }
        )
    finally:
        peers.silent.close()
        await runner.cleanup()


if __name__ == "__main__":
    children.run(main)
