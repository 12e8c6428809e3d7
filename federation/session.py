"""The one outgoing HTTP client: deadlines, size limits, and no private addresses."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from federation import bodies, uris
from federation.destinations import AddressRefusedError, Destinations, OpenSocket, Resolver
from federation.errors import Forbidden, Malformed, Unreachable, Unsupported
from federation.media_types import UNKNOWN, MediaType, parse_media_type
from federation.signatures.knocking import Knock, Knocking, is_refused, other_than

# Given method, URL, the headers about to be sent (Host is among them) and the body, give the
# headers to add. Called anew for every hop, so that a signature is only for its own target.
# A `Knocking` is one that may try again when it is refused, once in all hops.
Sign = Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[Mapping[str, str]]]
AcceptType = Callable[[MediaType], bool]

_Answer = TypeVar("_Answer", bound="Fetched | URL")

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingLimits:
    """How long we wait, in seconds, and how much we take (security.md 6.1)."""

    connect: float = 5.0  # TCP and TLS
    first_byte: float = 10.0  # also the longest silence later on
    total: float = 30.0  # everything, redirects and name lookups included
    body: int = 1_000_000  # bytes, decoded
    answer: int = 16_384  # bytes of what a POST is answered with
    redirects: int = 3
    per_host: int = 4  # connections
    connections: int = 600  # hosts that are silent hold one for a while


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingSettings:
    """What the operator decides about outgoing requests. Verification of TLS is not among it.

    Args:
        development_networks: CIDR blocks to reach though not public, over plain http too.
        ca_bundle: a PEM file of authorities to trust beside those of the system.
        ports: the ports that may be dialled in production.
        development_scheme: how a loopback name in a handle is spoken to in development.
    """

    user_agent: str
    development_networks: tuple[str, ...] = ()
    ca_bundle: Path | None = None
    ports: frozenset[int] = frozenset({443})
    development_scheme: str = "http"
    limits: OutgoingLimits = field(default_factory=OutgoingLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came back. `url` is the last hop's, in canonical spelling; header names lower-case.

    After a GET the body is there for 2xx only; after a POST it is cut at the limit.
    """

    url: str
    status: int
    media_type: MediaType
    headers: Mapping[str, str]
    body: bytes


