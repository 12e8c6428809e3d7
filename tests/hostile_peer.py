"""A peer that lies: about ids, types, redirects, sizes and speed, under any name we give it."""

import asyncio
import gzip
import ipaddress
import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typing_extensions import override

from federation.session import OutgoingLimits, OutgoingSettings

ACTIVITY_JSON = "application/activity+json"
LOOPBACK = ("127.0.0.0/8",)
HASTY = OutgoingLimits(connect=0.3, first_byte=0.3, total=0.6)


def outgoing(
    *,
    networks: tuple[str, ...] = LOOPBACK,
    limits: OutgoingLimits | None = None,
    ca_bundle: Path | None = None,
) -> OutgoingSettings:
    """Settings of a session that may speak to the peer, or to nobody with `networks=()`."""
    return OutgoingSettings(
        user_agent="Commonlore (test)",
        development_networks=networks,
        limits=limits or OutgoingLimits(),
        ca_bundle=ca_bundle,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the peer was sent; header names are lower-case."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the peer says. Nothing here needs to agree with anything else."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    length: int | None = None  # the Content-Length to claim; the true one unless given
    chunked: bool = False
    seconds_per_byte: float = 0  # of the head as well
    endless: bool = False  # says the body over and over
    silent: bool = False  # says nothing at all
    resets: bool = False  # breaks the connection off instead
    hangs: bool = False  # stays after the last byte without closing

    def head(self) -> bytes:
        size = len(self.body) if self.length is None else self.length
        framing = ("Transfer-Encoding", "chunked")
        if not self.chunked:
            framing = ("Content-Length", str(size))
        lines = [f"{name}: {value}" for name, value in (*self.headers, framing)]
        head = "\r\n".join([f"HTTP/1.1 {self.status} Whatever", "Connection: close", *lines])
        return f"{head}\r\n\r\n".encode()

    def payload(self) -> bytes:
        if not self.chunked:
            return self.body
        return b"%x\r\n%s\r\n" % (len(self.body), self.body)


def document(
    content: Mapping[str, Any], *, content_type: str | None = ACTIVITY_JSON, status: int = 200
) -> Reply:
    """A JSON reply; without a Content-Type where that is None."""
    headers = () if content_type is None else (("Content-Type", content_type),)
    return Reply(status=status, headers=headers, body=json.dumps(content).encode())


def redirect(location: str | None, *, status: int = 302) -> Reply:
    """A redirect; without a Location where that is None."""
    return Reply(status=status, headers=() if location is None else (("Location", location),))


def zipped(content: bytes, *, encoding: str = "gzip") -> Reply:
    """A gzip under whatever name, typed as ActivityPub."""
    headers = (("Content-Type", ACTIVITY_JSON), ("Content-Encoding", encoding))
    return Reply(headers=headers, body=gzip.compress(content))


@dataclass(slots=True)
class HostilePeer:
    """Answers for every name that leads to its port; use as `async with`.

    `tells` sets what a URL says. What was never set is what it `invents`, else a 404.
    Everything asked is kept in `requests`, and every connection counted, whether or not it
    came to a request.
    """

    tls: ssl.SSLContext | None = None
    invents: Callable[[Request], Reply | None] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _replies: dict[tuple[str, str], Iterator[Reply]] = field(default_factory=dict)
    _insists: dict[str, tuple[bool, int]] = field(default_factory=dict)
    _server: asyncio.Server | None = None
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._over.set()
        self._server.close()
        await self._server.wait_closed()

    def url(self, name: str, path: str = "") -> str:
        """Spell a URL of the peer: `name` is a label under .localhost, or a whole host."""
        host = name if "." in name or name == "localhost" else f"{name}.localhost"
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def authority(self, name: str) -> str:
        return self.url(name).partition("://")[2]

    def tells(self, url: str, *replies: Reply) -> None:
        """Say what a URL answers; of several replies one after the other, over and over."""
        host, slash, path = url.partition("://")[2].partition("/")
        self._replies[host, slash + path] = cycle(replies)

    def insists(self, name: str, *, on_rfc9421: bool, status: int = 401) -> None:
        """Refuse whatever a host is asked that is not signed in one of the two manners."""
        self._insists[self.authority(name)] = (on_rfc9421, status)

    def publishes(self, url: str, **members: object) -> None:
        """Publish an honest document: its id is where it is, unless `id` says otherwise."""
        self.tells(url, document({"id": url, **members}))

    def webfingers(
        self, handle: str, self_link: object, *, subject: str | None = None, **link: object
    ) -> None:
        """Answer WebFinger for "name@authority" with one self link; `link` changes the link."""
        host = handle.partition("@")[2]
        links = [{"rel": "self", "type": ACTIVITY_JSON, "href": self_link, **link}]
        answer = {"subject": f"acct:{subject or handle}", "links": links}
        self.tells(
            f"x://{host}/.well-known/webfinger?resource=acct:{handle}",
            document(answer, content_type="application/jrd+json"),
        )

    def offers(self, handle: str, *links: object) -> None:
        """Answer WebFinger for "name@authority" with these links and no actor."""
        host = handle.partition("@")[2]
        self.tells(
            f"x://{host}/.well-known/webfinger?resource=acct:{handle}",
            document(
                {"subject": f"acct:{handle}", "links": list(links)},
                content_type="application/jrd+json",
            ),
        )

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            request = await _read_request(reader)
            self.requests.append(request)
            told = self._replies.get((request.host, request.target))
            known = next(told) if told else self._invented(request)
            on_rfc9421, status = self._insists.get(request.host, (None, 0))
            if on_rfc9421 not in {None, "signature-input" in request.headers}:
                known = Reply(status=status)
            await self._tell(writer, known)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass  # the other side had enough
        finally:
            writer.close()

    def _invented(self, request: Request) -> Reply:
        made = self.invents(request) if self.invents else None
        return made or Reply(status=404)

    async def _tell(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if reply.silent:
            await self._over.wait()
        if reply.resets:
            # A close that does not linger is a reset for whoever is on the other side.
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            writer.transport.abort()
            raise ConnectionAbortedError
        for piece in _pieces(reply):
            writer.write(piece)
            await writer.drain()
            if reply.seconds_per_byte:
                await self._pause(reply.seconds_per_byte)
            if self._over.is_set():
                return
        if reply.hangs:
            await self._over.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return


def _pieces(reply: Reply) -> Iterable[bytes]:
    said = reply.head() + reply.payload()
    if reply.seconds_per_byte:
        yield from (bytes([each]) for each in said)
    else:
        yield said
    while reply.endless:
        yield reply.payload()
    if reply.chunked:
        yield b"0\r\n\r\n"


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(
        method=method, host=headers.get("host", ""), target=target, headers=headers, body=body
    )


class Names(AbstractResolver):
    """A name server of the test's own: what each name resolves to, and what was asked."""

    def __init__(self, **records: Sequence[str]) -> None:
        self.records = {name.replace("__", "."): list(found) for name, found in records.items()}
        self.asked: list[str] = []

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        if host not in self.records:
            raise OSError(socket.EAI_NONAME, "no such name")
        return [_record(host, port, address) for address in self.records[host]]

    @override
    async def close(self) -> None:
        return


class SilentNames(Names):
    """A name server that never answers."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        await asyncio.Event().wait()
        return []


def _record(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=0
    )


class PrivateAuthority:
    """A certificate authority that lives in a directory and signs what it is asked to."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = (
            self._builder(self._key.public_key(), self._name, timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.bundle = directory / "authority.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def vouch(self, host: str, *, valid_for: timedelta = timedelta(days=1)) -> ssl.SSLContext:
        """A server context whose certificate is for this host; a negative time has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = (
            self._builder(key.public_key(), name, valid_for)
            .add_extension(x509.SubjectAlternativeName([_general(host)]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._directory / "server.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(file)
        return context

    def _builder(
        self, key: ec.EllipticCurvePublicKey, name: x509.Name, valid_for: timedelta
    ) -> x509.CertificateBuilder:
        # OpenSSL judges by the clock of the machine, so no clock of ours will do.
        end = datetime.fromtimestamp(time.time(), UTC) + valid_for
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=2))
            .not_valid_after(end)
        )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@dataclass(slots=True)
class Signer:
    """Signs nothing: it notes what it was asked to sign, and says so in a header."""

    asked: list[tuple[str, str, dict[str, str], bytes | None]] = field(default_factory=list)

    async def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> dict[str, str]:
        self.asked.append((method, url, dict(headers), body))
        return {"Signature": f"for {url}"}