class Session:
    """Every request we make goes through here (security.md FET-09); use as `async with`.

    Args:
        settings: limits, exceptions, trust.
        resolver: looks names up; the system's own unless given. What it answers is judged.
    """

    def __init__(
        self, settings: OutgoingSettings, *, resolver: AbstractResolver | None = None
    ) -> None:
        self._settings = settings
        self._limits = settings.limits
        self._resolver = resolver
        self._destinations = Destinations(
            settings.development_networks,
            settings.ports,
            development_scheme=settings.development_scheme,
        )
        self._clients: dict[str, aiohttp.ClientSession] = {}
        self._closing = AsyncExitStack()

    async def __aenter__(self) -> Self:
        to = self._destinations
        names = Resolver(to, self._resolver or aiohttp.ThreadedResolver())
        self._closing.push_async_callback(names.close)
        trust = _trust(self._settings.ca_bundle)
        await self._open("https", self._client(to.open_socket, names, trust))
        if to.in_development:
            # A client of its own, so that plain http can reach these networks and no other.
            await self._open("http", self._client(to.open_plain_socket, names, trust))
            networks = ", ".join(self._settings.development_networks)
            _log.warning("outgoing requests may reach networks", extra={"networks": networks})
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._closing.aclose()

    def judge(self, url: str) -> URL:
        """Refuse a URL by its looks, without any network (security.md FET-06, FET-07).

        Raises:
            Malformed: no URL that we would dial.
            Forbidden: "address-not-public".
        """
        return self._destinations.judge(url)

    def origin_for(self, authority: str) -> str:
        """Give the origin of "host[:port]" as it stands in a handle; https but in development.

        Raises:
            Malformed: "host-…" or "uri-…".
        """
        scheme = self._destinations.scheme_for(authority)
        return uris.origin_of(f"{scheme}://{authority}")

    async def get(
        self,
        url: str,
        *,
        accept: str,
        sign: Sign | None = None,
        accept_types: AcceptType | None = None,
        max_bytes: int | None = None,
        unless: str = "",
    ) -> Fetched:
        """Get a URL, following up to three redirects, each judged and signed anew.

        With `unless`, an ETag, the answer may be 304 (RFC 9110 13.1.2).
        `accept_types` judges the Content-Type of a 2xx before a byte of its body is read.

        Raises:
            Malformed: the URL, a Location or the encoding of the body.
            Forbidden: "address-not-public".
            Unsupported: a media type or content encoding that was not asked for.
            TooLarge: more than `max_bytes` decoded.
            Unreachable: no answer in time, or none at all.
        """
        want = _Want(
            accept=accept,
            sign=sign,
            accept_types=accept_types,
            max_bytes=max_bytes or self._limits.body,
            unless=unless,
        )
        async with _deadline(self._limits.total):
            return await self._follow(self.judge(url), want)

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: Mapping[str, str],
        sign: Sign | None = None,
    ) -> Fetched:
        """Post a body once; a redirect is an answer like another, never followed (SIG-22).

        Raises:
            Malformed: the URL.
            Forbidden: "address-not-public".
            Unreachable: no answer in time, or none at all.
        """
        async with _deadline(self._limits.total):
            target = self.judge(url)
            plain = self._headers(target, headers)
            plain[hdrs.ACCEPT_ENCODING] = "identity"

            async def send(signed: CIMultiDict[str]) -> Fetched:
                client = self._clients[target.scheme]
                async with client.post(
                    target, data=body, headers=signed, allow_redirects=False
                ) as answer:
                    read = await bodies.read_start(answer, limit=self._limits.answer)
                    return _fetched(target, answer, read)

            request = _Request(method=hdrs.METH_POST, target=target, headers=plain, body=body)
            answer, _ = await _knock(request, sign, send)
            return answer

    async def _follow(self, target: URL, want: "_Want") -> Fetched:
        seen: set[URL] = set()
        for _ in range(self._limits.redirects + 1):
            if target in seen:
                raise Malformed("redirect-loop")
            seen.add(target)
            answer, knocked = await self._get_once(target, want)
            if isinstance(answer, Fetched):
                return answer
            if knocked and isinstance(want.sign, Knocking):
                want = replace(want, sign=want.sign.__call__)
            target = answer
        raise Malformed("redirects-too-many")

    async def _get_once(self, target: URL, want: "_Want") -> tuple[Fetched | URL, bool]:
        """Give the answer, or where it sends us, and whether it took two knocks."""
        plain = self._headers(target, {hdrs.ACCEPT: want.accept})
        plain[hdrs.ACCEPT_ENCODING] = "gzip"
        if want.unless:
            plain[hdrs.IF_NONE_MATCH] = want.unless

        async def send(signed: CIMultiDict[str]) -> Fetched | URL:
            client = self._clients[target.scheme]
            async with client.get(target, headers=signed, allow_redirects=False) as answer:
                return await self._read(target, want, answer)

        request = _Request(method=hdrs.METH_GET, target=target, headers=plain, body=None)
        return await _knock(request, want.sign, send)

    async def _read(
        self, target: URL, want: "_Want", answer: aiohttp.ClientResponse
    ) -> Fetched | URL:
        if answer.status in _REDIRECTS:
            return self._next_hop(target, answer.headers.get(hdrs.LOCATION, ""))
        if not _is_success(answer):
            return _fetched(target, answer, b"")
        if want.accept_types and not want.accept_types(_media_type(answer)):
            raise Unsupported("media-type")
        body = await bodies.read_whole(answer, limit=want.max_bytes)
        return _fetched(target, answer, body)

    def _next_hop(self, current: URL, location: str) -> URL:
        """Judge a Location, absolute or relative (RFC 9110 10.2.2), like any other URL."""
        if not location or not location.isascii() or not location.isprintable():
            raise Malformed("redirect-location")
        try:
            joined = str(current.join(URL(location, encoded=True).with_fragment(None)))
        except ValueError:
            raise Malformed("redirect-location") from None
        if current.scheme == "https" and joined.startswith("http:"):
            raise Malformed("redirect-to-plain-http")
        return self.judge(joined)

    def _headers(self, target: URL, given: Mapping[str, str]) -> CIMultiDict[str]:
        headers = CIMultiDict(given)
        headers[hdrs.HOST] = uris.authority_of(str(target))
        headers[hdrs.USER_AGENT] = self._settings.user_agent
        return headers

    async def _open(self, scheme: str, client: aiohttp.ClientSession) -> None:
        self._clients[scheme] = await self._closing.enter_async_context(client)

    def _client(
        self, open_socket: OpenSocket, names: Resolver, trust: ssl.SSLContext
    ) -> aiohttp.ClientSession:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            ssl=trust,
            resolver=names,
            socket_factory=open_socket,
            limit=limits.connections,
            limit_per_host=limits.per_host,
            ttl_dns_cache=10,
            dns_cache_max_size=1000,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=limits.connect, sock_read=limits.first_byte
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # HTTP_PROXY would dial for us, past the guard (FET-15)
            auto_decompress=False,  # bodies.py stops a bomb where aiohttp would not
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Want:
    """What a GET asks for, the same at every hop."""

    accept: str
    sign: Sign | None
    accept_types: AcceptType | None
    max_bytes: int
    unless: str


@asynccontextmanager
async def _deadline(seconds: float) -> AsyncIterator[None]:
    """Stop everything after so many seconds, and say in our words what went wrong."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise Unreachable("timeout") from error
    except aiohttp.ClientSSLError as error:
        raise Unreachable("tls-refused") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, AddressRefusedError):
            raise Forbidden("address-not-public") from error
        raise Unreachable("connection-failed") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable("connection-failed") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request before it is signed."""

    method: str
    target: URL
    headers: CIMultiDict[str]
    body: bytes | None


async def _knock(
    request: _Request,
    sign: Sign | None,
    send: Callable[[CIMultiDict[str]], Awaitable[_Answer]],
) -> tuple[_Answer, bool]:
    """Send a request signed, and where that is refused once more in the other manner."""
    if sign is None:
        return await send(request.headers), False
    url = str(request.target)
    signature = await sign(request.method, url, request.headers, request.body)
    answer = await send(_with(request.headers, signature))
    if not (
        isinstance(sign, Knocking) and isinstance(answer, Fetched) and is_refused(answer.status)
    ):
        return answer, False
    other = await sign.sign_again(
        request.method, url, request.headers, request.body, refused=signature
    )
    answer = await send(_with(request.headers, other))
    status = answer.status if isinstance(answer, Fetched) else HTTPStatus.FOUND
    await sign.heard(Knock(url=url, scheme=other_than(signature), status=status))
    return answer, True


def _with(headers: CIMultiDict[str], signature: Mapping[str, str]) -> CIMultiDict[str]:
    signed = headers.copy()
    signed.update(signature)
    return signed


def _trust(ca_bundle: Path | None) -> ssl.SSLContext:
    """Trust the authorities of the system and one bundle more; nothing can trust less."""
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def _is_success(answer: aiohttp.ClientResponse) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def _media_type(answer: aiohttp.ClientResponse) -> MediaType:
    headers = answer.headers.getall(hdrs.CONTENT_TYPE, [])
    return parse_media_type(headers[0]) if len(headers) == 1 else UNKNOWN


def _fetched(target: URL, answer: aiohttp.ClientResponse, body: bytes) -> Fetched:
    return Fetched(
        url=str(target),
        status=answer.status,
        media_type=_media_type(answer),
        headers={
            name.lower(): ", ".join(answer.headers.getall(name)) for name in answer.headers
        },
        body=body,
    )
